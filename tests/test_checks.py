"""What is checked when a policy is made: every fault, all of them at once, each with its mend."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from enum import Enum, Flag, IntEnum, StrEnum
from functools import partial
from types import coroutine
from typing import Any

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
from bylaws.rules import AnyRule


class S(Enum):
    A = 1
    B = 2
    C = 3


class Bits(Flag):
    X = 1
    Y = 2


class Text(StrEnum):
    DONE = "done"


class OtherText(StrEnum):
    DONE = "done"


class Number(IntEnum):
    ONE = 1


class OtherNumber(IntEnum):
    UNO = 1


@rule(from_states={S.A}, to_states={S.B})
def good(_: Transition[S, S, object]) -> None:
    """Proceed."""


class Good(BaseRule[S, S, object]):
    from_states = states(S.A)
    to_states = states(S.B)

    def after_transition(self, _: Transition[S, S, object], /) -> None:
        """Do nothing."""


class Book(BaseTransform[object]):
    def before_transition(self, _: AnyTransition[object], /) -> None:
        """Do nothing."""


def faults(*entries: Any, kind: Any = Policy) -> list[str]:
    with pytest.raises(PolicyError) as caught:
        kind(*entries, name="orders")
    error = caught.value
    assert str(error).startswith("The policy orders cannot be made:\n  - ")
    assert all(f"\n  - {fault}" in str(error) for fault in error.faults)
    return [str(fault) for fault in error.faults]


def variant(**attributes: object) -> Any:
    """A rule object of a class made for the test: `Good` with other attributes (`None` takes one away)."""
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
        r"entry 1 \(method\) is a function: make a rule of it with @rule\(from_states=\.\.\., to_states=\.\.\.\)",
    ),
    (rule(from_states={S.A}, to_states={S.B}), r"is rule\(\.\.\.\) that no function was given to"),
    ([good], r"is a list, not an entry: unpack it, Policy\(\*entries\)"),
    (
        Policy[S, object](good),
        r"is a policy, not an entry: list its entries, \*policy\.priority\(\)",
    ),
    (
        7,
        r"entry 1 \(int\) is neither a rule nor a transform: list rules, made with @rule or of a class",
    ),
    (
        variant(to_states=None),
        r"entry 1 \(Variant\) has no to_states: declare to_states = states\(\.\.\.\), or every\(S\)",
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
        r"has no method cleanup\(\): subclass one of the bases, whose hooks do nothing, or write it",
    ),
    (
        variant(before_transition=generator),
        r"has a generator function as before_transition\(\): its body would never run, so take the yield out",
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


def test_a_set_may_be_of_a_class_derived_from_frozenset() -> None:
    """Its states are the rule's, as those of any frozenset."""
    entry = variant(from_states=Frozen({S.A}), to_states=Frozen({S.B, None}))
    assert Policy[S, object](entry).compile_transition_rules(S.A, S.B) == (entry,)


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


def test_the_decorator_reports_sets_that_are_none_too() -> None:
    """What is no set at all in `@rule(...)` is reported by the policy, and an empty one likewise."""
    bad: Any = S

    @rule(from_states=bad, to_states=frozenset[S]())
    def lost(_: Transition[S, S, object]) -> None:
        """Proceed."""

    assert faults(lost) == [
        "entry 1 (lost) has the class S as its from_states: write every(S), the set of its members.",
        "entry 1 (lost) has empty to_states, so it would never fire: name the states, or leave the rule out.",
    ]


def test_names_that_are_not_near_are_left_alone() -> None:
    """Public methods two slips away from a hook's name, private ones and plain attributes are no faults."""
    fine = variant(clean=method, before=method, _cleanups=method, cleanups=3, cleaned_up=method)
    assert Policy[S, object](fine).priority() == (fine,)


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
        "entry 1 (Async) has an async cleanup() in a plain policy: list it in an AsyncPolicy, or make the hook plain."
    ]


