"""The user's own table: every kind of state column, and what no store can work with."""

from __future__ import annotations

import json
import sqlite3
import sys
from collections.abc import Iterator
from datetime import date, datetime
from enum import Enum, IntEnum, StrEnum
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy
from sqlalchemy import (
    URL,
    Column,
    Engine,
    Integer,
    MetaData,
    Table,
    Text,
    create_engine,
    event,
    insert,
    select,
)
from sqlalchemy.exc import DBAPIError

from bylaws import Accepted, Policy, StateError, moves, states
from bylaws.store import NoRowError, Store, StoreError, history_table
from tests.store.shop import HISTORY, Base, Order, S, bare, fill, orders, records, seen


class Level(IntEnum):
    LOW = 1
    HIGH = 2


class More(StrEnum):
    EXTRA = "extra"
    NEW = "renewed"


FREE = Policy[S]()


def values(kind: type[Enum]) -> list[str]:
    return [member.value for member in kind]


@pytest.mark.parametrize(
    ("kind", "stored", "raw"),
    [
        (sqlalchemy.Enum(S, name="s_native"), "values", "PAID"),
        (sqlalchemy.Enum(S, native_enum=False), "values", "PAID"),
        (sqlalchemy.Enum(S, native_enum=False, values_callable=values), "values", "paid"),
        (sqlalchemy.Enum(S, name="s_values", values_callable=values), "values", "paid"),
        (sqlalchemy.Enum("new", "paid", name="s_texts"), "values", "paid"),
        (Text(), "values", "paid"),
        (Text(), "names", "PAID"),
    ],
    ids=["native", "text", "text of values", "native of values", "no class", "values", "names"],
)
def test_every_kind_of_column(engine: Engine, kind: Any, stored: Any, raw: str) -> None:
    """The column has what SQLAlchemy or `stored` says, and a move knows it again."""
    metadata = MetaData()
    table = Table(
        "kinds",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("state", kind),
        Column("version", Integer),
    )
    metadata.drop_all(engine)
    metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(insert(table).values(id=1, version=0))
    store = Store(
        engine, FREE, key=table.c.id, state=table.c.state, version=table.c.version, stored=stored
    )
    assert store.move(1, S.NEW) == store.move(1, S.NEW) == Accepted(S.NEW)
    assert store.move(1, S.PAID) == Accepted(S.PAID)
    with engine.connect() as connection:
        found = connection.exec_driver_sql("SELECT state, version FROM kinds").one()
    assert tuple(found) == (raw, 3)
    key, _ = store.add({"id": 2}, S.PAID)
    assert store.move(key, S.NEW) == Accepted(S.NEW)
    metadata.drop_all(engine)


def table(name: str, state: Any, **options: Any) -> Table:
    """A table of subjects."""
    columns = {"key": Integer, "version": Integer, **options}
    return Table(
        name,
        MetaData(),
        Column("id", columns["key"], primary_key=options.get("primary", True)),
        Column("state", state),
        Column("version", columns["version"]),
    )


@pytest.fixture
def lite() -> Iterator[Engine]:
    made = create_engine("sqlite://")
    Base.metadata.create_all(made)
    yield made
    made.dispose()


def store_of(engine: Engine, subjects: Table, policy: Any = FREE, **options: Any) -> Store[Any]:
    columns = subjects.c
    return Store(
        engine, policy, key=columns.id, state=columns.state, version=columns.version, **options
    )


@pytest.mark.parametrize("typed", [False, True], ids=["as text", "typed"])
@pytest.mark.parametrize(
    ("kind", "key"),
    [
        (sqlalchemy.Uuid(), UUID(int=7)),
        (sqlalchemy.LargeBinary(20), b"\x00'"),
        (sqlalchemy.Date(), date(2020, 2, 29)),
        (sqlalchemy.String(20), " '\u2603' "),
        (sqlalchemy.BigInteger(), -(2**40)),
    ],
    ids=["uuid", "bytes", "date", "text", "number"],
)
def test_every_kind_of_key(engine: Engine, kind: Any, key: object, *, typed: bool) -> None:
    """Its moves are found again, whether the history has it as text or as what it is."""
    metadata = MetaData()
    keyed = Table(
        "keyed",
        metadata,
        Column("id", kind, primary_key=True),
        Column("state", Text),
        Column("version", Integer),
    )
    kept = history_table(metadata, "keyed_history", subject=keyed.c.id if typed else None)
    metadata.drop_all(engine)
    metadata.create_all(engine)
    store = store_of(engine, keyed, history=kept)
    assert store.add({"id": key}, S.NEW) == (key, Accepted(S.NEW))
    store.move(key, S.PAID)
    assert [record.version for record in store.history(key)] == [1, 2]
    assert {record.subject for record in store.history(key)} == {key if typed else str(key)}
    metadata.drop_all(engine)


