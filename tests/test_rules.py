"""Rules: what the bases and the decorator give."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from functools import partial
from typing import Any
from unittest.mock import Mock

import pytest

import bylaws
from bylaws import (
    Abort,
    Aborted,
    Accepted,
    AnyTransition,
    AsyncBaseRule,
    AsyncBaseTransform,
    AsyncPolicy,
    BaseRule,
    BaseTransform,
    Delayed,
    Entry,
    HookError,
    Outcome,
    Policy,
    PolicyError,
    Transition,
    Verdict,
    abort,
    delay,
    every,
    proceed,
    rule,
)
from bylaws.rules import names_of
from tests.cast import S, good, late


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

    def on_decision(self, t: AnyTransition[list[str]], outcome: Outcome[Enum], /) -> None:
        super().on_decision(t, outcome)
        t.context.append("decided")

    def after_transition(self, t: AnyTransition[list[str]], outcome: Outcome[Enum], /) -> None:
        super().after_transition(t, outcome)
        t.context.append("recorded")


class AsyncTransforming(AsyncBaseTransform[list[str]]):
    """The same, async."""

    async def before_transition(self, t: AnyTransition[list[str]], /) -> None:
        await super().before_transition(t)
        t.context.append("prepared")

    async def on_decision(self, t: AnyTransition[list[str]], outcome: Outcome[Enum], /) -> None:
        await super().on_decision(t, outcome)
        t.context.append("decided")

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
        assert calls[:5] == ["before", "prepared", "decided", "recorded", "after"]
        assert calls[5:] == ["before", "prepared", "decided", "cleanup"]


def test_a_rule_without_its_states_is_told_what_to_write() -> None:
    """`@rule` by itself, or with sets by position."""
    untyped: Any = rule
    listed: list[list[object]] = [[print], [{1}, {2}]]
    for given in listed:
        with pytest.raises(TypeError) as caught:
            untyped(*given)
        assert str(caught.value) == (
            "@rule needs its states: @rule(from_states={...}, to_states={...})"
        )
    with pytest.raises(TypeError, match="missing 1 required keyword-only argument: 'to_states'"):
        untyped(from_states={1})


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


# --------------------------------------------------------------------------------------------------
# The bases beside other classes
# --------------------------------------------------------------------------------------------------


class Limited:
    """Another base, whose `__init__` has to be reached."""

    def __init__(self, limit: int) -> None:
        super().__init__()
        self.limit = limit


class LimitedRule(BaseRule[S, S], Limited):
    from_states = every(S)
    to_states = every(S)

    def __init__(self) -> None:
        super().__init__(limit=3)

    def before_transition(self, _: Transition[S, S], /) -> Verdict[S] | None:
        return abort(reason=f"over {self.limit}")


class AsyncLimitedRule(AsyncBaseRule[S, S], Limited):
    from_states = every(S)
    to_states = every(S)

    def __init__(self) -> None:
        super().__init__(limit=3)

    async def before_transition(self, _: Transition[S, S], /) -> Verdict[S] | None:
        return abort(reason=f"over {self.limit}")


class RuleAlsoLimited(Limited, BaseRule[S, S]):
    from_states = every(S)
    to_states = every(S)

    def cleanup(self, _: Transition[S, S], /) -> None: ...


@dataclass(frozen=True)
class UpTo(BaseRule[S, S]):
    most: int
    from_states = every(S)
    to_states = every(S)

    def before_transition(self, _: Transition[S, S], /) -> Verdict[S] | None: ...


class LimitedTransform(BaseTransform, Limited):
    def __init__(self) -> None:
        super().__init__(limit=3)

    def before_transition(self, _: AnyTransition, /) -> None: ...


class AsyncLimitedTransform(AsyncBaseTransform, Limited):
    def __init__(self) -> None:
        super().__init__(limit=3)

    async def before_transition(self, _: AnyTransition, /) -> None: ...


def test_the_next_base_is_reached() -> None:
    """`super().__init__()` of a rule or a transform goes on to its other base, with arguments."""
    entries: tuple[Any, ...] = (
        LimitedRule(),
        AsyncLimitedRule(),
        LimitedTransform(),
        AsyncLimitedTransform(),
    )
    assert [entry.limit for entry in entries] == [3] * 4
    assert RuleAlsoLimited(4).limit == 4
    policy = AsyncPolicy[S](*entries)
    assert asyncio.run(policy.arun(None, S.A, S.B)) == Aborted("over 3")


def test_isinstance_is_told_by_the_class() -> None:
    """What subclasses a base is an instance of it, and what only looks like it is not."""
    rules: list[object] = [LimitedRule(), AsyncLimitedRule(), LimitedTransform()]
    assert [isinstance(entry, BaseRule) for entry in rules] == [True, False, False]
    assert [isinstance(entry, AsyncBaseRule) for entry in rules] == [False, True, False]
    assert [isinstance(entry, BaseTransform) for entry in rules] == [False, False, True]
    others: list[object] = [good, UpTo, Limited(3)]
    assert not any(isinstance(other, BaseRule) for other in others)


def test_a_rule_may_be_a_dataclass() -> None:
    """The sets of a base are no fields of a dataclass, unless it makes them so."""
    assert repr(UpTo(5)) == "UpTo(most=5)"
    assert UpTo(5) == UpTo(5)
    assert len(Policy[S](UpTo(5), UpTo(5)).entries) == 2


def test_a_model_of_pydantic_may_be_a_rule() -> None:
    """Its fields are checked, its sets may be fields or plain, and it is copied and pickled."""
    pydantic = pytest.importorskip("pydantic")

    class Over(pydantic.BaseModel, BaseRule[S, S]):  # type: ignore[misc, name-defined]
        limit: int
        from_states: frozenset[S] = every(S)
        to_states: frozenset[S] = every(S)

        def before_transition(self, _: Transition[S, S], /) -> Verdict[S] | None:
            return abort(reason=f"over {self.limit}")

    class Records(pydantic.BaseModel, BaseTransform):  # type: ignore[misc, name-defined]
        seen: list[object] = []

        def after_transition(self, _: AnyTransition, outcome: Outcome[Enum], /) -> None:
            self.seen.append(outcome)

    assert list(Over.model_fields) == ["limit", "from_states", "to_states"]
    kind: Any = Over
    entry, records = kind(limit="3"), Records()
    policy: Any = Policy[S](records, entry, late(Over))
    assert isinstance(entry, BaseRule)
    assert policy.run(None, S.A, S.B) == Aborted("over 3")
    assert records.seen == [Aborted("over 3")]
    assert copy.deepcopy(policy).run(None, S.A, S.B) == Aborted("over 3")
    assert policy.replacing(Over, kind(limit=4)).run(None, S.A, S.B) == Aborted("over 4")
    with pytest.raises(pydantic.ValidationError):
        kind(limit="many")


# --------------------------------------------------------------------------------------------------
# Functions of all kinds under `@rule`
# --------------------------------------------------------------------------------------------------


class Teller:
    """An object that is called, and has a method."""

    def __call__(self, _: Transition[S, S]) -> Abort:
        """Be called."""
        return abort(reason="called")

    def told(self, _: Transition[S, S]) -> Abort:
        """Be told."""
        return abort(reason="told")


BRIEF: Callable[[Transition[S, S]], Abort] = lambda _: abort(reason="brief")  # noqa: E731


def with_word(word: str, _: Transition[S, S]) -> Abort:
    """Say a word."""
    return abort(reason=word)


@pytest.mark.parametrize(
    ("hook", "name", "doc", "reason"),
    [
        (BRIEF, "<lambda>", None, "brief"),
        (partial(with_word, "part"), "with_word", "Say a word.", "part"),
        (partial(partial(with_word), "part"), "with_word", "Say a word.", "part"),
        (Teller().told, "told", "Be told.", "told"),
        (partial(Teller().told), "told", "Be told.", "told"),
        (Teller(), "Teller", "An object that is called, and has a method.", "called"),
        (staticmethod(partial(with_word, "static")).__func__, "with_word", "Say a word.", "static"),
    ],
)
def test_a_rule_is_made_of_anything_that_is_called(
    hook: Any, name: str, doc: str | None, reason: str
) -> None:
    """Lambdas, partial functions, methods and objects: the rule has the name of what is called."""
    made = rule(from_states={S.A}, to_states={S.B})(hook)
    policy = Policy[S](made)
    assert policy.run(None, S.A, S.B) == Aborted(reason)
    assert (made.__name__, made.__doc__) == (name, doc)
    assert repr(policy) == f"<Policy Policy: {name}>"
    assert made.__module__ == __name__


def test_a_named_rule_goes_by_its_name() -> None:
    """An entry's `name`, if it is a string, is what texts call it; the same name is numbered."""

    class Named(LimitedRule):
        def __init__(self, name: Any) -> None:
            super().__init__()
            self.name = name

    policy = Policy[S](Named("one"), Named("two"), Named("one"), Named(7), Named("one #1"))
    assert [line.name for line in policy.explain(S.A, S.B).lines] == [
        "one #2",
        "two",
        "one #3",
        "Named",
        "one #1",
    ]
    assert policy.run(None, S.A, S.B).trace.lines[0].name == "one #2"
    with pytest.raises(PolicyError, match=r"  1  one #2\n  2  two\n  3  one #3\n  4  Named\n  5"):
        policy.without(good)


