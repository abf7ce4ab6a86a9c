"""Hot reload: one rule of a policy is replaced a thousand times, and nothing may pile up.

Run `python -m benchmarks.replacing`.
"""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Sequence
from enum import Enum
from statistics import median
from time import perf_counter_ns

from benchmarks.harness import Rounds, options, rounds_of
from benchmarks.processes import Part, rows_of
from benchmarks.rows import Row, shown
from benchmarks.subjects import Context, Quiet, Text, function_rules, silent
from bylaws import Policy, every, rule

STATES = every(Text)


def first() -> tuple[Policy[Enum, Context], Quiet]:
    """A policy of ten rules, and the one that is replaced: the last is to run after it."""
    old = Quiet(STATES, STATES)
    last = rule(from_states=STATES, to_states=STATES, runs_after=(old,))(silent())
    between = function_rules([silent() for _ in range(8)], Text)
    return Policy[Enum, Context](old, *between, last, name="benchmark"), old


def times(rounds: Rounds) -> list[Row]:
    """How long the last hundred take, against the first hundred."""
    count = 20 if rounds.quick else 1_000
    taken: list[int] = []
    current, old = first()
    for _ in range(count):
        new = Quiet(STATES, STATES)
        start = perf_counter_ns()
        current = current.replacing(old, new)
        taken.append(perf_counter_ns() - start)
        old = new
    early, late = median(taken[: count // 10]), median(taken[-count // 10 :])
    what = "replacing() a rule 1,000 times, the last hundred against the first hundred: time"
    return [Row(what, late / early, 1.1, 1.5, sides=(late, early))]


def memory(rounds: Rounds) -> list[Row]:
    """What is held after the last, against after the tenth; only the newest policy is kept."""
    count = 20 if rounds.quick else 1_000
    held: list[int] = []
    current, old = first()
    tracemalloc.start()
    for at in range(1, count + 1):
        new = Quiet(STATES, STATES)
        current, old = current.replacing(old, new), new
        if at in (10, count):
            gc.collect()
            held.append(tracemalloc.get_traced_memory()[0])
    tracemalloc.stop()
    what = "replacing() a rule 1,000 times, held after the last against after the tenth: memory"
    return [Row(what, held[1] / held[0], 1.1, 1.5)]


PARTS: Sequence[Part] = (times, memory)

if __name__ == "__main__":
    print(shown(rows_of("replacing", rounds_of(options(__doc__).parse_args()))))
