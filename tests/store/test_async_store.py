"""The async store: as the plain one, and cancelled."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, TypeVar

import pytest

pytest.importorskip("greenlet", reason="needs greenlet")
pytest.importorskip("aiosqlite", reason="needs the extra: examples")

from sqlalchemy import URL, Engine, create_engine, event, insert, text, update
from sqlalchemy.exc import DBAPIError, InvalidRequestError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from bylaws import Aborted, Accepted, AsyncPolicy, Delayed
from bylaws.store import AsyncStore, ConflictError, Seen, Store, StoreError
from tests.store.shop import (
    BARE,
    AsyncWork,
    Audit,
    Base,
    Order,
    S,
    async_orders,
    audits,
    busy,
    fill,
    lost,
    records,
    seen,
)
from tests.views.tools import missing

pytestmark = pytest.mark.spawns
T = TypeVar("T")

Play = Callable[[Callable[[AsyncEngine], Awaitable[Any]]], Any]


@pytest.fixture(params=["aiosqlite", "asyncpg", "psycopg"])
def where(request: pytest.FixtureRequest, tmp_path: Any) -> URL:
    """Where a database is, for an async driver, with empty tables."""
    if request.param == "aiosqlite":
        return URL.create("sqlite+aiosqlite", database=str(tmp_path / "orders.db"))
    try:
        __import__(request.param)
    except ImportError:
        missing(f"there is no {request.param}: pip install {request.param}")
    postgres: URL = request.getfixturevalue("postgres")
    return postgres.set(drivername=f"postgresql+{request.param}")


@pytest.fixture
def plain(where: URL) -> Iterator[Engine]:
    """The same database, plain."""
    lite = where.get_backend_name() == "sqlite"
    engine = create_engine(where.set(drivername="sqlite" if lite else "postgresql+psycopg"))
    Base.metadata.drop_all(engine)
    Base.metadata.create_all(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def play(where: URL, plain: Engine) -> Play:
    """Runs a coroutine function over an engine that has one connection."""

    def run(scene: Callable[[AsyncEngine], Awaitable[T]]) -> T:
        async def whole() -> T:
            engine = create_async_engine(where, pool_size=1, max_overflow=0, pool_timeout=2)
            try:
                return await scene(engine)
            finally:
                await engine.dispose()

        return asyncio.run(whole())

    return run


def test_it_moves_and_keeps_the_history(play: Play, plain: Engine) -> None:
    """What hooks awaited on the connection stands with the state, and the record with both."""
    fill(plain, state=S.NEW)

    async def scene(engine: AsyncEngine) -> list[Any]:
        store = async_orders(engine, record="all")
        taken: list[str] = []
        told: list[Any] = [
            await store.move(1, S.PAID, context=lambda r, c: AsyncWork(r, c, taken=taken)),
            await store.move(1, S.NEW, context=AsyncWork),
            (await store.add({"id": 2}, S.NEW, context=AsyncWork))[1],
        ]
        told += [(r.version, r.outcome, r.data) async for r in store.history(1, page=1)]
        with pytest.raises(StoreError):
            store.history(1, page=0)
        return [*told, taken]

    accepted, aborted, added, first, second, taken = play(scene)
    assert (accepted, added) == (Accepted(S.PAID), Accepted(S.NEW))
    assert isinstance(aborted, Aborted)
    assert (first, second) == ((1, "accepted", None), (None, "aborted", None))
    assert taken == ["taken", "after Accepted"]
    assert (seen(plain), seen(plain, 2)) == ((S.PAID, 1), (S.NEW, 1))
    assert audits(plain) == ["Accepted", "Accepted"]


def test_a_plain_policy_will_do(play: Play, plain: Engine) -> None:
    """Nor need there be a context, and the row may be one's own."""
    fill(plain, state=S.NEW)

    async def scene(engine: AsyncEngine) -> object:
        store = AsyncStore(
            engine,
            BARE,
            key=Order.id,
            state=Order.state,
            version=Order.version,
            row=lambda row: Order(**row),
        )
        return await store.move(1, S.PAID)

    assert play(scene) == Accepted(S.PAID)


