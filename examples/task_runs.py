"""A job runner on asyncio and a database: task runs under CoreTaskPolicy, with faults injected.

    python examples/task_runs.py --runs 1000 --seed 7
    python examples/task_runs.py --processes 4 --database postgresql+psycopg://user@host/empty

The same seed gives the same report: time is virtual, and all chance comes from the seed. Several
processes at once have to go by real time, and then who is faster is nobody's choice: the proof in
the report holds, its figures do not come again. It needs the extra "examples".
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.progress import Progress
from sqlalchemy import func, select

# `examples` is found when this is run as a script, too.
sys.path.insert(0, str(Path(__file__).parent.parent))

from examples.job_runner.attempt import Folders
from examples.job_runner.clock import Clock
from examples.job_runner.database import Database, opened
from examples.job_runner.faults import Faults
from examples.job_runner.keeping import CORE
from examples.job_runner.model import HISTORY, TaskRun, TaskState
from examples.job_runner.parts import Plan, play
from examples.job_runner.proof import slots_taken, steps, violations
from examples.job_runner.workers import Tally


async def simulate(plan: Plan, watch: Callable[[int], None]) -> str:
    """Run everything to its end, in an empty database, and report."""
    clock = plan.clock()
    async with opened(plan.url, clock) as database:
        await database.fill(plan.flows, plan.slots)
        tallies = await play(plan, clock, watch)
        return await report(database, Folders(plan.folders), tallies, clock)


async def report(database: Database, folders: Folders, tallies: list[Tally], clock: Clock) -> str:
    """What came of it: counts, the proof from the database, one explanation and one trace."""
    number, told, moved = func.count().label("number"), HISTORY.c.outcome, HISTORY.c.to_state
    ends = select(TaskRun.state, number).group_by(TaskRun.state)
    outcomes = select(told, moved, HISTORY.c.refused_by, number)
    outcomes = outcomes.group_by(told, moved, HISTORY.c.refused_by)
    met = Counter[str]()
    for row in await database.rows(outcomes):
        to = f" to {row['to_state'] or 'stay'}" if row["outcome"] == "rejected" else ""
        by = f" by {row['refused_by']}" if row["refused_by"] else ""
        met[f"{row['outcome']}{to}{by}"] += row["number"]
    written, wrong = await steps(database), await violations(database)
    proof = (
        f"Proof: {len(written):,} steps in {len({row['subject'] for row in written}):,} histories; "
        f"{await slots_taken(database)} slots taken; {len(folders.left())} folders left; "
        f"{len(wrong) or 'no'} violations after {clock.now:,.0f} s of the clock"
    )
    parts = [
        _table(
            "Task runs", {row["state"].name: row["number"] for row in await database.rows(ends)}
        ),
        _table("Outcomes", met),
        _table("Faults and races", sum((tally.faults for tally in tallies), Counter[str]())),
        "\n".join([proof, *wrong[:20]]),
        f"Why\n{CORE.explain(TaskState.PENDING, TaskState.RUNNING)}",
        *[f"A refused run\n{tally.refused}" for tally in tallies if tally.refused][:1],
    ]
    return "\n\n".join(parts)


def _table(title: str, counts: dict[str, int]) -> str:
    width = max((len(name) for name in counts), default=0)
    return "\n".join(
        [title, *(f"  {name:<{width}}  {number:>7,}" for name, number in sorted(counts.items()))]
    )


def main() -> None:
    """Read the options, show the progress, print the report."""
    parser = argparse.ArgumentParser(description="Many task runs, governed by CoreTaskPolicy.")
    parser.add_argument("--runs", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--workers", type=int, default=12, help="in each process")
    parser.add_argument("--processes", type=int, default=1, help="more than one: in real time")
    parser.add_argument("--database", help="the URL of an empty one; a file of SQLite, then gone")
    parser.add_argument("--quiet", action="store_true", help="no progress bar")
    options = parser.parse_args()
    with (
        TemporaryDirectory() as place,
        Progress(console=Console(stderr=True), disable=options.quiet) as progress,
    ):
        bar = progress.add_task("task runs", total=options.runs)

        def watch(ended: int) -> None:
            progress.update(bar, completed=ended)

        folders = Path(place, "folders")
        folders.mkdir()
        plan = Plan(
            options.database or f"sqlite+aiosqlite:///{Path(place, 'runs.db')}",
            folders,
            Faults(options.seed),
            runs=options.runs,
            workers=options.workers,
            processes=options.processes,
        )
        done = asyncio.run(simulate(plan, watch))
    print(done)


if __name__ == "__main__":
    main()
