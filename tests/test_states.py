"""States in lookups and runs: sets of them, state-likes, and what is none of a policy's states."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from functools import partial
from typing import Any, Final
from unittest.mock import MagicMock, Mock, create_autospec
from weakref import proxy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bylaws import (
    Accepted,
    AnyTransition,
    BaseTransform,
    HookError,
    Outcome,
    Policy,
    Rejected,
    StateError,
    Transition,
    Verdict,
    every,
    reject,
    rule,
    states,
)
from tests.cast import Book, Mine, Notes, Number, OtherText, Row, S, Text, from_a, good, zero
from tests.model import SCRIPTS, STATES, Foreign, Script, State, World, async_policy_of, drive
from tests.zoo import Drawn, pairs, policies


class Base(Enum):
    """An enum without members."""


class Unhashable:
    """A state-like that cannot be hashed, and is falsy."""

    __hash__ = None  # type: ignore[assignment]

    def __init__(self, state: Enum) -> None:
        self.type = state

    def __bool__(self) -> bool:
        return False


@given(policies(), st.sampled_from([Row, Unhashable]))
def test_a_state_like_is_its_state(drawn: Drawn, carry: Callable[[Enum], Row[Enum]]) -> None:
    """A state-like on either side, or both, finds and explains what its state does."""

    def carried(state: Enum | None) -> Any:
        return None if state is None else carry(state)

    for from_state, to_state in pairs(drawn.members):
        expected = drawn.policy.compile_transition_rules(from_state, to_state)
        for one, other in (
            (carried(from_state), to_state),
            (from_state, carried(to_state)),
            (carried(from_state), carried(to_state)),
        ):
            assert drawn.policy.compile_transition_rules(one, other) == expected
            assert drawn.policy.explain(one, other) == drawn.policy.explain(from_state, to_state)
            outcome = drawn.policy.run(None, one, other)
            assert isinstance(outcome, Accepted)
            assert outcome.state is to_state


@given(SCRIPTS, st.sampled_from([Foreign.NEW, "NEW", Row(Foreign.SHUT)]), STATES, st.booleans())
def test_a_refused_state_calls_no_hook(
    entries: list[Script], stranger: Any, state: State | None, turned: bool
) -> None:
    """Whatever a policy lists, a run from or to a state that is none of its own calls nothing."""
    pair = (state, stranger) if turned else (stranger, state)
    world = World(entries, None, None)
    with pytest.raises(StateError):
        drive(async_policy_of(entries).arun(world, *pair, commit=world.commit("fine")))
    assert not world.calls


# --------------------------------------------------------------------------------------------------
# `states`, `every`, and state-likes
# --------------------------------------------------------------------------------------------------


def test_states_makes_a_set_of_members() -> None:
    """`states` and `every` make frozensets; an alias is the member that it is an alias of."""
    assert states(S.A, None) == frozenset({S.A, None})
    assert every(S) == frozenset({S.A, S.B, S.C})
    assert states(S.ALSO_A) == states(S.A)


def test_a_state_like_stands_for_its_type() -> None:
    """It is looked up, explained and run as the state in its `type`, which hooks are given."""
    seen = Notes()
    policy = Policy[S, object](from_a, seen)
    row = Row(S.A)
    assert (
        policy.compile_transition_rules(row, Row(S.B))
        == policy.compile_transition_rules(S.A, S.B)
        == (from_a, seen)
    )
    assert policy.explain(row, Row(S.B)) == policy.explain(S.A, S.B)
    assert policy.run(None, row, S.B) == policy.run(None, S.A, S.B)
    assert policy.run(None, row, Row(S.B)) == Accepted(S.B, Row(S.B))
    assert seen.transitions == [(S.A, S.B)] * 3


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


class EqualToAll:
    """A state-like that is equal to everything."""

    type = S.A

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = None  # type: ignore[assignment]


def test_a_state_like_is_told_by_identity() -> None:
    """One that is equal to everything is proposed as itself."""
    row = EqualToAll()
    verdict = reject(row, reason="r")
    assert verdict.state is S.A
    assert verdict.payload is row


class Typed(Enum):
    X = 1

    @property
    def type(self) -> Mine:
        return Mine.A


def test_a_member_is_its_own_state() -> None:
    """A member whose `type` is a member of another enum stands for itself."""
    verdict: Any = reject(Typed.X, reason="r")
    assert (verdict.state, verdict.payload) == (Typed.X, None)
    assert Policy[Enum, object](Book()).run(None, None, Typed.X) == Accepted(Typed.X)


class Records(BaseTransform[list[str]]):
    """Writes every outcome down."""

    def after_transition(
        self, transition: AnyTransition[list[str]], outcome: Outcome[Enum], /
    ) -> None:
        transition.context.append(repr(outcome))


def test_a_state_that_no_rule_mentions_has_the_transforms_alone() -> None:
    """A member of the policy's enum that no rule mentions is fine: only transforms fire."""
    log: list[str] = []
    policy = Policy[S, list[str]](Records(), good)
    assert policy.run(log, None, S.C) == Accepted(S.C)
    assert log == ["Accepted(state=<S.C: 3>)"]


