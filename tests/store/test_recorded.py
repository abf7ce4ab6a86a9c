"""The one statement: on each database it counts what a replay of the rows would count."""

from __future__ import annotations

import random
import re
import sys
from collections import Counter
from collections.abc import Iterator
from importlib import import_module, invalidate_caches
from pathlib import Path
from typing import Any, Final

import pytest

pytest.importorskip("sqlalchemy", reason="needs the extra: test")

from sqlalchemy import (
    URL,
    Column,
    Engine,
    Integer,
    MetaData,
    Table,
    Text,
    column,
    create_engine,
    table,
    text,
)

from bylaws import Abort, abort
from bylaws.cli.start import main
from bylaws.store import ConflictError, Store, history_table
from bylaws.views import Count, MatrixError
from bylaws.views.recorded import COLUMNS, POLICY, read_history, read_policies, statement
from tests.views.tools import missing

DOCUMENT: Final = (Path(__file__).parents[2] / "docs" / "weighing.md").read_text(encoding="utf-8")
(SQL,) = re.findall(r"^```sql\n(.*?)^```$", DOCUMENT, re.MULTILINE | re.DOTALL)
MOVES: Final = [("NEW", "PAID"), ("PAID", "SHIPPED"), (None, "NEW"), ('it\'s "odd"', "☃")]


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.spawns)])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """Each database in turn, without a table `bylaws_history`, and without `history`."""
    url = URL.create("sqlite", database=str(tmp_path / "runs.db"))
    if request.param == "postgresql":
        try:
            url = request.getfixturevalue("postgres")
        except pytest.FixtureLookupError:
            missing("there is no PostgreSQL: no fixture says where")
    made = create_engine(url)
    with made.begin() as connection:
        connection.execute(text("DROP TABLE IF EXISTS bylaws_history"))
        connection.execute(text("DROP TABLE IF EXISTS history"))  # another test may have left it
    yield made
    with made.begin() as connection:
        connection.execute(text("DROP TABLE IF EXISTS bylaws_history"))
    made.dispose()


def fill(engine: Engine, rows: int = 500) -> Counter[tuple[str | None, str, str | None]]:
    """Make a history, and tell what is in it."""
    chance = random.Random(3)
    runs: list[tuple[str | None, str, str | None]] = []
    for _ in range(rows):
        from_state, intended = chance.choice(MOVES)
        runs.append((from_state, intended, chance.choice([None, "take_van", "commit"])))
    made = "CREATE TABLE bylaws_history (id INTEGER, from_state TEXT, intended TEXT NOT NULL, "
    with engine.begin() as connection:
        connection.execute(text(made + "to_state TEXT, refused_by TEXT)"))
        connection.execute(
            text("INSERT INTO bylaws_history VALUES (:id, :a, :b, 'other', :by)"),
            [{"id": at, "a": a, "b": b, "by": by} for at, (a, b, by) in enumerate(runs)],
        )
    return Counter(runs)


def test_counts_come_back_not_rows(engine: Engine) -> None:
    """One count for each move and who refused it, as many as there were; also in its schema."""
    expected = fill(engine)
    schema = "main" if engine.dialect.name == "sqlite" else "public"
    with engine.connect() as connection:
        for name in ("bylaws_history", f"{schema}.bylaws_history"):
            found = [*read_history(connection, name)]
            assert len(found) == len(expected) == 12
            assert all(type(count) is Count for count in found)
            assert {(a, b, by): moves for a, b, moves, by in found} == expected


def test_the_statement_is_that_of_the_page(engine: Engine) -> None:
    """What the page shows is what is sent, to the letter, and gives the same as plain SQL."""
    expected = fill(engine)
    history = table("history", *[column(name, Text()) for name in COLUMNS])
    sent = str(statement(history)).replace("history.", "")
    assert " ".join(sent.split()) == " ".join(SQL.split()).rstrip(";")
    with engine.connect() as connection:
        rows = connection.execute(text(SQL.replace("FROM history", "FROM bylaws_history")))
        assert {(a, b, by): moves for a, b, moves, by in rows} == expected


