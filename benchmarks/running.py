"""Runs: `policy.run(...)` against calling the same hooks in a bare loop, and against automat where there are none.

Run `python -m benchmarks.running`.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable, Sequence
from enum import Enum
from typing import Any

from benchmarks.harness import Rounds, Side, measure, options, own, rounds_of
from benchmarks.libraries import with_methodical_machine, with_type_machine
from benchmarks.rows import Row, ratio, shown
from benchmarks.subjects import (
    AsyncQuiet,
    Hook,
    Move,
    Quiet,
    Text,
    async_silent,
    coroutine_rules,
    function_rules,
    policy,
    proceeding,
    silent,
)
from bylaws import AsyncPolicy, Policy, Transition, every


def running(governed: Policy[Any, None]) -> Side:
    """A side that runs a policy twice an item."""
    a, b = Text.A, Text.B

    def side(loops: Iterable[object]) -> None:
        for _ in loops:
            governed.run(None, a, b)
            governed.run(None, a, b)

    return own(side)


def calling(*hooks: Sequence[Callable[[Move], object]]) -> Side:
    """A side that calls hooks twice an item, one bare loop after the other."""
    move: Move = Transition(Text.A, Text.B, None)

    def once(loops: Iterable[object]) -> None:
        (only,) = hooks
        for _ in loops:
            for hook in only:
                hook(move)
            for hook in only:
                hook(move)

    def twice(loops: Iterable[object]) -> None:
        first, second = hooks
        for _ in loops:
            for hook in first:
                hook(move)
            for hook in second:
                hook(move)
            for hook in first:
                hook(move)
            for hook in second:
                hook(move)

    return own(once if len(hooks) == 1 else twice)


def driven(work: Callable[[Iterable[object]], Coroutine[Any, Any, None]]) -> Side:
    """A side of a coroutine function that never really waits."""

    def side(loops: Iterable[object]) -> None:
        coroutine = work(loops)
        try:
            coroutine.send(None)
        except StopIteration:
            return
        raise AssertionError("it waits for something")

    return side


def functions(rounds: Rounds, what: str, make: Callable[[], Hook]) -> Row:
    """Ten function rules against their functions."""
    hooks = [make() for _ in range(10)]
    governed = policy(function_rules(hooks, Text))
    time = measure({"run": running(governed), "bare": calling(hooks)}, rounds, operations=2)
    return ratio(
        f"plain run, 10 function rules that {what}, against their functions",
        time["run"],
        time["bare"],
        2.2,
        2.6,
    )


def classes(rounds: Rounds) -> Row:
    """Ten class rules with two hooks against their bound methods."""
    rules = [Quiet(every(Text), every(Text)) for _ in range(10)]
    befores = [rule.before_transition for rule in rules]
    afters = [rule.after_transition for rule in rules]
    time = measure(
        {"run": running(policy(rules)), "bare": calling(befores, afters)}, rounds, operations=2
    )
    return ratio(
        "plain run, 10 class rules with 2 hooks, against the 20 bound methods",
        time["run"],
        time["bare"],
        2,
        3,
    )


def empty(rounds: Rounds) -> list[Row]:
    """A run that no rule governs, against automat's faster machine."""
    sides = {
        "no entry": running(Policy[Text, None]()),
        "none fires": running(policy([Quiet(frozenset({Text.C}), frozenset({Text.D}))])),
        "TypeMachineBuilder": with_type_machine.plain(0),
        "MethodicalMachine": with_methodical_machine.plain(0),
    }
    time = measure(sides, rounds, operations=2)
    fastest = min(("TypeMachineBuilder", "MethodicalMachine"), key=lambda name: time[name].median)
    what = f"against automat's {fastest} without outputs"
    return [
        ratio(
            f"plain run, one rule, which does not fire, {what}",
            time["none fires"],
            time[fastest],
            0.4,
            0.7,
        ),
        ratio(
            f"plain run, a policy without entries, {what}",
            time["no entry"],
            time[fastest],
            0.4,
            0.7,
        ),
    ]


def coroutines(rounds: Rounds) -> list[Row]:
    """Ten coroutine rules, as functions and as classes, against awaiting them."""
    hooks = [async_silent() for _ in range(10)]
    rules = [AsyncQuiet(every(Text), every(Text)) for _ in range(10)]
    by_function: AsyncPolicy[Enum, None] = AsyncPolicy(*coroutine_rules(hooks, Text))
    by_class: AsyncPolicy[Enum, None] = AsyncPolicy(*rules)
    befores = [rule.before_transition for rule in rules]
    afters = [rule.after_transition for rule in rules]
    move: Move = Transition(Text.A, Text.B, None)
    a, b = Text.A, Text.B

    async def run_functions(loops: Iterable[object]) -> None:
        for _ in loops:
            await by_function.arun(None, a, b)

    async def bare_functions(loops: Iterable[object]) -> None:
        for _ in loops:
            for hook in hooks:
                await hook(move)

    async def run_classes(loops: Iterable[object]) -> None:
        for _ in loops:
            await by_class.arun(None, a, b)

    async def bare_classes(loops: Iterable[object]) -> None:
        for _ in loops:
            for before in befores:
                await before(move)
            for after in afters:
                await after(move)

    works = [run_functions, bare_functions, run_classes, bare_classes]
    time = measure({work.__name__: driven(work) for work in works}, rounds)
    return [
        ratio(
            "async run, 10 coroutine function rules, against awaiting them",
            time["run_functions"],
            time["bare_functions"],
            1.5,
            2,
        ),
        ratio(
            "async run, 10 class rules with 2 coroutine hooks, against awaiting the 20",
            time["run_classes"],
            time["bare_classes"],
            1.5,
            2,
        ),
    ]


def rows(rounds: Rounds) -> list[Row]:
    """All figures about runs."""
    return [
        functions(rounds, "return None", silent),
        functions(rounds, "return proceed()", proceeding),
        classes(rounds),
        *empty(rounds),
        *coroutines(rounds),
    ]


if __name__ == "__main__":
    print(shown(rows(rounds_of(options(__doc__).parse_args()))))
