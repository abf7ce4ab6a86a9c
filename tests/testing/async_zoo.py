"""The async half of the zoo: leaky rules beside their mended twins, for asyncio and trio."""

from __future__ import annotations

import asyncio
from asyncio import CancelledError
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final, TypeAlias

from anyio.lowlevel import checkpoint

from bylaws import (
    AsyncBaseRule,
    AsyncEntry,
    AsyncPolicy,
    Outcome,
    Verdict,
    proceed,
    rule,
    states,
)
from bylaws.aio import shielded, to_its_end
from tests.testing.zoo import Move, S, World, fresh, give_all, of_state, slots

AsyncCommit: TypeAlias = Callable[[World, S, Outcome[S]], Awaitable[None | BaseException]]


@dataclass(frozen=True)
class AsyncCase:
    """What `assert_undone_async` is asked about."""

    policy: AsyncPolicy[S, World]
    observe: Callable[[World], object] = slots
    commit: AsyncCommit | None = None
    context: Callable[[], World | Awaitable[World]] = fresh
    seconds: float = 5


@dataclass(frozen=True)
class AsyncPair:
    """A leaky rule, and its mended twin; some are for asyncio alone."""

    leaky: AsyncCase
    mended: AsyncCase
    trio: bool = True


def before(hook: Callable[[Move], Awaitable[Verdict[S] | None]]) -> AsyncPolicy[S, World]:
    """A policy of one rule, which is a function."""
    return AsyncPolicy[S, World](rule(from_states={S.NEW}, to_states={S.PAID})(hook))


def of(*entries: AsyncEntry[S, World]) -> AsyncPolicy[S, World]:
    """A policy of these entries."""
    return AsyncPolicy[S, World](*entries)


async def notify(world: World) -> None:
    """Something harmless that could fail, or be cancelled."""
    await checkpoint()
    world.told.append("notified")


# Between an await and the registration.


async def waits_before_it_registers(t: Move) -> None:
    taken = [t.context.slots.pop(0)]; await checkpoint(); t.add_cleanup(give_all, t.context, taken)  # fmt: skip  # noqa: E501, E702


async def registers_before_it_waits(t: Move) -> None:
    t.add_cleanup(t.context.give, t.context.slots.pop(0))
    await checkpoint()


# An error between an await and the registration.


async def taken(world: World) -> str:
    await checkpoint()
    return world.slots.pop(0)


async def takes_first(t: Move) -> None:
    slot = await taken(t.context)
    t.add_cleanup(t.context.give, slot)


async def takes_in_one(t: Move) -> None:
    t.add_cleanup(t.context.give, await taken(t.context))


# Cancelled in what takes.


async def taken_and_told(world: World) -> str:
    slot = world.slots.pop(0)
    await checkpoint()
    return slot


async def cancelled_while_it_takes(t: Move) -> None:
    t.add_cleanup(t.context.give, await taken_and_told(t.context))


async def registers_what_it_will_take(t: Move) -> None:
    taken: list[str] = []
    t.add_cleanup(give_all, t.context, taken)
    await checkpoint()
    taken.append(t.context.slots.pop(0))
    await checkpoint()


# A cleanup that awaits, and is cancelled itself.


async def waits_and_gives(world: World, slot: str) -> None:
    await checkpoint()
    world.give(slot)


async def gives_and_waits(world: World, slot: str) -> None:
    world.give(slot)
    await checkpoint()


async def cleans_up_late(t: Move) -> None:
    t.add_cleanup(waits_and_gives, t.context, t.context.slots.pop(0))
    await checkpoint()


async def cleans_up_at_once(t: Move) -> None:
    t.add_cleanup(gives_and_waits, t.context, t.context.slots.pop(0))
    await checkpoint()


# A cleanup hook that is cancelled, or not reached.


class CleansUpInAHook(AsyncBaseRule[S, S, World]):
    from_states, to_states = states(S.NEW), states(S.PAID)

    async def before_transition(self, t: Move, /) -> Verdict[S]:
        t.context.slots.remove("amber")
        await notify(t.context)
        return proceed()

    async def cleanup(self, t: Move, /) -> None:
        t.context.give("amber")


class CleansUpInACallback(CleansUpInAHook):
    async def before_transition(self, t: Move, /) -> Verdict[S]:
        t.add_cleanup(t.context.give, t.context.slots.pop(0))
        await notify(t.context)
        return proceed()

    async def cleanup(self, t: Move, /) -> None:
        await notify(t.context)


# A commit that lands although it was cancelled.


async def lands_and_waits(world: World, state: S, outcome: Outcome[S]) -> None:
    world.state = state
    await checkpoint()


async def waits_and_lands(world: World, state: S, outcome: Outcome[S]) -> None:
    await checkpoint()
    world.state = state


@to_its_end
async def lands_in_the_end(world: World, state: S, outcome: Outcome[S]) -> None:
    world.state = state
    await asyncio.sleep(0)


# `except Exception` does not catch a cancellation.


async def catches_exceptions(t: Move) -> None:
    slot = t.context.slots.pop(0)
    try:
        await notify(t.context)
        t.add_cleanup(t.context.give, slot)
    except Exception:
        t.context.give(slot)
        raise


async def catches_everything(t: Move) -> None:
    taken: list[str] = []
    try:
        taken.append(t.context.slots.pop(0))
        await notify(t.context)
        t.add_cleanup(give_all, t.context, taken)
    except BaseException:
        give_all(t.context, taken)
        raise


# A cancellation is thought of, a closed coroutine is not.


