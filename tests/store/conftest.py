"""The databases that the store is tested on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

pytest.importorskip("sqlalchemy", reason="needs the extra: test")

from sqlalchemy import URL, Engine, create_engine

from tests.store import cluster
from tests.store.shop import Base
from tests.views.tools import missing


@pytest.fixture(scope="session")
def server() -> Iterator[cluster.Cluster | None]:
    """A PostgreSQL of our own; `None` if the environment names another, or it cannot be had."""
    with ExitStack() as stack:
        try:
            found = None if cluster.given() else stack.enter_context(cluster.running())
        except OSError:
            found = None
        yield found


@pytest.fixture(scope="session")
def postgres(server: cluster.Cluster | None) -> URL:
    """Where PostgreSQL is."""
    try:
        __import__("psycopg")
    except ImportError:
        missing("there is no psycopg: pip install 'psycopg[binary]'")
    url = cluster.given() or (server.url if server else None)
    if url is None:
        missing("there is no PostgreSQL: apt-get install postgresql")
    return url


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.spawns)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> URL:
    """Where a database is, with empty tables: each of both in turn."""
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
    made = create_engine(url)
    yield made
    made.dispose()