def test_values_of_other_types(lite: Engine) -> None:
    """What the members' values are the column may hold, numbers say."""
    numbers = table("numbers", Integer)
    numbers.metadata.create_all(lite)
    store = store_of(lite, numbers, Policy[Level]())
    key, _ = store.add({}, Level.HIGH)
    with lite.connect() as connection:
        assert connection.scalar(select(numbers.c.state)) == 2
    assert store.move(key, Level.LOW) == Accepted(Level.LOW)


def test_states_of_several_enums(lite: Engine) -> None:
    """They need a text column; the history calls each with its enum's name, as the views do."""
    texts = table("texts", Text)
    kept = history_table(MetaData(), "kept", subject=texts.c.id)
    texts.metadata.create_all(lite)
    kept.metadata.create_all(lite)
    policy = Policy[S | More]()
    store = store_of(lite, texts, policy, history=kept)
    key, _ = store.add({}, More.NEW)
    store.move(key, S.NEW)
    assert [record.to_state for record in store.history(key)] == [More.NEW, S.NEW]
    with lite.connect() as connection:
        assert list(connection.scalars(select(kept.c.to_state))) == ["More.NEW", "S.NEW"]
        assert list(connection.scalars(select(kept.c.subject))) == [key, key]
    with pytest.raises(StoreError, match=r"cannot hold More\.EXTRA, which is a state of Policy"):
        store_of(lite, table("one", sqlalchemy.Enum(S)), policy)


def test_a_policy_without_type_arguments(lite: Engine) -> None:
    """Its states are those of its rules' enums."""
    texts = table("texts", Text)
    texts.metadata.create_all(lite)
    store = store_of(lite, texts, Policy(moves({None: {S.NEW}, S.NEW: states(S.PAID)})))
    key, _ = store.add({}, S.NEW)
    assert store.move(key, S.PAID) == Accepted(S.PAID)
    with pytest.raises(StoreError, match="names no states"):
        store_of(lite, texts, Policy())


def test_what_cannot_be_a_table_of_subjects(lite: Engine) -> None:
    """Each is told when the store is made."""
    with pytest.raises(StateError, match="S"):
        store_of(lite, table("other", sqlalchemy.Enum(S)), Policy[More](moves({None: {More.NEW}})))
    with pytest.raises(StoreError, match="no primary key"):
        store_of(lite, table("none", Text, primary=False))
    one, other = table("one", Text), table("other", Text)
    with pytest.raises(StoreError, match="are not of one table"):
        Store(lite, FREE, key=one.c.id, state=other.c.state, version=one.c.version)
    with pytest.raises(StoreError, match="are not of one table"):
        Store(
            lite,
            FREE,
            key=Column("id", Integer),
            state=Column("state", Text),
            version=Column("version", Integer),
        )
    with pytest.raises(StoreError, match=r"key= was given 'id': give a column of a table"):
        Store(lite, FREE, key="id", state=Order.state, version=Order.version)  # type: ignore[arg-type]
    with pytest.raises(StoreError, match=r"the value of Level.LOW is not: store the states as"):
        store_of(lite, table("texts", Text), Policy[Level]())
    same = Enum("same", {"NEW": "new"})
    with pytest.raises(StoreError, match="two states have one value"):
        store_of(lite, table("texts", Text), Policy[S | same](), stored="values")
    no_history = Table("bad", MetaData(), Column("id", Integer), Column("subject", Integer))
    with pytest.raises(StoreError, match="'version': make it with history_table"):
        store_of(lite, table("texts", Text), history=no_history)
    with pytest.raises(StoreError, match="needs a history"):
        bare(lite, history=None, record="all")


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"version": "state"}, r"state= and version= were both given one\.state: key, state and"),
        ({"key": "version"}, r"key= and version= were both given one\.version: key, state and"),
        ({"state": "id"}, r"key= and state= were both given one\.id: key, state and version are"),
    ],
)
def test_a_column_is_given_once(lite: Engine, given: dict[str, str], told: str) -> None:
    """What a key, a state or a version would overwrite is no other of them."""
    names = {"key": "id", "state": "state", "version": "version", **given}
    one = table("one", Text)
    columns: dict[str, Any] = {what: one.c[name] for what, name in names.items()}
    with pytest.raises(StoreError, match=told):
        Store(lite, FREE, **columns)


