"""Faults: whether one strikes depends on the seed and on what it would strike, not on the order."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from random import Random

from bylaws import AsyncBaseRule, Transition

from .model import ANY, Step, TaskState
from .policy import Attempt


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

    def before_write(self, step: Step) -> None:
        """Fail as a database does: nothing is written."""
        if self.random("commit", step.run.id, step.worker, step.at).random() < self.commit_fails:
            raise sqlite3.OperationalError("disk I/O error")


class Sabotage(AsyncBaseRule[TaskState | None, TaskState | None, Attempt]):
    """A rule to be listed last: when it raises, all others have proceeded, and are cleaned up."""

    from_states = ANY
    to_states = ANY

    def __init__(self, faults: Faults) -> None:
        self.faults = faults

    async def before_transition(
        self, transition: Transition[TaskState | None, TaskState | None, Attempt], /
    ) -> None:
        self._strike("before", transition.context)

    async def after_transition(
        self, transition: Transition[TaskState | None, TaskState | None, Attempt], /
    ) -> None:
        self._strike("after", transition.context)

    def _strike(self, hook: str, attempt: Attempt) -> None:
        random = self.faults.random(hook, attempt.run.id, attempt.worker, attempt.clock.now)
        if random.random() < self.faults.hook_raises:
            raise InjectedFaultError(f"{hook} a step of run {attempt.run.id}")