def test_policies_are_told_apart(engine: Engine) -> None:
    """With a column `policy` the statement groups by it, too; without one all are of `None`."""
    history = table("history", *[column(name, Text()) for name in (*COLUMNS, POLICY)])
    sent = str(statement(history)).replace("history.", "")
    assert " ".join(sent.split()) == " ".join(
        SQL.replace("refused_by", "refused_by, policy").split()
    ).rstrip(";")
    expected = fill(engine)
    with engine.begin() as connection:
        (every,) = read_policies(connection, "bylaws_history").items()
        assert every == (None, [*read_history(connection, "bylaws_history")])
        connection.execute(text("ALTER TABLE bylaws_history ADD policy TEXT"))
        connection.execute(text("UPDATE bylaws_history SET policy = 'orders' WHERE id < 200"))
        connection.execute(text("UPDATE bylaws_history SET policy = 'Refunds' WHERE id >= 300"))
        found = read_policies(connection, "bylaws_history")
        sums = {name: sum([count.moves for count in counts]) for name, counts in found.items()}
        assert sums == {"orders": 200, None: 100, "Refunds": 200}
        together: Counter[tuple[str | None, str, str | None]] = Counter()
        for from_state, to_state, moves, refused_by in [
            count for counts in found.values() for count in counts
        ]:
            together[from_state, str(to_state), refused_by] += moves
        assert together == expected
        counts = [*read_history(connection, "bylaws_history")]
        assert {(a, b, by): moves for a, b, moves, by in counts} == expected


def test_a_view_will_do(engine: Engine) -> None:
    """A table of one's own becomes a history by a view with these columns."""
    expected = fill(engine)
    view = "CREATE VIEW bylaws_view AS SELECT from_state, intended, refused_by FROM bylaws_history"
    with engine.connect() as connection:  # never committed
        connection.execute(text(view))
        found = {(a, b, by): moves for a, b, moves, by in read_history(connection, "bylaws_view")}
    assert found == expected


def test_what_is_no_history_is_told(engine: Engine) -> None:
    """The error has what is nearest to a name, or the columns that a table has instead."""
    with engine.connect() as connection:
        connection.execute(text("CREATE TABLE bylaws_history (id INTEGER, intended TEXT)"))
        with pytest.raises(MatrixError, match="no table 'bylaw_histori'; near it: bylaws_history"):
            list(read_history(connection, "bylaw_histori"))
        with pytest.raises(MatrixError, match=r"no table '\?'; there are: .*bylaws_history"):
            list(read_history(connection, "?"))
        told = "bylaws_history has no column 'from_state': a history has from_state, intended, "
        with pytest.raises(MatrixError, match=f"{told}refused_by, and this has id, intended"):
            list(read_history(connection, "bylaws_history"))


def test_many_tables_are_not_all_told(tmp_path: Path) -> None:
    """Ten are, and how many more there are; where there is none, that is."""
    engine = create_engine(URL.create("sqlite", database=str(tmp_path / "runs.db")))
    with engine.begin() as connection:
        with pytest.raises(MatrixError, match="there are: none"):
            list(read_history(connection))
        for at in range(12):
            connection.execute(text(f"CREATE TABLE t{at:02} (id INTEGER)"))
        with pytest.raises(MatrixError, match=r"there are: t00, t01, .*, t09, 2 more"):
            list(read_history(connection))
    engine.dispose()