def test_words_that_the_store_has_not(lite: Engine) -> None:
    """A misspelt `record=` or `stored=` would be the default in silence."""
    wrong: Any = "everything"
    with pytest.raises(StoreError, match=r"record='everything': give \"changes\", .*, or \"all\""):
        bare(lite, record=wrong)
    with pytest.raises(StoreError, match=r"stored='everything': .* \"values\" or \"names\"\."):
        bare(lite, stored=wrong)


def test_a_context_is_made_by_a_function(lite: Engine) -> None:
    """One that was made already knows neither row nor connection."""
    fill(lite, state=S.NEW)
    made: Any = object()
    told = "context= was given an object of object: give a function .* of the row and the conn"
    with pytest.raises(StoreError, match=told):
        orders(lite).move(1, S.PAID, context=made)
    with pytest.raises(StoreError, match=told):
        orders(lite).add({}, S.NEW, context=made)
    assert (seen(lite), records(lite)) == ((S.NEW, 0), 0)


def test_an_engine_that_commits_by_itself(lite: Engine) -> None:
    """Nothing would stand or fall together, so no store is made of it."""
    for engine in (
        create_engine("sqlite://", isolation_level="AUTOCOMMIT"),
        lite.execution_options(isolation_level="AUTOCOMMIT"),
    ):
        with pytest.raises(StoreError, match="is AUTOCOMMIT"):
            bare(engine)
    autocommits = create_engine("sqlite://", isolation_level="AUTOCOMMIT")
    bare(autocommits.execution_options(isolation_level="SERIALIZABLE"))  # is none of these


def test_arguments_that_cannot_be_worked_with(lite: Engine) -> None:
    """Each is told before a connection is taken."""
    store = bare(lite)
    fill(lite, state=S.NEW)
    with pytest.raises(StoreError, match="None is none"):
        store.move(1, None)  # type: ignore[call-overload]
    with pytest.raises(StoreError, match="'paid' is none"):
        store.move(1, "paid")  # type: ignore[call-overload]
    with pytest.raises(StateError):
        store.move(1, More.NEW)  # type: ignore[call-overload]
    with pytest.raises(StoreError, match="attempts=0"):
        store.move(1, S.PAID, attempts=0)
    with pytest.raises(StoreError, match="page=0"):
        store.history(1, page=0)
    with pytest.raises(StoreError, match="cannot be written as JSON"):
        store.move(1, S.PAID, data={"at": datetime(2020, 1, 1)})  # noqa: DTZ001
    with pytest.raises(StoreError, match="this store has none"):
        bare(lite, history=None).move(1, S.PAID, data={})
    with pytest.raises(StoreError, match="has no history"):
        bare(lite, history=None).history(1)
    assert (seen(lite), records(lite)) == ((S.NEW, 0), 0)


def test_the_engine_may_know_more_json(tmp_path: Path) -> None:
    """Whether data can be written is up to the serializer that the engine was given."""
    engine = create_engine(
        URL.create("sqlite", database=str(tmp_path / "x.db")),
        json_serializer=partial(json.dumps, default=str),
    )
    Base.metadata.create_all(engine)
    fill(engine, state=S.NEW)
    store = bare(engine)
    store.move(1, S.PAID, data={"at": datetime(2020, 1, 1)})  # noqa: DTZ001
    assert [record.data for record in store.history(1)] == [{"at": "2020-01-01 00:00:00"}]
    engine.dispose()


def test_a_clock_without_a_time_zone(lite: Engine) -> None:
    """A naive time is an error, and nothing is written."""
    fill(lite, state=S.NEW)
    with pytest.raises(StoreError, match="give it a time zone"):
        bare(lite, clock=lambda: datetime(2020, 1, 1)).move(1, S.PAID)  # noqa: DTZ001
    assert (seen(lite), records(lite)) == ((S.NEW, 0), 0)


def test_rows_that_make_no_sense(lite: Engine) -> None:
    """Each is told before a rule is asked, with the key."""
    loose = Table(
        "loose",
        MetaData(),
        Column("number", Integer, primary_key=True),
        Column("id", Integer),
        Column("state", Text),
        Column("version", Integer),
    )
    loose.metadata.create_all(lite)
    with lite.begin() as connection:
        for key, state, version in ((1, "new", None), (2, "odd", 0), (3, None, 0), (3, None, 0)):
            connection.execute(insert(loose).values(id=key, state=state, version=version))
        connection.exec_driver_sql("INSERT INTO orders VALUES (9, 'OLD', 0, 1)")
    store = store_of(lite, loose)
    with pytest.raises(NoRowError, match="loose has no row with id 7") as caught:
        store.move(7, S.NEW)
    assert caught.value.key == 7
    with pytest.raises(NoRowError):
        store.move(None, S.NEW)
    with pytest.raises(StoreError, match="has the version None"):
        store.move(1, S.NEW)
    with pytest.raises(StoreError, match="has the state 'odd', which is none of the policy's"):
        store.move(2, S.NEW)
    with pytest.raises(StoreError, match="more than one row with id 3"):
        store.move(3, S.NEW)
    with pytest.raises(StoreError, match="orders 9 cannot be read: 'OLD' is not among"):
        bare(lite).move(9, S.NEW)


