"""Recording: what runs have exercised, as their traces have it; nothing is left afterwards."""

from __future__ import annotations

import asyncio
import copy
import pickle
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partialmethod
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bylaws import (
    AsyncPolicy,
    HookError,
    Outcome,
    Policy,
    StateError,
    Transition,
    abort,
    every,
    proceed,
    reject,
    rule,
)
from bylaws.testing import Item, Seen, recording
from bylaws.testing.coverage.recorder import MOST, recorder
from bylaws.testing.coverage.targets import subject_of
from tests.cast import Mine, answering
from tests.cast import S as Letters
from tests.testing import shop
from tests.testing.shop import BACK, DELAY, STAY, Order, S, later, load, never, note, orders

MOVES = st.tuples(st.sampled_from([*S, None]), st.sampled_from([*S, None]))
ANSWERS = st.lists(st.sampled_from([DELAY, STAY, BACK]), max_size=2)
COMMITS: dict[str, Callable[[S, Outcome[S]], Any] | None] = {
    "none": None,
    "writes": lambda _state, _outcome: None,
    "refuses": lambda _state, _outcome: abort(reason="not written"),
}


def counted(outcomes: list[tuple[S | None, S | None, Outcome[S]]]) -> Counter[Item]:
    """What these outcomes have exercised, told naively from their traces."""
    subject = subject_of(orders)
    found: Counter[Item] = Counter()
    for source, to, outcome in outcomes:
        ends = [None if state is None else state.name for state in (source, to)]
        kind = subject.folded.plan(ends[0], ends[1]).label
        for line in outcome.trace.lines:
            said = type(line.verdict).__name__.lower()
            if line.did == "nullified" or line.name == "commit":
                continue
            found[Item(kind, line.name, "fires" if line.verdict is None else said)] += 1  # type: ignore[arg-type]
            side = Item(kind, line.name, line.due or "after")
            if line.did == "proceeded" and side in subject.possible:
                found[side] += 1
    return found


@given(st.lists(st.tuples(MOVES, ANSWERS, st.sampled_from([*COMMITS])), max_size=12))
def test_what_counts_is_what_the_traces_say(
    runs: list[tuple[tuple[S | None, S | None], list[Any], str]],
) -> None:
    """Each run counts for every entry that it called, with its verdict and the side due."""
    outcomes: list[tuple[S | None, S | None, Outcome[S]]] = []
    with recording(orders) as seen:
        for (source, to), answers, commit in runs:
            outcome = orders.run(Order([*answers]), source, to, commit=COMMITS[commit])
            outcomes.append((source, to, outcome))
    assert seen.counts == counted(outcomes)
    assert sum(seen.runs.values()) == len(runs)
    assert seen.covered == len(seen.counts)
    assert not seen.unexpected


@given(st.lists(st.tuples(MOVES, ANSWERS), max_size=6))
def test_async_runs_count_as_plain_ones(runs: list[tuple[Any, list[Any]]]) -> None:
    """The same runs, awaited, have exercised the same."""

    async def all_of_them() -> None:
        for (source, to), answers in runs:
            await later.arun(Order([*answers]), source, to)

    with recording(later) as awaited:
        asyncio.run(all_of_them())
    with recording(orders) as plain:
        for (source, to), answers in runs:
            orders.run(Order([*answers]), source, to)
    assert awaited.counts == plain.counts
    assert awaited.runs == plain.runs


def shipped(policy: Any = orders, *answers: Any) -> None:
    """A run of the move that has most to exercise."""
    policy.run(Order([*answers]), S.PAID, S.SHIPPED)


def number(seen: Seen) -> int:
    """How many runs were counted."""
    return sum(seen.runs.values())


def test_nothing_is_left_of_it() -> None:
    """The methods are those that were there, also when a run or the block raises."""
    before = {**vars(Policy)}, {**vars(AsyncPolicy)}

    def fails() -> None:
        assert "run" in vars(Policy)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), recording(orders):
        fails()
    assert ({**vars(Policy)}, {**vars(AsyncPolicy)}) == before
    assert "run" not in vars(Policy)


