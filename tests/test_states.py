"""States in lookups: any enum, state-likes, `None`; and what is none of a policy's states."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import Enum, EnumType, IntEnum, StrEnum
from functools import partial
from typing import Any, Generic, Literal, TypeVar
from unittest.mock import Mock

import pytest

from bylaws import (
    Accepted,
    AnyTransition,
    AsyncPolicy,
    BaseTransform,
    Entry,
    Outcome,
    Policy,
    Reason,
    Rejected,
    StateError,
    Transition,
    Verdict,
    every,
    reject,
    rule,
    states,
)

T = TypeVar("T")


class S(Enum):
    A = 1
    B = 2
    ALSO_A = 1  # noqa: PIE796 (an alias)


class Mine(Enum):
    A = 1

    @classmethod
    def _missing_(cls, value: object) -> Mine:
        made = object.__new__(cls)
        made._name_, made._value_ = "UNKNOWN", 7
        return made


class Text(StrEnum):
    A = "a"
    B = "b"


class OtherText(StrEnum):
    A = "a"


class Number(IntEnum):
    ZERO = 0
    ONE = 1

    @classmethod
    def _missing_(cls, value: object) -> Number:
        made = int.__new__(cls, 7)
        made._name_, made._value_ = "UNKNOWN", 7
        return made


@dataclass(frozen=True)
class Row:
    """A state with a payload."""

    type: S
    note: str = ""


@dataclass(frozen=True)
class Wrong:
    type: object


@rule(from_states={S.A, None}, to_states={S.B, None})
def from_a(_: Transition[S | None, S | None, object]) -> None: ...


@rule(from_states={Text.A}, to_states=every(Text))
def text(_: Transition[Text, Text, object]) -> None: ...


@rule(from_states={Number.ZERO, None}, to_states={Number.ZERO})
def zero(_: Transition[Number | None, Number, object]) -> None: ...


class Seen(BaseTransform[object]):
    def __init__(self) -> None:
        self.transitions: list[tuple[Enum | None, Enum | None]] = []

    def before_transition(self, transition: AnyTransition[object], /) -> None:
        self.transitions.append((transition.from_state, transition.to_state))


def governs(
    from_states: AbstractSet[Enum | None], to_states: AbstractSet[Enum | None]
) -> Entry[Any, object]:
    """A rule over these states."""

    @rule(from_states=from_states, to_states=to_states)
    def governed(_: Transition[Enum | None, Enum | None, object]) -> None: ...

    return governed


def test_states_makes_a_set_of_members() -> None:
    """`states` and `every` make frozensets; an alias is the member that it is an alias of."""
    assert states(S.A, None) == frozenset({S.A, None})
    assert every(S) == frozenset({S.A, S.B})
    assert states(S.ALSO_A) == states(S.A)


def test_a_state_like_stands_for_its_type() -> None:
    """A state-like is looked up, explained and run as the state that its `type` is; hooks are given the state."""
    seen = Seen()
    policy = Policy[S, object](from_a, seen)
    row = Row(S.A)
    assert (
        policy.compile_transition_rules(row, Row(S.B))
        == policy.compile_transition_rules(S.A, S.B)
        == (from_a, seen)
    )
    assert policy.explain(row, Row(S.B)) == policy.explain(S.A, S.B)
    assert policy.run(None, row, Row(S.B)) == policy.run(None, S.A, S.B)
    assert seen.transitions == [(S.A, S.B)] * 2


def test_a_proposed_state_like_is_the_payload() -> None:
    """A rejection to a state-like commits its state, and carries the state-like itself."""
    there = Row(S.A, "stay")

    @rule(from_states={S.A}, to_states={S.B})
    def back(_: Transition[S, S, object]) -> Verdict[S]:
        return reject(there, reason="no")

    written: list[tuple[S, Outcome[S]]] = []
    outcome = Policy[S, object](back).run(
        None, S.A, S.B, commit=lambda state, to: written.append((state, to))
    )
    assert outcome == Rejected(S.A, "no", there)
    assert written == [(S.A, outcome)]


def test_falsy_and_made_up_members() -> None:
    """A falsy member is no "no state"; a member that `_missing_` makes up is one that no rule mentions."""
    seen = Seen()
    policy = Policy[Number, object](zero, seen)
    assert policy.compile_transition_rules(Number.ZERO, Number.ZERO) == (zero, seen)
    assert policy.compile_transition_rules(None, Number.ZERO) == (zero, seen)
    assert policy.compile_transition_rules(Number.ONE, Number.ZERO) == (seen,)
    assert policy.compile_transition_rules(Number(7), Number.ZERO) == (seen,)
    assert policy.compile_transition_rules(Number.ZERO, Number(7)) == (seen,)

    @rule(from_states=every(Mine), to_states=every(Mine))
    def known(_: Transition[Mine, Mine, object]) -> None: ...

    plain = Policy[Mine, object](known)
    assert plain.compile_transition_rules(Mine(7), Mine.A) == ()
    assert plain.run(None, Mine(7), Mine.A) == Accepted(Mine.A)
    assert policy.run(None, Number(7), Number.ZERO) == Accepted(Number.ZERO)
    assert seen.transitions[-1] == (Number(7), Number.ZERO)


def test_a_policy_whose_rules_name_no_enum() -> None:
    """Rules over "no state" alone fire for it alone, whichever enum the other state is of."""

    @rule(from_states={None}, to_states={None})
    def nowhere(_: Transition[None, None, object]) -> None: ...

    policy = Policy[S, object](nowhere)
    for _ in range(2):  # the second time the enum is known
        assert policy.compile_transition_rules(None, None) == (nowhere,)
        assert (
            policy.compile_transition_rules(None, S.A)
            == policy.compile_transition_rules(S.A, None)
            == ()
        )
        assert len(policy.run(None, None, None).trace.entries) == 1
        assert (
            policy.run(None, S.A, None).trace.entries
            == policy.run(None, None, S.A).trace.entries
            == ()
        )
        assert policy.compile_transition_rules(S.A, S.B) == ()


def test_members_need_not_be_numbered_as_usual() -> None:
    """The number that the enum module gives to a member is trusted where it is the member's position only."""

    class Odd(Enum):
        A = 1
        B = 2

    @rule(from_states={Odd.B}, to_states={Odd.A})
    def back(_: Transition[Odd, Odd, object]) -> None: ...

    for number in (0, 7):
        Odd.B._sort_order_ = number  # type: ignore[attr-defined]
        policy = Policy[Odd, object](back)
        assert policy.compile_transition_rules(Odd.B, Odd.A) == (back,)
        assert (
            policy.compile_transition_rules(Odd.A, Odd.A)
            == policy.compile_transition_rules(Odd.B, Odd.B)
            == ()
        )


