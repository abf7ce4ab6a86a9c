"""Prefect's server database: what a case needs in it, what is in it afterwards, as texts."""

from __future__ import annotations

import logging
import re
import tempfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from uuid import NAMESPACE_URL, UUID, uuid5

from prefect.server.concurrency.lease_storage import get_concurrency_lease_storage
from prefect.server.database import PrefectDBInterface, provide_database_interface
from prefect.settings import PREFECT_API_DATABASE_CONNECTION_URL, temporary_settings
from sqlalchemy import text

from examples.prefect_compared.cases import TAGS

TABLES: Final = (
    "task_run_state_cache",
    "artifact",
    "task_run_state",
    "task_run",
    "flow_run_state",
    "flow_run",
    "deployment",
    "concurrency_limit",
    "concurrency_limit_v2",
    "flow",
)
"""What runs write to; in this order they can be emptied."""

ID: Final = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|\b[0-9a-f]{32}\b")
TIME: Final = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+]00:00)?")


@asynccontextmanager
async def opened() -> AsyncGenerator[PrefectDBInterface, None]:
    """A new database on SQLite, made by Prefect's migrations, in a directory of its own.

    Prefect keeps the first one that a process has opened.
    """
    with tempfile.TemporaryDirectory() as directory:
        url = f"sqlite+aiosqlite:///{Path(directory) / 'prefect.db'}"
        with temporary_settings({PREFECT_API_DATABASE_CONNECTION_URL: url}):
            database = provide_database_interface()
            await database.create_db()
            logging.disable(logging.WARNING)  # of each lease that is not there, and some are not
            try:
                yield database
            finally:
                logging.disable(logging.NOTSET)


def known(name: str) -> UUID:
    """The id of what is called so, in every run."""
    return uuid5(NAMESPACE_URL, name)


def told(found: object, start: datetime) -> str:
    """As a text that two runs share: new ids are alike, times are seconds from the start, in tens.

    Lengths of time, which the database has as times in 1970, are from there.
    """

    def moment(match: re.Match[str]) -> str:
        time = datetime.fromisoformat(match[0])
        time = time if time.tzinfo else time.replace(tzinfo=UTC)
        since = datetime(1970, 1, 1, tzinfo=UTC) if time.year < 2000 else start
        return f"{round((time - since).total_seconds(), -1):.0f} s"

    named = {known(name).hex: name for name in NAMED}
    ids = ID.sub(lambda match: named.get(match[0].replace("-", ""), "an id"), str(found))
    return TIME.sub(moment, ids)


NAMED: Final = (*TAGS, "flow", "run", "parent", "deployment", "limit", "lease", "result", "state")


async def everything(database: PrefectDBInterface, start: datetime) -> list[str]:
    """What is in the database, row by row, and which leases there are."""
    rows: list[str] = []
    async with database.session_context() as session:
        for table in TABLES:
            found = await session.execute(text(f"SELECT * FROM {table}"))  # noqa: S608
            rows += sorted([f"{table} {told(dict(row), start)}" for row in found.mappings()])
    leases = await get_concurrency_lease_storage().read_active_lease_ids()
    return [*rows, f"leases {len(leases)}"]


async def emptied(database: PrefectDBInterface) -> None:
    """Delete all."""
    storage = get_concurrency_lease_storage()
    for lease in await storage.read_active_lease_ids():
        await storage.revoke_lease(lease)
    async with database.session_context(begin_transaction=True) as session:
        for table in TABLES:
            await session.execute(text(f"DELETE FROM {table}"))  # noqa: S608
