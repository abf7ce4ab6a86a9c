"""Composition: inserting, replacing and leaving out, and the order that `runs_after` keeps."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bylaws import (
    AsyncPolicy,
    FunctionRule,
    Policy,
    PolicyError,
    StateError,
    Transition,
    rule,
)
from bylaws.rules import AnyRule
from tests.cast import Book, Good, S, Same, faults, good, late, other
from tests.model import PASSING, Foreign, State, World, entry_of, scripts_that


@given(st.data())
def test_composition_is_what_lists_do(data: st.DataObject) -> None:
    """Composing does to the entries what it does to a list, and leaves the policy as it is."""
    made = 0

    def fresh(many: int) -> list[Any]:
        nonlocal made
        drawn = data.draw(st.lists(scripts_that(PASSING), max_size=many))
        made += len(drawn)
        return [entry_of(made - len(drawn) + at, script) for at, script in enumerate(drawn)]

    listed = fresh(4)
    policy = AsyncPolicy[State, World](*listed, name="composed")
    for _ in range(data.draw(st.integers(1, 4))):
        before = list(listed)
        how = (
            data.draw(st.sampled_from(["before", "after", "replacing", "without"]))
            if listed
            else "without"
        )
        at = data.draw(st.integers(0, max(0, len(listed) - 1)))
        if how == "without":
            gone = data.draw(st.sets(st.sampled_from(range(len(listed))))) if listed else set[int]()
            composed = policy.without(*[listed[each] for each in gone])
            listed = [entry for number, entry in enumerate(listed) if number not in gone]
        else:
            new, target = fresh(3), listed[at]
            if how == "before":
                composed = policy.inserting(*new, before=target)
                listed = [*listed[:at], *new, *listed[at:]]
            elif how == "after":
                composed = policy.inserting(*new, after=target)
                listed = [*listed[: at + 1], *new, *listed[at + 1 :]]
            else:
                composed = policy.replacing(target, *new)
                listed = [*listed[:at], *new, *listed[at + 1 :]]
        assert list(map(id, policy.priority())) == list(map(id, before))
        assert list(map(id, composed.priority())) == list(map(id, listed))
        same = AsyncPolicy[State, World](*listed)
        for from_state, to_state in product([*State, None], repeat=2):
            found = composed.compile_transition_rules(from_state, to_state)
            assert found == same.compile_transition_rules(from_state, to_state)
            assert (
                composed.explain(from_state, to_state).entries
                == same.explain(from_state, to_state).entries
            )
        with pytest.raises(StateError):
            composed.compile_transition_rules(cast("Any", Foreign.NEW), None)
        policy = composed


# --------------------------------------------------------------------------------------------------
# Targets
# --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["before", "after", "replacing", "without"])
def test_composition_wants_its_targets_listed(how: str) -> None:
    """What is not listed cannot be composed around: an equal entry is another one."""
    policy = Policy[S, int](good)
    twin = FunctionRule(good.__wrapped__, good.from_states, good.to_states)
    compositions: dict[str, Callable[[], object]] = {
        "before": lambda: policy.inserting(other, before=twin),
        "after": lambda: policy.inserting(other, after=twin),
        "replacing": lambda: policy.replacing(twin, other),
        "without": lambda: policy.without(good, twin),
    }
    with pytest.raises(PolicyError, match="good is not listed") as caught:
        compositions[how]()
    assert [fault.entry for fault in caught.value.faults] == [twin]
    assert policy.priority() == (good,)


def test_a_target_that_is_not_listed() -> None:
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
            "orders: Good is not listed (entries are told by identity). It lists:\n"
            "  1  good\n  2  Book"
        )
        assert [fault.entry for fault in caught.value.faults] == [other]


def test_inserting_takes_one_place() -> None:
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


def test_equal_entries_are_two() -> None:
    """Rules that are equal are listed, found and left out each for itself."""
    one, two, book = Same(), Same(), Book()
    policy = Policy[S, object](one, good, two)
    assert one == two
    assert policy.without(two).priority()[0] is one
    assert len(policy.without(two).priority()) == 2
    assert policy.inserting(book, after=two).priority()[-1] is book


# --------------------------------------------------------------------------------------------------
# What comes of it
# --------------------------------------------------------------------------------------------------


@rule(from_states={S.A}, to_states={S.B})
async def later(_: Transition[S, S, object]) -> None:
    """Proceed, async."""


def test_what_composition_makes_is_plain_if_all_entries_are() -> None:
    """A plain policy composed with plain entries is a `Policy`, with others an `AsyncPolicy`."""
    policy = Policy[S, int](good)
    assert type(policy.inserting(other, after=good)) is Policy
    assert type(policy.inserting(later, before=good)) is AsyncPolicy
    assert type(policy.replacing(good, later)) is AsyncPolicy
    assert type(policy.without(good)) is Policy
    assert type(AsyncPolicy[S, int](later, good).without(later)) is AsyncPolicy


def test_a_composition_is_checked() -> None:
    """A composition is checked as any policy is."""
    with pytest.raises(PolicyError, match="is listed already"):
        Policy[S, object](good).inserting(good, after=good)


# --------------------------------------------------------------------------------------------------
# `runs_after`
# --------------------------------------------------------------------------------------------------


def test_an_order_holds_for_rules_and_classes() -> None:
    """A rule that runs after another, or after a class, may stand behind them or without them."""
    waiting = late(good, Good)
    for entries in ([good, Good(), waiting], [Good(), waiting], [waiting], [waiting, Book()]):
        assert Policy[S, object](*entries).priority() == tuple(entries)


def test_a_broken_order_names_both_and_the_shortest_mend() -> None:
    """The fault has both rules, where they stand, and the move that leaves the fewest faults."""
    waiting = late(good)
    assert faults(waiting, Book(), good) == [
        "entry 1 (late) has to run after good (its runs_after), which comes later, as entry 3: "
        "move good up, before late."
    ]
    first = late()
    behind = rule(from_states={S.A}, to_states={S.B}, runs_after=(first,))(good.__wrapped__)
    assert faults(late(behind), first, behind) == [
        "entry 1 (late) has to run after good (its runs_after), which comes later, as entry 3: "
        "move late down, after good."
    ]


def test_the_shorter_mend_is_named() -> None:
    """Of moving one up or the other down, an error names what leaves fewer rules out of order."""
    needed = late()
    between = late()
    early = late(needed)
    assert "move late up, before late" in faults(early, needed)[0]
    first = [
        early,
        late(early),
        needed,
    ]  # moving `early` down would put it behind what runs after it
    assert "move late up" in faults(*first)[0]
    last = [early, between, late(between, early), needed]
    assert "move late up" in faults(*last)[0]
    one, two = late(), late()
    up, down = faults(late(one, two), one, two)
    assert "move late up" in up
    assert "move late down" in down
    one = late(two)
    assert "move late up" in faults(late(one), one, two)[0]
    pinned = late(between)
    waits = late(pinned)
    assert "move late down" in faults(waits, between, pinned)[0]


def test_rules_that_name_each_other() -> None:
    """No order satisfies two rules that name each other, so the mend is to take one out."""

    class One(Good):
        pass

    class Two(Good):
        runs_after: tuple[AnyRule, ...] = (One,)

    One.runs_after = (Two,)
    assert faults(One(), Two()) == [
        "entry 1 (One) has to run after Two (its runs_after), which comes later, as entry 2: "
        "each names the other, so take one of the two out."
    ]


def test_a_rule_does_not_run_after_itself() -> None:
    """A class that names itself constrains nothing about a single instance."""

    class Own(Good):
        pass

    Own.runs_after = (Own,)
    own = Own()
    assert Policy[S, object](own).priority() == (own,)


def test_equal_rules_keep_an_order_of_their_own() -> None:
    """A rule is not put after itself by its class, nor after what only equals what it names."""
    kind: Any = type("Own", (Same,), {})
    kind.runs_after = (kind,)
    assert len(faults(kind(), kind())) == 1
    assert len(Policy[S, object](late(Same()), Same()).priority()) == 2
    one, two, first, last = Same(), Same(), late(), late()
    policy = Policy[S, object](one).replacing(one, first).replacing(first, two).replacing(two, last)
    with pytest.raises(PolicyError, match="has to run after late"):
        policy.inserting(late(one), before=last)


def test_replacing_hands_the_place_on() -> None:
    """What ran after the old rule runs after what replaced it, repeatedly, and by its class too."""
    old, waiting = Good(), late(Good)
    policy = Policy[S, object](old, waiting)
    one, two = late(), late()
    again = policy.replacing(old, one).replacing(one, two)
    assert again.priority() == (two, waiting)
    with pytest.raises(PolicyError, match=r"entry 1 \(late\) has to run after late"):
        again.without(two).inserting(two, after=waiting)


def test_what_stood_in_for_a_rule_stands_in_for_it_alone() -> None:
    """`runs_after` follows a rule through its replacements, equal ones and the rule itself too."""
    one, two, new = Same(), Same(), late()
    policy = Policy[S, object](one).replacing(one, new).replacing(new, two).replacing(two, new)
    for named in (one, two, new):
        with pytest.raises(PolicyError, match="has to run after late"):
            policy.inserting(late(named), before=new)
    assert policy.inserting(late(late()), before=new).priority()[-1] is new
