"""Transaction: how one ends, so that nothing of it is left for who comes next."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeAlias

from sqlalchemy import Connection, Dialect

from bylaws.store.errors import StoreError, UnconfirmedError, is_unconfirmed
from bylaws.store.subjects import Found

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

Open: TypeAlias = "Connection | Session"
"""What has a transaction open, and ends it."""


def check_engine(options: Mapping[str, object], dialect: Dialect) -> None:
    """`StoreError` for an engine that commits each statement by itself."""
    # What create_engine() was given as such is nowhere else, unless a connection is asked.
    usual: object = getattr(dialect, "_on_connect_isolation_level", None)
    if options.get("isolation_level", usual) == "AUTOCOMMIT":
        raise StoreError(
            "the engine's isolation level is AUTOCOMMIT, under which nothing stands or falls "
            'together: give the store engine.execution_options(isolation_level="...") of another.'
        )


def commit(transaction: Open, connection: Connection, found: Found) -> None:
    """The COMMIT of a move. `UnconfirmedError` if nobody knows what became of it."""
    try:
        end(transaction, connection)
    except Exception as error:
        if is_unconfirmed(error):
            raise UnconfirmedError(found.key, found.seen.version + 1) from error
        raise


def end(transaction: Open, connection: Connection) -> None:
    """COMMIT, or else ROLLBACK, which SQLAlchemy does not send after a COMMIT that failed.

    SQLite, busy, has the transaction still open then, and whoever is given the connection next
    would commit it.
    """
    try:
        transaction.commit()
    except BaseException:
        _undo(connection)
        raise


def _undo(connection: Connection) -> None:
    if connection.closed or connection.invalidated:
        return
    try:
        connection.dialect.do_rollback(connection.connection)
    except Exception:
        connection.invalidate()
