"""What is checked when a policy is made: every fault, all of them at once, each with its mend."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum, Flag, IntEnum, IntFlag
from functools import partial
from types import coroutine
from typing import Any, cast

import pytest

from bylaws import (
    AnyTransition,
    AsyncBaseRule,
    AsyncPolicy,
    BaseRule,
    BaseTransform,
    Entry,
    Fault,
    Policy,
    PolicyError,
    StateError,
    Transition,
    every,
    rule,
    states,
)
<<<<<<< HEAD
from tests.cast import Good, Number, OtherText, S, Same, Text, faults, good
from tests.model import State
=======
from bylaws.rules import AnyRule


class S(Enum):
    A = 1
    B = 2
    C = 3
>>>>>>> h-types


class Bits(Flag):
    X = 1
    Y = 2


class OtherNumber(IntEnum):
    UNO = 1


def variant(**attributes: object) -> Any:
    """A rule of a class made for the test: `Good` with other attributes (`None` takes one away)."""
    return type("Variant", (Good,), attributes)()


def generator(_self: object, _: object) -> Iterator[None]:
    yield


@coroutine
def awaitable_generator(_self: object, _: object) -> Iterator[None]:
    yield


async def asynchronous(_self: object, _: object) -> None: ...


async def async_generator(_self: object, _: object) -> Any:
    yield


def method(_self: object, _: object) -> None: ...


class Callable_:  # noqa: N801
    async def __call__(self, _: object) -> None: ...


class Frozen(frozenset[Any]):
    """A frozenset of another class is one all the same."""


CASES: list[tuple[Any, str]] = [
    (Good, r"entry 1 \(Good\) is a class: list an instance, Good\(\.\.\.\)"),
    (
        method,
        r"entry 1 \(method\) is a function: make a rule of it with "
        r"@rule\(from_states=\.\.\., to_states=\.\.\.\)",
    ),
    (rule(from_states={S.A}, to_states={S.B}), r"is rule\(\.\.\.\) that no function was given to"),
    ([good], r"is a list, not an entry: unpack it, Policy\(\*entries\)"),
    (
        Policy[S, object](good),
        r"is a policy, not an entry: list its entries, \*policy\.priority\(\)",
    ),
    (
        7,
        r"entry 1 \(int\) is neither a rule nor a transform: "
        r"list rules, made with @rule or of a class",
    ),
    (
        variant(to_states=None),
        r"entry 1 \(Variant\) has no to_states: "
        r"declare to_states = states\(\.\.\.\), or every\(S\)",
    ),
    (variant(from_states=S), r"has the class S as its from_states: write every\(S\)"),
    (
        variant(from_states={S.A}),
        r"has from_states that are no frozenset but a set: write from_states = states\(\.\.\.\)",
    ),
    (
        variant(from_states=S.A),
        r"has from_states that are no frozenset but a S: write from_states = states\(\.\.\.\)",
    ),
    (
        variant(to_states=frozenset[S]()),
        r"has empty to_states, so it would never fire: name the states, or leave the rule out",
    ),
    (
        variant(to_states=frozenset({"b", S.B})),
        r"has 'b' in its to_states: only enum members and None are states",
    ),
    (
        variant(to_states=Frozen({"b", S.B})),
        r"has 'b' in its to_states: only enum members and None are states",
    ),
    (
        variant(to_states=frozenset({Bits.X})),
        r"has members of Bits in its to_states: members of a Flag combine, so use an Enum",
    ),
    (
        variant(after_transition=Good.cleanup),
        r"implements no hook, so it would do nothing: write one of before_trans",
    ),
    (
        variant(cleanup=None),
        r"has no method cleanup\(\): "
        r"subclass one of the bases, whose hooks do nothing, or write it",
    ),
    (
        variant(before_transition=generator),
        r"has a generator function as before_transition\(\): "
        r"its body would never run, so take the yield out",
    ),
    (
        variant(cleanup=async_generator),
        r"has a generator function as cleanup\(\): its body would never run, so take the yield out",
    ),
    (
        variant(before_transition=asynchronous),
        r"has an async before_transition\(\) in a plain policy: list it in an Async",
    ),
    (
        variant(cleanup=awaitable_generator),
        r"has an async cleanup\(\) in a plain policy: list it in an AsyncPolicy, or",
    ),
    (
        variant(cleanup=staticmethod(partial(asynchronous, None))),
        r"has an async cleanup\(\) in a plain policy: list it in an AsyncPolicy, or",
    ),
    (
        variant(cleanup=Callable_()),
        r"has an async cleanup\(\) in a plain policy: list it in an AsyncPolicy, or",
    ),
    (
        variant(before_transiton=method),
        r"has a method before_transiton\(\), which no run calls: if before_transition\(\)",
    ),
    (
        variant(clean_up=method),
        r"has a method clean_up\(\), which no run calls: if cleanup\(\) is meant, rename it",
    ),
    (
        variant(cleanpu=method),
        r"has a method cleanpu\(\), which no run calls: if cleanup\(\) is meant, rename it",
    ),
    (
        variant(cleanip=method),
        r"has a method cleanip\(\), which no run calls: if cleanup\(\) is meant, rename it",
    ),
    (
        variant(runs_after=good),
        r"has runs_after that is no tuple but <rule good>: write runs_after = \(first_rule, Some",
    ),
    (
        variant(runs_after=("good",)),
        r"has 'good' in its runs_after: name rules or your own classes of rules",
    ),
    (
        variant(runs_after=(BaseRule,)),
        r"has <class '.*BaseRule'> in its runs_after: name rules or your own classes",
    ),
]


@pytest.mark.parametrize(("entry", "text"), CASES, ids=[text[:40] for _, text in CASES])
def test_a_fault_names_the_entry_and_the_mend(entry: Any, text: str) -> None:
    """Each kind of wrong entry is one fault, which carries the entry and says what to do."""
    with pytest.raises(PolicyError, match=text) as caught:
        Policy[S, object](entry)
    assert [fault.entry for fault in caught.value.faults] == [entry]


def test_all_faults_come_at_once() -> None:
    """A policy with several wrong entries says everything that is wrong with each of them."""
    nothing = variant(from_states={S.A}, to_states=None, after_transition=Good.cleanup)
    found = faults(Good, good, nothing, good)
    assert [text.split(":")[0] for text in found] == [
        "entry 1 (Good) is a class",
        "entry 3 (Variant) implements no hook, so it would do nothing",
        "entry 3 (Variant) has from_states that are no frozenset but a set",
        "entry 3 (Variant) has no to_states",
        "entry 4 (good) is listed already, as entry 2",
    ]


def test_a_fault_is_reported_once() -> None:
    """A Flag equal to a member of an enum is one fault; so is a wrong `runs_after` among rules."""

    class F(IntFlag):
        X = 1

    class N(IntEnum):
        ONE = 1

    def leaving(member: Enum) -> Any:
        @rule(from_states=states(member), to_states=states(S.A))
        def leaving(_: Transition[Enum, S, object]) -> None: ...

        return leaving

    assert len(faults(leaving(F.X), leaving(N.ONE))) == 1
    for wrong in (good, 7):
        kind: Any = type("Odd", (Same,), {"runs_after": wrong})
        assert ["runs_after that is no tuple" in text for text in faults(kind(), good)] == [True]
    bare: Any = type("Bare", (), {"from_states": states(S.A), "to_states": states(S.A)})
    assert "has no method before_transition()" in faults(bare())[0]
    named: Any = type("Odd", (Same,), {"runs_after": "good"})
    assert "but 'good': write" in faults(named())[0]


def test_a_fault_shows_as_its_text() -> None:
    """A fault prints as its text, and its repr has it too."""
    fault = Fault(None, "text")
    assert (str(fault), repr(fault), fault.entry) == ("text", "Fault('text')", None)


# --------------------------------------------------------------------------------------------------
# Sets of states
# --------------------------------------------------------------------------------------------------


def test_a_set_may_be_of_a_class_derived_from_frozenset() -> None:
    """Its states are the rule's, as those of any frozenset."""
    entry = variant(from_states=Frozen({S.A}), to_states=Frozen({S.B, None}))
    assert Policy[S, object](entry).compile_transition_rules(S.A, S.B) == (entry,)


