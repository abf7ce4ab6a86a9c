"""Moves: the legal moves as one rule, and the states that are next."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from enum import Enum, EnumType
from functools import partial
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bylaws import (
    Abort,
    Aborted,
    Accepted,
    AnyTransition,
    Moves,
    Policy,
    PolicyError,
    Reason,
    StateError,
    Transition,
    every,
    moves,
    rule,
)
from tests.cast import Book, Mine, Notes, Number, Row, S, Text, governs, late
from tests.zoo import ENUMS, MADE_UP, Drawn, Note, naive, pairs, policies


@st.composite
def legal_moves(draw: st.DrawFn) -> tuple[dict[Any, set[Any]], list[Enum]]:
    """A mapping over one or two enums, `None` included, and all members of those that occur."""
    enums = draw(st.lists(st.sampled_from(ENUMS), min_size=1, max_size=2, unique=True))
    members: list[Enum] = [member for enum in enums for member in enum]
    if len(members) != len(set(members)):  # equal members of two enums cannot be in one policy
        members = list(enums[0])
    states = st.sampled_from([*members, None])
    legal = draw(st.dictionaries(states, st.sets(states), min_size=1, max_size=6))
    occur = {type(state) for state in [*legal, *(each for to in legal.values() for each in to)]}
    return legal, [member for member in members if type(member) in occur]


@given(legal_moves())
def test_a_move_is_accepted_exactly_if_it_is_listed(drawn: Any) -> None:
    """Among the enums that occur, and `None`, all else is aborted, and told what is legal.

    So do `explain` and `next_states`, without a run.
    """
    legal, members = drawn
    policy: Policy[Any, object] = Policy(moves(legal))
    for from_state, to_state in pairs(members):
        outcome = policy.run(None, from_state, to_state)
        (line,) = policy.explain(from_state, to_state).lines
        if to_state in legal.get(from_state, ()):
            assert outcome == Accepted(to_state)
            assert (line.reason, line.sentence) == (Reason.SELECTED, "fires")
        else:
            assert isinstance(outcome, Aborted)
            assert (line.reason, line.sentence) == (
                Reason.FORBIDDEN,
                f"fires, and always refuses: {outcome.reason}",
            )
            for state in legal.get(from_state, ()):
                assert ("None" if state is None else state.name) in outcome.reason
            if not legal.get(from_state):
                assert outcome.reason.endswith("is no legal move: from there nowhere")
    for state in (*members, None):
        following = policy.next_states(state)
        assert set(following) == set(legal.get(state, ()))
        assert len(following) == len(set(following))


@given(policies(), st.data())
def test_next_states_are_those_that_nothing_forbids(drawn: Drawn, data: st.DataObject) -> None:
    """In the order of definition, `None` last: what nothing that fires is known to refuse."""
    entries = [
        closed(entry) if hasattr(entry, "from_states") and data.draw(st.booleans()) else entry
        for entry in drawn.entries
    ]
    policy: Policy[Any, None] = Policy(*entries)
    states = [state for each in entries if not isinstance(each, Note) for state in sets_of(each)]
    enums: set[type[Enum]] = {type(state) for state in states if state is not None}
    known: list[Enum] = [member for enum in enums for member in enum]
    for from_state in (*drawn.members, None):
        expected = {
            to_state
            for to_state in (*known, None)
            if not any(hasattr(each, "closed") for each in naive(entries, from_state, to_state))
        }
        found = policy.next_states(from_state)
        assert len(found) == len(set(found))
        assert set(found) == expected
        assert None not in found[:-1]
        for enum in enums:
            of_it = [each for each in found if type(each) is enum]
            assert of_it == [each for each in enum if each in of_it]


def sets_of(entry: Any) -> list[Any]:
    """All states that a rule names."""
    return [*entry.from_states, *entry.to_states]


def closed(entry: Any) -> Any:
    """A rule of the same sets that is annotated to refuse."""

    @rule(from_states=entry.from_states, to_states=entry.to_states)
    def refusing(_: AnyTransition) -> Abort:
        raise NotImplementedError

    marked: Any = refusing
    marked.closed = True
    return marked


# --------------------------------------------------------------------------------------------------
# `moves`
# --------------------------------------------------------------------------------------------------

LEGAL: Mapping[S | None, set[S]] = {None: {S.A}, S.A: {S.B, S.A}, S.B: set()}


def test_a_reason_says_what_is_legal() -> None:
    """The states in the order of definition, `None` last; or that it goes nowhere from there."""
    policy = Policy[S](moves(LEGAL))
    for pair, reason in (
        ((S.A, S.C), "S.A -> S.C is no legal move: from there only to A, B"),
        ((S.A, None), "S.A -> None is no legal move: from there only to A, B"),
        ((None, None), "None -> None is no legal move: from there only to A"),
        ((S.B, S.B), "S.B -> S.B is no legal move: from there nowhere"),
        ((S.C, S.A), "S.C -> S.A is no legal move: from there nowhere"),
    ):
        assert policy.run(None, *pair) == Aborted(reason)
    ending = Policy[S](moves({S.A: {None, S.C, S.B}}))
    assert ending.run(None, S.A, S.A) == Aborted(
        "S.A -> S.A is no legal move: from there only to B, C, None"
    )


def test_a_rule_of_moves_is_a_rule() -> None:
    """It has a name, may stand anywhere, is replaced by its class, and travels in pickles."""
    legal = moves(LEGAL)
    assert (repr(legal), legal.name) == ("<rule moves>", "moves")
    assert legal.legal == {None: {S.A}, S.A: {S.A, S.B}, S.B: frozenset()}
    assert legal.from_states == legal.to_states == {*S, None}
    seen, named = Notes(), moves({S.A: {S.C}}, name="shortcut")
    policy = Policy[S](seen, legal, late(Moves))
    assert policy.run(None, S.A, S.B) == Accepted(S.B)
    assert policy.run(None, S.A, S.C).trace.refused_by is legal
    assert policy.replacing(Moves, named).run(None, S.A, S.C) == Accepted(S.C)
    assert policy.replacing(Moves, named).explain(None, S.A).lines[1].name == "shortcut"
    back = pickle.loads(pickle.dumps(policy.without(policy.entries[2])))
    assert back.next_states(S.A) == (S.A, S.B)
    assert back.run(None, S.A, S.C) == policy.run(None, S.A, S.C)
    transition = Transition(S.A, S.C, None)
    assert legal.before_transition(transition) is not None
    legal.after_transition(transition)
    legal.cleanup(transition)


def test_another_enum_of_a_union_is_not_its_business() -> None:
    """It governs the enums that occur in it, on both sides; a move from or to another goes on."""
    policy = Policy[S | Mine](moves({S.A: {S.B}}))
    assert policy.run(None, Mine.A, S.C) == Accepted(S.C)
    assert policy.run(None, S.C, Mine.A) == Accepted(Mine.A)
    assert policy.next_states(S.A) == (S.B, Mine.A)
    assert policy.next_states(Mine.A) == (S.A, S.B, S.C, Mine.A, None)
    both = Policy[S | Mine](moves({S.A: {Mine.A}, Mine.A: {None}}))
    assert both.next_states(S.A) == (Mine.A,)
    assert both.next_states(Mine.A) == (None,)
    assert isinstance(both.run(None, Mine.A, S.C), Aborted)
    assert isinstance(both.run(None, S.C, Mine.A), Aborted)


def test_what_is_legal_may_change_afterwards_where_it_was_written() -> None:
    """A mapping of any kind is copied: what becomes of it later is another matter."""
    sets = {S.B}
    written: dict[S | None, set[S]] = {S.A: sets}
    policy = Policy[S](moves(MappingProxyType[S | None, set[S]](written)))
    sets.add(S.C)
    written[S.B] = {S.C}
    assert policy.next_states(S.A) == (S.B,)
    assert policy.next_states(S.B) == ()


def test_members_that_an_enum_makes_up_are_not_governed_unless_they_occur() -> None:
    """It governs those that are listed, and those that it names."""
    (unknown, *_) = MADE_UP.values()
    kind: Any = type(unknown)
    listed = next(iter(kind))
    policy: Policy[Any, object] = Policy(moves({listed: {listed}}))
    assert policy.run(None, listed, unknown) == Accepted(unknown)
    naming: Policy[Any, object] = Policy(moves({listed: {unknown}}))
    assert naming.run(None, listed, unknown) == Accepted(unknown)
    assert isinstance(naming.run(None, unknown, listed), Aborted)


def test_no_moves_at_all() -> None:
    """An empty mapping names no enum, and so would let every move pass: it is refused."""
    nowhere: dict[S | None, set[S | None]] = {}
    with pytest.raises(StateError, match="was given no moves, and so knows of no enum"):
        moves(nowhere)


def test_members_that_a_metaclass_hides_are_governed() -> None:
    """A member that its class does not list is a member all the same: nothing is legal for it."""

    class Hides(EnumType):
        def __iter__(cls) -> Any:
            members: Any = cls.__members__
            return iter([member for name, member in members.items() if name != "OLD"])

    class H(Enum, metaclass=Hides):
        NEW = 1
        OLD = 2

    policy = Policy[H](moves({H.NEW: {H.NEW}}))
    outcome = policy.run(None, H.OLD, H.NEW)
    assert isinstance(outcome, Aborted)
    assert outcome.reason.endswith("H.NEW is no legal move: from there nowhere")
    assert policy.next_states(H.OLD) == ()


@pytest.mark.parametrize(
    ("legal", "text"),
    [
        (
            [(S.A, {S.B})],
            "moves() takes a mapping of states to sets, not [(<S.A: 1>, {<S.B: 2>})]: "
            "moves({S.NEW: {S.PAID, S.CANCELLED}}).",
        ),
        (
            {S.A: S.B},
            "moves() was given S.B as the states that S.A may become: write a set, {S.A: {S.B}}.",
        ),
        (
            {S.A: [S.B, S.C]},
            "moves() was given [<S.B: 2>, <S.C: 3>] as the states that S.A may become: "
            "write a set, {S.A: {S.B, S.C}}.",
        ),
        (
            {None: ()},
            "moves() was given () as the states that None may become: write a set, {None: set()}.",
        ),
        (
            {S.A: S},
            "moves() was given <enum 'S'> as the states that S.A may become: "
            "write a set, {S.A: every(S)}.",
        ),
        (
            {S.A: "B"},
            "moves() was given 'B' as the states that S.A may become: write a set, {S.A: {'B'}}.",
        ),
    ],
)
def test_what_is_no_mapping_of_sets_is_refused(legal: Any, text: str) -> None:
    """The error shows what came, and what to write."""
    with pytest.raises(StateError) as caught:
        moves(legal)
    assert str(caught.value) == text


def test_moves_of_what_is_no_state_are_a_fault() -> None:
    """The policy tells, as of any rule; and so it does of members of two enums that are equal."""
    words: Any = {"new": {"paid"}}
    with pytest.raises(PolicyError, match=r"entry 1 \(moves\) has 'new', 'paid' in its from_stat"):
        Policy[S](moves(words))
    whole: Any = {S: {S.A}}
    with pytest.raises(PolicyError, match=r"has <enum 'S'> in its from_states: only enum membe"):
        Policy[S](moves(whole))
    typo: Any = moves
    with pytest.raises(TypeError):
        typo({S.A: {S.B}}, S.C)


# --------------------------------------------------------------------------------------------------
# `next_states`
# --------------------------------------------------------------------------------------------------


def test_next_states_without_any_rule_are_all() -> None:
    """What no rule refuses is accepted: all members of the policy's enums, and `None`."""
    assert Policy[S](Book()).next_states(S.A) == (S.A, S.B, S.C, None)
    assert Policy[S | Mine]().next_states(Row(Mine.A)) == (S.A, S.B, S.C, Mine.A, None)
    bare: Any = Policy
    assert bare().next_states(None) == (None,)
    assert bare(governs({Text.A}, {Text.A})).next_states(None) == (Text.A, Text.B, None)


def test_next_states_take_what_lookups_take() -> None:
    """Aliases and made-up members are none of them; for a foreign state there is a StateError."""
    policy = Policy[Number](moves({Number.ZERO: every(Number)}))
    assert policy.next_states(Number.ZERO) == (Number.ZERO, Number.ONE, Number.TWO)
    stranger: Any = S.A
    with pytest.raises(StateError, match=r"over Number; as from_state it was given S\.A"):
        policy.next_states(stranger)
    ask = partial(policy.next_states, Number.ONE)
    assert ask() == ask() == ()


def test_two_rules_of_moves_leave_what_both_allow() -> None:
    """Every rule has to let a move go on, so a second one narrows the first."""
    wide = moves({S.A: {S.B, S.C}, S.B: {S.C}}, name="wide")
    narrow = moves({S.A: {S.C}}, name="narrow")
    policy = Policy[S](wide, narrow)
    assert policy.next_states(S.A) == (S.C,)
    assert policy.next_states(S.B) == ()
    told = policy.explain(S.A, S.B)
    assert [reason for _, reason in told.entries] == [Reason.SELECTED, Reason.FORBIDDEN]
