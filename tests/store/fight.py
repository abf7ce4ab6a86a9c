"""A fight: many workers of several processes move few rows, while things go wrong.

Each worker tells, in a file of its process, what it begins and what it is told, and its after sides
tell what they were called for; a line is written at once, so that it outlives the process. In the
end the database is held against all of this.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import Enum
from functools import partial
from pathlib import Path
from typing import Any, Final

from sqlalchemy import (
    URL,
    Column,
    Connection,
    Engine,
    Integer,
    MetaData,
    NullPool,
    RowMapping,
    Table,
    create_engine,
    event,
    insert,
    select,
    text,
    update,
)
from sqlalchemy import (
    Enum as EnumColumn,
)
from sqlalchemy.exc import DBAPIError

from bylaws import (
    AnyTransition,
    AsyncBaseTransform,
    AsyncPolicy,
    BaseTransform,
    Outcome,
    Policy,
    Transition,
    Verdict,
    delay,
    every,
    moves,
    rule,
)
from bylaws.store import AsyncStore, ConflictError, Store, UnconfirmedError, history_table


class Phase(Enum):
    """A circle with a way across: there is always somewhere to go."""

    IDLE = "idle"
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"


NEXT: Final = {
    None: {Phase.IDLE},
    Phase.IDLE: {Phase.QUEUED},
    Phase.QUEUED: {Phase.RUNNING, Phase.IDLE},
    Phase.RUNNING: {Phase.DONE, Phase.QUEUED},
    Phase.DONE: {Phase.IDLE},
}

ROOT: Final = Path(__file__).parents[2]
METADATA: Final = MetaData()
FIGHTERS: Final = Table(
    "fighters",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("phase", EnumColumn(Phase)),
    Column("version", Integer, nullable=False),
    Column("effects", Integer, nullable=False),
)
HISTORY: Final = history_table(METADATA, "fights", subject=FIGHTERS.c.id)
ADD: Final = update(FIGHTERS).values(effects=FIGHTERS.c.effects + 1)


@dataclass
class Bout:
    """One move: its row, the connection, and what it is called in the files."""

    row: RowMapping
    connection: Any
    name: str
    tell: Callable[[str, str], None]


@rule(from_states=every(Phase) | {None}, to_states=every(Phase))
def take(t: Transition[Phase | None, Phase, Bout]) -> Verdict[Phase]:
    """Take something and give it back unless the move happens; now and then refuse to."""
    t.add_cleanup(t.context.tell, "given-back", t.context.name)
    t.context.tell("taken", t.context.name)
    if random.random() < 0.02:
        return delay(0, reason="not now")
    t.add_after(t.context.tell, "after", t.context.name)
    return None  # type: ignore[return-value]


class Effect(BaseTransform[Bout]):
    """A side effect in the transaction."""

    def on_decision(self, t: AnyTransition[Bout], outcome: Outcome[Enum], /) -> None:
        connection: Connection = t.context.connection
        connection.execute(ADD.where(FIGHTERS.c.id == t.context.row["id"]))


class AsyncEffect(AsyncBaseTransform[Bout]):
    """The same, awaited."""

    async def on_decision(self, t: AnyTransition[Bout], outcome: Outcome[Enum], /) -> None:
        await t.context.connection.execute(ADD.where(FIGHTERS.c.id == t.context.row["id"]))


LEGAL: Final = moves(NEXT)
PLAIN: Final = Policy[Phase, Bout](LEGAL, take, Effect(), name="fight")
AWAITED: Final = AsyncPolicy[Phase, Bout](LEGAL, take, AsyncEffect(), name="fight")


def jumping() -> datetime:
    """A clock that cannot be trusted."""
    return datetime.now(UTC) + timedelta(seconds=random.uniform(-1e6, 1e6))


def settings(url: URL) -> dict[str, Any]:
    """How the engine of a fight is made."""
    if url.get_backend_name() == "sqlite":
        return {"connect_args": {"timeout": 60}, "pool_size": 8}
    if os.environ.get("BYLAWS_FIGHT_POOLED"):  # what a pooler in transaction mode asks for
        if url.get_driver_name() == "psycopg":
            return {"connect_args": {"prepare_threshold": None}, "poolclass": NullPool}
        no_names = {"statement_cache_size": 0, "prepared_statement_name_func": lambda: ""}
        return {"connect_args": no_names, "poolclass": NullPool}
    return {"pool_size": 8}


def wal(connection: Any, record: object) -> None:
    """Let SQLite write ahead, so that readers do not keep writers waiting."""
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.close()


def prepare(url: URL, rows: int) -> None:
    """Make the tables, with rows of no phase yet."""
    engine = create_engine(url)
    if url.get_backend_name() == "sqlite":
        event.listen(engine, "connect", wal)
    METADATA.drop_all(engine)
    METADATA.create_all(engine)
    with engine.begin() as connection:
        rows_ = [{"id": key, "version": 0, "effects": 0} for key in range(1, rows + 1)]
        connection.execute(insert(FIGHTERS), rows_)
    engine.dispose()


# --------------------------------------------------------------------------------------------------
# In a worker's process
# --------------------------------------------------------------------------------------------------


class Teller:
    """The file of a process. Whoever kills it does not take the lines back."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self.ended = 0

    def tell(self, what: str, name: str) -> None:
        if what in ("accepted", "refused", "conflict"):
            self.ended += what == "accepted"
        os.write(self._file, f"{what} {name}\n".encode())


