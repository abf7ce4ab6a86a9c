"""Verdicts and outcomes are values: equal, shown and matched by their fields."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Any

import pytest

from bylaws import (
    Aborted,
    Delayed,
    Outcome,
    Policy,
    Rejected,
    StateError,
    Transition,
    Verdict,
    delay,
    proceed,
    reject,
    rule,
)
from tests.cast import OUTCOMES, S, answering, payload


@pytest.mark.parametrize(("at", "expected"), list(enumerate(OUTCOMES)))
def test_outcomes_compare_by_their_fields(at: int, expected: Outcome[S]) -> None:
    """An outcome equals one with the same fields, whatever their traces are, and no other."""
    outcome = answering.run(at, S.A, S.B)
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
    match answering.run(3, S.A, S.B):
        case Rejected(state, reason, carried):
            assert (state, reason, carried) == (S.B, "with a payload", payload)
        case other:
            pytest.fail(repr(other))


# --------------------------------------------------------------------------------------------------
# Verdicts are checked when they are made
# --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seconds", [-1, -0.001, math.inf, -math.inf, math.nan])
def test_a_delay_is_finite_and_not_negative(seconds: float) -> None:
    """A delay that nobody can wait for is refused when the verdict is made."""
    with pytest.raises(
        ValueError,
        match=r"delay\(\) takes a finite number of seconds, at least 0, or a timedelta, not ",
    ):
        delay(seconds, reason="later")


def test_no_time_is_a_delay_too() -> None:
    """`delay(0)` is a refusal like any; less than that is an error that says what came."""

    @rule(from_states={S.A}, to_states={S.B})
    def at_once(_: Transition[S, S, object]) -> Verdict[S]:
        return delay(0, reason="r")

    assert Policy[S, object](at_once).run(None, S.A, S.B) == Delayed(0, "r")
    with pytest.raises(ValueError, match=r"at least 0, or a timedelta, not -1$"):
        delay(-1, reason="r")


def test_a_delay_may_be_a_timedelta() -> None:
    """Its seconds are what the verdict and the outcome have; less than none is an error."""
    assert delay(timedelta(minutes=1.5), reason="r") == delay(90, reason="r")
    assert delay(timedelta(0), reason="r") == delay(0.0, reason="r")
    with pytest.raises(ValueError, match=r"or a timedelta, not datetime\.timedelta\(days=-1\)$"):
        delay(timedelta(days=-1), reason="r")


@pytest.mark.parametrize("state", ["a", None, 3])
def test_a_rejection_proposes_a_state(state: Any) -> None:
    """What is no member and no state-like cannot be proposed; to stay, leave the argument out."""
    with pytest.raises(
        StateError, match=r"To stay in the current state, leave the argument out: reject\(reason="
    ) as e:
        reject(state, reason="no")
    assert e.value.state is state
