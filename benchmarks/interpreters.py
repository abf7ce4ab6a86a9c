"""The first rows of the promises on each supported CPython that is found on this machine.

Run `python -m benchmarks.interpreters`. Others than the one that runs this are looked for on the
PATH and where pyenv keeps them, and get an environment each under `build/`.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from shutil import which

from benchmarks.environments import ROOT, UnavailableError, here, python_with
from benchmarks.harness import Rounds, options, rounds_of, table
from benchmarks.processes import rows_of
from benchmarks.rows import Row, amount, mark

VERSIONS = ("3.11", "3.12", "3.13")
FIRST = 6  # the parts of benchmarks.lookup that compare a lookup with one by hand, a row each
ASK = """
import platform, sysconfig
profiled = "--enable-optimizations" in str(sysconfig.get_config_var("CONFIG_ARGS"))
print(platform.python_version(), "with" if profiled else "without")
"""


def described(python: Path) -> str:
    """The full version, and whether it was built with profile-guided optimization; '' if broken."""
    done = subprocess.run(  # noqa: S603
        [str(python), "-c", ASK], check=False, capture_output=True, text=True
    )
    return "" if done.returncode else done.stdout.strip()


def found(version: str) -> Path | None:
    """An interpreter of that version: this one, or one on the PATH, or one of pyenv's."""
    return next((each for each in _candidates(version) if _is(version, each)), None)


def _candidates(version: str) -> Iterator[Path]:
    yield here()
    named = which(f"python{version}")
    if named is not None:
        yield Path(named)
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    for directory in sorted(pyenv.glob(f"versions/{version}*"), reverse=True):
        yield directory / "bin" / "python"


def _is(version: str, python: Path) -> bool:
    return python.exists() and described(python).startswith(f"{version}.")


def measured(version: str, rounds: Rounds, mine: Sequence[Row]) -> tuple[str, list[Row]]:
    """What is said of the version, and its rows: `mine` if it is the one that runs this."""
    python = found(version)
    if python is None:
        return f"CPython {version} was not found here, and is left out", []
    full, profiled = described(python).split()
    said = f"CPython {full}, {profiled} profile-guided optimization"
    if python == here():
        return said, list(mine) or rows_of("lookup", rounds, FIRST)
    directory = ROOT / "build" / f"benchmarks-{version}"
    try:
        python = python_with("typing-extensions", directory, python)
        return said, rows_of("lookup", rounds, FIRST, python)
    except UnavailableError as reason:
        return f"{said}: not measured, {reason}", []


def shown(rounds: Rounds, mine: Sequence[Row] = ()) -> str:
    """The table, under a line for each interpreter; `mine` are the rows of this one, if known."""
    own = f"{sys.version_info.major}.{sys.version_info.minor}"
    versions = VERSIONS if own in VERSIONS else (*VERSIONS, own)
    by_version = {version: measured(version, rounds, mine[:FIRST]) for version in versions}
    facts = "; ".join(said for said, _ in by_version.values())
    columns = {version: rows for version, (_, rows) in by_version.items() if rows}
    head = ["what", *(f"CPython {version}" for version in columns), "aim", "not above"]
    lines = [
        [
            same[0].what,
            *(f"{amount(row.figure, row.unit)} ({row.verdict})" for row in same),
            mark(same[0].aim, same[0].unit),
            mark(same[0].limit, same[0].unit),
        ]
        for same in zip(*columns.values(), strict=True)
    ]
    return f"{facts}.\n\n{table(head, lines)}"


if __name__ == "__main__":
    print(shown(rounds_of(options(__doc__).parse_args())))
