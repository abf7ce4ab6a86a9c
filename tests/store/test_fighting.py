"""Many at once: nothing is lost, nothing is done twice, whatever goes wrong meanwhile.

The full size, and what it came to, is in docs/store.md.
"""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from sqlalchemy import URL, Engine, create_engine

from bylaws import Accepted
from bylaws.store import ConflictError
from tests.store import cluster
from tests.store.fight import Harm, fight, judge, prepare
from tests.store.shop import S, Work, audits, bare, fill, orders, records, seen

pytestmark = pytest.mark.spawns


@pytest.mark.parametrize("driver", ["sqlite", "sqlite+aiosqlite", "psycopg", "asyncpg"])
def test_a_fight(request: pytest.FixtureRequest, tmp_path: Path, driver: str) -> None:
    """Two processes of four workers fight over five rows; one is killed now and then."""
    pytest.importorskip("greenlet", reason="needs greenlet")
    if driver.startswith("sqlite"):
        url = URL.create(driver, database=str(tmp_path / "fight.db"))
        prepare(url.set(drivername="sqlite"), 5)
    else:
        pytest.importorskip(driver)
        plain: URL = request.getfixturevalue("postgres")
        prepare(plain, 5)
        url = plain.set(drivername=f"postgresql+{driver}")
    told = tmp_path / "told"
    told.mkdir()
    harm = Harm(sigkill=3, terminate=0 if driver.startswith("sqlite") else 2)
    fight(url, told, processes=2, workers=4, rows=5, total=300, harm=harm)
    result = judge(url, told)
    assert result.wrong == []
    assert result.counts["accepted"] >= 300


def test_a_fight_with_a_server_that_is_restarted(
    server: cluster.Cluster | None, postgres: URL, tmp_path: Path
) -> None:
    """It comes back from what it has written ahead; what was not confirmed may be either way."""
    if server is None:
        pytest.skip("the server is not ours to restart")
    prepare(postgres, 5)
    told = tmp_path / "told"
    told.mkdir()
    harm = Harm(restart=1, control=lambda: server.control("restart", "-m", "immediate"))
    fight(postgres, told, processes=2, workers=2, rows=5, total=200, harm=harm)
    result = judge(postgres, told)
    assert result.wrong == []


@pytest.mark.parametrize("size", [1, 2])
def test_pools_of_any_size_do_not_deadlock(url: URL, size: int) -> None:
    """A move never holds one connection while it waits for another, whatever comes of it."""
    engine = create_engine(url, pool_size=size, max_overflow=0, pool_timeout=30)
    if url.get_backend_name() == "sqlite":
        engine = create_engine(
            url,
            pool_size=size,
            max_overflow=0,
            pool_timeout=30,
            connect_args={"timeout": 30},
        )
    for key in range(4):
        fill(engine, state=S.PAID, key=key)
    store = bare(engine, record="all", on_conflict=None)
    told: list[object] = []

    def go(number: int) -> None:
        for turn in range(10):
            try:
                told.append(store.move((number + turn) % 4, S.PAID if turn % 3 else S.NEW))
            except ConflictError as error:
                told.append(error)
            list(store.history(number % 4, page=2))

    threads = [threading.Thread(target=go, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
        assert not thread.is_alive()
    assert len(told) == 120
    assert sum(seen(engine, key)[1] for key in range(4)) == told.count(Accepted(S.PAID))
    engine.dispose()


def test_who_is_told_so_has_won(engine: Engine) -> None:
    """Eight want the same step of one order; who is told so has it, with all that it wrote."""
    fill(engine, state=S.NEW)
    store, told = orders(engine), list[object]()

    def go() -> None:
        try:
            told.append(store.move(1, S.PAID, context=Work))
        except ConflictError:
            told.append(None)

    threads = [threading.Thread(target=go) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen(engine)[1] == records(engine) == audits(engine).count("decided Accepted")
    assert told.count(Accepted(S.PAID)) == records(engine)
