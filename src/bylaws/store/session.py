"""The commit of a run over an instance of a mapped class, in the `Session` that it is in."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any, Generic, cast

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, object_mapper
from sqlalchemy.orm.attributes import flag_modified, set_committed_value
from sqlalchemy.orm.exc import StaleDataError

from bylaws import Outcome
from bylaws.state import S
from bylaws.store.errors import Seen, StoreError, gave_way
from bylaws.store.steps import Attempt, Refusal, Steps, commit
from bylaws.store.subjects import Found


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
        self._counted = mapper.version_id_col is subjects.version
        self._state: str = mapper.get_property_by_column(subjects.state).key
        self._version: str = mapper.get_property_by_column(subjects.version).key
        key: object = getattr(instance, mapper.get_property_by_column(subjects.key).key)
        self._stored: object = getattr(instance, self._state)
        version: object = getattr(instance, self._version)
        if not isinstance(version, int):
            raise StoreError(
                f"{type(instance).__name__} {key!r} has the version {version!r}: it has to be a "
                "number, and the instance flushed.",
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
                self._steps.record(session, attempt, state, outcome)
                connection = session.connection(bind_arguments={"mapper": self._mapper})
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
        refusal = self._steps.lost(session, attempt, cause)
        if self._steps.on_conflict is None and attempt.conflict is not None:
            raise attempt.conflict
        return refusal

    def _is_current(self) -> bool:
        """Whether the instance still shows what the rules were asked about."""
        return bool(getattr(self._instance, self._state) == self._stored)

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
        if not subjects.write(session, found, state):
            return False
        set_committed_value(instance, self._state, subjects.as_stored(state))
        set_committed_value(instance, self._version, found.seen.version + 1)
        return True
