"""Behind a pooler in transaction mode: one server connection for each transaction, any of them."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import URL

from tests.store import cluster
from tests.store.fight import Harm, fight, judge, prepare
from tests.views.tools import missing

pytestmark = pytest.mark.spawns


@pytest.fixture
def pooler(server: cluster.Cluster | None, postgres: URL) -> Iterator[URL]:
    """A pooler with three connections, before the server."""
    if server is None:
        pytest.skip("the server is not ours")
    program = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")
    if program is None:
        missing("there is no pgbouncer: apt-get install pgbouncer")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder = server.socket / "pooler"
    folder.mkdir()
    settings = folder / "pgbouncer.ini"
    settings.write_text(
        f"""
[databases]
postgres = user=postgres host={server.socket}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 3
max_client_conn = 200
ignore_startup_parameters = extra_float_digits
pidfile = {folder / "pid"}
""",
        encoding="ascii",
    )
    user = cluster.unprivileged()
    if user is not None:
        shutil.chown(folder, user)
    process = subprocess.Popen([program, "-q", str(settings)], user=user, stderr=subprocess.DEVNULL)
    url = URL.create(
        "postgresql+psycopg", username="postgres", host="127.0.0.1", port=port, database="postgres"
    )
    try:
        for _ in range(100):
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                time.sleep(0.05)
        yield url
    finally:
        process.terminate()
        process.wait()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.parametrize("driver", ["psycopg", "asyncpg"])
def test_a_fight_behind_a_pooler(
    pooler: URL, postgres: URL, tmp_path: Path, driver: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is lost, as no state is kept in the connection from one transaction to the next."""
    pytest.importorskip(driver)
    prepare(postgres, 5)
    told = tmp_path / "told"
    told.mkdir()
    monkeypatch.setenv("BYLAWS_FIGHT_POOLED", "1")
    url = pooler.set(drivername=f"postgresql+{driver}")
    fight(url, told, processes=2, workers=4, rows=5, total=200, harm=Harm())
    result = judge(postgres, told)
    assert result.wrong == []
    assert result.counts["failed"] == 0
