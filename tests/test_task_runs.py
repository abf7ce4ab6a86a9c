"""The job runner of `examples/task_runs.py`, at work and under attack."""

from __future__ import annotations

import asyncio
import json
import logging
import subprocess
import sys
import threading
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import pytest

pytest.importorskip("greenlet", reason="needs the extra: examples")
pytest.importorskip("aiosqlite", reason="needs the extra: examples")
pytest.importorskip("rich", reason="needs the extra: examples")

from sqlalchemy import insert, text, update
from sqlalchemy.event import listen
from sqlalchemy.exc import IntegrityError

from bylaws import Aborted, Accepted, AsyncPolicy, Delayed, Outcome, PolicyError, Rejected
from bylaws.store import ConflictError
from examples.job_runner.attempt import Attempt, Folders, Place
from examples.job_runner.clock import Clock, RealClock
from examples.job_runner.database import Database, opened
from examples.job_runner.faults import Faults, Sabotage, Slowness
from examples.job_runner.keeping import CORE, governed, runs_store
from examples.job_runner.model import HISTORY, Slot, State, TaskRun, TaskState
from examples.job_runner.parts import Plan, logs_counted
from examples.job_runner.policy import (
    RETRIES,
    RETRY_DELAY,
    CacheRetrieval,
    SecureTaskConcurrencySlots,
)
from examples.job_runner.proof import slots_taken, steps, violations
from examples.job_runner.workers import Operator, Tally
from examples.task_runs import simulate

pytestmark = pytest.mark.spawns  # aiosqlite has a thread for each connection

SCRIPT: Final = Path(__file__).parent.parent / "examples" / "task_runs.py"
FACTS: Final = Path(__file__).parent / "data" / "prefect-policies.json"
NO_FAULTS: Final = Faults(0, hook_raises=0, commit_fails=0, task_cancelled=0, task_fails=0)


class Gate:
    """Holds the thread of a connection inside a statement, until it is opened."""

    def __init__(self) -> None:
        self.reached = asyncio.Event()
        self._open = threading.Event()
        self._loop = asyncio.get_running_loop()

    def hold(self) -> int:
        """What SQLite calls."""
        self._loop.call_soon_threadsafe(self.reached.set)
        return int(self._open.wait(timeout=10))

    def open(self) -> None:
        """Let the statement go on."""
        self._open.set()


class World:
    """A database with a flow and one slot, and two parties who may take steps."""

    def __init__(self, database: Database, folders: Folders, clock: Clock, gate: Gate) -> None:
        self.database = database
        self.gate = gate
        self.clock = clock
        self.folders = folders
        self.place = Place(database, folders, clock)
        self.ann = self.party("ann", NO_FAULTS)
        self.ben = self.party("ben", NO_FAULTS)

    def party(self, name: str, faults: Faults) -> Operator:
        """Somebody who knows all that can be done."""
        store = runs_store(self.place, governed(first=Slowness(), last=Sabotage(faults)))
        return Operator(name, store, self.place, faults, Tally(), 2, 1, unwatched)

    async def run(self, run_id: int = 0) -> TaskRun:
        """A run, as it is now."""
        run = await self.database.run(run_id)
        assert run is not None
        return run

    async def ask(self, state: State, run_id: int = 0) -> Outcome[TaskState]:
        """Propose a state for a run, as it is now, once; its first state adds it."""
        run = await self.database.run(run_id)
        if run is None:
            return await self.ann.add({"id": run_id, "flow_id": 0, "cache_key": "key"}, state)
        return await self.ann.propose(run, state)

    async def bring(self, *states: TaskState, run_id: int = 0) -> TaskRun:
        """Take a run through states that nothing keeps it from."""
        for state in states:
            proposed = State(state, result="done")
            assert await self.ask(proposed, run_id) == Accepted(state, proposed)
        return await self.run(run_id)

    async def steps(self, run_id: int = 0) -> list[str]:
        """The states that a run has been in."""
        return [row["to_state"] for row in await steps(self.database) if row["subject"] == run_id]

    async def held(self) -> tuple[int, int]:
        """How many slots are taken, and how many folders there are."""
        return await slots_taken(self.database), len(self.folders.left())

    async def do(self, *statements: Any) -> None:
        """Change the database behind everybody's back."""
        async with self.database.engine.begin() as connection:
            for statement in statements:
                await connection.execute(statement)

    async def hold_in(self, event: str, then: str = "0") -> None:
        """Let the gate hold every statement that does `event`, such as "INSERT ON history"."""
        await self.do(text(f"CREATE TRIGGER gate AFTER {event} BEGIN SELECT hold(), {then}; END"))


