# pyright: reportUnnecessaryTypeIgnoreComment=true
"""The test kit: the context, what observes it and the commit fit the policy."""

from __future__ import annotations

from enum import Enum
from typing import assert_type

from bylaws import AsyncPolicy, Delay, Outcome, Policy
from bylaws.testing import LeakError, assert_undone, assert_undone_async


class S(Enum):
    NEW = 1
    PAID = 2


class Other(Enum):
    NEW = 1


class Order:
    slots: int = 0

    def commit(self, state: S, outcome: Outcome[S]) -> Delay | None: ...

    async def acommit(self, state: S, outcome: Outcome[S]) -> Delay | None: ...


class RushOrder(Order): ...


class Parcel: ...


def slots(order: Order) -> int:
    return order.slots


def rush_slots(order: RushOrder) -> int:
    return order.slots


async def stored(order: Order) -> int:
    return order.slots


async def made() -> Order:
    return Order()


def write(order: Order, state: S, outcome: Outcome[S]) -> None: ...


def write_other(order: Order, state: Other, outcome: Outcome[Other]) -> None: ...


def write_alone(state: S, outcome: Outcome[S]) -> None: ...


def plain(policy: Policy[S, Order], anybodys: Policy[S], either: AsyncPolicy[S, Order]) -> None:
    assert_type(assert_undone(policy, S.NEW, S.PAID, context=Order, observe=slots), int)
    assert_undone(policy, None, S.PAID, context=Order, observe=slots, commit=write)
    assert_undone(policy, S.NEW, None, context=Order, observe=slots, commit=Order.commit)
    assert_undone(policy, S.NEW, S.PAID, context=RushOrder, observe=slots, seconds=0.5)
    assert_undone(anybodys, S.NEW, S.PAID, context=lambda: None, observe=repr, packages=["shop"])
    assert_type(LeakError("").strikes, int)

    assert_undone(policy, S.NEW, S.PAID, context=Parcel, observe=repr)  # type: ignore[arg-type]  # a context of the wrong type
    assert_undone(policy, S.NEW, S.PAID, context=Order(), observe=slots)  # type: ignore[arg-type]  # a context instead of what makes one
    assert_undone(policy, S.NEW, S.PAID, context=Order, observe=rush_slots)  # type: ignore[arg-type]  # an observe of a narrower context
    assert_undone(policy, S.NEW, S.PAID, context=made, observe=slots)  # type: ignore[arg-type]  # an async context of a plain run
    assert_undone(policy, Other.NEW, S.PAID, context=Order, observe=slots)  # type: ignore[misc]  # a state of another enum
    assert_undone(policy, S.NEW, S.PAID, context=Order, observe=slots, commit=write_other)  # type: ignore[arg-type]  # a commit of another enum
    assert_undone(policy, S.NEW, S.PAID, context=Order, observe=slots, commit=write_alone)  # type: ignore[arg-type]  # a commit without the context
    assert_undone(policy, S.NEW, S.PAID, context=Order, observe=slots, commit=Order.acommit)  # type: ignore[arg-type]  # an async commit of a plain run
    assert_undone(either, S.NEW, S.PAID, context=Order, observe=slots)  # type: ignore[arg-type]  # an async policy without its loop
    assert_undone(policy, S.NEW, S.PAID, context=Order)  # type: ignore[call-arg]  # nothing to observe
    assert_undone(policy, S.NEW, S.PAID, context=Order, observe=slots, seconds="1")  # type: ignore[arg-type]  # seconds that are a text


async def awaited(policy: AsyncPolicy[S, Order], also: Policy[S, Order]) -> None:
    assert_type(await assert_undone_async(policy, S.NEW, S.PAID, context=Order, observe=slots), int)
    await assert_undone_async(also, S.NEW, S.PAID, context=Order, observe=slots, commit=write)
    await assert_undone_async(policy, S.NEW, S.PAID, context=made, observe=stored)
    await assert_undone_async(
        policy, S.NEW, S.PAID, context=made, observe=stored, commit=Order.acommit
    )

    await assert_undone_async(policy, S.NEW, S.PAID, context=Parcel, observe=repr)  # type: ignore[arg-type]  # a context of the wrong type, awaited
    await assert_undone_async(policy, S.NEW, S.PAID, context=made, observe=rush_slots)  # type: ignore[arg-type]  # an observe of a narrower context, awaited
    await assert_undone_async(
        policy,
        S.NEW,
        S.PAID,
        context=made,
        observe=slots,
        commit=write_other,  # type: ignore[arg-type]  # a commit of another enum, awaited
    )
    assert_undone_async(policy, S.NEW, S.PAID, context=Order, observe=slots)  # type: ignore[unused-coroutine]  # a forgotten await
