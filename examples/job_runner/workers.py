"""Who takes steps with runs: workers, and an operator who submits, cancels, stops and retries."""

from __future__ import annotations

import asyncio
import sqlite3
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from random import Random
from typing import Final, assert_never

from bylaws import Aborted, Accepted, AsyncPolicy, Delayed, Outcome, Rejected
from bylaws.aio import shielded

from .clock import Clock
from .faults import Faults, InjectedFaultError
from .model import State, TaskRun, TaskState
from .policy import Attempt
from .store import LATENCY, Store

LOOKAHEAD: Final = 2.0
"""How far ahead of its time a worker picks up a run, in seconds."""


@dataclass
class Tally:
    """What happened, counted."""

    outcomes: Counter[str] = field(default_factory=Counter[str])
    faults: Counter[str] = field(default_factory=Counter[str])
    refused: Rejected[TaskState] | None = None
    """The first run that was told to stay as it is."""

    def add(self, outcome: Outcome[TaskState]) -> None:
        """Count an outcome, under the rule that decided; what a commit refused is a lost race."""
        by = type(outcome.refused_by).__name__
        if lost(outcome):
            self.faults["races lost"] += 1
            return
        match outcome:
            case Accepted():
                self.outcomes["accepted"] += 1
            case Rejected(state=state):
                self.outcomes[f"rejected {f'to {state.name}' if state else 'to stay'} by {by}"] += 1
                if state is None:
                    self.refused = self.refused or outcome
            case Delayed():
                self.outcomes[f"delayed by {by}"] += 1
            case Aborted():
                self.outcomes[f"aborted by {by}"] += 1
            case _:
                assert_never(outcome)


def lost(outcome: Outcome[TaskState]) -> bool:
    """Whether somebody else has taken the step: nothing but that makes a commit refuse."""
    return outcome.refused_by == "commit"


@dataclass
class Party:
    """Somebody who takes steps with runs, under a policy."""

    name: str
    store: Store
    clock: Clock
    policy: AsyncPolicy[TaskState, Attempt]
    faults: Faults
    tally: Tally

    async def propose(self, run: TaskRun, state: State) -> tuple[TaskRun, Outcome[TaskState]]:
        """Attempt one step, once: the run as it is then, and what the policy made of it."""
        attempt = Attempt(run, state, self.name, self.store, self.clock)
        outcome = await self.policy.arun(attempt, run.state, state, commit=attempt.commit)
        self.tally.add(outcome)
        match outcome:
            case Accepted(TaskState()) | Rejected(TaskState()):
                return attempt.run, outcome
            case _:
                return run, outcome  # nothing was written, so the draft is dropped

    async def reach(self, run: TaskRun, state: State) -> TaskRun | None:
        """Propose a state until there is an answer to live with: the run as it is then.

        `None` if somebody else has taken the step, and the run is theirs.
        """
        while True:
            try:
                became, outcome = await self.propose(run, state)
            except (InjectedFaultError, sqlite3.OperationalError) as error:
                self.tally.faults[f"{type(error).__name__} survived"] += 1
                await self.clock.sleep(LATENCY)
                now = await self.store.run(run.id)
                if now.version == run.version:
                    continue  # nothing was written: once more
                if now.worker == self.name:
                    return now  # raised after the commit, which stands
                self.tally.faults["races lost"] += 1
                return None
            if lost(outcome):
                return None
            match outcome:
                case Accepted() | Rejected():
                    return became
                case Delayed(seconds):
                    await self.clock.sleep(seconds)
                case Aborted():
                    state = State(TaskState.CANCELLED)
                case _:
                    assert_never(outcome)


@dataclass
class Worker(Party):
    """Takes runs that are due from SCHEDULED to their end."""

    total: int

    async def work(self) -> None:
        """Carry out what is due until every run has ended."""
        random = self.faults.random(self.name)
        while True:
            due = await self.store.runs_due(LOOKAHEAD, most=4)
            if due:
                # The answer is on its way: time for others to want the same.
                await self.clock.sleep(LATENCY)
                await self._carry_out(random.choice(due), random)
            elif await self.store.ended() == self.total:
                return
            else:
                await self.clock.sleep(1)

    async def _carry_out(self, run: TaskRun, random: Random) -> None:
        """In a task of its own, which may be cancelled at any time."""
        async with asyncio.TaskGroup() as group:
            task = group.create_task(self.carry_out(run))
            if random.random() < self.faults.task_cancelled:
                self.clock.call_at(self.clock.now + random.uniform(0, 1), task.cancel)
        if task.cancelled():
            self.tally.faults["tasks cancelled"] += 1

    async def carry_out(self, run: TaskRun) -> None:
        """Take a run as far as it goes now."""
        ours: TaskRun | None = run
        try:
            if run.type is TaskState.SCHEDULED:
                ours = await self.reach(run, State(TaskState.PENDING))
            if ours is not None:
                ours = await self.reach(ours, State(TaskState.RUNNING))
            if ours is not None and ours.type is TaskState.RUNNING:  # not cached, nor stopped
                await self.reach(ours, await self.execute(ours))
        except asyncio.CancelledError:
            await self._crash(run.id)
            raise

    async def execute(self, run: TaskRun) -> State:
        """The work: it takes its time, and then fails, is to be resumed later, or has a result."""
        random = self.faults.random("work", run.id, run.version)
        await self.clock.sleep(random.uniform(0.2, 2))
        fate = random.random()
        if fate < self.faults.task_fails:
            return State(TaskState.FAILED)
        if fate > 0.95:
            return State(TaskState.PAUSED, due=self.clock.now + 3)
        return State(TaskState.COMPLETED, result=f"result of {run.cache_key or run.id}")

    @shielded
    async def _crash(self, run_id: int) -> None:
        run = await self.store.run(run_id)
        if run.worker == self.name and run.type in {TaskState.PENDING, TaskState.RUNNING}:
            await self.reach(run, State(TaskState.CRASHED))


@dataclass
class Operator(Party):
    """Submits runs, and then meddles with them."""

    runs: int
    flows: int
    watch: Callable[[int], None]
    """Told from time to time how many runs have ended."""

    async def submit(self) -> None:
        """Schedule all runs, one after the other."""
        random = self.faults.random("due")
        for run_id in range(self.runs):
            due = self.clock.now + random.uniform(0, 10)
            await self.reach(await self.store.run(run_id), State(TaskState.SCHEDULED, due=due))

    async def meddle(self) -> None:
        """Now and then cancel a run, ask for one again, stop or retry a flow; to the last run."""
        for tick in count():
            ended = await self.store.ended()
            self.watch(ended)
            if ended == self.runs:
                return
            random = self.faults.random("operator", tick)
            for run in await self.store.runs_in(TaskState.CANCELLING):
                await self.reach(run, State(TaskState.CANCELLED))
            running = await self.store.runs_in(TaskState.RUNNING)
            if running:
                await self.reach(random.choice(running), State(TaskState.CANCELLING))
            run = await self.store.run(random.randrange(self.runs))
            if run.type is TaskState.COMPLETED:
                await self.reach(run, State(TaskState.RUNNING))
            flow = await self.store.flow(random.randrange(self.flows))
            if not flow.stopped and flow.run_count == 1:
                await random.choice(
                    [self.store.stop_flow, self.store.retry_flow, self.store.retry_flow]
                )(flow.id)
            await self.clock.sleep(5)
