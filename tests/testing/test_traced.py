"""Outcomes in failed assertions."""

from __future__ import annotations

from bylaws import Accepted, Delayed, Rejected
from bylaws.testing.traced import compared
from pytest_bylaws import pytest_assertrepr_compare
from tests.testing.shop import BACK, DELAY, Order, S, orders

DELAYED = orders.run(Order([DELAY]), S.PAID, S.SHIPPED)
REJECTED = orders.run(Order([BACK, BACK]), S.PAID, S.SHIPPED)


def test_an_outcome_is_shown_with_its_trace() -> None:
    """What it is, what it is not, and what every entry did."""
    assert compared(DELAYED, Accepted(S.SHIPPED)) == [
        "Delayed(seconds=1, reason='no van') == Accepted(state=<S.SHIPPED: 'shipped'>)",
        "the trace:",
        "  1  moves     proceeded              cleanup",
        "  2  take_van  delay by 1 s: no van   cleanup",
        "  3  Load      nullified by take_van",
        "  4  Note      proceeded              after",
    ]


def test_outcomes_of_one_class_are_shown_by_their_fields() -> None:
    """What differs of them is named."""
    lines = compared(Delayed(2, "no van"), DELAYED) or []
    assert lines[:3] == [
        "Delayed(seconds=2, reason='no van') == Delayed(seconds=1, reason='no van')",
        "seconds: 2 != 1",
        "the trace:",
    ]


def test_both_may_have_a_trace() -> None:
    """Then both are shown."""
    lines = compared(DELAYED, REJECTED) or []
    assert lines.index("the trace of the left one:") < lines.index("the trace of the right one:")
    assert "  3  Load      reject to S.NEW: too heavy  after" in lines


def test_anything_else_is_not_our_business() -> None:
    """Outcomes without a trace, and what is none."""
    assert compared(Accepted(S.NEW), Rejected[S](None, "")) is None
    assert pytest_assertrepr_compare("==", 1, 2) is None
    assert pytest_assertrepr_compare("!=", DELAYED, DELAYED) is None
    assert pytest_assertrepr_compare("in", DELAYED, []) is None
    assert pytest_assertrepr_compare("==", 1, DELAYED) == compared(1, DELAYED)
