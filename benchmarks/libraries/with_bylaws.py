"""bylaws itself."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable
from typing import Any, TypeAlias

from benchmarks.harness import Side
from benchmarks.libraries.common import State, Subject, Work, on_a_loop
from bylaws import AsyncPolicy, Outcome, Policy, Transition, every, rule

Move: TypeAlias = Transition[State, State, "Written"]


class Written(Subject):
    """A subject with a commit."""

    def write(self, state: State, _outcome: Outcome[State]) -> None:
        """Be in that state."""
        self.state = state


def plain(hooks: int) -> Side:
    """A policy of function rules, and a commit that assigns."""
    governs = rule(from_states=every(State), to_states=every(State))

    def make() -> Callable[[Move], None]:
        def nothing(_move: Move) -> None:
            return None

        return nothing

    subject, policy = Written(), Policy[State, Written](*(governs(make()) for _ in range(hooks)))
    off, on = State.OFF, State.ON

    def side(loops: Iterable[object]) -> None:
        for _ in loops:
            policy.run(subject, subject.state, on, commit=subject.write)
            policy.run(subject, subject.state, off, commit=subject.write)

    return side


def waiting(hooks: int) -> Side:
    """The same with coroutine rules; the commit is a plain one."""
    governs = rule(from_states=every(State), to_states=every(State))

    def make() -> Callable[[Move], Coroutine[Any, Any, None]]:
        async def nothing(_move: Move) -> None:
            return None

        return nothing

    subject, policy = (
        Written(),
        AsyncPolicy[State, Written](*(governs(make()) for _ in range(hooks))),
    )
    off, on = State.OFF, State.ON

    async def side(loops: Iterable[object]) -> None:
        for _ in loops:
            await policy.arun(subject, subject.state, on, commit=subject.write)
            await policy.arun(subject, subject.state, off, commit=subject.write)

    async def work() -> Work:
        return side

    return on_a_loop(work)
