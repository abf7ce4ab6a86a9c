"""What is checked when a policy is made: every fault, all of them at once, each with its mend."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum, Flag, IntEnum, IntFlag
from functools import partial, update_wrapper, wraps
from types import coroutine
from typing import Any, Literal, cast
from unittest.mock import MagicMock, Mock, create_autospec, patch

import pytest

from bylaws import (
    Aborted,
    Accepted,
    AnyTransition,
    AsyncBaseRule,
    AsyncPolicy,
    BaseRule,
    BaseTransform,
    Entry,
    Fault,
    FunctionRule,
    Outcome,
    Policy,
    PolicyError,
    StateError,
    Transition,
    abort,
    every,
    rule,
    states,
)
from tests.cast import Book, Good, Number, OtherText, S, Same, Text, faults, good
from tests.model import State


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
        r"is a policy, not an entry: list its entries, \*policy\.entries",
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
        r"has S\.A as its from_states: write from_states = states\(S\.A\)",
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


on = rule(from_states={S.A}, to_states={S.B})
like_a_rule: Any = on


def wrapped(entry: Any) -> Any:
    """What a usual decorator makes of a rule below it."""

    @wraps(entry)
    def wrapper(*args: object) -> object: ...

    return wrapper


def takes_two(one: object, other: object) -> None: ...


def takes_more(t: object, *, more: object) -> None: ...


class Wrapper:
    """A decorator that is a class."""

    def __init__(self, entry: Any) -> None:
        update_wrapper(cast("Any", self), entry)


class Methods:
    """A class with methods under `@rule`."""

    @rule(from_states={S.A}, to_states={S.B})  # type: ignore[arg-type]
    def method(self, t: object) -> None: ...

    @rule(from_states={S.A}, to_states={S.B})  # type: ignore[arg-type]
    @classmethod
    def of_the_class(cls, t: object) -> None: ...


DECORATED: list[tuple[Any, str]] = [
    (
        wrapped(good),
        r"\(good\) is a rule in a decorator that makes something else of it: "
        r"write @rule\(\.\.\.\) above it\.$",
    ),
    (
        Wrapper(good),
        r"\(good\) is a rule in a decorator that makes something else of it: write @rule",
    ),
    (wrapped(method), r"\(method\) is a function: make a rule of it with @rule"),
    (
        Methods.method,
        r"\(method\) takes \(self, t\), and a hook is called with the transition alone: a method "
        r"is not bound by @rule, so write a function, or a class of rules\.$",
    ),
    (
        Methods.of_the_class,
        r"\(of_the_class\) is @rule\(\.\.\.\) of a classmethod: a method is not bound by @rule, so "
        r"write a function, or a class of rules\.$",
    ),
    (
        like_a_rule(lambda: None),
        r"\(<lambda>\) takes \(\), and a hook is called with the transition alone: give it one p",
    ),
    (
        like_a_rule(takes_two),
        r"takes \(one, other\), and a hook is called with the tr",
    ),
    (
        like_a_rule(takes_more),
        r"takes \(t, more\), and a hook is called with the trans",
    ),
    (
        like_a_rule(Good),
        r"\(Good\) is @rule\(\.\.\.\) of a class: list an instance of that, Good\(\.\.\.\)\.$",
    ),
    (
        like_a_rule(good),
        r"\(good\) is a rule made of a rule: take one of the two @rule\(\.\.\.\) away\.$",
    ),
    (
        like_a_rule("good"),
        r"\(str\) is @rule\(\.\.\.\) of 'good', which cannot be called: give it a function\.$",
    ),
]
MOCK = (
    r" is a mock without sets of states: give it from_states=states\(\.\.\.\) and "
    r"to_states=states\(\.\.\.\), a transform universal=True, or list a rule that the test has\.$"
)
MOCKS: list[tuple[Any, str]] = [
    (made, rf"\({name}\){MOCK}")
    for made, name in (
        (Mock(), "Mock"),
        (MagicMock(), "MagicMock"),
        (Mock(spec=good), "Mock"),
        (Mock(spec=FunctionRule), "Mock"),
        (Mock(spec=Good()), "Mock"),
        (Mock(spec=Book()), "Mock"),
        (create_autospec(good), "NonCallableMagicMock"),
        (create_autospec(Good), "MagicMock"),
        (create_autospec(Good, instance=True), "NonCallableMagicMock"),
    )
]
AFTER = r"write runs_after = \(first_rule, SomeRuleClass\), with a comma also after a single one\.$"
REFERENCES: list[tuple[Any, str]] = [
    (
        rule(from_states={S.A}, to_states={S.B}, runs_after=wrong)(lambda t: None),
        rf"has runs_after that is no tuple but {text}: {AFTER}",
    )
    for wrong, text in cast(
        "list[tuple[Any, str]]",
        [(good, "<rule good>"), ("good", "'good'"), (Good, "<class '.*Good'>"), (None, "None")],
    )
]


@pytest.mark.parametrize(
    ("entry", "text"), [*DECORATED, *MOCKS, *REFERENCES], ids=lambda given: str(given)[-40:]
)
def test_what_is_nearly_an_entry_is_one_fault(entry: Any, text: str) -> None:
    """What a decorator, a mock or a slip has made of a rule is told by one text, with the mend."""
    with pytest.raises(PolicyError, match=text) as caught:
        Policy[S, object](entry)
    assert [fault.entry is entry for fault in caught.value.faults] == [True]


def test_mocks_and_patched_hooks_stand_in() -> None:
    """A mock with sets is a rule or a transform; a hook that was patched before is called."""
    no = abort(reason="mocked")
    spec: Any = create_autospec(Good, instance=True, from_states=states(S.A), to_states=states(S.B))
    spec.before_transition.return_value = no
    bare = Mock(from_states=states(S.A), to_states=states(S.B))
    bare.before_transition.return_value = no
    assert Policy[S, object](spec).run(None, S.A, S.B) == Aborted("mocked")
    assert Policy[S, object](bare).run(None, S.A, S.B) == Aborted("mocked")
    transform: Any = Mock(spec=Book(), universal=True)
    transform.before_transition.return_value = transform.after_transition.return_value = None
    transform.on_decision.return_value = None
    assert Policy[S, object](transform).run(None, S.A, S.B) == Accepted(S.B)
    transform.on_decision.assert_called_once()
    for entry in (good, Good()):
        with patch.object(entry, "before_transition", return_value=no) as hook:
            patched = Policy[S, object](entry)
        assert patched.run(None, S.A, S.B) == Aborted("mocked")
        hook.assert_called_once()
    assert Policy[S, object](good).run(None, S.A, S.B) == Accepted(S.B)


def test_ten_thousand_faults_are_told_shortly() -> None:
    """A text shows twenty faults in full and counts the rest, which are all in `faults`."""
    for entries in (
        [like_a_rule(takes_two)] * 10_000,
        [7] * 10_000,
        list(range(10_000)),
        [Good] * 10_000,
    ):
        with pytest.raises(PolicyError) as caught:
            Policy[S, object](*cast("Any", entries))
        assert len(caught.value.faults) >= 10_000
        assert {id(fault.entry) for fault in caught.value.faults} == set(map(id, entries))
        lines = str(caught.value).splitlines()
        assert len(lines) == 22
        more = len(caught.value.faults) - 20
        assert lines[-1] == f"  and {more:,} more (all of them are in `faults`)"
        assert len(str(caught.value)) < 4_000


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
        "Text.A and OtherText.A, of Variant #1, are equal, "
        "so that a set holds one for both: change a value.",
        "Number.ONE and OtherNumber.UNO, of Variant #1, are equal, "
        "so that a set holds one for both: change a value.",
    ]

    class Declared(Policy[Text | OtherText, object]):
        def priority(self) -> tuple[Entry[Text | OtherText, object], ...]:
            return (Book(), one)

    with pytest.raises(
        PolicyError, match=r"Text\.A and OtherText\.A, of Variant, are equal"
    ) as caught:
        Declared()
    assert [fault.entry for fault in caught.value.faults] == [one]


class Careless(Enum):
    """Equal whatever the case."""

    LOW = "a"
    HIGH = "A"
    OTHER = "b"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Careless) and self.value.lower() == other.value.lower()

    def __hash__(self) -> int:
        return hash(self.value.lower())


class Unequal(Enum):
    """The same without a hash that tells it: no set takes one for the other."""

    LOW = "a"
    HIGH = "A"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Careless)

    __hash__ = Enum.__hash__


def test_equal_members_of_one_enum_are_a_fault() -> None:
    """Two members that are equal are one item of a set, so that a state would go ungoverned."""
    naming = variant(from_states=states(Careless.OTHER), to_states=states(Careless.OTHER))
    assert faults(naming) == [
        "Careless.LOW and Careless.HIGH, of Variant, are equal, so that a set holds one for both: "
        "mend the enum's __eq__."
    ]

    class Declared(Policy[Careless, object]):
        def priority(self) -> tuple[Entry[Careless, object], ...]:
            return (Book(),)

    with pytest.raises(PolicyError, match=r"Careless\.LOW and Careless\.HIGH are equal, so that"):
        Declared()
    fine = variant(from_states=states(Unequal.LOW), to_states=states(Unequal.HIGH))
    assert Policy[Any, object](fine).compile_transition_rules(Unequal.HIGH, Unequal.HIGH) == ()


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
            match=r"Bits\.X, a member of Bits, a Flag: members combine, so make it an Enum",
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


def test_a_transform_has_no_cleanup() -> None:
    """A transform's `cleanup`, which no run would call, is a fault."""
    assert faults(WithCleanup()) == [
        "entry 1 (WithCleanup) has a cleanup(), which no run calls: "
        "a transform undoes in after_transition, or with add_cleanup."
    ]


class ByHand:
    """A transform that subclasses nothing, with what the protocol asks for."""

    @property
    def universal(self) -> Literal[True]:
        return True

    def before_transition(self, transition: AnyTransition[object], /) -> None: ...

    def after_transition(
        self, transition: AnyTransition[object], outcome: Outcome[Enum], /
    ) -> None: ...


def test_a_transform_need_not_hear_of_the_decision() -> None:
    """`on_decision` may be missing; what has the name has to be a method."""
    assert Policy[S, object](ByHand()).run(None, S.A, S.B) == Accepted(S.B)
    wrong: Any = ByHand()
    wrong.on_decision = "later"
    assert faults(wrong) == [
        "entry 1 (ByHand) has no method on_decision(): "
        "subclass one of the bases, whose hooks do nothing, or write it."
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


def test_a_rule_is_not_told_the_decision() -> None:
    """An on_decision() of a rule is never called, so it is a fault."""

    class Told(Good):
        def on_decision(self, transition: object, outcome: object, /) -> None: ...

    assert faults(Told()) == [
        "entry 1 (Told) has an on_decision(), which no run calls: only transforms are told the "
        "decision."
    ]
