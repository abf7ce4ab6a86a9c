"""What hooks, callbacks and commits may return, and what a run makes of it."""

from __future__ import annotations

import asyncio
import pickle
from collections.abc import Callable, Generator
from types import SimpleNamespace, coroutine
from typing import Any, cast

import pytest

from bylaws import (
    Aborted,
    Accepted,
    AsyncPolicy,
    BaseRule,
    Delay,
    HookError,
    Outcome,
    Policy,
    Proceed,
    Reject,
    Rejected,
    Transition,
    Verdict,
    abort,
    proceed,
    rule,
    states,
)
from tests.cast import S, Same

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
    """What is committed is its state."""
    carrier: Any = SimpleNamespace(type=S.A)

    @rule(from_states={S.A}, to_states={S.B})
    def back(t: Transition[S, S, object]) -> Verdict[S]:
        return Reject[S](carrier, "x", None)

    written: list[S] = []
    outcome = Policy[S, object](back).run(
        None, S.A, S.B, commit=lambda state, _: written.append(state)
    )
    assert outcome == Rejected(S.A, "x")
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


def test_what_a_commit_and_a_callback_return_is_dropped() -> None:
    """Only hooks have to return nothing; a callback's generator is not awaited either."""
    written: list[object] = []

    def generate() -> Generator[None, None, None]:
        yield

    def commit(*given: object) -> Any:
        written.append(given)
        return 7

    @rule(from_states={S.A}, to_states={S.B})
    def adds(t: Transition[S, S, object]) -> None:
        t.add_after(generate)

    policy = Policy[S, object](adds)
    outcome = policy.run(None, S.A, S.B, commit=commit)
    assert outcome == asyncio.run(policy.arun(None, S.A, S.B, commit=commit)) == Accepted(S.B)
    assert written == [(S.B, outcome)] * 2


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
            return abort(reason="cleans up") if where in ("cleanup", "add_cleanup") else None

        def after_transition(self, transition: Transition[S, S, str], /) -> None:
            return cast("None", awaitable()) if where == "after_transition" else None

        def cleanup(self, transition: Transition[S, S, str], /) -> None:
            return cast("None", awaitable()) if where == "cleanup" else None

    entry = Gives()
    with pytest.raises(HookError, match=f"Gives.{where}") as caught:
        Policy[S, str](entry).run("", S.A, S.B)
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
    assert not hasattr(caught.value, "__notes__")
    assert log == ["undone"]
