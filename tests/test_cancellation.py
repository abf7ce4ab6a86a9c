"""Cancellation, and closing, at every single `await` of a run.

Most runs are driven by hand: a script's async hook suspends before it acts (a before hook: before
and after it adds its callbacks), and something is thrown in there. What is thrown in is what that
hook raises, so the model of the contract says what has to be seen: every obligation is kept exactly
once, nothing else is called, the cancellation goes out, and what it outweighs is logged.
"""

from __future__ import annotations

import asyncio
from asyncio import CancelledError
from collections.abc import Callable, Coroutine, Iterator
from enum import Enum
from typing import Any, Final, TypeVar

import anyio
import anyio.lowlevel
import pytest
import trio

from bylaws import (
    AnyTransition,
    AsyncBaseRule,
    AsyncBaseTransform,
    AsyncPolicy,
    HookError,
    Outcome,
    Transition,
    Verdict,
    delay,
    proceed,
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
    logged,
    predict,
    strike_arun,
)

T = TypeVar("T")
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
    return Script(universal, before, ADDS, decide="fine").written(flavour)


def mixed(*, universal: bool = False, before: str = "nothing", at: int = 0) -> Script:
    """An entry with hooks and callbacks of all flavours, in one of four arrangements."""
    one, two, three, four = (FLAVOURS * 2)[at : at + 4]
    return Script(
        universal,
        before,
        ADDS,
        decide="fine",
        before_is=one,
        after_is=two,
        cleanup_is=three,
        decide_is=two,
        adds_are=four,
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
    "the commit refuses": ((script(), script(universal=True), script()), "delay"),
    "the redirect is refused": ((script(), script(before="redirect"), script()), "abort"),
    "the commit answers with an exception": (
        (script(), script(universal=True), script()),
        "then error",
    ),
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
    """Whichever await is cancelled, every obligation is kept once, and it goes out."""
    at = 0
    while (strike := strike_arun(scripts, commit, (at, "cancel"))).struck:
        assert strike.seen == predict(scripts, State.NEW, State.OPEN, commit, strike.struck)
        assert strike.seen.raised.startswith("CancelledError@")
        at += 1
    assert at > len(scripts)


@programs
def test_cancelled_again_while_it_cleans_up(
    scripts: tuple[Script, ...], commit: str | None
) -> None:
    """A second cancellation, at a later await, stops only the side that it comes out of."""
    at = 0
    while len(strike_arun(scripts, commit, (at, "cancel")).struck) == 1:
        second = at + 1
        while (
            len((strike := strike_arun(scripts, commit, (at, "cancel"), (second, "cancel"))).struck)
            == 2
        ):
            assert strike.seen == predict(scripts, State.NEW, State.OPEN, commit, strike.struck)
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
        assert strike.seen == predict(scripts, State.NEW, State.OPEN, commit, strike.struck)


@programs
def test_closed_at_every_await(scripts: tuple[Script, ...], commit: str | None) -> None:
    """A run that is closed calls what is plain, and logs a `HookError` for each it cannot await."""
    at = 0
    while (strike := strike_arun(scripts, commit, (at, "close"))).struck:
        assert strike.seen == predict(scripts, State.NEW, State.OPEN, commit, strike.struck)
        assert strike.seen.raised.startswith("GeneratorExit@")
        at += 1
    assert at > len(scripts)


@programs
def test_closed_while_it_cleans_up_after_a_cancellation(
    scripts: tuple[Script, ...], commit: str | None
) -> None:
    """A run that is closed then awaits nothing more; the first of the two goes out."""
    at = 0
    while len(strike_arun(scripts, commit, (at, "cancel")).struck) == 1:
        second = at + 1
        while (
            len((strike := strike_arun(scripts, commit, (at, "cancel"), (second, "close"))).struck)
            == 2
        ):
            assert strike.seen == predict(scripts, State.NEW, State.OPEN, commit, strike.struck)
            second += 1
        at += 1
    assert at > len(scripts)


# --------------------------------------------------------------------------------------------------
# Closing
# --------------------------------------------------------------------------------------------------


def test_closing_a_run_with_plain_sides_is_silent() -> None:
    """Closing logs nothing where there is nothing to report; the plain sides have been called."""
    plain_sides = Script(adds=ADDS, before_is="async")
    strike = strike_arun((plain_sides, plain_sides), "fine", (3, "close"))
    assert strike.seen.raised.startswith("GeneratorExit@")
    assert not strike.seen.logged
    assert [label for label, _ in strike.seen.calls[2:]] == [
        "1.add_cleanup.3",
        "1.add_cleanup.1",
        "0.add_cleanup.3",
        "0.add_cleanup.1",
        "0.cleanup",
    ]


def test_closing_a_run_that_never_started_calls_nothing() -> None:
    """A coroutine that is closed before its first step has begun, and finishes, nothing."""
    log: list[str] = []

    @rule(from_states=states(State.NEW), to_states=states(State.OPEN))
    def begin(t: Transition[State, State, None]) -> None:
        log.append("begun")
        t.add_cleanup(log.append, "finished")

    AsyncPolicy[State, None](begin).arun(None, State.NEW, State.OPEN).close()
    assert not log


def test_what_a_closed_run_cannot_await_is_logged() -> None:
    """`close()` itself raises nothing; the log names the side that would have had to be awaited."""

    async def undo() -> None:
        raise AssertionError("nothing awaits it")

    @rule(from_states=states(State.NEW), to_states=states(State.OPEN))
    async def hold(t: Transition[State, State, None]) -> None:
        t.add_cleanup(undo)
        await Pause()

    running = AsyncPolicy[State, None](hold).arun(None, State.NEW, State.OPEN)
    running.send(None)
    with logged() as errors:
        running.close()
    (error,) = errors
    assert isinstance(error, HookError)
    assert "hold.add_cleanup returned an awaitable (coroutine): the coroutine of the" in str(error)
    assert (error.entry, error.hook) == (hold, "add_cleanup")


def test_an_interrupt_goes_out_of_a_closed_run() -> None:
    """What is more urgent than the closing goes out of `close()`, and has a note of it."""

    def leave() -> None:
        raise KeyboardInterrupt

    @rule(from_states=states(State.NEW), to_states=states(State.OPEN))
    async def hold(t: Transition[State, State, None]) -> None:
        t.add_cleanup(leave)
        await Pause()

    running = AsyncPolicy[State, None](hold).arun(None, State.NEW, State.OPEN)
    running.send(None)
    with pytest.raises(KeyboardInterrupt) as caught:
        running.close()
    assert caught.value.__notes__ == [
        "in hold.add_cleanup, AsyncPolicy: State.NEW -> State.OPEN",
        "also raised: GeneratorExit in hold.before_transition",
    ]


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


def another_run(undo: Callable[[], object]) -> Coroutine[Any, Any, Outcome[State]]:
    """Another run, suspended in a hook, with something to undo."""

    @rule(from_states=states(State.NEW), to_states=states(State.OPEN))
    async def hold(t: Transition[State, State, None]) -> None:
        t.add_cleanup(undo)
        await Pause()

    running = AsyncPolicy[State, None](hold).arun(None, State.NEW, State.OPEN)
    running.send(None)
    return running


def closes_another_run() -> None:
    """Close another run, which takes it well."""
    another_run(lambda: None).close()
    raise ValueError("after it was closed")


def closes_another_run_badly() -> None:
    """Close another run, which raises an interrupt: its context is a `GeneratorExit`."""
    another_run(fails_with(KeyboardInterrupt)).close()


def closes_another_run_by_hand() -> None:
    """Close another run as `close()` does, but let the `GeneratorExit` out."""
    another_run(lambda: None).throw(GeneratorExit())


def fails_with(kind: type[BaseException]) -> Callable[[], None]:
    """A function that raises this."""

    def fails() -> None:
        raise kind("cannot be undone")

    return fails


@pytest.mark.parametrize(
    ("closes", "kind"),
    [
        (closes_a_generator_badly, ValueError),
        (closes_another_run, ValueError),
        (closes_another_run_badly, KeyboardInterrupt),
        (closes_another_run_by_hand, GeneratorExit),
    ],
)
def test_a_hook_that_closes_something_else_is_not_the_run_being_closed(
    closes: Callable[[], None], kind: type[BaseException]
) -> None:
    """Whatever comes out of what a hook closed by hand, async sides are awaited as ever."""
    log: list[str] = []

    async def undo() -> None:
        await Pause()
        log.append("undone")

    @rule(from_states=states(State.NEW), to_states=states(State.OPEN))
    def take(t: Transition[State, State, None]) -> None:
        t.add_cleanup(undo)
        closes()

    with pytest.raises(kind):
        drive(AsyncPolicy[State, None](take).arun(None, State.NEW, State.OPEN))
    assert log == ["undone"]


def test_an_async_hook_that_closes_something_else_is_not_the_run_being_closed() -> None:
    """Nor if it is awaited, and is suspended before and after it closes another run."""
    log: list[str] = []

    async def undo() -> None:
        await Pause()
        log.append("undone")

    @rule(from_states=states(State.NEW), to_states=states(State.OPEN))
    async def take(t: Transition[State, State, None]) -> None:
        t.add_cleanup(undo)
        await Pause()
        another_run(lambda: None).close()
        await Pause()
        raise ValueError("after it was closed")

    with pytest.raises(ValueError, match="after it was closed"):
        drive(AsyncPolicy[State, None](take).arun(None, State.NEW, State.OPEN))
    assert log == ["undone"]


def test_a_side_that_raises_a_generator_exit_is_not_the_run_being_closed() -> None:
    """Nor if a plain side raises it, after an `await` that was cancelled."""
    log: list[str] = []

    async def undo() -> None:
        await Pause()
        log.append("undone")

    @rule(from_states=states(State.NEW), to_states=states(State.OPEN))
    async def take(t: Transition[State, State, None]) -> None:
        t.add_cleanup(undo)
        t.add_cleanup(fails_with(GeneratorExit))
        await Pause()

    running = AsyncPolicy[State, None](take).arun(None, State.NEW, State.OPEN)
    running.send(None)
    running.throw(CancelledError())  # suspended in undo() now
    with pytest.raises(CancelledError):
        running.send(None)
    assert log == ["undone"]


@pytest.mark.parametrize("kind", [None, ValueError])
def test_closed_inside_an_except_block(kind: type[Exception] | None) -> None:
    """A run that is awaited inside an `except` block is closed like any: nothing is ignored."""
    log: list[object] = []
    inner, _ = nested(inner_cleanup=lambda: log.append("inner"))

    @rule(from_states=states(State.NEW), to_states=states(State.OPEN))
    async def retry(t: Transition[State, State, None]) -> None:
        t.add_cleanup(log.append, "outer")
        if kind is not None:
            t.add_cleanup(fails_with(kind))
        try:
            raise KeyError("the first try")
        except KeyError:
            await inner.arun(None, State.NEW, State.SHUT)

    async def caller() -> None:
        try:
            raise OSError("the caller's")
        except OSError:
            await AsyncPolicy[State, None](retry).arun(None, State.NEW, State.OPEN)

    running = caller()
    running.send(None)
    with logged() as errors:
        running.close()
    assert log == ["inner", "outer"]
    assert [type(error) for error in errors] == ([] if kind is None else [kind])


# --------------------------------------------------------------------------------------------------
# Runs in runs
# --------------------------------------------------------------------------------------------------


def nested(
    inner_cleanup: Callable[[], object],
) -> tuple[AsyncPolicy[State, None], AsyncPolicy[State, AsyncPolicy[State, None]]]:
    """An inner policy whose hook suspends; another that runs it in a hook and has an async side."""

    @rule(from_states=states(State.NEW), to_states=states(State.SHUT))
    async def hold(t: Transition[State, State, None]) -> None:
        t.add_cleanup(inner_cleanup)
        await Pause()

    async def undo() -> None:
        await Pause()

    @rule(from_states=states(State.NEW), to_states=states(State.OPEN))
    async def run_the_inner(
        t: Transition[State, State, AsyncPolicy[State, None]],
    ) -> Verdict[State]:
        t.add_cleanup(undo)
        await t.context.arun(None, State.NEW, State.SHUT)
        return proceed()

    return AsyncPolicy[State, None](hold), AsyncPolicy[State, AsyncPolicy[State, None]](
        run_the_inner
    )


def test_cancelled_inside_a_nested_run() -> None:
    """A cancellation goes through both runs, and both clean up, the inner one first."""
    log: list[str] = []
    inner, outer = nested(inner_cleanup=lambda: log.append("inner"))
    running = outer.arun(inner, State.NEW, State.OPEN)
    running.send(None)
    running.throw(CancelledError())  # suspended in the outer run's cleanup now
    assert log == ["inner"]
    with pytest.raises(CancelledError):
        running.send(None)


def test_closed_inside_a_nested_run() -> None:
    """Closing goes through both: the inner calls its plain side, the outer logs its async one."""
    log: list[str] = []
    inner, outer = nested(inner_cleanup=lambda: log.append("inner"))
    running = outer.arun(inner, State.NEW, State.OPEN)
    running.send(None)
    with logged() as errors:
        running.close()
    assert log == ["inner"]
    assert ["run_the_inner.add_cleanup" in str(error) for error in errors] == [True]


@pytest.mark.parametrize("levels", [2, 3, 5])
def test_closed_inside_runs_in_runs(levels: int) -> None:
    """However deep the runs are nested, closing reaches all, and each logs its async side."""
    inner: AsyncPolicy[State, None] | None = None

    async def pause() -> None:
        await Pause()

    def level(inner: AsyncPolicy[State, None] | None) -> AsyncPolicy[State, None]:
        @rule(from_states=states(State.NEW), to_states=states(State.OPEN))
        async def run_the_inner(t: Transition[State, State, None]) -> None:
            t.add_cleanup(pause)
            await (pause() if inner is None else inner.arun(None, State.NEW, State.OPEN))

        return AsyncPolicy[State, None](run_the_inner)

    for _ in range(levels):
        inner = level(inner)
    assert inner is not None
    running = inner.arun(None, State.NEW, State.OPEN)
    running.send(None)
    with logged() as errors:
        running.close()
    assert [type(error) for error in errors] == [HookError] * levels


@pytest.mark.parametrize("kind", [ValueError, asyncio.TimeoutError])
def test_closed_inside_a_nested_run_whose_cleanup_raises(kind: type[Exception]) -> None:
    """The outer run is closed too, whatever the inner cleanup raised: both are logged."""
    inner, outer = nested(inner_cleanup=fails_with(kind))
    running = outer.arun(inner, State.NEW, State.OPEN)
    running.send(None)
    with logged() as errors:
        running.close()
    of_the_inner, of_the_outer = errors
    assert isinstance(of_the_inner, kind)
    assert isinstance(of_the_outer, HookError)
    assert of_the_outer.hook == "add_cleanup"


# --------------------------------------------------------------------------------------------------
# asyncio
# --------------------------------------------------------------------------------------------------


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


@rule(from_states=states(State.NEW), to_states=states(State.OPEN))
async def take_slot(t: Transition[State, State, Slot]) -> Verdict[State]:
    """Take the slot, to be given back if the transition does not happen."""
    t.context.taken += 1
    t.add_cleanup(t.context.give_back)
    await asyncio.sleep(0)
    return proceed()


@rule(from_states=states(State.NEW), to_states=states(State.OPEN))
async def wait_inside(t: Transition[State, State, Slot]) -> Verdict[State]:
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
            AsyncPolicy[State, Slot](take_slot, wait_inside).arun(slot, State.NEW, State.OPEN), slot
        )
        assert (slot.taken, slot.log) == (0, ["giving back", "given back"])

    asyncio.run(main())


