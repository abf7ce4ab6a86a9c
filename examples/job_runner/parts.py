"""Parts: what each of several processes does, on one database."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Generator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import active_children, get_context
from pathlib import Path
from typing import Final

from .attempt import Folders, Place
from .clock import Clock, RealClock
from .database import opened
from .faults import Faults, Sabotage, Slowness
from .keeping import governed, runs_store
from .workers import Operator, Tally, Worker

RUNS_PER_FLOW: Final = 20


@dataclass(frozen=True)
class Plan:
    """What is to be run, where, and by how many."""

    url: str
    folders: Path
    faults: Faults
    runs: int
    workers: int
    """In each process."""
    processes: int = 1
    speed: float = 20.0
    """How fast real time goes."""
    start: float = field(default_factory=time.time)

    @property
    def flows(self) -> int:
        """How many flows the runs belong to."""
        return self.runs // RUNS_PER_FLOW + 1

    @property
    def slots(self) -> int:
        """How many runs can be RUNNING at once."""
        return max(1, self.workers * self.processes * 2 // 3)

    def clock(self) -> Clock:
        """Virtual time; real time where processes have to share it."""
        return Clock() if self.processes == 1 else RealClock(self.start, self.speed)


async def play(plan: Plan, clock: Clock, watch: Callable[[int], None]) -> list[Tally]:
    """Run everything to its end: the first part in this process, each other in one of its own."""
    loop, numbers = asyncio.get_running_loop(), range(1, plan.processes)
    with ProcessPoolExecutor(plan.processes, mp_context=get_context("spawn")) as pool:
        others = [loop.run_in_executor(pool, other_part, plan, number) for number in numbers]
        try:
            return list(await asyncio.gather(part(plan, 0, clock, watch), *others))
        except BaseException:
            for child in active_children():
                child.terminate()  # or it would wait for runs that nobody takes any more
            raise


def other_part(plan: Plan, number: int) -> Tally:
    """A part in a process of its own."""
    return asyncio.run(part(plan, number, plan.clock(), lambda _: None))


async def part(plan: Plan, number: int, clock: Clock, watch: Callable[[int], None]) -> Tally:
    """The workers of a process; and of the first one the operator."""
    tally = Tally()
    async with opened(plan.url, clock) as database:
        place = Place(database, Folders(plan.folders), clock)
        store = runs_store(place, governed(first=Slowness(), last=Sabotage(plan.faults)))
        party = store, place, plan.faults, tally
        names = range(number * plan.workers + 1, (number + 1) * plan.workers + 1)
        choice = 4 * plan.processes**2
        activities = [
            Worker(f"worker {name}", *party, total=plan.runs, choice=choice).work for name in names
        ]
        if number == 0:
            operator = Operator("operator", *party, runs=plan.runs, flows=plan.flows, watch=watch)
            activities = [operator.submit, operator.meddle, *activities]
        with logs_counted(tally):
            await clock.run(*activities)
    return tally


@contextmanager
def logs_counted(tally: Tally) -> Generator[None]:
    """Count what bylaws logs: of exceptions that meet in a run all but the one that goes out.

    Faults are injected here, and their tracebacks would only get into the progress bar.
    """

    def count(record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        tally.faults[f"{type(error).__name__} logged beside another"] += 1
        return False

    log = logging.getLogger("bylaws")
    log.addFilter(count)
    try:
        yield
    finally:
        log.removeFilter(count)
