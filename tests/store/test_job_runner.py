"""The job runner of the examples, on every database and in several processes."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

pytest.importorskip("greenlet", reason="needs the extra: examples")
pytest.importorskip("aiosqlite", reason="needs the extra: examples")
pytest.importorskip("rich", reason="needs the extra: examples")

from sqlalchemy import URL, create_engine

from examples.job_runner.faults import Faults
from examples.job_runner.model import Base
from examples.job_runner.parts import Plan
from examples.task_runs import simulate
from tests.views.tools import missing

pytestmark = pytest.mark.spawns


@pytest.fixture(params=["aiosqlite", "asyncpg", "psycopg"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where an empty database is, for an async driver."""
    if request.param == "aiosqlite":
        return lite(tmp_path)
    try:
        __import__(request.param)
    except ImportError:
        missing(f"there is no {request.param}: pip install {request.param}")
    postgres: URL = request.getfixturevalue("postgres")
    engine = create_engine(postgres)
    Base.metadata.drop_all(engine)
    engine.dispose()
    return postgres.set(drivername=f"postgresql+{request.param}").render_as_string(False)


def lite(folder: Path) -> str:
    """A new file of SQLite."""
    return f"sqlite+aiosqlite:///{folder / 'runs.db'}"


def report(url: str, folder: Path, runs: int, processes: int = 1) -> str:
    """What came of some runs."""
    work = folder / "work"
    work.mkdir()
    plan = Plan(url, work, Faults(3), runs, workers=4, processes=processes, speed=60)
    return asyncio.run(simulate(plan, lambda ended: None))


def test_several_processes_share_a_database(empty: str, tmp_path: Path) -> None:
    """Whoever is faster, no slot and no folder leaks, and every history is lawful."""
    told = report(empty, tmp_path, runs=40, processes=2)
    assert "in 40 histories; 0 slots taken; 0 folders left; no violations" in told
    assert "races lost" in told


@pytest.mark.parametrize("empty", ["asyncpg", "psycopg"], indirect=True)
def test_a_seed_repeats_its_report_on_every_database(empty: str, tmp_path: Path) -> None:
    """In virtual time it is nothing to the report which database it is of."""
    other = tmp_path / "other"
    other.mkdir()
    assert report(empty, tmp_path, runs=30) == report(lite(other), other, runs=30)


def test_a_part_that_fails_ends_the_others(tmp_path: Path) -> None:
    """Nobody waits for ever for runs that nobody takes any more."""
    work = tmp_path / "work"
    work.mkdir()

    def fail(ended: int) -> None:
        raise ZeroDivisionError

    plan = Plan(lite(tmp_path), work, Faults(3), runs=40, workers=2, processes=2, speed=60)
    with pytest.raises((ZeroDivisionError, ExceptionGroup)):
        asyncio.run(asyncio.wait_for(simulate(plan, fail), 60))