def test_a_task_that_is_cancelled_in_the_commit() -> None:
    """A cancelled commit has written nothing: all is cleaned up, and the task is cancelled."""

    async def main() -> None:
        slot = Slot()

        async def commit(_state: State, _outcome: Outcome[State]) -> None:
            slot.entered.set()
            await slot.release.wait()

        await cancelled(
            AsyncPolicy[State, Slot](take_slot).arun(slot, State.NEW, State.OPEN, commit=commit),
            slot,
        )
        assert (slot.taken, slot.log) == (0, ["giving back", "given back"])

    asyncio.run(main())


def test_a_cleanup_that_shields_itself_completes() -> None:
    """A cleanup that is cancelled is not called again; what it shields completes all the same."""

    async def main() -> None:
        slot = Slot()
        given_back = asyncio.Event()

        async def give_back_slowly() -> None:
            slot.log.append("shielded")
            await slot.release.wait()
            await slot.give_back()
            given_back.set()

        @rule(from_states=states(State.NEW), to_states=states(State.OPEN))
        def take(t: Transition[State, State, Slot]) -> Verdict[State]:
            t.context.taken += 1

            async def shielded() -> None:
                inner = asyncio.ensure_future(give_back_slowly())
                slot.entered.set()
                await asyncio.shield(inner)

            t.add_cleanup(t.context.log.append, "last")
            t.add_cleanup(shielded)
            return delay(1, reason="not now")

        await cancelled(AsyncPolicy[State, Slot](take).arun(slot, State.NEW, State.OPEN), slot)
        assert slot.taken == 1
        slot.release.set()
        await given_back.wait()
        assert slot.taken == 0
        assert sorted(slot.log) == ["given back", "giving back", "last", "shielded"]

    asyncio.run(main())


