"""Time: a clock that repeats itself, and one that several processes can read."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush
from itertools import count
from typing import Final

from typing_extensions import override

EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)
"""When clocks begin."""


class Clock:
    """Virtual time. It moves on only when everybody sleeps, and then wakes the earliest sleeper.

    So of several activities one is awake at a time, whatever the threads beneath them do, and every
    run with the same seed takes the same course. Nobody waits for real: an hour of sleep takes no
    longer than a second. But nobody may sleep with a lock that another one waits for.
    """

    def __init__(self) -> None:
        self._now = 0.0
        self._awake = 1  # whoever made the clock
        self._events: list[tuple[float, int, Callable[[], object]]] = []
        self._order = count()

    @property
    def now(self) -> float:
        """The time, in seconds since the clock began."""
        return self._now

    def date(self) -> datetime:
        """The time as histories have it."""
        return EPOCH + timedelta(seconds=self.now)

    def call_at(self, when: float, call: Callable[[], object]) -> None:
        """Call `call()` at the time `when`, while everybody sleeps."""
        heappush(self._events, (when, next(self._order), call))

    async def sleep(self, seconds: float) -> None:
        """Sleep for so many seconds."""
        alarm = asyncio.get_running_loop().create_future()

        def wake() -> None:
            if not alarm.done():
                alarm.set_result(None)
                self._awake += 1

        self.call_at(self.now + seconds, wake)
        self._fall_asleep()
        try:
            await alarm
        except asyncio.CancelledError:
            if alarm.cancelled():  # woken by that, not by the alarm
                self._awake += 1
            raise

    async def run(self, *activities: Callable[[], Coroutine[object, object, None]]) -> None:
        """Run all activities side by side, to the end of the last."""
        self._awake += len(activities) - 1  # the caller waits
        async with asyncio.TaskGroup() as group:
            for activity in activities:
                group.create_task(self._live(activity))
        self._awake += 1

    async def _live(self, activity: Callable[[], Coroutine[object, object, None]]) -> None:
        try:
            await self.sleep(0)  # until all have come
            await activity()
        finally:
            self._fall_asleep()

    def _fall_asleep(self) -> None:
        self._awake -= 1
        asyncio.get_running_loop().call_soon(self._move_on)

    def _move_on(self) -> None:
        if self._awake == 0 and self._events:
            self._now, _, event = heappop(self._events)
            event()
            # After whatever the event has set going, which may be nobody's waking up.
            asyncio.get_running_loop().call_soon(self._move_on)


class RealClock(Clock):
    """Real time, `speed` times as fast: the same one in all processes that are given its start."""

    def __init__(self, start: float, speed: float) -> None:
        super().__init__()
        self._start = start
        self._speed = speed

    @property
    @override
    def now(self) -> float:
        return (time.time() - self._start) * self._speed

    @override
    def call_at(self, when: float, call: Callable[[], object]) -> None:
        asyncio.get_running_loop().call_later((when - self.now) / self._speed, call)

    @override
    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / self._speed)

    @override
    async def run(self, *activities: Callable[[], Coroutine[object, object, None]]) -> None:
        async with asyncio.TaskGroup() as group:
            for activity in activities:
                group.create_task(activity())
