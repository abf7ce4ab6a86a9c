"""The job runner of the examples, one transition over and over. Needs the extra "examples"."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from itertools import count
from pathlib import Path

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bylaws import Outcome
from bylaws.testing import assert_undone_async
from bylaws.verdict import Answer
from examples.job_runner.attempt import Attempt, Folders, Place
from examples.job_runner.clock import Clock
from examples.job_runner.database import opened
from examples.job_runner.keeping import governed, runs_store
from examples.job_runner.model import (
    HOLDS_SLOT,
    Cached,
    FlowRun,
    Slot,
    State,
    TaskRun,
    TaskState,
)
from examples.job_runner.proof import slots_taken


async def strikes(source: str | None, target: str, path: Path) -> int:
    """How often the transition went wrong, with all as before.

    Each time it has a transaction of its own, as with the store. What of it is not committed nobody
    sees, and it is undone before the next one begins.
    """
    begins = None if source is None else TaskState[source]
    to, numbers, clock, policy = State(TaskState[target], result="it"), count(), Clock(), governed()
    work = path / "work"
    work.mkdir()
    async with opened(f"sqlite+aiosqlite:///{path / 'runs.db'}", clock) as database:
        await database.fill(flows=2_000, slots=2)
        place = Place(database, Folders(work), clock)
        store, session = runs_store(place, policy), AsyncSession(database.engine)
        commits: list[Callable[[TaskState, Outcome[TaskState]], Awaitable[Answer]]] = []

        async def context() -> Attempt:
            await session.close()
            number, held = next(numbers), begins in HOLDS_SLOT
            for folder in place.folders.left():
                await place.folders.remove(folder)
            if held:
                await place.folders.make("its own")
            again = begins is TaskState.FAILED
            values = {"id": number, "flow_id": number, "cache_key": f"key {number}"}
            run = TaskRun(**values, state=begins, lease="its own" if held else None)
            run.flow_run_count = int(again)
            session.add(run)
            await session.execute(update(Slot).values(lease=None))
            if held:
                await session.execute(update(Slot).where(Slot.number == 0).values(lease=run.lease))
            if again:
                await session.execute(
                    update(FlowRun).where(FlowRun.id == number).values(run_count=2)
                )
            await session.commit()
            await session.refresh(run)
            commits[:] = [store.commit(session, run, to)]
            draft = await database.run(number)
            assert draft is not None
            return Attempt(draft, to, "worker", await session.connection(), place)

        async def observe(attempt: Attempt) -> dict[str, object]:
            run = await database.run(attempt.run.id)
            assert run is not None
            cached = select(Cached).where(Cached.key == run.cache_key)
            return {
                "slots": await slots_taken(database),
                "folders": len(place.folders.left()),
                "state": (run.state, run.version, run.run_count, run.due, run.name),
                "lease": run.lease is not None,
                "cached": len(await database.rows(cached)),
            }

        try:
            return await assert_undone_async(
                policy,
                begins,
                to,
                context=context,
                observe=observe,
                commit=lambda _, state, outcome: commits[0](state, outcome),
            )
        finally:
            await session.close()
