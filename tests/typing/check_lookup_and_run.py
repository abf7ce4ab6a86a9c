# pyright: reportUnnecessaryTypeIgnoreComment=true
"""Lookups and runs: which states, which context, which commit."""

from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Never, assert_type

from bylaws import (
    Abort,
    Delay,
    Entry,
    Explanation,
    Outcome,
    Policy,
    Reason,
    Reject,
    StateLike,
    Transition,
    Verdict,
    abort,
    delay,
    proceed,
    reject,
    rule,
)
from bylaws.verdict import Answer


class S(StrEnum):
    NEW = "new"
    PAID = "paid"


class Mine(Enum):
    DRAFT = "draft"


class Other(Enum):
    OPEN = "open"


class Order:
    total: int = 0


class Rush(Order):
    courier: str = ""


@dataclass
class Row:
    type: S


@dataclass
class OtherRow:
    type: Other


@rule(from_states={S.NEW}, to_states={S.PAID})
def pays(t: Transition[S, S, Order]) -> Verdict[S]:
    return proceed()


orders = Policy[S, Order](pays)
union = Policy[S | Mine, Order](pays)
state: S | None = None

# Which rules fire, and why.
assert_type(orders.compile_transition_rules(S.NEW, S.PAID), tuple[Entry[S, Order], ...])
assert_type(orders.compile_transition_rules(None, Row(S.PAID)), tuple[Entry[S, Order], ...])
assert_type(orders.explain(S.NEW, None), Explanation[Entry[S, Order]])
assert_type(orders.explain(S.NEW, None).entries, tuple[tuple[Entry[S, Order], Reason], ...])
assert_type(union.compile_transition_rules(Mine.DRAFT, S.NEW), tuple[Entry[S | Mine, Order], ...])

orders.compile_transition_rules(Other.OPEN, S.PAID)  # type: ignore[arg-type]  # a lookup with another enum
orders.compile_transition_rules(S.NEW, Other.OPEN)  # type: ignore[arg-type]  # a lookup with another enum (to)
orders.compile_transition_rules("new", S.PAID)  # type: ignore[arg-type]  # a lookup with a string
orders.compile_transition_rules(OtherRow(Other.OPEN), S.PAID)  # type: ignore[arg-type]  # a lookup with a state-like of another enum
orders.compile_transition_rules(S.NEW)  # type: ignore[call-arg]  # a lookup with one state only
orders.compile_transition_rules(S, S.PAID)  # type: ignore[arg-type]  # a lookup with an enum class
orders.explain(Other.OPEN, S.PAID)  # type: ignore[arg-type]  # explain with a foreign state
orders.explain(S.NEW)  # type: ignore[call-arg]  # explain with one state only
union.explain(Other.OPEN, Mine.DRAFT)  # type: ignore[arg-type]  # explain with a state that is in neither enum


# A run takes the context and both states.
def runs(order: Order, rush: Rush, state: S | None, row: StateLike[S] | None) -> None:
    assert_type(orders.run(order, S.NEW, S.PAID), Outcome[S])
    assert_type(union.run(order, Mine.DRAFT, S.PAID), Outcome[S | Mine])
    orders.run(rush, state, row)
    orders.run(order, None, None)
    orders.run(context=order, from_state=S.NEW, to_state=S.PAID)

    orders.run(5, S.NEW, S.PAID)  # type: ignore[arg-type]  # a run with another context
    orders.run(S.NEW, S.PAID)  # type: ignore[arg-type, call-arg]  # a run without its context
    orders.run(order, S.NEW)  # type: ignore[call-arg]  # a run with one state only
    orders.run(order, Other.OPEN, S.PAID)  # type: ignore[arg-type]  # a run from another enum
    orders.run(order, S.NEW, OtherRow(Other.OPEN))  # type: ignore[arg-type]  # a run to a state-like of another enum
    orders.run(order, "new", S.PAID)  # type: ignore[arg-type]  # a run from a string
    Policy[S, Rush]().run(order, S.NEW, S.PAID)  # type: ignore[arg-type]  # a run with a wider context than the policy's


# A commit is given the state to write and the outcome.
def commit(state: S, outcome: Outcome[S]) -> None: ...
def commit_any(state: Enum, outcome: Outcome[Enum]) -> None: ...
def commit_more(state: S | Mine, outcome: object, note: str = "") -> None: ...
def commit_other(state: Other, outcome: Outcome[S]) -> None: ...
def commit_other_outcome(state: S, outcome: Outcome[Other]) -> None: ...
def commit_state_only(state: S) -> None: ...
def commit_and_more(state: S, outcome: Outcome[S], note: str) -> None: ...
def commit_and_tell(state: S, outcome: Outcome[S]) -> S | None: ...
async def commit_later(state: S, outcome: Outcome[S]) -> None: ...


