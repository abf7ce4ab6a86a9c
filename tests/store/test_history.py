"""The table of a history: what it lets in, and how migrations see it."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib import import_module

import pytest
from sqlalchemy import Engine, Integer, MetaData, insert, inspect
from sqlalchemy.exc import IntegrityError

from bylaws.store import history_table
from bylaws.store.history import COLUMNS
from tests.store.shop import HISTORY, Order, S, bare, fill
from tests.views.tools import missing


def row(version: int | None) -> dict[str, object]:
    """A row of a history."""
    return {
        "subject": "1",
        "version": version,
        "time": datetime.now(UTC),
        "intended": "NEW",
        "outcome": "accepted",
        "policy": "orders",
    }


def test_a_version_is_written_once(engine: Engine) -> None:
    """UNIQUE (subject, version) is the database's own; refusals have none, and do not collide."""
    with engine.begin() as connection:
        connection.execute(insert(HISTORY), [row(1), row(2), row(None), row(None)])
    with pytest.raises(IntegrityError), engine.begin() as connection:
        connection.execute(insert(HISTORY), row(2))


def test_a_key_that_is_used_again_is_told(engine: Engine) -> None:
    """A new row under the key of one that is gone would tear its history: nothing is written."""
    store = bare(engine)
    fill(engine, state=S.PAID)
    store.move(1, S.PAID)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE orders SET version = 0")
    with pytest.raises(IntegrityError):
        store.move(1, S.PAID)


def test_a_page_is_read_by_an_index(engine: Engine) -> None:
    """There is one over (subject, id), which a page is read by."""
    indexes = inspect(engine).get_indexes(HISTORY.name)
    assert ["subject", "id"] in [index["column_names"] for index in indexes]


def test_the_columns_are_those_that_a_store_asks_for() -> None:
    """All of them, in this order; the subject has the type that is given."""
    table = history_table(MetaData(), "kept", subject=Order.id)
    assert tuple(table.c.keys()) == COLUMNS
    assert isinstance(table.c.subject.type, Integer)


def test_alembic_sees_it(engine: Engine) -> None:
    """Autogenerate makes it, index and constraint included, and then finds nothing to do."""
    try:
        autogenerate = import_module("alembic.autogenerate")
        migration = import_module("alembic.migration")
        operations = import_module("alembic.operations")
    except ImportError:
        missing("there is no alembic: pip install alembic")
    metadata = MetaData()
    history_table(metadata, "kept", subject=Order.id)
    metadata.drop_all(engine)

    def ours(name: str, kind: str, _: object) -> bool:
        return kind != "table" or name == "kept"

    options = {"include_name": ours, "compare_type": True}
    with engine.begin() as connection:
        context = migration.MigrationContext.configure(connection, opts=options)
        script = autogenerate.produce_migrations(context, metadata)
        code = autogenerate.render_python_code(script.upgrade_ops)
        assert "uq_kept_subject_version" in code
        assert "ix_kept_subject_id" in code
        scope: dict[str, object] = {"op": operations.Operations(context)}
        exec("import sqlalchemy as sa\n" + _dedented(code), scope)
        assert autogenerate.compare_metadata(context, metadata) == []
    metadata.drop_all(engine)


def _dedented(code: str) -> str:
    return "\n".join(line.removeprefix("    ") for line in code.splitlines())