@asynccontextmanager
async def new_world() -> AsyncGenerator[World]:
    """A world of its own for a test."""
    gate, clock = Gate(), Clock()

    def connected(connection: Any, _: object) -> None:
        connection.create_function("hold", 0, gate.hold)

    with TemporaryDirectory() as folder, TemporaryDirectory() as work:
        async with opened(f"sqlite+aiosqlite:///{folder}/runs.db", clock) as database:
            listen(database.engine.sync_engine, "connect", connected)
            await database.fill(flows=1, slots=1)
            yield World(database, Folders(Path(work)), clock, gate)


def unwatched(ended: int) -> None:
    """No progress bar."""


def simulated(folder: Path, faults: Faults, runs: int = 60, workers: int = 6) -> str:
    """The report of a run in a new folder."""
    (folder / "work").mkdir(parents=True)
    url = f"sqlite+aiosqlite:///{folder / 'runs.db'}"
    plan = Plan(url, folder / "work", faults, runs=runs, workers=workers)
    return asyncio.run(simulate(plan, unwatched))


def kept(run: TaskRun) -> State:
    """The state of a run, with what belongs to it."""
    assert run.state is not None
    return State(run.state, run.name, run.due, run.result)


def test_the_policy_is_that_of_prefect() -> None:
    """The eleven entries have Prefect's names; for all 100 pairs those fire that fire there."""
    known: dict[str, Any] = json.loads(FACTS.read_text(encoding="utf-8"))
    policy: dict[str, Any] = known["policies"]["CoreTaskPolicy"]
    names: list[str] = [entry["name"] for entry in policy["rules"]]
    states = [TaskState[name] if name else None for name in known["states"]]
    assert [type(entry).__name__ for entry in CORE.entries] == names
    for from_state, row in zip(states, policy["matrix"], strict=True):
        for to_state, expected in zip(states, row, strict=True):
            fired = CORE.compile_transition_rules(from_state, to_state)
            assert [type(entry).__name__ for entry in fired] == [names[at] for at in expected]


def test_slots_come_after_the_cache() -> None:
    """A policy that takes a slot before it looks into the cache cannot be made."""
    with pytest.raises(
        PolicyError, match="move SecureTaskConcurrencySlots down, after CacheRetrieval"
    ):
        AsyncPolicy[TaskState, Attempt](SecureTaskConcurrencySlots(), CacheRetrieval())


def test_a_life() -> None:
    """A run goes from SCHEDULED to COMPLETED, holding a slot while it is RUNNING only."""

    async def main() -> None:
        async with new_world() as world:
            await world.bring(TaskState.SCHEDULED, TaskState.PENDING)
            assert await world.held() == (0, 0)
            await world.bring(TaskState.RUNNING)
            assert await world.held() == (1, 1)
            await world.bring(TaskState.COMPLETED)
            assert await world.held() == (0, 0)
            assert await world.steps() == ["SCHEDULED", "PENDING", "RUNNING", "COMPLETED"]

    asyncio.run(main())


def test_cancelling_keeps_the_slot_until_it_is_done() -> None:
    """A run that is being cancelled still runs, so it holds its slot until it is CANCELLED."""

    async def main() -> None:
        async with new_world() as world:
            await world.bring(
                TaskState.SCHEDULED, TaskState.PENDING, TaskState.RUNNING, TaskState.CANCELLING
            )
            assert await world.held() == (1, 1)
            await world.bring(TaskState.CANCELLED)
            assert await world.held() == (0, 0)

    asyncio.run(main())


