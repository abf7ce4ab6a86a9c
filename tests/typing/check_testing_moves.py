# pyright: reportUnnecessaryTypeIgnoreComment=true
"""The test kit: moves, recordings and differences are over the policy's own states."""

from enum import Enum
from typing import assert_type

from hypothesis.strategies import SearchStrategy

from bylaws import AsyncPolicy, Policy, Transition, Verdict, proceed, rule
from bylaws.testing import (
    Seen,
    assert_locked,
    assert_only_changes,
    cells,
    recording,
    transitions,
)


class S(Enum):
    NEW = "new"
    PAID = "paid"


class Other(Enum):
    OPEN = "open"


class Order:
    total: int = 0


@rule(from_states={S.NEW}, to_states={S.PAID})
def pays(t: Transition[S, S, Order]) -> Verdict[S]:
    return proceed()


@rule(from_states={Other.OPEN}, to_states={Other.OPEN})
def opens(t: Transition[Other, Other, Order]) -> Verdict[Other]:
    return proceed()


orders = Policy[S, Order](pays)
later = AsyncPolicy[S, Order](pays)

assert_type(cells(orders), tuple[tuple[S | None, S | None], ...])
assert_type(cells(later, fires=pays), tuple[tuple[S | None, S | None], ...])
assert_type(transitions(orders), SearchStrategy[tuple[S | None, S | None]])
for move in cells(orders):
    orders.compile_transition_rules(*move)
with recording(orders) as seen:
    assert_type(seen, Seen)
assert_only_changes(orders, later, from_states={S.NEW, None}, to_states={S.PAID})
assert_locked("bylaws.lock", orders, later)

cells(S)  # type: ignore[arg-type]  # the states instead of the policy
transitions([orders])  # type: ignore[arg-type]  # several policies at once
recording(pays)  # type: ignore[arg-type]  # a rule that is recorded
cells(orders, fires="pays")  # type: ignore[arg-type]  # an entry by its name
assert_locked(orders)  # type: ignore[arg-type]  # a lock without its path
assert_locked("bylaws.lock", pays)  # type: ignore[arg-type]  # a rule that is locked
assert_only_changes(orders, later, {S.NEW})  # type: ignore[call-arg]  # sets without their names
assert_only_changes(orders, later, to_states={Other.OPEN})  # type: ignore[misc]  # sets of another enum
cells(orders, fires=opens)  # type: ignore[misc]  # an entry of another enum
