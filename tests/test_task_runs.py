"""The job runner of `examples/task_runs.py`, at work and under attack."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import subprocess
import sys
import threading
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import pytest

pytest.importorskip("aiosqlite", reason="needs the extra: examples")
pytest.importorskip("rich", reason="needs the extra: examples")

import aiosqlite

from bylaws import Aborted, Accepted, AsyncPolicy, Delayed, Outcome, PolicyError, Rejected
from examples.job_runner.clock import Clock
from examples.job_runner.faults import Faults
from examples.job_runner.model import State, Step, TaskRun, TaskState
from examples.job_runner.policy import (
    RETRIES,
    RETRY_DELAY,
    Attempt,
    CacheRetrieval,
    CoreTaskPolicy,
    SecureTaskConcurrencySlots,
)
from examples.job_runner.proof import violations
from examples.job_runner.store import SCHEMA, Store
from examples.job_runner.workers import Party, Tally
from examples.task_runs import simulate

pytestmark = pytest.mark.spawns  # aiosqlite has a thread for each connection

SCRIPT: Final = Path(__file__).parent.parent / "examples" / "task_runs.py"
FACTS: Final = Path(__file__).parent / "data" / "prefect-policies.json"
POLICY: Final = CoreTaskPolicy()
NO_FAULTS: Final = Faults(0, hook_raises=0, commit_fails=0, task_cancelled=0, task_fails=0)


class Gate:
    """Holds the thread of the database inside a statement, until it is opened."""

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
    """A database with two runs of one flow, one slot, and two parties who may take steps."""

    def __init__(self, database: aiosqlite.Connection, gate: Gate) -> None:
        self.database = database
        self.gate = gate
        self.clock = Clock()
        self.store = Store(database, self.clock)
        self.ann = Party("ann", self.store, self.clock, POLICY, NO_FAULTS, Tally())
        self.ben = Party("ben", self.store, self.clock, POLICY, NO_FAULTS, Tally())

    async def ask(self, state: State, run_id: int = 0) -> Outcome[TaskState]:
        """Propose a state for a run, as it is now, once."""
        return (await self.ann.propose(await self.store.run(run_id), state))[1]

    async def bring(self, *states: TaskState, run_id: int = 0) -> TaskRun:
        """Take a run through states that nothing keeps it from."""
        for state in states:
            proposed = State(state, result="done")
            assert await self.ask(proposed, run_id) == Accepted(state, proposed)
        return await self.store.run(run_id)

    async def steps(self, run_id: int = 0) -> list[str]:
        """The states that a run has been in."""
        return [row["state"] for row in await self.store.history() if row["run_id"] == run_id]

    async def hold_in(self, event: str, then: str = "0") -> None:
        """Let the gate hold every statement that does `event`, such as "INSERT ON history"."""
        await self.database.execute(
            f"CREATE TEMP TRIGGER gate AFTER {event} BEGIN SELECT hold(), {then}; END"
        )


@asynccontextmanager
async def new_world() -> AsyncGenerator[World]:
    """A world of its own for a test."""
    gate = Gate()

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(":memory:", isolation_level=None)
        connection.create_function("hold", 0, gate.hold)
        return connection

    async with aiosqlite.Connection(connect, iter_chunk_size=64) as database:
        database.row_factory = sqlite3.Row
        await database.executescript(SCHEMA)
        world = World(database, gate)
        await world.store.add([(0, 0, "key"), (1, 0, "key")], slots=1)
        yield world


def unwatched(ended: int) -> None:
    """No progress bar."""


def test_the_policy_is_that_of_prefect() -> None:
    """The eleven entries have Prefect's names; for all 100 pairs those fire that fire there."""
    known: dict[str, Any] = json.loads(FACTS.read_text(encoding="utf-8"))
    policy: dict[str, Any] = known["policies"]["CoreTaskPolicy"]
    names: list[str] = [entry["name"] for entry in policy["rules"]]
    states = [TaskState[name] if name else None for name in known["states"]]
    assert [type(entry).__name__ for entry in POLICY.entries] == names
    for from_state, row in zip(states, policy["matrix"], strict=True):
        for to_state, expected in zip(states, row, strict=True):
            fired = POLICY.compile_transition_rules(from_state, to_state)
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
            assert await world.store.slots_taken() == 0
            await world.bring(TaskState.RUNNING)
            assert await world.store.slots_taken() == 1
            await world.bring(TaskState.COMPLETED)
            assert await world.store.slots_taken() == 0
            assert await world.steps() == ["SCHEDULED", "PENDING", "RUNNING", "COMPLETED"]

    asyncio.run(main())


