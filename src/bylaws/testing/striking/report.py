"""The report: all leaks of a policy, those that are alike together."""

from __future__ import annotations

import linecache
import re
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from bylaws.testing.striking.snapshots import differences
from bylaws.testing.striking.strikes import Leak

_OF_PYTEST: Final = re.compile(
    r"Omitting \d+ identical items?, use -vv to show|Use -vv? to get (more|full) diff"
)
"""What pytest says of its options; it would be said again with each leak."""


def report(head: str, leaks: Sequence[Leak], notes: Iterable[str]) -> str:
    """The message of a `LeakError`."""
    groups: dict[tuple[object, ...], list[Leak]] = {}
    for leak in leaks:
        alike = (leak.strike.head, leak.hung, repr(leak.before), repr(leak.after))
        groups.setdefault(alike, []).append(leak)
    shown: set[str] = set()
    parts = [head]
    parts += ["\n".join(_group(group, shown)) for group in groups.values()]
    parts += notes
    return "\n\n".join(parts)


def _group(leaks: Sequence[Leak], shown: set[str]) -> list[str]:
    first = leaks[0]
    tails = [leak.strike.tail for leak in leaks if leak.strike.tail]
    said = f"{first.strike.head} {_joined(tails)}".rstrip()
    if first.hung:
        return [f"{said}: hangs, and was cut off"]
    what = differences(first.before, first.after)
    lines = [f"{said}: {what}"]
    place = first.strike.where
    if place is not None:
        lines += _source(place.file, place.line)
    if what not in shown:
        shown.add(what)
        lines += [f"    {line}" for line in as_pytest_shows(first.after, first.before)]
    return lines


def _joined(tails: Sequence[str]) -> str:
    return " or ".join([", ".join(tails[:-1]), tails[-1]] if len(tails) > 1 else tails)


def _source(file: str, line: int) -> list[str]:
    around = [(at, linecache.getline(file, at).rstrip()) for at in (line - 1, line)]
    if not around[-1][1]:
        return []
    return [
        f"  {'>' if at == line else ' '} {Path(file).name}:{at}  {text}"
        for at, text in around
        if text
    ]


def as_pytest_shows(after: object, before: object) -> list[str]:
    """The difference as pytest shows it, where pytest is at work; else nothing more to say."""
    if "pytest" in sys.modules and "bylaws.testing.striking.as_before" not in sys.modules:
        import pytest  # noqa: PLC0415 (only where it is there)

        pytest.register_assert_rewrite("bylaws.testing.striking.as_before")
    from bylaws.testing.striking.as_before import assert_as_before  # noqa: PLC0415 (only now)

    try:
        assert_as_before(after, before)
    except AssertionError as error:
        return [
            line for line in str(error).split("\n")[1:] if not _OF_PYTEST.fullmatch(line.strip())
        ]
    return []