def test_the_decorator_reports_sets_that_are_none_too() -> None:
    """What is no set in `@rule(...)` is reported by the policy, and an empty one likewise."""
    bad: Any = S

    @rule(from_states=bad, to_states=frozenset[S]())
    def lost(_: Transition[S, S, object]) -> None:
        """Proceed."""

    assert faults(lost) == [
        "entry 1 (lost) has the class S as its from_states: "
        "write every(S), the set of its members.",
        "entry 1 (lost) has empty to_states, so it would never fire: "
        "name the states, or leave the rule out.",
    ]


def test_equal_states_of_two_enums_are_a_fault() -> None:
    """Members of two string or integer enums that are equal would be one item of a set."""
    one = variant(from_states=states(Text.A), to_states=states(Number.ONE))
    two = variant(from_states=states(OtherText.A), to_states=states(OtherNumber.UNO))
    assert faults(one, two) == [
        "Text.A and OtherText.A, of Variant, are equal, "
        "so that a set holds one for both: change a value.",
        "Number.ONE and OtherNumber.UNO, of Variant, are equal, "
        "so that a set holds one for both: change a value.",
    ]

    class Declared(Policy[Text | OtherText, object]):
        def priority(self) -> tuple[Entry[Text | OtherText, object], ...]:
            return (variant(from_states=states(Text.A), to_states=states(Text.A)),)

    with pytest.raises(PolicyError, match=r"Text\.A and OtherText\.A are equal") as caught:
        Declared()
    assert [fault.entry for fault in caught.value.faults] == [None]


