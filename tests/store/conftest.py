"""The databases that the store is tested on. Without SQLAlchemy there is nothing to test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.views.tools import missing

if TYPE_CHECKING:
    from sqlalchemy import URL, Engine

    from tests.store.cluster import Cluster

collect_ignore_glob = [] if find_spec("sqlalchemy") else ["test_*.py"]


@pytest.fixture(scope="session")
def server() -> Iterator[Cluster | None]:
    """A PostgreSQL of our own; `None` if the environment names another, or it cannot be had."""
    from tests.store import cluster  # noqa: PLC0415 (needs SQLAlchemy)

    with ExitStack() as stack:
        try:
            found = None if cluster.given() else stack.enter_context(cluster.running())
        except OSError:
            found = None
        yield found


@pytest.fixture(scope="session")
def postgres(server: Cluster | None) -> URL:
    """Where PostgreSQL is."""
    from tests.store import cluster  # noqa: PLC0415 (needs SQLAlchemy)

    if find_spec("psycopg") is None:
        missing("there is no psycopg: pip install 'psycopg[binary]'")
    url = cluster.given() or (server.url if server else None)
    if url is None:
        missing(cluster.MISSING)
    return url


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.spawns)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> URL:
    """Where a database is, with empty tables: each of both in turn."""
    from sqlalchemy import URL, create_engine  # noqa: PLC0415

    from tests.store.shop import Base  # noqa: PLC0415

    where: URL = (
        URL.create("sqlite", database=str(tmp_path / "orders.db"))
        if request.param == "sqlite"
        else request.getfixturevalue("postgres")
    )
    engine = create_engine(where)
    Base.metadata.drop_all(engine)
    Base.metadata.create_all(engine)
    engine.dispose()
    return where


@pytest.fixture
def engine(url: URL) -> Iterator[Engine]:
    """An engine on each of both."""
    from sqlalchemy import create_engine  # noqa: PLC0415

    made = create_engine(url)
    yield made
    made.dispose()
