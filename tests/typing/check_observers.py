# pyright: reportUnnecessaryTypeIgnoreComment=true
"""Observers: `observed` gives the type of policy that it was given, and takes plain functions."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import assert_type

from bylaws import AsyncPolicy, Entry, Outcome, Policy, Transition, rule
from bylaws.observers import LogRuns, Observer, RunRecord, RunStart, at_end, observed
from bylaws.observers.otel import Telemetry


class S(Enum):
    NEW = 1
    PAID = 2


class Order: ...


@rule(from_states={S.NEW}, to_states={S.PAID})
def pay(_: Transition[S, S, Order]) -> None: ...


@rule(from_states={S.NEW}, to_states={S.PAID})
async def pay_later(_: Transition[S, S, Order]) -> None: ...


class Orders(Policy[S, Order]):
    def __init__(self, desk: str) -> None:
        self.desk = desk
        super().__init__()

    def priority(self) -> tuple[Entry[S, Order], ...]:
        return (pay,)

    def on_exception(self, error: BaseException, entry: object, hook: str) -> None:
        print(error, entry, hook)


def count(record: RunRecord) -> None:
    assert_type(record.outcome, Outcome[Enum] | None)
    assert_type(record.error, BaseException | None)
    assert_type(record.duration, float)
    assert_type(record.from_state, Enum | None)


def started(start: RunStart) -> Callable[[RunRecord], None]:
    return count


def only_started(start: RunStart) -> None: ...


def sometimes(start: RunStart) -> Callable[[RunRecord], None] | None:
    return None if start.from_state is None else count


class Spans:
    def __call__(self, start: RunStart) -> Callable[[RunRecord], None]:
        return count


some: list[Observer] = [started, only_started, sometimes, Spans(), LogRuns(), Telemetry()]
plain = Policy[S, Order](pay)
later = AsyncPolicy[S, Order](pay_later)

assert_type(observed(plain, *some), Policy[S, Order])
assert_type(observed(later, *some), AsyncPolicy[S, Order])
assert_type(observed(Orders("a"), at_end(count), at_end(print)), Orders)
assert_type(observed(Orders("a"), started).desk, str)
assert_type(observed(plain).without(pay), Policy[S, Order])
assert_type(observed(plain, started).run(Order(), S.NEW, S.PAID), Outcome[S])


async def async_started(start: RunStart) -> Callable[[RunRecord], None]:
    return count


async def async_end(record: RunRecord) -> None: ...


def takes_nothing() -> None: ...


def changes(record: RunRecord) -> None:
    record.outcome = None  # type: ignore[misc]  # a record that is changed


observed(plain, count)  # type: ignore[arg-type]  # a function of the end as an observer
observed(plain, LogRuns)  # type: ignore[arg-type]  # a class of observers as an observer
observed(plain, [started])  # type: ignore[arg-type]  # a list of observers
observed(plain, async_started)  # type: ignore[arg-type]  # an async observer
observed(plain, at_end(async_end))  # type: ignore[arg-type]  # an async function at the end
observed(plain, takes_nothing)  # type: ignore[arg-type]  # an observer that takes nothing
observed(pay, started)  # type: ignore[type-var]  # a rule that is observed
observed(Orders, started)  # type: ignore[type-var]  # a class of policies that is observed
observed(later, started).run(Order(), S.NEW, S.PAID)  # type: ignore[attr-defined]  # run() on an observed AsyncPolicy
LogRuns(levels={"refused": 10})  # type: ignore[dict-item]  # the level of an outcome that there is not
Telemetry(True)  # type: ignore[arg-type,call-arg]  # an option without its name