def test_what_somebody_else_sets_meanwhile_is_left() -> None:
    """A method that was replaced during a recording stays, and goes on working afterwards."""
    with pytest.MonkeyPatch.context() as patch:
        with recording(orders) as seen:
            counting: Any = vars(Policy)["run"]
            patch.setattr(Policy, "run", partialmethod(counting))
            shipped()
        shipped()
        assert vars(Policy)["run"] is not counting
        assert number(seen) == 1
    del cast("Any", Policy).run  # monkeypatch has put back what is inherited


def test_a_method_of_somebody_else_is_put_back() -> None:
    """What `Policy` had of its own before is what it has afterwards."""
    plain = cast("Any", Policy).run

    def own(*arguments: Any, **named: Any) -> Any:
        return plain(*arguments, **named)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Policy, "run", own)
        with recording(orders) as seen:
            shipped()
        assert vars(Policy)["run"] is own
        assert number(seen) == 1


def test_recordings_nest_and_overlap() -> None:
    """Each counts what ends while it is on, whatever the order in which they end."""
    outer, inner = recording(orders), recording(orders)
    first = outer.__enter__()
    shipped()
    second = inner.__enter__()
    shipped()
    assert (number(first), number(second)) == (2, 1)
    outer.__exit__(None, None, None)
    shipped()
    inner.__exit__(None, None, None)
    shipped()
    assert (number(first), number(second)) == (2, 2)


def test_compositions_and_copies_count() -> None:
    """What lists its entries is this policy too; what does not is another."""

    @rule(from_states=every(S), to_states=every(S))
    def extra(_: Transition[S, S, Order]) -> None: ...

    with recording(orders) as seen:
        for policy in (
            orders.inserting(extra, after=load),
            orders.replacing(load, extra),
            orders.without(load, note),
            Policy[S | Letters, Order](extra, *orders.entries),
            copy.copy(orders),
            copy.deepcopy(orders),
            pickle.loads(pickle.dumps(orders)),
            orders,
        ):
            shipped(policy)
        assert number(seen) == 8
        assert seen.counts[Item("C", "take_van", "proceed")] == 8
        assert seen.counts[Item("C", "Load", "proceed")] == 6
        assert all(item.entry != "extra" for item in seen.counts)
        # Not these:
        shipped(Policy[S, Order](shop.take_van, name="orders"))
        shipped(Policy[S, Order](extra, name="orders"))
        shipped(Policy[S, Order](*orders.entries[1:]))
        answering.run(0, Letters.A, Letters.B)
    assert number(seen) == 8


def test_a_state_that_the_policy_has_not() -> None:
    """A composition may have more states: runs of these are none of the policy's."""
    wider = Policy[S | Letters, Order](*orders.entries, name="orders")
    with recording(orders) as seen:
        wider.run(Order(), Letters.A, S.NEW)
        wider.run(Order(), S.NEW, Letters.A)
    assert not seen.runs


def test_a_policy_without_entries() -> None:
    """It is told by itself alone, and there is nothing to exercise."""
    empty = Policy[S]()
    with recording(empty) as seen:
        empty.run(None, S.NEW, S.PAID)
        shipped()
    assert number(seen) == 1
    assert seen.total == 0
    assert seen.reaches(100)


def test_runs_that_raise_have_no_outcome() -> None:
    """They are counted as such; a state that is none of the policy's is one of them."""

    def fails(*_: object) -> None:
        raise OSError("disk")

    with recording(orders) as seen:
        with pytest.raises(OSError, match="disk"):
            orders.run(Order(), S.PAID, S.SHIPPED, commit=fails)
        with pytest.raises(StateError):
            orders.run(Order(), Letters.A, S.NEW)  # type: ignore[arg-type]
        with pytest.raises(HookError):
            asyncio.run(orders.arun(Order(), S.PAID, S.SHIPPED, commit=lambda *_: 1))  # type: ignore[arg-type]
    assert seen.raised == 3
    assert not seen.runs