async def catches_cancellations(t: Move) -> None:
    taken: list[str] = []
    try:
        taken.append(t.context.slots.pop(0))
        await notify(t.context)
        t.add_cleanup(give_all, t.context, taken)
    except (Exception, CancelledError):
        give_all(t.context, taken)
        raise


# A finally that awaits.


async def waits_in_finally(t: Move) -> None:
    slot = t.context.slots.pop(0)
    try:
        await notify(t.context)
    finally:
        await checkpoint()
        t.context.give(slot)


async def gives_back_in_finally(t: Move) -> None:
    taken: list[str] = []
    try:
        taken.append(t.context.slots.pop(0))
        await notify(t.context)
    finally:
        give_all(t.context, taken)
        await checkpoint()


# An async context manager with a hole.


@asynccontextmanager
async def hasty(world: World) -> AsyncGenerator[str]:
    slot = world.slots.pop(0)
    await notify(world)
    try:
        yield slot
    finally:
        world.give(slot)


@asynccontextmanager
async def careful(world: World) -> AsyncGenerator[str]:
    taken: list[str] = []
    try:
        taken.append(world.slots.pop(0))
        await notify(world)
        yield taken[0]
    finally:
        give_all(world, taken)


async def looks_hastily(t: Move) -> None:
    async with hasty(t.context) as slot:
        t.context.told.append(slot)


async def looks_carefully(t: Move) -> None:
    async with careful(t.context) as slot:
        t.context.told.append(slot)


# An async lock, held over an await.


class Locked:
    """A lock that any loop has."""

    def __init__(self, world: World) -> None:
        self.world = world

    async def acquire(self) -> None:
        await checkpoint()
        self.world.lock.acquire()

    def release(self) -> None:
        if self.world.lock.locked():
            self.world.lock.release()


async def locks_and_waits(t: Move) -> None:
    lock = Locked(t.context)
    await lock.acquire()
    await notify(t.context)
    lock.release()


async def locks_and_lets_go(t: Move) -> None:
    lock = Locked(t.context)
    t.add_cleanup(lock.release)
    await lock.acquire()
    await notify(t.context)
    lock.release()


def locked(world: World) -> object:
    return world.lock.locked()


# Shielded: what was begun goes on, and nobody knows of it.


async def takes_shielded(t: Move) -> None:
    slot = await asyncio.shield(taken_and_told(t.context))
    t.add_cleanup(t.context.give, slot)


async def registered_and_shielded(t: Move) -> None:
    holding: list[str] = []
    t.add_cleanup(give_all, t.context, holding)
    holding.append(t.context.slots.pop(0))
    await asyncio.shield(notify(t.context))


# A cleanup that awaits, and is to complete all the same.


async def cleans_up_as_a_commit(t: Move) -> None:
    t.add_cleanup(to_its_end(waits_and_gives), t.context, t.context.slots.pop(0))
    await notify(t.context)


async def cleans_up_shielded(t: Move) -> None:
    t.add_cleanup(shielded(waits_and_gives), t.context, t.context.slots.pop(0))
    await notify(t.context)


ASYNC_ZOO: Final[dict[str, AsyncPair]] = {
    "between an await and the registration": AsyncPair(
        AsyncCase(before(waits_before_it_registers)), AsyncCase(before(registers_before_it_waits))
    ),
    "taken before registered": AsyncPair(
        AsyncCase(before(takes_first)), AsyncCase(before(takes_in_one))
    ),
    "cancelled while it takes": AsyncPair(
        AsyncCase(before(cancelled_while_it_takes)), AsyncCase(before(registers_what_it_will_take))
    ),
    "a cleanup that awaits and is cancelled": AsyncPair(
        AsyncCase(before(cleans_up_late)), AsyncCase(before(cleans_up_at_once))
    ),
    "a cleanup hook": AsyncPair(
        AsyncCase(of(CleansUpInAHook())), AsyncCase(of(CleansUpInACallback()))
    ),
    "a commit that lands and is cancelled": AsyncPair(
        AsyncCase(before(registers_before_it_waits), of_state, lands_and_waits),
        AsyncCase(before(registers_before_it_waits), of_state, waits_and_lands),
    ),
    "a commit that lands in the end": AsyncPair(
        AsyncCase(before(registers_before_it_waits), of_state, lands_and_waits),
        AsyncCase(before(registers_before_it_waits), of_state, lands_in_the_end),
        trio=False,
    ),
    "except Exception": AsyncPair(
        AsyncCase(before(catches_exceptions)), AsyncCase(before(catches_everything))
    ),
    "closed, not cancelled": AsyncPair(
        AsyncCase(before(catches_cancellations)), AsyncCase(before(catches_everything))
    ),
    "a finally that awaits": AsyncPair(
        AsyncCase(before(waits_in_finally)), AsyncCase(before(gives_back_in_finally))
    ),
    "an async context manager with a hole": AsyncPair(
        AsyncCase(before(looks_hastily)), AsyncCase(before(looks_carefully))
    ),
    "an async lock": AsyncPair(
        AsyncCase(before(locks_and_waits), locked), AsyncCase(before(locks_and_lets_go), locked)
    ),
    "shielded": AsyncPair(
        AsyncCase(before(takes_shielded)), AsyncCase(before(registered_and_shielded)), trio=False
    ),
    "a cleanup that is carried to its end": AsyncPair(
        AsyncCase(before(cleans_up_as_a_commit)),
        AsyncCase(before(cleans_up_shielded)),
        trio=False,
    ),
}
