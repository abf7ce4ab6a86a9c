"""Rules: what the bases and the decorator give."""

from __future__ import annotations

import asyncio
from enum import Enum
from functools import partial
from unittest.mock import Mock

import pytest

from bylaws import (
    Aborted,
    Accepted,
    AnyTransition,
    AsyncBaseRule,
    AsyncBaseTransform,
    AsyncPolicy,
    BaseRule,
    BaseTransform,
    Delayed,
    Outcome,
    Policy,
    Transition,
    Verdict,
    abort,
    delay,
    every,
    proceed,
    rule,
)
from bylaws.rules import names_of
from tests.cast import S


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


def test_a_rule_keeps_what_its_function_says() -> None:
    """A rule has its function's name, module and docstring; its other hooks do nothing."""

    @rule(from_states={S.A}, to_states={S.B})
    def documented(_: Transition[S, S, int]) -> Verdict[S]:
        """Say why."""
        return abort(reason="no")

    assert (documented.__name__, documented.__doc__, documented.__module__) == (
        "documented",
        "Say why.",
        __name__,
    )
    assert (
        repr(documented)
        == f"<rule {test_a_rule_keeps_what_its_function_says.__name__}.<locals>.documented>"
    )
    transition = Transition(S.A, S.B, 1)
    assert documented.before_transition(transition) == abort(reason="no")
    documented.after_transition(transition)
    documented.cleanup(transition)


def test_entries_of_one_name_are_numbered() -> None:
    """In texts different entries of the same name are told apart; one listed twice has one name."""

    @rule(from_states={S.A}, to_states={S.B})
    def again(_: Transition[S, S]) -> Verdict[S]:
        return abort(reason="no")

    one, two, other = Calling(), Calling(), again
    assert names_of((one, other, two, one)) == ["Calling #1", "again", "Calling #2", "Calling #1"]
    assert names_of((other, other)) == ["again", "again"]


def refuse_above(limit: int, t: Transition[S, S, int]) -> Verdict[S]:
    """A function of which a rule takes a part."""
    return abort(reason="too much") if t.context > limit else proceed()


def test_what_is_no_function_is_a_rule_too() -> None:
    """A partial function gives its name; a mock, which has any attribute it is asked for, none."""
    part = rule(from_states={S.A}, to_states={S.B})(partial(refuse_above, 5))
    fake = rule(from_states={S.A}, to_states={S.B})(Mock(return_value=delay(60, reason="later")))
    assert (part.__name__, fake.__name__) == ("refuse_above", "Mock")
    assert Policy[S, int](part).run(6, S.A, S.B) == Aborted("too much")
    assert Policy[S, int](part, fake).run(5, S.A, S.B) == Delayed(60, "later")
