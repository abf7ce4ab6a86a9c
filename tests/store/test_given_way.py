"""Where the database gives way by itself: a conflict like any other, and nothing is written."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest
from sqlalchemy import (
    URL,
    Connection,
    Engine,
    RowMapping,
    create_engine,
    event,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.exc import DBAPIError

from bylaws import Accepted, Delayed
from bylaws.store import ConflictError, Seen, UnconfirmedError
from tests.store.shop import (
    Audit,
    Base,
    Order,
    S,
    Work,
    audits,
    bare,
    busy,
    fill,
    named,
    orders,
    records,
    seen,
)


def sqlstate(error: ConflictError) -> object:
    """What the server called the reason."""
    cause: Any = error.__cause__
    return cause.orig.sqlstate


@pytest.fixture
def lite(tmp_path: Path) -> Iterator[Engine]:
    """SQLite that does not wait for a lock, and has one connection."""
    engine = create_engine(
        URL.create("sqlite", database=str(tmp_path / "orders.db")),
        connect_args={"timeout": 0},
        pool_size=1,
        max_overflow=0,
        pool_timeout=1,
    )
    Base.metadata.create_all(engine)
    fill(engine, state=S.NEW)
    yield engine
    engine.dispose()


@pytest.fixture
def other(lite: Engine) -> Iterator[Engine]:
    """Another program at the same file."""
    engine = create_engine(lite.url, connect_args={"timeout": 0})
    yield engine
    engine.dispose()


def test_sqlite_busy_with_another_writer(lite: Engine, other: Engine) -> None:
    """The error of the database is the cause; what is there is said as far as it is known."""
    with other.begin() as connection:
        connection.execute(insert(Audit).values(text="writing"))
        with pytest.raises(ConflictError, match="gave way to another writer") as caught:
            bare(lite).move(1, S.PAID)
        store = bare(lite, on_conflict=named)
        assert store.move(1, S.PAID) == Delayed(1, "1")
    assert isinstance(caught.value.__cause__, DBAPIError)
    assert caught.value.expected == caught.value.found == Seen(S.NEW, 0)
    assert bare(lite).move(1, S.PAID) == Accepted(S.PAID)


def test_sqlite_busy_in_a_hook(lite: Engine, other: Engine) -> None:
    """A hook that fails for that reason ends in a conflict too, or in what is made of it."""
    taken: list[str] = []
    with other.begin() as connection:
        connection.execute(insert(Audit).values(text="writing"))
        with pytest.raises(ConflictError, match="gave way"):
            orders(lite).move(1, S.PAID, context=lambda r, c: Work(r, c, taken=taken))
        store = orders(lite, on_conflict=busy)
        assert store.move(1, S.PAID, context=Work) == Delayed(1, "busy")
    assert taken == []


def test_sqlite_busy_in_commit_is_rolled_back(lite: Engine, other: Engine) -> None:
    """Its transaction, which SQLAlchemy would leave open, is not committed by who comes next."""
    with other.connect() as connection:
        connection.exec_driver_sql("BEGIN")
        connection.execute(select(Order.id)).all()  # a reader, who keeps COMMIT waiting
        with pytest.raises(ConflictError) as caught:
            bare(lite).move(1, S.PAID)
        assert caught.value.found == Seen(S.NEW, 0)
    with lite.begin() as next_one:
        next_one.execute(insert(Audit).values(text="next"))
    assert (seen(lite), records(lite), audits(lite)) == ((S.NEW, 0), 0, ["next"])


def test_sqlite_busy_where_nothing_can_be_read(lite: Engine, other: Engine) -> None:
    """Neither what was expected is known then, nor what is there."""
    with other.connect() as connection:
        connection.exec_driver_sql("BEGIN EXCLUSIVE")
        with pytest.raises(ConflictError, match=r"^1: found that the database gave way") as caught:
            bare(lite).move(1, S.PAID)
    assert caught.value.expected is caught.value.found is None
    with other.connect() as connection:
        connection.exec_driver_sql("BEGIN EXCLUSIVE")
        store = bare(lite, record="all", on_conflict=busy)
        assert store.move(1, S.PAID) == Delayed(1, "busy")
    assert records(lite) == 0


def test_sqlite_busy_for_the_record_of_a_refusal(lite: Engine, other: Engine) -> None:
    """A refusal that cannot be recorded is a conflict, and so is tried again if that is asked."""
    with other.begin() as connection:
        connection.execute(insert(Audit).values(text="writing"))
        with pytest.raises(ConflictError, match="gave way"):
            bare(lite, record="all").move(1, S.SENT)


@pytest.mark.parametrize("to", [S.PAID, S.SENT], ids=["a conflict", "a refusal"])
@pytest.mark.parametrize("busy_with", ["a writer", "a reader"])
def test_sqlite_busy_for_the_record_of_a_conflict_too(
    lite: Engine, other: Engine, to: S, busy_with: str
) -> None:
    """The refusal that is made of it stands, without a row, and no transaction is left open."""
    store = bare(lite, record="all", on_conflict=busy)
    with other.connect() as connection:
        connection.exec_driver_sql("BEGIN" if busy_with == "a reader" else "BEGIN IMMEDIATE")
        connection.execute(select(Order.id)).all()
        assert store.move(1, to) == Delayed(1, "busy")
    with lite.begin() as next_one:
        next_one.execute(insert(Audit).values(text="next"))
    assert (seen(lite), records(lite), audits(lite)) == ((S.NEW, 0), 0, ["next"])


def test_sqlite_busy_with_what_a_hook_has_read(lite: Engine, other: Engine) -> None:
    """A snapshot that another has written past (SQLITE_BUSY_SNAPSHOT) is a conflict."""
    with lite.connect() as connection:
        connection.exec_driver_sql("PRAGMA journal_mode=WAL")

    def context(row: RowMapping, connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN")
        connection.execute(select(Order.id)).all()
        with other.begin() as another:
            another.execute(insert(Audit).values(text="meanwhile"))

    with pytest.raises(ConflictError, match="gave way"):
        bare(lite).move(1, S.PAID, context=context)
    assert (seen(lite), records(lite)) == ((S.NEW, 0), 0)


@pytest.mark.parametrize("to", [S.PAID, S.SENT], ids=["a conflict", "a refusal"])
def test_the_record_of_a_refusal_is_not_committed_by_who_comes_next(
    lite: Engine, other: Engine, to: S
) -> None:
    """Its COMMIT failed, and so it is rolled back, whatever the error is like."""
    commit = lite.dialect.do_commit

    def cut(_: object) -> None:
        raise ConnectionResetError("cut")

    def context(row: RowMapping, connection: Connection) -> None:
        with other.begin() as another:
            another.execute(update(Order).values(version=Order.version + 1))
        setattr(lite.dialect, "do_commit", cut)  # noqa: B010

    with pytest.raises(ConnectionResetError):
        bare(lite, record="all", on_conflict=busy).move(1, to, context=context)
    setattr(lite.dialect, "do_commit", commit)  # noqa: B010
    with lite.begin() as next_one:
        next_one.execute(insert(Audit).values(text="next"))
    assert (seen(lite), records(lite), audits(lite)) == ((S.NEW, 1), 0, ["next"])


def test_an_error_of_a_cleanup_side_is_no_conflict(lite: Engine, other: Engine) -> None:
    """What a lost race cleans up may fail too: that goes out, and nothing is tried again."""
    tries: list[str] = []

    class Back(list[str]):
        def remove(self, text: str) -> None:
            tries.append(text)
            with other.begin() as blocking:
                blocking.execute(insert(Audit).values(text="writing"))
                with lite.begin() as connection:
                    connection.execute(insert(Audit).values(text="never"))

    class Quiet(Work):
        def write(self, text: str) -> None:
            """Nothing, which would lock the file."""

    def overtake() -> None:
        with other.begin() as another:
            another.execute(update(Order).values(version=Order.version + 1))

    with pytest.raises(DBAPIError, match="locked"):
        orders(lite).move(1, S.PAID, context=lambda r, c: Quiet(r, c, overtake, Back()), attempts=3)
    assert (tries, seen(lite)) == (["taken"], (S.NEW, 1))


def test_an_error_of_an_after_side_is_no_conflict(lite: Engine, other: Engine) -> None:
    """The move stands then, whatever the error is like: it is not tried again."""

    class Then(list[str]):
        def append(self, text: str) -> None:
            if text.startswith("after"):
                with other.begin() as blocking:
                    blocking.execute(insert(Audit).values(text="writing"))
                    with lite.begin() as connection:
                        connection.execute(insert(Audit).values(text="never"))

    with pytest.raises(DBAPIError, match="locked"):
        orders(lite).move(1, S.PAID, context=lambda r, c: Work(r, c, taken=Then()), attempts=3)
    assert (seen(lite), records(lite)) == ((S.PAID, 1), 1)


@pytest.mark.spawns
def test_a_serialization_failure(postgres: URL) -> None:
    """Under REPEATABLE READ the other's move fails the UPDATE, and not the comparison."""
    engine = create_engine(postgres, isolation_level="REPEATABLE READ")
    Base.metadata.drop_all(engine)
    Base.metadata.create_all(engine)
    fill(engine, state=S.NEW)

    def overtake() -> None:
        with engine.begin() as connection:
            connection.execute(update(Order).values(version=5))

    with pytest.raises(ConflictError, match=r"found S\.NEW at version 5") as caught:
        orders(engine).move(1, S.PAID, context=lambda r, c: Work(r, c, overtake))
    assert sqlstate(caught.value) == "40001"
    assert (seen(engine), audits(engine), records(engine)) == ((S.NEW, 5), [], 0)
    times = iter([overtake, lambda: None])
    outcome = orders(engine).move(
        1, S.PAID, context=lambda r, c: Work(r, c, next(times)), attempts=2
    )
    assert (outcome, seen(engine)) == (Accepted(S.PAID), (S.PAID, 6))
    engine.dispose()


