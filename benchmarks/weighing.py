"""A difference weighed by a history of 100 million rows, which DuckDB counts in a Parquet file.

Run `python -m benchmarks.weighing --rows 100_000_000`; it needs DuckDB from PyPI, and some 2 GB of
disk for so many rows. Each step is a process of its own, so that its peak of memory is its own.
"""

from __future__ import annotations

import re
import resource
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from typing import Final, TypeVar

import duckdb

from benchmarks.harness import nanoseconds, options, table
from bylaws.views import Count, difference
from tests.store.generated import generate
from tests.views.scale import generated

DOCUMENT: Final = Path(__file__).parents[1] / "docs" / "weighing.md"
STATES, RULES = 60, 300
ROUNDS: Final = 11

R = TypeVar("R")


def statement(file: Path) -> str:
    """The one statement, as the page on weighing has it, over a file."""
    found = re.search(r"^```sql\n(.*?)^```$", DOCUMENT.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    assert found is not None
    return found[1].replace("FROM history", f"FROM '{file}'")


def counted(file: Path) -> list[Count]:
    """The counts."""
    with duckdb.connect() as connection:
        connection.execute("SET enable_progress_bar = false")
        return [Count(*row) for row in connection.execute(statement(file)).fetchall()]


def measured(act: Callable[..., R], *arguments: object) -> tuple[R, float, int]:
    """What comes of it, in how many seconds, and the peak of this process so far in bytes."""
    start = time.perf_counter()
    result = act(*arguments)
    seconds = time.perf_counter() - start
    return result, seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def alone(act: Callable[..., R], *arguments: object) -> tuple[R, float, int]:
    """The same in a fresh process."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(measured, act, *arguments).result()


def weighing(counts: list[Count]) -> str:
    """What it takes to weigh, of the processor, in the median of some rounds; what comes of it."""
    change = difference(generated(STATES, RULES, 8), generated(STATES, RULES, 9))

    def once(some: list[Count]) -> float:
        start = time.thread_time()
        weighed = change.weighed(some)
        assert weighed.lines
        assert weighed.touched <= weighed.total
        return time.thread_time() - start

    found = [f"A difference of {len(change.lines):,} lines, two policies of {STATES} x {RULES}:\n"]
    moves: dict[tuple[str | None, str | None], int] = {}
    for count in counts:
        moves[count[:2]] = moves.get(count[:2], 0) + count.moves
    plain = [Count(*ends, number) for ends, number in moves.items()][:3_600]
    for some, who in ((plain, "without who refused"), (counts, "with who refused")):
        seconds = median([once(some) for _ in range(ROUNDS)])
        found.append(f"- {len(some):,} counts {who}: {nanoseconds(seconds * 1e9)}")
    return "\n".join([*found, "", *change.weighed(counts).summary()])


def shortly(seconds: float, peak: int) -> list[str]:
    """As one reads it."""
    return [f"{seconds:.2f} s", f"{peak / 1e6:.0f} MB"]


def shown(rows: int) -> str:
    """The table, and the figures of the weighing."""
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory) / "history.parquet"
        _, made, peak_made = alone(generate, file, rows, STATES)
        size = file.stat().st_size
        counts, taken, peak = alone(counted, file)
    assert sum([count.moves for count in counts]) == rows
    cells = [
        [f"write {rows:,} rows, {size / 1e9:.2f} GB of Parquet", *shortly(made, peak_made)],
        [f"count them: {len(counts):,} counts come back", *shortly(taken, peak)],
    ]
    return f"{table(['what', 'time', 'peak'], cells)}\n\n{weighing(counts)}"


if __name__ == "__main__":
    parser = options(__doc__)
    parser.add_argument("--rows", type=int, default=100_000_000, help="so many are generated")
    arguments = parser.parse_args()
    print(shown(100_000 if arguments.quick else arguments.rows))
