"""`assert_undone_async`, on asyncio and trio: every leak of the zoo, and none of the twins."""

from __future__ import annotations

import asyncio
import contextlib
import gc
from collections.abc import Awaitable, Callable
from functools import partial
from typing import NoReturn

import anyio.lowlevel
import pytest
import trio

from bylaws.testing import LeakError, SetupError, assert_undone_async
from bylaws.testing.striking.awaits import lets_go
from tests.testing.async_zoo import (
    ASYNC_ZOO,
    AsyncCase,
    AsyncPair,
    before,
    notify,
    registers_before_it_waits,
)
from tests.testing.zoo import Move, S, World, fresh
from tests.testing.zoo import before as plain
from tests.testing.zoo import takes_in_one as takes_plainly


async def undone(case: AsyncCase) -> int:
    """How many strikes a case has."""
    return await assert_undone_async(
        case.policy,
        S.NEW,
        S.PAID,
        context=case.context,
        observe=case.observe,
        commit=case.commit,
        seconds=case.seconds,
    )


def on_asyncio(case: AsyncCase) -> int:
    return asyncio.run(undone(case))


def on_trio(case: AsyncCase) -> int:
    return trio.run(partial(undone, case))


LOOPS = {"asyncio": on_asyncio, "trio": on_trio}
CASES = [
    pytest.param(pair, run, id=f"{loop}: {name}")
    for loop, run in LOOPS.items()
    for name, pair in ASYNC_ZOO.items()
    if loop == "asyncio" or pair.trio
]
on_both = pytest.mark.parametrize(("pair", "run"), CASES)


@on_both
def test_every_leak_is_found(pair: AsyncPair, run: Callable[[AsyncCase], int]) -> None:
    """A leaky rule is told, with at least one strike that shows it."""
    with pytest.raises(LeakError) as caught:
        run(pair.leaky)
    assert caught.value.leaks


@on_both
def test_no_mended_twin_is_accused(pair: AsyncPair, run: Callable[[AsyncCase], int]) -> None:
    """A rule that gives back, whatever happens, passes."""
    assert run(pair.mended) > 0


RUNS = pytest.mark.parametrize("run", LOOPS.values(), ids=LOOPS)


@RUNS
def test_a_plain_policy_may_be_run_by_a_loop(run: Callable[[AsyncCase], int]) -> None:
    """It has no awaits of its own, and its commit may be plain."""
    assert run(AsyncCase(plain(takes_plainly))) == 13


@RUNS
def test_context_and_observe_may_be_async(run: Callable[[AsyncCase], int]) -> None:
    """Both are awaited if they can be."""

    async def made() -> World:
        await notify(fresh())
        return fresh()

    async def seen(world: World) -> object:
        await notify(world)
        return world.slots

    assert run(AsyncCase(before(registers_before_it_waits), seen, context=made)) == 16


@RUNS
def test_an_async_observe_that_raises(run: Callable[[AsyncCase], int]) -> None:
    """Its exception is its own."""

    async def seen(world: World) -> object:
        await notify(world)
        raise LookupError("no such world")

    with pytest.raises(SetupError, match=r"observe.context. raises: LookupError: no such world"):
        run(AsyncCase(before(registers_before_it_waits), seen))


@RUNS
def test_a_leak_says_at_which_await(run: Callable[[AsyncCase], int]) -> None:
    """A cancellation is told with the line that the run was suspended at."""
    case = ASYNC_ZOO["between an await and the registration"].leaky
    with pytest.raises(LeakError) as caught:
        run(case)
    cancelled, closed = caught.value.leaks
    assert cancelled.strike.awaits == closed.strike.awaits == (1,)
    assert cancelled.strike.where == closed.strike.where
    line = cancelled.strike.where and cancelled.strike.where.line
    where = f"async_zoo.py:{line}, in waits_before_it_registers (await 1)"
    assert f"a cancellation at {where}: observed " in str(caught.value)
    assert f"the coroutine closed at {where}: observed " in str(caught.value)


async def waits_for_ever(world: World) -> None:
    if loop_is_trio():
        await trio.sleep_forever()
    await asyncio.Event().wait()


def loop_is_trio() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return True
    return False


async def hangs_when_cleaned_up(t: Move) -> None:
    t.add_cleanup(waits_for_ever, t.context)
    await notify(t.context)


@RUNS
def test_a_strike_that_hangs_is_cut_off(run: Callable[[AsyncCase], int]) -> None:
    """Its task is cancelled, and the strike is named."""
    with pytest.raises(LeakError) as caught:
        run(AsyncCase(before(hangs_when_cleaned_up), seconds=0.4))
    (leak,) = caught.value.leaks
    assert leak.hung
    assert "another entry after hangs_when_cleaned_up that rejects: hangs" in str(caught.value)


@RUNS
def test_a_transition_that_hangs_without_a_strike(run: Callable[[AsyncCase], int]) -> None:
    """Nothing can be shown of it."""

    async def hangs(t: Move) -> None:
        await waits_for_ever(t.context)

    with pytest.raises(SetupError, match=r"does not end within 0\.4 s, without any strike") as e:
        run(AsyncCase(before(hangs), seconds=0.4))
    assert e.value.problem == "raised"