# --------------------------------------------------------------------------------------------------
# Foreign states
# --------------------------------------------------------------------------------------------------


class Untyped:
    """Something whose `type` is no state."""

    type = "a"


STRANGERS: Final = [
    Mine.A,
    OtherText.A,
    "a",
    "A",
    0,
    False,
    "",
    Text,
    Untyped(),
    Row(OtherText.A),
    object(),
]


@pytest.mark.parametrize("stranger", STRANGERS, ids=repr)
@pytest.mark.parametrize("side", ["from", "to", "both"])
@pytest.mark.parametrize("listed", ["rules", "transforms", "rules over two enums"])
def test_a_foreign_state_changes_nothing(stranger: Any, side: str, listed: str) -> None:
    """What is no state of the policy is a StateError that has it; no hook is called, nor commit."""
    log: list[str] = []

    class Watches(BaseTransform[None]):
        def before_transition(self, transition: AnyTransition[None], /) -> None:
            log.append("before")

        def after_transition(
            self, transition: AnyTransition[None], outcome: Outcome[Enum], /
        ) -> None:
            log.append("after")

    @rule(from_states=states(Text.A, None), to_states=states(Text.A, None))
    def letters(_: Transition[Text | None, Text | None, None]) -> None:
        log.append("rule")

    @rule(from_states=states(Number.ONE), to_states=states(Number.ONE))
    def numbers(_: Transition[Number, Number, None]) -> None:
        log.append("rule")

    rules: dict[str, list[Any]] = {
        "rules": [letters],
        "transforms": [],
        "rules over two enums": [numbers, letters],
    }
    policy = Policy[Text, None](Watches(), *rules[listed])

    def commit(_state: Text, _outcome: Outcome[Text]) -> None:
        log.append("commit")

    asks: list[Callable[[Any, Any], object]] = [
        policy.compile_transition_rules,
        policy.explain,
        lambda one, other: policy.run(None, one, other, commit=commit),
        lambda one, other: drive(policy.arun(None, one, other, commit=commit)),
    ]
    from_state, to_state = (
        stranger if side != "to" else Text.A,
        stranger if side != "from" else Text.A,
    )
    for ask in asks:
        with pytest.raises(StateError) as caught:
            ask(from_state, to_state)
        carried: object = getattr(stranger, "type", None)
        assert caught.value.state is (carried if isinstance(carried, Enum) else stranger)
    assert not log


@rule(from_states={Text.A}, to_states=every(Text))
def text(_: Transition[Text, Text, object]) -> None: ...


