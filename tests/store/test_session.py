"""The commit for an instance in its session: no object shows what was not written."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL, Engine, Enum, create_engine, event, insert, update
from sqlalchemy import inspect as inspected
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from bylaws import Aborted, Accepted, AsyncPolicy, Policy, Rejected, Transition, rule
from bylaws.store import AsyncStore, ConflictError, Seen, Store, StoreError
from tests.store.shop import BARE, HISTORY, LEGAL, Audit, Base, Counted, Order, S, lost, records

KINDS = pytest.mark.parametrize("kind", [Order, Counted])


def store_of(engine: Engine, kind: Any, **options: Any) -> Store[S]:
    options = {"history": HISTORY, **options}
    return Store(engine, BARE, key=kind.id, state=kind.state, version=kind.version, **options)


def made(engine: Engine, kind: Any, state: S = S.NEW) -> int:
    """The version of a new instance."""
    with Session(engine) as session:
        instance = kind(id=1, state=state, **({} if kind is Counted else {"version": 0}))
        session.add(instance)
        session.commit()
        version: int = instance.version
        return version


def overtake(engine: Engine, kind: Any) -> None:
    """Another writer."""
    with engine.begin() as connection:
        connection.execute(update(kind).values(state=S.LOST, version=kind.version + 1))


@KINDS
@pytest.mark.parametrize("expire", [True, False])
def test_the_instance_shows_what_is_written(engine: Engine, kind: Any, *, expire: bool) -> None:
    """State, version and record are written with the session, and the instance shows them."""
    version = made(engine, kind)
    store = store_of(engine, kind)
    with Session(engine, expire_on_commit=expire) as session:
        order = session.get_one(kind, 1)
        session.add(Audit(text="with it"))
        order.total = 9
        commit = store.commit(session, order, S.PAID, data={"by": "ann"})
        assert BARE.run(None, order.state, S.PAID, commit=commit) == Accepted(S.PAID)
        assert (order.state, order.version, order.total) == (S.PAID, version + 1, 9)
        assert not session.dirty
        assert BARE.run(
            None, order.state, S.PAID, commit=store.commit(session, order, S.PAID)
        ) == Accepted(S.PAID)
        assert (order.state, order.version) == (S.PAID, version + 2)
    with Session(engine) as session:
        found = session.get_one(kind, 1)
        assert (found.state, found.version, found.total) == (S.PAID, version + 2, 9)
        assert session.query(Audit).count() == 1
    assert [(r.version, r.from_state, r.to_state, r.data) for r in store.history(1)] == [
        (version + 1, S.NEW, S.PAID, {"by": "ann"}),
        (version + 2, S.PAID, S.PAID, None),
    ]


def test_a_version_that_hooks_have_counted_on(engine: Engine) -> None:
    """What hooks flushed the mapper has counted: the record has the version that is written."""
    version = made(engine, Counted)

    @rule(from_states={S.NEW}, to_states={S.PAID})
    def touch(t: Transition[S, S, Session]) -> None:
        t.context.get_one(Counted, 1).total = 7
        t.context.flush()

    policy = Policy[S, Session](LEGAL, touch)
    store = Store(
        engine,
        policy,
        key=Counted.id,
        state=Counted.state,
        version=Counted.version,
        history=HISTORY,
    )
    with Session(engine) as session:
        order = session.get_one(Counted, 1)
        commit = store.commit(session, order, S.PAID)
        assert policy.run(session, order.state, S.PAID, commit=commit) == Accepted(S.PAID)
        assert order.version == version + 2
    assert [record.version for record in store.history(1)] == [version + 2]


@KINDS
def test_another_writer_is_a_conflict(engine: Engine, kind: Any) -> None:
    """It is raised, and the instance shows what is there now; nothing of the session is written."""
    version = made(engine, kind)
    store = store_of(engine, kind)
    with Session(engine) as session:
        order = session.get_one(kind, 1)
        session.add(Audit(text="with it"))
        commit = store.commit(session, order, S.PAID)
        overtake(engine, kind)
        with pytest.raises(ConflictError) as caught:
            BARE.run(None, order.state, S.PAID, commit=commit)
        assert caught.value.expected == Seen(S.NEW, version)
        assert caught.value.found == Seen(S.LOST, version + 1)
        assert not session.in_transaction()
        assert (order.state, order.version) == (S.LOST, version + 1)
        assert session.query(Audit).count() == 0
    assert records(engine) == 0


@KINDS
def test_on_conflict_refuses(engine: Engine, kind: Any) -> None:
    """The refusal that is made of it is the run's outcome."""
    made(engine, kind)
    store = store_of(engine, kind, record="all", on_conflict=lost)
    with Session(engine) as session:
        order = session.get_one(kind, 1)
        commit = store.commit(session, order, S.PAID)
        overtake(engine, kind)
        outcome = BARE.run(None, order.state, S.PAID, commit=commit)
        assert isinstance(outcome, Aborted)
        assert order.state is S.LOST
    assert [record.refused_by for record in store.history(1)] == ["commit"]