def test_the_command_reads_it(
    engine: Engine, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`diff --weigh URL` counts in the database; what is no history says which flag to give."""
    expected = fill(engine)
    url = engine.url.render_as_string(hide_password=False)
    old, new = "examples.orders:orders", "examples.orders_edited:edited"
    assert main(["diff", old, new, "--weigh", url, "--history", "bylaws_history"]) == 1
    met = sum([number for move, number in expected.items() if move[:2] == ("NEW", "PAID")])
    out = capsys.readouterr().out
    assert f"NEW -> PAID: refuse_stolen_cards is gone; met by {met} moves, 0 refused by it\n" in out
    odd = sum([number for move, number in expected.items() if move[1] == "☃"])
    assert f'{odd} are of states that neither policy has: it\'s "odd" -> ☃ ({odd})\n' in out
    assert main(["diff", old, new, "--weigh", url]) == 2
    assert "--history NAME says which table it is" in capsys.readouterr().err


def test_the_columns_are_those_of_a_history() -> None:
    """What a store writes down is what is read."""
    assert {*COLUMNS} < {each.name for each in history_table(MetaData(), "runs").columns}


OLD = """
from enum import Enum

from bylaws import Policy, Transition, Verdict, moves, proceed, reject, rule


class S(Enum):
    NEW = "new"
    PAID = "paid"
    SENT = "sent"


@rule(from_states={None}, to_states={S.NEW})
def welcome(t: Transition[None, S]) -> Verdict[S]:
    return proceed()


@rule(from_states={S.PAID}, to_states={S.SENT})
def hold(t: Transition[S, S]) -> Verdict[S]:
    return reject(reason="not yet")


policy = Policy[S](moves({None: {S.NEW}, S.NEW: {S.PAID}, S.PAID: {S.SENT}}), welcome, hold)
"""


@pytest.mark.parametrize(
    ("renamed", "told"),
    [
        (("S", "Phase"), "PAID -> SENT: hold is gone; met by 2 moves, 2 refused by it"),
        (("SENT", "GONE"), "-> SENT: SENT is gone (as NEW -> SENT); met by 2 moves"),
    ],
    ids=["the enum", "a state"],
)
def test_what_a_store_has_written_is_weighed(
    engine: Engine,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    renamed: tuple[str, str],
    told: str,
) -> None:
    """From the first state to refusals by a rule and by the commit, under states' old names too."""
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    changed = re.sub(rf"\b{renamed[0]}\b", renamed[1], OLD).replace(", welcome, hold)", ")")
    for name, code in (("kept_old", OLD), ("kept_new", changed)):
        monkeypatch.delitem(sys.modules, name, raising=False)
        (tmp_path / f"{name}.py").write_text(code, encoding="utf-8")
    invalidate_caches()
    old = import_module("kept_old")
    state, metadata = old.S, MetaData()
    table_of = Table(
        "weighed",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("state", Text),
        Column("version", Integer),
    )
    history = history_table(metadata, "bylaws_history")
    metadata.drop_all(engine)
    metadata.create_all(engine)
    columns = table_of.c

    def gave_up(conflict: ConflictError) -> Abort:
        return abort(reason="another was faster")

    store = Store(
        engine,
        old.policy,
        key=columns.id,
        state=columns.state,
        version=columns.version,
        history=history,
        record="all",
        on_conflict=gave_up,
    )

    def overtaken(row: object, connection: object) -> None:
        with engine.begin() as other:
            other.execute(table_of.update().values(version=table_of.c.version + 1))

    key, _ = store.add({}, state.NEW)
    store.move(key, state.PAID, context=overtaken)
    for to in (state.PAID, state.SENT, state.SENT, state.NEW):
        store.move(key, to)
    assert [record.refused_by for record in store.history(key)] == [
        *(None, "commit", None, "hold", "hold", "moves")
    ]
    url = engine.url.render_as_string(hide_password=False)
    assert (
        main(["diff", "kept_old", "kept_new", "--weigh", url, "--history", "bylaws_history"]) == 1
    )
    out = capsys.readouterr().out
    metadata.drop_all(engine)
    assert f"{told}\n" in out
    assert "None -> NEW: welcome is gone; met by 1 move, 0 refused by it\n" in out
    assert out.endswith("\n3 of 6 recorded moves meet what is changed\n")


def test_duckdb_counts_parquet(tmp_path: Path) -> None:
    """What the benchmark does, at a small size: the statement of the page over a Parquet file."""
    try:
        import duckdb  # noqa: PLC0415

        from tests.store.generated import generate  # noqa: PLC0415
    except ImportError:
        missing("there is no duckdb: pip install duckdb")
    file = tmp_path / "history.parquet"
    generate(file, 20_000, 12)
    with duckdb.connect() as connection:
        rows = connection.execute(SQL.replace("FROM history", f"FROM '{file}'")).fetchall()
        plain = connection.execute(f"SELECT from_state, intended, refused_by FROM '{file}'")
        expected: Counter[Any] = Counter(plain.fetchall())
    assert {(a, b, by): moves for a, b, moves, by in rows} == expected
    assert sum(expected.values()) == 20_000
    assert len({row[:2] for row in rows}) == 13 * 12


@pytest.mark.parametrize(
    ("policies", "counted", "told"),
    [
        ({"orders": 3}, 3, ""),
        (
            {"orders": 3, "Refunds": 2000, None: 1},
            3,
            "left out are recorded moves of other policies than orders: without a name (1), "
            "Refunds (2,000)",
        ),
        (
            {"shop": 3, "Refunds": 2},
            5,
            "no recorded move is of a policy orders; all are counted: Refunds (2), shop (3)",
        ),
        ({None: 3}, 3, ""),
        ({}, 0, ""),
    ],
    ids=["one", "several", "renamed", "unnamed", "empty"],
)
def test_the_command_counts_the_moves_of_its_policy(
    policies: dict[str | None, int],
    counted: int,
    told: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Those of others in the same history are left out, and told; if all are others', counted."""
    url = URL.create("sqlite", database=str(tmp_path / "runs.db"))
    engine = create_engine(url)
    names = [{"by": name} for name, moves in policies.items() for _ in range(moves)]
    with engine.begin() as connection:
        connection.execute(
            text("CREATE TABLE history (from_state, intended, refused_by, policy TEXT)")
        )
        if names:
            connection.execute(text("INSERT INTO history VALUES ('NEW', 'PAID', NULL, :by)"), names)
    engine.dispose()
    old, new = "examples.orders:orders", "examples.orders_edited:edited"
    assert main(["diff", old, new, "--weigh", str(url)]) == 1
    out, err = capsys.readouterr()
    assert f"{counted} of {counted} recorded moves meet what is changed\n" in out
    assert err == (told and f"bylaws: --weigh: {told}\n")
