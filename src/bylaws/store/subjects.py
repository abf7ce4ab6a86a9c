"""Subjects: the user's own table, how its states are stored and named, and its statements."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any, Final, Generic, Literal, NamedTuple, TypeAlias, cast, get_args

import sqlalchemy
from sqlalchemy import (
    Column,
    Connection,
    CursorResult,
    RowMapping,
    SQLColumnExpression,
    Table,
    bindparam,
    insert,
    select,
    update,
)

from bylaws import AsyncPolicy
from bylaws.state import C, S, show
from bylaws.store.errors import NoRowError, Seen, StoreError

StateColumn: TypeAlias = Column[object] | SQLColumnExpression[S | str | None]
"""A column with states: of a mapped class, whose type says of which enum, or of a bare table."""

Stored: TypeAlias = Literal["values", "names"]


class Found(NamedTuple):
    """What there is: a row's own key, its state and its version."""

    key: object
    seen: Seen


class Subjects(Generic[S]):
    """The table whose rows change their state.

    Attributes:
        table: the table.
        key, state, version: its columns.
        names: what histories call each state: its member's name, with its enum's before it where
            the policy has several.
        members: the state of each name.

    """

    def __init__(
        self,
        policy: AsyncPolicy[S, C],
        key: SQLColumnExpression[object],
        state: StateColumn[S],
        version: SQLColumnExpression[int | None],
        stored: Stored,
    ) -> None:
        self.key: Final = column_of(key, "key")
        self.state: Final = column_of(state, "state")
        self.version: Final = column_of(version, "version")
        self.table: Final = table_of(self.key, self.state, self.version)
        _check_apart(key=self.key, state=self.state, version=self.version)
        if stored not in get_args(Stored):
            raise StoreError(
                f'stored={stored!r}: the column has the members\' "values" or "names".'
            )
        members = _states_of(policy, self.state)
        kinds = dict.fromkeys(type(member) for member in members)
        self.names: Final[Mapping[Enum, str]] = {
            member: f"{type(member).__name__}.{member.name}" if len(kinds) > 1 else member.name
            for member in members
        }
        self.members: Final[Mapping[str, S]] = {
            name: cast("S", member) for member, name in self.names.items()
        }
        self._as_stored = _as_stored(self.state, policy, members, stored)
        self._as_member = {value: member for member, value in self._as_stored.items()}
        if len(self._as_member) < len(members):
            raise StoreError(f'{self.state}: two states have one value; store them as "names".')
        # Made once, so that SQLAlchemy finds what it has compiled. The names are its own: those of
        # columns would mean the columns.
        mine = self.key == bindparam("bylaws_key")
        self._select = select(self.table).where(mine).limit(2)
        self._update = (
            update(self.table)
            .where(mine, self.version == bindparam("bylaws_seen"))
            .values(
                {
                    self.state: bindparam("bylaws_state", type_=self.state.type),
                    self.version: bindparam("bylaws_next"),
                }
            )
        )

    def read(self, connection: Connection, key: object) -> tuple[Found, RowMapping]:
        """The row of a key. `StoreError` if there is none, or none that makes sense."""
        try:
            rows = connection.execute(self._select, {"bylaws_key": key}).mappings().fetchmany(2)
        except LookupError as error:  # SQLAlchemy's, for what is no value of an enum column
            raise StoreError(f"{self.table.name} {key!r} cannot be read: {error}", key) from error
        if not rows:
            raise NoRowError(f"{self.table.name} has no row with {self.key.name} {key!r}.", key)
        if len(rows) > 1:
            raise StoreError(
                f"{self.table.name} has more than one row with {self.key.name} {key!r}: the key "
                "has to be a column that is unique.",
                key,
            )
        row = rows[0]
        version: object = row[self.version]
        if not isinstance(version, int):
            raise StoreError(
                f"{self.table.name} {key!r} has the version {version!r}: it has to be a number; "
                "a new row has 0.",
                key,
            )
        return Found(row[self.key], Seen(self.member(row[self.state], key), version)), row

    def write(self, connection: Connection, found: Found, state: Enum) -> bool:
        """Compare and set: whether the row was still what was found, and is written."""
        parameters = {
            "bylaws_key": found.key,
            "bylaws_seen": found.seen.version,
            "bylaws_state": self.as_stored(state),
            "bylaws_next": found.seen.version + 1,
        }
        written = cast("CursorResult[Any]", connection.execute(self._update, parameters))
        return written.rowcount == 1

    def add(
        self, connection: Connection, values: Mapping[str, object], state: Enum
    ) -> tuple[Found, RowMapping]:
        """Insert a row in its intended state with version 0, and read it."""
        given = {**values, self.state.key: self.as_stored(state), self.version.key: 0}
        made = connection.execute(insert(self.table).values(given).returning(self.key))
        return self.read(connection, made.scalar_one())

    def as_stored(self, state: Enum) -> object:
        """What the column takes for a state."""
        try:
            return self._as_stored[state]
        except KeyError:  # made up by a `_missing_`
            raise StoreError(
                f"{self.state} cannot hold {show(state)}, which no enum lists."
            ) from None

    def member(self, value: object, key: object) -> Enum | None:
        """The state that a value of the column stands for."""
        if value is None:
            return None
        found = self._as_member.get(value)
        if found is None:
            raise StoreError(
                f"{self.table.name} {key!r} has the state {value!r}, which is none of the policy's",
                key,
            )
        return found


