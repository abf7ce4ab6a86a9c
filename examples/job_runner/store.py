"""The database: runs, their histories, the slots that they hold and the results that are cached."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Final

import aiosqlite

from bylaws.aio import shielded

from .clock import Clock
from .model import FlowRun, State, Step, TaskRun, TaskState

# To write a step is one INSERT into the history. Its primary key is the compare-and-set: of two
# workers that want to take the same step of a run, one is refused. Its trigger carries the step
# over to the run, in the same transaction.
SCHEMA: Final = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
CREATE TABLE flow_runs (
    id INTEGER PRIMARY KEY, stopped INTEGER NOT NULL DEFAULT 0, run_count INTEGER NOT NULL DEFAULT 1
);
CREATE TABLE task_runs (
    id INTEGER PRIMARY KEY, flow_id INTEGER NOT NULL REFERENCES flow_runs, cache_key TEXT,
    state TEXT, name TEXT NOT NULL DEFAULT '', due REAL, result TEXT,
    version INTEGER NOT NULL DEFAULT 0, run_count INTEGER NOT NULL DEFAULT 0,
    flow_run_count INTEGER NOT NULL DEFAULT 0, lease TEXT, worker TEXT NOT NULL DEFAULT ''
);
CREATE INDEX due_runs ON task_runs (due) WHERE due IS NOT NULL;
CREATE TABLE history (
    run_id INTEGER NOT NULL REFERENCES task_runs, version INTEGER NOT NULL,
    from_state TEXT, intended TEXT NOT NULL,
    state TEXT NOT NULL, name TEXT NOT NULL, due REAL, result TEXT,
    run_count INTEGER NOT NULL, flow_run_count INTEGER NOT NULL, lease TEXT,
    rule TEXT, worker TEXT NOT NULL, at REAL NOT NULL,
    PRIMARY KEY (run_id, version)
);
CREATE TRIGGER carry_over AFTER INSERT ON history BEGIN
    UPDATE task_runs SET
        state = NEW.state, name = NEW.name, due = NEW.due, result = NEW.result,
        version = NEW.version, run_count = NEW.run_count, flow_run_count = NEW.flow_run_count,
        lease = NEW.lease, worker = NEW.worker
    WHERE id = NEW.run_id;
END;
CREATE TABLE slots (number INTEGER PRIMARY KEY, lease TEXT UNIQUE);
CREATE TABLE cache (key TEXT PRIMARY KEY, result TEXT NOT NULL);
"""

TAKE_SLOT: Final = """
UPDATE slots SET lease = ?
WHERE number = (SELECT min(number) FROM slots WHERE lease IS NULL) RETURNING number
"""

COUNT_ENDED: Final = """
SELECT count(*) FROM task_runs
WHERE due IS NULL AND state IN ('COMPLETED', 'FAILED', 'CANCELLED', 'CRASHED')
"""

RUNS_DUE: Final = """
SELECT * FROM task_runs WHERE due <= ? AND state NOT IN ('PENDING') ORDER BY due, id LIMIT ?
"""

LATENCY: Final = 0.02
"""How long a write is on its way to the database, in virtual seconds: others may come first."""


