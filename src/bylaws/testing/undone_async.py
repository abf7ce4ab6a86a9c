"""`assert_undone_async`: the same of an async policy, whose awaits may be cancelled, too."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from enum import Enum
from typing import Any, TypeVar

from bylaws import AsyncPolicy, Outcome, StateLike
from bylaws.testing.striking.awaits import Cancel, Steps, in_a_task, in_trio
from bylaws.testing.striking.ending import Attempt, Ending
from bylaws.testing.striking.script import Play
from bylaws.testing.striking.snapshots import snapshot
from bylaws.testing.striking.stage import Stage, given
from bylaws.testing.undone import not_observed
from bylaws.verdict import Answer

S = TypeVar("S", bound=Enum)
C = TypeVar("C")


async def assert_undone_async(
    policy: AsyncPolicy[S, C],
    from_state: S | StateLike[S] | None,
    to_state: S | StateLike[S] | None,
    *,
    context: Callable[[], C | Awaitable[C]],
    observe: Callable[[C], object],
    commit: Callable[[C, S, Outcome[S]], Awaitable[Answer] | Answer] | None = None,
    seconds: float = 5,
    packages: Iterable[str] = (),
) -> int:
    """As `assert_undone`, of `arun`; `context`, `observe` and `commit` may be async.

    Await it in a test that asyncio or trio runs. Each run is a task of its own, and more strikes
    are made:

    - a cancellation at every await that suspends the run, of hooks, callbacks and commit alike; on
      asyncio also a second one, at every await that follows it. On trio a scope that is cancelled
      cancels each of them anyway;
    - the coroutine closed at every await. If something would have to be awaited then, which `arun`
      logs, nothing is asserted.

    A run that takes longer than so many `seconds` is cancelled, and counts as one that hangs.
    """
    stage = Stage(policy, (from_state, to_state), commit, seconds, packages)
    play = Play(stage, awaits=True, again=not in_trio())
    with stage.listening():
        script = play.play()
        attempt = next(script)
        while True:
            ending = await _run(stage, attempt, context, observe)
            try:
                attempt = script.send(ending)
            except StopIteration:
                break
    play.end()
    return play.strikes


async def _run(
    stage: Stage,
    attempt: Attempt,
    context: Callable[[], Any],
    observe: Callable[[Any], object],
) -> Ending:
    made = await given(context())
    ending = Ending(made, await _observed(observe, made, attempt))
    if attempt.twice:
        ending.again = await _observed(observe, made, attempt)
    steps = Steps(stage, attempt, ending)
    policy: Any = attempt.policy
    foreign: list[BaseException] = []

    async def work(cancel: Cancel) -> None:
        run = policy.arun(made, *stage.states, commit=stage.acommitting(made))
        try:
            outcome = await steps.through(run, cancel)
        except BaseException as error:
            try:
                stage.end(ending, None, error)
            except BaseException as gone:
                foreign.append(gone)
        else:
            stage.end(ending, outcome, None)

    stage.begin(attempt)
    hung = await in_a_task(work, stage.seconds)
    ending.hung = ending.hung or hung
    if foreign:
        raise foreign[0]
    if not ending.hung:
        ending.after = await _observed(observe, made, attempt)
    return ending


async def _observed(observe: Callable[[Any], object], context: object, attempt: Attempt) -> object:
    try:
        return snapshot(await given(observe(context)))
    except Exception as error:
        raise not_observed(error, attempt) from error