def test_a_state_that_no_enum_lists(lite: Engine) -> None:
    """A member that is made up cannot be stored."""
    made = object.__new__(S)
    made._name_, made._value_ = "MADE", "made"
    fill(lite, state=S.NEW)
    with pytest.raises(StoreError, match=r"cannot hold S\.MADE"):
        store_of(lite, Order.__table__, FREE).move(1, made)  # type: ignore[arg-type]
    assert seen(lite) == (S.NEW, 0)


def test_a_history_with_states_of_old(lite: Engine) -> None:
    """What is none of the policy's any more is told when it is read."""
    store = bare(lite)
    fill(lite, state=S.NEW)
    store.move(1, S.PAID)
    with lite.begin() as connection:
        connection.execute(HISTORY.update().values(from_state="DRAFT"))
    with pytest.raises(StoreError, match="has a state 'DRAFT', which is none of bare"):
        list(store.history(1))


def test_columns_that_the_database_has_not(tmp_path: Path) -> None:
    """The database's own error goes out, and nothing is written."""
    engine = create_engine(URL.create("sqlite", database=str(tmp_path / "x.db")))
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE orders (id INTEGER PRIMARY KEY, state TEXT)")
    with pytest.raises(DBAPIError, match="no such column"):
        bare(engine).move(1, S.NEW)
    engine.dispose()


def test_a_database_that_is_read_only(tmp_path: Path) -> None:
    """The same there."""
    path = tmp_path / "x.db"
    engine = create_engine(URL.create("sqlite", database=str(path)))
    Base.metadata.create_all(engine)
    fill(engine, state=S.NEW)
    locked = create_engine(
        "sqlite://", creator=lambda: sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    )
    with pytest.raises(DBAPIError, match="readonly"):
        bare(locked).move(1, S.PAID)
    assert seen(engine) == (S.NEW, 0)
    locked.dispose()
    engine.dispose()


def test_a_disk_that_is_full(tmp_path: Path) -> None:
    """Whatever was written before is there, and the move that did not fit is not."""
    engine = create_engine(URL.create("sqlite", database=str(tmp_path / "x.db")))
    Base.metadata.create_all(engine)
    fill(engine, state=S.PAID)
    with engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
    limited = create_engine(engine.url)

    @event.listens_for(limited, "connect")
    def limit(connection: Any, record: object) -> None:
        connection.execute(f"PRAGMA max_page_count={pages + 5}")

    store = orders(limited, history=HISTORY)
    plain = bare(limited)

    def fill_up() -> None:
        for _ in range(1000):
            plain.move(1, S.PAID, data={"note": "x" * 1000})

    with pytest.raises(DBAPIError, match="full"):
        fill_up()
    kept = list(store.history(1))
    assert [record.version for record in kept] == list(range(1, len(kept) + 1))
    assert seen(limited) == (S.PAID, len(kept))
    limited.dispose()
    engine.dispose()


def test_values_are_bound(lite: Engine) -> None:
    """What looks like SQL stays a value."""
    evil = "1'); DROP TABLE orders; --"
    with pytest.raises(NoRowError):
        bare(lite).move(evil, S.NEW)
    fill(lite, state=S.NEW)
    bare(lite).move(1, S.PAID, data={"note": evil})
    assert [record.data for record in bare(lite).history(1)] == [{"note": evil}]
    assert list(bare(lite).history(evil)) == []


@pytest.mark.parametrize(
    ("missing", "told"),
    [
        ("sqlalchemy", r"bylaws\.store needs SQLAlchemy: pip install 'bylaws\[sqlalchemy\]'"),
        ("bylaws.store.history", r"import of bylaws\.store\.history halted"),
    ],
)
def test_without_the_library(missing: str, told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The extra is named; any other module that is missing is told as such."""
    for name in [name for name in sys.modules if name.startswith("bylaws.store")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(ModuleNotFoundError, match=told) as caught:
        import_module("bylaws.store")
    assert caught.value.name == missing
