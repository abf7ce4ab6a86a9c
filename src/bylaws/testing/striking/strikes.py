"""Strikes: what goes wrong in one run, in words and as data, and the leaks that come of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

from bylaws.testing.striking.visits import Place, called

Way: TypeAlias = Literal[
    "rejects", "redirects", "delays", "aborts", "raises an error", "raises KeyboardInterrupt"
]
WAYS: Final[tuple[Way, ...]] = (
    "rejects",
    "redirects",
    "delays",
    "aborts",
    "raises an error",
    "raises KeyboardInterrupt",
)
Kind: TypeAlias = Literal["entry", "decision", "line", "commit", "cancellation", "close"]


@dataclass(frozen=True)
class Where:
    """A line of the user's: of which file, and in which function."""

    file: str
    line: int
    function: str


@dataclass(frozen=True)
class Strike:
    """What went wrong in a run.

    Attributes:
        kind: what does it: another `entry` that refuses or raises, an error in a `decision` or at a
            `line`, a `commit` that fails, a `cancellation`, the `close` of the coroutine.
        text: the whole of it, in words.
        head, tail: the same in two parts; those that have the same head are told together.
        after: the name of the entry after which another one stands.
        where: the line, if it is on one.
        awaits: at which awaits of the run, the first being 1.

    """

    kind: Kind
    head: str
    tail: str = ""
    after: str | None = None
    where: Where | None = None
    awaits: tuple[int, ...] = ()
    way: Way | None = field(default=None, compare=False)
    place: Place | None = field(default=None, compare=False, repr=False)

    @property
    def text(self) -> str:
        """In words."""
        return f"{self.head} {self.tail}".rstrip()


@dataclass(frozen=True)
class Leak:
    """What was observed before a strike and after it; `hung`: it was cut off instead.

    `raised` is the name of the class of what came out of the run, if something did.
    """

    strike: Strike
    before: object
    after: object
    hung: bool = False
    raised: str | None = None


def by_entry(way: Way, after: str) -> Strike:
    """Another entry, right after one of the policy's."""
    return Strike("entry", f"another entry after {after} that", way, after=after, way=way)


def by_commit(way: Way) -> Strike:
    """A commit that writes nothing."""
    return Strike("commit", "a commit that", way, way=way)


def by_decision() -> Strike:
    """A transform that raises when it is told the decision."""
    return Strike("decision", "another transform's on_decision that", "raises an error")


def by_line(place: Place) -> Strike:
    """An error at a line."""
    where = Where(place.code.co_filename, place.line, called(place.code))
    return Strike("line", f"an error at {place}", where=where, place=place)


def by_cancellation(awaits: tuple[int, ...], where: Where | None, at: str) -> Strike:
    """A cancellation, and perhaps another one while it cleans up."""
    head = f"a cancellation at {at}"
    if len(awaits) == 1:
        return Strike("cancellation", head, where=where, awaits=awaits)
    tail = f"and another one at await {awaits[1]}"
    return Strike("cancellation", f"{head},", tail, where=where, awaits=awaits)


def by_closing(number: int, where: Where | None, at: str) -> Strike:
    """The coroutine is closed."""
    return Strike("close", f"the coroutine closed at {at}", where=where, awaits=(number,))
