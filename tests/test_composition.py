"""Composition: inserting, replacing and leaving out, and the order that `runs_after` keeps."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from functools import partial
from itertools import product
from typing import Any, cast
from weakref import ref

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
from bylaws.protocols import AnyRule
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
        assert list(map(id, policy.entries)) == list(map(id, before))
        assert list(map(id, composed.entries)) == list(map(id, listed))
        same = AsyncPolicy[State, World](*listed, name="composed")
        assert composed.name == "composed"
        for from_state, to_state in product([*State, None], repeat=2):
            found = composed.compile_transition_rules(from_state, to_state)
            assert found == same.compile_transition_rules(from_state, to_state)
            assert composed.explain(from_state, to_state) == same.explain(from_state, to_state)
            assert composed.next_states(from_state) == same.next_states(from_state)
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
    assert policy.entries == (good,)


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


class Better(Good):
    """A subclass."""


def test_a_class_is_a_target_where_one_instance_is_listed() -> None:
    """Of it or of a subclass; with none listed, or with several, the error says so."""
    entry, book, new = Better(), Book(), late()
    policy = Policy[S, object](good, entry, book, name="orders")
    for kind in (Good, Better):
        assert policy.replacing(kind, new).entries == (good, new, book)
        assert policy.without(kind).entries == (good, book)
        assert policy.inserting(new, before=kind).entries == (good, new, entry, book)
        assert policy.inserting(new, after=kind).entries == (good, entry, new, book)
    assert policy.without(FunctionRule, Book).entries == (entry,)
    assert policy.without(Better, entry).entries == (good, book)
    listing = " It lists:\n  1  good\n  2  Better\n  3  Book"
    wrong: list[tuple[Any, str]] = [
        (Same, "orders: Same is not listed (an instance of it has to be)."),
        (rule, "orders: rule is not listed (an instance of it has to be)."),
        (object, "orders: object has 3 instances listed: name one of them."),
    ]
    for target, text in wrong:
        with pytest.raises(PolicyError) as caught:
            policy.replacing(target, new)
        assert str(caught.value) == text + listing
        assert [fault.entry for fault in caught.value.faults] == [target]
    with pytest.raises(PolicyError, match="Good has 2 instances listed: name one of them"):
        policy.inserting(Good(), after=book).without(Good)


def test_a_long_list_is_shown_shortly() -> None:
    """Of many entries an error shows twenty, and counts the others."""
    policy = Policy[S, object](*[late() for _ in range(1_000)])
    with pytest.raises(PolicyError) as caught:
        policy.without(good)
    lines = str(caught.value).splitlines()
    assert (len(lines), lines[1], lines[20]) == (22, "  1  late #1", "  20  late #20")
    assert lines[21] == "  and 980 more"


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
    assert policy.without(two).entries[0] is one
    assert len(policy.without(two).entries) == 2
    assert policy.inserting(book, after=two).entries[-1] is book


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
        assert Policy[S, object](*entries).entries == tuple(entries)


def test_a_broken_order_names_both_and_the_mend() -> None:
    """The fault has both rules, where they stand, and the move that puts the one right."""
    waiting = late(good)
    assert faults(waiting, Book(), good) == [
        "entry 1 (late) has to run after good (its runs_after), which comes later, as entry 3: "
        "move late down, after good."
    ]


def test_a_broken_order_names_the_last_of_a_class() -> None:
    """Where a class is named, one fault has the last of its instances, and counts the others."""
    assert faults(Good(), late(Good), Good(), Book(), Good()) == [
        "entry 2 (late) has to run after Good #3 and 1 more of it (its runs_after), which comes "
        "later, as entry 5: move late down, after Good #3."
    ]


def test_sixty_rules_in_the_wrong_order_are_told_shortly() -> None:
    """The text has some twenty faults in full, and counts the rest."""
    rules: list[Any] = []
    for _ in range(60):
        rules.append(late(*rules))
    with pytest.raises(PolicyError) as caught:
        Policy[S, object](*reversed(rules))
    assert len(caught.value.faults) == 60 * 59 // 2
    assert len(str(caught.value).splitlines()) == 1 + 20 + 1
    assert str(caught.value).endswith("\n  and 1,750 more (all of them are in `faults`)")
    assert len(str(caught.value)) < 4_000


def test_ten_thousand_rules_that_run_after_one_another() -> None:
    """Each is compared with what it names alone, so that so many make a policy, or an error."""
    rules: list[Any] = [late()]
    for _ in range(9_999):
        rules.append(late(rules[-1]))
    policy = Policy[S, object](*rules)
    assert len(policy.entries) == 10_000
    with pytest.raises(PolicyError) as caught:
        Policy[S, object](*reversed(rules))
    assert len(caught.value.faults) == 9_999
    assert len(str(caught.value)) < 4_000


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
    assert Policy[S, object](own).entries == (own,)


def test_equal_rules_keep_an_order_of_their_own() -> None:
    """A rule is not put after itself by its class, nor after what only equals what it names."""
    kind: Any = type("Own", (Same,), {})
    kind.runs_after = (kind,)
    assert len(faults(kind(), kind())) == 1
    assert len(Policy[S, object](late(Same()), Same()).entries) == 2


def held(policy: Policy[Any, Any], late: Any, what: Any) -> bool:
    """Whether a policy keeps a rule from standing before what it has to run after."""
    with pytest.raises(PolicyError, match="has to run after"):
        policy.without(what).inserting(what, after=late)
    return bool(policy.without(what).inserting(what, before=late).entries == policy.entries)


def test_replacing_hands_the_place_on() -> None:
    """What ran after the old rule runs after what replaced it, repeatedly, and by its class too."""
    for named in (Good, Good()):
        old: Any = Good() if isinstance(named, type) else named
        waiting = late(named)
        one, two, three = late(), late(), late()
        policy = Policy[S, object](old, waiting).replacing(old, one).replacing(one, two, three)
        assert policy.entries == (two, three, waiting)
        assert held(policy, waiting, three)
        with pytest.raises(PolicyError, match="has to run after late"):
            policy.without(two).inserting(two, after=waiting)


def test_what_stood_in_for_a_rule_stands_in_for_it_alone() -> None:
    """`runs_after` follows a rule through its replacements, equal ones and the rule itself too."""
    one, two, new = Same(), Same(), late()
    waiting = late(one)
    policy = Policy[S, object](one, waiting)
    for old, it in ((one, new), (new, two), (two, new), (new, one), (one, two)):
        policy = policy.replacing(old, it)
        assert held(policy, waiting, it)


def test_a_replacement_stands_only_for_what_is_named() -> None:
    """What nobody listed names is forgotten with its replacement; a rule may then name it anew."""
    one, new = Same(), late()
    policy = Policy[S, object](one).replacing(one, new)
    assert len(policy.inserting(late(one), before=new).entries) == 2


@pytest.mark.parametrize("named", [None, "the first", Good], ids=["nothing", "a rule", "its class"])
def test_a_thousand_replacements_leave_nothing_behind(named: Any) -> None:
    """Hot reload keeps no predecessor alive, and the last replacement takes what the first took.

    What was named at the beginning still runs after what has replaced it.
    """
    old: Any = Good()
    waiting = late(*([] if named is None else [old if named == "the first" else named]))
    policy: Any = Policy[S, object](old, waiting)
    gone: list[ref[object]] = []
    took: list[int] = []
    for at in range(1_000):
        new: Any = late() if at % 2 else Good()
        took.append(work(partial(policy.replacing, old, new)))
        policy = policy.replacing(old, new)
        gone.append(ref(new))
        old = new
    gc.collect()
    assert [at for at, each in enumerate(gone) if each() is not None] == [999]
    assert max(took[-10:]) <= 1.1 * max(took[:10])
    if named is not None:
        assert held(policy, waiting, old)


def work(call: Callable[[], object]) -> int:
    """How many lines of Python run in a call."""
    lines = 0

    def count(_frame: object, event: str, _arg: object) -> Any:
        nonlocal lines
        lines += event == "line"
        return count

    before = sys.gettrace()
    sys.settrace(count)
    try:
        call()
    finally:
        sys.settrace(before)
    return lines
