"""The table: what fires for a pair of states, whatever enums they are of, found at once."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import Enum, EnumType, IntEnum, StrEnum
from functools import partial
from pathlib import Path
from random import Random
from threading import Barrier
from types import FrameType
from typing import Any, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

import bylaws
from bylaws import Accepted, Policy, Reason, Transition, every, rule
from tests.cast import Mine, Notes, Number, Row, S, Text, from_a, governs, zero
from tests.zoo import (
    AnyEntry,
    AnyPolicy,
    Drawn,
    Made,
    MadePlain,
    Note,
    functional,
    has,
    made,
    naive,
    pairs,
    policies,
)


@given(policies())
def test_the_table_is_a_naive_scan(drawn: Drawn) -> None:
    """For every pair of states the table has what a scan of all sets finds, in priority order."""
    for from_state, to_state in pairs(drawn.members):
        found = drawn.policy.compile_transition_rules(from_state, to_state)
        assert isinstance(found, tuple)
        assert list(map(id, found)) == list(map(id, naive(drawn.entries, from_state, to_state)))


@given(policies(), st.data())
def test_what_a_rule_says_later_changes_nothing(drawn: Drawn, data: st.DataObject) -> None:
    """Lookups, explanations and next states go by the sets that the rules had when it was made."""
    before = [
        (drawn.policy.explain(*pair), drawn.policy.next_states(pair[0]))
        for pair in pairs(drawn.members)
    ]
    expected = [naive(drawn.entries, *pair) for pair in pairs(drawn.members)]
    for entry in drawn.entries:
        if not isinstance(entry, Note):
            for end in ("from_states", "to_states"):
                later = data.draw(st.sampled_from([frozenset[Any](), frozenset([None]), None]))
                setattr(entry, end, later)
    for pair, (explained, following), fires in zip(
        pairs(drawn.members), before, expected, strict=True
    ):
        assert drawn.policy.explain(*pair) == explained
        assert str(drawn.policy.explain(*pair)) == str(explained)
        assert drawn.policy.next_states(pair[0]) == following
        assert list(drawn.policy.compile_transition_rules(*pair)) == fires


def calls(ask: Callable[..., object], *arguments: object) -> int:
    """How many Python functions run in a call: a lookup is one, if what it finds is at hand."""
    many = 0

    def count(_frame: FrameType, event: str, _arg: object) -> None:
        nonlocal many
        many += event == "call"

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        ask(*arguments)
    finally:
        sys.setprofile(before)
    return many


@pytest.mark.parametrize("kind", [Enum, StrEnum, IntEnum], ids=["Enum", "StrEnum", "IntEnum"])
@pytest.mark.parametrize("seed", range(3))
def test_a_large_table_is_a_naive_scan(kind: Callable[..., Any], seed: int) -> None:
    """A table of over 4,096 cells is filled as it is used, each cell once, as a scan has it."""
    random = Random(seed)
    enum = functional(kind, 130, f"Large{seed}")
    entries: list[AnyEntry] = [Note()]
    orders = [random.sample(range(130), 130), random.sample(range(130), 130)]
    for bit in range(7):  # every state is told apart from every other, on both sides
        sides = [
            frozenset(
                member for member, number in zip(enum, order, strict=True) if number >> bit & 1
            )
            for order in orders
        ]
        entries.insert(random.randrange(len(entries) + 1), governs(sides[0] | {None}, sides[1]))
    rules = [entry for entry in entries if not isinstance(entry, Note)]
    rows, columns = (  # states that no rule tells apart share a row, or a column
        {state: tuple([has(entry, side, state) for entry in rules]) for state in (*enum, None)}
        for side in ("from_states", "to_states")
    )
    assert len({*rows.values()}) * len({*columns.values()}) > 4_096
    policy: AnyPolicy = Policy(*entries)
    filled: set[object] = set()
    used: set[object] = set()  # a row is found once it was used from the very state
    for from_state, to_state in random.sample(pairs(list(enum)), 400) * 2:
        look_up = partial(policy.compile_transition_rules, from_state, to_state)
        cell = rows[from_state], columns[to_state]
        assert (calls(look_up) == 1) == (cell in filled and from_state in used)
        filled.add(cell)
        used.add(from_state)
        found = look_up()
        assert list(found) == naive(entries, from_state, to_state)
        explained = policy.explain(from_state, to_state).entries
        assert [entry for entry, reason in explained if reason is Reason.SELECTED] == list(found)
        traced = policy.run(None, from_state, to_state).trace.lines
        assert [line.entry for line in traced] == list(found)


@pytest.mark.spawns
def test_threads_that_fill_a_cell_at_once_share_it() -> None:
    """Two threads that both find a cell empty, and both fill it, go on with one tuple."""
    enum = functional(Enum, 130, "Shared")
    members = list(enum)
    entries = [
        governs(frozenset(members[at::7]), frozenset(members[at : at + 65])) for at in range(65)
    ]
    policy: AnyPolicy = Policy(*entries)
    pair = members[0], members[64]
    both = Barrier(2, timeout=10)
    library = str(Path(str(bylaws.__file__)).parent)

    def keep_step(frame: FrameType, event: str, _arg: object) -> None:
        """Let neither thread be ahead of the other by a call within the library."""
        if event == "call" and frame.f_code.co_filename.startswith(library):
            both.wait()

    threading.setprofile(keep_step)
    try:
        with ThreadPoolExecutor(2) as threads:
            asked = [threads.submit(policy.compile_transition_rules, *pair) for _ in range(2)]
            one, other = (each.result() for each in asked)
    finally:
        threading.setprofile(None)
    assert one is other is policy.compile_transition_rules(*pair)
    assert calls(policy.compile_transition_rules, *reversed(pair)) > 1  # it is filled as it is used
    assert list(one) == naive(entries, *pair)


@pytest.mark.parametrize("enum", [S, Text])
def test_small_tables_are_at_hand(enum: Any) -> None:
    """Members of the first enum, and `None`, take the fast way once a state was left."""

    @rule(from_states={enum.A}, to_states={enum.B, None})
    def moves(_: Transition[Any, Any, object]) -> None: ...

    policy: Any = Policy[Any, object](moves)
    look_up = policy.compile_transition_rules
    for state in (enum.A, enum.B, None):
        assert calls(look_up, state, enum.A) > 1  # fills the row, whatever is entered
    for pair, found in (
        ((enum.A, enum.B), (moves,)),
        ((enum.A, None), (moves,)),
        ((None, enum.A), ()),
        ((enum.B, enum.A), ()),
    ):
        assert calls(look_up, *pair) == 1
        assert look_up(*pair) == found
    run = partial(policy.run, None)
    assert calls(run, enum.A, None) < calls(run, Row(enum.A), None)
    assert run(enum.A, None) == Accepted(None)


# --------------------------------------------------------------------------------------------------
# Which member it is
# --------------------------------------------------------------------------------------------------


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
        assert len(policy.run(None, None, None).trace.lines) == 1
        assert (
            policy.run(None, S.A, None).trace.lines == policy.run(None, None, S.A).trace.lines == ()
        )
        assert policy.compile_transition_rules(S.A, S.B) == ()


def test_falsy_and_made_up_members() -> None:
    """A falsy member is no "no state"; one that `_missing_` makes up is mentioned by no rule."""
    seen = Notes()
    policy = Policy[Number, object](zero, seen)
    assert policy.compile_transition_rules(Number.ZERO, Number.ZERO) == (zero, seen)
    assert policy.compile_transition_rules(None, Number.ZERO) == (zero, seen)
    assert policy.compile_transition_rules(Number.ONE, Number.ZERO) == (seen,)
    assert policy.compile_transition_rules(Number(7), Number.ZERO) == (seen,)
    assert policy.compile_transition_rules(Number.ZERO, Number(7)) == (seen,)

    @rule(from_states=every(MadePlain), to_states=every(MadePlain))
    def known(_: Transition[MadePlain, MadePlain, object]) -> None: ...

    plain = Policy[MadePlain, object](known)
    assert plain.compile_transition_rules(MadePlain(7), MadePlain.LISTED) == ()
    assert plain.run(None, MadePlain(7), MadePlain.LISTED) == Accepted(MadePlain.LISTED)
    assert policy.run(None, Number(7), Number.ZERO) == Accepted(Number.ZERO)
    assert seen.transitions[-1] == (Number(7), Number.ZERO)


def test_a_member_that_an_enum_makes_up() -> None:
    """A made-up member is governed by the rules whose sets have it, and by no others."""
    made, other = Made(5), Made(6)
    entry, note = governs(frozenset({made}), frozenset({Made.LISTED})), Note()
    policy: AnyPolicy = Policy(entry, note)
    assert policy.compile_transition_rules(made, Made.LISTED) == (entry, note)
    assert policy.compile_transition_rules(other, Made.LISTED) == (note,)
    assert policy.compile_transition_rules(made, other) == (note,)


@pytest.mark.parametrize("number", [None, 2, 3, 99])
def test_made_up_members_are_no_others(number: int | None) -> None:
    """A made-up member, whatever its number, is no listed one, nor `None`; rules may name it."""
    stranger = made(S) if number is None else made(S, _sort_order_=number)
    from_none, to_stranger = governs({None}, {S.A}), governs({S.A, stranger}, {stranger, None})
    policy = Policy[Enum, object](from_none)
    assert policy.compile_transition_rules(stranger, S.A) == ()
    assert [reason for _, reason in policy.explain(stranger, S.A).entries] == [Reason.FROM_STATE]
    assert policy.run(None, stranger, S.A).trace.lines == ()
    naming = Policy[Enum, object](from_none, to_stranger)
    for state, fires in ((S.A, True), (stranger, True), (S.B, False), (None, False)):
        assert naming.compile_transition_rules(state, stranger) == ((to_stranger,) if fires else ())
        assert naming.compile_transition_rules(state, None) == ((to_stranger,) if fires else ())


def test_members_need_not_be_numbered_as_usual() -> None:
    """The number that the enum module gives a member is trusted only where it is its position."""

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
    """They cannot be in a rule's set, so transforms alone fire for them, in any order of asking."""
    for entry in (Notes(), from_a):
        policy = Policy[S | Unhashable, object](entry)
        fires = (entry,) if isinstance(entry, Notes) else ()
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


T = TypeVar("T")


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
    """`every(S)` is what the enum lists: by whatever names, and without what it hides."""

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