# --------------------------------------------------------------------------------------------------
# Async where nothing is awaited
# --------------------------------------------------------------------------------------------------


async def undo() -> None:
    """Undo, async."""


@rule(from_states={S.A}, to_states={S.B})
def adds(t: Transition[S, S]) -> None:
    """Add an async callback."""
    t.add_after(undo)


@rule(from_states={S.A}, to_states={S.B})
def hands_on(_: Transition[S, S]) -> Any:
    """Return what would have to be awaited."""
    return undo()


class AsyncAfter(AsyncBaseRule[S, S]):
    from_states = every(S)
    to_states = every(S)

    async def after_transition(self, _: Transition[S, S], /) -> None:
        """Be async."""


def test_what_is_async_in_a_plain_policy_is_told_by_its_case() -> None:
    """A hook that is written so in the policy; what one returns, and a callback, in the run."""
    listed: Any = AsyncAfter()
    with pytest.raises(PolicyError) as caught:
        Policy[S](listed)
    assert [str(fault) for fault in caught.value.faults] == [
        "entry 1 (AsyncAfter) has an async after_transition() in a plain policy: list it in an "
        "AsyncPolicy, or make the hook plain."
    ]
    for entry, hook in ((adds, "add_after"), (hands_on, "before_transition")):
        with pytest.raises(HookError) as broken:
            Policy[S](entry).run(None, S.A, S.B)
        assert str(broken.value) == (
            f"{entry.__name__}.{hook} returned an awaitable (coroutine): run() awaits nothing: "
            "list the entry in an AsyncPolicy and call arun()."
        )
        assert (broken.value.entry, broken.value.hook) == (entry, hook)
        assert asyncio.run(AsyncPolicy[S](entry).arun(None, S.A, S.B)) == Accepted(S.B)