@pytest.mark.spawns
def test_a_failure_to_serialize_that_commit_tells(postgres: URL) -> None:
    """Under SERIALIZABLE it may be COMMIT that fails: the server has answered, so no doubt."""
    engine = create_engine(postgres, isolation_level="SERIALIZABLE")
    Base.metadata.drop_all(engine)
    Base.metadata.create_all(engine)
    fill(engine, state=S.NEW, key=1)
    fill(engine, state=S.NEW, key=2)
    total = select(text("sum(version)")).select_from(Order.__table__)

    def meanwhile(work: Work) -> None:
        work.connection.execute(total)
        with engine.begin() as connection:
            connection.execute(total)
            connection.execute(update(Order).where(Order.id == 2).values(version=5))

    def context(row: object, connection: object) -> Work:
        work = Work(row, connection)  # type: ignore[arg-type]
        work.meanwhile = lambda: meanwhile(work)
        return work

    with pytest.raises(ConflictError, match="gave way") as caught:
        orders(engine).move(1, S.PAID, context=context)
    assert sqlstate(caught.value) == "40001"
    assert (seen(engine), records(engine)) == ((S.NEW, 0), 0)
    engine.dispose()


@pytest.mark.spawns
def test_a_deadlock(postgres: URL) -> None:
    """Of two moves that wait for one another one is a conflict, and with a retry both are done."""
    engine = create_engine(postgres)
    Base.metadata.drop_all(engine)
    Base.metadata.create_all(engine)
    for key in (1, 2):
        fill(engine, state=S.NEW, key=key)
    both = Barrier(2)
    told: list[object] = []
    tries: list[int] = []

    def go(key: int, attempts: int) -> None:
        def context(row: object, connection: object) -> Work:
            work = Work(row, connection)  # type: ignore[arg-type]
            tries.append(key)

            def touch() -> None:
                mine, its = (update(Order).where(Order.id == k) for k in (key, 3 - key))
                work.connection.execute(mine.values(total=5))
                if tries.count(key) == 1:
                    both.wait()
                work.connection.execute(its.values(total=5))

            work.meanwhile = touch
            return work

        try:
            told.append(orders(engine).move(key, S.PAID, context=context, attempts=attempts))
        except ConflictError as error:
            told.append(sqlstate(error))

    for attempts, expected in ((1, [Accepted(S.PAID), "40P01"]), (3, [Accepted(S.PAID)] * 2)):
        told.clear()
        tries.clear()
        with engine.begin() as connection:
            connection.execute(update(Order).values(state=S.NEW))
        threads = [Thread(target=go, args=(key, attempts)) for key in (1, 2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(told, key=str) == sorted(expected, key=str)
    engine.dispose()


@pytest.mark.spawns
def test_a_server_that_goes_during_commit_leaves_it_open(postgres: URL) -> None:
    """A backend that is ended in COMMIT has answered, but nobody can know what with."""
    engine = create_engine(postgres)
    Base.metadata.drop_all(engine)
    Base.metadata.create_all(engine)
    fill(engine, state=S.NEW)
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "CREATE OR REPLACE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS "
            "'BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NEW; END'"
        )
        connection.exec_driver_sql(
            "CREATE CONSTRAINT TRIGGER die AFTER INSERT ON order_history "
            "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION die()"
        )
    with pytest.raises(UnconfirmedError) as caught:
        bare(engine).move(1, S.PAID)
    assert isinstance(caught.value.__cause__, DBAPIError)
    assert (seen(engine), records(engine)) == ((S.NEW, 0), 0)
    engine.dispose()


@pytest.mark.spawns
def test_a_commit_that_the_server_refuses_is_not_written(postgres: URL) -> None:
    """A deferred constraint: the error goes out as it is, for it is known what became of it."""
    engine = create_engine(postgres)
    Base.metadata.drop_all(engine)
    Base.metadata.create_all(engine)
    fill(engine, state=S.NEW)
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS "
            "'BEGIN RAISE EXCEPTION ''no''; END'"
        )
        connection.exec_driver_sql(
            "CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON order_history "
            "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse()"
        )
    with pytest.raises(DBAPIError, match="no"):
        bare(engine).move(1, S.PAID)
    assert (seen(engine), records(engine)) == ((S.NEW, 0), 0)
    engine.dispose()


