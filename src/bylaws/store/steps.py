"""Steps: what a move does on its connection, the same for plain and for async stores."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final, Generic, Literal, Never, TypeAlias, cast, get_args

from sqlalchemy import Connection, Dialect, RowMapping
from sqlalchemy.exc import DBAPIError

from bylaws import Abort, Aborted, Delay, Delayed, Outcome, Reject, Rejected, delay
from bylaws.state import S, as_state, is_member, show
from bylaws.store.errors import ConflictError, Seen, StoreError, gave_way
from bylaws.store.ledger import Ledger
from bylaws.store.subjects import Found, Subjects
from bylaws.store.transaction import Open, commit, end

Refusal: TypeAlias = Reject[Never] | Delay | Abort
Kept: TypeAlias = Literal["changes", "all"]
OnConflict: TypeAlias = Callable[[ConflictError], Refusal]


@dataclass(slots=True)
class Attempt:
    """One run of a policy for one row, and what has become of it.

    Attributes:
        key: what was asked for; of a row that is being added `None`, unless it was given.
        last: whether a conflict is final.
        found: the row, once it is read.
        written: whether the move is committed.
        conflict: that the run came to.

    """

    key: object
    intended: Enum
    data: Mapping[str, object] | None
    last: bool
    found: Found | None = None
    written: bool = False
    conflict: ConflictError | None = None


class Steps(Generic[S]):
    """What is to be done on a plain connection, which an async one has inside.

    One transaction is open on it at a time, and no step asks for a second connection: so a pool of
    any size will do.
    """

    def __init__(
        self,
        subjects: Subjects[S],
        ledger: Ledger[S] | None,
        record: Kept,
        on_conflict: OnConflict | None,
    ) -> None:
        self.subjects: Final = subjects
        self.on_conflict: Final = on_conflict
        self._ledger: Final = ledger
        self._all: Final = record == "all"
        if record not in get_args(Kept):
            raise StoreError(
                f'record={record!r}: give "changes", for the runs that wrote a state, or "all", '
                "for those that were refused too."
            )
        if self._all and ledger is None:
            raise StoreError('record="all" needs a history: make one with history_table().')

    # ----------------------------------------------------------------------------------------------
    # Before a connection is taken
    # ----------------------------------------------------------------------------------------------

    def intended(
        self,
        to: object,
        attempts: int,
        data: Mapping[str, object] | None,
        dialect: Dialect,
        context: object = None,
    ) -> Enum:
        """The state that is asked for. `StoreError` for arguments that cannot be worked with."""
        state = as_state(to)
        if not is_member(state):
            raise StoreError(f"a store moves to a state, and {show(to)} is none.")
        if attempts < 1:
            raise StoreError(f"attempts={attempts!r}: give how often it may be tried, at least 1.")
        if context is not None and not callable(context):
            raise StoreError(
                f"context= was given an object of {type(context).__qualname__}: give a function "
                "that makes the context, of the row and the connection, "
                "lambda row, connection: ..."
            )
        if data is not None:
            if self._ledger is None:
                raise StoreError("data= is kept in a history, and this store has none.")
            write: object = getattr(dialect, "_json_serializer", None) or json.dumps
            try:
                cast("Callable[[object], object]", write)(data)
            except (TypeError, ValueError) as error:
                raise StoreError(f"data= cannot be written as JSON: {error}") from error
        return cast("Enum", state)

    # ----------------------------------------------------------------------------------------------
    # In a move
    # ----------------------------------------------------------------------------------------------

    def read(self, connection: Connection, attempt: Attempt) -> tuple[Found, RowMapping]:
        """Read the row."""
        attempt.found, row = self.subjects.read(connection, attempt.key)
        return attempt.found, row

    def add(
        self, connection: Connection, attempt: Attempt, values: Mapping[str, object]
    ) -> tuple[Found, RowMapping]:
        """Insert the row, as yet of no state for the rules."""
        (key, seen), row = self.subjects.add(connection, values, attempt.intended)
        attempt.found = Found(key, Seen(None, seen.version))
        return attempt.found, row

    def write(
        self, connection: Connection, attempt: Attempt, state: S, outcome: Outcome[S]
    ) -> Refusal | None:
        """The commit of a run: all of it, COMMIT included, and the connection is given back."""
        with connection:
            found = cast("Found", attempt.found)
            cause: DBAPIError | None = None
            try:
                if self.subjects.write(connection, found, state):
                    self.record(connection, attempt, state, outcome)
                    commit(connection, connection, found)
                    attempt.written = True
                    return None
            except DBAPIError as error:
                if not gave_way(error):
                    raise
                cause = error
            return self.lost(connection, lambda: connection, attempt, cause)

    def finish(self, connection: Connection, attempt: Attempt, outcome: Outcome[S]) -> None:
        """After a run that wrote no state: what its hooks wrote is undone, and it is recorded."""
        if attempt.written or attempt.conflict is not None:
            return
        connection.rollback()
        if self._all:
            self.record(connection, attempt, None, outcome)
            end(connection, connection)

    def lost(
        self,
        transaction: Open,
        connect: Callable[[], Connection],
        attempt: Attempt,
        cause: DBAPIError | None,
    ) -> Refusal:
        """Another writer was faster: undo, look who, and say what the run is refused with."""
        transaction.rollback()
        expected, key = None, attempt.key
        if attempt.found is not None:
            expected, key = attempt.found.seen, attempt.found.key
        try:
            found = self._seen_now(connect(), key)
        finally:
            transaction.rollback()
        attempt.conflict = ConflictError(key, expected, found)
        attempt.conflict.__cause__ = cause
        if not attempt.last or self.on_conflict is None:
            return delay(0, reason=f"another writer was faster: {attempt.conflict}")
        refusal = _checked(self.on_conflict(attempt.conflict), key)
        if self._all and attempt.found is not None:
            try:
                self.record(connect(), attempt, None, outcome_of(refusal), "commit")
                end(transaction, connect())
            except DBAPIError as error:
                transaction.rollback()
                if not gave_way(error):
                    raise
        return refusal

    def gave_way(
        self, connection: Connection, attempt: Attempt, error: DBAPIError
    ) -> Outcome[S] | None:
        """What an error outside the commit makes of the run, if it is a conflict and final."""
        if attempt.written or attempt.conflict is not None or not gave_way(error):
            return None
        return outcome_of(self.lost(connection, lambda: connection, attempt, error))

    def record(
        self,
        connection: Connection,
        attempt: Attempt,
        state: S | None,
        outcome: Outcome[S],
        refused_by: str | None = None,
    ) -> None:
        """Insert the row of a run, if there is a history and the subject is known."""
        if self._ledger is None or (state is None and attempt.key is None):
            return
        found = cast("Found", attempt.found)
        self._ledger.record(
            connection, found, attempt.intended, state, outcome, refused_by, attempt.data
        )

    def kept(self, size: int) -> Ledger[S]:
        """The history, to be read in pages of that size. `StoreError` if there is nothing to."""
        if self._ledger is None:
            raise StoreError("this store has no history: give it one, history=history_table(...).")
        if size < 1:
            raise StoreError(f"page={size!r}: give the number of records of a page, at least 1.")
        return self._ledger

    def _seen_now(self, connection: Connection, key: object) -> Seen | None:
        try:
            return self.subjects.read(connection, key)[0].seen
        except (DBAPIError, StoreError):
            return None


def _checked(answer: object, key: object) -> Refusal:
    """What `on_conflict` answered. To a run `None`, say, would mean that it is written."""
    state: object = getattr(answer, "state", None)
    if isinstance(answer, Delay | Abort | Reject) and state is None:
        return cast("Refusal", answer)
    raise StoreError(
        f"on_conflict= answered {answer!r}: it has to be delay(...), abort(...), or reject(...) "
        "without a state.",
        key,
    )


def outcome_of(refusal: Refusal) -> Outcome[S]:
    """A refusal as an outcome, where no run makes one of it."""
    if isinstance(refusal, Delay):
        return Delayed(refusal.seconds, refusal.reason)
    return Aborted(refusal.reason) if isinstance(refusal, Abort) else Rejected(None, refusal.reason)
