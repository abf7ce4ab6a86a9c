"""Ledger: the history of one store, written and read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from enum import Enum
from typing import Final, Generic, cast

from sqlalchemy import Connection, Table, Text, bindparam, insert, select

from bylaws import Outcome
from bylaws.state import S
from bylaws.store.errors import StoreError
from bylaws.store.history import COLUMNS, OutcomeName, Record, in_utc
from bylaws.store.subjects import Found, Subjects


def now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


class Ledger(Generic[S]):
    """The history of the subjects that one policy moves."""

    def __init__(
        self,
        table: Table,
        subjects: Subjects[S],
        policy: str,
        policy_version: str | None,
        clock: Callable[[], datetime],
    ) -> None:
        missing = [name for name in COLUMNS if name not in table.columns]
        if missing:
            raise StoreError(
                f"{table.name} has no column {missing[0]!r}: make it with history_table()."
            )
        self._names: Final = subjects.names
        self._members: Final = subjects.members
        self._policy: Final = policy
        self._policy_version: Final = policy_version
        self._clock: Final = clock
        self._texts: Final = isinstance(table.c.subject.type, Text)
        self._insert: Final = insert(table).inline()
        self._page: Final = (
            select(table)
            .where(
                table.c.subject == bindparam("bylaws_subject"),
                table.c.id > bindparam("bylaws_after"),
            )
            .order_by(table.c.id)
            .limit(bindparam("bylaws_size"))
        )

    def record(
        self,
        connection: Connection,
        found: Found,
        intended: Enum,
        state: S | None,
        outcome: Outcome[S],
        refused_by: str | None,
        data: Mapping[str, object] | None,
    ) -> None:
        """Insert the row of a run; without `refused_by` the outcome's trace says by whom."""
        time = self._clock()
        if time.utcoffset() is None:
            raise StoreError(f"the clock of the store said {time!r}: give it a time zone.")
        reason: str | None = getattr(outcome, "reason", None)
        if reason is not None and refused_by is None:
            refused = [line.name for line in outcome.trace.lines if line.did == "refused"]
            refused_by = refused[-1]
        values = {
            "subject": self._subject(found.key),
            "version": None if state is None else found.seen.version + 1,
            "time": time.astimezone(UTC),
            "from_state": self._name(found.seen.state),
            "intended": self._name(intended),
            "to_state": self._name(state),
            "outcome": type(outcome).__name__.lower(),
            "refused_by": refused_by,
            "reason": reason,
            "policy": self._policy,
            "policy_version": self._policy_version,
            "data": data,
        }
        connection.execute(self._insert, values)

    def _subject(self, key: object) -> object:
        """A key as the history keeps it."""
        return str(key) if self._texts else key

    def page(
        self, connection: Connection, key: object, after: int, size: int
    ) -> tuple[list[Record[S]], int]:
        """At most `size` records that follow one, and the number of the last."""
        wanted = {"bylaws_subject": self._subject(key), "bylaws_after": after, "bylaws_size": size}
        rows = connection.execute(self._page, wanted).mappings().all()
        records = [
            Record(
                subject=row["subject"],
                version=row["version"],
                time=in_utc(row["time"]),
                from_state=self._state(row["from_state"]),
                intended=cast("S", self._state(row["intended"])),
                to_state=self._state(row["to_state"]),
                outcome=cast("OutcomeName", row["outcome"]),
                refused_by=row["refused_by"],
                reason=row["reason"],
                policy=row["policy"],
                policy_version=row["policy_version"],
                data=row["data"],
            )
            for row in rows
        ]
        return records, rows[-1]["id"] if rows else after

    def _name(self, state: Enum | None) -> str | None:
        return None if state is None else self._names.get(state, state.name)

    def _state(self, name: str | None) -> S | None:
        if name is None:
            return None
        state = self._members.get(name)
        if state is None:
            raise StoreError(
                f"the history has a state {name!r}, which is none of {self._policy}: read what "
                "policies of old have written with select()."
            )
        return state
