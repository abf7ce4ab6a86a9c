"""What only asyncio needs: what goes on to its end, though its run is cancelled meanwhile.

Imported by nobody else in the package.
"""

from __future__ import annotations

import asyncio
import sys
from asyncio import CancelledError, Task
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AbstractContextManager, nullcontext, suppress
from functools import wraps
from logging import getLogger
from typing import Final, ParamSpec, TypeVar

from bylaws import Abort, Delay, Reject

P = ParamSpec("P")
A = TypeVar("A")

ELSEWHERE: Final = (
    "{}() is for tasks of asyncio. On trio, {} inside `with CancelScope(shield=True):`."
)


def to_its_end(
    write: Callable[P, Awaitable[A]],
) -> Callable[P, Coroutine[object, object, A | CancelledError]]:
    """Make a commit of an async `write`: one that tells a cancelled run whether it was written.

        await policy.arun(order, order.state, S.PAID, commit=to_its_end(order.write))

    A database write that is cancelled may have landed all the same. So `write` runs in a task of
    its own, which is waited for however often the caller is cancelled, and then:

    | `write`                     | not cancelled      | cancelled meanwhile                    |
    |-----------------------------|--------------------|----------------------------------------|
    | returned                    | is returned        | the `CancelledError` is returned       |
    | returned a refusal          | is returned        | the `CancelledError` is raised         |
    | raised, or cancelled itself | is raised          | the `CancelledError` is raised         |

    To a run, raised means that nothing was written, and a returned exception: written, then this.
    So the cancellation goes out of the run in each case, the first that was delivered, as it was,
    with `Task.cancelling()` as it is: `asyncio.timeout` and task groups know it again, a loop of
    runs ends in that round, and no later `await` is struck. An `Exception` that it outweighs,
    raised or returned by `write`, is logged (logger `bylaws`) and named in a note on it; only a
    returned `KeyboardInterrupt` or `SystemExit` outweighs it. Who is cancelled before `write`
    begins begins no write.

    It waits as long as `write` takes, so give that a timeout of its own: `asyncio.timeout` inside
    `write` works. It sees the caller's context variables; what it sets in them stays in its task.

    It is for a commit. What is no commit, but has to be done, is `shielded`: that begins in any
    case, and answers with no exception that nobody looks at.

    What holds where:

    - `asyncio.run` cancels all tasks at its end, but not the one of a write: it waits for it.
      Tasks that `write` starts are cancelled.
    - A cancel scope of anyio on asyncio cancels anew at each `await`. While it writes that is
      warded off, by a shielded scope, or the event loop would spin; the async after sides of the
      run are cancelled at their first `await`, unless they shield themselves. `write` is not in
      the caller's scopes and task groups.
    - On trio it raises `RuntimeError` before anything is written. `with CancelScope(shield=True)`
      around the write does the same there, because trio cancels again at the next `await`.
    - When the caller's coroutine is closed (its loop has gone), nothing can wait: the run takes it
      that nothing was written.
    """

    @wraps(write)
    async def commit(*args: P.args, **kwargs: P.kwargs) -> A | CancelledError:
        if not _in_a_task():
            raise RuntimeError(ELSEWHERE.format("to_its_end", "write"))
        await asyncio.sleep(0)  # a cancellation that is due already comes out here
        task, cancellation = await _ended(lambda: write(*args, **kwargs))
        try:
            if cancellation is None:
                return task.result()
            if not _written(task, cancellation):
                raise cancellation
            answer = task.result()
            return answer if isinstance(answer, KeyboardInterrupt | SystemExit) else cancellation
        finally:
            del task, cancellation  # they hold exceptions that hold this frame

    return commit


def shielded(
    work: Callable[P, Awaitable[A]],
) -> Callable[P, Coroutine[object, object, A]]:
    """Make of async `work` what no cancellation cuts short, and none keeps from being begun.

        t.add_cleanup(shielded(store.release), lease)

    A cleanup that awaits is cancelled itself by a second cancellation, at its first await: then
    nothing was given back. This one runs in a task of its own, which is waited for however often
    the caller is cancelled, also if that was before it begins. Then the first cancellation that was
    delivered goes out, as it was; an `Exception` of `work` that it outweighs is logged and named
    in a note. Not cancelled, it answers and raises as `work` does.

    What takes is better not shielded: register first what gives back, then take. How long it waits,
    context variables, `asyncio.run`, scopes of anyio, trio and closed coroutines: as `to_its_end`.
    """

    @wraps(work)
    async def done(*args: P.args, **kwargs: P.kwargs) -> A:
        if not _in_a_task():
            raise RuntimeError(ELSEWHERE.format("shielded", "await it"))
        task, cancellation = await _ended(lambda: work(*args, **kwargs))
        try:
            if cancellation is None:
                return task.result()
            _written(task, cancellation)
            raise cancellation
        finally:
            del task, cancellation  # they hold exceptions that hold this frame

    return done


async def _ended(work: Callable[[], Awaitable[A]]) -> tuple[Task[A], CancelledError | None]:
    """A task of its own for some work, once it is done; the first cancellation meanwhile."""

    async def whole() -> A:
        return await work()

    task = asyncio.create_task(whole())
    # Or asyncio.run would cancel it at its end. Documented, for those who make tasks.
    asyncio._unregister_task(task)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    cancellation: CancelledError | None = None
    try:
        while not task.done():
            try:
                with _scope() if cancellation else nullcontext():
                    await asyncio.wait([task])
            except CancelledError as error:
                cancellation = cancellation or error
        return task, cancellation
    finally:
        del task, cancellation  # they hold exceptions that hold this frame


def _written(task: Task[object], cancellation: CancelledError) -> bool:
    """What a task came to. An `Exception` in it, which nobody else is told of, is logged."""
    if task.cancelled():
        return False
    failure = task.exception()
    answer = task.result() if failure is None else failure
    if isinstance(answer, Exception):
        did = "answered with" if failure is None else "raised"
        message = "A write %s an exception, and its caller was cancelled meanwhile."
        with suppress(Exception):  # from a __repr__ or a log filter: what is written stands
            getLogger("bylaws").error(message, did, exc_info=answer)
            cancellation.add_note(f"bylaws: the write that it waited for {did} {answer!r}.")
    return failure is None and type(answer) not in (Reject, Delay, Abort)


def _scope() -> AbstractContextManager[object]:
    """What keeps the cancel scopes of anyio out, if there can be any."""
    if "anyio" not in sys.modules:
        return nullcontext()
    from anyio import CancelScope  # noqa: PLC0415 (not needed otherwise)

    return CancelScope(shield=True)


def _in_a_task() -> bool:
    """Whether asyncio runs this."""
    try:
        return asyncio.current_task() is not None
    except RuntimeError:
        return False