def test_a_slot_is_waited_for() -> None:
    """When every slot is taken a run is delayed, and starts when one is free."""

    async def main() -> None:
        async with new_world() as world:
            await world.bring(TaskState.SCHEDULED, TaskState.PENDING, run_id=1)
            await world.bring(TaskState.SCHEDULED, TaskState.PENDING, TaskState.RUNNING)
            assert await world.ask(State(TaskState.RUNNING), 1) == Delayed(
                0.5, "every slot is taken"
            )
            await world.bring(TaskState.PAUSED)
            outcome = await world.ask(State(TaskState.RUNNING), 1)
            assert outcome == Accepted(TaskState.RUNNING, State(TaskState.RUNNING))

    asyncio.run(main())


def test_the_cache_answers_before_a_slot_is_taken() -> None:
    """A run whose result is known is COMPLETED with it, though every slot is taken."""

    async def main() -> None:
        async with new_world() as world:
            await world.bring(TaskState.SCHEDULED, TaskState.PENDING, run_id=1)
            await world.bring(TaskState.SCHEDULED, TaskState.PENDING, TaskState.RUNNING)
            await world.database.remember("key", "known")
            known = State(TaskState.COMPLETED, "Cached", result="known")
            outcome = await world.ask(State(TaskState.RUNNING), 1)
            assert outcome == Rejected(TaskState.COMPLETED, "the result is known", known)
            assert kept(await world.run(1)) == known
            assert await world.held() == (1, 1)

    asyncio.run(main())


def test_results_are_cached() -> None:
    """What one run came to, the next one with its cache key is given."""

    async def main() -> None:
        async with new_world() as world:
            await world.bring(
                TaskState.SCHEDULED, TaskState.PENDING, TaskState.RUNNING, TaskState.COMPLETED
            )
            await world.bring(TaskState.SCHEDULED, TaskState.PENDING, run_id=1)
            await world.ask(State(TaskState.RUNNING), 1)
            assert kept(await world.run(1)) == State(TaskState.COMPLETED, "Cached", result="done")

    asyncio.run(main())


def test_scheduled_times_are_kept_and_waited_for() -> None:
    """A run that is picked up early keeps its time, and waits until then without a slot."""

    async def main() -> None:
        async with new_world() as world:
            await world.ask(State(TaskState.SCHEDULED, due=10))
            await world.ask(State(TaskState.PENDING))
            outcome = await world.ask(State(TaskState.RUNNING))
            assert isinstance(outcome, Delayed)
            assert outcome.reason == "its time has not come"
            assert await world.held() == (0, 0)
            await world.clock.sleep(outcome.seconds)
            assert world.clock.now == pytest.approx(10, abs=0.1)
            outcome = await world.ask(State(TaskState.RUNNING))
            assert outcome == Accepted(TaskState.RUNNING, State(TaskState.RUNNING))

    asyncio.run(main())


def test_retries_come_later_each_time() -> None:
    """A run that fails is scheduled again, twice, and then it has FAILED."""

    async def main() -> None:
        async with new_world() as world:
            await world.bring(TaskState.SCHEDULED)
            for retry in range(1, RETRIES + 1):
                await world.bring(TaskState.PENDING)
                await world.ann.reach(await world.run(), State(TaskState.RUNNING))
                outcome = await world.ask(State(TaskState.FAILED))
                assert isinstance(outcome, Rejected)
                assert outcome.state is TaskState.SCHEDULED
                run = await world.run()
                assert run.name == "AwaitingRetry"
                assert run.due == pytest.approx(world.clock.now + RETRY_DELAY * retry, abs=0.1)
                assert await world.held() == (0, 0)
            await world.bring(TaskState.PENDING)
            again = await world.ann.reach(await world.run(), State(TaskState.RUNNING))
            assert again is not None
            assert kept(again) == State(TaskState.RUNNING, "Retrying")
            await world.bring(TaskState.FAILED)

    asyncio.run(main())


