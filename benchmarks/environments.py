"""Where a process of the benchmarks runs: in this environment, or in one that is made for it.

Versions of one library exclude each other, and other interpreters have packages of their own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import bylaws

ROOT = Path(__file__).resolve().parent.parent
MINUTES_TO_INSTALL = 10
MINUTES_TO_RUN = 1


class UnavailableError(Exception):
    """Something cannot be had here; the text says why."""


def here() -> Path:
    """The interpreter that runs this."""
    return Path(sys.executable)


def python_with(requirement: str, directory: Path, base: Path | None = None) -> Path:
    """The interpreter of an environment that has the requirement; made, unless it is there.

    It is made by the interpreter `base`, or else by the one that runs this.
    """
    python = directory / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    make = [str(base or here()), "-m", "venv", str(directory)]
    install = [str(python), "-m", "pip", "install", "--quiet", requirement, "typing-extensions"]
    try:
        for command in (install,) if python.exists() else (make, install):
            subprocess.run(  # noqa: S603
                command, check=True, capture_output=True, timeout=60 * MINUTES_TO_INSTALL
            )
    except subprocess.TimeoutExpired:
        raise UnavailableError(
            f"{requirement} was not installed within {MINUTES_TO_INSTALL} minutes"
        ) from None
    except subprocess.CalledProcessError:
        raise UnavailableError(f"{requirement} could not be installed") from None
    return python


def started(module: Sequence[str], python: Path, quick: bool) -> Any:
    """What a module, with its arguments, prints as JSON under that interpreter, of this bylaws."""
    command = [str(python), "-m", *module, *(["--quick"] if quick else [])]
    source = str(Path(bylaws.__file__).resolve().parent.parent)
    try:
        done = subprocess.run(  # noqa: S603
            command,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), source])},
            capture_output=True,
            text=True,
            check=False,
            timeout=60 * MINUTES_TO_RUN,
        )
    except subprocess.TimeoutExpired:
        raise UnavailableError(f"{' '.join(module)} took over {MINUTES_TO_RUN} minute") from None
    if done.returncode:
        last = (done.stderr.strip() or "without a word").splitlines()[-1]
        raise UnavailableError(f"{' '.join(module)} failed: {last}")
    return json.loads(done.stdout.splitlines()[-1])
