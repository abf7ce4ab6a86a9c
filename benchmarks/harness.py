"""Honest timing in one process: short rounds in which the sides take turns, so noise meets both.

`benchmarks.processes` does it over and over in fresh processes.
"""

from __future__ import annotations

import argparse
import gc
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path
from statistics import median
from time import perf_counter_ns
from types import FunctionType
from typing import Final, TypeAlias, TypeVar, cast

Side: TypeAlias = Callable[[Iterable[object]], object]
"""One side of a comparison: does its work once for each item that it is given."""

F = TypeVar("F", bound=Callable[..., object])

README: Final = Path(__file__).with_name("README.md")


@dataclass(frozen=True)
class Rounds:
    """How long to measure: rounds in each of which every side works for about `seconds`."""

    count: int
    """How many, in each process."""
    seconds: float
    processes: int
    """How many fresh processes do the same; the median of them counts."""

    @property
    def quick(self) -> bool:
        """Whether this only shows that everything works."""
        return self.count < FULL.count


FULL: Final = Rounds(13, 0.01, processes=5)
QUICK: Final = Rounds(3, 0.000_2, processes=1)


@dataclass(frozen=True)
class Timing:
    """One side's nanoseconds for one operation, in each round."""

    rounds: tuple[float, ...]

    @property
    def median(self) -> float:
        """Nanoseconds in the median round."""
        return median(self.rounds)

    @property
    def best(self) -> float:
        """Nanoseconds in the quickest round."""
        return min(self.rounds)

    def times(self, other: Timing) -> float:
        """How many times as long as `other` it takes: the median of the ratios, round by round."""
        return median(mine / its for mine, its in zip(self.rounds, other.rounds, strict=True))

    def times_at_best(self, other: Timing) -> float:
        """The same, by the quickest round of each."""
        return self.best / other.best

    def minus(self, other: Timing) -> Timing:
        """What is left without `other`, a loop that does nothing, say."""
        return Timing(
            tuple(mine - its for mine, its in zip(self.rounds, other.rounds, strict=True))
        )


def measure(
    sides: Mapping[str, Side], rounds: Rounds, *, operations: int = 1, tidy: bool = False
) -> dict[str, Timing]:
    """Time the sides in turns; `operations` is how many of them one item stands for.

    Each round begins with another side. The garbage collector rests meanwhile, as in `timeit`;
    `tidy` lets it run before each turn, for sides that leave much behind.
    """
    gc.collect()
    collecting = gc.isenabled()
    gc.disable()
    try:
        loops = {name: _loops(side, rounds.seconds) for name, side in sides.items()}
        found: dict[str, list[float]] = {name: [] for name in sides}
        names = list(sides)
        for turn in range(rounds.count):
            first = turn % len(names)
            for name in names[first:] + names[:first]:
                if tidy:
                    gc.collect()
                found[name].append(_elapsed(sides[name], loops[name]) / loops[name] / operations)
    finally:
        if collecting:
            gc.enable()
    return {name: Timing(tuple(values)) for name, values in found.items()}


def _elapsed(side: Side, loops: int) -> int:
    items = repeat(None, loops)
    start = perf_counter_ns()
    side(items)
    return perf_counter_ns() - start


def _loops(side: Side, seconds: float) -> int:
    loops = 1
    while (elapsed := _elapsed(side, loops)) < seconds * 1e9 / 2:
        loops *= 2
    return max(1, round(loops * seconds * 1e9 / elapsed))


def own(function: F) -> F:
    """A copy with code of its own.

    CPython specializes code where it runs, and two sides shall not share that.
    """
    made = cast("FunctionType", function)
    code = made.__code__.replace()
    return cast(
        "F",
        FunctionType(code, made.__globals__, made.__name__, made.__defaults__, made.__closure__),
    )


def options(description: str | None) -> argparse.ArgumentParser:
    """The command line that all benchmarks share."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument(
        "--quick", action="store_true", help="only see that it works: the figures mean nothing"
    )
    return parser


def rounds_of(arguments: argparse.Namespace) -> Rounds:
    """The rounds that the command line asks for."""
    return QUICK if arguments.quick else FULL


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table, aligned so that it reads well as text; columns of figures to the right."""
    lines = [list(head), *map(list, rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    right = [
        all(line[at][:1].isdigit() or line[at] == "-" for line in lines[1:])
        for at in range(len(head))
    ]

    def line(cells: Sequence[str]) -> str:
        set_ = [
            c.rjust(w) if r else c.ljust(w) for c, w, r in zip(cells, widths, right, strict=True)
        ]
        return f"| {' | '.join(set_)} |"

    rule = [f"{'-' * (w - 1)}:" if r else "-" * w for w, r in zip(widths, right, strict=True)]
    return "\n".join([line(lines[0]), line(rule), *map(line, lines[1:])])


def nanoseconds(value: float) -> str:
    """A duration as one reads it: `87 ns`, `1.25 µs`, `3.4 ms`."""
    for unit, size in (("s", 1e9), ("ms", 1e6), ("µs", 1e3)):
        if value >= 0.9995 * size:
            return f"{value / size:.3g} {unit}"
    return f"{value:.3g} ns"


def write_section(name: str, text: str) -> None:
    """Put results between their markers in the README of the benchmarks."""
    begin, end = f"<!-- {name}: written by the benchmarks -->", f"<!-- end of {name} -->"
    page = README.read_text(encoding="utf-8")
    before, found, rest = page.partition(begin)
    _, closed, after = rest.partition(end)
    if not (found and closed):
        raise SystemExit(f"{README.name} has no markers for {name!r}: add {begin} and {end}")
    README.write_text(f"{before}{begin}\n\n{text}\n\n{end}{after}", encoding="utf-8")
