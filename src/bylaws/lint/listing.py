"""What is listed twice: `same-name`, `redundant-runs-after`, `mergeable-rules`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import cast

from bylaws.lint.behaviour import behaviour_of
from bylaws.lint.finding import Finding, MoveSet
from bylaws.lint.subject import Subject, moves_of
from bylaws.rules import name_of
from bylaws.views.matrix import EntryFacts
from bylaws.views.wording import listed


def same_names(subject: Subject) -> Iterator[Finding]:
    """Entries that have one name, and so are numbered."""
    named: dict[str, list[EntryFacts]] = {}
    for at, entry in enumerate(subject.matrix.entries):
        # Without the live ones: as names are numbered.
        own = name_of(subject.live[at]) if subject.live else re.sub(r" #\d+$", "", entry.name)
        named.setdefault(own, []).append(entry)
    for name, entries in named.items():
        if len(entries) > 1:
            yield subject.finding(
                "same-name",
                entries,
                f"{len(entries):,} entries are called {name}: "
                f"{listed([entry.name for entry in entries])}",
                "Give each a name of its own: an entry may have an attribute `name`.",
            )


def redundant_runs_after(subject: Subject) -> Iterator[Finding]:
    """What a rule has to run after, and after what it has to run after anyhow."""
    after: list[set[int]] = []  # for each entry all that it has to run after, by places
    for at, entry in enumerate(subject.live):
        named = [(each, _places(each, subject.live[:at])) for each in references(entry)]
        implied = [places.union(*[after[each] for each in places]) for _, places in named]
        after.append(set[int]().union(*implied))
        left = [number for number, (_, places) in enumerate(named) if places]
        for number in reversed(left.copy()):
            reference, places = named[number]
            others = [each for each in left if each != number]
            if places <= set[int]().union(*[implied[each] for each in others]):
                left.remove(number)
                through = next(each for each in others if implied[each] & places)
                facts = subject.matrix.entries
                yield subject.finding(
                    "redundant-runs-after",
                    [facts[at], *[facts[place] for place in sorted(places)]],
                    f"{facts[at].name} has to run after {called(reference)} anyhow, since it has "
                    f"to run after {called(named[through][0])}",
                    f"Take {called(reference)} out of its runs_after.",
                )


def mergeable_rules(subject: Subject) -> Iterator[Finding]:
    """Rules that stand side by side, do the same, and govern moves that one rule can govern."""
    does = [behaviour_of(entry, subject.reader) for entry in subject.live]
    start = 0
    while start < len(does):
        same = does[start]
        end = start + 1
        while same and end < len(does) and does[end] == same:
            end += 1
        found = _longest(subject, start, end)
        if found is not None:
            some, moves = found
            yield subject.finding(
                "mergeable-rules",
                some,
                f"{listed([entry.name for entry in some])} stand side by side, do the same, and "
                "never fire for the same move",
                "Make them one rule, with the sets of all of them.",
                (moves,),
            )
        start = end


def _longest(subject: Subject, start: int, end: int) -> tuple[Sequence[EntryFacts], MoveSet] | None:
    """Of the rules between two places the most that one can stand for, and the moves of that.

    They have no move in common, and all their moves are those from a set to a set.
    """
    space, entries = subject.matrix.space, subject.matrix.entries
    cells = [subject.cells.of(at) for at in range(start, end)] if end - start > 1 else []
    found: tuple[Sequence[EntryFacts], MoveSet] | None = None
    most = 1
    for first in range(start, start + len(cells)):
        taken = count = froms = tos = 0
        for at in range(first, end):
            if taken & cells[at - start]:
                break
            sets = [space.mask(states) for states in moves_of(entries[at])[0]]
            taken, froms, tos = taken | cells[at - start], froms | sets[0], tos | sets[1]
            count += sets[0].bit_count() * sets[1].bit_count()
            if count == froms.bit_count() * tos.bit_count() and at - first + 1 > most:
                most = at - first + 1
                found = entries[first : at + 1], (space.set_of(froms), space.set_of(tos))
    return found


def references(entry: object) -> tuple[object, ...]:
    """What an entry has to run after."""
    named: object = getattr(entry, "runs_after", ())
    return cast("tuple[object, ...]", named) if isinstance(named, tuple) else ()


def called(reference: object) -> str:
    """What texts call what `runs_after` names."""
    return f"every {reference.__name__}" if isinstance(reference, type) else name_of(reference)


def _places(reference: object, entries: Sequence[object]) -> set[int]:
    """The places of what a reference means: an entry, or all of a class."""
    return {
        at
        for at, entry in enumerate(entries)
        if entry is reference or (isinstance(reference, type) and isinstance(entry, reference))
    }
