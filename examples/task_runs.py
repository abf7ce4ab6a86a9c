"""A job runner on asyncio and SQLite: task runs under CoreTaskPolicy, with faults injected.

    python examples/task_runs.py --runs 2000 --seed 7

The same seed gives the same report: time is virtual, and all chance comes from the seed. It needs
the extra "examples".
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
from collections import Counter
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.progress import Progress

from bylaws import AsyncPolicy

# `examples` is found when this is run as a script, too.
sys.path.insert(0, str(Path(__file__).parent.parent))

from examples.job_runner.clock import Clock
from examples.job_runner.faults import Faults, Sabotage
from examples.job_runner.model import TaskState
from examples.job_runner.policy import Attempt, CoreTaskPolicy
from examples.job_runner.proof import violations
from examples.job_runner.store import Store, opened
from examples.job_runner.workers import Operator, Tally, Worker

RUNS_PER_FLOW: Final = 20
CORE: Final = CoreTaskPolicy()


async def simulate(
    runs: int,
    workers: int,
    faults: Faults,
    watch: Callable[[int], None],
    database: str = ":memory:",
) -> str:
    """Run everything to its end, and report."""
    clock, tally = Clock(), Tally()
    sabotaged = AsyncPolicy[TaskState, Attempt](
        *CORE.entries, Sabotage(faults), name="CoreTaskPolicy, sabotaged"
    )
    async with opened(database, clock) as store:
        flows = runs // RUNS_PER_FLOW + 1
        random = faults.random("runs")
        keys = [
            f"key {random.randrange(runs)}" if random.random() < 0.5 else None for _ in range(runs)
        ]
        await store.add(
            [(run_id, run_id % flows, key) for run_id, key in enumerate(keys)],
            slots=max(1, workers * 2 // 3),
        )
        store.before_write = faults.before_write
        crew = [
            Worker(f"worker {number}", store, clock, sabotaged, faults, tally, total=runs)
            for number in range(1, workers + 1)
        ]
        operator = Operator(
            "operator", store, clock, sabotaged, faults, tally, runs=runs, flows=flows, watch=watch
        )
        with logs_counted(tally):
            await clock.run(operator.submit, operator.meddle, *(worker.work for worker in crew))
        return await report(store, tally, clock)


@contextmanager
def logs_counted(tally: Tally) -> Generator[None]:
    """Count what bylaws logs: of exceptions that meet in a run all but the one that goes out.

    Faults are injected here, and their tracebacks would only get into the progress bar.
    """

    class Counting(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            error = record.exc_info[1] if record.exc_info else None
            tally.faults[f"{type(error).__name__} logged beside another"] += 1

    log, counting = logging.getLogger("bylaws"), Counting()
    log.addHandler(counting)
    log.propagate = False
    try:
        yield
    finally:
        log.propagate = True
        log.removeHandler(counting)


async def report(store: Store, tally: Tally, clock: Clock) -> str:
    """What came of it: counts, the proof from the database, one explanation and one trace."""
    history = await store.history()
    last = {row["run_id"]: row["state"] for row in history}
    wrong = await violations(store)
    taken = await store.slots_taken()
    proof = (
        f"Proof: {len(history):,} steps in {len(last):,} histories; {taken} slots taken; "
        f"{len(wrong) or 'no'} violations after {clock.now:,.0f} s of virtual time"
    )
    parts = [
        _table("Task runs", Counter(last.values())),
        _table("Outcomes", tally.outcomes),
        _table("Faults and races", tally.faults),
        "\n".join([proof, *wrong[:20]]),
        f"Why\n{CORE.explain(TaskState.PENDING, TaskState.RUNNING)}",
    ]
    if tally.refused is not None:
        parts.append(f"A refused run\n{tally.refused.trace}")
    return "\n\n".join(parts)


def _table(title: str, counts: Counter[str]) -> str:
    width = max((len(name) for name in counts), default=0)
    return "\n".join(
        [title, *(f"  {name:<{width}}  {number:>7,}" for name, number in sorted(counts.items()))]
    )


def main() -> None:
    """Read the options, show the progress, print the report."""
    parser = argparse.ArgumentParser(
        description="Some thousand task runs, governed by CoreTaskPolicy."
    )
    parser.add_argument("--runs", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--workers", type=int, default=12)
    parser.add_argument("--database", default=":memory:", help="a new file, to look at afterwards")
    parser.add_argument("--quiet", action="store_true", help="no progress bar")
    options = parser.parse_args()
    with Progress(console=Console(stderr=True), disable=options.quiet) as progress:
        bar = progress.add_task("task runs", total=options.runs)

        def watch(ended: int) -> None:
            progress.update(bar, completed=ended)

        done = asyncio.run(
            simulate(options.runs, options.workers, Faults(options.seed), watch, options.database)
        )
    print(done)


if __name__ == "__main__":
    main()