def choose(state: Phase | None, chance: random.Random) -> Phase:
    """Where to: mostly somewhere legal."""
    if chance.random() < 0.05:
        return chance.choice(list(Phase))
    return chance.choice(sorted(NEXT[state], key=lambda phase: phase.name))


def work(url: URL, folder: Path, name: str, workers: int, rows: int, share: int) -> None:
    """Move rows until this process has been told of its share of accepted moves."""
    teller = Teller(folder / name)
    if url.get_dialect().is_async:
        asyncio.run(_work_async(url, teller, name, workers, rows, share))
        return
    engine = create_engine(url, **settings(url))
    if url.get_backend_name() == "sqlite":
        event.listen(engine, "connect", wal)
    store = Store(
        engine,
        PLAIN,
        key=FIGHTERS.c.id,
        state=FIGHTERS.c.phase,
        version=FIGHTERS.c.version,
        history=HISTORY,
        clock=jumping,
    )

    def worker(number: int) -> None:
        chance = random.Random(f"{name} {number}")
        count = 0
        while teller.ended < share:
            count += 1
            move = f"{name}-{number}-{count}"
            key = chance.randint(1, rows)
            try:
                with engine.connect() as connection:
                    wanted = select(FIGHTERS.c.phase).where(FIGHTERS.c.id == key)
                    to = choose(connection.scalar(wanted), chance)
            except DBAPIError:
                time.sleep(0.05)
                continue
            teller.tell("begun", move)
            try:
                outcome = store.move(
                    key,
                    to,
                    context=partial(Bout, name=move, tell=teller.tell),
                    data={"move": move},
                )
            except ConflictError:
                teller.tell("conflict", move)
            except UnconfirmedError:
                teller.tell("unconfirmed", move)
            except DBAPIError:
                teller.tell("failed", move)
                time.sleep(0.05)
            else:
                teller.tell(_word(outcome), move)

    threads = [threading.Thread(target=worker, args=(number,)) for number in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    engine.dispose()


def _word(outcome: Outcome[Phase]) -> str:
    return "accepted" if type(outcome).__name__ == "Accepted" else "refused"


async def _work_async(
    url: URL, teller: Teller, name: str, workers: int, rows: int, share: int
) -> None:
    from sqlalchemy.ext.asyncio import create_async_engine  # noqa: PLC0415 (needs greenlet)

    engine = create_async_engine(url, **settings(url))
    if url.get_backend_name() == "sqlite":
        event.listen(engine.sync_engine, "connect", wal)
    store = AsyncStore(
        engine,
        AWAITED,
        key=FIGHTERS.c.id,
        state=FIGHTERS.c.phase,
        version=FIGHTERS.c.version,
        history=HISTORY,
        clock=jumping,
    )

    async def worker(number: int) -> None:
        chance = random.Random(f"{name} {number}")
        count = 0
        while teller.ended < share:
            count += 1
            move = f"{name}-{number}-{count}"
            key = chance.randint(1, rows)
            try:
                async with engine.connect() as connection:
                    wanted = select(FIGHTERS.c.phase).where(FIGHTERS.c.id == key)
                    to = choose(await connection.scalar(wanted), chance)
            except Exception:  # asyncpg has errors of its own
                await asyncio.sleep(0.05)
                continue
            teller.tell("begun", move)
            moving = asyncio.ensure_future(
                store.move(
                    key,
                    to,
                    context=partial(Bout, name=move, tell=teller.tell),
                    data={"move": move},
                )
            )
            if chance.random() < 0.02:  # cancelled anywhere, while it writes too
                await asyncio.sleep(chance.random() * 0.01)
                moving.cancel()
            try:
                outcome = await moving
            except asyncio.CancelledError:
                teller.tell("cancelled", move)
            except ConflictError:
                teller.tell("conflict", move)
            except UnconfirmedError:
                teller.tell("unconfirmed", move)
            except Exception:  # asyncpg has errors of its own
                teller.tell("failed", move)
                await asyncio.sleep(0.05)
            else:
                teller.tell(_word(outcome), move)

    await asyncio.gather(*(worker(number) for number in range(workers)))
    await engine.dispose()


# --------------------------------------------------------------------------------------------------
# Around them
# --------------------------------------------------------------------------------------------------


@dataclass
class Harm:
    """What goes wrong, each every so many seconds on average; 0 is never."""

    sigkill: float = 0
    terminate: float = 0
    restart: float = 0
    control: Callable[[], object] = lambda: None
    """Restarts the server."""
    done: Counter[str] = field(default_factory=Counter[str])


def fight(
    url: URL, folder: Path, *, processes: int, workers: int, rows: int, total: int, harm: Harm
) -> float:
    """Let them fight for so many accepted moves; the seconds that it took."""
    share = -(-total // processes)
    started: dict[str, tuple[subprocess.Popen[bytes], int]] = {}
    names = (f"p{number}" for number in range(1, 1_000_000))

    def start(share: int) -> None:
        name = next(names)
        command = [sys.executable, "-m", "tests.store.fight", url.render_as_string(False)]
        command += [str(folder), name, str(workers), str(rows), str(share)]
        started[name] = subprocess.Popen(command, cwd=ROOT), share

    begun = time.monotonic()
    for _ in range(processes):
        start(share)
    admin = create_engine(url.set(drivername=_plain(url)), isolation_level="AUTOCOMMIT")
    try:
        while started:
            time.sleep(0.05)
            for name, (process, left) in [*started.items()]:
                if process.poll() is None:
                    continue
                del started[name]
                if process.returncode:
                    told = sum(word == "accepted" for word, _ in lines(folder / name))
                    assert process.returncode == -signal.SIGKILL, process.returncode
                    if left > told:
                        start(left - told)
            for what, seconds in _harms(harm):
                if started and seconds and random.random() < 0.05 / seconds:
                    harm.done[what] += 1
                    if what == "sigkill":
                        random.choice([*started.values()])[0].kill()
                    elif what == "restart":
                        admin.dispose()
                        harm.control()
                    else:
                        _terminate(admin)
    finally:
        for process, _ in started.values():
            process.kill()
            process.wait()
        admin.dispose()
    return time.monotonic() - begun


def _plain(url: URL) -> str:
    return "sqlite" if url.get_backend_name() == "sqlite" else "postgresql+psycopg"


def _harms(harm: Harm) -> Iterator[tuple[str, float]]:
    yield from (
        ("sigkill", harm.sigkill),
        ("terminate", harm.terminate),
        ("restart", harm.restart),
    )


def _terminate(admin: Engine) -> None:
    """End the backends of half of all connections."""
    try:
        with admin.connect() as connection:
            connection.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE random() < 0.5 "
                    "AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
                )
            )
    except DBAPIError:
        pass


