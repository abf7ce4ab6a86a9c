"""Figures beside what they aim at and what they may not exceed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from benchmarks.harness import Timing, nanoseconds, table


@dataclass(frozen=True)
class Row:
    """One promise: what was measured, in which unit, and the two marks it is held to."""

    what: str
    figure: float
    aim: float | None
    limit: float | None
    unit: str = "x"
    best: float | None = None
    sides: str = ""

    @property
    def verdict(self) -> str:
        """`aim` if the figure is as wished, `limit` if it is as promised, `MISSED` if neither."""
        if self.aim is None or self.limit is None:
            return "-"
        return (
            "aim" if self.figure <= self.aim else "limit" if self.figure <= self.limit else "MISSED"
        )


def ratio(
    what: str, mine: Timing, its: Timing, aim: float | None = None, limit: float | None = None
) -> Row:
    """How many times as long the first takes."""
    sides = f"{nanoseconds(mine.median)} / {nanoseconds(its.median)}"
    return Row(what, mine.times(its), aim, limit, "x", mine.times_at_best(its), sides)


def shown(rows: Iterable[Row]) -> str:
    """The rows as a table."""
    head = ["what", "figure", "of minima", "both sides", "aim", "not above", "kept"]
    return table(
        head,
        [
            [
                row.what,
                _amount(row.figure, row.unit),
                "-" if row.best is None else _amount(row.best, row.unit),
                row.sides or "-",
                _mark(row.aim, row.unit),
                _mark(row.limit, row.unit),
                row.verdict,
            ]
            for row in rows
        ],
    )


def _amount(value: float, unit: str) -> str:
    return f"{value:.2f}{_suffix(unit)}"


def _mark(value: float | None, unit: str) -> str:
    return "-" if value is None else f"{value:g}{_suffix(unit)}"


def _suffix(unit: str) -> str:
    return unit if unit == "x" else f" {unit}"