def stubborn(most: int) -> Callable[[World], Awaitable[None]]:
    """A cleanup that does not let itself be cancelled, nor closed."""

    async def waits(world: World) -> None:
        for _ in range(most):
            with contextlib.suppress(BaseException):
                await waits_for_ever(world)

    return waits


@RUNS
@pytest.mark.parametrize(("most", "sides"), [(2, 1), (100, 1), (100, 6)])
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # it is left alone
def test_a_strike_that_cannot_be_cancelled(
    run: Callable[[AsyncCase], int], most: int, sides: int
) -> None:
    """It is closed, and left alone in the end."""

    async def hangs(t: Move) -> None:
        for _ in range(sides):
            t.add_cleanup(stubborn(most), t.context)
        await notify(t.context)

    with pytest.raises(LeakError) as caught:
        run(AsyncCase(before(hangs), seconds=0.4))
    assert caught.value.leaks[-1].hung
    del caught
    gc.collect()


def test_not_all_awaits_of_a_long_run_are_struck(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is a bound, and the awaits after it are left alone."""
    monkeypatch.setattr("bylaws.testing.striking.script.MOST_AWAITS", 1)

    async def waits(t: Move) -> None:
        for _ in range(5):
            await notify(t.context)

    bounded = on_asyncio(AsyncCase(before(waits)))
    monkeypatch.setattr("bylaws.testing.striking.script.MOST_AWAITS", 100)
    assert on_asyncio(AsyncCase(before(waits))) == bounded + 4 + 4


def test_it_may_be_cancelled_itself() -> None:
    """Its run is cancelled, too, and nothing is left behind."""

    async def whole() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await undone(AsyncCase(before(hangs_when_cleaned_up), seconds=60))
        assert len(asyncio.all_tasks()) == 1

    asyncio.run(whole())


@pytest.mark.parametrize("loop", ["asyncio", "trio"])
def test_a_hook_may_have_children(loop: str) -> None:
    """A group of tasks is cancelled with its hook; on trio nothing can close one that waits."""

    async def asks_two(t: Move) -> None:
        t.add_cleanup(t.context.give, t.context.slots.pop(0))
        async with anyio.create_task_group() as group:
            group.start_soon(notify, t.context)
            group.start_soon(notify, t.context)
        await notify(t.context)

    async def tried() -> int:
        return await undone(AsyncCase(before(asks_two)))

    assert anyio.run(tried, backend=loop) > 15


@pytest.mark.spawns
@pytest.mark.parametrize("loop", ["asyncio", "trio"])
def test_a_hook_may_wait_for_others(loop: str) -> None:
    """For a thread, an event, a lock: who would wake it is told, or it is not closed there."""

    async def waits(t: Move) -> None:
        t.add_cleanup(t.context.give, t.context.slots.pop(0))
        event, lock = anyio.Event(), anyio.Lock()
        async with anyio.create_task_group() as group, lock:
            group.start_soon(anyio.to_thread.run_sync, len, "work")
        await anyio.to_thread.run_sync(len, "work")
        kept.append(event)
        await event.wait()

    async def tried() -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(sets)
            assert await undone(AsyncCase(before(waits))) > 15
            group.cancel_scope.cancel()

    async def sets() -> None:
        while True:
            await anyio.lowlevel.checkpoint()
            while kept:
                kept.pop().set()

    kept: list[anyio.Event] = []
    anyio.run(tried, backend=loop)


def test_who_would_wake_a_run_on_trio_is_told() -> None:
    """As of a cancellation, and what it raises then is that the coroutine is closed."""

    class Suspended:
        def abort_func(self, raise_cancel: Callable[[], NoReturn]) -> trio.lowlevel.Abort:
            with pytest.raises(GeneratorExit):
                raise_cancel()
            return trio.lowlevel.Abort.FAILED

    async def tried() -> bool:
        return lets_go(Suspended())

    assert not trio.run(tried)


def test_a_nursery_that_hangs_is_not_torn_apart() -> None:
    """It is cancelled, and told as what hangs; trio goes on."""

    async def hangs_once_struck(t: Move) -> None:
        try:
            await notify(t.context)
        except BaseException:
            t.context.slots.pop(0)
            with trio.CancelScope(shield=True) as scope:
                scope.deadline = trio.current_time() + 0.3
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(trio.sleep_forever)
            raise

    with pytest.raises(LeakError) as caught:
        on_trio(AsyncCase(before(hangs_once_struck), seconds=0.1))
    assert "hangs, and was cut off" in str(caught.value)


def test_a_test_on_trio_may_be_interrupted() -> None:
    """What is none of the run's business goes out as it is."""

    async def interrupted(t: Move) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        on_trio(AsyncCase(before(interrupted)))


@RUNS
def test_there_may_be_no_limit_of_time(run: Callable[[AsyncCase], int]) -> None:
    """Whoever sits in a debugger has time."""
    assert run(AsyncCase(before(registers_before_it_waits), seconds=float("inf"))) == 16