def test_cancelling_keeps_the_slot_until_it_is_done() -> None:
    """A run that is being cancelled still runs, so it holds its slot until it is CANCELLED."""

    async def main() -> None:
        async with new_world() as world:
            await world.bring(
                TaskState.SCHEDULED, TaskState.PENDING, TaskState.RUNNING, TaskState.CANCELLING
            )
            assert await world.store.slots_taken() == 1
            await world.bring(TaskState.CANCELLED)
            assert await world.store.slots_taken() == 0

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
            await world.store.remember("key", "known")
            known = State(TaskState.COMPLETED, "Cached", result="known")
            outcome = await world.ask(State(TaskState.RUNNING), 1)
            assert outcome == Rejected(TaskState.COMPLETED, "the result is known", known)
            assert (await world.store.run(1)).state == known
            assert await world.store.slots_taken() == 1

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
            assert (await world.store.run(1)).state == State(
                TaskState.COMPLETED, "Cached", result="done"
            )

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
            assert await world.store.slots_taken() == 0
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
                await world.ann.reach(await world.store.run(0), State(TaskState.RUNNING))
                outcome = await world.ask(State(TaskState.FAILED))
                assert isinstance(outcome, Rejected)
                assert outcome.state is TaskState.SCHEDULED
                state = (await world.store.run(0)).state
                assert state is not None
                assert state.name == "AwaitingRetry"
                assert state.due == pytest.approx(world.clock.now + RETRY_DELAY * retry, abs=0.1)
                assert await world.store.slots_taken() == 0
            await world.bring(TaskState.PENDING)
            run = await world.ann.reach(await world.store.run(0), State(TaskState.RUNNING))
            assert run is not None
            assert run.state == State(TaskState.RUNNING, "Retrying")
            await world.bring(TaskState.FAILED)

    asyncio.run(main())


@pytest.mark.parametrize("end", [TaskState.COMPLETED, TaskState.CANCELLED, TaskState.CRASHED])
def test_terminal_states_stay(end: TaskState) -> None:
    """A run that has ended stays as it is, whatever is asked; its history has nothing of it."""

    async def main() -> None:
        async with new_world() as world:
            before = await world.bring(
                TaskState.SCHEDULED, TaskState.PENDING, TaskState.RUNNING, end
            )
            for state in TaskState:
                assert await world.ask(State(state)) == Rejected(None, f"{end.name} is terminal")
            assert await world.store.run(0) == before
            assert await world.store.slots_taken() == 0
            assert await violations(world.store) == []

    asyncio.run(main())


def test_a_retried_flow_runs_its_crashes_again() -> None:
    """When its flow is retried a crashed run may run again, once; a completed one may not."""

    async def main() -> None:
        async with new_world() as world:
            life = (TaskState.SCHEDULED, TaskState.PENDING, TaskState.RUNNING)
            await world.bring(*life, TaskState.CRASHED)
            await world.bring(*life, TaskState.COMPLETED, run_id=1)
            await world.store.retry_flow(0)
            assert [run.id for run in await world.store.runs_due(0, most=9)] == [0]
            run = await world.bring(TaskState.RUNNING)
            assert run.state is not None
            assert (run.state.name, run.run_count, run.flow_run_count) == ("Rerunning", 1, 2)
            await world.bring(TaskState.CRASHED)
            assert await world.ask(State(TaskState.RUNNING)) == Rejected(
                None, "CRASHED is terminal"
            )
            assert await world.ask(State(TaskState.RUNNING), 1) == Rejected(
                None, "COMPLETED is terminal"
            )
            assert await violations(world.store) == []

    asyncio.run(main())


def test_nothing_starts_in_a_stopped_flow() -> None:
    """When its flow is stopped a run that has not started never does, and takes no slot."""

    async def main() -> None:
        async with new_world() as world:
            await world.bring(TaskState.SCHEDULED, TaskState.PENDING)
            await world.store.stop_flow(0)
            assert await world.ask(State(TaskState.RUNNING)) == Aborted("its flow has been stopped")
            assert await world.store.slots_taken() == 0
            run = await world.ann.reach(await world.store.run(0), State(TaskState.RUNNING))
            assert run is not None
            assert run.type is TaskState.CANCELLED

    asyncio.run(main())