def test_a_flag_has_no_states() -> None:
    """A policy over a `Flag` is a fault where its class says so, and refuses its members anyway."""

    class Over(Policy[Bits, object]):
        def priority(self) -> tuple[Entry[Bits, object], ...]:
            return ()

    with pytest.raises(
        PolicyError, match="it is over Bits: members of a Flag combine, so use an Enum"
    ):
        Over()
    for policy in (Policy[Bits, object](), Policy[Enum, object]()):
        with pytest.raises(
            StateError,
            match=r"Bits\.X, a member of Bits, a Flag: its members combine, so make it an",
        ):
            policy.run(None, None, Bits.X)


# --------------------------------------------------------------------------------------------------
# Hooks
# --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("hook", ["before_transition", "after_transition", "cleanup"])
def test_a_slip_is_one_letter_or_two_neighbours(hook: str) -> None:
    """Two neighbours swapped are a typo; those and another letter, or a private method, are not."""
    for at in range(len(hook) - 1):
        swapped = hook[:at] + hook[at + 1] + hook[at] + hook[at + 2 :]
        for name, wrong in (
            (swapped, swapped != hook),
            (swapped + "x", swapped == hook),
            (f"_{hook}", False),
        ):
            kind: Any = type("Odd", (Same,), {name: Same.cleanup})
            if wrong:
                assert f"has a method {name}()" in faults(kind())[0]
            else:
                assert len(Policy[S, object](kind()).priority()) == 1


def test_names_that_are_not_near_are_left_alone() -> None:
    """Methods two slips off a hook's name, private ones and plain attributes are no faults."""
    fine = variant(clean=method, before=method, _cleanups=method, cleanups=3, cleaned_up=method)
    assert Policy[S, object](fine).priority() == (fine,)


class WithCleanup(BaseTransform[object]):
    def before_transition(self, transition: AnyTransition[object], /) -> None: ...

    def cleanup(self) -> None: ...


class WithCleanupp(BaseTransform[object]):
    def before_transition(self, transition: AnyTransition[object], /) -> None: ...

    def cleanupp(self) -> None: ...


def test_a_transform_has_no_cleanup() -> None:
    """A transform's `cleanup`, which no run would call, is a fault, rightly spelled or not."""
    assert faults(WithCleanup()) == [
        "entry 1 (WithCleanup) has a cleanup(), which no run calls: "
        "a transform undoes in after_transition, or with add_cleanup."
    ]
    assert faults(WithCleanupp()) == [
        "entry 1 (WithCleanupp) has a method cleanupp(), which no run calls: "
        "if cleanup() is meant, rename it."
    ]


def test_an_async_hook_is_no_fault_in_an_async_policy() -> None:
    """An `AsyncPolicy` takes plain and async entries."""

    class Async(AsyncBaseRule[S, S, object]):
        from_states = every(S)
        to_states = every(S)

        async def cleanup(self, _: Transition[S, S, object], /) -> None:
            """Do nothing."""

    entry = Async()
    assert AsyncPolicy[S, object](entry, good).priority() == (entry, good)
    assert faults(entry) == [
        "entry 1 (Async) has an async cleanup() in a plain policy: "
        "list it in an AsyncPolicy, or make the hook plain."
    ]


class AsyncListed(AsyncBaseRule[State, State, None]):
    """An async rule."""

    from_states = states(State.NEW)
    to_states = states(State.OPEN)

    async def cleanup(self, transition: Transition[State, State, None], /) -> None:
        """Be async."""


def test_a_plain_policy_refuses_async_hooks() -> None:
    """What only `arun` can call is not let into a policy that has `run`."""
    with pytest.raises(PolicyError, match=r"async cleanup\(\)"):
        Policy[State, None](cast("Any", AsyncListed()))
