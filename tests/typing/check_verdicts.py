# pyright: reportUnnecessaryTypeIgnoreComment=true
"""Verdicts and outcomes: made by functions, matched to the last case, never changed."""

from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import Literal, Never, TypeVar, assert_never, assert_type

from bylaws import (
    Abort,
    Aborted,
    Accepted,
    AnyTransition,
    Delay,
    Delayed,
    Outcome,
    Proceed,
    Reject,
    Rejected,
    StateLike,
    Trace,
    Transition,
    Verdict,
    abort,
    delay,
    proceed,
    reject,
)


class S(Enum):
    NEW = "new"
    PAID = "paid"


class Other(Enum):
    OPEN = "open"


class Order:
    total: int = 0


@dataclass
class Row:
    type: S


X = TypeVar("X", bound=Enum)


# What the four functions make.
assert_type(proceed(), Proceed)
assert_type(reject(reason="stay"), Reject[Never])
assert_type(reject(Row(S.NEW), reason="with a payload"), Reject[S])
assert_type(delay(30, reason="later"), Delay)
assert_type(delay(0.5, reason="later"), Delay)
assert_type(delay(timedelta(minutes=5), reason="later"), Delay)
assert_type(abort(reason="stop"), Abort)
to_new: Reject[S] = reject(S.NEW, reason="elsewhere")
stay: Verdict[S] = reject(reason="stay")


def either(verdict: Verdict[S], row: S | Row) -> Verdict[S]:
    return (
        reject(row, reason="a state or a state-like") if isinstance(verdict, Proceed) else verdict
    )


reject(None, reason="stay")  # type: ignore[call-overload]  # None proposed as a state
reject("new", reason="elsewhere")  # type: ignore[call-overload]  # a string proposed as a state
reject(S.NEW)  # type: ignore[call-overload]  # a rejection without a reason
reject(S.NEW, "elsewhere")  # type: ignore[call-overload]  # a reason without its name
delay(reason="later")  # type: ignore[call-arg]  # a delay without its seconds
delay("30", reason="later")  # type: ignore[arg-type]  # a string as seconds
abort("stop")  # type: ignore[call-arg]  # an abort's reason without its name
foreign: Verdict[S] = reject(Other.OPEN, reason="elsewhere")  # type: ignore[arg-type]  # a verdict over another enum


def say(verdict: Verdict[S]) -> str:
    match verdict:
        case Proceed():
            return "go on"
        case Reject(state, reason, payload):
            assert_type(state, S | None)
            assert_type(payload, StateLike[S] | None)
            return reason
        case Delay(seconds, reason):
            assert_type(seconds, float)
            return reason
        case Abort(reason):
            return reason
        case _:
            assert_never(verdict)


# An outcome is one of four.
def tell(outcome: Outcome[S]) -> str:
    assert_type(outcome.trace, Trace)
    match outcome:
        case Accepted(state, payload):
            assert_type(state, S | None)
            assert_type(payload, StateLike[S] | None)
            return "accepted"
        case Rejected(None, reason):
            return reason
        case Rejected(state, reason, payload):
            assert_type(state, S | None)
            assert_type(payload, StateLike[S] | None)
            return reason
        case Delayed(seconds, reason):
            assert_type(seconds, float)
            return reason
        case Aborted(reason):
            return reason
        case _:
            assert_never(outcome)


def tell_with_isinstance(outcome: Outcome[S]) -> str:
    if isinstance(outcome, Accepted):
        assert_type(outcome, Accepted[S])
        return "accepted"
    if isinstance(outcome, Rejected | Delayed):
        return outcome.reason
    assert_type(outcome, Aborted)
    return outcome.reason


def forgets_one(outcome: Outcome[S]) -> str:
    match outcome:
        case Accepted() | Rejected() | Delayed():
            return "told"
        case _:
            assert_never(outcome)  # type: ignore[arg-type]  # an unhandled outcome


def forgets_one_with_isinstance(outcome: Outcome[S]) -> str:
    if isinstance(outcome, Accepted | Rejected | Aborted):
        return "told"
    assert_never(outcome)  # type: ignore[arg-type]  # an unhandled outcome with isinstance


def forgets_a_verdict(verdict: Verdict[S]) -> str:
    match verdict:
        case Proceed() | Delay() | Abort():
            return "told"
        case _:
            assert_never(verdict)  # type: ignore[arg-type]  # an unhandled verdict


def reads_too_early(outcome: Outcome[S]) -> str:
    return outcome.reason  # type: ignore[union-attr]  # an outcome's reason read before it is told apart


def takes_the_state(outcome: Accepted[S]) -> S:
    return outcome.state  # type: ignore[return-value]  # an outcome's state taken without its None check


# Payloads: the state-likes that a run was given, over the transition's states without None.
def reads_payloads(
    move: Transition[S | None, S, Order],
    both: Transition[Literal[S.NEW], None, Order],
    anything: AnyTransition,
) -> Verdict[S]:
    assert_type(move.from_payload, StateLike[S] | None)
    assert_type(move.to_payload, StateLike[S] | None)
    assert_type(both.from_payload, StateLike[Literal[S.NEW]] | None)
    assert_type(anything.to_payload, StateLike[Enum] | None)
    if isinstance(move.from_payload, Row):
        assert_type(move.from_payload.type, S)
    if move.to_payload:
        return reject(move.to_payload, reason="as it was meant")
    return proceed()


def in_anybodys(move: Transition[X | None, X, Order]) -> StateLike[X] | None:
    return move.from_payload or move.to_payload


def takes_the_payload(move: Transition[S, S, Order]) -> S:
    return move.from_payload.type  # type: ignore[union-attr]  # a payload read without its None check


def takes_a_row(outcome: Accepted[S]) -> Row | None:
    return outcome.payload  # type: ignore[return-value]  # a payload taken for one's own class


# Nothing is assigned to: transitions, verdicts, outcomes are read.
def assigns(
    transition: Transition[S, S, Order],
    rejected: Reject[S],
    delayed: Delay,
    accepted: Accepted[S],
    aborted: Aborted,
    trace: Trace,
) -> None:
    transition.context.total = 5  # the context is the user's own
    transition.to_state = S.PAID  # type: ignore[misc]  # assigning to a transition's state
    transition.context = Order()  # type: ignore[misc]  # assigning to a transition's context
    rejected.state = S.PAID  # type: ignore[misc]  # assigning to a verdict's state
    delayed.seconds = 5  # type: ignore[misc]  # assigning to a verdict's seconds
    transition.to_payload = Row(S.PAID)  # type: ignore[misc]  # assigning to a transition's payload
    accepted.payload = Row(S.PAID)  # type: ignore[misc]  # assigning to an outcome's payload
    accepted.state = S.PAID  # type: ignore[misc]  # assigning to an outcome's state
    aborted.reason = "because"  # type: ignore[misc]  # assigning to an outcome's reason
    accepted.trace = trace  # type: ignore[misc]  # assigning to an outcome's trace


class MyVerdict(Proceed): ...  # type: ignore[misc]  # a subclass of a verdict


class MyOutcome(Accepted[S]): ...  # type: ignore[misc]  # a subclass of an outcome


class MyTransition(Transition[S, S, Order]): ...  # type: ignore[misc]  # a subclass of Transition
