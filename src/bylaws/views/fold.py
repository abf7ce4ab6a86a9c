"""Folding: states that behave alike share a row or a column, and equal cells share a named plan."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from string import ascii_uppercase
from typing import Final, overload

from bylaws.views.errors import MatrixError
from bylaws.views.matrix import EntryFacts, Matrix
from bylaws.views.rectangles import rectangles
from bylaws.views.states import State, StateSet, bits

MOST_CELLS: Final = 4_000_000
"""A folded matrix has at most so many cells: 2,000 states of which no two behave alike."""


@dataclass(frozen=True)
class Plan:
    """What cells have in common: what fires in them, and what of that rules the move out.

    Attributes:
        label: A, B, ... Z, AA, AB, ... in the order in which a reader meets the plans; `-` for
            the one where nothing fires.
        entries: what fires, in the order in which it does.
        ruled_out_by: those of them that always refuse, here.

    """

    label: str
    entries: tuple[EntryFacts, ...]
    ruled_out_by: tuple[EntryFacts, ...]


class Folded:
    """A matrix with the states that behave alike folded together, losslessly. Made by `fold`.

    Two states share a row if for every to-state the same fires, and the same rules the move out;
    columns likewise.

    Attributes:
        matrix: what was folded.
        rows: the from-states of each row, in the order of their first states.
        columns: the to-states of each column, likewise.
        plans: the different contents of cells; each is made when it is asked for.
        cells: `cells[row][column]` is a place in `plans`.

    """

    __slots__ = ("__dict__", "cells", "columns", "matrix", "plans", "rows")

    def __init__(
        self,
        matrix: Matrix,
        rows: tuple[StateSet, ...],
        columns: tuple[StateSet, ...],
        plans: Plans,
        cells: Sequence[Sequence[int]],
    ) -> None:
        self.matrix: Final[Matrix] = matrix
        self.rows: Final[tuple[StateSet, ...]] = rows
        self.columns: Final[tuple[StateSet, ...]] = columns
        self.plans: Final[Sequence[Plan]] = plans
        self.cells: Final[Sequence[Sequence[int]]] = cells

    def plan(self, from_state: State, to_state: State) -> Plan:
        """The plan of one move. `MatrixError` for a name that is no state."""
        a, b = self.matrix.places(from_state, to_state)
        return self.plans[self.cells[self._row_of[a]][self._column_of[b]]]

    def where(self, plan: int) -> tuple[tuple[StateSet, StateSet], ...]:
        """Where a plan is, given its place in `plans`: the fewest pairs of from-set and to-set."""
        space = self.matrix.space
        region = [0] * len(self.matrix.states)
        tos = [space.mask(states) for states in self.columns]
        for states, cells in zip(self.rows, self.cells, strict=True):
            mask = 0
            for column, content in zip(tos, cells, strict=True):
                if content == plan:
                    mask |= column
            for at in bits(space.mask(states)) if mask else ():
                region[at] = mask
        return tuple([(space.set_of(a), space.set_of(b)) for a, b in rectangles(region)])

    @cached_property
    def _row_of(self) -> Sequence[int]:
        return self._numbers(self.rows)

    @cached_property
    def _column_of(self) -> Sequence[int]:
        return self._numbers(self.columns)

    def _numbers(self, classes: Sequence[StateSet]) -> list[int]:
        """For each state by number the place of its class."""
        found = [0] * len(self.matrix.states)
        for place, states in enumerate(classes):
            for at in bits(self.matrix.space.mask(states)):
                found[at] = place
        return found


class Plans(Sequence[Plan]):
    """The plans of a folded matrix, as a tuple is; there may be a million, so none is kept."""

    def __init__(self, matrix: Matrix, contents: Sequence[int], owners: Sequence[int]) -> None:
        """`contents` are masks of entries, and of layers above them, which are of `owners`."""
        self._entries = matrix.entries
        self._contents = contents
        self._owners = owners
        self._never = _never_passing(matrix)
        self._nothing = contents.index(0) if 0 in contents else len(contents)

    def __len__(self) -> int:
        return len(self._contents)

    @overload
    def __getitem__(self, at: int) -> Plan: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Plan]: ...
    def __getitem__(self, at: int | slice) -> Plan | Sequence[Plan]:
        if isinstance(at, slice):
            return tuple([self[each] for each in range(len(self))[at]])
        at = range(len(self))[at]
        content, size = self._contents[at], len(self._entries)
        refusing = content & self._never | _ruling_out(content >> size, self._owners)
        return Plan(
            "-" if at == self._nothing else label(at - (at > self._nothing)),
            tuple([self._entries[each] for each in bits(content & (1 << size) - 1)]),
            tuple([self._entries[each] for each in bits(refusing)]),
        )

    def __iter__(self) -> Iterator[Plan]:
        return (self[at] for at in range(len(self)))


def label(at: int) -> str:
    """The name of a plan: A for 0, Z for 25, AA for 26."""
    name = ""
    at += 1
    while at:
        at, letter = divmod(at - 1, 26)
        name = ascii_uppercase[letter] + name
    return name


def fold(matrix: Matrix) -> Folded:
    """The matrix, folded. `MatrixError` if more than 4,000,000 cells are left: name some states."""
    froms, tos, owners = layers(matrix)
    rows, columns = _alike(froms), _alike(tos)
    if len(rows) * len(columns) > MOST_CELLS:
        raise MatrixError(
            f"{matrix.name} has {len(rows):,} x {len(columns):,} cells of which no two rows or "
            "columns are alike: too many to show"
        )
    found: dict[int, int] = {}
    cells = [
        array("I", [found.setdefault(row & column, len(found)) for column in columns])
        for row in rows
    ]
    contents = list(found)
    if owners:
        # Several layers of one entry may say the same in different cells.
        size = len(matrix.entries)
        same: dict[tuple[int, int], int] = {}
        numbers = [
            same.setdefault((key & (1 << size) - 1, _ruling_out(key >> size, owners)), len(same))
            for key in contents
        ]
        cells = [array("I", [numbers[at] for at in row]) for row in cells]
        keys = dict(zip(numbers, contents, strict=True))
        contents = [keys[at] for at in range(len(same))]
    space = matrix.space
    return Folded(
        matrix,
        tuple(map(space.set_of, rows.values())),
        tuple(map(space.set_of, columns.values())),
        Plans(matrix, contents, owners),
        cells,
    )


def _never_passing(matrix: Matrix) -> int:
    return sum(1 << at for at, entry in enumerate(matrix.entries) if entry.never_passes)


def _ruling_out(layers: int, owners: Sequence[int]) -> int:
    """The entries that layers are of."""
    mask = 0
    for layer in bits(layers):
        mask |= 1 << owners[layer]
    return mask


def layers(matrix: Matrix) -> tuple[list[int], list[int], list[int]]:
    """For each state its mask at either end: the entries, and then layers, which only rule out.

    What is ruled out by an entry made by `moves()` is a layer for all states with the same legal
    moves: these, times what they must not become. The last list has the entry of each layer.
    """
    froms, tos = list(matrix.from_masks), list(matrix.to_masks)
    owners: list[int] = []
    space = matrix.space
    for at, entry in enumerate(matrix.entries):
        if entry.legal is None or entry.from_states is None or entry.to_states is None:
            continue
        legal = matrix.legal_masks[entry.name]
        entering = space.mask(entry.to_states)
        groups: dict[int, list[int]] = {}
        for number in bits(space.mask(entry.from_states)):
            illegal = entering & ~legal.get(space.states[number], 0)
            groups.setdefault(illegal, []).append(number)
        for illegal, members in groups.items():
            if illegal:
                bit = 1 << len(matrix.entries) + len(owners)
                owners.append(at)
                for number in members:
                    froms[number] |= bit
                for number in bits(illegal):
                    tos[number] |= bit
    return froms, tos, owners


def _alike(masks: Sequence[int]) -> dict[int, int]:
    """For each different mask the states that have it, by number."""
    found: dict[int, int] = {}
    for number, mask in enumerate(masks):
        found[mask] = found.get(mask, 0) | 1 << number
    return found
