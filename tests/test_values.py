"""Verdicts, outcomes, explanations and errors are values; rules and policies travel between processes."""

from __future__ import annotations

import copy
import math
import pickle
from concurrent.futures import ProcessPoolExecutor
from enum import Enum
from multiprocessing import get_context
from typing import Any

import pytest

from bylaws import (
    Aborted,
    Accepted,
    AsyncPolicy,
    Delayed,
    Entry,
    Fault,
    HookError,
    Outcome,
    Policy,
    PolicyError,
    Rejected,
    StateError,
    Transition,
    Verdict,
    abort,
    delay,
    every,
    proceed,
    reject,
    rule,
)


class S(Enum):
    A = 1
    B = 2


class Payload:
    type = S.B


payload = Payload()


@rule(from_states={S.A}, to_states={S.B})
def first(_: Transition[S, S, int]) -> None: ...


@rule(from_states={S.A}, to_states=every(S), runs_after=(first,))
def spoken(t: Transition[S, S, int]) -> Verdict[S]:
    answers: list[Verdict[S]] = [
        proceed(),
        reject(S.A, reason="there"),
        reject(reason="stay"),
        reject(payload, reason="with a payload"),
        delay(2.5, reason="later"),
        abort(reason="never"),
    ]
    return answers[t.context]


@rule(from_states=every(S) | {None}, to_states=every(S))
def last(_: Transition[S | None, S, int]) -> None: ...


class Orders(Policy[S, int]):
    def __init__(self, limit: int) -> None:
        self.limit = limit
        super().__init__()

    def priority(self) -> tuple[Entry[S, int], ...]:
        return (first, spoken, last)


policy = Policy[S, int](first, spoken, last, name="moves")
OUTCOMES: list[Outcome[S]] = [
    Accepted(S.B),
    Rejected(S.A, "there"),
    Rejected(None, "stay"),
    Rejected(S.B, "with a payload", payload),
    Delayed(2.5, "later"),
    Aborted("never"),
]


@pytest.mark.parametrize(("at", "expected"), list(enumerate(OUTCOMES)))
def test_outcomes_compare_by_their_fields(at: int, expected: Outcome[S]) -> None:
    """An outcome equals one with the same fields, whatever their traces are, and no other."""
    outcome = policy.run(at, S.A, S.B)
    assert outcome == expected
    assert hash(outcome) == hash(expected)
    assert [outcome == other for other in OUTCOMES].count(True) == 1
    assert outcome.trace != expected.trace
    assert outcome != "outcome"


def test_values_show_their_fields() -> None:
    """The repr of a verdict or an outcome names its fields."""
    assert repr(delay(2.5, reason="later")) == "Delay(seconds=2.5, reason='later')"
    assert repr(Aborted("never")) == "Aborted(reason='never')"
    assert repr(proceed()) == "Proceed()"
    assert repr(Transition(S.A, None, 3)) == "Transition(<S.A: 1>, None, 3)"


def test_outcomes_match_by_position() -> None:
    """The fields of an outcome can be taken out by position in a `match`."""
    match policy.run(3, S.A, S.B):
        case Rejected(state, reason, carried):
            assert (state, reason, carried) == (S.B, "with a payload", payload)
        case other:
            pytest.fail(repr(other))


@pytest.mark.parametrize("seconds", [-1, -0.001, math.inf, -math.inf, math.nan])
def test_a_delay_is_finite_and_not_negative(seconds: float) -> None:
    """A delay that nobody can wait for is refused when the verdict is made."""
    with pytest.raises(
        ValueError, match=r"delay\(\) takes a finite number of seconds, at least 0, not "
    ):
        delay(seconds, reason="later")


@pytest.mark.parametrize("state", ["a", None, 3])
def test_a_rejection_proposes_a_state(state: Any) -> None:
    """What is neither a member nor a state-like cannot be proposed; to stay, the argument is left out."""
    with pytest.raises(
        StateError, match=r"To stay in the current state, leave the argument out: reject\(reason="
    ) as e:
        reject(state, reason="no")
    assert e.value.state is state


TRACES = {
    0: """
  1  first   proceeded  after
  2  spoken  proceeded  after
  3  last    proceeded  after""",
    1: """
  1  first   proceeded            cleanup
  2  spoken  reject to S.A: there  cleanup
  3  last    nullified by spoken""",
    2: """
  1  first   proceeded            cleanup
  2  spoken  reject: stay         cleanup
  3  last    nullified by spoken""",
    4: """
  1  first   proceeded            cleanup
  2  spoken  delay by 2.5 s: later  cleanup
  3  last    nullified by spoken""",
    5: """
  1  first   proceeded            cleanup
  2  spoken  abort: never         cleanup
  3  last    nullified by spoken""",
}


