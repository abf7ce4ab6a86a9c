"""`lock` and `check`: the lock file of a project."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from bylaws.cli.chosen import both, chosen, told_apart
from bylaws.cli.comparing import compared
from bylaws.cli.errors import InputError
from bylaws.cli.output import STDOUT, visible, write
from bylaws.cli.pairs import Limits, paired
from bylaws.cli.project import find_project
from bylaws.cli.sources import Sourced, load
from bylaws.views import write_lock


def write_down(sources: Sequence[str], lock: str | None) -> None:
    """Write the lock file, and say so; with `-` print it."""
    found = chosen(sources)
    text = write_lock(told_apart(found).values())
    file = STDOUT if lock == STDOUT else str(_file(lock))
    write(text, file)
    if file != STDOUT:
        names = ", ".join(sorted([visible(each.matrix.name) for each in found]))
        print(f"wrote {file}: {names}", file=sys.stderr)


def compare(
    sources: Sequence[str], lock: str | None, policy: str | None, form: str, output: str | None
) -> int:
    """Compare with the lock file; if there is a difference, say how to accept it.

    With the name of a policy only that is compared. What accepts it writes all of them: a lock has
    what was named, and nothing else.
    """
    found = chosen(sources)
    file = _file(lock)
    accept = shlex.join(["bylaws", "lock", *sources, *([f"--lock={lock}"] if lock else [])])
    if not file.is_file():
        raise InputError(f"there is no {file}; this writes it: {accept}")
    locked = load([str(file)])
    old, new = both(locked, found, policy)
    code = compared(paired(old, new, by_name=True), Limits(), form, output)
    if code:
        told = f"{file} is not what the policies do; to accept the difference: {accept}"
        print(f"{told}{_left_out(locked, found) if sources else ''}", file=sys.stderr)
    return code


def _left_out(locked: Sequence[Sourced], found: Sequence[Sourced]) -> str:
    """What a lock of the policies that were found no longer has, for whoever named but some."""
    names = {each.matrix.name for each in locked} - {each.matrix.name for each in found}
    if not names:
        return ""
    listed = ", ".join(sorted(map(visible, names)))
    return f"\nthat takes {listed} out of the lock; to keep what is there, name its source too"


def _file(lock: str | None) -> Path:
    """The lock file as seen from here: that of the flag, or else of the project."""
    if lock is not None:
        return Path(lock)
    return Path(os.path.relpath(find_project().lock))