@pytest.mark.parametrize("end", [TaskState.COMPLETED, TaskState.CANCELLED, TaskState.CRASHED])
def test_terminal_states_stay(end: TaskState) -> None:
    """A run that has ended stays as it is, whatever is asked; its history has nothing of it."""

    async def main() -> None:
        async with new_world() as world:
            ended = await world.bring(
                TaskState.SCHEDULED, TaskState.PENDING, TaskState.RUNNING, end
            )
            for state in TaskState:
                assert await world.ask(State(state)) == Rejected(None, f"{end.name} is terminal")
            assert kept(await world.run()) == kept(ended)
            assert (await world.run()).version == ended.version
            assert await world.held() == (0, 0)
            assert await violations(world.database) == []

    asyncio.run(main())


def test_a_retried_flow_runs_its_crashes_again() -> None:
    """When its flow is retried a crashed run may run again, once; a completed one may not."""

    async def main() -> None:
        async with new_world() as world:
            life = (TaskState.SCHEDULED, TaskState.PENDING, TaskState.RUNNING)
            await world.bring(*life, TaskState.CRASHED)
            await world.bring(*life, TaskState.COMPLETED, run_id=1)
            await world.database.retry_flow(0)
            assert [run.id for run in await world.database.runs_due(0, most=9)] == [0]
            run = await world.bring(TaskState.RUNNING)
            assert (run.name, run.run_count, run.flow_run_count) == ("Rerunning", 1, 2)
            await world.bring(TaskState.CRASHED)
            assert await world.ask(State(TaskState.RUNNING)) == Rejected(
                None, "CRASHED is terminal"
            )
            assert await world.ask(State(TaskState.RUNNING), 1) == Rejected(
                None, "COMPLETED is terminal"
            )
            assert await violations(world.database) == []

    asyncio.run(main())


def test_nothing_starts_in_a_stopped_flow() -> None:
    """When its flow is stopped a run that has not started never does, and takes no slot."""

    async def main() -> None:
        async with new_world() as world:
            await world.bring(TaskState.SCHEDULED, TaskState.PENDING)
            await world.database.stop_flow(0)
            assert await world.ask(State(TaskState.RUNNING)) == Aborted("its flow has been stopped")
            assert await world.held() == (0, 0)
            run = await world.ann.reach(await world.run(), State(TaskState.RUNNING))
            assert run is not None
            assert run.state is TaskState.CANCELLED

    asyncio.run(main())


@pytest.mark.parametrize("state", [TaskState.PENDING, TaskState.RUNNING])
def test_two_workers_race(state: TaskState) -> None:
    """Of two workers that want one step one wins; the other is told, and has taken nothing."""

    async def main() -> None:
        async with new_world() as world:
            await world.do(insert(Slot).values(number=1))
            run = await world.bring(*[TaskState.SCHEDULED, TaskState.PENDING][: state.value - 1])
            won: list[str] = []

            async def want(party: Operator) -> None:
                assert await party.propose(run, State(state)) == Accepted(state, State(state))
                won.append(party.name)

            async def lose(party: Operator) -> None:
                with pytest.raises(ConflictError) as lost:
                    await party.propose(run, State(state))
                expected, found = lost.value.expected, lost.value.found
                assert expected is not None
                assert expected == (run.state, run.version)
                assert found == (state, run.version + 1)

            await world.clock.run(lambda: want(world.ann), lambda: lose(world.ben))
            assert won == ["ann"]
            assert await world.ben.reach(run, State(state)) is None
            assert world.ben.tally.faults == {"races lost": 1}
            run = await world.run()
            assert (run.state, run.worker, run.version) == (state, "ann", state.value)
            assert await world.held() == ((1, 1) if state is TaskState.RUNNING else (0, 0))

    asyncio.run(main())


def test_cancel_inside_the_commit() -> None:
    """A cancellation in the database's commit waits for its end; then step and slot stand."""

    async def main() -> None:
        async with new_world() as world:
            await world.bring(TaskState.SCHEDULED, TaskState.PENDING)
            await world.hold_in("INSERT ON history")
            task = asyncio.create_task(world.ask(State(TaskState.RUNNING)))
            await world.gate.reached.wait()
            for _ in range(3):
                task.cancel()
                await asyncio.wait([task], timeout=0.02)
            assert not task.done()
            world.gate.open()
            await asyncio.wait([task])
            assert task.cancelled()
            assert await world.steps() == ["SCHEDULED", "PENDING", "RUNNING"]
            assert (await world.run()).state is TaskState.RUNNING
            assert await world.held() == (1, 1)
            await world.bring(TaskState.COMPLETED)
            assert await world.held() == (0, 0)

    asyncio.run(main())