def lines(path: Path) -> list[tuple[str, str]]:
    """What a process told; whoever is killed may leave half a line."""
    told = path.read_text(encoding="ascii").split("\n")[:-1] if path.exists() else []
    return [(word, name) for word, _, name in (line.partition(" ") for line in told)]


@dataclass
class Result:
    """What came of a fight: counts, and everything that must not be."""

    counts: Counter[str]
    wrong: list[str]


def judge(url: URL, folder: Path) -> Result:
    """Hold the database against what was told."""
    told: dict[str, set[str]] = {}
    wrong: list[str] = []
    counts: Counter[str] = Counter()
    for path in folder.iterdir():
        for word, name in lines(path):
            names = told.setdefault(word, set())
            if name in names:
                wrong.append(f"{word} twice: {name}")
            names.add(name)
    for word, names in told.items():
        counts[word] = len(names)
    ends = ("accepted", "refused", "conflict", "failed", "unconfirmed", "cancelled")
    ended = set[str]().union(*(told.get(word, set()) for word in ends))
    killed = told.get("begun", set()) - ended
    counts["killed meanwhile"] = len(killed)

    engine = create_engine(url.set(drivername=_plain(url)))
    with engine.connect() as connection:
        fighters = {row.id: row for row in connection.execute(select(FIGHTERS))}
        kept = connection.execute(select(HISTORY).order_by(HISTORY.c.subject, HISTORY.c.id)).all()
    engine.dispose()
    counts["in the histories"] = len(kept)
    chains: dict[int, list[Any]] = {}
    for row in kept:
        chains.setdefault(row.subject, []).append(row)
    legal = {(None if a is None else a.name, b.name) for a, to in NEXT.items() for b in to}
    for key, fighter in fighters.items():
        chain = chains.get(key, [])
        before = None
        for version, row in enumerate(chain, 1):
            if row.version != version:
                wrong.append(f"{key}: version {row.version} stands where {version} should")
            if row.from_state != before or (row.from_state, row.to_state) not in legal:
                wrong.append(f"{key}: {row.from_state} -> {row.to_state} after {before}")
            before = row.to_state
        state = None if fighter.phase is None else fighter.phase.name
        if (state, fighter.version) != (before, len(chain)):
            wrong.append(f"{key}: is {state}, {fighter.version}, not {before}, {len(chain)}")
        if fighter.effects != len(chain):
            wrong.append(f"{key}: {fighter.effects} side effects of {len(chain)} moves")

    written = [row.data["move"] for row in kept]
    if len(set(written)) < len(written):
        wrong.append("a move is written twice")
    standing = set(written)
    open_ends = told.get("unconfirmed", set()) | told.get("cancelled", set()) | killed
    lost = told.get("accepted", set()) - standing
    double = standing - told.get("accepted", set()) - open_ends
    counts["lost"], counts["double"] = len(lost), len(double)
    counts["open, and written"] = len(open_ends & standing)
    counts["open, and not written"] = len(open_ends - standing)
    wrong += [f"lost: {name}" for name in lost] + [f"double: {name}" for name in double]

    after, back = told.get("after", set()), told.get("given-back", set())
    sure = ended - told.get("unconfirmed", set())  # what the rules were told is right
    wrong += [f"written, and not settled so: {name}" for name in (standing & sure) - after]
    wrong += [f"after sides of nothing: {name}" for name in after - standing]
    wrong += [f"written, and given back: {name}" for name in back & standing & sure]
    wrong += [
        f"taken, and neither kept nor given back: {name}"
        for name in (told.get("taken", set()) & ended) - after - back
    ]
    return Result(counts, wrong)


if __name__ == "__main__":
    from sqlalchemy import make_url

    where, at, called, crew, many, part = sys.argv[1:]
    work(make_url(where), Path(at), called, int(crew), int(many), int(part))
