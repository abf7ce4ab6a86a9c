"""Pickles: policies, rules, verdicts, outcomes and errors travel between processes."""

from __future__ import annotations

import copy
import pickle
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from enum import Enum
from itertools import product
from multiprocessing import get_context
from typing import Any, Final, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bylaws import (
    AnyTransition,
    AsyncEntry,
    AsyncPolicy,
    BaseRule,
    BaseTransform,
    Delayed,
    Entry,
    Fault,
    FunctionRule,
    HookError,
    Outcome,
    Policy,
    PolicyError,
    Rejected,
    StateError,
    Trace,
    Transition,
    Verdict,
    abort,
    delay,
    proceed,
    reject,
    rule,
    states,
)
from tests.cast import OUTCOMES, Row, S, answering, first, good, governs, last, other, spoken
from tests.model import (
    REFUSES,
    ROW,
    SCRIPTS,
    STATES,
    Foreign,
    Script,
    State,
    World,
    drive,
    policy_of,
)


@rule(from_states=states(State.NEW), to_states=states(State.OPEN))
def passes(t: Transition[State, State, list[str]]) -> Verdict[State]:
    """Pass, and undo what was noted."""
    t.context.append("passes")
    t.add_cleanup(t.context.append, "undone")
    return proceed()


@rule(from_states=states(State.NEW, State.OPEN), to_states=states(State.OPEN, State.SHUT))
def waits(t: Transition[State, State, list[str]]) -> Verdict[State]:
    """Come back later."""
    t.context.append("waits")
    return delay(5, reason="later")


@rule(from_states=states(State.NEW, State.OPEN), to_states=states(State.OPEN, State.SHUT))
async def waits_async(t: Transition[State, State, list[str]]) -> Verdict[State]:
    """The same, async."""
    t.context.append("waits")
    return delay(5, reason="later")


class Listed(BaseRule[State, State, list[str]]):
    """A rule with an attribute, to be pickled."""

    from_states = states(State.SHUT)
    to_states = states(State.OPEN)

    def __init__(self, word: str) -> None:
        self.word = word

    def before_transition(
        self, transition: Transition[State, State, list[str]], /
    ) -> Verdict[State] | None:
        """Write the word down, and propose another state."""
        transition.context.append(self.word)
        return reject(State.NEW, reason=self.word)


class Noted(BaseTransform[list[str]]):
    """A transform, to be pickled."""

    def after_transition(
        self, transition: AnyTransition[list[str]], outcome: Outcome[Enum], /
    ) -> None:
        """Write the outcome down."""
        transition.context.append(repr(outcome))


class Declared(Policy[State, list[str]]):
    """A policy as a subclass, to be pickled."""

    asked = 0

    def priority(self) -> tuple[Entry[State, list[str]], ...]:
        """Count how often it is asked."""
        Declared.asked += 1
        return (Noted(), passes, waits)


FUNCTIONS: Final[tuple[FunctionRule[State, State, list[str], Any], ...]] = (
    passes,
    waits,
    waits_async,
)
PROTOCOLS: Final = range(2, pickle.HIGHEST_PROTOCOL + 1)


