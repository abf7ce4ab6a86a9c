"""The commit of a run over an instance of a mapped class, in the `Session` that it is in."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any, Generic, cast

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, object_mapper
from sqlalchemy.orm.attributes import flag_modified, instance_state, set_committed_value
from sqlalchemy.orm.exc import StaleDataError

from bylaws import Outcome
from bylaws.state import S
from bylaws.store.errors import Seen, StoreError, gave_way
from bylaws.store.steps import Attempt, Refusal, Steps
from bylaws.store.subjects import Found
from bylaws.store.transaction import commit


class Writing(Generic[S]):
    """One write of the state of an instance, which is as it is when this is made."""

    def __init__(
        self,
        steps: Steps[S],
        session: Session,
        instance: object,
        intended: Enum,
        data: Mapping[str, object] | None,
    ) -> None:
        subjects = steps.subjects
        mapper: Any = object_mapper(instance)
        if subjects.table not in mapper.tables:
            raise StoreError(
                f"{type(instance).__name__} is not mapped to {subjects.table.name}, whose states "
                "this store writes."
            )
        self._steps = steps
        self._session = session
        self._instance = instance
        self._mapper = mapper
        self._counted = mapper.version_id_col is subjects.version and mapper.version_id_generator
        self._state: str = mapper.get_property_by_column(subjects.state).key
        self._version: str = mapper.get_property_by_column(subjects.version).key
        key: object = getattr(instance, mapper.get_property_by_column(subjects.key).key)
        self._stored: object = getattr(instance, self._state)
        if not self._is_in_session():
            raise StoreError(
                f"{type(instance).__name__} {key!r} is not in the session, or not flushed: "
                "session.add() it, and session.flush().",
                key,
            )
        version: object = getattr(instance, self._version)
        if not isinstance(version, int):
            raise StoreError(
                f"{type(instance).__name__} {key!r} has the version {version!r}: it has to be a "
                "number.",
                key,
            )
        found = Found(key, Seen(subjects.member(self._stored, key), version))
        self._attempt = Attempt(key, intended, data, last=True, found=found)

    def write(self, state: S, outcome: Outcome[S]) -> Refusal | None:
        """Write the state and the record, and commit; or roll back, and nothing is written."""
        session, attempt = self._session, self._attempt
        cause: DBAPIError | None = None
        try:
            if self._is_current() and self._written(state):
                connection = self._connection()
                self._steps.record(connection, attempt, state, outcome)
                commit(session, connection, cast("Found", attempt.found))
                attempt.written = True
                return None
        except StaleDataError:
            pass
        except DBAPIError as error:
            if not gave_way(error):
                session.rollback()
                raise
            cause = error
        except BaseException:
            session.rollback()
            raise
        refusal = self._steps.lost(session, self._connection, attempt, cause)
        if self._steps.on_conflict is None and attempt.conflict is not None:
            raise attempt.conflict
        return refusal

    def _connection(self) -> Connection:
        """That of the instance: a session may have several."""
        return self._session.connection(bind_arguments={"mapper": self._mapper})

    def _is_in_session(self) -> bool:
        """Whether the session would write the instance, and expire it."""
        return self._instance in self._session and instance_state(self._instance).persistent

    def _is_current(self) -> bool:
        """Whether the instance still shows what the rules were asked about."""
        shown: object = getattr(self._instance, self._state)
        return self._is_in_session() and shown == self._stored

    def _written(self, state: S) -> bool:
        """Whether the row was still what was found, and is written."""
        session, instance, subjects = self._session, self._instance, self._steps.subjects
        found = cast("Found", self._attempt.found)
        if self._counted:
            setattr(instance, self._state, subjects.as_stored(state))
            flag_modified(instance, self._state)  # also where the state stays what it is
            session.flush()
            # Hooks may have flushed the instance, and so counted it, before this did.
            version: int = getattr(instance, self._version)
            self._attempt.found = Found(found.key, Seen(found.seen.state, version - 1))
            return True
        session.flush()
        if not subjects.write(self._connection(), found, state):
            return False
        set_committed_value(instance, self._state, subjects.as_stored(state))
        set_committed_value(instance, self._version, found.seen.version + 1)
        return True