class Store:
    """The database, one method for each thing that is asked of it.

    What writes is never cut short by a cancellation; `write` alone leaves that to the commit,
    which has to know whether it was written.
    """

    def __init__(self, database: aiosqlite.Connection, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self.before_write: Callable[[Step], None] | None = None
        """Called before a step is written, and may raise: then nothing is written."""

    async def write(self, step: Step) -> TaskRun | None:
        """Commit a step: all of it or, with an exception, nothing.

        Nothing either if somebody else was first: then the answer is the run as it is by now.
        """
        await self._clock.sleep(LATENCY)
        if self.before_write is not None:
            self.before_write(step)
        run, state = step.run, step.state
        values = (
            *(run.id, run.version + 1, run.type and run.type.name, step.intended.name),
            *(state.type.name, state.name, state.due, state.result),
            *(run.run_count, run.flow_run_count, run.lease, step.rule, step.worker, step.at),
        )
        try:
            await self._ask(
                "INSERT INTO history VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", values
            )
        except sqlite3.IntegrityError:
            now = await self.run(run.id)
            if now.version == run.version:
                raise  # nobody was first: it is the database that refuses
            return now
        return None

    @shielded
    async def take_slot(self, lease: str) -> bool:
        """Take a free slot under the name `lease`; whether there was one."""
        await self._clock.sleep(LATENCY)
        return bool(await self._ask(TAKE_SLOT, [lease]))

    @shielded
    async def release_slot(self, lease: str) -> None:
        """Give back the slot taken as `lease`, if there is one."""
        await self._ask("UPDATE slots SET lease = NULL WHERE lease = ?", [lease])

    async def cached(self, key: str) -> str | None:
        """The result that is known for a cache key."""
        for row in await self._ask("SELECT result FROM cache WHERE key = ?", [key]):
            return str(row["result"])
        return None

    @shielded
    async def remember(self, key: str, result: str) -> None:
        """Keep a result for later runs with the same cache key; the first one stays."""
        await self._ask("INSERT INTO cache VALUES (?, ?) ON CONFLICT DO NOTHING", [key, result])

    async def flow(self, flow_id: int) -> FlowRun:
        """A flow, as it is now."""
        (row,) = await self._ask("SELECT * FROM flow_runs WHERE id = ?", [flow_id])
        return FlowRun(id=row["id"], stopped=bool(row["stopped"]), run_count=row["run_count"])

    @shielded
    async def stop_flow(self, flow_id: int) -> None:
        """Stop a flow: no more of its task runs shall start."""
        await self._ask("UPDATE flow_runs SET stopped = 1 WHERE id = ?", [flow_id])

    @shielded
    async def retry_flow(self, flow_id: int) -> None:
        """Have a flow run once more, and somebody look at what went wrong in it."""
        await self._ask("UPDATE flow_runs SET run_count = run_count + 1 WHERE id = ?", [flow_id])
        again = "UPDATE task_runs SET due = ? WHERE flow_id = ? AND state IN ('FAILED', 'CRASHED')"
        await self._ask(again, [self._clock.now, flow_id])

    async def add(self, runs: Iterable[tuple[int, int, str | None]], slots: int) -> None:
        """Fill an empty database: runs as (id, id of the flow, cache key), and free slots."""
        added = list(runs)
        await self._database.execute("BEGIN")
        await self._database.executemany(
            "INSERT INTO slots (number) VALUES (?)", [(n,) for n in range(slots)]
        )
        flows = sorted({(flow_id,) for _, flow_id, _ in added})
        await self._database.executemany("INSERT INTO flow_runs (id) VALUES (?)", flows)
        await self._database.executemany(
            "INSERT INTO task_runs (id, flow_id, cache_key) VALUES (?, ?, ?)", added
        )
        await self._database.execute("COMMIT")

    async def run(self, run_id: int) -> TaskRun:
        """A run, as it is now."""
        (row,) = await self._ask("SELECT * FROM task_runs WHERE id = ?", [run_id])
        return _task_run(row)

    async def runs_due(self, within: float, most: int) -> list[TaskRun]:
        """The runs whose time has come, or comes within so many seconds, the earliest first."""
        rows = await self._ask(RUNS_DUE, [self._clock.now + within, most])
        return [_task_run(row) for row in rows]

    async def runs_in(self, state: TaskState) -> list[TaskRun]:
        """All runs that are in a state."""
        return [
            _task_run(row)
            for row in await self._ask("SELECT * FROM task_runs WHERE state = ?", [state.name])
        ]

    async def ended(self) -> int:
        """How many runs are in a terminal state, to stay."""
        ((count,),) = await self._ask(COUNT_ENDED)
        return int(count)

    async def history(self) -> list[sqlite3.Row]:
        """Every step of every run, in order."""
        return await self._ask("SELECT * FROM history ORDER BY run_id, version")

    async def slots_taken(self) -> int:
        """How many slots are taken."""
        ((taken,),) = await self._ask("SELECT count(lease) FROM slots")
        return int(taken)

    async def _ask(self, sql: str, parameters: Iterable[object] = ()) -> list[sqlite3.Row]:
        return list(await self._database.execute_fetchall(sql, parameters))


@asynccontextmanager
async def opened(path: str, clock: Clock) -> AsyncGenerator[Store]:
    """A new database, closed at the end. Each statement is a transaction of its own."""
    async with aiosqlite.connect(path, isolation_level=None) as database:
        database.row_factory = sqlite3.Row
        await database.executescript(SCHEMA)
        yield Store(database, clock)


def _task_run(row: sqlite3.Row) -> TaskRun:
    state = (
        State(TaskState[row["state"]], row["name"], row["due"], row["result"])
        if row["state"]
        else None
    )
    return TaskRun(
        id=row["id"],
        flow_id=row["flow_id"],
        cache_key=row["cache_key"],
        state=state,
        version=row["version"],
        run_count=row["run_count"],
        flow_run_count=row["flow_run_count"],
        lease=row["lease"],
        worker=row["worker"],
    )
