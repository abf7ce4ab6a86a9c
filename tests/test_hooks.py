"""Hooks: those of the bases, verdicts made in other ways, and callbacks that are none."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from enum import Enum
from types import SimpleNamespace
from typing import Any

import pytest

from bylaws import (
    Accepted,
    AnyTransition,
    AsyncBaseRule,
    AsyncBaseTransform,
    AsyncPolicy,
    BaseRule,
    BaseTransform,
    Delay,
    HookError,
    Outcome,
    Policy,
    Proceed,
    Reject,
    Rejected,
    Transition,
    Verdict,
    every,
    rule,
    states,
)


class S(Enum):
    A = 1
    B = 2


class Calling(BaseRule[S, S, list[str]]):
    """A rule that calls what it overrides."""

    from_states = every(S)
    to_states = every(S)

    def before_transition(self, t: Transition[S, S, list[str]], /) -> Verdict[S] | None:
        t.context.append("before")
        return super().before_transition(t)

    def after_transition(self, t: Transition[S, S, list[str]], /) -> None:
        super().after_transition(t)
        t.context.append("after")

    def cleanup(self, t: Transition[S, S, list[str]], /) -> None:
        super().cleanup(t)
        t.context.append("cleanup")


class AsyncCalling(AsyncBaseRule[S, S, list[str]]):
    """The same, async."""

    from_states = every(S)
    to_states = every(S)

    async def before_transition(self, t: Transition[S, S, list[str]], /) -> Verdict[S] | None:
        t.context.append("before")
        return await super().before_transition(t)

    async def after_transition(self, t: Transition[S, S, list[str]], /) -> None:
        await super().after_transition(t)
        t.context.append("after")

    async def cleanup(self, t: Transition[S, S, list[str]], /) -> None:
        await super().cleanup(t)
        t.context.append("cleanup")


class Transforming(BaseTransform[list[str]]):
    """A transform that calls what it overrides."""

    def before_transition(self, t: AnyTransition[list[str]], /) -> None:
        super().before_transition(t)
        t.context.append("prepared")

    def after_transition(self, t: AnyTransition[list[str]], outcome: Outcome[Enum], /) -> None:
        super().after_transition(t, outcome)
        t.context.append("recorded")


class AsyncTransforming(AsyncBaseTransform[list[str]]):
    """The same, async."""

    async def before_transition(self, t: AnyTransition[list[str]], /) -> None:
        await super().before_transition(t)
        t.context.append("prepared")

    async def after_transition(
        self, t: AnyTransition[list[str]], outcome: Outcome[Enum], /
    ) -> None:
        await super().after_transition(t, outcome)
        t.context.append("recorded")


def fail(_state: S, _outcome: Outcome[S]) -> None:
    raise OSError("disk")


def test_the_hooks_of_the_bases_can_be_called() -> None:
    """A hook may call the one that it overrides, which does nothing and proceeds."""
    for entries in ((Calling(), Transforming()), (AsyncCalling(), AsyncTransforming())):
        policy = AsyncPolicy[S, list[str]](*entries)
        calls: list[str] = []
        assert asyncio.run(policy.arun(calls, S.A, S.B)) == Accepted(S.B)
        with pytest.raises(OSError, match="disk"):
            asyncio.run(policy.arun(calls, S.A, S.B, commit=fail))
        assert calls == ["before", "prepared", "recorded", "after", "before", "prepared", "cleanup"]


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


@pytest.mark.parametrize("method", ["add_after", "add_cleanup"])
def test_a_callback_that_was_called_already_is_no_callback(method: str) -> None:
    """What cannot be called is refused where it is added, with the call that was meant."""

    @rule(from_states={S.A}, to_states={S.B})
    def slip(t: Transition[S, S, list[str]]) -> None:
        add: Any = getattr(t, method)
        context: Any = t.context
        add(context.append("too early"))

    with pytest.raises(
        HookError,
        match=rf"{method}\(\) was given None, .*: {method}\(f, x\), not {method}\(f\(x\)\)",
    ) as e:
        Policy[S, list[str]](slip).run([], S.A, S.B)
    assert (e.value.entry, e.value.hook) == (slip, method)


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


def test_a_cause_that_went_out_too_is_named_once() -> None:
    """What goes out bare has the others as its cause; one of them that was its cause already is not there twice."""
    disk = OSError("disk")

    class Failing(BaseRule[S, S, object]):
        from_states = states(S.A)
        to_states = states(S.B)

        def after_transition(self, transition: Transition[S, S, object], /) -> None:
            raise disk

    @rule(from_states={S.A}, to_states={S.B})
    def leave(t: Transition[S, S, object]) -> None:
        def interrupt() -> None:
            raise KeyboardInterrupt from disk

        t.add_after(interrupt)

    with pytest.raises(KeyboardInterrupt) as caught:
        Policy[S, object](leave, Failing()).run(None, S.A, S.B)
    beside: Any = caught.value.__cause__
    assert beside.exceptions == (disk,)


@dataclass(frozen=True)
class FrozenError(Exception):
    """An exception that lets nobody set its attributes."""

    text: str


class FrozenExit(KeyboardInterrupt):
    """One that goes out bare."""

    def __setattr__(self, name: str, value: object) -> None:
        raise FrozenError(name)


def test_exceptions_that_are_frozen_go_out_as_they_are() -> None:
    """An exception whose attributes cannot be set is noted, and given its cause, all the same."""
    error, leave = FrozenError("disk"), FrozenExit()

    class Failing(BaseRule[S, S, object]):
        from_states = states(S.A)
        to_states = states(S.B)

        def __init__(self, failure: BaseException) -> None:
            self.failure = failure

        def after_transition(self, transition: Transition[S, S, object], /) -> None:
            raise self.failure

    with pytest.raises(FrozenError) as caught:
        Policy[S, object](Failing(error)).run(None, S.A, S.B, commit=lambda _state, _outcome: None)
    assert caught.value is error
    assert error.__notes__ == ["bylaws: raised after the commit of S.B, which stands."]
    with pytest.raises(FrozenExit) as left:
        Policy[S, object](Failing(error), Failing(leave)).run(None, S.A, S.B)
    assert left.value is leave
    beside: Any = leave.__cause__
    assert beside.exceptions == (error,)
