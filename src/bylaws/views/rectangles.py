"""Rectangles: a set of moves as the fewest products of a from-set and a to-set.

Rules govern rectangles of states, so what one rule does, or an edit of it changes, is one or a few.
A region is a mask of to-states for each from-state, by number; a rectangle is a pair of masks. The
rectangles of a region may overlap: that takes fewer than if they may not.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, TypeAlias

from bylaws.views.states import bits

Region: TypeAlias = Sequence[int]
Rectangle: TypeAlias = tuple[int, int]

SMALL: Final = 64
"""Up to so many different rows and columns, each rectangle is the best of several."""
TINY: Final = 10
"""Up to so many different rows or columns, the fewest are looked for."""
STEPS: Final = 4_000
"""So long they are looked for."""


def rectangles(region: Region) -> list[Rectangle]:
    """The fewest rectangles that make up the region; few, where finding the fewest takes long."""
    froms: dict[int, int] = {}  # each different row, with the from-states that have it
    for at, row in enumerate(region):
        if row:
            froms[row] = froms.get(row, 0) | 1 << at
    if not froms:
        return []
    tos = columns(froms)  # each different column, a mask over those rows, with its to-states
    # What is left is a small grid of different rows by different columns, or its transpose.
    grid = _turned(list(tos), len(froms))
    found = _cover(grid, list(tos))
    from_list, to_list = list(froms.values()), list(tos.values())
    expanded = [
        (_union(from_list[at] for at in bits(a)), _union(to_list[at] for at in bits(b)))
        for a, b in found
    ]
    return sorted(expanded, key=lambda pair: (_lowest(pair[0]), _lowest(pair[1])))


def columns(rows: Iterable[int]) -> dict[int, int]:
    """For each different column, as a mask over the places of `rows`, the to-states that have it.

    To-states that no row has are left out.
    """
    listed = list(rows)
    found = {_union(listed): 0}
    for place, row in enumerate(listed):
        bit = 1 << place
        split: dict[int, int] = {}
        for states, column in found.items():
            if inside := states & row:
                split[inside] = column | bit
            if outside := states & ~row:
                split[outside] = column
        found = split
    return {column: states for states, column in found.items()}


def _cover(rows: list[int], columns: list[int]) -> list[Rectangle]:
    """Rectangles that make up a grid, which is given as its rows and as its columns."""
    by_rows = _whole_rows(rows)
    by_columns = [(a, b) for b, a in _whole_rows(columns)]
    found = min(by_rows, by_columns, key=len)
    if len(found) > 2 and max(len(rows), len(columns)) <= SMALL:
        found = min(found, _greedy(rows, columns), key=len)
    if len(found) > 2 and min(len(rows), len(columns)) <= TINY:
        found = _fewest(rows, columns, found)
    return found


def _whole_rows(rows: list[int]) -> list[Rectangle]:
    """A rectangle for each row that is not the union of others: all rows that contain it."""
    found: list[Rectangle] = []
    covered = [0] * len(rows)
    for place, row in sorted(enumerate(rows), key=lambda pair: pair[1].bit_count()):
        if covered[place] != row:
            having = [at for at, other in enumerate(rows) if not row & ~other]
            found.append((_union(1 << at for at in having), row))
            for at in having:
                covered[at] |= row
    return found


def _greedy(rows: list[int], columns: list[int]) -> list[Rectangle]:
    """At each step the rectangle that makes up most of what is left."""
    left = list(rows)
    found: list[Rectangle] = []
    while any(left):
        best, most = (0, 0), 0
        first = next(at for at, row in enumerate(left) if row)  # it has to be done anyhow
        for column in bits(left[first]):
            for pair in _around(first, column, rows, columns):
                gain = sum([(left[each] & pair[1]).bit_count() for each in bits(pair[0])])
                if gain > most:
                    best, most = pair, gain
        found.append(best)
        for at in bits(best[0]):
            left[at] &= ~best[1]
    return found


def _around(at: int, column: int, rows: list[int], columns: list[int]) -> list[Rectangle]:
    """The largest rectangles around a cell: the widest one and the highest one."""
    wide, high = rows[at], columns[column]
    return [(_shared(columns, wide), wide), (high, _shared(rows, high))]


def _fewest(rows: list[int], columns: list[int], found: list[Rectangle]) -> list[Rectangle]:
    """The smallest cover by largest rectangles, or `found` if none smaller is met in time."""
    if len(rows) <= len(columns):
        largest = _largest(rows, columns)
    else:
        largest = [(a, b) for b, a in _largest(columns, rows)]
    width = len(columns)
    cells = [sum(b << at * width for at in bits(a)) for a, b in largest]
    best = [found]
    steps = [STEPS]

    def look(left: int, taken: list[int]) -> None:
        if not left:
            best[0] = [largest[each] for each in taken]
            return
        steps[0] -= 1
        room = len(best[0]) - 1 - len(taken)
        if steps[0] < 0 or room <= 0:
            return
        ranked = sorted([(-(cell & left).bit_count(), at) for at, cell in enumerate(cells)])
        if -sum(gain for gain, _ in ranked[:room]) < left.bit_count():
            return
        first = left & -left
        for gain, at in ranked:
            if gain and cells[at] & first:
                look(left & ~cells[at], [*taken, at])

    look(sum(row << at * width for at, row in enumerate(rows)), [])
    return best[0]


def _largest(rows: list[int], columns: list[int]) -> list[Rectangle]:
    """All rectangles that no other contains: of the few rows any, with all columns they share."""
    shared = {_union(1 << at for at in range(len(columns)))}
    for row in rows:
        shared |= {row & other for other in shared}  # at most 2 ** TINY
    return [(_shared(columns, wide), wide) for wide in shared if wide]


def _shared(masks: Sequence[int], places: int) -> int:
    """What all masks at these places share."""
    shared = -1
    for at in bits(places):
        shared &= masks[at]
    return shared


def _turned(masks: Sequence[int], width: int) -> list[int]:
    """The transpose of a grid that is `width` wide."""
    turned = [0] * width
    for at, mask in enumerate(masks):
        for place in bits(mask):
            turned[place] |= 1 << at
    return turned


def _union(masks: Iterable[int]) -> int:
    union = 0
    for mask in masks:
        union |= mask
    return union


def _lowest(mask: int) -> int:
    return mask & -mask
