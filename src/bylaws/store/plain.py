"""The plain store: on an `Engine`, and for a `Session`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, cast, overload

from sqlalchemy import Connection, Engine, RowMapping, SQLColumnExpression, Table
from sqlalchemy.exc import DBAPIError
from typing_extensions import TypeVar

from bylaws import Outcome, Policy, StateLike
from bylaws.state import C, S
from bylaws.store.errors import ConflictError
from bylaws.store.history import Record
from bylaws.store.ledger import Ledger, now
from bylaws.store.steps import Attempt, Kept, OnConflict, Refusal, Steps
from bylaws.store.subjects import Found, StateColumn, Stored, Subjects
from bylaws.store.transaction import check_engine

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

R = TypeVar("R", default=RowMapping)

Begin: TypeAlias = Callable[[Connection, Attempt], tuple[Found, RowMapping]]
"""The step with which a move begins: reading a row, or adding one."""


class Store(Generic[S, R, C]):
    """The rows of a table, whose states a policy governs: one winner, one history.

    `key`, `state` and `version` are columns of the user's table, or attributes of a mapped class:
    a key that is unique; a state as `Enum` of either kind, as text, or as what else the members'
    values are, where NULL is "no state"; a version, a number that is never NULL, 0 in a row that
    is new. `row` makes what the contexts are made of out of the row as it was read, a mapping by
    the names of the columns, which is given as it is if `row` is left out. Further:

    - `history`: a table of `history_table()`; `record` says of which runs it has a row: of those
      that wrote a state, "changes", or of those that were refused too, "all".
    - `on_conflict`: makes a refusal of a `ConflictError`, which then is the outcome of the move.
    - `policy_version`: what histories keep as such, `bylaws.views.policy_version(...)` say.
    - `clock`: gives the time of a record, with its time zone; the computer's clock.
    - `stored`: whether a column that is no `Enum` has the members' "values" or their "names".

    `StoreError` for columns and tables that do not fit together, or for an engine that commits each
    statement by itself, `StateError` for a policy over other states than those of the column.

    Type parameter S: the states. R: what `row` makes. C: the policy's context.
    """

    def __init__(
        self,
        engine: Engine,
        policy: Policy[S, C],
        *,
        key: SQLColumnExpression[object],
        state: StateColumn[S],
        version: SQLColumnExpression[int | None],
        row: Callable[[RowMapping], R] | None = None,
        history: Table | None = None,
        record: Kept = "changes",
        on_conflict: OnConflict | None = None,
        policy_version: str | None = None,
        clock: Callable[[], datetime] = now,
        stored: Stored = "values",
    ) -> None:
        check_engine(engine.get_execution_options(), engine.dialect)
        self._engine = engine
        self._policy = policy
        self._row = row
        subjects = Subjects(policy, key, state, version, stored)
        ledger = None
        if history is not None:
            ledger = Ledger(history, subjects, policy.name, policy_version, clock)
        self._steps = Steps(subjects, ledger, record, on_conflict)

    @overload
    def move(
        self: Store[S, R, object],
        key: object,
        to: S | StateLike[S],
        *,
        data: Mapping[str, object] | None = None,
        attempts: int = 1,
    ) -> Outcome[S]: ...
    @overload
    def move(
        self,
        key: object,
        to: S | StateLike[S],
        *,
        context: Callable[[R, Connection], C],
        data: Mapping[str, object] | None = None,
        attempts: int = 1,
    ) -> Outcome[S]: ...
    def move(
        self,
        key: object,
        to: S | StateLike[S],
        *,
        context: Callable[[R, Connection], Any] | None = None,
        data: Mapping[str, object] | None = None,
        attempts: int = 1,
    ) -> Outcome[S]:
        """Put the row of a key to the policy, and write what comes of it in one transaction.

        `context` makes the context out of the row and the open connection. What hooks write on it
        stands if a state is written, and falls if not. It is given back, after COMMIT, before any
        after side is called, and so it is before what a lost race cleans up. `data`, in JSON, is
        kept in the history.

        `ConflictError` if another writer was faster, after all was given back: then it is tried
        again from the start, reading included, `attempts` times in all. `UnconfirmedError` if the
        connection was lost during COMMIT. `NoRowError`, a `StoreError`, for a key that is not
        there, and `StoreError` for a row that makes no sense. What else the database raises goes
        out as it is, and nothing was written.
        """
        return self._moved(key, to, self._steps.read, context, data, attempts)[1]

    @overload
    def add(
        self: Store[S, R, object],
        values: Mapping[str, object],
        to: S | StateLike[S],
        *,
        data: Mapping[str, object] | None = None,
        attempts: int = 1,
    ) -> tuple[object, Outcome[S]]: ...
    @overload
    def add(
        self,
        values: Mapping[str, object],
        to: S | StateLike[S],
        *,
        context: Callable[[R, Connection], C],
        data: Mapping[str, object] | None = None,
        attempts: int = 1,
    ) -> tuple[object, Outcome[S]]: ...
    def add(
        self,
        values: Mapping[str, object],
        to: S | StateLike[S],
        *,
        context: Callable[[R, Connection], Any] | None = None,
        data: Mapping[str, object] | None = None,
        attempts: int = 1,
    ) -> tuple[object, Outcome[S]]:
        """Insert a row and move it from no state to its first one: as `move`, in one transaction.

        `values` are those of its columns, by name, state and version left out. What comes back is
        its key, `None` if nothing was written, and the outcome. While the rules are asked it is in
        the table, for this transaction alone, in the state that is intended and with version 0.
        A refusal is recorded only if `values` has the key.
        """
        named = values.get(self._steps.subjects.key.key)
        return self._moved(
            named, to, partial(self._steps.add, values=values), context, data, attempts
        )

    def history(self, key: object, *, page: int = 500) -> Iterator[Record[S]]:
        """The records of a row, the first one first; of a row that is gone, too.

        `page` of them are read at a time, when they are due, each time with a connection that is
        given back before they are handed out. One index lookup a page.
        """
        return self._pages(self._steps.kept(page), key, page)

    def _pages(self, ledger: Ledger[S], key: object, size: int) -> Iterator[Record[S]]:
        after = 0
        while True:
            with self._engine.connect() as connection:
                records, after = ledger.page(connection, key, after, size)
            yield from records
            if len(records) < size:
                return

    def commit(
        self,
        session: Session,
        instance: object,
        to: S | StateLike[S],
        *,
        data: Mapping[str, object] | None = None,
    ) -> Callable[[S, Outcome[S]], Refusal | None]:
        """A `commit=` for a run over an instance of a mapped class, in its `Session`.

            policy.run(work, order.state, S.PAID, commit=orders.commit(session, order, S.PAID))

        It flushes the session, writes the state and the record, and commits the session. If that
        fails the session is rolled back, which expires its instances, so that none shows a state
        that was not written. A conflict is raised, or is the refusal that `on_conflict` makes of
        it. A version that is the mapper's `version_id_col` is counted by the mapper; one that is
        not is compared and set here.
        """
        from bylaws.store.session import Writing  # noqa: PLC0415 (needs sqlalchemy.orm)

        intended = self._steps.intended(to, 1, data, self._engine.dialect)
        return Writing(self._steps, session, instance, intended, data).write

    def _moved(
        self,
        key: object,
        to: S | StateLike[S],
        begin: Begin,
        context: Callable[[R, Connection], Any] | None,
        data: Mapping[str, object] | None,
        attempts: int,
    ) -> tuple[object, Outcome[S]]:
        intended = self._steps.intended(to, attempts, data, self._engine.dialect, context)
        conflict: ConflictError | None = None
        for left in reversed(range(attempts)):
            attempt = Attempt(key, intended, data, last=not left)
            outcome = self._run(attempt, to, begin, context)
            conflict = attempt.conflict
            if conflict is None or (attempt.last and self._steps.on_conflict is not None):
                return attempt.found.key if attempt.written and attempt.found else None, outcome
        raise cast("ConflictError", conflict)

    def _run(
        self,
        attempt: Attempt,
        to: S | StateLike[S],
        begin: Begin,
        context: Callable[[R, Connection], Any] | None,
    ) -> Outcome[S]:
        steps = self._steps
        with self._engine.connect() as connection:
            try:
                (_, seen), row = begin(connection, attempt)
                made: Any = row if self._row is None else self._row(row)
                if context is not None:
                    made = context(made, connection)
                outcome = self._policy.run(
                    made,
                    cast("S | None", seen.state),
                    to,
                    commit=partial(steps.write, connection, attempt),
                )
                steps.finish(connection, attempt, outcome)
            except DBAPIError as error:
                given_way = steps.gave_way(connection, attempt, error)
                if given_way is None:
                    raise
                return given_way
            return outcome
