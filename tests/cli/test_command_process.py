"""The command as a process: exit codes, streams, help, and what it does when it cannot go on."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

import pytest

from bylaws.cli.app import app
from bylaws.cli.start import main
from tests.cli.conftest import WITHOUT_VAN, Project

VERBS = ["show", "explain", "next", "diff", "lock", "check", "lint", "coverage", "schema"]


@pytest.mark.spawns
def test_exit_codes(shop: Project) -> None:
    """0 fine, 1 differences or findings, 2 usage or input: with errors on stderr alone."""
    assert shop.process("lock").code == 0
    assert shop.process("check").code == 0
    shop.module("shop.orders", WITHOUT_VAN)
    check = shop.process("check")
    assert check.code == 1
    assert "opens" in check.out
    assert shop.process("diff", "bylaws.lock", "--only", "PAID -> SHIPPED").code == 0
    assert shop.process("diff", "bylaws.lock", "--fail-on", "opens").code == 1
    for wrong in (
        ["shoe"],
        ["show", "--format", "nd"],
        ["show", "--nope"],
        ["explain", "PAID"],
        ["diff"],
        ["next", "PIAD"],
        ["show", "no.such"],
        ["show", "--output", "no/such/directory.md"],
    ):
        run = shop.process(*wrong)
        assert (run.code, run.out) == (2, ""), run
        assert run.err.startswith("bylaws: ")
        assert "Traceback" not in run.err


@pytest.mark.spawns
def test_the_installed_script(shop: Project) -> None:
    """`bylaws` is installed, and is the same as `python -m bylaws`."""
    script = Path(sys.executable).with_name("bylaws")
    if not script.exists():
        pytest.skip("bylaws is not installed here as a package with a script")
    run = shop.program(str(script), "next", "PAID")
    assert (run.code, run.out) == (0, "SHIPPED\n")
    assert shop.process("next", "PAID") == run


@pytest.mark.spawns
def test_help_is_quick_and_light() -> None:
    """`--help` imports neither the views nor what renders Markdown, and takes less than 400 ms."""
    command = [sys.executable, "-m", "bylaws", "--help"]
    times: list[float] = []
    for _ in range(3):
        before = os.times()
        subprocess.run(command, check=True, capture_output=True)
        after = os.times()  # of the processor, so that it does not count what else the machine does
        times.append(sum(after[2:4]) - sum(before[2:4]))
    assert min(times) < 0.4, times
    code = "import sys; from bylaws.cli.start import main; main(['--help']); print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    brought = run.stdout.splitlines()[-1].split()
    assert not {"bylaws.views", "rich.markdown"} & {*brought}


def test_help_tells_of_everything(empty: Project) -> None:
    """The help has every verb, what a source is, and the exit codes; that of a verb its flags."""
    run = empty.run("--help")
    assert run.code == 0
    for word in (*VERBS, "package.module:attribute", "REV:PATH", "Exit codes: 0 fine"):
        assert word in run.out
    for verb in VERBS:
        run = empty.run(verb, "--help")
        assert run.code == 0
        assert f"bylaws {verb}" in run.out
        assert "--output" in run.out or verb == "lock"
    assert empty.run("--version").out == f"{version('bylaws')}\n"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion(shell: Literal["bash", "zsh", "fish"]) -> None:
    """The completion of each shell has the verbs and their flags."""
    script = app.generate_completion(shell=shell)
    for word in (*VERBS, "--fail-on" if shell != "fish" else "fail-on"):
        assert word in script


@pytest.mark.spawns
def test_no_reader(shop: Project) -> None:
    """When who reads goes away, as `head` does, the exit code stays and nothing is said."""
    for arguments, code in ((["show"], 0), (["diff", os.devnull], 1)):
        with subprocess.Popen(
            [sys.executable, "-m", "bylaws", *arguments],
            cwd=shop.root,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as process:
            assert process.stdout is not None
            assert process.stderr is not None
            process.stdout.close()
            assert process.stderr.read() == b""
        assert process.returncode == code


def test_a_broken_pipe(shop: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is not read is dropped, what Python flushes at its end too."""
    with (shop.root / "pipe").open("w", encoding="utf-8") as file:

        class Pipe:
            def write(self, text: str) -> int:
                raise BrokenPipeError

            def fileno(self) -> int:
                return file.fileno()

        monkeypatch.setattr(sys, "stdout", Pipe())
        assert shop.run("next", "PAID").code == 0
        file.write("dropped")
    assert (shop.root / "pipe").read_text(encoding="utf-8") == ""


