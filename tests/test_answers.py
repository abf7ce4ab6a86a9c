"""What hooks, callbacks and commits may return, and what a run makes of it."""

from __future__ import annotations

import asyncio
import pickle
from collections.abc import Callable, Generator
from enum import Enum
from types import SimpleNamespace, coroutine
from typing import Any, cast
from unittest.mock import Mock

import pytest

from bylaws import (
    Aborted,
    Accepted,
    AnyTransition,
    AsyncPolicy,
    BaseRule,
    BaseTransform,
    Delay,
    Delayed,
    HookError,
    Outcome,
    Policy,
    Proceed,
    Reject,
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
from tests.cast import S, Same
from tests.model import Pause, drive

# --------------------------------------------------------------------------------------------------
# Verdicts that the functions did not make
# --------------------------------------------------------------------------------------------------


def test_a_proceed_is_one_however_it_was_made() -> None:
    """A `Proceed` that did not come from `proceed()` lets the transition go on, plain and async."""

    @rule(from_states={S.A}, to_states={S.B})
    async def later(_: Transition[S, S, object]) -> Verdict[S]:
        return Proceed()

    @rule(from_states={S.A}, to_states={S.B})
    def now(_: Transition[S, S, object]) -> Verdict[S]:
        return Proceed()

    assert asyncio.run(AsyncPolicy[S, object](later, now).arun(None, S.A, S.B)) == Accepted(S.B)
    assert Policy[S, object](now).run(None, S.A, S.B) == Accepted(S.B)


@pytest.mark.parametrize(
    "verdict", [Proceed(), pickle.loads(pickle.dumps(proceed()))], ids=["made", "unpickled"]
)
def test_any_proceed_is_a_proceed(verdict: Proceed) -> None:
    """A `Proceed` lets the transition go on, and is told in the trace, however it was made."""

    @rule(from_states=states(S.A), to_states=states(S.B))
    def first(_: Transition[S, S, None]) -> Verdict[S]:
        return verdict

    @rule(from_states=states(S.A), to_states=states(S.B))
    def second(_: Transition[S, S, None]) -> Verdict[S]:
        return abort(reason="asked")

    assert verdict == proceed()
    assert Policy[S, None](first, second).run(None, S.A, S.B) == Aborted("asked")


MakeReject: Any = Reject


@pytest.mark.parametrize(
    ("verdict", "text"),
    [
        (
            Delay(-5, "x"),
            r"slip\.before_transition returned Delay\(seconds=-5, reason='x'\): delay\(\)",
        ),
        (Delay(float("nan"), "x"), r"delay\(\) takes finite seconds, at least 0"),
        (Delay(float("inf"), "x"), r"delay\(\) takes finite seconds, at least 0"),
        (
            MakeReject("C", "x", None),
            r"proposed a state that is none of the policy's: .* 'C', which is no enum member",
        ),
    ],
)
def test_a_verdict_that_is_built_by_hand_is_looked_at(verdict: Any, text: str) -> None:
    """What `delay()` and `reject()` would not make is a `HookError`."""

    @rule(from_states={S.A}, to_states={S.B})
    def slip(t: Transition[S, S, object]) -> Verdict[S]:
        it: Verdict[S] = verdict
        return it

    with pytest.raises(HookError, match=text):
        Policy[S, object](slip).run(None, S.A, S.B, commit=lambda state, _: pytest.fail(str(state)))


def test_a_state_like_in_a_verdict_that_is_built_by_hand() -> None:
    """What is committed is its state; it is the payload, as if `reject()` had been given it."""
    carrier: Any = SimpleNamespace(type=S.A)

    @rule(from_states={S.A}, to_states={S.B})
    def back(t: Transition[S, S, object]) -> Verdict[S]:
        return Reject[S](carrier, "x", None)

    written: list[S] = []
    outcome = Policy[S, object](back).run(
        None, S.A, S.B, commit=lambda state, _: written.append(state)
    )
    assert outcome == Rejected(S.A, "x", carrier)
    assert outcome.trace.lines[0].verdict == reject(carrier, reason="x")
    assert written == [S.A]


# --------------------------------------------------------------------------------------------------
# What may not be returned, and what is dropped
# --------------------------------------------------------------------------------------------------


def test_a_hook_error_names_the_hook_of_a_run_without_callbacks() -> None:
    """The name is that of the hook, and its entry comes along."""

    class Answers(Same):
        def after_transition(self, transition: Transition[S, S, object], /) -> Any:
            return 3

    entry = Answers()
    with pytest.raises(
        HookError, match=r"Answers\.after_transition returned 3: it has to return None"
    ) as caught:
        Policy[S, object](entry).run(None, S.A, S.B)
    assert (caught.value.entry, caught.value.hook) == (entry, "after_transition")


def test_what_a_callback_returns_is_dropped() -> None:
    """Only hooks have to return nothing; a callback's generator is not awaited either."""
    called: list[str] = []

    def generate() -> Generator[None, None, None]:
        yield

    async def twice() -> object:
        called.append("async")
        return Awaits()

    @rule(from_states={S.A}, to_states={S.B})
    def adds(t: Transition[S, S, object]) -> None:
        t.add_after(called.append, "plain")
        t.add_after(generate)

    @rule(from_states={S.A}, to_states={S.B})
    def adds_async(t: Transition[S, S, object]) -> None:
        t.add_after(twice)

    assert Policy[S, object](adds).run(None, S.A, S.B) == Accepted(S.B)
    policy = AsyncPolicy[S, object](adds, adds_async)
    assert asyncio.run(policy.arun(None, S.A, S.B)) == Accepted(S.B)
    assert called == ["plain", "async", "plain"]


@pytest.mark.parametrize("is_async", [False, True], ids=["plain", "async"])
@pytest.mark.parametrize("answer", [3, proceed(), abort(reason="no"), Same()])
@pytest.mark.parametrize("hook", ["before_transition", "on_decision", "after_transition"])
def test_a_transform_answers_nothing(hook: str, answer: object, is_async: bool) -> None:
    """What one of its hooks returns is a `HookError` as if the hook had raised: it has no say."""
    log: list[str] = []

    class Slip(BaseTransform[object]):
        def before_transition(self, transition: AnyTransition[object], /) -> None:
            transition.add_after(log.append, "done")
            transition.add_cleanup(log.append, "undone")
            return cast("None", self.slip("before_transition"))

        def on_decision(self, _: AnyTransition[object], outcome: Outcome[Enum], /) -> None:
            return cast("None", self.slip("on_decision"))

        def after_transition(self, _: AnyTransition[object], outcome: Outcome[Enum], /) -> None:
            return cast("None", self.slip("after_transition"))

        def slip(self, name: str) -> object:
            result = answer if name == hook else None
            return after_a_pause(result) if is_async else result

    slip: Any = Slip()
    with pytest.raises(HookError, match=rf"Slip\.{hook} returned ") as caught:
        run_either(AsyncPolicy if is_async else Policy, slip)
    assert (caught.value.entry, caught.value.hook) == (slip, hook)
    assert log == ["done" if hook == "after_transition" else "undone"]


async def after_a_pause(result: object) -> object:
    """Answer later."""
    await Pause()
    return result


def run_either(kind: Any, *entries: Any, commit: Any = None) -> Outcome[S]:
    """Run from A to B, plain or async."""
    policy: AsyncPolicy[S, object] = kind[S, object](*entries)
    if isinstance(policy, Policy):
        return policy.run(None, S.A, S.B, commit=commit)
    return drive(policy.arun(None, S.A, S.B, commit=commit))


# --------------------------------------------------------------------------------------------------
# What a commit may answer
# --------------------------------------------------------------------------------------------------


class Unshowable:
    """Shows nothing of itself."""

    def __repr__(self) -> str:
        raise ValueError("no repr")


ANSWERS: list[tuple[object, bool, object]] = [
    # The answer, whether it has written, and what the caller gets.
    (None, True, Accepted(S.B)),
    (delay(0.1, reason="lost"), False, Delayed(0.1, "lost")),
    (abort(reason="gone"), False, Aborted("gone")),
    (reject(reason="no"), False, Rejected(None, "no")),
    (OSError("disk"), True, OSError),
    (SystemExit(3), True, SystemExit),
    (asyncio.CancelledError(), True, asyncio.CancelledError),
    (7, True, "commit returned 7, and is taken to have written"),
    (OSError, True, "commit returned <class 'OSError'>, and is taken to have written"),
    (proceed(), True, r"commit returned Proceed\(\), and is taken to have written"),
    (Accepted(S.B), True, r"commit returned Accepted\(.*, and is taken to have written"),
    (Unshowable(), True, r"commit returned <.*Unshowable object .*>, and is taken to have written"),
    (reject(S.A, reason="no"), False, r"commit returned Reject\(.*, not propose another"),
    (Delay(-5, "x"), False, r"commit returned Delay\(.*: delay\(\) takes finite seconds"),
]


@pytest.mark.parametrize("how", ["plain", "arun", "async"])
@pytest.mark.parametrize("redirected", [False, True], ids=["intended", "redirected"])
@pytest.mark.parametrize(("answer", "written", "gets"), ANSWERS)
def test_what_a_commit_may_answer(
    answer: Any, written: bool, gets: object, redirected: bool, how: str
) -> None:
    """Nothing or an exception: written. A refusal: not. What it may not answer: a `HookError`."""
    log: list[object] = []
    target = S.A if redirected else S.B

    class Takes(Same):
        name = "takes"

        def before_transition(self, transition: Transition[S, S, object], /) -> Verdict[S] | None:
            transition.add_after(log.append, "done")
            transition.add_cleanup(log.append, "undone")
            return reject(S.A, reason="redirected") if redirected else None

        def after_transition(self, _: Transition[S, S, object], /) -> None:
            log.append("after")

        def cleanup(self, _: Transition[S, S, object], /) -> None:
            log.append("cleanup")

    def commit(state: S, _outcome: Outcome[S]) -> Any:
        log.append(state)
        return after_a_pause(answer) if how == "async" else answer

    kind = Policy if how == "plain" else AsyncPolicy
    if answer is None and redirected:
        gets = Rejected(S.A, "redirected")
    if isinstance(gets, Accepted | Rejected | Delayed | Aborted):
        assert run_either(kind, Takes(), commit=commit) == gets
    else:
        out: Any = HookError if isinstance(gets, str) else BaseException
        with pytest.raises(out, match=gets if isinstance(gets, str) else None) as caught:
            run_either(kind, Takes(), commit=commit)
        assert isinstance(gets, str) or caught.value is answer
        stands = f"; the commit of S.{target.name} stands" if written else ""
        (note,) = caught.value.__notes__
        assert note == f"in commit, {kind.__name__}: S.A -> S.B{stands}"
        caught.value.__dict__.clear()  # it is raised again
    sides = ["done", "after"] if written else ["undone", "cleanup"]
    assert log == [target, *sides[: 1 if redirected else 2]]


def test_an_awaitable_that_a_commit_awaited_is_not_awaited() -> None:
    """`arun` awaits what a commit returns once; an awaitable out of that is a `HookError`."""
    awaits = Awaits()

    async def commit(_state: S, _outcome: Outcome[S]) -> Any:
        return awaits

    with pytest.raises(HookError, match=r"commit returned an awaitable .*: it came out of one"):
        drive(AsyncPolicy[S, object](Same()).arun(None, S.A, S.B, commit=commit))
    assert awaits.closed == 1


# --------------------------------------------------------------------------------------------------
# Awaitables in a plain run
# --------------------------------------------------------------------------------------------------


async def _nothing() -> None:
    return None


class Awaits:
    """An awaitable that can be closed, and says so."""

    closed = 0

    def __await__(self) -> Generator[Any, Any, None]:
        """Be done."""
        return _nothing().__await__()

    def close(self) -> None:
        """Count."""
        self.closed += 1


@coroutine
def _old_style() -> Generator[Any, Any, None]:
    yield


@pytest.mark.parametrize(
    "where", ["before_transition", "after_transition", "cleanup", "add_after", "add_cleanup"]
)
@pytest.mark.parametrize(
    "make", [_nothing, Awaits, _old_style], ids=["coroutine", "object", "generator"]
)
def test_an_awaitable_in_a_plain_run(where: str, make: Callable[[], Any]) -> None:
    """`run` awaits nothing: an awaitable is closed, and a HookError names where it came from."""
    log: list[str] = []
    made: list[Any] = []

    def awaitable() -> Any:
        made.append(make())
        return made[-1]

    class Gives(BaseRule[S, S, str]):
        from_states = states(S.A)
        to_states = states(S.B)

        def before_transition(self, transition: Transition[S, S, str], /) -> Verdict[S] | None:
            transition.add_cleanup(log.append, "undone")
            if where == "add_after":
                transition.add_after(awaitable)
            if where == "add_cleanup":
                transition.add_cleanup(awaitable)
            if where == "before_transition":
                return cast("Verdict[S]", awaitable())
            return None

        def after_transition(self, transition: Transition[S, S, str], /) -> None:
            return cast("None", awaitable()) if where == "after_transition" else None

        def cleanup(self, transition: Transition[S, S, str], /) -> None:
            return cast("None", awaitable()) if where == "cleanup" else None

    @rule(from_states={S.A}, to_states={S.B})
    def cleans_up(_: Transition[S, S, str]) -> Verdict[S]:
        return abort(reason="cleans up") if where in ("cleanup", "add_cleanup") else proceed()

    entry = Gives()
    with pytest.raises(HookError, match=f"Gives.{where}") as caught:
        Policy[S, str](entry, cleans_up).run("", S.A, S.B)
    assert caught.value.entry is entry
    assert caught.value.hook == where
    assert len(made) == 1
    if make is Awaits:
        assert made[0].closed == 1
    elif make is _nothing:
        assert made[0].cr_frame is None
    assert log == ([] if where in ("after_transition", "add_after") else ["undone"])


def test_an_async_commit_in_a_plain_run() -> None:
    """`run` cannot await a commit: a HookError, as if the commit had failed; the rules clean up."""
    log: list[str] = []

    @rule(from_states=states(S.A), to_states=states(S.B))
    def take(t: Transition[S, S, None]) -> None:
        t.add_cleanup(log.append, "undone")
        t.add_after(log.append, "done")

    async def commit(_state: S, _outcome: Outcome[S]) -> None:
        raise AssertionError("nothing awaits it")

    with pytest.raises(HookError) as caught:
        Policy[S, None](take).run(None, S.A, S.B, commit=commit)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    assert (caught.value.entry, caught.value.hook) == (None, "commit")
    assert caught.value.__notes__ == ["in commit, Policy: S.A -> S.B"]
    assert log == ["undone"]


class ClosesBadly(Awaits):
    """An awaitable that cannot be closed."""

    def close(self) -> None:
        """Fail."""
        raise OSError("cannot be closed")


def test_an_awaitable_that_cannot_be_closed() -> None:
    """The `HookError` goes out all the same, from what closing it raised."""

    class Gives(Same):
        def after_transition(self, transition: Transition[S, S, object], /) -> Any:
            return ClosesBadly()

    with pytest.raises(HookError, match=r"Gives\.after_transition returned an awaitable") as caught:
        Policy[S, object](Gives()).run(None, S.A, S.B)
    assert isinstance(caught.value.__cause__, OSError)


def test_a_mock_that_was_told_nothing() -> None:
    """What a mocked hook answers is no verdict; the error says how a mock is told."""

    class Mocked(Same):
        before_transition = Mock()

    with pytest.raises(HookError, match=r"which is no verdict: .*; a mock is told so with return_"):
        Policy[S, object](Mocked()).run(None, S.A, S.B)