def test_the_record_of_a_conflict_may_find_the_database_busy(tmp_path: Path) -> None:
    """The refusal stands without it, and the session is as after any rollback."""
    where = URL.create("sqlite", database=str(tmp_path / "x.db"))
    engine, other = (create_engine(where, connect_args={"timeout": 0}) for _ in range(2))
    Base.metadata.create_all(engine)
    made(engine, Order)
    store = store_of(engine, Order, record="all", on_conflict=lost)
    with Session(engine) as session, other.connect() as connection:
        order = session.get_one(Order, 1)
        commit = store.commit(session, order, S.PAID)
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        assert BARE.run(None, S.NEW, S.PAID, commit=commit) == Aborted("lost 1")
        assert not session.in_transaction()
        assert order.state is S.NEW
    assert records(engine) == 0
    for each in (engine, other):
        each.dispose()


def test_an_instance_that_was_changed_meanwhile_is_a_conflict(engine: Engine) -> None:
    """The rules were asked about another state than it has when it is to be written."""
    made(engine, Order)
    store = store_of(engine, Order)
    with Session(engine) as session:
        order = session.get_one(Order, 1)
        commit = store.commit(session, order, S.PAID)
        order.state = S.SENT
        with pytest.raises(ConflictError):
            BARE.run(None, S.NEW, S.PAID, commit=commit)
        assert order.state is S.NEW


@KINDS
def test_a_failure_leaves_no_state_behind(engine: Engine, kind: Any) -> None:
    """Whatever fails, the database or not: the session is rolled back, the instance expired."""
    made(engine, kind)
    store = store_of(engine, kind)

    def clock() -> Any:
        raise LookupError("no clock")

    broken = store_of(engine, kind, clock=clock)
    with Session(engine) as session:
        order = session.get_one(kind, 1)
        with pytest.raises(LookupError):
            BARE.run(None, S.NEW, S.PAID, commit=broken.commit(session, order, S.PAID))
        assert inspected(order).expired
        assert order.state is S.NEW
        session.add(Audit(id=None, order=77, text=None))
        with pytest.raises(DBAPIError):
            BARE.run(None, S.NEW, S.PAID, commit=store.commit(session, order, S.PAID))
        assert inspected(order).expired
        assert order.state is S.NEW
    assert records(engine) == 0


def test_what_fails_before_commit_is_certain(engine: Engine) -> None:
    """What the session has is flushed first: an error of that leaves nothing open."""
    made(engine, Order)
    store = store_of(engine, Order)
    with Session(engine) as session:

        def fail(*_: object) -> None:
            raise LookupError("in a listener")

        order = session.get_one(Order, 1)
        session.add(Audit(text="with it"))
        event.listen(session, "before_flush", fail)
        with pytest.raises(LookupError, match="in a listener"):
            BARE.run(None, S.NEW, S.PAID, commit=store.commit(session, order, S.PAID))
        event.remove(session, "before_flush", fail)
        assert order.state is S.NEW


