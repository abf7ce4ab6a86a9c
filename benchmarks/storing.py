"""What a move of a store costs beside its statements: the same ones, written by hand.

Run `python -m benchmarks.storing`: SQLite in a file, and a PostgreSQL server of its own where one
can be had. Both sides use SQLAlchemy's statements, made once, and write a history; durable writes
are off, so that the disk does not hide what is compared.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from enum import StrEnum
from itertools import cycle
from pathlib import Path
from typing import Any

from sqlalchemy import (
    URL,
    Column,
    Engine,
    Integer,
    MetaData,
    Table,
    bindparam,
    create_engine,
    event,
    insert,
    select,
    update,
)
from sqlalchemy import (
    Enum as EnumColumn,
)

from benchmarks.harness import QUICK, Rounds, Side, measure, options
from benchmarks.rows import Row, ratio, shown
from bylaws import Policy, Transition, moves, rule, states
from bylaws.store import Store, history_table
from tests.store.cluster import running


class State(StrEnum):
    """Two that follow one another."""

    ON = "on"
    OFF = "off"


METADATA = MetaData()
SWITCHES = Table(
    "switches",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("state", EnumColumn(State, native_enum=False)),
    Column("version", Integer, nullable=False),
)
HISTORY = history_table(METADATA, "switched", subject=SWITCHES.c.id)
LEGAL: Mapping[State | None, frozenset[State | None]] = {
    State.ON: states(State.OFF),
    State.OFF: states(State.ON),
}


@rule(from_states={State.ON, State.OFF}, to_states={State.ON, State.OFF})
def look(t: Transition[State, State, object]) -> None:
    """A rule that lets it go on."""


POLICY = Policy[State](moves(LEGAL), look, name="switches")


def by_store(engine: Engine) -> Callable[[State], None]:
    """A move as the store makes it."""
    columns = SWITCHES.c
    store = Store(
        engine,
        POLICY,
        key=columns.id,
        state=columns.state,
        version=columns.version,
        history=HISTORY,
    )

    def move(to: State) -> None:
        store.move(1, to)

    return move


def by_hand(engine: Engine) -> Callable[[State], None]:
    """The same statements, and an error for what cannot be."""
    mine = SWITCHES.c.id == bindparam("key")
    read = select(SWITCHES).where(mine).limit(2)
    write = (
        update(SWITCHES)
        .where(mine, SWITCHES.c.version == bindparam("seen"))
        .values(
            state=bindparam("next_state", type_=SWITCHES.c.state.type),
            version=bindparam("next_version"),
        )
    )
    keep = insert(HISTORY).inline()

    def move(to: State) -> None:
        with engine.connect() as connection:
            (row,) = connection.execute(read, {"key": 2}).mappings().fetchmany(2)
            if to not in LEGAL[row["state"]]:
                raise ValueError(f"{row['state']} -> {to}")
            version: int = row["version"]
            values = {"key": 2, "seen": version, "next_state": to, "next_version": version + 1}
            if connection.execute(write, values).rowcount != 1:
                raise ValueError("another was faster")
            record = {
                "subject": 2,
                "version": version + 1,
                "time": datetime.now(UTC),
                "from_state": row["state"].name,
                "intended": to.name,
                "to_state": to.name,
                "outcome": "accepted",
                "refused_by": None,
                "reason": None,
                "policy": "switches",
                "policy_version": None,
                "data": None,
            }
            connection.execute(keep, record)
            connection.commit()

    return move


def compared(what: str, engine: Engine, rounds: Rounds) -> Row:
    """One database."""
    METADATA.drop_all(engine)
    METADATA.create_all(engine)
    with engine.begin() as connection:
        rows = [{"id": key, "state": State.ON, "version": 0} for key in (1, 2)]
        connection.execute(insert(SWITCHES), rows)
    sides: dict[str, Side] = {
        "store": _side(by_store(engine)),
        "by hand": _side(by_hand(engine)),
    }
    time = measure(sides, rounds)
    METADATA.drop_all(engine)
    engine.dispose()
    return ratio(
        f"a move, {what}, against its statements by hand",
        time["store"],
        time["by hand"],
        1.15,
        1.25,
    )


def _side(move: Callable[[State], None]) -> Side:
    states = cycle([State.OFF, State.ON])

    def side(loops: Iterable[object]) -> None:
        for _ in loops:
            move(next(states))

    return side


def engines(stack: ExitStack) -> Iterator[tuple[str, Engine]]:
    """The databases that there are."""
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    lite = create_engine(URL.create("sqlite", database=str(folder / "x.db")))

    @event.listens_for(lite, "connect")
    def hasty(connection: Any, _: object) -> None:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=OFF")

    yield "SQLite", lite
    try:
        server = stack.enter_context(running())
    except OSError as error:
        print(error)
    else:
        yield "PostgreSQL (psycopg)", create_engine(server.url)


def main() -> None:
    """Measure both."""
    quick: bool = options(__doc__).parse_args().quick
    rounds = QUICK if quick else Rounds(31, 0.2, processes=1)
    with ExitStack() as stack:
        print(shown([compared(what, engine, rounds) for what, engine in engines(stack)]))


if __name__ == "__main__":
    main()