def test_equal_states_of_two_enums_are_a_fault() -> None:
    """Members of two string or integer enums that are equal would be one item of a set."""
    one = variant(from_states=states(Text.DONE), to_states=states(Number.ONE))
    two = variant(from_states=states(OtherText.DONE), to_states=states(OtherNumber.UNO))
    assert faults(one, two) == [
        "Text.DONE and OtherText.DONE, of Variant, are equal, so that a set holds one for both: change a value.",
        "Number.ONE and OtherNumber.UNO, of Variant, are equal, so that a set holds one for both: change a value.",
    ]

    class Declared(Policy[Text | OtherText, object]):
        def priority(self) -> tuple[Entry[Text | OtherText, object], ...]:
            return (variant(from_states=states(Text.DONE), to_states=states(Text.DONE)),)

    with pytest.raises(PolicyError, match=r"Text\.DONE and OtherText\.DONE are equal") as caught:
        Declared()
    assert [fault.entry for fault in caught.value.faults] == [None]


def test_a_flag_has_no_states() -> None:
    """A policy that names a `Flag` as its states is a fault where its class says so, and refuses its members anyway."""

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


def test_what_priority_returns_has_to_be_a_tuple() -> None:
    """A list, a single rule or nothing is a fault that shows it."""
    for wrong in (None, good, [good]):

        class Wrong(Policy[S, object]):
            def priority(self) -> Any:
                return wrong  # noqa: B023

        with pytest.raises(
            PolicyError,
            match=re.escape(f"its priority() returned {wrong!r}: return the entries as a"),
        ):
            Wrong()


class WithCleanup(BaseTransform[object]):
    def before_transition(self, transition: AnyTransition[object], /) -> None: ...

    def cleanup(self) -> None: ...


class WithCleanupp(BaseTransform[object]):
    def before_transition(self, transition: AnyTransition[object], /) -> None: ...

    def cleanupp(self) -> None: ...


def test_a_transform_has_no_cleanup() -> None:
    """A transform's `cleanup`, which no run would call, is a fault, rightly spelled or not."""
    assert faults(WithCleanup()) == [
        "entry 1 (WithCleanup) has a cleanup(), which no run calls: a transform undoes in after_transition, or with "
        "add_cleanup."
    ]
    assert faults(WithCleanupp()) == [
        "entry 1 (WithCleanupp) has a method cleanupp(), which no run calls: if cleanup() is meant, rename it."
    ]


def test_a_subclass_without_priority_is_a_fault() -> None:
    """A subclass is a policy by its `priority()`; one without it, or one that is given entries too, is refused."""

    class Forgot(Policy[S, object]):
        pass

    class Twice(Policy[S, object]):
        def priority(self) -> tuple[Entry[S, object], ...]:
            return (good,)

    with pytest.raises(
        PolicyError,
        match=r"Forgot cannot be made:\n  - its class defines no priority\(\): write it",
    ):
        Forgot()
    with pytest.raises(
        PolicyError,
        match=r"Twice cannot be made:\n  - entries are given, but its class defines prio",
    ):
        Twice(good)


def test_a_subclass_is_asked_for_its_entries_once() -> None:
    """What `priority()` returned when the policy was made is what it returns ever after."""

    class Orders(Policy[S, object]):
        def __init__(self, *rules: Entry[S, object]) -> None:
            self.rules, self.asked = rules, 0
            super().__init__()

        def priority(self) -> tuple[Entry[S, object], ...]:
            self.asked += 1
            return (*self.rules, Good())

    orders = Orders(good)
    assert orders.priority() is orders.priority()
    assert orders.asked == 1
    assert repr(orders) == "<Orders Orders: good, Good>"


