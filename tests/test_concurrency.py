"""Many runs at once, in threads, in tasks and in one another, do not see one another."""

from __future__ import annotations

import asyncio
import threading
from enum import Enum
from functools import partial
from typing import Final

import pytest

from bylaws import (
    Accepted,
    AnyTransition,
    AsyncBaseRule,
    AsyncBaseTransform,
    AsyncPolicy,
    BaseRule,
    BaseTransform,
    Delayed,
    Outcome,
    Policy,
    Rejected,
    Transition,
    Verdict,
    abort,
    delay,
    proceed,
    reject,
    rule,
    states,
)
from tests.model import State, drive


class Kind(Enum):
    """What the run of a job is to come to."""

    GOES = "goes"
    MOVES = "moves"
    WAITS = "waits"
    BREAKS = "breaks"


class Job:
    """A context of its own for every run."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self.log: list[str] = []


class Note(BaseTransform[Job]):
    """Writes down that a run ended."""

    def after_transition(self, transition: AnyTransition[Job], outcome: Outcome[Enum], /) -> None:
        """Write it down."""
        transition.context.log.append(f"noted {type(outcome).__name__}")


class ANote(AsyncBaseTransform[Job]):
    """The same, async."""

    async def after_transition(
        self, transition: AnyTransition[Job], outcome: Outcome[Enum], /
    ) -> None:
        """Write it down."""
        await asyncio.sleep(0)
        transition.context.log.append(f"noted {type(outcome).__name__}")


class Prepare(BaseRule[State, State, Job]):
    """Adds callbacks of its own to every run."""

    from_states = states(State.NEW)
    to_states = states(State.OPEN)

    def before_transition(
        self, transition: Transition[State, State, Job], /
    ) -> Verdict[State] | None:
        """Add one for each side."""
        transition.add_after(transition.context.log.append, f"done {transition.context.kind.name}")
        transition.add_cleanup(
            transition.context.log.append, f"undone {transition.context.kind.name}"
        )
        return None


class APrepare(AsyncBaseRule[State, State, Job]):
    """The same, async."""

    from_states = states(State.NEW)
    to_states = states(State.OPEN)

    async def before_transition(
        self, transition: Transition[State, State, Job], /
    ) -> Verdict[State] | None:
        """Add one for each side, with other tasks in between."""
        transition.add_after(transition.context.log.append, f"done {transition.context.kind.name}")
        await asyncio.sleep(0)
        transition.add_cleanup(
            transition.context.log.append, f"undone {transition.context.kind.name}"
        )
        await asyncio.sleep(0)
        return None


@rule(from_states=states(State.NEW), to_states=states(State.OPEN))
def decide(t: Transition[State, State, Job]) -> Verdict[State]:
    """Answer as the job's kind says."""
    if t.context.kind is Kind.BREAKS:
        raise ValueError("broken")
    if t.context.kind is Kind.WAITS:
        return delay(1, reason="wait")
    return reject(State.SHUT, reason="moved") if t.context.kind is Kind.MOVES else proceed()


EXPECTED: Final[dict[Kind, tuple[object, list[str]]]] = {
    Kind.GOES: (Accepted(State.OPEN), ["OPEN", "done GOES", "noted Accepted"]),
    Kind.MOVES: (Rejected(State.SHUT, "moved"), ["SHUT", "undone MOVES", "noted Rejected"]),
    Kind.WAITS: (Delayed(1, "wait"), ["undone WAITS", "noted Delayed"]),
    Kind.BREAKS: ("broken", ["undone BREAKS"]),
}