def test_what_a_commit_changes_does_not_count() -> None:
    """The move of a run is the intended one, also if a state-like is changed on the way."""

    class Row:
        type = S.PAID

    row = Row()

    def commit(state: S, _: Outcome[S]) -> None:
        row.type = state

    with recording(orders) as seen:
        orders.run(Order(), row, S.SHIPPED, commit=commit)
        row.type = S.PAID
        asyncio.run(orders.arun(Order(), row, S.SHIPPED, commit=commit))
    assert seen.runs == {subject_of(orders).folded.plan("PAID", "SHIPPED").label: 2}


def test_a_commit_that_refuses_counts_what_was_said_before() -> None:
    """A rule has redirected, and then nothing was written: the redirect was exercised."""
    with recording(orders) as seen:
        orders.run(Order([proceed(), BACK]), S.PAID, S.SHIPPED, commit=COMMITS["refuses"])
        orders.run(Order(), S.PAID, S.SHIPPED, commit=COMMITS["refuses"])
    assert seen.counts[Item("C", "Load", "reject")] == 1
    assert seen.counts[Item("C", "Load", "cleanup")] == 1
    assert seen.counts[Item("C", "take_van", "cleanup")] == 2


def test_thousands_of_policies_are_not_kept() -> None:
    """What was counted of them is added, and they are let go."""
    with recording(orders) as seen:
        for _ in range(MOST + 10):
            shipped(orders.without(note))
        assert len(vars(recorder)["_lenses"]) <= MOST
    assert number(seen) == MOST + 10


def many(_: int) -> None:
    """Two hundred runs."""
    for _ in range(200):
        shipped()


@pytest.mark.spawns
def test_no_run_is_lost_between_threads() -> None:
    """Threads count together, exactly."""
    with recording(orders) as seen, ThreadPoolExecutor(8) as pool:
        list(pool.map(many, range(8)))
        assert number(seen) == 1600
    assert number(seen) == 1600


def test_a_rule_that_breaks_its_promise_is_told() -> None:
    """A verdict that the annotation does not admit counts for nothing, and is told."""

    def answers(_: Transition[S, S, Order]) -> Any:
        return reject(reason="")

    answers.__annotations__["return"] = "None"
    lying = rule(from_states={S.NEW}, to_states={S.PAID})(answers)
    policy = Policy[S, Order](lying, name="lying")
    with recording(policy) as seen:
        policy.run(Order(), S.NEW, S.PAID)
    assert seen.unexpected == (Item("A", "answers", "reject"),)
    assert seen.covered == 0
    assert seen.total == 1
    assert "does not admit" in f"{seen}"
    assert "does not admit" in f"{seen:md}"


def test_behind_one_that_always_refuses_nothing_can_be() -> None:
    """Rules that are always nullified have nothing to exercise there."""
    policy = Policy[S, Order](never, *orders.entries, name="more")
    kind = subject_of(policy).folded.plan("NEW", "PAID").label
    items = [item for item in subject_of(policy).possible if item.kind == kind]
    assert items == [
        Item(kind, "never", "delay"),
        Item(kind, "never", "abort"),
        Item(kind, "Note", "fires"),
    ]


def test_how_a_run_is_written() -> None:
    """A hole names the policy, awaits if it has to, and calls the context as its class is."""

    class HTTPRequest: ...

    class Lambda: ...

    class Listed(Policy[S, Lambda]):
        def priority(self) -> tuple[()]:
            return ()

    assert subject_of(orders).called == "orders.run(order, {})"
    assert subject_of(later, "shop:later").called == "await later.arun(order, {})"
    assert subject_of(Policy[S](name="a b")).called == "policy.run(None, {})"
    assert subject_of(orders.without(load)).called == "orders.run(context, {})"  # not known
    assert subject_of(Policy[S, HTTPRequest](name="a")).called == "a.run(httprequest, {})"
    assert subject_of(Listed(name="a")).called == "a.run(lambda_, {})"


def test_what_is_an_enum_is_named_alone() -> None:
    """Kinds are told over states of several enums too."""
    both = Policy[S | Mine, Order](*orders.entries, name="both")
    with recording(both) as seen:
        pass
    assert "both.run(order, S.PAID, S.SHIPPED)" in [hole.line for hole in seen.holes()]