@dataclass(frozen=True)
class Wrong:
    type: object


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
    (
        Policy[S, object](from_a),
        Wrong(None),
        f"Wrong(type=None), which is no enum member, and its `type` is None{NEITHER[:-1]}; for no "
        "state give None itself.",
    ),
    (
        Policy[S, object](from_a),
        S,
        "<enum 'S'>, which is no enum member (it is a class: name one of its members).",
    ),
]


@pytest.mark.parametrize(("policy", "foreign", "text"), FOREIGN, ids=[text for *_, text in FOREIGN])
def test_a_foreign_state_is_refused_everywhere(policy: Any, foreign: Any, text: str) -> None:
    """A lookup, an explanation and a run with what is no state name both, and call nothing."""
    fine = next(iter(policy.entries[0].to_states - {None}))
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


def test_what_only_says_to_be_a_member_is_none() -> None:
    """An object whose `__class__` is the enum is no member: it is not run, and not explained."""
    policy = Policy[S, object](from_a)
    liars: list[Any] = [Mock(spec=S.A), MagicMock(spec=S.A), create_autospec(S.A), proxy(S.A)]
    for liar in liars:
        assert isinstance(liar, S)
        for ask in (policy.compile_transition_rules, policy.explain, partial(policy.run, None)):
            for pair in ((liar, S.B), (S.A, liar)):
                with pytest.raises(StateError, match="which is no enum member, and it has no `ty"):
                    ask(*pair)
        with pytest.raises(
            StateError, match=r"^reject\(\) was given .* as the state to be in inst"
        ):
            reject(liar, reason="r")


@pytest.mark.parametrize(
    ("given", "shown"),
    [(None, "None"), ("A", "'A'"), (Wrong(None), "Wrong(type=None)"), (S, "<enum 'S'>")],
)
def test_a_rejection_proposes_a_state(given: Any, shown: str) -> None:
    """What is none is refused where it is written; to stay, the argument is left out."""
    with pytest.raises(StateError) as caught:
        reject(given, reason="r")
    assert caught.value.state is given
    assert str(caught.value) == (
        f"reject() was given {shown} as the state to be in instead: that is no enum member and has "
        "no `type` that is one. To stay in the current state, leave the argument out: "
        "reject(reason=...)."
    )


def test_a_foreign_proposal_is_told_in_one_sentence() -> None:
    """A rejection to a state of another enum is a HookError that ends in one period."""

    @rule(from_states={S.A}, to_states={S.B})
    def astray(_: Transition[S, S, object]) -> Any:
        return reject(Mine.A, reason="r")

    with pytest.raises(HookError) as caught:
        Policy[S, object](astray).run(None, S.A, S.B)
    assert str(caught.value) == (
        "astray.before_transition proposed a state that is none of the policy's: Policy is a "
        "policy over S; as a proposed state it was given Mine.A, a member of Mine, another enum: "
        "give a member of its own, or make it a policy over the union of both."
    )


@pytest.mark.parametrize("given", [S | Mine, "S", S.A, [S.A], None, int, Enum, Base])
def test_every_takes_one_enum(given: Any) -> None:
    """What is none says how the members of two are written; an enum without members has none."""
    if given in (Enum, Base):
        assert every(given) == frozenset()
        return
    with pytest.raises(StateError) as caught:
        every(given)
    assert caught.value.state is given
    shown = "S.A" if given is S.A else repr(given)
    assert str(caught.value) == (
        f"every() takes one enum class, not {shown}. All members of two enums are "
        "every(A) | every(B); with no state, every(A) | {None}."
    )


class Nameless:
    """Says to be a member, and is like none."""

    __class__ = S  # type: ignore[assignment]
    _sort_order_ = "first"


def test_what_only_says_to_be_a_member_needs_no_name() -> None:
    """It is refused, and shown as what it is."""
    liar: Any = Nameless()
    policy = Policy[S, object](good)
    for ask in (policy.compile_transition_rules, policy.explain, partial(policy.run, None)):
        with pytest.raises(StateError, match=r"Nameless object.*, which is no enum member"):
            ask(liar, S.B)