def column_of(given: object, what: str) -> Column[Any]:
    """The column of a table that was given, as such or as the attribute of a mapped class."""
    mapped: Any = getattr(given, "property", None)
    column: Any = given if mapped is None else mapped.columns[0]
    if not issubclass(type(column), Column):
        raise StoreError(
            f"{what}= was given {given!r}: give a column of a table, orders.c.{what}, or the "
            f"attribute of a mapped class, Order.{what}."
        )
    found: Column[Any] = column
    return found


def table_of(*columns: Column[Any]) -> Table:
    """The one table of some columns."""
    tables = {column.table for column in columns}
    table: Any = tables.pop()
    if tables or not issubclass(type(table), Table):
        raise StoreError(f"{', '.join(map(str, columns))} are not of one table.")
    if not table.primary_key.columns:
        raise StoreError(
            f"{table.name} has no primary key: without one a move cannot tell its row from others."
        )
    found: Table = table
    return found


def _check_apart(**columns: Column[Any]) -> None:
    """`StoreError` for a column that is given twice."""
    names: dict[Column[Any], str] = {}
    for name, column in columns.items():
        other = names.setdefault(column, name)
        if other != name:
            raise StoreError(
                f"{other}= and {name}= were both given {column}: key, state and version are three "
                "columns."
            )


def _states_of(policy: AsyncPolicy[S, C], column: Column[Any]) -> list[Enum]:
    """The states that a policy is over: of its type arguments, of its rules, of the column."""
    declared = policy.without(*policy.entries).next_states(None)
    kinds: list[type[Enum]] = [type(state) for state in declared if state is not None]
    for entry in policy.entries:
        for ends in ("from_states", "to_states"):
            kinds += [type(state) for state in getattr(entry, ends, ()) if state is not None]
    kind: object = column.type
    if isinstance(kind, sqlalchemy.Enum) and kind.enum_class is not None:
        kinds.append(kind.enum_class)
    found = dict.fromkeys([state for kind in dict.fromkeys(kinds) for state in kind])
    if not found:
        raise StoreError(f"{policy.name} names no states: write them, Policy[S, ...](...).")
    return list(found)


def _as_stored(
    column: Column[Any], policy: AsyncPolicy[S, C], members: list[Enum], stored: Stored
) -> dict[Enum, Any]:
    kind: object = column.type
    if isinstance(kind, sqlalchemy.Enum) and kind.enum_class is not None:
        listed = kind.enum_class
        for member in members:
            policy.compile_transition_rules(None, cast("S", member))  # StateError for a stranger
        others = [show(state) for state in members if not isinstance(state, listed)]
        if others:
            raise StoreError(
                f"{column} holds members of {listed.__qualname__} and cannot hold {others[0]}, "
                f"which is a state of {policy.name}: use a text column for states of several enums."
            )
        return {member: member for member in members}
    values = {member: member.value if stored == "values" else member.name for member in members}
    texts = isinstance(kind, sqlalchemy.String)
    wrong = [state for state, value in values.items() if texts and not isinstance(value, str)]
    if wrong:
        raise StoreError(
            f"{column} is text, and the value of {show(wrong[0])} is not: store the states as "
            '"names".'
        )
    return values