def test_conflicts(play: Play, plain: Engine) -> None:
    """Raised, made a refusal of, or tried again: as in the plain store."""
    fill(plain, state=S.NEW)
    left = [1]

    def context(row: Any, connection: Any) -> AsyncWork:
        if left[0]:
            left[0] -= 1
            with plain.begin() as other:
                other.execute(update(Order).values(version=Order.version + 1))
        return AsyncWork(row, connection)

    class Quiet(AsyncPolicy[S, AsyncWork]):
        def priority(self) -> tuple[()]:
            return ()

    async def scene(engine: AsyncEngine) -> list[Any]:
        def store(**options: Any) -> AsyncStore[S, Any, AsyncWork]:
            return AsyncStore(
                engine,
                Quiet(),
                key=Order.id,
                state=Order.state,
                version=Order.version,
                **options,
            )

        with pytest.raises(ConflictError) as caught:
            await store().move(1, S.PAID, context=context)
        assert caught.value.found == Seen(S.NEW, 1)
        left[0] = 1
        refused = store(on_conflict=lost)
        told: list[Any] = [await refused.move(1, S.PAID, context=context)]
        left[0] = 2
        return [*told, await store().move(1, S.PAID, context=context, attempts=3)]

    assert play(scene) == [Aborted("lost 1"), Accepted(S.PAID)]
    assert seen(plain) == (S.PAID, 5)


def test_a_database_that_gives_way(tmp_path: Any) -> None:
    """SQLite, busy, in a hook: a conflict, and what is made of one. Other errors are none."""
    path = str(tmp_path / "busy.db")
    plain = create_engine(URL.create("sqlite", database=path))
    Base.metadata.create_all(plain)
    fill(plain, state=S.NEW)

    async def scene() -> None:
        engine = create_async_engine(
            URL.create("sqlite+aiosqlite", database=path), connect_args={"timeout": 0}
        )
        with plain.begin() as other:
            other.execute(insert(Audit).values(text="writing"))
            with pytest.raises(ConflictError, match="gave way"):
                await async_orders(engine).move(1, S.PAID, context=AsyncWork)
            store = async_orders(engine, on_conflict=busy)
            assert await store.move(1, S.PAID, context=AsyncWork) == Delayed(1, "busy")
        plain_error = "no such column"
        with plain.begin() as other:
            other.exec_driver_sql("ALTER TABLE orders RENAME COLUMN version TO v")
        with pytest.raises(Exception, match=plain_error):
            await store.move(1, S.PAID, context=AsyncWork)
        await engine.dispose()

    asyncio.run(scene())
    plain.dispose()


@pytest.mark.parametrize("where", ["asyncpg", "psycopg"], indirect=True)
@pytest.mark.parametrize("level", ["REPEATABLE READ", "SERIALIZABLE"])
def test_a_serialization_failure(where: URL, plain: Engine, level: str) -> None:
    """Of the UPDATE, or of COMMIT: a conflict in each driver's words, and tried again if asked."""
    for key in (1, 2):
        fill(plain, state=S.NEW, key=key)
    total = text("SELECT sum(version) FROM orders")
    other = plain.execution_options(isolation_level=level)
    left = [1]

    async def scene() -> tuple[ConflictError, object]:
        engine = create_async_engine(where, isolation_level=level)

        def context(row: Any, connection: Any) -> AsyncWork:
            async def overtake() -> None:
                await connection.execute(total)
                if left:
                    with other.begin() as another:
                        another.execute(total)
                        which = 1 if level == "REPEATABLE READ" else 2
                        another.execute(update(Order).where(Order.id == which).values(version=5))

            return AsyncWork(row, connection, overtake)

        with pytest.raises(ConflictError) as caught:
            await async_orders(engine).move(1, S.PAID, context=context)
        left.clear()
        moved = await async_orders(engine).move(1, S.PAID, context=context, attempts=2)
        await engine.dispose()
        return caught.value, moved

    conflict, moved = asyncio.run(scene())
    cause: Any = conflict.__cause__
    assert cause.orig.sqlstate == "40001"
    assert (moved, records(plain)) == (Accepted(S.PAID), 1)


@pytest.mark.parametrize("statement", ["UPDATE", "INSERT INTO order_history", "COMMIT"])
def test_a_move_that_is_cancelled_while_it_writes_is_written(
    play: Play, plain: Engine, statement: str
) -> None:
    """It goes on to its end, after sides and all, and then the cancellation goes out."""
    fill(plain, state=S.NEW)
    taken: list[str] = []

    async def scene(engine: AsyncEngine) -> None:
        def cancel(*got: Any) -> None:
            if statement == "COMMIT" or str(got[2]).startswith(statement):
                loop.call_soon(moving.cancel)

        name = "commit" if statement == "COMMIT" else "before_cursor_execute"
        event.listen(engine.sync_engine, name, cancel)
        loop = asyncio.get_running_loop()
        moving = asyncio.ensure_future(
            async_orders(engine).move(1, S.PAID, context=lambda r, c: AsyncWork(r, c, taken=taken))
        )
        with pytest.raises(asyncio.CancelledError):
            await moving
        event.remove(engine.sync_engine, name, cancel)
        async with engine.connect():  # the pool has its connection
            pass

    play(scene)
    assert (seen(plain), records(plain), audits(plain)) == ((S.PAID, 1), 1, ["Accepted"])
    assert taken == ["taken", "after Accepted"]