@dataclass
class Payload:
    """Equal by its fields, hence without a hash."""

    note: str


class Unhashable(Payload, Enum):
    A = "a"
    B = "b"


def test_members_that_cannot_be_hashed() -> None:
    """They cannot be in a rule's set, so that transforms alone fire for them, in any order of asking."""
    for entry in (Seen(), from_a):
        policy = Policy[S | Unhashable, object](entry)
        fires = (entry,) if isinstance(entry, Seen) else ()
        for _ in range(2):
            assert policy.run(None, Unhashable.A, Unhashable.B) == Accepted(Unhashable.B)
            assert policy.compile_transition_rules(Unhashable.A, Unhashable.B) == fires
            assert policy.explain(None, Unhashable.B).to_state is Unhashable.B
        assert policy.without(entry).compile_transition_rules(S.A, Unhashable.B) == ()


class Renamed(StrEnum):
    """The members' names are not those that they are listed under."""

    A = "a"
    B = "b"

    def __init__(self, _value: str) -> None:
        self._name_ = self._name_.lower()


class Hiding(EnumType):
    def __iter__(cls: type[T]) -> Iterator[T]:
        return (member for member in super().__iter__() if member.value != "old")  # type: ignore[misc]

    def __len__(cls) -> int:
        return len(list(cls))


class HidingText(StrEnum, metaclass=Hiding):
    NEW = "new"
    OLD = "old"


class HidingPlain(Enum, metaclass=Hiding):
    NEW = "new"
    OLD = "old"


