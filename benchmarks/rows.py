"""Figures beside what they aim at and what they may not exceed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import inf

from benchmarks.harness import Timing, nanoseconds, table


@dataclass(frozen=True)
class Row:
    """One promise: what was measured, in which unit, and the two marks it is held to."""

    what: str
    figure: float
    """`inf` if it could not be measured."""
    aim: float | None
    limit: float | None
    unit: str = "x"
    best: float | None = None
    """The same by the quickest round of each side."""
    sides: Sequence[float] = ()
    """The nanoseconds of both sides of a ratio."""
    lowest: float | None = None
    """The lowest figure of all processes, once there are several."""
    highest: float | None = None

    @property
    def verdict(self) -> str:
        """`aim` if the figure is as wished, `limit` if it is as promised, `MISSED` if neither."""
        if self.figure == inf:
            return "MISSED"
        if self.aim is None or self.limit is None:
            return "-"
        return (
            "aim" if self.figure <= self.aim else "limit" if self.figure <= self.limit else "MISSED"
        )


def ratio(
    what: str, mine: Timing, its: Timing, aim: float | None = None, limit: float | None = None
) -> Row:
    """How many times as long the first takes."""
    sides = (mine.median, its.median)
    return Row(what, mine.times(its), aim, limit, "x", mine.times_at_best(its), sides)


def shown(rows: Iterable[Row]) -> str:
    """The rows as a table."""
    head = ["what", "figure", "processes", "of minima", "both sides", "aim", "not above", "kept"]
    return table(
        head,
        [
            [
                row.what,
                amount(row.figure, row.unit),
                _range(row),
                "-" if row.best is None else amount(row.best, row.unit),
                " / ".join(map(nanoseconds, row.sides)) or "-",
                mark(row.aim, row.unit),
                mark(row.limit, row.unit),
                row.verdict,
            ]
            for row in rows
        ],
    )


def _range(row: Row) -> str:
    if row.lowest is None or row.highest is None:
        return "-"
    return f"{row.lowest:.2f} to {amount(row.highest, row.unit)}"


def amount(value: float, unit: str) -> str:
    """A figure as it is shown."""
    return "-" if value == inf else f"{value:.2f}{_suffix(unit)}"


def mark(value: float | None, unit: str) -> str:
    """What a figure is held to, as it is shown."""
    return "-" if value is None else f"{value:g}{_suffix(unit)}"


def _suffix(unit: str) -> str:
    return unit if unit == "x" else f" {unit}"