def test_cancel_inside_a_commit_that_fails(caplog: pytest.LogCaptureFixture) -> None:
    """If the commit waited for fails, nothing is written, the slot goes back, it is logged."""

    async def main() -> None:
        async with new_world() as world:
            await world.bring(TaskState.SCHEDULED, TaskState.PENDING)
            await world.hold_in("INSERT ON history", then="RAISE(ABORT, 'disk is full')")
            task = asyncio.create_task(world.ask(State(TaskState.RUNNING)))
            await world.gate.reached.wait()
            task.cancel()
            world.gate.open()
            await asyncio.wait([task])
            assert task.cancelled()
            (record,) = caplog.records
            assert record.exc_info
            assert "disk is full" in str(record.exc_info[1])
            assert await world.steps() == ["SCHEDULED", "PENDING"]
            assert (await world.run()).state is TaskState.PENDING
            assert await world.held() == (0, 0)

    asyncio.run(main())


def test_cancel_while_a_slot_is_taken() -> None:
    """A cancellation inside the statement that takes the slot gives the slot back."""

    async def main() -> None:
        async with new_world() as world:
            await world.bring(TaskState.SCHEDULED, TaskState.PENDING)
            await world.hold_in("UPDATE ON slots WHEN NEW.lease IS NOT NULL")
            task = asyncio.create_task(world.ask(State(TaskState.RUNNING)))
            await world.gate.reached.wait()
            task.cancel()
            world.gate.open()
            await asyncio.wait([task])
            assert task.cancelled()
            assert await world.steps() == ["SCHEDULED", "PENDING"]
            assert await world.held() == (0, 0)

    asyncio.run(main())


def test_a_commit_that_fails_gives_all_back() -> None:
    """When the step cannot be written the run is where it was, without what it took."""

    async def main() -> None:
        async with new_world() as world:
            pending = await world.bring(TaskState.SCHEDULED, TaskState.PENDING)
            eve = world.party("eve", replace(NO_FAULTS, commit_fails=1))
            with pytest.raises(IntegrityError):
                await eve.propose(pending, State(TaskState.RUNNING))
            assert await world.steps() == ["SCHEDULED", "PENDING"]
            assert await world.held() == (0, 0)
            assert (await world.bring(TaskState.RUNNING)).version == pending.version + 1

    asyncio.run(main())


def test_a_hook_that_raises_gives_all_back() -> None:
    """When the last hook before the commit raises nothing stands, when one after it all does."""

    async def main() -> None:
        async with new_world() as world:
            pending = await world.bring(TaskState.SCHEDULED, TaskState.PENDING)
            eve = world.party("eve", replace(NO_FAULTS, hook_raises=1))
            with eve.tally.survived():
                await eve.propose(pending, State(TaskState.RUNNING))
            assert eve.tally.faults == {"InjectedFaultError survived": 1}
            assert await world.steps() == ["SCHEDULED", "PENDING"]
            assert await world.held() == (0, 0)

    asyncio.run(main())


def test_the_proof_can_fail() -> None:
    """Histories that the policy does not allow, and slots that leak, are found."""

    def step(version: int, *names: str, by: str | None = None) -> dict[str, object]:
        before, intended, after = names
        written = {"from_state": before, "intended": intended, "to_state": after, "refused_by": by}
        known = {"subject": 0, "policy": "none", "outcome": "accepted", "time": Clock().date()}
        return {**known, **written, "version": version}

    async def main() -> None:
        async with new_world() as world:
            await world.bring(
                TaskState.SCHEDULED, TaskState.PENDING, TaskState.RUNNING, TaskState.COMPLETED
            )
            assert await violations(world.database) == []
            made_up = [
                step(5, "COMPLETED", "RUNNING", "RUNNING"),
                step(6, "RUNNING", "PAUSED", "COMPLETED", by="CacheRetrieval"),
                step(8, "COMPLETED", "FAILED", "CANCELLED"),
            ]
            await world.do(
                update(Slot).values(lease="nobody's"), *[insert(HISTORY).values(s) for s in made_up]
            )
            assert await violations(world.database) == [
                "1 slots are taken",
                "run 0, step 5 leaves a terminal state, and is no rerun",
                "run 0, step 6 is COMPLETED by CacheRetrieval, which does not govern it",
                "run 0, step 8 does not go on where the step before it ended",
                "run 0, step 8 is CANCELLED, and no rule wanted that",
                "run 0, step 8 leaves a terminal state, and is no rerun",
                "run 0 is COMPLETED at version 4, and its history ends in CANCELLED at version 8",
                "run 0 ran again more often than its flow",
                "slots were taken 1 times, by the histories 2 times",
                "slots were freed 1 times, by the histories 2 times",
            ]

    asyncio.run(main())


