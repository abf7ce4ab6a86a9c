"""A tally: numbers in cells, and what those in a rectangle of cells come to."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import compress
from operator import itemgetter
from typing import Final

from bylaws.views.rectangles import Rectangle, Region
from bylaws.views.states import bits


class Tally:
    """How many there are in each cell, kept for those alone that have some.

    Its memory is that of these cells. A rectangle takes one step in Python for each of its rows
    that has some, and one in C for each cell there.
    """

    def __init__(self, size: int, cells: Iterable[tuple[int, int, int]]) -> None:
        """`cells`: row, column and number, each cell once. There are `size` columns."""
        found: dict[int, dict[int, int]] = {}
        for row, column, number in cells:
            found.setdefault(row, {})[column] = number
        self._size: Final = size
        self._rows: Final = {at: _Row(row) for at, row in found.items()}
        self._filled: Final = sum([1 << at for at in found])

    def within(self, rectangle: Rectangle) -> int:
        """The sum of a rectangle."""
        rows, columns = rectangle
        inside = self._flags(columns)
        return sum([self._rows[at].sum(columns, inside) for at in bits(rows & self._filled)])

    def within_region(self, region: Region) -> int:
        """The sum of a region: for each row, by number, a mask of columns."""
        return sum(
            [self._rows[at].sum(region[at], self._flags(region[at])) for at in bits(self._filled)]
        )

    def _flags(self, columns: int) -> bytearray:
        """A mask as a byte for each column, 1 if it is in it."""
        flags = bytearray(self._size)
        for at in bits(columns):
            flags[at] = 1
        return flags


class _Row:
    """A row of a tally: its columns as a mask, and the numbers in them."""

    __slots__ = ("_columns", "_numbers", "_pick", "_sum")

    def __init__(self, numbers: dict[int, int]) -> None:
        self._columns: Final = sum([1 << at for at in numbers])
        self._numbers: Final = tuple(numbers.values())
        self._pick: Final = itemgetter(*numbers)
        self._sum: Final = sum(self._numbers)

    def sum(self, columns: int, inside: bytearray) -> int:
        """What its cells in these columns come to; the columns are given twice."""
        some = columns & self._columns
        if not some:
            return 0
        if some == self._columns:
            return self._sum
        # Of one column it would pick no tuple, but then it is some or none.
        return sum(compress(self._numbers, self._pick(inside)))