# --------------------------------------------------------------------------------------------------
# What knows its own cancellation again, although a cleanup raises beside it
# --------------------------------------------------------------------------------------------------


class Held:
    """The context of a run that stops in a hook, with a slot that cannot be given back."""

    def __init__(self, entered: Callable[[], object] = lambda: None) -> None:
        self.entered = entered
        """Called when the run has come to where it stops."""
        self.log: list[str] = []

    def lose(self) -> None:
        """Fail to give the slot back."""
        self.log.append("lost")
        raise ValueError("slot not given back")


@rule(from_states=states(State.NEW), to_states=states(State.OPEN))
def take_and_lose(t: Transition[State, State, Held]) -> None:
    """Take something that cannot be given back, beside what can."""
    t.add_cleanup(t.context.log.append, "given back")
    t.add_cleanup(t.context.lose)


@rule(from_states=states(State.NEW), to_states=states(State.OPEN))
async def stop_inside(t: Transition[State, State, Held]) -> None:
    """Stop here for ever."""
    t.context.entered()
    await anyio.sleep_forever()


losing = AsyncPolicy[State, Held](take_and_lose, stop_inside, name="losing")


async def in_asyncio_timeout(held: Held) -> None:
    """`asyncio.timeout` makes a TimeoutError of its cancellation."""

    async def timed() -> None:
        async with asyncio.timeout(None) as timeout:
            held.entered = lambda: timeout.reschedule(0)
            await losing.arun(held, State.NEW, State.OPEN)

    with pytest.raises(TimeoutError) as caught:
        await timed()
    assert isinstance(caught.value.__cause__, CancelledError)