def test_a_move_that_is_cancelled_before_has_written_nothing(play: Play, plain: Engine) -> None:
    """What hooks wrote falls, and what they took is given back."""
    fill(plain, state=S.NEW)
    taken: list[str] = []

    async def scene(engine: AsyncEngine) -> None:
        waiting = asyncio.Event()

        async def wait() -> None:
            waiting.set()
            await asyncio.sleep(60)

        def context(row: Any, connection: Any) -> AsyncWork:
            return AsyncWork(row, connection, wait, taken)

        moving = asyncio.ensure_future(async_orders(engine).move(1, S.PAID, context=context))
        await asyncio.wait_for(waiting.wait(), 10)
        await asyncio.sleep(0.01)
        moving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await moving
        async with engine.connect():
            pass

    play(scene)
    assert (seen(plain), records(plain), audits(plain)) == ((S.NEW, 0), 0, [])
    assert taken == ["taken", "raised"]


def test_after_sides_have_the_pool_to_themselves(play: Play, plain: Engine) -> None:
    """The connection is back when they are called: one that moves on needs no second."""
    fill(plain, state=S.NEW)

    async def scene(engine: AsyncEngine) -> object:
        store = async_orders(engine)
        told: list[object] = []

        class Then(list[str]):
            def append(self, text: str) -> None:
                if text == "after Accepted":
                    told.append(engine.pool.checkedout())  # type: ignore[attr-defined]

        await store.move(1, S.PAID, context=lambda r, c: AsyncWork(r, c, taken=Then()))
        return told

    assert play(scene) == [0]


def test_plain_and_async_share_what_they_do() -> None:
    """Their methods are the same, and so is what these take."""
    public = {name for name in vars(Store) if not name.startswith("_")}
    assert public == {name for name in vars(AsyncStore) if not name.startswith("_")}


def test_an_error_of_an_after_side_goes_out_as_it_is(play: Play, plain: Engine) -> None:
    """The move stands, and its connection is not asked for anything more."""
    fill(plain, state=S.NEW)

    async def scene(engine: AsyncEngine) -> None:
        class Then(list[str]):
            def append(self, text: str) -> None:
                if text.startswith("after"):
                    with plain.begin() as connection:
                        connection.exec_driver_sql("SELECT nothing FROM nowhere")

        with pytest.raises(DBAPIError, match="nowhere"):
            await async_orders(engine).move(
                1, S.PAID, context=lambda r, c: AsyncWork(r, c, taken=Then()), attempts=3
            )

    play(scene)
    assert (seen(plain), records(plain)) == ((S.PAID, 1), 1)


def test_a_hook_that_uses_the_connection_afterwards_is_told(play: Play, plain: Engine) -> None:
    """It is closed by then: what an after side writes is no part of the move."""
    fill(plain, state=S.NEW)
    kept: list[Any] = []

    async def scene(engine: AsyncEngine) -> None:
        def context(row: Any, connection: Any) -> AsyncWork:
            kept.append(connection)
            return AsyncWork(row, connection)

        await async_orders(engine).move(1, S.PAID, context=context)
        with pytest.raises(InvalidRequestError, match="closed"):
            await kept[0].execute(insert(Audit).values(text="late"))

    play(scene)


def test_a_busy_commit_is_rolled_back(tmp_path: Any) -> None:
    """SQLite's transaction, which is still open then, is ended here too."""
    path = str(tmp_path / "busy.db")
    plain = create_engine(URL.create("sqlite", database=path))
    Base.metadata.create_all(plain)
    fill(plain, state=S.NEW)

    async def scene() -> None:
        engine = create_async_engine(
            URL.create("sqlite+aiosqlite", database=path), connect_args={"timeout": 0}
        )
        with plain.connect() as reader:
            reader.exec_driver_sql("BEGIN")
            reader.exec_driver_sql("SELECT * FROM orders").all()
            with pytest.raises(ConflictError, match="gave way"):
                await async_orders(engine).move(1, S.PAID, context=AsyncWork)
        async with engine.begin() as connection:
            await connection.execute(insert(Audit).values(text="next"))
        await engine.dispose()

    asyncio.run(scene())
    assert (seen(plain), records(plain), audits(plain)) == ((S.NEW, 0), 0, ["next"])
    plain.dispose()


def test_a_context_is_made_by_a_function() -> None:
    """It is told before a connection is taken, as by the plain store."""
    made: Any = object()

    async def scene() -> None:
        store = async_orders(create_async_engine("sqlite+aiosqlite://"))
        with pytest.raises(StoreError, match="context= was given an object of object: give a"):
            await store.move(1, S.PAID, context=made)

    asyncio.run(scene())