def commit_if_first(state: S, outcome: Outcome[S]) -> Delay | None:
    return None if state is S.NEW else delay(0.1, reason="another was faster")


def commit_once(state: S, outcome: Outcome[S]) -> Abort | Reject[Never] | None:
    return abort(reason="it is gone") if state is S.NEW else reject(reason="it is there")


def commit_and_raise(state: S, outcome: Outcome[S]) -> BaseException | None:
    return KeyboardInterrupt() if state is S.NEW else None


def commit_with_any_answer(state: S, outcome: Outcome[S]) -> Answer:
    return None


def commit_elsewhere(state: S, outcome: Outcome[S]) -> Reject[S] | None:
    return reject(S.NEW, reason="back")


def commit_or_not(state: S, outcome: Outcome[S]) -> bool:
    return True


def commit_by_verdict(state: S, outcome: Outcome[S]) -> Verdict[Never]:
    return proceed()


class Repository:
    def save(self, state: S, outcome: Outcome[S]) -> None: ...


def commits(order: Order, repository: Repository) -> None:
    orders.run(order, S.NEW, S.PAID, commit=commit)
    orders.run(order, S.NEW, S.PAID, commit=commit_any)
    orders.run(order, S.NEW, S.PAID, commit=commit_more)
    orders.run(order, S.NEW, S.PAID, commit=repository.save)
    orders.run(order, S.NEW, S.PAID, commit=lambda state, outcome: print(state.name, outcome.trace))
    orders.run(order, S.NEW, S.PAID, commit=None)

    # It may answer with a refusal, or with what is to be raised; most answer nothing.
    orders.run(order, S.NEW, S.PAID, commit=commit_if_first)
    orders.run(order, S.NEW, S.PAID, commit=commit_once)
    orders.run(order, S.NEW, S.PAID, commit=commit_and_raise)
    orders.run(order, S.NEW, S.PAID, commit=commit_with_any_answer)
    orders.run(order, S.NEW, S.PAID, commit=lambda state, outcome: delay(1, reason="busy"))
    orders.run(order, S.NEW, S.PAID, commit=lambda state, outcome: reject(reason="taken"))
    orders.run(order, S.NEW, S.PAID, commit=commit_elsewhere)  # type: ignore[arg-type]  # a commit that proposes a state
    orders.run(order, S.NEW, S.PAID, commit=commit_or_not)  # type: ignore[arg-type]  # a commit that returns bool
    orders.run(order, S.NEW, S.PAID, commit=commit_by_verdict)  # type: ignore[arg-type]  # a commit that returns any verdict
    orders.run(order, S.NEW, S.PAID, commit=lambda s, o: reject(S.NEW, reason="back"))  # type: ignore[arg-type]  # a lambda that proposes a state
    orders.run(order, S.NEW, S.PAID, commit=lambda s, o: order.total == 1)  # type: ignore[arg-type, return-value]  # a lambda that returns bool

    orders.run(order, S.NEW, S.PAID, commit=commit_other)  # type: ignore[arg-type]  # a commit over another enum
    orders.run(order, S.NEW, S.PAID, commit=commit_other_outcome)  # type: ignore[arg-type]  # a commit over the outcome of another enum
    orders.run(order, S.NEW, S.PAID, commit=commit_state_only)  # type: ignore[arg-type]  # a commit that does not take the outcome
    orders.run(order, S.NEW, S.PAID, commit=commit_and_more)  # type: ignore[arg-type]  # a commit that wants more
    orders.run(order, S.NEW, S.PAID, commit=commit_and_tell)  # type: ignore[arg-type]  # a commit that returns something
    orders.run(order, S.NEW, S.PAID, commit=commit_later)  # type: ignore[arg-type]  # an async commit in a run
    orders.run(order, S.NEW, S.PAID, commit=lambda state: None)  # type: ignore[arg-type, misc]  # a lambda that takes the state only
    orders.run(order, S.NEW, S.PAID, commit)  # type: ignore[call-arg]  # a commit without its name
    union.run(order, S.NEW, S.PAID, commit=commit)  # type: ignore[arg-type]  # a commit over fewer states than the policy's
