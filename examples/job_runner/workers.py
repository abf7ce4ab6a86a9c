"""Who takes steps with runs: workers, and an operator who submits, cancels, stops and retries."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from random import Random
from typing import Final

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from bylaws import Aborted, Delayed, Outcome, Rejected
from bylaws.aio import shielded
from bylaws.store import AsyncStore, ConflictError, Seen, UnconfirmedError

from .attempt import Attempt, Place
from .database import LATENCY
from .faults import Faults, InjectedFaultError
from .model import State, TaskRun, TaskState

LOOKAHEAD: Final = 2.0
"""How far ahead of its time a worker picks up a run, in seconds."""


@dataclass
class Tally:
    """What happened, and is not in the history."""

    faults: Counter[str] = field(default_factory=Counter[str])
    refused: str = ""
    """The trace of the first step that was refused, with the run staying as it is."""

    @contextmanager
    def survived(self) -> Generator[None]:
        """Live on after what may go wrong, and count it."""
        try:
            yield
        except ConflictError:
            self.faults["races lost"] += 1
        except (InjectedFaultError, DBAPIError, UnconfirmedError) as error:
            self.faults[f"{type(error).__name__} survived"] += 1


@dataclass
class Party:
    """Somebody who takes steps with runs."""

    name: str
    store: AsyncStore[TaskState, TaskRun, Attempt]
    place: Place
    faults: Faults
    tally: Tally

    async def propose(self, run: TaskRun, state: State) -> Outcome[TaskState]:
        """Attempt one step, once, with the run as it was when somebody looked."""

        def attempt(row: TaskRun, connection: AsyncConnection) -> Attempt:
            if row.version != run.version:  # it is another step that would be taken
                seen = Seen(run.state, run.version), Seen(row.state, row.version)
                raise ConflictError(run.id, *seen)
            return Attempt(row, state, self.name, connection, self.place)

        worker = {"worker": self.name}
        return await self.store.move(run.id, state, context=attempt, data=worker)

    async def reach(self, run: TaskRun, state: State) -> TaskRun | None:
        """Propose a state until there is an answer to live with: the run as it is then.

        `None` if somebody else has taken the step, and the run is theirs.
        """
        while True:
            outcome = None
            with self.tally.survived():
                outcome = await self.propose(run, state)
            now = await self.place.database.run(run.id)
            if now is None or now.version != run.version:  # written, by whomever
                mine = now is not None and (now.version, now.worker) == (run.version + 1, self.name)
                return now if mine else None
            match outcome:
                case Delayed(seconds):
                    await self.place.clock.sleep(seconds)
                case Aborted():
                    state = State(TaskState.CANCELLED)
                case Rejected():
                    self.tally.refused = self.tally.refused or str(outcome.trace)
                    return now
                case _:
                    await self.place.clock.sleep(LATENCY)  # nothing was written: once more


@dataclass
class Worker(Party):
    """Takes runs that are due from SCHEDULED to their end."""

    total: int
    choice: int
    """Of how many runs that are due it takes one: of fewer there are more races."""

    async def work(self) -> None:
        """Carry out what is due until every run has ended."""
        random, clock = self.faults.random(self.name), self.place.clock
        while True:
            due = await self.place.database.runs_due(LOOKAHEAD, most=self.choice)
            if due:
                # The answer is on its way: time for others to want the same.
                await clock.sleep(LATENCY)
                await self._carry_out(random.choice(due), random)
            elif await self.place.database.ended() == self.total:
                return
            else:
                await clock.sleep(1)

    async def _carry_out(self, run: TaskRun, random: Random) -> None:
        """In a task of its own, which may be cancelled at any time."""
        clock = self.place.clock
        async with asyncio.TaskGroup() as group:
            task = group.create_task(self.carry_out(run))
            if random.random() < self.faults.task_cancelled:
                clock.call_at(clock.now + random.uniform(0, 1), task.cancel)
        if task.cancelled():
            self.tally.faults["tasks cancelled"] += 1

    async def carry_out(self, run: TaskRun) -> None:
        """Take a run as far as it goes now."""
        ours: TaskRun | None = run
        try:
            if run.state is TaskState.SCHEDULED:
                ours = await self.reach(run, State(TaskState.PENDING))
            if ours is not None:
                ours = await self.reach(ours, State(TaskState.RUNNING))
            if ours is not None and ours.state is TaskState.RUNNING:  # not cached, nor stopped
                await self.reach(ours, await self.execute(ours))
        except asyncio.CancelledError:
            await self._crash(run.id)
            raise

    async def execute(self, run: TaskRun) -> State:
        """The work: it takes its time, and then fails, is to be resumed later, or has a result."""
        random, clock = self.faults.random("work", run.id, run.version), self.place.clock
        await clock.sleep(random.uniform(0.2, 2))
        fate = random.random()
        if fate < self.faults.task_fails:
            return State(TaskState.FAILED)
        if fate > 0.95:
            return State(TaskState.PAUSED, due=clock.now + 3)
        return State(TaskState.COMPLETED, result=f"result of {run.cache_key or run.id}")

    @shielded
    async def _crash(self, run_id: int) -> None:
        run = await self.place.database.run(run_id)
        at_it = {TaskState.PENDING, TaskState.RUNNING}
        if run is not None and run.worker == self.name and run.state in at_it:
            await self.reach(run, State(TaskState.CRASHED))


@dataclass
class Operator(Party):
    """Submits runs, and then meddles with them."""

    runs: int
    flows: int
    watch: Callable[[int], None]
    """Told from time to time how many runs have ended."""

    async def submit(self) -> None:
        """Add all runs, scheduled, one after the other."""
        random, clock = self.faults.random("runs"), self.place.clock
        for run_id in range(self.runs):
            key = f"key {random.randrange(self.runs)}" if random.random() < 0.5 else None
            values = {"id": run_id, "flow_id": run_id % self.flows, "cache_key": key}
            state = State(TaskState.SCHEDULED, due=clock.now + random.uniform(0, 10))
            while await self.place.database.run(run_id) is None:
                await clock.sleep(LATENCY)
                with self.tally.survived():
                    await self.add(values, state)

    async def add(self, values: Mapping[str, object], state: State) -> Outcome[TaskState]:
        """Attempt to add a run, once, in its first state."""

        def attempt(row: TaskRun, connection: AsyncConnection) -> Attempt:
            return Attempt(row, state, self.name, connection, self.place)

        worker = {"worker": self.name}
        return (await self.store.add(values, state, context=attempt, data=worker))[1]

    async def meddle(self) -> None:
        """Now and then cancel a run, ask for one again, stop or retry a flow; to the last run."""
        database = self.place.database
        for tick in count():
            ended = await database.ended()
            self.watch(ended)
            if ended == self.runs:
                return
            random = self.faults.random("operator", tick)
            for run in await database.runs_in(TaskState.CANCELLING):
                await self.reach(run, State(TaskState.CANCELLED))
            running = await database.runs_in(TaskState.RUNNING)
            if running:
                await self.reach(random.choice(running), State(TaskState.CANCELLING))
            chosen = await database.run(random.randrange(self.runs))
            if chosen is not None and chosen.state is TaskState.COMPLETED:
                await self.reach(chosen, State(TaskState.RUNNING))
            flow = await database.flow(random.randrange(self.flows))
            if not flow.stopped and flow.run_count == 1:
                await random.choice([database.stop_flow, database.retry_flow, database.retry_flow])(
                    flow.id
                )
            await self.place.clock.sleep(5)
