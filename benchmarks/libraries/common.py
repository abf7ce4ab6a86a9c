"""What all contenders share: two states, a subject in one of them, idle hooks, an event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from dataclasses import dataclass
from enum import StrEnum
from importlib.metadata import version
from typing import Any, TypeAlias

from benchmarks.harness import Side


class State(StrEnum):
    """The two states."""

    OFF = "off"
    ON = "on"


class Subject:
    """What is in one of the two states."""

    def __init__(self) -> None:
        self.state = State.OFF


Work: TypeAlias = Callable[[Iterable[object]], Coroutine[Any, Any, None]]


@dataclass(frozen=True)
class Contender:
    """A library.

    `plain` and `waiting` make sides of it, for so many hooks, that move twice an item: there and
    back.
    """

    package: str
    plain: Callable[[int], Side] | None
    waiting: Callable[[int], Side] | None
    also: str
    """What it does beside the work, and what bylaws does that it does not."""
    least: int = 0
    """With fewer hooks it is not async."""

    @property
    def version(self) -> str:
        """The version that is installed; of no package, none."""
        return version(self.package) if self.package else "-"


def hook() -> Callable[[object], None]:
    """A new hook that does nothing."""

    def nothing(_given: object) -> None:
        return None

    return nothing


def async_hook() -> Callable[[object], Coroutine[Any, Any, None]]:
    """A new async hook that does nothing."""

    async def nothing(_given: object) -> None:
        return None

    return nothing


def on_a_loop(work: Callable[[], Awaitable[Work]]) -> Side:
    """A side of async work, on one event loop for all rounds. Entering takes some 50 µs a round."""
    loop = asyncio.new_event_loop()
    ready = loop.run_until_complete(_awaited(work))
    return lambda loops: loop.run_until_complete(ready(loops))


async def _awaited(work: Callable[[], Awaitable[Work]]) -> Work:
    return await work()