def test_a_rollback_that_fails_too_ends_the_connection(lite: Engine) -> None:
    """What became of the transaction is nobody's to commit: its connection is thrown away."""
    commit, rollback = lite.dialect.do_commit, lite.dialect.do_rollback
    ended: list[object] = []
    event.listen(lite, "invalidate", lambda *got: ended.append(got))

    def fail(connection: object) -> None:
        raise ConnectionResetError("cut")

    def context(row: object, connection: object) -> Work:
        for name in ("do_commit", "do_rollback"):
            setattr(lite.dialect, name, fail)
        return Work(row, connection)  # type: ignore[arg-type]

    with pytest.raises(UnconfirmedError):
        orders(lite).move(1, S.PAID, context=context)
    for name, right in (("do_commit", commit), ("do_rollback", rollback)):
        setattr(lite.dialect, name, right)
    assert len(ended) == 1
    assert seen(lite) == (S.NEW, 0)


def test_a_connection_that_is_lost_in_commit_is_not_rolled_back(lite: Engine) -> None:
    """SQLAlchemy has thrown it away already; whether it is written nobody knows."""
    usual = {name: getattr(lite.dialect, name) for name in ("do_commit", "is_disconnect")}

    def cut(_: object) -> None:
        raise sqlite3.OperationalError("the line is cut")

    def always(*_: object) -> bool:
        return True

    def context(row: RowMapping, connection: Connection) -> Work:
        for name, other in (("do_commit", cut), ("is_disconnect", always)):
            setattr(lite.dialect, name, other)
        return Work(row, connection)

    with pytest.raises(UnconfirmedError) as caught:
        orders(lite).move(1, S.PAID, context=context)
    for name, right in usual.items():
        setattr(lite.dialect, name, right)
    assert isinstance(caught.value.__cause__, DBAPIError)
    assert (seen(lite), records(lite)) == ((S.NEW, 0), 0)
