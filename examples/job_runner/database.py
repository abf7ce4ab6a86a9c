"""The database: what is asked of it beside the steps that runs take."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Final, Protocol

from sqlalchemy import Executable, Insert, RowMapping, Update, func, insert, inspect, select, update
from sqlalchemy.event import listen
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from bylaws.aio import shielded

from .clock import Clock
from .model import TERMINAL, Base, Cached, FlowRun, Slot, TaskRun, TaskState

LATENCY: Final = 0.02
"""How long the database is to be reached, in seconds of the clock: others may come first."""


class Database:
    """The database, one method for each thing that is asked of it, in a transaction of its own."""

    def __init__(self, engine: AsyncEngine, clock: Clock) -> None:
        self.engine: Final = engine
        self._clock = clock

    async def fill(self, flows: int, slots: int) -> None:
        """Make the tables, with flows and free slots. There must be none of these names yet."""
        async with self.engine.begin() as connection:
            there = await connection.run_sync(lambda plain: inspect(plain).get_table_names())
            if Base.metadata.tables.keys() & set(there):
                raise SystemExit("The database has such tables already: give it an empty one.")
            await connection.run_sync(Base.metadata.create_all)
            await connection.execute(insert(FlowRun), [{"id": flow} for flow in range(flows)])
            await connection.execute(insert(Slot), [{"number": slot} for slot in range(slots)])

    async def rows(self, query: Executable) -> Sequence[RowMapping]:
        """What a query finds."""
        async with self.engine.connect() as connection:
            return (await connection.execute(query)).mappings().all()

    async def run(self, run_id: int) -> TaskRun | None:
        """A run, as it is now, if there is one."""
        rows = await self.rows(select(TaskRun).where(TaskRun.id == run_id))
        return TaskRun(**rows[0]) if rows else None

    async def runs_due(self, within: float, most: int) -> list[TaskRun]:
        """The runs whose time has come, or comes within so many seconds, the earliest first."""
        due = TaskRun.due <= self._clock.now + within, TaskRun.state != TaskState.PENDING
        query = select(TaskRun).where(*due).order_by(TaskRun.due, TaskRun.id).limit(most)
        return [TaskRun(**row) for row in await self.rows(query)]

    async def runs_in(self, state: TaskState) -> list[TaskRun]:
        """All runs that are in a state."""
        query = select(TaskRun).where(TaskRun.state == state).order_by(TaskRun.id)
        return [TaskRun(**row) for row in await self.rows(query)]

    async def ended(self) -> int:
        """How many runs are in a terminal state, to stay."""
        stay = TaskRun.due.is_(None), TaskRun.state.in_(TERMINAL)
        (row,) = await self.rows(select(func.count().label("ended")).where(*stay))
        return int(row["ended"])

    async def flow(self, flow_id: int) -> FlowRun:
        """A flow, as it is now."""
        (row,) = await self.rows(select(FlowRun).where(FlowRun.id == flow_id))
        return FlowRun(**row)

    @shielded
    async def stop_flow(self, flow_id: int) -> None:
        """Stop a flow: no more of its task runs shall start."""
        await self._write(update(FlowRun).where(FlowRun.id == flow_id).values(stopped=True))

    @shielded
    async def retry_flow(self, flow_id: int) -> None:
        """Have a flow run once more, and somebody look at what went wrong in it."""
        wrong = TaskRun.flow_id == flow_id, TaskRun.state.in_((TaskState.FAILED, TaskState.CRASHED))
        await self._write(
            update(FlowRun).where(FlowRun.id == flow_id).values(run_count=FlowRun.run_count + 1),
            update(TaskRun).where(*wrong).values(due=self._clock.now),
        )

    @shielded
    async def remember(self, key: str, result: str) -> None:
        """Keep a result for later runs with the same cache key; the first one stays."""
        await self._clock.sleep(LATENCY)
        with suppress(IntegrityError):
            await self._write(insert(Cached).values(key=key, result=result))

    async def _write(self, *statements: Insert | Update) -> None:
        async with self.engine.begin() as connection:
            for statement in statements:
                await connection.execute(statement)


@asynccontextmanager
async def opened(url: str, clock: Clock) -> AsyncGenerator[Database]:
    """A database, closed at the end. Everybody has a connection: no one waits for another's."""
    engine = create_async_engine(url, pool_size=0)
    if engine.dialect.name == "sqlite":
        listen(engine.sync_engine, "connect", _set_up)
    try:
        yield Database(engine, clock)
    finally:
        await engine.dispose()


class Connection(Protocol):
    """A connection of SQLite, as its driver has it."""

    def execute(self, sql: str, /) -> object: ...


def _set_up(connection: Connection, _: object) -> None:
    """Have SQLite check foreign keys, and let nobody wait for readers, nor give up on writers."""
    for pragma in (
        "foreign_keys=ON",
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "busy_timeout=60000",
    ):
        connection.execute(f"PRAGMA {pragma}")
