"""Two sides with a policy or more each: what belongs together, and what of it counts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from bylaws.cli.chosen import told_apart
from bylaws.cli.errors import InputError
from bylaws.cli.sources import Sourced
from bylaws.views.difference import KINDS, Difference, Line, difference, told
from bylaws.views.errors import MatrixError
from bylaws.views.matrix import Matrix
from bylaws.views.names import read_moves
from bylaws.views.near import near
from bylaws.views.states import StateSpace
from bylaws.views.weighing import Weighed

ANY: Final = "any"
NOTHING: Final = "nothing"


@dataclass(frozen=True, slots=True)
class Pair:
    """A policy on both sides.

    Attributes:
        name: its name, the new one.
        presence: "both", or "new" or "gone" if one side has none: it has no entries there.
        difference: what is different.
        weighed: the same, with what recorded moves would have met, if that was asked for.

    """

    name: str
    presence: Literal["both", "new", "gone"]
    difference: Difference
    weighed: Weighed | None = None

    def __bool__(self) -> bool:
        return self.presence != "both" or bool(self.difference)

    @property
    def title(self) -> str:
        """The name, and that it is new or gone, if it is."""
        return self.name if self.presence == "both" else f"{self.name} ({self.presence})"

    @property
    def shown(self) -> Difference | Weighed:
        """The difference, weighed if it is."""
        return self.difference if self.weighed is None else self.weighed

    def told(self, line: Line) -> str:
        """A line in words, with what it weighs if that is known."""
        return told(line) if self.weighed is None else self.weighed.told(line)


def paired(
    old: Sequence[Sourced], new: Sequence[Sourced], *, by_name: bool = False
) -> tuple[Pair, ...]:
    """What belongs together: policies of one name.

    One policy on each side is one pair, whatever their names, unless these are said to count. In
    the order of the new side, then what is gone.
    """
    if len(old) == len(new) == 1 and not by_name:
        return (_pair(new[0].matrix.name, old[0].matrix, new[0].matrix),)
    before, after = told_apart(old), told_apart(new)
    gone = [
        Pair(name, "gone", difference(matrix, _without_entries(matrix)))
        for name, matrix in before.items()
        if name not in after
    ]
    return (*[_pair(name, before.get(name), matrix) for name, matrix in after.items()], *gone)


def _pair(name: str, old: Matrix | None, new: Matrix) -> Pair:
    if old is None:
        return Pair(name, "new", difference(_without_entries(new), new))
    return Pair(name, "both", difference(old, new))


def _without_entries(matrix: Matrix) -> Matrix:
    return Matrix(matrix.name, matrix.space, ())


@dataclass(frozen=True, slots=True)
class Limits:
    """What of a difference is a finding, for which the exit code is 1.

    Attributes:
        only: the moves that may change, as texts: what is changed outside of them is a finding,
            and of what changes no move nothing.
        kinds: the kinds of lines that are findings. `None`: all, unless there is an `only`.

    """

    only: tuple[str, ...] = ()
    kinds: frozenset[str] | None = None

    def findings(self, pair: Pair) -> tuple[Line, ...]:
        """The lines that are findings."""
        if self.kinds is None and not self.only:
            return pair.difference.lines
        outside = pair.difference.outside(self._applying(pair)) if self.only else ()
        failing = pair.difference.failing(self.kinds or ())
        return (*outside, *[line for line in failing if line not in outside])

    def found(self, pair: Pair) -> bool:
        """Whether there is a finding: that a policy is new or gone is one, or lines are."""
        return (self.kinds is None and pair.presence != "both") or bool(self.findings(pair))

    def check(self, pairs: Iterable[Pair]) -> None:
        """An error if a text names moves of none of the policies."""
        spaces = [pair.difference.space for pair in pairs]
        for text in self.only:
            errors = [error for space in spaces if (error := _unreadable(text, space))]
            if errors and len(errors) == len(spaces):
                raise InputError(f"--only: {errors[0]}")

    def _applying(self, pair: Pair) -> list[str]:
        return [text for text in self.only if not _unreadable(text, pair.difference.space)]


def _unreadable(text: str, space: StateSpace) -> str:
    """Why a text names no moves of these states; empty if it does."""
    try:
        read_moves(text, space)
    except MatrixError as error:
        return str(error)
    return ""


def limits(only: Iterable[str], fail_on: Iterable[str]) -> Limits:
    """What the flags say: kinds stand one by one, or between commas."""
    kinds = [kind.strip() for text in fail_on for kind in text.split(",")]
    known = (*KINDS, ANY, NOTHING)
    for kind in kinds:
        if kind not in known:
            listed = f"; the kinds are: {', '.join(known)}"
            raise InputError(f"--fail-on: there is no kind {kind!r}{near(kind, known) or listed}")
    if not kinds:
        return Limits(tuple(only))
    meant = KINDS if ANY in kinds else [kind for kind in kinds if kind != NOTHING]
    return Limits(tuple(only), frozenset(meant))