def test_a_refusal_leaves_the_session_alone(engine: Engine) -> None:
    """The commit is not called: what the session has is its owner's to commit or not."""
    made(engine, Order)
    store = store_of(engine, Order)
    with Session(engine) as session:
        order = session.get_one(Order, 1)
        session.add(Audit(text="mine"))
        outcome = BARE.run(None, S.NEW, S.SENT, commit=store.commit(session, order, S.SENT))
        assert isinstance(outcome, Aborted)
        assert order.state is S.NEW
        session.commit()
        assert session.query(Audit).count() == 1


def test_a_redirect_is_written(engine: Engine) -> None:
    """With what was intended in the record."""

    @rule(from_states={S.NEW}, to_states={S.PAID})
    def lose(t: Transition[S, S, object]) -> Any:
        from bylaws import reject  # noqa: PLC0415

        return reject(S.LOST, reason="gone")

    made(engine, Order)
    store, policy = store_of(engine, Order), Policy[S](lose)
    with Session(engine) as session:
        order = session.get_one(Order, 1)
        outcome = policy.run(None, S.NEW, S.PAID, commit=store.commit(session, order, S.PAID))
        assert outcome == Rejected(S.LOST, "gone")
        assert order.state is S.LOST
    (record,) = store.history(1)
    assert (record.intended, record.to_state, record.refused_by) == (S.PAID, S.LOST, "lose")


def test_what_is_no_instance_of_the_table(engine: Engine) -> None:
    """It is told at once."""
    store = store_of(engine, Order)
    with Session(engine) as session:
        with pytest.raises(StoreError, match="Audit is not mapped to orders"):
            store.commit(session, Audit(), S.PAID)
        order = Order(id=1, state=S.NEW, version=0)
        session.add(order)
        session.flush()
        order.version = None  # type: ignore[assignment]
        with pytest.raises(StoreError, match="has the version None"):
            store.commit(session, order, S.PAID)


@KINDS
def test_an_instance_that_is_not_in_the_session(engine: Engine, kind: Any) -> None:
    """One that is detached, or not flushed, the session would not write, nor expire."""
    version = made(engine, kind)
    store = store_of(engine, kind)
    with Session(engine) as session, Session(engine) as other:
        order = other.get_one(kind, 1)
        new = kind(id=2, state=S.NEW, version=0)
        session.add(new)
        for stranger in (order, new, kind(id=3, state=S.NEW, version=0)):
            with pytest.raises(StoreError, match="is not in the session, or not flushed"):
                store.commit(session, stranger, S.PAID)
        commit = store.commit(other, order, S.PAID)
        other.expunge(order)
        with pytest.raises(ConflictError):
            BARE.run(None, order.state, S.PAID, commit=commit)
        assert (order.state, order.version) == (S.NEW, version)
    assert records(engine) == 0


def test_a_version_that_the_mapper_checks_and_does_not_count(engine: Engine) -> None:
    """`version_id_generator=False` leaves the counting to the store."""

    class Base(DeclarativeBase): ...

    class Checked(Base):
        __tablename__ = "checked"
        id: Mapped[int] = mapped_column(primary_key=True)
        state: Mapped[S | None] = mapped_column(Enum(S, native_enum=False))
        version: Mapped[int] = mapped_column()
        __mapper_args__ = {"version_id_col": version, "version_id_generator": False}

    Base.metadata.drop_all(engine)
    Base.metadata.create_all(engine)
    store = store_of(engine, Checked)
    with Session(engine) as session:
        order = Checked(id=1, state=S.NEW, version=0)
        session.add(order)
        session.commit()
        for to in (S.PAID, S.SENT):
            assert BARE.run(
                None, order.state, to, commit=store.commit(session, order, to)
            ) == Accepted(to)
        assert (order.state, order.version) == (S.SENT, 2)
    assert [record.version for record in store.history(1)] == [1, 2]


