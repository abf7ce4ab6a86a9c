"""An attempt to take a step: the context of the policy, and what it does with the database."""

from __future__ import annotations

import asyncio
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bylaws.aio import shielded

from .clock import Clock
from .database import Database
from .model import Cached, FlowRun, Slot, State, TaskRun

FREE: Final = (
    select(Slot.number)
    .where(Slot.lease.is_(None))
    .order_by(Slot.number)
    .limit(1)
    .with_for_update(skip_locked=True)
)
DRAFT: Final = ("name", "due", "result", "run_count", "flow_run_count", "lease", "worker")


class Folders:
    """The folders of runs, for their files: no transaction covers them.

    Threads make and remove them. A thread goes on though nobody waits for it any more, so both are
    waited for whatever happens.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    @shielded
    async def make(self, lease: str) -> None:
        """Make a folder."""
        await asyncio.to_thread((self._path / lease).mkdir)

    @shielded
    async def remove(self, lease: str) -> None:
        """Remove a folder with all its files, if it is there."""
        await asyncio.to_thread(shutil.rmtree, self._path / lease, ignore_errors=True)

    def left(self) -> list[str]:
        """What folders there are."""
        return sorted(path.name for path in self._path.iterdir())


@dataclass(frozen=True)
class Place:
    """Where runs are run: what is there beside the connection of a step."""

    database: Database
    folders: Folders
    clock: Clock


@dataclass
class Attempt:
    """The context: one worker's attempt to take one step with a run.

    `run` and `proposed` are a draft. What a rule changes in them is written with the step, or
    dropped with the attempt. So is what it writes on the connection of the step: its transaction
    is the store's, and locks are held until its end.
    """

    run: TaskRun
    proposed: State
    worker: str
    connection: AsyncConnection
    place: Place

    async def flow(self) -> FlowRun:
        """The flow of the run, as it is now."""
        query = select(FlowRun).where(FlowRun.id == self.run.flow_id)
        return FlowRun(**(await self.connection.execute(query)).mappings().one())

    async def cached(self) -> str | None:
        """The result that is known for the run's cache key."""
        query = select(Cached.result).where(Cached.key == self.run.cache_key)
        return (await self.connection.execute(query)).scalar()

    async def take_slot(self, lease: str) -> bool:
        """Take a free slot under the name `lease`; whether there was one."""
        taken = update(Slot).where(Slot.number == FREE.scalar_subquery())
        values = {"lease": lease, "taken": Slot.taken + 1}
        return (await self.connection.execute(taken.values(values))).rowcount == 1

    async def free_slot(self) -> None:
        """Give back the slot that the run holds."""
        held = update(Slot).where(Slot.lease == self.run.lease)
        await self.connection.execute(held.values(lease=None, freed=Slot.freed + 1))

    async def write(self, becomes: State) -> None:
        """Write the draft: all but state and version, which the store writes."""
        run = self.run
        run.name, run.due, run.result = becomes.name, becomes.due, becomes.result
        run.worker = self.worker
        values = {name: getattr(run, name) for name in DRAFT}
        await self.connection.execute(update(TaskRun).where(TaskRun.id == run.id).values(values))