def test_a_database_that_has_been_used_is_refused() -> None:
    """Tables of these names are somebody's: nothing is done to them."""

    async def main() -> None:
        async with new_world() as world:
            with pytest.raises(SystemExit, match="give it an empty one"):
                await world.database.fill(flows=1, slots=1)

    asyncio.run(main())


def test_time_is_virtual() -> None:
    """Sleepers wake in the order of their times, one at a time, and nobody waits for real."""

    async def main() -> None:
        clock = Clock()
        woken: list[float] = []

        async def sleep(seconds: float) -> None:
            await clock.sleep(seconds)
            woken.append(clock.now)

        await clock.run(
            *[lambda seconds=seconds: sleep(seconds) for seconds in (7_200.0, 1.0, 3_600.0)]
        )
        assert woken == [1, 3_600, 7_200]

    asyncio.run(main())


def test_real_time_can_be_faster() -> None:
    """All who are given its start read the same time; alarms and sleepers go by it."""

    async def main() -> None:
        clock = RealClock(start=0, speed=1_000)
        begin, rung = clock.now, asyncio.Event()
        clock.call_at(begin + 10, rung.set)

        async def sleep() -> None:
            await clock.sleep(20)
            await rung.wait()

        await clock.run(sleep, sleep)
        assert 20 <= clock.now - begin < 20_000

    asyncio.run(main())


@pytest.mark.parametrize("seed", range(3))
def test_nothing_is_left_after_faults(seed: int, tmp_path: Path) -> None:
    """Whatever raises, fails or is cancelled, nothing stays taken and every history is lawful."""
    faults = Faults(seed, hook_raises=0.1, commit_fails=0.1, task_cancelled=0.4)
    report = simulated(tmp_path, faults)
    assert "in 60 histories; 0 slots taken; 0 folders left; no violations" in report
    assert "InjectedFaultError survived" in report
    assert "IntegrityError survived" in report
    assert "races lost" in report
    assert "tasks cancelled" in report


def test_what_is_logged_is_counted(caplog: pytest.LogCaptureFixture) -> None:
    """An exception that another one of its run outweighs is in the report, not on the screen."""
    tally = Tally()
    with logs_counted(tally):
        logging.getLogger("bylaws").error("beside", exc_info=ValueError("outweighed"))
    assert tally.faults == {"ValueError logged beside another": 1}
    assert not caplog.records


def test_a_seed_repeats_its_result(tmp_path: Path) -> None:
    """The same seed gives the same report, another seed another one."""
    seeds = {"one": 1, "again": 1, "other": 2}
    one, again, other = (simulated(tmp_path / name, Faults(seed)) for name, seed in seeds.items())
    assert one == again
    assert one != other


def test_the_printed_report(tmp_path: Path) -> None:
    """The script prints counts, the proof, an explanation and a trace of a refused run, no more."""
    command = [
        sys.executable,
        str(SCRIPT),
        "--runs",
        "60",
        "--seed",
        "1",
        "--workers",
        "6",
        "--quiet",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == simulated(tmp_path, Faults(1)) + "\n"
    assert done.stderr.strip() == ""
    for part in (
        "Task runs",
        "Outcomes",
        "Faults and races",
        "Proof: ",
        "Why\nCoreTaskPolicy: ",
        "A refused run\n",
    ):
        assert part in done.stdout
