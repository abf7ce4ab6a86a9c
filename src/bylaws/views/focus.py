"""A part of a matrix: what a state, or an entry, has to do with. Every view takes one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from bylaws.views.errors import MatrixError
from bylaws.views.fold import Folded
from bylaws.views.matrix import EntryFacts, Matrix
from bylaws.views.near import near
from bylaws.views.states import State, StateSet


@dataclass(frozen=True)
class Focus:
    """What to look at: the moves from and to a state, or those that an entry fires for.

    Attributes:
        state: the state, `None` being one too, if there is no entry.
        entry: the entry; `None` if it is about the state.

    """

    state: State
    entry: EntryFacts | None = None


def focus_on(matrix: Matrix, name: str) -> Focus:
    """What a person means by the name of a state (`none` is "no state") or of an entry.

    A name of both is the state. `MatrixError` with the nearest names for anything else.
    """
    entries = {entry.name: entry for entry in matrix.entries}
    if name in entries and name not in matrix.space.numbers:
        return Focus(None, entries[name])
    try:
        return Focus(matrix.space.state_named(name))
    except MatrixError as error:
        known = [*dict.fromkeys([*filter(None, matrix.states), *entries])]
        message = f"{matrix.name} has no state and no entry {name!r}{near(name, known)}"
        raise MatrixError(message) from error


class Part(NamedTuple):
    """A part of a folded matrix, folded itself: `cells[row][column]` is a place in its plans."""

    rows: Sequence[StateSet]
    columns: Sequence[StateSet]
    cells: Sequence[Sequence[int]]

    @property
    def plans(self) -> list[int]:
        """The places of the plans that are in it, in order."""
        return sorted(set[int]().union(*self.cells))


def whole(folded: Folded) -> Part:
    """All of it."""
    return Part(folded.rows, folded.columns, folded.cells)


def part(folded: Folded, from_states: StateSet | None, to_states: StateSet | None) -> Part:
    """The moves from these states to those; `None` is all states."""
    space = folded.matrix.space
    within = [space.full if each is None else space.mask(each) for each in (from_states, to_states)]
    columns = {
        at: both
        for at, states in enumerate(folded.columns)
        if (both := space.mask(states) & within[1])
    }
    rows: dict[tuple[int, ...], int] = {}
    for row, listed in zip(folded.rows, folded.cells, strict=True):
        if both := space.mask(row) & within[0]:
            cells = tuple([listed[at] for at in columns])
            rows[cells] = rows.get(cells, 0) | both
    alike: dict[tuple[int, ...], int] = {}
    for cells, both in zip(zip(*rows, strict=True), columns.values(), strict=True):
        alike[cells] = alike.get(cells, 0) | both
    return Part(
        tuple(map(space.set_of, rows.values())),
        tuple(map(space.set_of, alike.values())),
        tuple(zip(*alike, strict=True)),
    )


def parts(folded: Folded, focus: Focus) -> list[Part]:
    """Of a state its row and its column, of an entry the cells that it fires for."""
    entry = focus.entry
    if entry is not None:
        return [part(folded, entry.from_states, entry.to_states)]
    alone = folded.matrix.space.set_of([focus.state])
    return [part(folded, alone, None), part(folded, None, alone)]
