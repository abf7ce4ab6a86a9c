"""Making a policy: the time it takes, the memory that it holds, and being told of faults.

Run `python -m benchmarks.compiling`.
"""

from __future__ import annotations

import gc
import json
import tracemalloc
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import Enum, EnumType, StrEnum
from functools import partial
from pathlib import Path
from time import perf_counter_ns
from types import new_class
from typing import Any, Final, TypeVar

from benchmarks.harness import Rounds, measure, options, rounds_of
from benchmarks.processes import Part, rows_of
from benchmarks.rows import Row, ratio, shown
from benchmarks.subjects import (
    Context,
    Prepares,
    Quiet,
    Text,
    make_enum,
    making,
    policy,
    scattered,
    silent,
)
from bylaws import Entry, PolicyError, Rule, every, rule

T = TypeVar("T")
FACTS: Final = Path(__file__).parent.parent / "tests" / "data" / "prefect-policies.json"


def held(make: Callable[[], object]) -> int:
    """The bytes that are held by what is made alone: what was there before does not count."""
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
    time = measure({"make": making(rules)}, rounds, tidy=True)["make"]
    what = f"table of 5,000 states ({base.__name__}) x 10 rules of {share:.0%} of the states"
    return [
        Row(f"{what}: time", time.median / 1e6, 2, 10, "ms", time.best / 1e6),
        Row(f"{what}: memory", held(lambda: policy(rules)) / 1e6, 0.5, 2, "MB"),
    ]


def against_the_enum(rounds: Rounds, base: type[Enum], share: float) -> list[Row]:
    """A policy of 500 states and 100 rules, against making the enum."""
    count = 50 if rounds.quick else 500
    rules = scattered(make_enum(base, count), 100, share)

    def make_states(loops: Iterable[object]) -> None:
        for _ in loops:
            make_enum(base, count)

    time = measure({"policy": making(rules), "states": make_states}, rounds, tidy=True)
    what = (
        f"table of 500 states x 100 rules of {share:.0%} of the states, "
        f"against making the {base.__name__}"
    )
    return [ratio(what, time["policy"], time["states"], 1, 5)]


def usual(rounds: Rounds) -> list[Row]:
    """Policies as they come: 17 entries over 10 states, "no state" among them; a class for each.

    One has the states of Prefect's largest policy, `CoreFlowPolicy`; the other's are drawn.
    """
    facts = json.loads(FACTS.read_text(encoding="utf-8"))
    names = [name for name in facts["states"] if name is not None]
    states = EnumType.__call__(StrEnum, "PrefectState", names=[(name, name) for name in names])
    real = [_like(each, states) for each in facts["policies"]["CoreFlowPolicy"]["rules"]]
    drawn = [_own(Quiet)(each.from_states, each.to_states) for each in scattered(Text, 17, 0.5)]
    time = measure({"real": making(real), "drawn": making(drawn)}, rounds, tidy=True)
    return [
        Row(what, time[name].median / 1e3, 150, 250, "µs", time[name].best / 1e3)
        for name, what in (
            ("real", "policy of the 17 entries x 10 states of Prefect's CoreFlowPolicy: time"),
            ("drawn", "policy of 17 rules of 50% of 10 states: time"),
        )
    ]


def _like(entry: Mapping[str, Any], states: type[Enum]) -> Entry[Enum, Context]:
    if entry["kind"] == "transform":
        return _own(Prepares)()
    from_states, to_states = (
        frozenset(None if name is None else states[name] for name in entry[end])
        for end in ("from", "to")
    )
    return _own(Quiet)(from_states, to_states)


def _own(base: type[T]) -> type[T]:
    return new_class(f"Own{base.__name__}", (base,))


def many_rules(rounds: Rounds, share: float) -> list[Row]:
    """A policy of 100 rules and 60 states; and with what it may leave to the first lookups."""
    states = make_enum(StrEnum, 60)
    rules = scattered(states, 100, share)
    moves = [(a, b) for a in states for b in states]

    def ask(loops: Iterable[object]) -> None:
        for _ in loops:
            made = policy(rules)
            for a, b in moves:
                made.compile_transition_rules(a, b)

    time = measure({"make": making(rules), "ask": ask}, rounds, tidy=True)
    make, both = time["make"], time["ask"]
    what = f"policy of 100 rules of {share:.0%} of 60 states"
    asked = f"{what}, and every move looked up once: time"
    return [
        Row(f"{what}: time", make.median / 1e6, 2.5, 5, "ms", make.best / 1e6),
        Row(asked, both.median / 1e6, None, None, "ms", both.best / 1e6),
    ]


def chain(count: int) -> list[Rule[Enum, Context]]:
    """Rules that are each to run after the one before."""
    states = every(Text)
    rules = [rule(from_states=states, to_states=states)(silent())]
    while len(rules) < count:
        rules.append(rule(from_states=states, to_states=states, runs_after=(rules[-1],))(silent()))
    return list(rules)


def ordered(rounds: Rounds) -> list[Row]:
    """A policy of 10,000 rules, each of which is to run after the one before."""
    rules = chain(10 if rounds.quick else 10_000)
    what = "policy of 10,000 rules that each run after the one before: time"
    return [Row(what, _once(lambda: policy(rules)) / 1e9, 1, 3, "s")]


def misplaced(rounds: Rounds) -> list[Row]:
    """The same the wrong way round."""
    rules = chain(10 if rounds.quick else 10_000)[::-1]
    what = "PolicyError of 10,000 rules in the wrong order, and its text: time"
    return [Row(what, _once(partial(_refused, rules)) / 1e9, 0.5, 1, "s")]


def empty(rounds: Rounds) -> list[Row]:
    """Rules that can never fire."""
    none: frozenset[Enum | None] = frozenset()
    rules = [Quiet(none, every(Text)) for _ in range(10 if rounds.quick else 10_000)]
    what = "PolicyError of 10,000 rules without from-states, and its text: time"
    return [Row(what, _once(partial(_refused, rules)) / 1e9, 0.5, 1, "s")]


def _refused(rules: Sequence[Rule[Enum, Context]]) -> str:
    try:
        policy(rules)
    except PolicyError as error:
        return str(error)
    raise AssertionError("these rules make a policy")


def _once(work: Callable[[], object]) -> int:
    """Nanoseconds, the garbage collector's among them: for what takes too long for rounds."""
    gc.collect()
    start = perf_counter_ns()
    work()
    return perf_counter_ns() - start


PARTS: Sequence[Part] = (
    *(
        partial(part, base=base, share=share)
        for base in (StrEnum, Enum)
        for share in (0.1, 0.5)
        for part in (large, against_the_enum)
    ),
    usual,
    *(partial(many_rules, share=share) for share in (0.1, 0.5)),
    ordered,
    misplaced,
    empty,
)

if __name__ == "__main__":
    print(shown(rows_of("compiling", rounds_of(options(__doc__).parse_args()))))