def test_members_that_are_listed_in_odd_ways() -> None:
    """A rule over `every(S)` is one over what the enum lists: by whatever names, and without what it hides."""

    @rule(from_states=every(Renamed), to_states=every(Renamed))
    def renamed(_: Transition[Renamed, Renamed, object]) -> None: ...

    assert Policy[Renamed, object](renamed).compile_transition_rules(Renamed.A, Renamed.B) == (
        renamed,
    )
    for enum in (HidingText, HidingPlain):
        hidden = governs(every(enum), every(enum))
        policy = Policy[Enum, object](hidden)
        assert policy.compile_transition_rules(enum.NEW, enum.NEW) == (hidden,)
        assert policy.compile_transition_rules(enum.OLD, enum.NEW) == ()
        assert policy.compile_transition_rules(enum.NEW, enum.OLD) == ()


def made(enum: type[Enum], **attributes: object) -> Enum:
    """A member that an enum does not list."""
    member = object.__new__(enum)
    member._name_, member._value_ = "MADE", "made"
    for name, value in attributes.items():
        setattr(member, name, value)
    return member


@pytest.mark.parametrize("number", [None, 2, 3, 99])
def test_made_up_members_are_no_others(number: int | None) -> None:
    """A member that is not listed is none of those that are, nor `None`, whatever number it has; rules may name it."""
    stranger = made(S) if number is None else made(S, _sort_order_=number)
    from_none, to_stranger = governs({None}, {S.A}), governs({S.A, stranger}, {stranger, None})
    policy = Policy[Enum, object](from_none)
    assert policy.compile_transition_rules(stranger, S.A) == ()
    assert [reason for _, reason in policy.explain(stranger, S.A).entries] == [Reason.FROM_STATE]
    assert policy.run(None, stranger, S.A).trace.entries == ()
    naming = Policy[Enum, object](from_none, to_stranger)
    for state, fires in ((S.A, True), (stranger, True), (S.B, False), (None, False)):
        assert naming.compile_transition_rules(state, stranger) == ((to_stranger,) if fires else ())
        assert naming.compile_transition_rules(state, None) == ((to_stranger,) if fires else ())


def test_endless_made_up_members_are_not_kept() -> None:
    """Outcomes are kept for a bounded number of states, however many `_missing_` makes up."""
    policy = Policy[Enum, object]()

    def kept() -> int:
        gc.collect()
        return sum(isinstance(it, Accepted) for it in gc.get_objects())

    before = kept()
    for number in range(1_000):
        policy.run(None, None, made(S, _name_=str(number)))
    assert kept() - before < 500


def test_what_only_says_to_be_a_member_is_none() -> None:
    """An object whose `__class__` is the enum is no member of it: it is not run, and not explained."""
    policy = Policy[S, object](from_a)
    liar: Any = Mock(spec=S.A)
    assert isinstance(liar, S)
    for ask in (policy.compile_transition_rules, policy.explain, partial(policy.run, None)):
        with pytest.raises(StateError, match="which is no enum member"):
            ask(liar, S.B)


def test_members_of_two_enums_are_told_apart_by_class() -> None:
    """In a policy over a union, members with the same name or value are different states."""

    @rule[S | Mine, S](from_states={Mine.A}, to_states={S.A})
    def mine(_: Transition[S | Mine, S, object]) -> None: ...

    policy = Policy[S | Mine, object](from_a, mine)
    assert policy.compile_transition_rules(Mine.A, S.A) == (mine,)
    assert policy.compile_transition_rules(S.A, S.B) == (from_a,)
    assert (
        policy.compile_transition_rules(S.A, Mine.A)
        == policy.compile_transition_rules(Mine.A, S.B)
        == ()
    )


