# pyright: reportUnnecessaryTypeIgnoreComment=true
"""What the type checkers have to know of the orders, and what they must refuse.

A file to copy into your own tests, with your policy, context and states in the place of these. It
is never executed: run `mypy --strict` and pyright, strict, over it with the rest. What is right
passes without a report. Each mistake has an ignore with the code that is reported, and both
checkers report an ignore that is not needed: so a mistake that would no longer be refused, because
a hook lost its annotation or somebody wrote `Any`, is an error here.
"""

from __future__ import annotations

from enum import Enum
from typing import assert_never, assert_type

from bylaws import (
    Aborted,
    Accepted,
    AsyncPolicy,
    Delayed,
    Outcome,
    Policy,
    Rejected,
    Transition,
    Verdict,
    proceed,
    reject,
    rule,
)
from examples.orders import Order, S, load_van, orders, take_van


class Other(Enum):
    PAID = "paid"


class Invoice:
    total: int = 0


@rule(from_states={Other.PAID}, to_states={Other.PAID})
def of_another_enum(_: Transition[Other, Other, Order]) -> Verdict[Other]:
    return proceed()


@rule(from_states={S.NEW}, to_states={S.PAID})
def of_another_context(_: Transition[S, S, Invoice]) -> Verdict[S]:
    return proceed()


@rule(from_states={S.NEW}, to_states={S.PAID})
async def awaits(_: Transition[S, S, Order]) -> Verdict[S]:
    return proceed()


def written(_state: S, _outcome: Outcome[S]) -> None: ...


def of_another_state(_state: Other, _outcome: Outcome[Other]) -> None: ...


def says_yes(_state: S, _outcome: Outcome[S]) -> bool:
    return True


# What is right, with the types that it has.


def what_is_known(order: Order) -> None:
    assert_type(orders, Policy[S, Order])
    assert_type(orders.run(order, S.NEW, S.PAID, commit=written), Outcome[S])
    assert_type(orders.run(order, None, S.NEW), Outcome[S])
    assert_type(orders.next_states(S.PAID), tuple[S | None, ...])
    assert_type(orders.without(load_van), Policy[S, Order])
    assert_type(orders.inserting(awaits, before=take_van), AsyncPolicy[S, Order])


def every_outcome_is_handled(outcome: Outcome[S]) -> S | None:
    match outcome:
        case Accepted(state) | Rejected(state):
            return state
        case Delayed() | Aborted():
            return None
        case _:
            assert_never(outcome)


# What is wrong.


def a_state_of_another_enum(order: Order) -> None:
    orders.run(order, Other.PAID, S.SHIPPED)  # type: ignore[arg-type]
    orders.run(order, S.PAID, Other.PAID)  # type: ignore[arg-type]
    orders.explain(S.PAID, Other.PAID)  # type: ignore[arg-type]
    orders.next_states(Other.PAID)  # type: ignore[arg-type]


def a_string_as_a_state(order: Order) -> None:
    orders.run(order, "paid", S.SHIPPED)  # type: ignore[arg-type]


def another_context() -> None:
    orders.run(Invoice(), S.NEW, S.PAID)  # type: ignore[arg-type]


def another_commit(order: Order) -> None:
    orders.run(order, S.NEW, S.PAID, commit=of_another_state)  # type: ignore[arg-type]
    orders.run(order, S.NEW, S.PAID, commit=says_yes)  # type: ignore[arg-type]


def a_rule_that_does_not_fit() -> None:
    orders.inserting(of_another_enum, before=take_van)  # type: ignore[arg-type]
    orders.inserting(of_another_context, before=take_van)  # type: ignore[arg-type]
    Policy[S, Order](awaits)  # type: ignore[arg-type]


def an_outcome_that_is_not_told_apart(order: Order) -> S | None:
    return orders.run(order, S.NEW, S.PAID).state  # type: ignore[union-attr]


def a_state_that_may_be_none(outcome: Accepted[S]) -> str:
    return outcome.state.name  # type: ignore[union-attr]


def an_outcome_that_nobody_handles(outcome: Outcome[S]) -> S | None:
    match outcome:
        case Accepted(state) | Rejected(state):
            return state
        case Delayed():
            return None
        case _:
            assert_never(outcome)  # type: ignore[arg-type]


@rule(from_states={S.PAID}, to_states={S.SHIPPED})
def a_foreign_proposal(_: Transition[S, S, Order]) -> Verdict[S]:
    return reject(Other.PAID, reason="")  # type: ignore[arg-type]


@rule(from_states={S.PAID, None}, to_states={S.SHIPPED})  # type: ignore[arg-type]
def does_not_take_none(_: Transition[S, S, Order]) -> Verdict[S]:
    return proceed()
