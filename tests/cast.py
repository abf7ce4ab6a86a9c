"""The cast: the states and the entries that most tests share."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import Enum, IntEnum, StrEnum
from typing import Any, Generic, TypeVar

import pytest

from bylaws import (
    Aborted,
    Accepted,
    AnyTransition,
    BaseRule,
    BaseTransform,
    Delayed,
    Entry,
    FunctionRule,
    Outcome,
    Policy,
    PolicyError,
    Rejected,
    Transition,
    Verdict,
    abort,
    delay,
    every,
    proceed,
    reject,
    rule,
    states,
)
from bylaws.protocols import AnyRule

E = TypeVar("E", bound=Enum)


class S(Enum):
    """The states of most tests, and an alias."""

    A = 1
    B = 2
    C = 3
    ALSO_A = 1  # noqa: PIE796 (an alias)


class Mine(Enum):
    """Another enum, with a name and a value of `S`."""

    A = 1


class Text(StrEnum):
    """States that equal strings."""

    A = "a"
    B = "b"


class OtherText(StrEnum):
    """A state that equals one of `Text`."""

    A = "a"


class Number(IntEnum):
    """States that equal integers; zero is falsy. Makes up what it does not list."""

    ZERO = 0
    ONE = 1
    TWO = 2
    ALSO_TWO = 2

    @classmethod
    def _missing_(cls, value: object) -> Number:
        made = int.__new__(cls, 7)
        made._name_, made._value_ = "UNKNOWN", 7
        return made


@dataclass(frozen=True)
class Row(Generic[E]):
    """A state-like. Equal to others, so that nothing may look it up by itself."""

    type: E
    note: str = ""


# --------------------------------------------------------------------------------------------------
# Entries
# --------------------------------------------------------------------------------------------------


@rule(from_states={S.A}, to_states={S.B})
def good(_: Transition[S, S, object]) -> None:
    """Proceed."""


@rule(from_states={S.A, None}, to_states={S.B, None})
def from_a(_: Transition[S | None, S | None, object]) -> None:
    """Proceed, on the border to "no state" too."""


@rule(from_states={Number.ZERO, None}, to_states={Number.ZERO})
def zero(_: Transition[Number | None, Number, object]) -> None:
    """Proceed."""


class Good(BaseRule[S, S, object]):
    """`good` as a class, whose hook is the other one."""

    from_states = states(S.A)
    to_states = states(S.B)

    def after_transition(self, _: Transition[S, S, object], /) -> None:
        """Do nothing."""


@dataclass(frozen=True)
class Same(BaseRule[S, S, object]):
    """All of them are equal."""

    from_states = states(S.A)
    to_states = states(S.B)

    def before_transition(self, transition: Transition[S, S, object], /) -> Verdict[S] | None:
        return None


class Book(BaseTransform[object]):
    """A transform."""

    def before_transition(self, _: AnyTransition[object], /) -> None:
        """Do nothing."""


class Notes(BaseTransform[object]):
    """Writes the states of every transition down."""

    def __init__(self) -> None:
        self.transitions: list[tuple[Enum | None, Enum | None]] = []

    def before_transition(self, transition: AnyTransition[object], /) -> None:
        self.transitions.append((transition.from_state, transition.to_state))


def late(*after: AnyRule) -> FunctionRule[S, S, object, None]:
    """A rule that runs after others."""

    @rule(from_states={S.A}, to_states={S.B}, runs_after=after)
    def late(_: Transition[S, S, object]) -> None: ...

    return late


def governs(
    from_states: AbstractSet[Enum | None], to_states: AbstractSet[Enum | None]
) -> Entry[Any, object]:
    """A rule over these states."""

    @rule(from_states=from_states, to_states=to_states)
    def governed(_: Transition[Enum | None, Enum | None, object]) -> None: ...

    return governed


def faults(*entries: Any, kind: Any = Policy) -> list[str]:
    """What is wrong with a policy of these entries."""
    with pytest.raises(PolicyError) as caught:
        kind(*entries, name="orders")
    error = caught.value
    assert str(error).startswith("The policy orders cannot be made:\n  - ")
    assert all(f"\n  - {fault}" in str(error) for fault in error.faults)
    return [str(fault) for fault in error.faults]


# --------------------------------------------------------------------------------------------------
# A policy whose second rule answers what the context says
# --------------------------------------------------------------------------------------------------


class Payload:
    """A state-like that is equal to itself alone."""

    type = S.B


payload = Payload()


@rule(from_states={S.A}, to_states={S.B})
def first(_: Transition[S, S, int]) -> None:
    """Proceed."""


@rule(from_states={S.A}, to_states=every(S), runs_after=(first,))
def spoken(t: Transition[S, S, int]) -> Verdict[S]:
    """Answer with one of all verdicts."""
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
def last(_: Transition[S | None, S, int]) -> None:
    """Proceed."""


@rule(from_states={S.A}, to_states={S.B})
def other(_: Transition[S, S, int]) -> None:
    """Proceed."""


answering = Policy[S, int](first, spoken, last, name="moves")
OUTCOMES: list[Outcome[S]] = [
    Accepted(S.B),
    Rejected(S.A, "there"),
    Rejected(None, "stay"),
    Rejected(S.B, "with a payload", payload),
    Delayed(2.5, "later"),
    Aborted("never"),
]
