"""Cells: the moves of a matrix as bits of one number, with states that behave alike as one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Final

from bylaws.lint.finding import MoveSet
from bylaws.views.errors import MatrixError
from bylaws.views.fold import MOST_CELLS, layers
from bylaws.views.matrix import Matrix
from bylaws.views.rectangles import rectangles
from bylaws.views.states import bits


class Cells:
    """The cells of a matrix. A set of them is a number with a bit for each.

    `MatrixError` if there are more than 4,000,000 once states that behave alike are one.
    """

    def __init__(self, matrix: Matrix) -> None:
        self._matrix: Final = matrix
        froms, tos, owners = layers(matrix)
        self._rows: Final = _alike(froms)
        self._columns: Final = _alike(tos)
        self._width: Final = len(self._columns)
        if len(self._rows) * self._width > MOST_CELLS:
            raise MatrixError(
                f"{matrix.name} has {len(self._rows):,} x {self._width:,} cells of which no two "
                "rows or columns are alike: too many to look at"
            )
        self.full: Final = (1 << len(self._rows) * self._width) - 1
        self._owners: Final = owners
        count = len(matrix.entries) + len(owners)
        self._leaving: Final = _by_bit(self._rows, count)
        self._entering: Final = _by_bit(self._columns, count)

    def of(self, at: int) -> int:
        """The cells in which an entry fires, by its place."""
        entering = 0
        for column in self._entering[at]:
            entering |= 1 << column
        line = f"{entering:0{self._width}b}"
        lines = ["0" * self._width] * len(self._rows)
        for row in self._leaving[at]:
            lines[~row] = line  # the last digits are those of the first row
        return int("".join(lines), 2)

    def illegal(self, at: int) -> int:
        """Those that an entry made by `moves()` rules out; none for another."""
        return self._illegal.get(at, 0)

    def refused(self, at: int) -> int:
        """The cells in which an entry never lets a move pass."""
        return self._refused.get(at, 0)

    @cached_property
    def _illegal(self) -> Mapping[int, int]:
        found: dict[int, int] = {}
        count = len(self._matrix.entries)
        for layer, owner in enumerate(self._owners):
            found[owner] = found.get(owner, 0) | self.of(count + layer)
        return found

    @cached_property
    def _refused(self) -> Mapping[int, int]:
        entries = enumerate(self._matrix.entries)
        never = {at: self.of(at) for at, entry in entries if entry.never_passes}
        return never | {**self._illegal}

    def region(self, cells: int) -> list[int]:
        """For each state by number, the states to which its moves are among the cells."""
        wide = (1 << self._width) - 1
        columns = list(self._columns.values())
        region = [0] * len(self._matrix.states)
        known = {0: 0}  # for what is in a row, the states; rows of one rule are alike
        for row in self._rows.values():
            own = cells & wide
            cells >>= self._width
            if own not in known:
                known[own] = 0
                for column in bits(own):
                    known[own] |= columns[column]
            if own:
                for at in bits(row):
                    region[at] = known[own]
        return region

    def moves(self, cells: int) -> tuple[MoveSet, ...]:
        """Cells as the fewest pairs of a from-set and a to-set."""
        space = self._matrix.space
        found = rectangles(self.region(cells))
        return tuple([(space.set_of(froms), space.set_of(tos)) for froms, tos in found])


def _alike(masks: Sequence[int]) -> dict[int, int]:
    """For each different mask the states that have it."""
    found: dict[int, int] = {}
    for number, mask in enumerate(masks):
        found[mask] = found.get(mask, 0) | 1 << number
    return found


def _by_bit(classes: dict[int, int], count: int) -> list[list[int]]:
    """For each bit the places of the classes that have it in their mask."""
    found: list[list[int]] = [[] for _ in range(count)]
    for place, mask in enumerate(classes):
        for bit in bits(mask):
            found[bit].append(place)
    return found