@pytest.mark.parametrize("at", TRACES)
def test_a_trace_prints_a_line_for_each_entry(at: int) -> None:
    """A line has what the entry did, and which of its sides was due, in columns."""
    shown = str(policy.run(at, S.A, S.B).trace).splitlines()
    assert [line.split() for line in shown] == [
        line.split() for line in TRACES[at].splitlines() if line
    ]
    assert (
        len({line.index(due) for line in shown for due in (" after", " cleanup") if due in line})
        <= 1
    )


def test_a_trace_is_a_value() -> None:
    """A trace has who spoke; each line what the entry did, its verdict and what was due. It equals another one."""
    trace = policy.run(5, S.A, S.B).trace
    assert trace == policy.run(5, S.A, S.B).trace != policy.run(4, S.A, S.B).trace
    assert trace.speaker is spoken
    assert [(line.did, line.due) for line in trace.entries] == [
        ("proceeded", "cleanup"),
        ("spoke", "cleanup"),
        ("nullified", None),
    ]
    assert [line.verdict for line in trace.entries] == [proceed(), abort(reason="never"), None]
    assert policy.run(0, S.A, S.B).trace.speaker is None
    assert str(Aborted("made by hand").trace) == "  no entries"


def test_an_explanation_of_nothing() -> None:
    """The explanation of a policy without entries says so."""
    assert (
        str(Policy[S, int](name="empty").explain(None, S.A)) == "empty: None -> S.A\n  no entries"
    )


def test_an_explanation_shortens_long_sets() -> None:
    """Of more than four states the first three are shown, in the order of their definition, `None` last."""
    many = Enum("many", ["E", "D", "C", "B", "A"])

    def nothing(_: Transition[Enum | None, Enum | None, object]) -> None: ...

    wide = rule[Enum | None, Enum | None](
        from_states=every(many) | {None}, to_states={many["A"], None}
    )(nothing)
    explanation = str(Policy[Enum, object](wide).explain(many["E"], many["E"]))
    assert explanation.splitlines()[1] == "  1  nothing  no: only when entering A, None"
    rest = rule[Enum, Enum](from_states=every(many) - {many["E"]}, to_states=every(many))(nothing)
    line = str(Policy[Enum, object](rest).explain(many["E"], many["E"])).splitlines()[1]
    assert line == "  1  nothing  no: only when leaving D, C, B, A"
    more = rule[Enum, Enum](from_states={many["A"]}, to_states=every(many))(nothing)
    line = str(Policy[Enum, object](more).explain(None, None)).splitlines()[1]
    assert line == "  1  nothing  no: only when leaving A and entering E, D, C, 2 more"


def round_trip(value: Any) -> Any:
    return pickle.loads(pickle.dumps(value))


def test_policies_travel() -> None:
    """A policy comes out of a pickle with the same rules, compiled; a subclass without being asked for them again."""
    back = round_trip(policy)
    assert (type(back), repr(back), back.priority()) == (Policy, repr(policy), policy.priority())
    assert back.run(5, S.A, S.B).trace == policy.run(5, S.A, S.B).trace
    orders = round_trip(Orders(limit=3))
    assert (type(orders), orders.limit, orders.priority()) == (Orders, 3, (first, spoken, last))
    composed = round_trip(policy.replacing(first, other))
    assert composed.priority() == (other, spoken, last)
    assert isinstance(round_trip(AsyncPolicy[S, int](first)), AsyncPolicy)


@rule(from_states={S.A}, to_states={S.B})
def other(_: Transition[S, S, int]) -> None: ...


@pytest.mark.parametrize("outcome", OUTCOMES[:3] + OUTCOMES[4:])
def test_outcomes_travel_without_their_policy(outcome: Outcome[S]) -> None:
    """An outcome comes out of a pickle equal to itself, with an empty trace."""
    made = policy.run(OUTCOMES.index(outcome), S.A, S.B)
    back = round_trip(made)
    assert back == made
    assert (len(made.trace.entries), back.trace.entries) == (3, ())
    assert b"spoken" not in pickle.dumps(made)


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


def test_a_rule_keeps_what_its_function_says() -> None:
    """The rule has the function's name, module and docstring, so that tools find them; its other hooks do nothing."""

    @rule(from_states={S.A}, to_states={S.B})
    def documented(_: Transition[S, S, int]) -> Verdict[S]:
        """Say why."""
        return abort(reason="no")

    assert (documented.__name__, documented.__doc__, documented.__module__) == (
        "documented",
        "Say why.",
        __name__,
    )
    assert (
        repr(documented)
        == f"<rule {test_a_rule_keeps_what_its_function_says.__name__}.<locals>.documented>"
    )
    transition = Transition(S.A, S.B, 1)
    assert documented.before_transition(transition) == abort(reason="no")
    documented.after_transition(transition)
    documented.cleanup(transition)


@pytest.mark.spawns
def test_a_process_pool_runs_a_policy() -> None:
    """Policies, contexts and outcomes go to other processes and come back."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        found = list(pool.map(policy.run, range(6), [S.A] * 6, [S.B] * 6))
    assert found[:3] + found[4:] == OUTCOMES[:3] + OUTCOMES[4:]