@pytest.mark.spawns
def test_one_policy_in_many_threads() -> None:
    """Threads that share a policy do not see one another."""
    kinds = list(Kind) * 50
    policy = Policy[State, Job](Note(), Prepare(), decide)
    wrong: list[object] = []
    start = threading.Barrier(8)

    def write(job: Job, state: State, _outcome: Outcome[State]) -> None:
        job.log.append(state.name)

    def work() -> None:
        start.wait()
        for kind in kinds:
            job = Job(kind)
            try:
                came: object = policy.run(job, State.NEW, State.OPEN, commit=partial(write, job))
            except ValueError as error:
                came = str(error)
            if (came, job.log) != EXPECTED[kind]:
                wrong.append((came, job.log))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_one_policy_in_many_tasks() -> None:
    """Tasks that share a policy, and take turns at every await, do not see one another."""
    policy = AsyncPolicy[State, Job](ANote(), APrepare(), decide)

    async def work(kind: Kind) -> tuple[object, list[str]]:
        job = Job(kind)

        async def commit(state: State, _outcome: Outcome[State]) -> None:
            await asyncio.sleep(0)
            job.log.append(state.name)

        try:
            return await policy.arun(job, State.NEW, State.OPEN, commit=commit), job.log
        except ValueError as error:
            return str(error), job.log

    async def main() -> list[tuple[object, list[str]]]:
        return await asyncio.gather(*[work(kind) for kind in list(Kind) * 25])

    assert asyncio.run(main()) == [EXPECTED[kind] for kind in list(Kind) * 25]


@pytest.mark.spawns
def test_event_loops_in_threads_share_a_policy() -> None:
    """Each thread may run its own event loop over one policy."""
    policy = AsyncPolicy[State, Job](ANote(), APrepare(), decide)
    came: list[object] = []

    async def main() -> None:
        jobs = [Job(Kind.GOES) for _ in range(20)]
        outcomes = await asyncio.gather(*[policy.arun(job, State.NEW, State.OPEN) for job in jobs])
        came.extend(zip(outcomes, [job.log for job in jobs], strict=True))

    threads = [threading.Thread(target=asyncio.run, args=(main(),)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert came == [(Accepted(State.OPEN), ["done GOES", "noted Accepted"])] * 80


# --------------------------------------------------------------------------------------------------
# Runs in runs
# --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["run", "arun"])
def test_the_outer_run_does_not_undo_the_inner_one(how: str) -> None:
    """A run inside a hook is finished when it ends, whatever becomes of the outer one."""
    log: list[str] = []

    @rule(from_states=states(State.OPEN), to_states=states(State.SHUT))
    def inside(t: Transition[State, State, None]) -> None:
        t.add_after(log.append, "inner after")
        t.add_cleanup(log.append, "inner cleanup")

    inner = Policy[State, None](inside)

    class Outer(BaseRule[State, State, None]):
        from_states = states(State.NEW)
        to_states = states(State.OPEN)

        def before_transition(
            self, transition: Transition[State, State, None], /
        ) -> Verdict[State] | None:
            transition.add_after(log.append, "outer after")
            transition.add_cleanup(log.append, "outer cleanup")
            outcome = inner.run(
                None,
                State.OPEN,
                State.SHUT,
                commit=lambda state, _: log.append(f"inner {state.name}"),
            )
            assert outcome == Accepted(State.SHUT)
            transition.add_cleanup(log.append, "outer cleanup, added after the inner run")
            return None

        def cleanup(self, transition: Transition[State, State, None], /) -> None:
            log.append(f"outer hook, {transition.to_state.name}")

    @rule(from_states=states(State.NEW), to_states=states(State.OPEN))
    def aborts(_: Transition[State, State, None]) -> Verdict[State]:
        return abort(reason="after all")

    outer = Policy[State, None](Outer(), aborts)
    outcome = (
        outer.run(None, State.NEW, State.OPEN)
        if how == "run"
        else drive(outer.arun(None, State.NEW, State.OPEN))
    )
    assert outcome == outer.run(None, State.NEW, State.OPEN)
    assert log[: len(log) // 2] == [
        "inner SHUT",
        "inner after",
        "outer cleanup, added after the inner run",
        "outer cleanup",
        "outer hook, OPEN",
    ]


def test_a_policy_may_be_run_inside_its_own_hook() -> None:
    """A run of the same policy inside a hook is another run, and shares no callbacks."""
    log: list[str] = []

    @rule(from_states=states(State.NEW), to_states=states(State.OPEN))
    def again(t: Transition[State, State, int]) -> Verdict[State]:
        t.add_after(log.append, f"after {t.context}")
        t.add_cleanup(log.append, f"cleanup {t.context}")
        if t.context < 3:
            policy.run(t.context + 1, State.NEW, State.OPEN)
        return abort(reason="odd") if t.context % 2 else proceed()

    policy = Policy[State, int](again)
    assert isinstance(policy.run(0, State.NEW, State.OPEN), Accepted)
    assert log == ["cleanup 3", "after 2", "cleanup 1", "after 0"]