@pytest.mark.parametrize("state", [TaskState.PENDING, TaskState.RUNNING])
def test_two_workers_race(state: TaskState) -> None:
    """Of two workers that want one step one wins; the other's outcome says so, its slot is free."""

    async def main() -> None:
        async with new_world() as world:
            await world.database.execute("INSERT INTO slots (number) VALUES (1)")
            run = await world.bring(*[TaskState.SCHEDULED, TaskState.PENDING][: state.value - 1])
            outcomes: list[Outcome[TaskState]] = []

            async def want(party: Party) -> None:
                outcomes.append((await party.propose(run, State(state)))[1])

            await world.clock.run(lambda: want(world.ann), lambda: want(world.ben))
            won, lost = outcomes
            assert won == Accepted(state, State(state))
            assert lost == Aborted(f"ann was first: {state.name}")
            assert lost.trace.refused_by == "commit"
            assert await world.ben.reach(run, State(state)) is None
            assert world.ben.tally.faults == {"races lost": 2}
            run = await world.store.run(0)
            assert (run.type, run.worker, run.version) == (state, "ann", state.value)
            assert await world.store.slots_taken() == (state is TaskState.RUNNING)

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
            assert (await world.store.run(0)).type is TaskState.RUNNING
            assert await world.store.slots_taken() == 1
            await world.bring(TaskState.COMPLETED)
            assert await world.store.slots_taken() == 0

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
            assert str(record.exc_info[1]) == "disk is full"
            assert await world.steps() == ["SCHEDULED", "PENDING"]
            assert (await world.store.run(0)).type is TaskState.PENDING
            assert await world.store.slots_taken() == 0

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
            assert await world.store.slots_taken() == 0

    asyncio.run(main())


def test_a_commit_that_fails_gives_the_slot_back() -> None:
    """When the step cannot be written the run is where it was, without the slot that it took."""

    async def main() -> None:
        async with new_world() as world:
            await world.bring(TaskState.SCHEDULED, TaskState.PENDING)

            def fail(step: Step) -> None:
                raise sqlite3.OperationalError("disk I/O error")

            world.store.before_write = fail
            with pytest.raises(sqlite3.OperationalError, match="disk I/O error"):
                await world.ask(State(TaskState.RUNNING))
            assert await world.steps() == ["SCHEDULED", "PENDING"]
            assert await world.store.slots_taken() == 0

    asyncio.run(main())


def test_the_proof_can_fail() -> None:
    """Histories that the policy does not allow, and slots that leak, are found."""

    async def main() -> None:
        async with new_world() as world:
            await world.bring(
                TaskState.SCHEDULED, TaskState.PENDING, TaskState.RUNNING, TaskState.COMPLETED
            )
            assert await violations(world.store) == []
            await world.store.take_slot("nobody's")
            done = await world.store.run(0)
            await world.store.write(
                Step(done, TaskState.RUNNING, State(TaskState.RUNNING), None, "eve", 0)
            )
            running = await world.store.run(0)
            await world.store.write(
                Step(
                    running,
                    TaskState.PAUSED,
                    State(TaskState.COMPLETED),
                    "CacheRetrieval",
                    "eve",
                    0,
                )
            )
            assert await violations(world.store) == [
                "1 slots are taken",
                "run 0, step 5 leaves a terminal state, and is no rerun",
                "run 0, step 6 is COMPLETED by CacheRetrieval, which does not govern it",
            ]

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


@pytest.mark.parametrize("seed", range(3))
def test_no_slot_is_left_after_faults(seed: int) -> None:
    """Whatever raises, fails or is cancelled, no slot stays taken and every history is lawful."""
    faults = Faults(seed, hook_raises=0.1, commit_fails=0.1, task_cancelled=0.4)
    report = asyncio.run(simulate(60, 6, faults, unwatched))
    assert "in 60 histories; 0 slots taken; no violations" in report
    assert "InjectedFaultError survived" in report
    assert "OperationalError survived" in report
    assert "tasks cancelled" in report


def test_what_is_logged_is_counted(caplog: pytest.LogCaptureFixture) -> None:
    """An exception that another one of its run outweighs is in the report, not on the screen."""
    faults = Faults(1, commit_fails=0.5, task_cancelled=0.9)
    report = asyncio.run(simulate(40, 4, faults, unwatched))
    assert "OperationalError logged beside another" in report
    assert not caplog.records


def test_a_seed_repeats_its_result() -> None:
    """The same seed gives the same report, another seed another one."""
    one, again, other = (
        asyncio.run(simulate(60, 6, Faults(seed), unwatched)) for seed in (1, 1, 2)
    )
    assert one == again
    assert one != other


def test_the_printed_report() -> None:
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
    assert done.stdout == asyncio.run(simulate(60, 6, Faults(1), unwatched)) + "\n"
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