async def in_asyncio_task_group(held: Held) -> None:
    """A task that was cancelled because another failed is not reported by `asyncio.TaskGroup`."""
    entered = asyncio.Event()
    held.entered = entered.set

    async def fail() -> None:
        await entered.wait()
        raise LookupError("the other task")

    async def both() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(losing.arun(held, State.NEW, State.OPEN))
            group.create_task(fail())

    with pytest.raises(ExceptionGroup) as caught:
        await both()
    assert [str(error) for error in caught.value.exceptions] == ["the other task"]


async def in_anyio_scope(held: Held) -> None:
    """`anyio.move_on_after` goes on."""
    with anyio.move_on_after(None) as scope:
        held.entered = lambda: setattr(scope, "deadline", anyio.current_time())
        await losing.arun(held, State.NEW, State.OPEN)
    assert scope.cancelled_caught


async def in_anyio_task_group(held: Held) -> None:
    """A task group of anyio that is cancelled ends well."""
    async with anyio.create_task_group() as group:
        held.entered = group.cancel_scope.cancel
        group.start_soon(losing.arun, held, State.NEW, State.OPEN)


async def in_trio_scope(held: Held) -> None:
    """A cancel scope of trio goes on."""
    with trio.CancelScope() as scope:
        held.entered = scope.cancel
        await losing.arun(held, State.NEW, State.OPEN)
    assert scope.cancelled_caught