# --------------------------------------------------------------------------------------------------
# The context left out
# --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "Policy[S]",
        "AsyncPolicy[S]",
        "Transition[S, S | None]",
        "AnyTransition",
        "AnyTransition[str]",
        "BaseRule[S, S]",
        "AsyncBaseRule[S, S]",
        "BaseTransform",
        "AsyncBaseTransform",
        "BaseTransform[str]",
        "Rule[S]",
        "AsyncRule[S]",
        "Transform",
        "AsyncTransform[str]",
        "tuple[Entry[S], ...]",
        "Entry[S] | None",
        "Entry[S, str]",
        "AsyncEntry[S]",
        "FunctionRule[S, S]",
        "Moves[S, S]",
        "Outcome[S]",
        "Verdict[S]",
    ],
)
def test_the_context_may_be_left_out_when_the_program_runs(text: str) -> None:
    """Type arguments without a context are evaluated without an error."""
    assert eval(text, {**vars(bylaws), "S": S}) is not None


def test_a_class_of_a_policy_without_its_context_is_one() -> None:
    """It is subclassed, made, and asked for its entries and its name."""

    class Own(Policy[S]):
        def priority(self) -> tuple[Entry[S], ...]:
            return (good, LimitedRule())

    assert Own().run(None, S.A, S.B) == Aborted("over 3")
    assert (Own().name, Own(name="mine").name) == ("Own", "mine")
    assert Policy[S](good, name="orders").name == "orders"
    assert Policy[S](good).entries == (good,)
    assert Own().priority()[0] is Own().entries[0] is good


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


def test_a_rule_is_its_own_copy() -> None:
    """As a function is: also where it has no name to be found by."""
    part = rule(from_states={S.A}, to_states={S.B})(partial(refuse_above, 5))
    assert copy.copy(part) is copy.deepcopy(part) is part
