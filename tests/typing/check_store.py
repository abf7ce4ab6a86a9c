"""Stores: the states and the context are the policy's, and so checked in every call."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import assert_type

from sqlalchemy import Column, Connection, Engine, Integer, MetaData, RowMapping, Table, Text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from bylaws import AsyncPolicy, Outcome, Policy, Transition, abort, rule
from bylaws.store import AsyncStore, ConflictError, Record, Store, history_table


class S(Enum):
    NEW = "new"
    PAID = "paid"


class Other(Enum):
    NEW = "new"


class Base(DeclarativeBase): ...


class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[S | None]
    text: Mapped[str]
    other: Mapped[Other]
    version: Mapped[int]


@dataclass
class Work:
    total: int
    connection: Connection


@dataclass
class AsyncWork:
    connection: AsyncConnection


@rule(from_states={S.NEW}, to_states={S.PAID})
def reserve(t: Transition[S, S, Work]) -> None: ...


@rule(from_states={S.NEW}, to_states={S.PAID})
async def areserve(t: Transition[S, S, AsyncWork]) -> None: ...


metadata = MetaData()
plain = Table("plain", metadata, Column("id", Integer), Column("state", Text), Column("v", Integer))
kept = history_table(metadata, "history")
free = Policy[S]()
governed = Policy[S, Work](reserve)


def refuse(conflict: ConflictError) -> None: ...


def stores(engine: Engine) -> None:
    rows = Store(engine, governed, key=Order.id, state=Order.state, version=Order.version)
    assert_type(rows, Store[S, RowMapping, Work])
    core = Store(engine, free, key=plain.c.id, state=plain.c.state, version=plain.c.v, history=kept)
    assert_type(core, Store[S, RowMapping, object])
    own = Store(
        engine,
        governed,
        key=Order.id,
        state=Order.text,
        version=Order.version,
        row=lambda row: Order(id=row["id"]),
        on_conflict=lambda conflict: abort(reason=str(conflict)),
        record="all",
    )
    assert_type(own, Store[S, Order, Work])

    assert_type(core.move(1, S.NEW), Outcome[S])
    assert_type(core.history(1), Iterator[Record[S]])
    assert_type(
        rows.move(1, S.PAID, context=lambda row, connection: Work(row["total"], connection)),
        Outcome[S],
    )
    assert_type(
        own.add({}, S.NEW, context=lambda order, connection: Work(order.id, connection)),
        tuple[object, Outcome[S]],
    )
    for record in own.history(1):
        assert_type(record.from_state, S | None)
        assert_type(record.intended, S)

    rows.move(1, S.PAID)  # type: ignore[call-arg]  # Store.move() without the context that its policy needs
    rows.move(1, Other.NEW, context=lambda row, connection: Work(1, connection))  # type: ignore[arg-type]  # Store.move() to a state of another enum
    core.move(1, None)  # type: ignore[call-overload]  # Store.move() to None
    core.move(1, "new")  # type: ignore[call-overload]  # Store.move() to a text
    rows.move(1, S.PAID, context=lambda row, connection: connection)  # type: ignore[arg-type, return-value]  # Store.move() with a context of another type
    own.move(1, S.PAID, context=lambda row, connection: Work(row["id"], connection))  # type: ignore[index]  # Store.move() with a context made of another row
    Store(engine, free, key=Order.id, state=Order.other, version=Order.version)  # type: ignore[misc]  # Store whose column is of another enum than its policy
    Store(engine, free, key=Order.id, state=Order.state, version=Order.text)  # type: ignore[arg-type]  # Store whose version is a text
    Store(engine, free, key=1, state=Order.state, version=Order.version)  # type: ignore[arg-type]  # Store whose key is no column
    Store(
        engine,
        AsyncPolicy[S](),  # type: ignore[arg-type]  # Store with an AsyncPolicy
        key=Order.id,
        state=Order.state,
        version=Order.version,
    )
    Store(
        engine,
        free,
        key=Order.id,
        state=Order.state,
        version=Order.version,
        on_conflict=refuse,  # type: ignore[arg-type]  # Store whose on_conflict gives no refusal
    )
    Store(
        engine,
        free,
        key=Order.id,
        state=Order.state,
        version=Order.version,
        record="some",  # type: ignore[arg-type]  # Store with a record= that there is not
    )


def instances(session: Session, order: Order, orders: Store[S, RowMapping, object]) -> None:
    assert_type(
        free.run(None, order.state, S.PAID, commit=orders.commit(session, order, S.PAID)),
        Outcome[S],
    )


async def async_stores(engine: AsyncEngine, session: AsyncSession, order: Order) -> None:
    policy = AsyncPolicy[S, AsyncWork](areserve)
    rows = AsyncStore(engine, policy, key=Order.id, state=Order.state, version=Order.version)
    assert_type(rows, AsyncStore[S, RowMapping, AsyncWork])
    assert_type(
        await rows.move(1, S.PAID, context=lambda row, connection: AsyncWork(connection)),
        Outcome[S],
    )
    assert_type(rows.history(1), AsyncIterator[Record[S]])
    await policy.arun(
        AsyncWork(await session.connection()),
        order.state,
        S.PAID,
        commit=rows.commit(session, order, S.PAID),
    )
    simple = AsyncStore(engine, free, key=Order.id, state=Order.state, version=Order.version)
    assert_type(await simple.move(1, S.NEW), Outcome[S])
    await rows.move(1, S.PAID)  # type: ignore[call-arg]  # AsyncStore.move() without the context that its policy needs
    await rows.move(1, S.PAID, context=lambda row, connection: connection)  # type: ignore[arg-type, return-value]  # AsyncStore.move() with a context of another type
