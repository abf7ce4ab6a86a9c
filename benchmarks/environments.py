"""Where a contender runs: in this environment, or in one made for it, because two versions exclude each other."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
from pathlib import Path
from typing import Any

import bylaws

ROOT = Path(__file__).resolve().parent.parent
MINUTES_TO_INSTALL = 10


class UnavailableError(Exception):
    """A library cannot be had here; the text says why."""


def python_with(requirement: str, directory: Path) -> Path:
    """The interpreter of an environment in `directory` that has the requirement; made, unless it is there already."""
    python = directory / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not python.exists():
        venv.create(directory, with_pip=True)
    install = [str(python), "-m", "pip", "install", "--quiet", requirement, "typing-extensions"]
    try:
        subprocess.run(install, check=True, capture_output=True, timeout=60 * MINUTES_TO_INSTALL)  # noqa: S603
    except subprocess.TimeoutExpired:
        raise UnavailableError(
            f"{requirement} was not installed within {MINUTES_TO_INSTALL} minutes"
        ) from None
    except subprocess.CalledProcessError:
        raise UnavailableError(f"{requirement} could not be installed") from None
    return python


def contest(library: str, python: Path, *, quick: bool) -> dict[str, Any]:
    """What `benchmarks.contest` says of the library, under that interpreter, about this very bylaws."""
    command = [str(python), "-m", "benchmarks.contest", library, *(["--quick"] if quick else [])]
    source = str(Path(bylaws.__file__).resolve().parent.parent)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), source])}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )  # noqa: S603
    if done.returncode:
        raise UnavailableError(f"it failed: {done.stderr.strip().splitlines()[-1]}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def here() -> Path:
    """The interpreter that runs this."""
    return Path(sys.executable)
