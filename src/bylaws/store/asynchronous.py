"""The async store: on an `AsyncEngine`, and for an `AsyncSession`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, cast, overload

from sqlalchemy import RowMapping, SQLColumnExpression, Table
from sqlalchemy.exc import DBAPIError

from bylaws import AsyncPolicy, Outcome, StateLike
from bylaws.aio import to_its_end
from bylaws.state import C, S
from bylaws.store.errors import ConflictError
from bylaws.store.history import Record
from bylaws.store.ledger import Ledger, now
from bylaws.store.plain import Begin, R
from bylaws.store.steps import Attempt, Kept, OnConflict, Refusal, Steps
from bylaws.store.subjects import StateColumn, Stored, Subjects
from bylaws.store.transaction import check_engine

if TYPE_CHECKING:
    from asyncio import CancelledError

    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession  # greenlet


class AsyncStore(Generic[S, R, C]):
    """As `Store`, on an `AsyncEngine` and for any `AsyncPolicy`; asyncio alone, as that engine is.

    A move that is cancelled while it writes goes on to its end, COMMIT included, and then the
    cancellation goes out (`bylaws.aio.to_its_end`); one that is cancelled before has written
    nothing.
    """

    def __init__(
        self,
        engine: AsyncEngine,
        policy: AsyncPolicy[S, C],
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
    async def move(
        self: AsyncStore[S, R, object],
        key: object,
        to: S | StateLike[S],
        *,
        data: Mapping[str, object] | None = None,
        attempts: int = 1,
    ) -> Outcome[S]: ...
    @overload
    async def move(
        self,
        key: object,
        to: S | StateLike[S],
        *,
        context: Callable[[R, AsyncConnection], C],
        data: Mapping[str, object] | None = None,
        attempts: int = 1,
    ) -> Outcome[S]: ...
    async def move(
        self,
        key: object,
        to: S | StateLike[S],
        *,
        context: Callable[[R, AsyncConnection], Any] | None = None,
        data: Mapping[str, object] | None = None,
        attempts: int = 1,
    ) -> Outcome[S]:
        """As `Store.move`. `context`, which is plain, is given the open `AsyncConnection`."""
        return (await self._moved(key, to, self._steps.read, context, data, attempts))[1]

    @overload
    async def add(
        self: AsyncStore[S, R, object],
        values: Mapping[str, object],
        to: S | StateLike[S],
        *,
        data: Mapping[str, object] | None = None,
        attempts: int = 1,
    ) -> tuple[object, Outcome[S]]: ...
    @overload
    async def add(
        self,
        values: Mapping[str, object],
        to: S | StateLike[S],
        *,
        context: Callable[[R, AsyncConnection], C],
        data: Mapping[str, object] | None = None,
        attempts: int = 1,
    ) -> tuple[object, Outcome[S]]: ...
    async def add(
        self,
        values: Mapping[str, object],
        to: S | StateLike[S],
        *,
        context: Callable[[R, AsyncConnection], Any] | None = None,
        data: Mapping[str, object] | None = None,
        attempts: int = 1,
    ) -> tuple[object, Outcome[S]]:
        """As `Store.add`."""
        named = values.get(self._steps.subjects.key.key)
        begin = partial(self._steps.add, values=values)
        return await self._moved(named, to, begin, context, data, attempts)

    def history(self, key: object, *, page: int = 500) -> AsyncIterator[Record[S]]:
        """As `Store.history`."""
        return self._pages(self._steps.kept(page), key, page)

    async def _pages(self, ledger: Ledger[S], key: object, size: int) -> AsyncIterator[Record[S]]:
        after = 0
        while True:
            async with self._engine.connect() as connection:
                records, after = await connection.run_sync(ledger.page, key, after, size)
            for record in records:
                yield record
            if len(records) < size:
                return

    def commit(
        self,
        session: AsyncSession,
        instance: object,
        to: S | StateLike[S],
        *,
        data: Mapping[str, object] | None = None,
    ) -> Callable[[S, Outcome[S]], Coroutine[object, object, Refusal | CancelledError | None]]:
        """As `Store.commit`, for `arun` and an `AsyncSession`. The instance has to be loaded."""
        from bylaws.store.session import Writing  # noqa: PLC0415 (needs sqlalchemy.orm)

        intended = self._steps.intended(to, 1, data, self._engine.dialect)
        writing = Writing(self._steps, session.sync_session, instance, intended, data)

        async def write(state: S, outcome: Outcome[S]) -> Refusal | None:
            return await session.run_sync(lambda _: writing.write(state, outcome))

        return to_its_end(write)

    async def _moved(
        self,
        key: object,
        to: S | StateLike[S],
        begin: Begin,
        context: Callable[[R, AsyncConnection], Any] | None,
        data: Mapping[str, object] | None,
        attempts: int,
    ) -> tuple[object, Outcome[S]]:
        intended = self._steps.intended(to, attempts, data, self._engine.dialect, context)
        conflict: ConflictError | None = None
        for left in reversed(range(attempts)):
            attempt = Attempt(key, intended, data, last=not left)
            outcome = await self._run(attempt, to, begin, context)
            conflict = attempt.conflict
            if conflict is None or (attempt.last and self._steps.on_conflict is not None):
                return attempt.found.key if attempt.written and attempt.found else None, outcome
        raise cast("ConflictError", conflict)

    async def _run(
        self,
        attempt: Attempt,
        to: S | StateLike[S],
        begin: Begin,
        context: Callable[[R, AsyncConnection], Any] | None,
    ) -> Outcome[S]:
        steps = self._steps
        async with self._engine.connect() as connection:

            async def write(state: S, outcome: Outcome[S]) -> Refusal | None:
                return await connection.run_sync(steps.write, attempt, state, outcome)

            try:
                (_, seen), row = await connection.run_sync(begin, attempt)
                made: Any = row if self._row is None else self._row(row)
                if context is not None:
                    made = context(made, connection)
                outcome = await self._policy.arun(
                    made, cast("S | None", seen.state), to, commit=to_its_end(write)
                )
                await connection.run_sync(steps.finish, attempt, outcome)
            except DBAPIError as error:
                given_way = await connection.run_sync(steps.gave_way, attempt, error)
                if given_way is None:
                    raise
                return given_way
            return outcome
