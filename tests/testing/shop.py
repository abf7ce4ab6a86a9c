"""A policy with all that can be exercised: legal moves, sides of both kinds, a transform."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from bylaws import (
    Abort,
    AnyTransition,
    AsyncPolicy,
    BaseRule,
    BaseTransform,
    Delay,
    Outcome,
    Policy,
    Proceed,
    Reject,
    Transition,
    Verdict,
    delay,
    moves,
    proceed,
    reject,
    rule,
    states,
)


class S(Enum):
    """The states of an order."""

    NEW = "new"
    PAID = "paid"
    SHIPPED = "shipped"


@dataclass
class Order:
    """What the rules answer by, in order; what has run out is a verdict to proceed."""

    answers: list[Verdict[S]] = field(default_factory=list[Verdict[S]])

    def next(self) -> Verdict[S]:
        return self.answers.pop(0) if self.answers else proceed()


legal = moves({None: {S.NEW}, S.NEW: {S.PAID}, S.PAID: {S.SHIPPED}})


@rule(from_states={S.PAID}, to_states={S.SHIPPED})
def take_van(t: Transition[S, S, Order]) -> Proceed | Delay:
    """Take a van, which is given back."""
    t.add_cleanup(len, "the van")
    answer = t.context.next()
    return answer if isinstance(answer, Delay) else proceed()


class Load(BaseRule[S, S, Order]):
    """Loads it, with a hook for either side."""

    from_states = states(S.PAID)
    to_states = states(S.SHIPPED)

    def before_transition(self, t: Transition[S, S, Order], /) -> Proceed | Reject[S]:
        answer = t.context.next()
        return answer if isinstance(answer, Reject) else proceed()

    def after_transition(self, t: Transition[S, S, Order], /) -> None:
        """Drive."""

    def cleanup(self, t: Transition[S, S, Order], /) -> None:
        """Unload."""


class Note(BaseTransform[Order]):
    """Counts decisions."""

    def __init__(self) -> None:
        self.noted = 0

    def on_decision(self, t: AnyTransition[Order], outcome: Outcome[Enum], /) -> None:
        self.noted += 1


load = Load()
note = Note()
orders = Policy[S, Order](legal, take_van, load, note, name="orders")
later = AsyncPolicy[S, Order](legal, take_van, load, note, name="orders")


@rule(from_states={S.NEW}, to_states={S.PAID})
def never(_: Transition[S, S, Order]) -> Abort | Delay:
    """Refuse always."""
    return delay(1, reason="never")


DELAY = delay(1, reason="no van")
STAY = reject(reason="too heavy")
BACK = reject(S.NEW, reason="too heavy")
