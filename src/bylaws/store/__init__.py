"""States and their history in a database, on SQLAlchemy 2 (extra `sqlalchemy`).

The core knows nothing of it. It is a package because `Store` and `AsyncStore` share all but the
awaiting: `steps` is what they do on a connection, `subjects` the user's table, `history` the other
one, `session` the same for instances of mapped classes.
"""

from bylaws.store.asynchronous import AsyncStore
from bylaws.store.errors import ConflictError, NoRowError, Seen, StoreError, UnconfirmedError
from bylaws.store.history import Record, history_table
from bylaws.store.plain import Store

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
