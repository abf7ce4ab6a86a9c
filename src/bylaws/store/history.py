"""History: one row a run, written in the transaction of the move and never changed again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Generic, Literal, TypeAlias

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    DateTime,
    Index,
    Integer,
    MetaData,
    SQLColumnExpression,
    Table,
    Text,
    UniqueConstraint,
)

from bylaws.state import S_co
from bylaws.store.subjects import column_of

if TYPE_CHECKING:
    from sqlalchemy.types import TypeEngine

OutcomeName: TypeAlias = Literal["accepted", "rejected", "delayed", "aborted"]

COLUMNS: Final = (
    "id",
    "subject",
    "version",
    "time",
    "from_state",
    "intended",
    "to_state",
    "outcome",
    "refused_by",
    "reason",
    "policy",
    "policy_version",
    "data",
)


def history_table(
    metadata: MetaData, name: str, *, subject: SQLColumnExpression[object] | None = None
) -> Table:
    """The table of a history, one for each table of subjects.

    `subject` is the key of these, `Order.id` say, whose type it then has, so that they join; if it
    is left out the key is kept as text, as `str` gives it. A run that writes no state has no
    version, and UNIQUE (subject, version) lets any number of these in.
    """
    kind: TypeEngine[Any] = Text() if subject is None else column_of(subject, "subject").type
    return Table(
        name,
        metadata,
        Column("id", BigInteger().with_variant(Integer(), "sqlite"), primary_key=True),
        Column("subject", kind, nullable=False),
        Column("version", BigInteger()),
        Column("time", DateTime(timezone=True), nullable=False),
        Column("from_state", Text()),
        Column("intended", Text(), nullable=False),
        Column("to_state", Text()),
        Column("outcome", Text(), nullable=False),
        Column("refused_by", Text()),
        Column("reason", Text()),
        Column("policy", Text(), nullable=False),
        Column("policy_version", Text()),
        Column("data", JSON(none_as_null=True)),
        UniqueConstraint("subject", "version", name=f"uq_{name}_subject_version"),
        Index(f"ix_{name}_subject_id", "subject", "id"),
    )


@dataclass(frozen=True, slots=True)
class Record(Generic[S_co]):
    """One run, as the history has it.

    Attributes:
        subject: the key of the row, as the history keeps it: text, unless it was given a type.
        version: the version that the run wrote; `None` if it wrote no state.
        time: when it was written, in UTC, by the clock of who wrote it.
        from_state: the state that was found.
        intended: the state that was asked for.
        to_state: the state that was written; `None` if none was.
        outcome: what the run came to.
        refused_by: the name of the rule that refused, or "commit".
        reason: its reason.
        policy: the name of the policy.
        policy_version: what the store was given as such.
        data: what the caller of `move` gave.

    """

    subject: object
    version: int | None
    time: datetime
    from_state: S_co | None
    intended: S_co
    to_state: S_co | None
    outcome: OutcomeName
    refused_by: str | None
    reason: str | None
    policy: str
    policy_version: str | None
    data: Mapping[str, object] | None


def in_utc(time: datetime) -> datetime:
    """A time as read: SQLite gives back what it was given in UTC without saying so."""
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
