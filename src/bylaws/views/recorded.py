"""Recorded moves: what a history has, added up by the database itself. Needs SQLAlchemy.

Counts come back, not rows, however many moves there were: one for each (from, intended) and who
refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from sqlalchemy import (
    Connection,
    Executable,
    FromClause,
    TableClause,
    Text,
    column,
    func,
    inspect,
    select,
    table,
)

from bylaws.views.counts import Count
from bylaws.views.errors import MatrixError
from bylaws.views.near import near

COLUMNS: Final = ("from_state", "intended", "refused_by")
"""What is read of a history. `intended` is the state that was asked for, not the one written."""

POLICY: Final = "policy"
"""The column that says whose move it was, in a history of several policies."""


def statement(history: FromClause) -> Executable:
    """The one statement; its columns are the fields of `Count`, in that order.

    If the history has a column `policy` that is the last one, and counts are of one policy each.
    """
    ends = history.c.from_state, history.c.intended
    others = [history.c[name] for name in ("refused_by", POLICY) if name in history.c]
    moves = func.count().label("moves")
    return select(*ends, moves, *others).group_by(*ends, *others)


def read_history(connection: Connection, history: str = "history") -> Iterator[Count]:
    """The counts of the table, or the view, of that name; `SCHEMA.NAME` is in a schema.

    Those of all its policies: `read_policies` tells them apart. `MatrixError` if there is none, or
    if it has not the columns of a history. Nothing is written. The database goes through all of it
    once.
    """
    for row in connection.execute(statement(_checked(connection, history))):
        yield Count(*row)


def read_policies(
    connection: Connection, history: str = "history"
) -> Mapping[str | None, Sequence[Count]]:
    """As `read_history`, the counts by the names of the policies whose moves they are.

    Those of rows that name none are under `None`: all, if there is no column `policy`.
    """
    counts: dict[str | None, list[Count]] = {}
    for row in connection.execute(statement(_checked(connection, history, POLICY))):
        policy: str | None = row[4] if len(row) > 4 else None
        counts.setdefault(policy, []).append(Count(*row[:4]))
    return counts


def _checked(connection: Connection, history: str, *optional: str) -> TableClause:
    """The table, with what is read of it, the optional columns only if it has them."""
    schema, _, name = history.rpartition(".")
    inspector = inspect(connection)
    if not inspector.has_table(name, schema or None):
        tables, views = inspector.get_table_names, inspector.get_view_names
        names = [*tables(schema or None), *views(schema or None)]
        hint = near(name, names) or f"; there are: {_listed(names)}"
        raise MatrixError(f"the database has no table {history!r}{hint}")
    there = [each["name"] for each in inspector.get_columns(name, schema or None)]
    missing = [each for each in COLUMNS if each not in there]
    if missing:
        raise MatrixError(
            f"{history} has no column {missing[0]!r}: a history has {', '.join(COLUMNS)}, "
            f"and this has {_listed(there)}. Name that table, or make such a view of yours"
        )
    read = [*COLUMNS, *[each for each in optional if each in there]]
    return table(name, *[column(each, Text()) for each in read], schema=schema or None)


def _listed(names: Iterable[str]) -> str:
    listed = sorted(names)
    more = [f"{len(listed) - 10:,} more"] * (len(listed) > 10)
    return ", ".join([*listed[:10], *more]) or "none"
