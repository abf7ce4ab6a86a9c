"""Matching: which moves of two policies recorded ones are, whatever they were called then."""

from __future__ import annotations

from collections.abc import Iterable

from bylaws.views.alignment import old_names
from bylaws.views.counts import Count, Counted, added_up
from bylaws.views.difference import Difference
from bylaws.views.errors import MatrixError
from bylaws.views.states import State, StateSpace
from bylaws.views.weighing import Weighed


def weigh(difference: Difference, counts: Iterable[Counted]) -> Weighed:
    """What `difference.weighed(counts)` gives."""
    names = _Names(difference)
    known: dict[tuple[int, int, str | None], int] = {}
    unknown: list[Count] = []
    for (from_state, to_state, refused_by), number in added_up(counts).items():
        a, b = names[from_state], names[to_state]
        if a is None or b is None:
            unknown.append(Count(from_state, to_state, number, refused_by))
        else:
            known[a, b, refused_by] = known.get((a, b, refused_by), 0) + number
    states = difference.space.states
    return Weighed(
        difference,
        tuple(
            [
                Count(states[a], states[b], number, refused_by)
                for (a, b, refused_by), number in sorted(known.items(), key=_place)
            ]
        ),
        tuple(sorted(unknown, key=lambda count: tuple(map(_text, (*count[:2], count[3]))))),
    )


def _place(pair: tuple[tuple[int, int, str | None], int]) -> tuple[int, int, tuple[bool, str]]:
    (a, b, refused_by), _ = pair
    return a, b, _text(refused_by)


def _text(name: str | None) -> tuple[bool, str]:
    return name is not None, name or ""


class _Names(dict[State, "int | None"]):
    """For what records call a state its number; `None` if neither policy has it.

    Records are of the past, so a name is first what the old policy calls so.
    """

    def __init__(self, difference: Difference) -> None:
        super().__init__()
        self._old = difference.old.space
        self._new = difference.space
        self._now = old_names(self._old, difference.new.space)

    def __missing__(self, name: State) -> int | None:
        number = self[name] = self._found(name)
        return number

    def _found(self, name: State) -> int | None:
        numbers = self._new.numbers
        if name in self._now:
            return numbers[self._now[name]]
        if name is None or name in numbers:
            return numbers[name]
        for space, now in ((self._old, self._now), (self._new, None)):
            try:
                state = _meant(space, name)
            except MatrixError:
                continue
            return numbers[state if now is None else now[state]]
        return None


def _meant(space: StateSpace, name: str) -> State:
    """The state that a record means by `PAID` where states are called `S.PAID`, or other way."""
    try:
        return space.state_named(name)
    except MatrixError:
        enum, _, member = name.rpartition(".")
        if enum not in space.masks_of_enums:
            raise
        return space.state_named(member)
