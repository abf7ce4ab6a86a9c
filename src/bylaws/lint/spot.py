"""Spots: what the checks of the source find, and the findings that they become."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from bylaws.lint.finding import Finding, Place
from bylaws.lint.hooks import Reader
from bylaws.lint.subject import Subject


class Spot(NamedTuple):
    """One statement, what is to be said about it, and what to do."""

    place: Place
    sentence: str
    mend: str


def in_order(spots: Iterable[Spot]) -> list[Spot]:
    """Each once, in the order of the lines."""
    return sorted(dict.fromkeys(spots), key=lambda spot: (spot.place.file, spot.place.line))


def findings_at(
    check: str, find: Callable[[object, Reader], Iterable[Spot]], subject: Subject
) -> Iterator[Finding]:
    """What a check finds in the source of each entry."""
    for facts, entry in subject.entries:
        for spot in find(entry, subject.reader):
            yield subject.finding(check, [facts], spot.sentence, spot.mend, place=spot.place)
