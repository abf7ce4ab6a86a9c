"""Figures over fresh processes: each part of a benchmark runs in several, and the median counts.

Where its objects happen to lie moves a lookup by 8 % from one process to the next, which no number
of rounds in one process can tell. `python -m benchmarks.processes lookup 0` is one such process: it
prints as JSON what the first of the parts of `benchmarks.lookup` finds.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from importlib import import_module
from math import inf
from pathlib import Path
from statistics import median
from typing import Any, TypeAlias, cast

from benchmarks.environments import UnavailableError, here, started
from benchmarks.harness import Rounds, options, rounds_of
from benchmarks.rows import Row

Part: TypeAlias = Callable[[Rounds], object]
"""Measures something, and answers with what JSON can hold, or with `Row`s."""


def parts_of(module: str) -> Sequence[Part]:
    """What `benchmarks.<module>` measures, part by part: its `PARTS`."""
    parts: Sequence[Part] = import_module(f"benchmarks.{module}").PARTS
    return parts


def answers(
    module: str, parts: int | None, rounds: Rounds, python: Path | None
) -> list[list[Any] | UnavailableError]:
    """What each part of a module, or of its first ones, finds in each of the fresh processes.

    All parts have their turn before one begins anew, so that a noisy minute meets many but once.
    One that fails or takes too long is not tried again.
    """
    count = len(parts_of(module)) if parts is None else parts
    told: list[list[Any] | UnavailableError] = [[] for _ in range(count)]
    for _ in range(rounds.processes):
        for part, before in enumerate(told):
            if isinstance(before, UnavailableError):
                continue
            command = ["benchmarks.processes", module, str(part)]
            try:
                before.append(started(command, python or here(), rounds.quick))
            except UnavailableError as reason:
                told[part] = reason
    return told


def found(module: str, rounds: Rounds) -> list[Any]:
    """What each part of a module finds: every number is the median over fresh processes."""
    results: list[Any] = []
    for each in answers(module, None, rounds, None):
        if isinstance(each, UnavailableError):
            raise each
        results.append(middle(each))
    return results


def rows_of(
    module: str, rounds: Rounds, parts: int | None = None, python: Path | None = None
) -> list[Row]:
    """The rows of a module, or of so many of its parts: the median over fresh processes."""
    rows: list[Row] = []
    for each in answers(module, parts, rounds, python):
        if isinstance(each, UnavailableError):
            rows.append(Row(f"not measured: {each}", inf, None, None))
            continue
        for same in zip(*each, strict=True):
            figures = [row["figure"] for row in same]
            row = Row(**middle(same))
            rows.append(replace(row, lowest=min(figures), highest=max(figures)))
    return rows


def middle(same: Sequence[Any]) -> Any:
    """Of answers of one shape: the median of every number, and all else as the first has it."""
    first = same[0]
    if isinstance(first, dict):
        keys = cast("dict[str, Any]", first)
        return {key: middle([each[key] for each in same]) for key in keys}
    if isinstance(first, list):
        return [middle(each) for each in zip(*same, strict=True)]
    return median(same) if isinstance(first, int | float) else first


def main() -> None:
    """Be one of the processes."""
    parser = options(__doc__)
    parser.add_argument("module", help="a module of benchmarks that has PARTS")
    parser.add_argument("part", type=int, help="which of them, from 0")
    arguments = parser.parse_args()
    at: int = arguments.part
    part = parts_of(arguments.module)[at]
    print(json.dumps(part(rounds_of(arguments)), default=asdict))


if __name__ == "__main__":
    main()
