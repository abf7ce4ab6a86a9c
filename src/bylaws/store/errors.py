"""What a store raises, and what a database's own errors mean to it."""

from __future__ import annotations

from enum import Enum
from typing import Final, NamedTuple

from sqlalchemy.exc import DBAPIError

from bylaws.state import show

GAVE_WAY: Final = frozenset({"40001", "40P01"})
"""SQLSTATE of a serialization failure and of a deadlock: the transaction was undone."""

UNKNOWN: Final = ("08", "57", "58", "XX")
"""Classes of SQLSTATE in which the server, or the way to it, was lost."""

BUSY: Final = frozenset({5, 6})
"""SQLITE_BUSY and SQLITE_LOCKED."""


class Seen(NamedTuple):
    """A row as it was read: its state and its version."""

    state: Enum | None
    version: int

    def __str__(self) -> str:
        return f"{show(self.state)} at version {self.version}"


class StoreError(ValueError):
    """What a store cannot work with: its columns, a row, an argument. Nothing was written.

    `key` is that of the row, where it is about one.
    """

    def __init__(self, message: str, key: object = None) -> None:
        super().__init__(message, key)
        self.message: Final[str] = message
        self.key: Final[object] = key

    def __str__(self) -> str:
        return self.message


class NoRowError(StoreError):
    """There is no row with that `key`."""


class ConflictError(RuntimeError):
    """Another writer was faster, and nothing was written; what the rules took is given back.

    `expected` is what the rules were asked about (`None` where it could not be read), and `found`
    what is there instead: `None` if the row is gone, or could not be read. `__cause__` is the error
    of the database, where it gave way by itself: a serialization failure, a deadlock, SQLite busy.
    """

    def __init__(self, key: object, expected: Seen | None, found: Seen | None) -> None:
        super().__init__(key, expected, found)
        self.key: Final[object] = key
        self.expected: Final[Seen | None] = expected
        self.found: Final[Seen | None] = found

    def __str__(self) -> str:
        expected = "" if self.expected is None else f"expected {self.expected}, "
        found = "no row" if self.found is None else str(self.found)
        if self.__cause__ is not None and self.found in (None, self.expected):
            found = "that the database gave way to another writer"
        return f"{self.key!r}: {expected}found {found}"


class UnconfirmedError(RuntimeError):
    """The connection was lost during COMMIT: the move may be written or not, and history says.

    The rules were told that it was not. `key` and `version` are those of the row of the history
    that is there if it was; another writer may have taken that version, so put something of your
    own into `data`. `__cause__` is the error of the database.
    """

    def __init__(self, key: object, version: int) -> None:
        super().__init__(key, version)
        self.key: Final[object] = key
        self.version: Final[int] = version

    def __str__(self) -> str:
        return (
            f"{self.key!r}: COMMIT of version {self.version} was not confirmed. Whether it was "
            "written the history says."
        )


def gave_way(error: DBAPIError) -> bool:
    """Whether the database undid the transaction for the sake of another one."""
    code: object = getattr(error.orig, "sqlite_errorcode", None)
    return _sqlstate(error) in GAVE_WAY or (isinstance(code, int) and code & 0xFF in BUSY)


def is_unconfirmed(error: Exception) -> bool:
    """Whether an error of COMMIT leaves open what became of it.

    It does not where a server that is still there has answered with it.
    """
    if not isinstance(error, DBAPIError):
        return True
    return error.connection_invalidated or _sqlstate(error).startswith(UNKNOWN)


def _sqlstate(error: DBAPIError) -> str:
    state: object = getattr(error.orig, "sqlstate", None) or getattr(error.orig, "pgcode", None)
    return state if isinstance(state, str) else ""