async def in_trio_nursery(held: Held) -> None:
    """In a nursery of trio that another task ends, that one alone is reported."""
    entered = trio.Event()
    held.entered = entered.set

    async def fail() -> None:
        await entered.wait()
        raise LookupError("the other task")

    async def both() -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(losing.arun, held, State.NEW, State.OPEN)
            nursery.start_soon(fail)

    with pytest.raises(ExceptionGroup) as caught:
        await both()
    assert [str(error) for error in caught.value.exceptions] == ["the other task"]


@pytest.mark.parametrize(
    ("backend", "scope"),
    [
        ("asyncio", in_asyncio_timeout),
        ("asyncio", in_asyncio_task_group),
        ("asyncio", in_anyio_scope),
        ("asyncio", in_anyio_task_group),
        ("trio", in_anyio_scope),
        ("trio", in_anyio_task_group),
        ("trio", in_trio_scope),
        ("trio", in_trio_nursery),
    ],
)
def test_a_scope_absorbs_its_cancellation_and_the_rest_is_logged(
    backend: str, scope: Callable[[Held], Coroutine[Any, Any, None]]
) -> None:
    """Who cancels knows its cancellation again; what a cleanup raised beside it is not lost."""
    held = Held()

    async def main() -> None:
        await scope(held)
        await anyio.lowlevel.checkpoint()  # nothing is left behind

    with logged() as errors:
        anyio.run(main, backend=backend)
    assert held.log == ["lost", "given back"]
    assert [str(error) for error in errors] == ["slot not given back"]


