"""Histories as large as they get: so many rows as a Parquet file, made by DuckDB itself."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import duckdb

REFUSING: Final = 3
"""So many rules refuse some of each move: one run in twenty is refused."""

ROWS: Final = """\
SELECT
    i AS id,
    'order-' || (h % (1 + {rows} // 8)) AS subject,
    i // 8 AS version,
    TIMESTAMP '2026-01-01' + to_microseconds(i * 250_000) AS time,
    CASE WHEN a < {states} THEN 'STATE_' || a END AS from_state,
    'STATE_' || b AS intended,
    CASE WHEN h % 20 > 0 THEN 'STATE_' || b END AS to_state,
    CASE WHEN h % 20 > 0 THEN 'accepted' ELSE 'aborted' END AS outcome,
    CASE WHEN h % 20 = 0 THEN 'Rule' || (7 * (a * {states} + b) + h // 20 % {refusing}) % 300 END
        AS refused_by,
    CASE WHEN h % 20 = 0 THEN 'not now' END AS reason,
    'Generated' AS policy,
    '0123456789ab' AS policy_version,
    NULL::JSON AS data
FROM (
    SELECT i, hash(i + 1) % 1_000_003 AS h, hash(i) % {froms} AS a, hash(-1 - i) % {states} AS b
    FROM range({rows}) AS numbers(i)
)
"""


def generate(file: Path, rows: int, states: int = 60) -> None:
    """Write a history of so many runs over so many states, any of which may follow any."""
    made = ROWS.format(rows=rows, states=states, froms=states + 1, refusing=REFUSING)
    with duckdb.connect() as connection:
        connection.execute("SET preserve_insertion_order = false")
        connection.execute("SET enable_progress_bar = false")
        connection.execute(f"COPY ({made}) TO '{file}' (FORMAT parquet, COMPRESSION zstd)")
