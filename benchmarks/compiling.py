"""Making a policy of many states: the time it takes, and the memory that it holds afterwards.

Run `python -m benchmarks.compiling`.
"""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Callable, Iterable
from enum import Enum, StrEnum

from benchmarks.harness import Rounds, measure, options, rounds_of
from benchmarks.rows import Row, ratio, shown
from benchmarks.subjects import make_enum, making, policy, scattered


def held(make: Callable[[], object]) -> int:
    """The bytes that are held by what is made, and by nothing else: what was there before does not count."""
    make()  # what is only made once is there now
    gc.collect()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        made = make()
        gc.collect()
        after = tracemalloc.get_traced_memory()[0]
        del made
    finally:
        tracemalloc.stop()
    return after - before


def large(rounds: Rounds, base: type[Enum], share: float) -> list[Row]:
    """A policy of 5,000 states and 10 rules."""
    states = make_enum(base, 100 if rounds.quick else 5_000)
    rules = scattered(states, 10, share)
    time = measure({"make": making(rules)}, rounds)["make"]
    what = f"table of 5,000 states ({base.__name__}) x 10 rules of {share:.0%} of the states"
    return [
        Row(f"{what}: time", time.median / 1e6, 2, 10, "ms", time.best / 1e6),
        Row(f"{what}: memory", held(lambda: policy(rules)) / 1e6, 0.5, 2, "MB"),
    ]


def against_the_enum(rounds: Rounds, base: type[Enum], share: float) -> Row:
    """A policy of 500 states and 100 rules, against making the enum."""
    count = 50 if rounds.quick else 500
    rules = scattered(make_enum(base, count), 100, share)

    def make_states(loops: Iterable[object]) -> None:
        for _ in loops:
            make_enum(base, count)

    time = measure({"policy": making(rules), "states": make_states}, rounds)
    what = f"table of 500 states x 100 rules of {share:.0%} of the states, against making the {base.__name__}"
    return ratio(what, time["policy"], time["states"], 1, 5)


def rows(rounds: Rounds) -> list[Row]:
    """All figures about making policies."""
    return [
        row
        for base in (StrEnum, Enum)
        for share in (0.1, 0.5)
        for row in (*large(rounds, base, share), against_the_enum(rounds, base, share))
    ]


if __name__ == "__main__":
    print(shown(rows(rounds_of(options(__doc__).parse_args()))))
