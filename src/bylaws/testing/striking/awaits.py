"""Awaits: an async run in a task of its own, which is cancelled or closed where it is suspended.

On asyncio by `Task.cancel()`, on trio by a cancel scope around it: as it happens in the end.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Coroutine, Generator
from pathlib import Path
from time import monotonic
from types import FrameType, coroutine
from typing import Any, Final, NoReturn, TypeAlias

from bylaws import AsyncPolicy
from bylaws.testing.errors import HangError
from bylaws.testing.striking.ending import Attempt, Ending
from bylaws.testing.striking.stage import Stage, given
from bylaws.testing.striking.strikes import Where
from bylaws.testing.striking.visits import called

GRACE: Final = 1.0
"""So many seconds has a task that is cut off to come to an end."""

UNCLOSED: Final = sys.version_info < (3, 13)
"""Whether Python leaves an async generator as it is when a coroutine is closed that awaits it."""

GIVEN: Final = given.__code__
ARUN: Final = AsyncPolicy[Any, Any].arun.__code__

MOST_LATE: Final = 3
"""So often is a coroutine closed that is cut off and does not end; then it is left alone."""

Cancel: TypeAlias = Callable[[], object]
Work: TypeAlias = Callable[[Cancel], Coroutine[Any, Any, None]]


class Steps:
    """A run, step by step from one suspension to the next."""

    def __init__(self, stage: Stage, attempt: Attempt, ending: Ending) -> None:
        self._stage = stage
        self._attempt = attempt
        self._ending = ending
        self._cut_off = monotonic() + stage.seconds

    @coroutine
    def through(self, run: Coroutine[Any, Any, Any], cancel: Cancel) -> Generator[Any, Any, Any]:
        """All steps of a run, and what it answers with."""
        attempt, ending = self._attempt, self._ending
        step: Callable[[], Any] = lambda: run.send(None)  # noqa: E731
        late = 0
        while True:
            former, trace = sys.gettrace(), self._stage.on()
            try:
                if trace is not None:
                    sys.settrace(trace)
                suspended = step()
            except StopIteration as stop:
                return stop.value
            finally:
                if trace is not None:
                    sys.settrace(former)
                self._stage.off()
            ending.awaits += 1
            if late and lets_go(suspended):  # it was cancelled, and goes on all the same
                step = _throwing(run, GeneratorExit())
                if late > MOST_LATE:
                    raise HangError
                late += 1
                continue
            if ending.awaits == attempt.closes:
                self._strikes(run)
                ending.left = (
                    self._stage.in_commit
                    or (UNCLOSED and is_in_a_generator(run))
                    or not lets_go(suspended)
                )
                if not ending.left:
                    step = _throwing(run, GeneratorExit())
                    continue
            if ending.awaits in attempt.cancels:
                self._strikes(run)
                cancel()
            try:
                answer = yield suspended
            except BaseException as error:
                step = _throwing(run, error)
                late = int(monotonic() > self._cut_off)
            else:
                step = _sending(run, answer)

    def _strikes(self, run: Coroutine[Any, Any, Any]) -> None:
        ending = self._ending
        ending.places[ending.awaits] = suspended_at(run, self._stage, ending.awaits)
        ending.struck = ending.awaits == max(self._attempt.cancels, default=ending.awaits)


def _throwing(run: Coroutine[Any, Any, Any], error: BaseException) -> Callable[[], Any]:
    return lambda: run.throw(error)


def _sending(run: Coroutine[Any, Any, Any], answer: object) -> Callable[[], Any]:
    return lambda: run.send(answer)


def suspended_at(run: object, stage: Stage, number: int) -> tuple[Where | None, str]:
    """The innermost line of the user's own at which a coroutine is suspended."""
    where: Where | None = None
    hook: str | None = None
    at: Any = run
    while at is not None:
        frame: FrameType | None = getattr(at, "cr_frame", None) or getattr(at, "gi_frame", None)
        if (
            hook is None
            and frame is not None
            and frame.f_code not in (ARUN, GIVEN, stage.commit_code)
        ):
            hook = at.__qualname__
        if frame is not None and frame.f_code in stage.own:
            code = frame.f_code
            where = Where(code.co_filename, frame.f_lineno, called(code))
        at = getattr(at, "cr_await", None) or getattr(at, "gi_yieldfrom", None)
    if where is None:
        return None, f"await {number}" if hook is None else f"await {number}, in {hook}"
    place = f"{Path(where.file).name}:{where.line}, in {where.function}"
    return where, f"{place} (await {number})"


def is_in_a_generator(run: object) -> bool:
    """Whether a coroutine is suspended in an async generator, a context manager for one."""
    at: Any = run
    while at is not None and not type(at).__name__.startswith("async_generator_a"):
        at = getattr(at, "cr_await", None) or getattr(at, "gi_yieldfrom", None)
    return at is not None


def in_trio() -> bool:
    """Whether trio runs this."""
    trio: Any = sys.modules.get("trio")
    try:
        return trio is not None and trio.lowlevel.current_task() is not None
    except RuntimeError:
        return False


def lets_go(suspended: Any) -> bool:
    """Whether a run can be closed where it is suspended. If so, it has to be.

    On trio whoever is to wake it has to be told, as when it is cancelled, or would wake what is
    gone; a nursery, or a thread, cannot be told.
    """
    if not in_trio():
        return True
    trio: Any = sys.modules["trio"]
    if trio.lowlevel.current_task().child_nurseries:
        return False
    abort: Any = getattr(suspended, "abort_func", None)  # none at a mere checkpoint
    return abort is None or abort(_cancelled) is trio.lowlevel.Abort.SUCCEEDED


def _cancelled() -> NoReturn:
    raise GeneratorExit


async def in_a_task(work: Work, seconds: float) -> bool:
    """Do some work in a task of its own, and tell whether it was cut off after some seconds."""
    return await (_on_trio(work, seconds) if in_trio() else _on_asyncio(work, seconds))


async def _on_asyncio(work: Work, seconds: float) -> bool:
    import asyncio  # noqa: PLC0415 (the other loop may be the one)

    async def whole() -> None:
        task = asyncio.current_task()
        assert task is not None
        await work(task.cancel)

    task = asyncio.create_task(whole())
    try:
        await asyncio.wait([task], timeout=seconds)
        hung = not task.done()
    finally:
        if not task.done():
            task.cancel()
            await asyncio.wait([task], timeout=GRACE)
    return hung


async def _on_trio(work: Work, seconds: float) -> bool:
    import trio  # noqa: PLC0415 (it is there, or it would not run this)

    hung = False

    async def whole() -> None:
        nonlocal hung
        with trio.move_on_after(seconds) as limit:
            with trio.CancelScope() as scope:
                await work(scope.cancel)
            hung = limit.cancel_called

    async with trio.open_nursery() as nursery:
        nursery.start_soon(whole)
    return hung