class TestRunsAfter:
    """`runs_after` is a constraint on the order of a policy."""

    @staticmethod
    def late(*references: Any) -> Any:
        def late(_: Transition[S, S, object]) -> None:
            """Do nothing."""

        return rule(from_states={S.A}, to_states={S.B}, runs_after=references)(late)

    def test_it_holds_for_rules_and_classes(self) -> None:
        """A rule that runs after another one, or after a class of rules, may stand behind them or without them."""
        late = self.late(good, Good)
        for entries in ([good, Good(), late], [Good(), late], [late], [late, Book()]):
            assert Policy[S, object](*entries).priority() == tuple(entries)

    def test_a_broken_order_names_both_and_the_shortest_mend(self) -> None:
        """The fault has both rules, where they stand, and the one move that leaves the fewest faults."""
        late = self.late(good)
        assert faults(late, Book(), good) == [
            "entry 1 (late) has to run after good (its runs_after), which comes later, as entry 3: "
            "move good up, before late."
        ]
        first = self.late()
        behind = rule(from_states={S.A}, to_states={S.B}, runs_after=(first,))(good.__wrapped__)
        assert faults(self.late(behind), first, behind) == [
            "entry 1 (late) has to run after good (its runs_after), which comes later, as entry 3: "
            "move late down, after good."
        ]

    def test_rules_that_name_each_other(self) -> None:
        """No order satisfies two rules that name each other, so the mend is to take one of the names out."""

        class One(Good):
            pass

        class Two(Good):
            runs_after: tuple[AnyRule, ...] = (One,)

        One.runs_after = (Two,)
        assert faults(One(), Two()) == [
            "entry 1 (One) has to run after Two (its runs_after), which comes later, as entry 2: "
            "each names the other, so take one of the two out."
        ]

    def test_a_rule_does_not_run_after_itself(self) -> None:
        """A class that names itself constrains nothing about a single instance."""

        class Own(Good):
            pass

        Own.runs_after = (Own,)
        own = Own()
        assert Policy[S, object](own).priority() == (own,)

    def test_replacing_hands_the_place_on(self) -> None:
        """What ran after the old rule runs after those that replaced it, again and again, and by its class too."""
        old, late = Good(), self.late(Good)
        policy = Policy[S, object](old, late)
        one, two = self.late(), self.late()
        again = policy.replacing(old, one).replacing(one, two)
        assert again.priority() == (two, late)
        with pytest.raises(PolicyError, match=r"entry 1 \(late\) has to run after late"):
            again.without(two).inserting(two, after=late)


def test_a_fault_shows_as_its_text() -> None:
    """A fault prints as its text, and its repr has it too."""
    fault = Fault(None, "text")
    assert (str(fault), repr(fault), fault.entry) == ("text", "Fault('text')", None)


class TestComposition:
    """Targets of a composition are told by identity, and have to be listed."""

    def test_a_target_that_is_not_listed(self) -> None:
        """The error shows the list, and carries the target."""
        policy = Policy[S, object](good, Book(), name="orders")
        other = Good()
        composed: list[Callable[[], object]] = [
            lambda: policy.without(other),
            lambda: policy.replacing(other, good),
            lambda: policy.inserting(Good(), before=other),
        ]
        for compose in composed:
            with pytest.raises(PolicyError) as caught:
                compose()
            assert str(caught.value) == (
                "orders: Good is not listed (entries are told by identity). It lists:\n  1  good\n  2  Book"
            )
            assert [fault.entry for fault in caught.value.faults] == [other]

    def test_inserting_takes_one_place(self) -> None:
        """Neither place, or both, is an error."""
        policy = Policy[S, object](good)
        with pytest.raises(
            PolicyError,
            match=r"either before= or after=, and exactly one of them\. It lists:\n  1  good",
        ):
            policy.inserting(Good())
        with pytest.raises(PolicyError, match="exactly one"):
            policy.inserting(Good(), before=good, after=good)
        with pytest.raises(PolicyError, match="It lists: no entries"):
            Policy[S, object]().without(good)

    def test_the_result_is_checked(self) -> None:
        """A composition is checked as any policy is."""
        with pytest.raises(PolicyError, match="is listed already"):
            Policy[S, object](good).inserting(good, after=good)
