"""Runs: `policy.run(...)` against the same hooks in a bare loop, an ExitStack, and automat.

Run `python -m benchmarks.running`.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable, Sequence
from contextlib import ExitStack
from enum import Enum
from functools import partial
from typing import Any

from benchmarks.harness import Rounds, Side, measure, options, own, rounds_of
from benchmarks.libraries import with_methodical_machine, with_type_machine
from benchmarks.processes import Part, rows_of
from benchmarks.rows import Row, ratio, shown
from benchmarks.subjects import (
    AsyncQuiet,
    Hook,
    Move,
    Prepares,
    Quiet,
    Text,
    async_silent,
    coroutine_rules,
    function_rules,
    policy,
    proceeding,
    silent,
)
from bylaws import AsyncPolicy, Policy, Transition, Verdict, abort, every


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


def functions(rounds: Rounds, what: str, make: Callable[[], Hook]) -> list[Row]:
    """Ten function rules against their functions."""
    hooks = [make() for _ in range(10)]
    governed = policy(function_rules(hooks, Text))
    time = measure({"run": running(governed), "bare": calling(hooks)}, rounds, operations=2)
    what = f"plain run, 10 function rules that {what}, against their functions"
    return [ratio(what, time["run"], time["bare"], 2.2, 2.6)]


def transforms(rounds: Rounds, what: str, make: Callable[[], Hook]) -> list[Row]:
    """Five function rules and two transforms with before hooks, against the seven hooks."""
    hooks = [make() for _ in range(5)]
    after, before = Prepares(), Prepares()
    governed = Policy[Enum, None](before, *function_rules(hooks, Text), after, name="benchmark")
    bare = [before.before_transition, *hooks, after.before_transition]
    time = measure({"run": running(governed), "bare": calling(bare)}, rounds, operations=2)
    what = f"plain run, 5 function rules that {what} and 2 transforms, against the 7 before hooks"
    return [ratio(what, time["run"], time["bare"], 2, 2.6)]


def nothing() -> None:
    """Be a callback."""


def adding_after() -> Hook:
    """A new hook that adds a callback for when the transition happened."""

    def hook(move: Move) -> None:
        move.add_after(nothing)

    return hook


def adding_cleanup() -> Hook:
    """A new hook that adds a callback for when the transition did not happen."""

    def hook(move: Move) -> None:
        move.add_cleanup(nothing)

    return hook


def refusing(_move: Move) -> Verdict[Enum]:
    """Refuse."""
    return abort(reason="no")


def stacking() -> Callable[[ExitStack], None]:
    """A new function that adds a callback to an ExitStack."""

    def hook(stack: ExitStack) -> None:
        stack.callback(nothing)

    return hook


def called(hooks: Sequence[Callable[[ExitStack], None]]) -> Side:
    """A side that makes a stack twice an item, whose callbacks are called."""

    def side(loops: Iterable[object]) -> None:
        for _ in loops:
            with ExitStack() as stack:
                for hook in hooks:
                    hook(stack)
            with ExitStack() as stack:
                for hook in hooks:
                    hook(stack)

    return own(side)


def dropped(hooks: Sequence[Callable[[ExitStack], None]]) -> Side:
    """A side that makes a stack twice an item, whose callbacks are not called, as all went well."""

    def side(loops: Iterable[object]) -> None:
        for _ in loops:
            with ExitStack() as stack:
                for hook in hooks:
                    hook(stack)
                stack.pop_all()
            with ExitStack() as stack:
                for hook in hooks:
                    hook(stack)
                stack.pop_all()

    return own(side)


def callbacks(rounds: Rounds) -> list[Row]:
    """Ten rules that add a callback each, against functions that add theirs to an ExitStack."""
    stacked = [stacking() for _ in range(10)]
    after = function_rules([adding_after() for _ in range(10)], Text)
    cleanup = function_rules([adding_cleanup() for _ in range(10)], Text)
    sides = {
        "called": called(stacked),
        "dropped": dropped(stacked),
        "after": running(policy(after)),
        "cleanup": running(policy(cleanup)),
        "refused": running(policy([*cleanup, *function_rules([refusing], Text)])),
    }
    time = measure(sides, rounds, operations=2)
    return [
        ratio(
            "plain run, 10 function rules that add_after() a callback, against an ExitStack's 10",
            time["after"],
            time["called"],
            1,
            1.5,
        ),
        ratio(
            "plain run, 10 function rules that add_cleanup() one, against an ExitStack's pop_all()",
            time["cleanup"],
            time["dropped"],
            1,
            1.5,
        ),
        ratio(
            "the same with an 11th rule that aborts, against an ExitStack that calls its 10",
            time["refused"],
            time["called"],
        ),
    ]


def classes(rounds: Rounds) -> list[Row]:
    """Ten class rules with two hooks against their bound methods."""
    rules = [Quiet(every(Text), every(Text)) for _ in range(10)]
    befores = [rule.before_transition for rule in rules]
    afters = [rule.after_transition for rule in rules]
    time = measure(
        {"run": running(policy(rules)), "bare": calling(befores, afters)}, rounds, operations=2
    )
    what = "plain run, 10 class rules with 2 hooks, against the 20 bound methods"
    return [ratio(what, time["run"], time["bare"], 2, 3)]


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


PARTS: Sequence[Part] = (
    partial(functions, what="return None", make=silent),
    partial(functions, what="return proceed()", make=proceeding),
    classes,
    partial(transforms, what="return None", make=silent),
    partial(transforms, what="return proceed()", make=proceeding),
    callbacks,
    empty,
    coroutines,
)


if __name__ == "__main__":
    print(shown(rows_of("running", rounds_of(options(__doc__).parse_args()))))