def test_a_session_of_several_databases(tmp_path: Path) -> None:
    """State and record are written in one transaction: where the instance is."""
    engines = [
        create_engine(URL.create("sqlite", database=str(tmp_path / name))) for name in ("a", "b")
    ]
    for engine in engines:
        Base.metadata.create_all(engine)
        made(engine, Order)
    first, second = engines
    store = store_of(second, Order, record="all", on_conflict=lost)
    with Session(first, binds={Order: second}) as session:
        order = session.get_one(Order, 1)
        assert BARE.run(
            None, order.state, S.PAID, commit=store.commit(session, order, S.PAID)
        ) == Accepted(S.PAID)
        commit = store.commit(session, order, S.LOST)
        overtake(second, Order)
        assert BARE.run(None, S.PAID, S.LOST, commit=commit) == Aborted("lost 1")
    assert (records(first), records(second)) == (0, 2)
    for engine in engines:
        engine.dispose()


def test_sqlite_busy(tmp_path: Path) -> None:
    """A database that gives way is a conflict here, too, in the commit of the session as well."""
    engine = create_engine(
        URL.create("sqlite", database=str(tmp_path / "x.db")), connect_args={"timeout": 0}
    )
    Base.metadata.create_all(engine)
    made(engine, Order)
    store = store_of(engine, Order)
    for busy in ("BEGIN IMMEDIATE", "BEGIN"):
        other = create_engine(engine.url, connect_args={"timeout": 0})
        with Session(engine) as session, other.connect() as connection:
            order = session.get_one(Order, 1)
            commit = store.commit(session, order, S.PAID)
            connection.exec_driver_sql(busy)
            connection.exec_driver_sql("SELECT * FROM orders").all()
            with pytest.raises(ConflictError, match="gave way"):
                BARE.run(None, S.NEW, S.PAID, commit=commit)
            assert order.state is S.NEW
        other.dispose()
        with engine.begin() as next_one:
            next_one.execute(insert(Audit).values(text=busy))
        assert records(engine) == 0
    engine.dispose()


@pytest.mark.spawns
@KINDS
def test_async_sessions(tmp_path: Path, kind: Any) -> None:
    """The same for an AsyncSession; a write that is cancelled goes on to its end."""
    pytest.importorskip("greenlet", reason="needs greenlet")
    pytest.importorskip("aiosqlite", reason="needs the extra: examples")
    from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine  # noqa: PLC0415

    where = URL.create("sqlite", database=str(tmp_path / "x.db"))
    plain = create_engine(where)
    Base.metadata.create_all(plain)
    version = made(plain, kind)

    async def scene() -> None:
        engine = create_async_engine(where.set(drivername="sqlite+aiosqlite"))
        free = AsyncPolicy[S]()
        store = AsyncStore(
            engine, free, key=kind.id, state=kind.state, version=kind.version, history=HISTORY
        )
        async with AsyncSession(engine, expire_on_commit=False) as session:
            order = await session.get_one(kind, 1)

            def run(to: S) -> Any:
                return free.arun(None, order.state, to, commit=store.commit(session, order, to))

            assert await run(S.PAID) == Accepted(S.PAID)
            assert (order.state, order.version) == (S.PAID, version + 1)
            writing = asyncio.ensure_future(run(S.SENT))
            loop = asyncio.get_running_loop()

            def cancel(*got: Any) -> None:
                loop.call_soon(writing.cancel)

            event.listen(engine.sync_engine, "before_cursor_execute", cancel, once=True)
            with pytest.raises(asyncio.CancelledError):
                await writing
            assert order.state is S.SENT
            assert [record.to_state async for record in store.history(1)] == [S.PAID, S.SENT]
            overtake(plain, kind)
            with pytest.raises(ConflictError):
                await run(S.NEW)
        await engine.dispose()

    asyncio.run(scene())
    plain.dispose()
