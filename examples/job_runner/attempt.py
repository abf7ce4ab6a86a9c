"""An attempt to take a step: the context of the policy, and what it does with the database."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import Executable, RowMapping, Update, select, update
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
class Draft:
    """What rules change in a run: it is written with the step that they let go on, or dropped."""

    run_count: int
    flow_run_count: int
    lease: str | None


@dataclass
class Attempt:
    """The context: one worker's attempt to take one step with a run.

    `run` is as it was read, `proposed` and `draft` are for rules to change. What they write on the
    connection is in the transaction of the step, which is the store's. It falls if no step is
    taken, but not if another one is that a rule redirects to.
    """

    run: TaskRun
    proposed: State
    worker: str
    connection: AsyncConnection
    place: Place

    def __post_init__(self) -> None:
        run = self.run
        self.draft = Draft(run.run_count, run.flow_run_count, run.lease)

    async def flow(self) -> FlowRun:
        """The flow of the run, as it is now."""
        (row,) = await self._rows(select(FlowRun).where(FlowRun.id == self.run.flow_id))
        return FlowRun(**row)

    async def cached(self) -> str | None:
        """The result that is known for the run's cache key."""
        for row in await self._rows(select(Cached).where(Cached.key == self.run.cache_key)):
            return str(row["result"])
        return None

    async def take_slot(self, lease: str) -> bool:
        """Take a free slot under the name `lease`; whether there was one."""
        taken = update(Slot).where(Slot.number == FREE.scalar_subquery())
        return await self.write(taken.values(lease=lease, taken=Slot.taken + 1)) == 1

    async def free_slot(self, lease: str | None) -> None:
        """Give back the slot that was taken as `lease`, if there is one."""
        held = update(Slot).where(Slot.lease == (lease or ""))
        await self.write(held.values(lease=None, freed=Slot.freed + 1))

    async def write_run(self, becomes: State, draft: Draft | None = None) -> None:
        """Write what is new of the run, but for state and version, which the store writes."""
        new = {"name": becomes.name, "due": becomes.due, "result": becomes.result}
        values = {**new, "worker": self.worker, **(asdict(draft) if draft else {})}
        await self.write(update(TaskRun).where(TaskRun.id == self.run.id).values(values))

    # A driver that is cancelled in a statement gives its connection up, so it is not cancelled.

    @shielded
    async def write(self, statement: Update) -> int:
        """Write in the transaction of the step, and tell in how many rows."""
        return (await self.connection.execute(statement)).rowcount

    @shielded
    async def _rows(self, query: Executable) -> Sequence[RowMapping]:
        return (await self.connection.execute(query)).mappings().all()
