"""Cancellation, and closing, at every single `await` of a run; nested runs, tasks and threads.

Most runs are driven by hand: a script's async hook suspends before it acts (a before hook: before and after it adds its
callbacks), and something is thrown in there. What is thrown in is what that hook raises, so the model of the contract
says what has to be seen: every begun rule is finished exactly once, and nothing else is called.
"""

from __future__ import annotations

import asyncio
import threading
from asyncio import CancelledError
from enum import Enum
from functools import partial
from itertools import product
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeVar

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
    HookError,
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
from tests.model import (
    FLAVOURS,
    Adder,
    Flavour,
    Pause,
    Script,
    State,
    Strike,
    What,
    drive,
    predict,
    strike_arun,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator

T = TypeVar("T")
S: TypeAlias = State
ADDS: Final[tuple[tuple[Adder, str], ...]] = (
    ("add_after", "fine"),
    ("add_cleanup", "fine"),
    ("add_after", "fine"),
    ("add_cleanup", "fine"),
)


def script(
    *, universal: bool = False, before: str = "nothing", flavour: Flavour = "async"
) -> Script:
    """An entry with all hooks and two callbacks for each side, all of one flavour."""
    return Script(
        universal,
        before,
        ADDS,
        before_is=flavour,
        after_is=flavour,
        cleanup_is=flavour,
        adds_are=flavour,
    )


def mixed(*, universal: bool = False, before: str = "nothing", at: int = 0) -> Script:
    """An entry with hooks and callbacks of all flavours, in one of four arrangements."""
    one, two, three, four = (FLAVOURS * 2)[at : at + 4]
    return Script(
        universal, before, ADDS, before_is=one, after_is=two, cleanup_is=three, adds_are=four
    )


PROGRAMS: Final[dict[str, tuple[tuple[Script, ...], str | None]]] = {
    "all proceed": ((script(), script(universal=True), script()), "fine"),
    "all proceed, without a commit": ((script(), script(universal=True), script()), None),
    "the second redirects": (
        (script(), script(before="redirect"), script(universal=True), script()),
        "fine",
    ),
    "the second delays": ((script(universal=True), script(before="delay"), script()), "fine"),
    "the second raises": ((script(), script(before="error"), script(universal=True)), "fine"),
    "a transform raises": ((script(), script(universal=True, before="error from")), "fine"),
    "the commit raises": ((script(), script(universal=True), script()), "error"),
    "all flavours": ((mixed(), mixed(at=1), mixed(universal=True, at=2), mixed(at=3)), "fine"),
    "all flavours, the last stays": (
        (mixed(at=2), mixed(at=3), mixed(before="stay", at=1)),
        "fine",
    ),
    "later": ((script(flavour="later"), script(flavour="later", universal=True)), "fine"),
    "generators": (
        (script(flavour="generator"), script(flavour="generator", before="abort")),
        "fine",
    ),
}
programs = pytest.mark.parametrize(("scripts", "commit"), PROGRAMS.values(), ids=PROGRAMS)


@programs
def test_cancelled_at_every_await(scripts: tuple[Script, ...], commit: str | None) -> None:
    """Whichever await a cancellation comes out of, every begun rule is finished exactly once, and it goes out."""
    at = 0
    while (strike := strike_arun(scripts, commit, (at, "cancel"))).struck:
        assert strike.seen == predict(scripts, S.NEW, S.OPEN, commit, strike.struck)
        assert "CancelledError" in str(strike.seen.raised)
        at += 1
    assert at > len(scripts)


@programs
def test_cancelled_again_while_it_cleans_up(
    scripts: tuple[Script, ...], commit: str | None
) -> None:
    """A second cancellation, at any await that follows, stops only the side that it comes out of."""
    at = 0
    while len(strike_arun(scripts, commit, (at, "cancel")).struck) == 1:
        second = at + 1
        while (
            len((strike := strike_arun(scripts, commit, (at, "cancel"), (second, "cancel"))).struck)
            == 2
        ):
            assert strike.seen == predict(scripts, S.NEW, S.OPEN, commit, strike.struck)
            second += 1
        at += 1
    assert at > len(scripts)


def cancelled_from(scripts: tuple[Script, ...], commit: str | None, at: int) -> Strike:
    """Cancel at every await from a number on."""
    strikes: list[tuple[int, What]] = [(each, "cancel") for each in range(at, at + 100)]
    return strike_arun(scripts, commit, *strikes)


@programs
def test_cancelled_at_every_await_that_follows(
    scripts: tuple[Script, ...], commit: str | None
) -> None:
    """A task that is cancelled over and over still calls everything that is due."""
    awaits = strike_arun(scripts, commit).awaits
    for at in range(awaits):
        strike = cancelled_from(scripts, commit, at)
        assert strike.struck
        assert strike.seen == predict(scripts, S.NEW, S.OPEN, commit, strike.struck)


@programs
def test_closed_at_every_await(scripts: tuple[Script, ...], commit: str | None) -> None:
    """A run that is closed calls what is plain, and names in `HookError`s what it would have to await."""
    at = 0
    while (strike := strike_arun(scripts, commit, (at, "close"))).struck:
        assert strike.seen == predict(scripts, S.NEW, S.OPEN, commit, strike.struck)
        at += 1
    assert at > len(scripts)


@programs
def test_closed_while_it_cleans_up_after_a_cancellation(
    scripts: tuple[Script, ...], commit: str | None
) -> None:
    """The cancellation goes out of a run that is closed while it cleans up, beside what could not be awaited."""
    at = 0
    while len(strike_arun(scripts, commit, (at, "cancel")).struck) == 1:
        second = at + 1
        while (
            len((strike := strike_arun(scripts, commit, (at, "cancel"), (second, "close"))).struck)
            == 2
        ):
            assert strike.seen == predict(scripts, S.NEW, S.OPEN, commit, strike.struck)
            second += 1
        at += 1
    assert at > len(scripts)


def test_closing_a_run_with_plain_sides_is_silent() -> None:
    """Closing raises nothing where nothing else is to be reported, and the plain sides have been called."""
    plain_sides = Script(adds=ADDS, before_is="async")
    strike = strike_arun((plain_sides, plain_sides), "fine", (3, "close"))
    assert strike.seen.raised is None
    assert [label for label, _ in strike.seen.calls[2:]] == [
        "1.add_cleanup.3",
        "1.add_cleanup.1",
        "1.cleanup",
        "0.add_cleanup.3",
        "0.add_cleanup.1",
        "0.cleanup",
    ]


def test_closing_a_run_that_never_started_calls_nothing() -> None:
    """A coroutine that is closed before its first step has begun nothing, so there is nothing to finish."""
    log: list[str] = []

    @rule(from_states=states(S.NEW), to_states=states(S.OPEN))
    def begin(t: Transition[S, S, None]) -> None:
        log.append("begun")
        t.add_cleanup(log.append, "finished")

    AsyncPolicy[S, None](begin).arun(None, S.NEW, S.OPEN).close()
    assert not log


def test_what_close_raises_is_in_the_context_of_the_closing() -> None:
    """The `GeneratorExit` only becomes the context of what goes out of `close()`."""

    async def undo() -> None:
        raise AssertionError("nothing awaits it")

    @rule(from_states=states(S.NEW), to_states=states(S.OPEN))
    async def hold(t: Transition[S, S, None]) -> None:
        t.add_cleanup(undo)
        await Pause()

    running = AsyncPolicy[S, None](hold).arun(None, S.NEW, S.OPEN)
    running.send(None)
    with pytest.raises(HookError, match=r"hold\.add_cleanup .* awaitable .* closed") as caught:
        running.close()
    assert isinstance(caught.value.__context__, GeneratorExit)
    assert (caught.value.entry, caught.value.hook) == (hold, "add_cleanup")


# ---------------------------------------------------------------------------------------------------------------------
# What looks like closing, and is not; what does not look like it, and is
# ---------------------------------------------------------------------------------------------------------------------


def closes_a_generator_badly() -> None:
    """Raise a ValueError whose context is a GeneratorExit: that of a generator that this closes."""

    def generator() -> Iterator[None]:
        try:
            yield
        finally:
            raise ValueError("a generator that cannot be closed")

    opened: Any = generator()
    next(opened)
    opened.close()


def test_a_hook_that_closes_something_else_is_not_the_run_being_closed() -> None:
    """A hook may raise what came of a generator that it closed itself: the async sides are awaited as ever."""
    log: list[str] = []

    async def undo() -> None:
        await Pause()
        log.append("undone")

    @rule(from_states=states(S.NEW), to_states=states(S.OPEN))
    def take(t: Transition[S, S, None]) -> None:
        t.add_cleanup(undo)
        closes_a_generator_badly()

    with pytest.raises(ValueError, match="cannot be closed"):
        drive(AsyncPolicy[S, None](take).arun(None, S.NEW, S.OPEN))
    assert log == ["undone"]


def fails_in_cleanup() -> None:
    """Raise an exception that was raised while another one was handled."""
    try:
        raise KeyError("first")
    except KeyError:
        raise ValueError("second")  # noqa: B904


def fails_in_cleanup_from_none() -> None:
    """As above, with the context hidden."""
    try:
        raise KeyError("first")
    except KeyError:
        raise ValueError("second") from None


def fails_simply() -> None:
    """Raise an exception that has no context."""
    raise ValueError("second")


def fails_in_a_group() -> None:
    """Raise a group, of which nothing comes of the closing."""
    raise ExceptionGroup("second", [ValueError("third")])


@pytest.mark.parametrize(
    "fails", [fails_simply, fails_in_a_group, fails_in_cleanup, fails_in_cleanup_from_none]
)
def test_closed_inside_a_nested_run_whose_cleanup_raises(fails: Callable[[], None]) -> None:
    """The outer run is being closed too, whatever the inner one's cleanup made of it: it names its async side."""
    inner, outer = nested(inner_cleanup=fails)
    running = outer.arun(inner, S.NEW, S.OPEN)
    running.send(None)
    with pytest.raises(ExceptionGroup) as caught:
        running.close()
    of_the_inner, of_the_outer = caught.value.exceptions
    assert str(of_the_inner).startswith("second")
    assert isinstance(of_the_outer, HookError)
    assert of_the_outer.hook == "add_cleanup"


# ---------------------------------------------------------------------------------------------------------------------
# Nested runs
# ---------------------------------------------------------------------------------------------------------------------


def nested(
    inner_cleanup: Callable[[], object],
) -> tuple[AsyncPolicy[S, None], AsyncPolicy[S, AsyncPolicy[S, None]]]:
    """An inner policy whose hook suspends, and one that runs it (its context) in a hook and has an async side."""

    @rule(from_states=states(S.NEW), to_states=states(S.SHUT))
    async def hold(t: Transition[S, S, None]) -> None:
        t.add_cleanup(inner_cleanup)
        await Pause()

    async def undo() -> None:
        await Pause()

    @rule(from_states=states(S.NEW), to_states=states(S.OPEN))
    async def run_the_inner(t: Transition[S, S, AsyncPolicy[S, None]]) -> Verdict[S]:
        t.add_cleanup(undo)
        await t.context.arun(None, S.NEW, S.SHUT)
        return proceed()

    return AsyncPolicy[S, None](hold), AsyncPolicy[S, AsyncPolicy[S, None]](run_the_inner)


def test_closed_inside_a_nested_run() -> None:
    """Closing goes through both runs: the inner one calls its plain side, the outer one names its async side."""
    log: list[str] = []
    inner, outer = nested(inner_cleanup=lambda: log.append("inner"))
    running = outer.arun(inner, S.NEW, S.OPEN)
    running.send(None)
    with pytest.raises(HookError, match=r"run_the_inner\.add_cleanup"):
        running.close()
    assert log == ["inner"]


@pytest.mark.parametrize("levels", [2, 3, 5])
def test_closed_inside_runs_in_runs(levels: int) -> None:
    """However deep the runs are nested, closing reaches all of them, and each names its async side."""
    inner: AsyncPolicy[S, None] | None = None

    async def pause() -> None:
        await Pause()

    def level(inner: AsyncPolicy[S, None] | None) -> AsyncPolicy[S, None]:
        @rule(from_states=states(S.NEW), to_states=states(S.OPEN))
        async def run_the_inner(t: Transition[S, S, None]) -> None:
            t.add_cleanup(pause)
            await (pause() if inner is None else inner.arun(None, S.NEW, S.OPEN))

        return AsyncPolicy[S, None](run_the_inner)

    for _ in range(levels):
        inner = level(inner)
    assert inner is not None
    running = inner.arun(None, S.NEW, S.OPEN)
    running.send(None)
    with pytest.raises(ExceptionGroup) as caught:
        running.close()
    leaves = list(leaves_of(caught.value))
    assert [type(leaf) for leaf in leaves] == [HookError] * levels


def leaves_of(error: BaseException) -> Iterator[BaseException]:
    """The exceptions of a group, and of the groups in it."""
    parts: tuple[BaseException, ...] | None = getattr(error, "exceptions", None)
    if parts is None:
        yield error
    for part in parts or ():
        yield from leaves_of(part)


def test_cancelled_inside_a_nested_run() -> None:
    """A cancellation goes through both runs, and both clean up, the inner one first."""
    log: list[str] = []
    inner, outer = nested(inner_cleanup=lambda: log.append("inner"))
    running = outer.arun(inner, S.NEW, S.OPEN)
    running.send(None)
    running.throw(CancelledError())  # suspended in the outer run's cleanup now
    assert log == ["inner"]
    with pytest.raises(CancelledError):
        running.send(None)


@pytest.mark.parametrize("how", ["run", "arun"])
def test_the_outer_run_does_not_undo_the_inner_one(how: str) -> None:
    """A run inside a hook is finished when it ends, each rule by its own side, whatever becomes of the outer one."""
    log: list[str] = []

    @rule(from_states=states(S.OPEN), to_states=states(S.SHUT))
    def inside(t: Transition[S, S, None]) -> None:
        t.add_after(log.append, "inner after")
        t.add_cleanup(log.append, "inner cleanup")

    inner = Policy[S, None](inside)

    class Outer(BaseRule[S, S, None]):
        from_states = states(S.NEW)
        to_states = states(S.OPEN)

        def before_transition(self, transition: Transition[S, S, None], /) -> Verdict[S] | None:
            transition.add_after(log.append, "outer after")
            transition.add_cleanup(log.append, "outer cleanup")
            outcome = inner.run(
                None, S.OPEN, S.SHUT, commit=lambda state, _: log.append(f"inner {state.name}")
            )
            assert outcome == Accepted(S.SHUT)
            transition.add_cleanup(log.append, "outer cleanup, added after the inner run")
            return abort(reason="after all")

        def cleanup(self, transition: Transition[S, S, None], /) -> None:
            log.append(f"outer hook, {transition.to_state.name}")

    outer = Policy[S, None](Outer())
    outcome = (
        outer.run(None, S.NEW, S.OPEN) if how == "run" else drive(outer.arun(None, S.NEW, S.OPEN))
    )
    assert outcome == outer.run(None, S.NEW, S.OPEN)
    assert log[: len(log) // 2] == [
        "inner SHUT",
        "inner after",
        "outer cleanup, added after the inner run",
        "outer cleanup",
        "outer hook, OPEN",
    ]


def test_a_policy_may_be_run_inside_its_own_hook() -> None:
    """A run of the same policy inside a hook is another run: it shares no callbacks with the one around it."""
    log: list[str] = []

    @rule(from_states=states(S.NEW), to_states=states(S.OPEN))
    def again(t: Transition[S, S, int]) -> Verdict[S]:
        t.add_after(log.append, f"after {t.context}")
        t.add_cleanup(log.append, f"cleanup {t.context}")
        if t.context < 3:
            policy.run(t.context + 1, S.NEW, S.OPEN)
        return abort(reason="odd") if t.context % 2 else proceed()

    policy = Policy[S, int](again)
    assert isinstance(policy.run(0, S.NEW, S.OPEN), Accepted)
    assert log == ["cleanup 3", "after 2", "cleanup 1", "after 0"]


# ---------------------------------------------------------------------------------------------------------------------
# asyncio
# ---------------------------------------------------------------------------------------------------------------------


class Slot:
    """A resource that counts, and events to stop at."""

    def __init__(self) -> None:
        self.taken = 0
        self.log: list[str] = []
        self.entered = asyncio.Event()
        self.release = asyncio.Event()

    async def give_back(self) -> None:
        """Give the slot back, slowly."""
        self.log.append("giving back")
        await asyncio.sleep(0)
        self.taken -= 1
        self.log.append("given back")


@rule(from_states=states(S.NEW), to_states=states(S.OPEN))
async def take_slot(t: Transition[S, S, Slot]) -> Verdict[S]:
    """Take the slot, to be given back if the transition does not happen."""
    t.context.taken += 1
    t.add_cleanup(t.context.give_back)
    await asyncio.sleep(0)
    return proceed()


@rule(from_states=states(S.NEW), to_states=states(S.OPEN))
async def wait_inside(t: Transition[S, S, Slot]) -> Verdict[S]:
    """Stop inside a hook until told to go on."""
    t.context.entered.set()
    await t.context.release.wait()
    return proceed()


async def cancelled(running: Coroutine[Any, Any, T], slot: Slot) -> None:
    """Cancel a run as a task once it has entered what it waits in, and see it cancelled."""
    task = asyncio.ensure_future(running)
    await slot.entered.wait()
    task.cancel("enough")
    with pytest.raises(CancelledError, match="enough"):
        await task
    assert task.cancelled()


def test_a_task_that_is_cancelled_in_a_hook() -> None:
    """`task.cancel()` in a hook cleans up, awaiting what has to be, and the task is cancelled."""

    async def main() -> None:
        slot = Slot()
        await cancelled(
            AsyncPolicy[S, Slot](take_slot, wait_inside).arun(slot, S.NEW, S.OPEN), slot
        )
        assert (slot.taken, slot.log) == (0, ["giving back", "given back"])

    asyncio.run(main())


def test_a_task_that_is_cancelled_in_the_commit() -> None:
    """A commit that is cancelled has written nothing: all rules are cleaned up, and the task is cancelled."""

    async def main() -> None:
        slot = Slot()

        async def commit(_state: S, _outcome: Outcome[S]) -> None:
            slot.entered.set()
            await slot.release.wait()

        await cancelled(
            AsyncPolicy[S, Slot](take_slot).arun(slot, S.NEW, S.OPEN, commit=commit), slot
        )
        assert (slot.taken, slot.log) == (0, ["giving back", "given back"])

    asyncio.run(main())


def test_a_cleanup_that_shields_itself_completes() -> None:
    """A cleanup that is cancelled itself is not called again; what it shields completes all the same."""

    async def main() -> None:
        slot = Slot()
        given_back = asyncio.Event()

        async def give_back_slowly() -> None:
            slot.log.append("shielded")
            await slot.release.wait()
            await slot.give_back()
            given_back.set()

        @rule(from_states=states(S.NEW), to_states=states(S.OPEN))
        def take(t: Transition[S, S, Slot]) -> Verdict[S]:
            t.context.taken += 1

            async def shielded() -> None:
                inner = asyncio.ensure_future(give_back_slowly())
                slot.entered.set()
                await asyncio.shield(inner)

            t.add_cleanup(t.context.log.append, "last")
            t.add_cleanup(shielded)
            return delay(1, reason="not now")

        await cancelled(AsyncPolicy[S, Slot](take).arun(slot, S.NEW, S.OPEN), slot)
        assert slot.taken == 1
        slot.release.set()
        await given_back.wait()
        assert slot.taken == 0
        assert sorted(slot.log) == ["given back", "giving back", "last", "shielded"]

    asyncio.run(main())


async def within(seconds: float, running: Coroutine[Any, Any, T]) -> T:
    """Await a run for so long."""
    async with asyncio.timeout(seconds):
        return await running


def test_a_timeout_around_a_run_cleans_up() -> None:
    """`asyncio.timeout` knows its own cancellation again, because it comes out bare."""

    async def main() -> None:
        slot = Slot()

        @rule(from_states=states(S.NEW), to_states=states(S.OPEN))
        def breaks_when_undone(t: Transition[S, S, Slot]) -> None:
            def broken() -> None:
                raise ValueError("cannot be undone")

            t.add_cleanup(broken)

        policy = AsyncPolicy[S, Slot](take_slot, breaks_when_undone, wait_inside)
        with pytest.raises(TimeoutError) as caught:
            await within(0.001, policy.arun(slot, S.NEW, S.OPEN))
        cancellation = caught.value.__cause__
        assert isinstance(cancellation, CancelledError)
        assert isinstance(cancellation.__cause__, ExceptionGroup)
        assert slot.taken == 0

    asyncio.run(main())


def test_a_group_of_tasks_knows_a_cancelled_run_again() -> None:
    """In a task group the failure of one task cancels the run of another, which is cleaned up and not reported."""

    async def main() -> None:
        slot = Slot()

        async def fail() -> None:
            await slot.entered.wait()
            raise ValueError("the other task")

        async def both() -> None:
            async with asyncio.TaskGroup() as group:
                group.create_task(
                    AsyncPolicy[S, Slot](take_slot, wait_inside).arun(slot, S.NEW, S.OPEN)
                )
                group.create_task(fail())

        with pytest.raises(ExceptionGroup) as caught:
            await both()
        assert [str(error) for error in caught.value.exceptions] == ["the other task"]
        assert slot.taken == 0

    asyncio.run(main())


# ---------------------------------------------------------------------------------------------------------------------
# Many tasks, many threads
# ---------------------------------------------------------------------------------------------------------------------


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


class Prepare(BaseRule[S, S, Job]):
    """Adds callbacks of its own to every run."""

    from_states = states(S.NEW)
    to_states = states(S.OPEN)

    def before_transition(self, transition: Transition[S, S, Job], /) -> Verdict[S] | None:
        """Add one for each side."""
        transition.add_after(transition.context.log.append, f"done {transition.context.kind.name}")
        transition.add_cleanup(
            transition.context.log.append, f"undone {transition.context.kind.name}"
        )
        return None


class APrepare(AsyncBaseRule[S, S, Job]):
    """The same, async."""

    from_states = states(S.NEW)
    to_states = states(S.OPEN)

    async def before_transition(self, transition: Transition[S, S, Job], /) -> Verdict[S] | None:
        """Add one for each side, with other tasks in between."""
        transition.add_after(transition.context.log.append, f"done {transition.context.kind.name}")
        await asyncio.sleep(0)
        transition.add_cleanup(
            transition.context.log.append, f"undone {transition.context.kind.name}"
        )
        await asyncio.sleep(0)
        return None


@rule(from_states=states(S.NEW), to_states=states(S.OPEN))
def decide(t: Transition[S, S, Job]) -> Verdict[S]:
    """Answer as the job's kind says."""
    if t.context.kind is Kind.BREAKS:
        raise ValueError("broken")
    if t.context.kind is Kind.WAITS:
        return delay(1, reason="wait")
    return reject(S.SHUT, reason="moved") if t.context.kind is Kind.MOVES else proceed()


EXPECTED: Final[dict[Kind, tuple[object, list[str]]]] = {
    Kind.GOES: (Accepted(S.OPEN), ["OPEN", "done GOES", "noted Accepted"]),
    Kind.MOVES: (Rejected(S.SHUT, "moved"), ["SHUT", "undone MOVES", "noted Rejected"]),
    Kind.WAITS: (Delayed(1, "wait"), ["undone WAITS", "noted Delayed"]),
    Kind.BREAKS: ("broken", ["undone BREAKS"]),
}


@pytest.mark.spawns
def test_one_policy_in_many_threads() -> None:
    """Threads that share a policy, a new one with a table that is filled as it is used, do not see one another."""
    kinds = list(Kind) * 50
    policy = Policy[S, Job](Note(), Prepare(), decide)
    wrong: list[object] = []
    start = threading.Barrier(8)

    def write(job: Job, state: S, _outcome: Outcome[S]) -> None:
        job.log.append(state.name)

    def work() -> None:
        start.wait()
        for kind in kinds:
            job = Job(kind)
            try:
                came: object = policy.run(job, S.NEW, S.OPEN, commit=partial(write, job))
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
    policy = AsyncPolicy[S, Job](ANote(), APrepare(), decide)

    async def work(kind: Kind) -> tuple[object, list[str]]:
        job = Job(kind)

        async def commit(state: S, _outcome: Outcome[S]) -> None:
            await asyncio.sleep(0)
            job.log.append(state.name)

        try:
            return await policy.arun(job, S.NEW, S.OPEN, commit=commit), job.log
        except ValueError as error:
            return str(error), job.log

    async def main() -> list[tuple[object, list[str]]]:
        return await asyncio.gather(*[work(kind) for kind in list(Kind) * 25])

    assert asyncio.run(main()) == [EXPECTED[kind] for kind in list(Kind) * 25]


@pytest.mark.spawns
def test_event_loops_in_threads_share_a_policy() -> None:
    """Each thread may run its own event loop over one policy."""
    policy = AsyncPolicy[S, Job](ANote(), APrepare(), decide)
    came: list[object] = []

    async def main() -> None:
        jobs = [Job(Kind.GOES) for _ in range(20)]
        outcomes = await asyncio.gather(*[policy.arun(job, S.NEW, S.OPEN) for job in jobs])
        came.extend(zip(outcomes, [job.log for job in jobs], strict=True))

    threads = [threading.Thread(target=asyncio.run, args=(main(),)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert came == [(Accepted(S.OPEN), ["done GOES", "noted Accepted"])] * 80


@pytest.mark.parametrize(
    ("adds", "awaited"), list(product(["add_after", "add_cleanup"], [False, True]))
)
def test_a_callback_that_comes_too_late(adds: str, awaited: bool) -> None:
    """Adding a callback when no before hook is running is an error, and the callback is never called."""
    log: list[str] = []
    kept: list[Transition[S, S, None]] = []

    class Keep(BaseRule[S, S, None]):
        from_states = states(S.NEW)
        to_states = states(S.OPEN)

        def before_transition(self, transition: Transition[S, S, None], /) -> Verdict[S] | None:
            kept.append(transition)
            return None

        def after_transition(self, transition: Transition[S, S, None], /) -> None:
            with pytest.raises(HookError, match="no before hook"):
                getattr(transition, adds)(log.append, "from an after hook")
            log.append("after")

    policy = Policy[S, None](Keep())

    def commit(_state: S, _outcome: Outcome[S]) -> None:
        with pytest.raises(HookError, match="no before hook"):
            getattr(kept[0], adds)(log.append, "from commit")

    if awaited:
        drive(policy.arun(None, S.NEW, S.OPEN, commit=commit))
    else:
        policy.run(None, S.NEW, S.OPEN, commit=commit)
    with pytest.raises(HookError, match="no before hook"):
        getattr(kept[0], adds)(log.append, "after the run")
    assert log == ["after"]