@pytest.mark.spawns
def test_names_that_the_terminal_has_not(shop: Project) -> None:
    """What the encoding of stdout has not is escaped."""
    text = (shop.root / "src/shop/orders.py").read_text(encoding="utf-8")
    shop.module("shop.orders", text.replace('"orders"', '"\N{FIRE}"'))
    run = shop.process("explain", "PAID", "NEW", "shop.orders", env={"PYTHONIOENCODING": "ascii"})
    assert run.code == 0
    assert run.out.startswith("\\U0001f525: PAID -> NEW\n")


def test_colours_only_on_a_terminal(shop: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pipe and a file get none; a terminal does, unless NO_COLOR is set."""
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    assert "\x1b[" not in shop.run("show").out

    def isatty(stream: object) -> bool:
        return True

    monkeypatch.setattr("_pytest.capture.CaptureIO.isatty", isatty, raising=False)
    assert "\x1b[" in shop.run("show").out
    shop.run("show", "-o", "x.txt")
    assert "\x1b[" not in (shop.root / "x.txt").read_text(encoding="utf-8")
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[3" not in shop.run("show").out


def test_what_looks_like_a_flag_is_no_file(shop: Project) -> None:
    """A flag that has lost its value does not write a file of the next flag's name."""
    run = shop.run("show", "shop", "--output", "--format")
    assert run.err == "bylaws: --format is no file to write; if it is, name it ./--format\n"
    assert (run.code, (shop.root / "--format").exists()) == (2, False)


def test_without_the_extra(empty: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without cyclopts the command says what to install."""
    monkeypatch.setitem(sys.modules, "cyclopts", None)
    run = empty.run("show")
    assert (run.code, run.err) == (
        2,
        "bylaws: the command needs the extra: pip install 'bylaws[cli]'\n",
    )


def test_where_an_error_comes_from(shop: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """BYLAWS_DEBUG shows the traceback of what is told in a line else."""
    assert "Traceback" not in shop.run("next", "PIAD").err
    monkeypatch.setenv("BYLAWS_DEBUG", "1")
    run = shop.run("next", "PIAD")
    assert run.code == 2
    assert run.err.startswith("Traceback")
    assert "bylaws: orders: there is no state 'PIAD'" in run.err


def test_a_crash_is_no_finding(shop: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault of bylaws itself is 2, never 1, and comes with its traceback."""

    def crash(*_: object) -> None:
        raise LookupError("a fault")

    monkeypatch.setattr("bylaws.cli.explaining.listed_next", crash)
    run = shop.run("next", "PAID")
    assert run.code == 2
    assert run.err.startswith("Traceback")
    assert run.err.endswith("bylaws: this is a fault of bylaws itself: please report it\n")


def test_arguments_are_those_of_the_process(
    empty: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`main()` without arguments takes those of the process; streams that are replaced do."""
    monkeypatch.setattr(sys, "argv", ["bylaws", "--version"])
    assert main() == 0
    assert capsys.readouterr().out == f"{version('bylaws')}\n"

    class Stream:
        def write(self, text: str) -> int:
            return len(text)

    monkeypatch.setattr(sys, "stderr", Stream())
    assert main(["show"]) == 2


def test_python_m(monkeypatch: pytest.MonkeyPatch) -> None:
    """`python -m bylaws` is the command; importing that module does nothing."""
    monkeypatch.setattr(sys, "argv", ["bylaws", "--version"])
    # Not with runpy: pytest, whose plugin is in the package, loads it in a way that runpy cannot.
    spec = find_spec("bylaws.__main__")
    assert spec is not None
    assert spec.origin is not None
    code = compile(Path(spec.origin).read_text(encoding="utf-8"), spec.origin, "exec")
    with pytest.raises(SystemExit, match="0"):
        exec(code, {"__name__": "__main__", "__spec__": spec})
    exec(code, {"__name__": "bylaws.__main__", "__spec__": spec})


@pytest.mark.spawns
def test_importing_bylaws_does_not_import_the_command() -> None:
    """The core and the views know nothing of the command."""
    code = "import sys, bylaws, bylaws.views; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert not {"bylaws.cli", "cyclopts", "rich"} & {*run.stdout.split()}