MEND = "another enum: give a member of its own, or make it a policy over the union of both."
NEITHER = ": give a member, or an object whose `type` is one."
FOREIGN: list[tuple[Any, Any, str]] = [
    (Policy[Text, object](text), "a", "'a', which is no enum member (make one of the string first"),
    (Policy[Text, object](text), OtherText.A, f"OtherText.A, a member of OtherText, {MEND}"),
    (Policy[Number, object](zero), 0, f"0, which is no enum member, and it has no `type`{NEITHER}"),
    (Policy[S, object](from_a), Mine.A, f"Mine.A, a member of Mine, {MEND}"),
    (Policy[S, object](from_a), Wrong(Mine.A), f"Mine.A, a member of Mine, {MEND}"),
    (
        Policy[S, object](from_a),
        Wrong("A"),
        f"Wrong(type='A'), which is no enum member, and its `type` is 'A'{NEITHER}",
    ),
    (Policy[S, object](from_a), Wrong(None), "Wrong(type=None), which is no enum member"),
    (
        Policy[S, object](from_a),
        S,
        "<enum 'S'>, which is no enum member (it is a class: name one of its members).",
    ),
]


@pytest.mark.parametrize(("policy", "foreign", "text"), FOREIGN, ids=[text for *_, text in FOREIGN])
def test_a_foreign_state_is_refused_everywhere(policy: Any, foreign: Any, text: str) -> None:
    """A lookup, an explanation and a run with what is no state of the policy name both, and call nothing."""
    fine = next(iter(policy.priority()[0].to_states - {None}))
    for side, pair in (("from_state", (foreign, fine)), ("to_state", (fine, foreign))):
        asked: list[Callable[[], object]] = [
            partial(policy.compile_transition_rules, *pair),
            partial(policy.explain, *pair),
            partial(policy.run, None, *pair, commit=pytest.fail),
        ]
        for ask in asked:
            with pytest.raises(StateError) as caught:
                ask()
            name = type(fine).__qualname__
            assert str(caught.value).startswith(
                f"Policy is a policy over {name}; as {side} it was given {text}"
            )
            assert caught.value.state in {foreign, getattr(foreign, "type", None)}


StateT = TypeVar("StateT", bound=Enum)
ContextT = TypeVar("ContextT")


class ByLiteral(Policy[Literal[S.A, S.B], object]):
    def priority(self) -> tuple[Entry[Literal[S.A, S.B], object], ...]:
        return ()


class Generic1(Policy[StateT, ContextT]):
    def priority(self) -> tuple[Entry[StateT, ContextT], ...]:
        return ()


class Generic2(Generic1[Mine | StateT, object], Generic[ContextT, StateT]):
    pass


class Mixin:
    pass


class Derived(Mixin, Generic2[int, S]):
    pass


AnyPolicy: Any = Policy
AnyGeneric: Any = Generic1


@pytest.mark.parametrize(
    ("make", "admitted", "refused"),
    [
        (Policy[S, object], [S.A], [Mine.A]),
        (Policy[S | Mine, object], [S.A, Mine.A], [Text.A]),
        (AsyncPolicy[S, object], [S.A], [Mine.A]),
        (AnyPolicy, [S.A, Mine.A, Text.A], []),
        (lambda: AnyPolicy(from_a), [S.A], [Mine.A, Text.A]),
        (lambda: Policy["S | Mine", object](from_a), [S.A], [Text.A]),
        (ByLiteral, [S.B], [Mine.A]),
        (Generic1[S, int], [S.A], [Mine.A]),
        (AnyGeneric, [S.A, Mine.A], []),
        (Generic2[int, S], [S.A, Mine.A], [Text.A]),
        (Derived, [S.A, Mine.A], [Text.A]),
        (lambda: Policy[S | Mine, object](from_a).without(from_a), [S.A, Mine.A], [Text.A]),
    ],
)
def test_the_enums_of_a_policy(
    make: Callable[[], Any], admitted: list[Enum], refused: list[Enum]
) -> None:
    """They are those of its type arguments, however it was derived, and of its rules; any, if it has neither."""
    policy = make()
    for state in admitted:
        for _ in range(2):
            assert policy.compile_transition_rules(state, state) == ()
    for state in refused:
        with pytest.raises(StateError):
            policy.compile_transition_rules(None, state)


def test_a_subclass_may_call_the_method_that_it_shadows() -> None:
    """`super().priority()` answers with the entries that the policy was made of."""
    policy = Policy[S, object](from_a)
    assert AsyncPolicy[S, object].priority(policy) == (from_a,)
