"""Faults: whether one strikes depends on the seed and on what it would strike, not on the order."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from random import Random

from sqlalchemy import update
from typing_extensions import override

from bylaws import AnyTransition, AsyncBaseRule, AsyncBaseTransform, Outcome, Transition, every

from .attempt import Attempt
from .database import LATENCY
from .model import ANY, TaskRun, TaskState


class InjectedFaultError(Exception):
    """A hook that raises, because it was told to."""


@dataclass(frozen=True)
class Faults:
    """What goes wrong, and how often: chances from 0 to 1."""

    seed: int
    hook_raises: float = 0.01
    commit_fails: float = 0.01
    task_cancelled: float = 0.04
    task_fails: float = 0.25

    def random(self, *about: object) -> Random:
        """Random numbers for one decision."""
        return Random(f"{self.seed} {about}")  # noqa: S311 (has to repeat itself)


class Slowness(AsyncBaseRule[TaskState, TaskState | None, Attempt]):
    """A rule to be listed first: until the others are asked, somebody else may take the step.

    The others lock what they write, SQLite the whole database: who has locked does not wait for
    the clock. So not for runs that are being added, either.
    """

    from_states = every(TaskState)
    to_states = ANY

    async def before_transition(
        self, transition: Transition[TaskState, TaskState | None, Attempt], /
    ) -> None:
        await transition.context.place.clock.sleep(LATENCY)


class Sabotage(AsyncBaseTransform[Attempt]):
    """A transform to be listed last: where it strikes, all others have done what they do."""

    def __init__(self, faults: Faults) -> None:
        self.faults = faults

    @override
    async def before_transition(self, transition: AnyTransition[Attempt], /) -> None:
        self._strike("before", transition.context)

    @override
    async def on_decision(
        self, transition: AnyTransition[Attempt], outcome: Outcome[Enum], /
    ) -> None:
        attempt = transition.context
        if self._random("commit", attempt).random() < self.faults.commit_fails:
            # Of a flow that is not there: the database sees that when it is to commit.
            wrong = update(TaskRun).where(TaskRun.id == attempt.run.id).values(flow_id=-1)
            await attempt.write(wrong)

    @override
    async def after_transition(
        self, transition: AnyTransition[Attempt], outcome: Outcome[Enum], /
    ) -> None:
        self._strike("after", transition.context)

    def _random(self, where: str, attempt: Attempt) -> Random:
        return self.faults.random(where, attempt.run.id, attempt.worker, attempt.place.clock.now)

    def _strike(self, hook: str, attempt: Attempt) -> None:
        if self._random(hook, attempt).random() < self.faults.hook_raises:
            raise InjectedFaultError(f"{hook} a step of run {attempt.run.id}")
