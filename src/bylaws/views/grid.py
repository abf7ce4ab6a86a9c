"""Grids for a terminal: marks in rows and columns that have names, however narrow it is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, TypeAlias

from rich.cells import cell_len
from rich.text import Text

from bylaws.views.fitting import fit, separated, wrapped

Mark: TypeAlias = tuple[str, str]
"""What stands in a cell, and its style."""

GAP: Final = 2


def grid(
    rows: Sequence[list[str]],
    columns: Sequence[list[str]],
    cells: Sequence[Sequence[Mark]],
    *,
    width: int,
    corner: str = "from \\ to",
) -> list[Text]:
    """A table of marks.

    Where it fits the columns have their names above them. Where it does not, or the names would
    be cut, the names of the columns stand above each other, each with a line to its column; and
    what is still too wide goes on below.
    """
    narrow = max([cell_len(mark) for row in cells for mark, _ in row])
    least = width * 2 // 5  # at least so much of the width the names of rows may take
    longest, of_rows = _longest(columns), _longest(rows)
    room, tight = 16, True  # of a column: where nothing else fits, longer names are cut
    for each in ((max(24, longest), False), (longest, True), (24, False)):
        wide = _total(_heads(columns, narrow, each[0], least=each[1])[1])
        left = max(least, width - 1 - wide)
        if each[0] >= longest and of_rows > left:
            continue  # not at the cost of the names of rows
        if _gutter(corner, rows, left) + 1 + wide <= width:
            room, tight = each
            break
    heads, wides = _heads(columns, narrow, room, least=tight)
    gutter = _gutter(corner, rows, max(least, width - 1 - _total(wides)))
    above = gutter + 1 + _total(wides) <= width or max(wides) <= max(narrow, 4)
    aside = [narrow] * len(columns)
    beside = max(least, width - 1 - _total(aside))
    named = [[f"{item} to" for item in names] for names in columns]
    deep = _gutter(corner, [*rows, *named], beside)
    whole = longest + 3 <= beside and deep + 1 + _total(aside) <= width
    if not above or (room < longest and whole):
        above, wides, gutter = False, aside, deep
    broken = [wrapped(separated(row), gutter) for row in rows]
    found: list[Text] = []
    for first, last in _pages([wide + GAP for wide in wides], width - gutter - 1):
        if found:
            found.append(Text())
        if above:
            found += _above(corner, gutter, heads[first:last], wides[first:last])
        else:
            found += _aside(gutter, columns[first:last], narrow)
        for names, row in zip(broken, cells, strict=True):
            line = Text(f" {fit(names[0], gutter)}")
            for wide, (mark, style) in zip(wides[first:last], row[first:last], strict=True):
                left = (wide - narrow) // 2 if above else 0
                line.append(" " * (GAP + left))
                line.append(mark, style)
                line.append(" " * (wide - cell_len(mark) - left))
            line.rstrip()
            found += [line, *[Text(f" {name}") for name in names[1:]]]
    return found


def _above(corner: str, gutter: int, heads: list[list[str]], wides: list[int]) -> list[Text]:
    """The names of the columns above them, down to the row."""
    high = max(map(len, heads))
    found: list[Text] = []
    for at in range(high):
        line = Text(f" {fit(corner if at == high - 1 else '', gutter)}", "dim")
        for head, wide in zip(heads, wides, strict=True):
            place = at - (high - len(head))
            name = head[place] if place >= 0 else ""
            left = (wide - cell_len(name)) // 2
            line.append(" " * (GAP + left) + fit(name, wide - left), "not dim bold")
        line.rstrip()
        found.append(line)
    return found


def _aside(gutter: int, columns: Sequence[list[str]], wide: int) -> list[Text]:
    """The names of the columns above each other, each with a line that ends over its column."""
    found: list[Text] = []
    step = wide + GAP
    for at, names in enumerate(columns):
        before = ("\u2502" + " " * (step - 1)) * at
        first, *rest = wrapped(separated(names), gutter - 3)
        line = Text(f" {'to' if at == 0 else '':3}", "dim")
        line.append(f"{first} ", "not dim bold")
        line.append("\u2500" * (1 + gutter + GAP - cell_len(line.plain)))
        line.append(before.replace(" ", "\u2500") + "\u2510")
        found.append(line)
        for name in rest:
            line = Text(" " * 4, "dim")
            line.append(fit(name, gutter - 3 + GAP), "not dim bold")
            line.append(before + "\u2502")
            found.append(line)
    last = ("\u2502" + " " * (step - 1)) * len(columns)
    found.append(Text(f" {fit('from', gutter)}{' ' * GAP}{last.rstrip()}", "dim"))
    return found


def _gutter(corner: str, rows: Iterable[Sequence[str]], most: int) -> int:
    """How wide the names of the rows are, wrapped to at most so much."""
    lines = [line for row in rows for line in wrapped(separated(row), most)]
    return max([cell_len(corner), *map(cell_len, lines)])


def _heads(
    columns: Sequence[Sequence[str]], narrow: int, room: int, *, least: bool = False
) -> tuple[list[list[str]], list[int]]:
    """The names of columns in lines of so much room, and how wide the columns are with them.

    With `least`, in lines of no more than the longest name needs, with a comma.
    """
    found: list[list[str]] = []
    for names in columns:
        longest = max(map(cell_len, names)) + (len(names) > 1)
        found.append(wrapped(separated(names), min(room, longest) if least else room))
    return found, [max(narrow, *map(cell_len, head)) for head in found]


def _longest(named: Iterable[Sequence[str]]) -> int:
    """How wide the longest name is, with its comma."""
    return max([cell_len(item) for names in named for item in separated(names)])


def _total(wides: Sequence[int]) -> int:
    return sum(wides) + GAP * len(wides)


def _pages(wides: Sequence[int], room: int) -> list[tuple[int, int]]:
    """From which to which column each page goes; at least one is on each."""
    found: list[tuple[int, int]] = []
    first = used = 0
    for at, wide in enumerate(wides):
        if used + wide > room and at > first:
            found.append((first, at))
            first, used = at, 0
        used += wide
    return [*found, (first, len(wides))]
