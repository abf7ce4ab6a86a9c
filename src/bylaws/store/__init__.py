"""States and their history in a database, on SQLAlchemy 2 (extra `sqlalchemy`).

The core knows nothing of it. `plain` and `asynchronous` are the two stores; they share all but the
awaiting: `steps` is what they do on a connection, `subjects` the user's own table, `ledger` the
history, and `session` the same for instances of mapped classes.
"""

try:
    from bylaws.store.asynchronous import AsyncStore
    from bylaws.store.errors import ConflictError, NoRowError, Seen, StoreError, UnconfirmedError
    from bylaws.store.history import Record, history_table
    from bylaws.store.plain import Store
except ModuleNotFoundError as _error:
    if _error.name != "sqlalchemy":
        raise
    raise ModuleNotFoundError(
        "bylaws.store needs SQLAlchemy: pip install 'bylaws[sqlalchemy]'", name=_error.name
    ) from _error

__all__ = [
    "AsyncStore",
    "ConflictError",
    "NoRowError",
    "Record",
    "Seen",
    "Store",
    "StoreError",
    "UnconfirmedError",
    "history_table",
]
