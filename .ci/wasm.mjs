// Calls `run` of wasm.py, beside this file, in Pyodide:
// node wasm.mjs <directory of pyodide> <directory of Python packages> [arguments of pytest]...
// The working directory, which holds both, is all that Python sees of this machine.
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [pyodide, packages, ...args] = process.argv.slice(2);
const { loadPyodide } = await import(pathToFileURL(resolve(pyodide, "pyodide.mjs")));
const python = await loadPyodide({ env: { CI: process.env.CI ?? "" } });
python.mountNodeFS(process.cwd(), process.cwd());
python.FS.chdir(process.cwd());
try {
    python.runPython(readFileSync(new URL("wasm.py", import.meta.url), "utf8"));
    process.exitCode = python.globals.get("run")(resolve(packages), python.toPy(args));
} catch (error) {
    console.error(error.message); // left alone, Node would show all of Pyodide, which is one line
    process.exitCode = 70;
}