@given(
    st.permutations([*FUNCTIONS, Listed("one"), Listed("two"), Noted()]),
    st.integers(0, 6),
    st.sampled_from(PROTOCOLS),
    st.booleans(),
)
def test_a_policy_comes_out_of_a_pickle_as_it_went_in(
    entries: list[AsyncEntry[State, list[str]]], count: int, protocol: int, composed: bool
) -> None:
    """An unpickled policy lists, finds and does the same; function rules are the very same."""
    kind: Any = AsyncPolicy if waits_async in entries[:count] else Policy
    policy: AsyncPolicy[State, list[str]] = kind[State, list[str]](*entries[:count], name="travels")
    if composed:
        policy = policy.without(*entries[: count // 2])
    copy: AsyncPolicy[State, list[str]] = pickle.loads(pickle.dumps(policy, protocol))
    assert type(copy) is type(policy)
    assert repr(copy) == repr(policy)
    for one, back in zip(policy.priority(), copy.priority(), strict=True):
        assert one is back if isinstance(one, FunctionRule) else vars(one) == vars(back)
    for from_state, to_state in product([*State, None], repeat=2):
        assert str(copy.explain(from_state, to_state)) == str(policy.explain(from_state, to_state))
        logs: tuple[list[str], list[str]] = ([], [])
        outcome = drive(policy.arun(logs[0], from_state, to_state))
        assert drive(copy.arun(logs[1], from_state, to_state)) == outcome
        assert logs[0] == logs[1]
    with pytest.raises(StateError):
        copy.explain(cast("Any", Foreign.NEW), State.NEW)


@given(SCRIPTS, STATES, STATES)
def test_an_outcome_comes_out_of_a_pickle_equal(
    entries: list[Script], from_state: State | None, to_state: State | None
) -> None:
    """It is equal and hashes the same, and its trace is empty: the policy does not travel."""
    good = [
        replace(script.plain(), before="nothing", after="fine", cleanup="fine", adds=())
        for script in entries
    ]
    good = [
        replace(
            one,
            before=other.before
            if other.before in REFUSES and other.before != "redirect to a row"
            else "proceed",
        )
        for one, other in zip(good, entries, strict=True)
    ]
    good = [replace(one, before="nothing") if one.universal else one for one in good]
    outcome = policy_of(good).run(World(good, from_state, to_state), from_state, to_state)
    for protocol in PROTOCOLS:
        copy: Outcome[State] = pickle.loads(pickle.dumps(outcome, protocol))
        assert type(copy) is type(outcome)
        assert copy == outcome
        assert hash(copy) == hash(outcome)
        assert repr(copy) == repr(outcome)
        assert copy.trace == Trace(())


# --------------------------------------------------------------------------------------------------
# Policies and rules
# --------------------------------------------------------------------------------------------------


def test_a_pickled_subclass_keeps_its_entries_and_is_not_asked_again() -> None:
    """What `priority()` gave when the policy was made is what its copy has."""
    policy = Declared()
    asked = Declared.asked
    copy: Declared = pickle.loads(pickle.dumps(policy))
    assert type(copy) is Declared
    assert Declared.asked == asked
    assert (
        copy.run([], State.NEW, State.OPEN)
        == policy.run([], State.NEW, State.OPEN)
        == Delayed(5, "later")
    )
    with pytest.raises(StateError):
        copy.run([], cast("Any", Foreign.NEW), State.OPEN)


def round_trip(value: Any) -> Any:
    return pickle.loads(pickle.dumps(value))


class Orders(Policy[S, int]):
    def __init__(self, limit: int) -> None:
        self.limit = limit
        super().__init__()

    def priority(self) -> tuple[Entry[S, int], ...]:
        return (first, spoken, last)


def test_policies_travel() -> None:
    """A policy comes out with the same rules, compiled; a subclass is not asked for them again."""
    back = round_trip(answering)
    assert (type(back), repr(back), back.priority()) == (
        Policy,
        repr(answering),
        answering.priority(),
    )
    assert back.run(5, S.A, S.B).trace == answering.run(5, S.A, S.B).trace
    orders = round_trip(Orders(limit=3))
    assert (type(orders), orders.limit, orders.priority()) == (Orders, 3, (first, spoken, last))
    composed = round_trip(answering.replacing(first, other))
    assert composed.priority() == (other, spoken, last)
    assert isinstance(round_trip(AsyncPolicy[S, int](first)), AsyncPolicy)


def test_a_pickle_has_nothing_compiled() -> None:
    """What a policy works out is worked out again: it carries what it was made of, used or not."""
    policy = Policy[S, object](good)
    carried = pickle.dumps(policy)
    policy.run(None, S.A, S.B)
    assert pickle.dumps(policy) == carried
    assert b"bylaws._" not in carried  # nor anything of the machinery


def test_a_rule_that_has_no_name_cannot_travel() -> None:
    """A rule made inside a function, or kept under another name, says why it cannot be pickled."""

    @rule(from_states={S.A}, to_states={S.B})
    def inner(_: Transition[S, S, int]) -> None: ...

    renamed = rule(from_states={S.A}, to_states={S.B})(first.__wrapped__)
    for it in (inner, renamed, Policy[S, int](inner)):
        with pytest.raises(
            pickle.PicklingError,
            match=r"rules travel by name, and .* Define it at the top level of a mo",
        ):
            pickle.dumps(it)
    assert copy.deepcopy(inner) is inner


@pytest.mark.spawns
def test_a_process_pool_runs_a_policy() -> None:
    """Policies, contexts and outcomes go to other processes and come back."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        found = list(pool.map(answering.run, range(6), [S.A] * 6, [S.B] * 6))
    assert found[:3] + found[4:] == OUTCOMES[:3] + OUTCOMES[4:]


# --------------------------------------------------------------------------------------------------
# Verdicts and outcomes
# --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "verdict",
    [
        reject(State.SHUT, reason="r"),
        reject(ROW, reason="r"),
        delay(1, reason="r"),
        abort(reason="r"),
    ],
)
def test_an_unpickled_verdict_is_a_verdict(verdict: Verdict[State]) -> None:
    """A verdict that comes out of a pickle is the verdict that went in."""
    copy = pickle.loads(pickle.dumps(verdict))
    if (
        getattr(verdict, "payload", None) is None
    ):  # a payload is the user's, and may not equal its copy
        assert copy == verdict

    @rule(from_states=states(State.NEW), to_states=states(State.OPEN))
    def says(t: Transition[State, State, Verdict[State]]) -> Verdict[State]:
        return t.context

    policy = Policy[State, Verdict[State]](says)
    assert type(policy.run(copy, State.NEW, State.OPEN)) is type(
        policy.run(verdict, State.NEW, State.OPEN)
    )


@pytest.mark.parametrize("outcome", OUTCOMES[:3] + OUTCOMES[4:])
def test_outcomes_travel_without_their_policy(outcome: Outcome[S]) -> None:
    """An outcome comes out of a pickle equal to itself, with an empty trace."""
    made = answering.run(OUTCOMES.index(outcome), S.A, S.B)
    back = round_trip(made)
    assert back == made
    assert (len(made.trace.lines), back.trace.lines) == (3, ())
    assert b"spoken" not in pickle.dumps(made)


def test_a_payload_travels_with_its_outcome() -> None:
    """The state-like that a rejection proposed is in the unpickled outcome too."""
    copy: Rejected[S] = pickle.loads(pickle.dumps(Rejected(S.C, "moved", Row(S.C))))
    assert copy == Rejected(S.C, "moved", Row(S.C))
    assert copy.payload is not None
    assert copy.payload.type is S.C


# --------------------------------------------------------------------------------------------------
# Errors
# --------------------------------------------------------------------------------------------------


def test_errors_travel() -> None:
    """Errors come out of a pickle with their texts and their attributes."""
    made = [
        PolicyError("text", [Fault(None, "fault")]),
        StateError("text", S.A),
        HookError("text", first, "cleanup"),
    ]
    for error, back in zip(made, map(round_trip, made), strict=True):
        assert (type(back), str(back)) == (type(error), "text")
    policy_error, state_error, hook_error = map(round_trip, made)
    assert [str(fault) for fault in policy_error.faults] == ["fault"]
    assert state_error.state is S.A
    assert (hook_error.entry, hook_error.hook) == (first, "cleanup")


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_errors_come_out_of_a_pickle_with_their_attributes(protocol: int) -> None:
    """An unpickled error has its text and its attributes, notes included."""
    errors: list[Any] = []
    for attempt in (
        lambda: Policy[State, list[str]](passes, passes, waits, waits),
        lambda: Policy[State, list[str]](passes).explain(cast("Any", Foreign.NEW), None),
        lambda: Policy[State, list[str]](passes).run(cast("Any", None), State.NEW, State.OPEN),
        lambda: Policy[State, list[str]](
            cast("Any", governs(frozenset({State.NEW}), frozenset({State.OPEN})))
        ).without(waits),
        lambda: reject(cast("Any", "shut"), reason="r"),
    ):
        with pytest.raises((PolicyError, StateError, AttributeError)) as caught:
            attempt()
        errors.append(caught.value)
    errors.append(HookError("broke", waits, "cleanup"))
    errors[-1].add_note("a note")
    for error in errors:
        copy: Any = pickle.loads(pickle.dumps(error, protocol))
        assert type(copy) is type(error)
        assert copy.args == error.args
        assert getattr(copy, "__notes__", []) == getattr(error, "__notes__", [])
        if isinstance(error, PolicyError):
            assert [(fault.entry, str(fault)) for fault in copy.faults] == [
                (f.entry, str(f)) for f in error.faults
            ]
            assert all(isinstance(fault, Fault) for fault in copy.faults)
            assert copy.faults
        elif isinstance(error, StateError):
            assert copy.state == error.state
        elif isinstance(error, HookError):
            assert (copy.entry, copy.hook) == (error.entry, error.hook)