# --------------------------------------------------------------------------------------------------
# A scope that is cancelled at each place, on asyncio and on trio
# --------------------------------------------------------------------------------------------------


class Stops:
    """The context of a run that cancels its own scope at one place, and stops there."""

    def __init__(self, where: str, scope: anyio.CancelScope) -> None:
        self.where = where
        self.scope = scope
        self.log: list[str] = []

    async def at(self, place: str) -> None:
        """Come to a place; cancel here, if it is to be here."""
        self.log.append(place)
        if place == self.where:
            self.scope.cancel()
            await anyio.sleep_forever()
        with anyio.CancelScope(shield=True):
            await anyio.lowlevel.checkpoint()

    async def commit(self, _state: State, _outcome: Outcome[State]) -> None:
        """Write."""
        await self.at("commit")


class Takes(AsyncBaseRule[State, State, Stops]):
    """Comes to a place in each of its hooks and callbacks."""

    from_states = states(State.NEW)
    to_states = states(State.OPEN)

    def __init__(self, name: str) -> None:
        self.name = name

    async def before_transition(self, transition: Transition[State, State, Stops], /) -> None:
        transition.add_after(transition.context.at, f"{self.name} done")
        transition.add_cleanup(transition.context.at, f"{self.name} undone")
        await transition.context.at(self.name)

    async def after_transition(self, transition: Transition[State, State, Stops], /) -> None:
        await transition.context.at(f"{self.name} after")

    async def cleanup(self, transition: Transition[State, State, Stops], /) -> None:
        await transition.context.at(f"{self.name} cleanup")


class Tells(AsyncBaseTransform[Stops]):
    """Comes to a place when it is told the decision, and the outcome."""

    async def on_decision(
        self, transition: AnyTransition[Stops], outcome: Outcome[Enum], /
    ) -> None:
        await transition.context.at("decided")

    async def after_transition(
        self, transition: AnyTransition[Stops], outcome: Outcome[Enum], /
    ) -> None:
        await transition.context.at("told")


stopping = AsyncPolicy[State, Stops](Tells(), Takes("one"), Takes("two"))
UNDONE: Final = ["one undone", "one cleanup"]
DONE: Final = ["two done", "two after", "one done", "one after", "told"]
PLACES: Final[dict[str, list[str]]] = {
    "one": ["one", "one undone"],
    "two": ["one", "two", "two undone", *UNDONE],
    "decided": ["one", "two", "decided", "two undone", "two cleanup", *UNDONE],
    "commit": ["one", "two", "decided", "commit", "two undone", "two cleanup", *UNDONE],
    **{place: ["one", "two", "decided", "commit", *DONE] for place in DONE},
}


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
@pytest.mark.parametrize("where", PLACES)
def test_a_scope_that_is_cancelled_at_each_place(where: str, backend: str) -> None:
    """All that is due is called, and awaited where it shields itself; the scope goes on."""

    async def main() -> list[str]:
        scope = anyio.CancelScope()
        stops = Stops(where, scope)
        with scope:
            await stopping.arun(stops, State.NEW, State.OPEN, commit=stops.commit)
        assert scope.cancelled_caught
        return stops.log

    assert anyio.run(main, backend=backend) == PLACES[where]
