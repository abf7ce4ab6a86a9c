"""The cast of the store's tests: a table of orders, its audit, its history, and policies."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, ForeignKey, RowMapping, func, insert, select
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from bylaws import (
    Abort,
    AnyTransition,
    AsyncBaseTransform,
    AsyncPolicy,
    BaseTransform,
    Delay,
    Outcome,
    Policy,
    Transition,
    Verdict,
    abort,
    delay,
    moves,
    proceed,
    reject,
    rule,
)
from bylaws.store import AsyncStore, ConflictError, Store, history_table

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine  # needs greenlet


class S(Enum):
    """What becomes of an order."""

    NEW = "new"
    PAID = "paid"
    SENT = "sent"
    LOST = "lost"


class Base(DeclarativeBase): ...


class Order(Base):
    """The subjects."""

    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[S | None]
    version: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=1)


class Counted(Base):
    """The subjects, with a version that the mapper counts."""

    __tablename__ = "counted"
    id: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[S | None]
    version: Mapped[int] = mapped_column()
    total: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}


class Audit(Base):
    """What hooks write."""

    __tablename__ = "audit"
    id: Mapped[int] = mapped_column(primary_key=True)
    order: Mapped[int | None] = mapped_column(ForeignKey("orders.id"))
    text: Mapped[str]


HISTORY = history_table(Base.metadata, "order_history")
LEGAL = moves({None: {S.NEW}, S.NEW: {S.PAID, S.LOST}, S.PAID: {S.SENT, S.LOST, S.PAID}})


@dataclass
class Work:
    """What the rules of the plain store work with."""

    row: RowMapping
    connection: Connection
    meanwhile: Callable[[], object] = lambda: None
    """What another does between reading and writing."""
    taken: list[str] = field(default_factory=list[str])
    """What rules have taken and not given back, and what after sides did."""

    def write(self, text: str) -> None:
        self.connection.execute(insert(Audit).values(order=self.row["id"], text=text))


@rule(from_states={None, S.NEW, S.PAID}, to_states={S.NEW, S.PAID, S.SENT, S.LOST})
def take(t: Transition[S | None, S, Work]) -> None:
    """Take something, which is given back unless the move happens."""
    t.context.taken.append("taken")
    t.add_cleanup(t.context.taken.remove, "taken")


@rule(from_states={S.NEW}, to_states={S.PAID})
def check_total(t: Transition[S, S, Work]) -> Verdict[S]:
    """Refuse in each way, by the total."""
    t.context.write("check_total")
    match t.context.row["total"]:
        case 0:
            return reject(S.LOST, reason="nothing to pay")
        case -1:
            return reject(reason="stay")
        case -2:
            return delay(5, reason="later")
        case -3:
            return abort(reason="never")
        case _:
            return proceed()


class Meanwhile(BaseTransform[Work]):
    """Lets another do what it does, and tells what came of it."""

    def on_decision(self, t: AnyTransition[Work], outcome: Outcome[Enum], /) -> None:
        t.context.write(f"decided {type(outcome).__name__}")
        t.context.meanwhile()

    def after_transition(self, t: AnyTransition[Work], outcome: Outcome[Enum], /) -> None:
        t.context.taken.append(f"after {type(outcome).__name__}")


POLICY = Policy[S, Work](LEGAL, take, check_total, Meanwhile(), name="orders")
BARE = Policy[S](LEGAL, name="bare")


@dataclass
class AsyncWork:
    """What the rules of the async store work with."""

    row: RowMapping
    connection: AsyncConnection
    meanwhile: Callable[[], object] = lambda: None
    taken: list[str] = field(default_factory=list[str])


class AsyncMeanwhile(AsyncBaseTransform[AsyncWork]):
    """As `Meanwhile`."""

    async def before_transition(self, t: AnyTransition[AsyncWork], /) -> None:
        t.context.taken.append("taken")
        t.add_cleanup(t.context.taken.append, "raised")

    async def on_decision(self, t: AnyTransition[AsyncWork], outcome: Outcome[Enum], /) -> None:
        await t.context.connection.execute(
            insert(Audit).values(order=t.context.row["id"], text=type(outcome).__name__)
        )
        awaited: Any = t.context.meanwhile()
        if awaited is not None:
            await awaited

    async def after_transition(
        self, t: AnyTransition[AsyncWork], outcome: Outcome[Enum], /
    ) -> None:
        t.context.taken.append(f"after {type(outcome).__name__}")


ASYNC_POLICY = AsyncPolicy[S, AsyncWork](LEGAL, AsyncMeanwhile(), name="orders")


def orders(engine: Engine, **options: Any) -> Store[S, RowMapping, Work]:
    """A store of orders."""
    options = {"history": HISTORY, **options}
    return Store(engine, POLICY, key=Order.id, state=Order.state, version=Order.version, **options)


def bare(engine: Engine, **options: Any) -> Store[S]:
    """A store of orders whose rules ask for no context."""
    options = {"history": HISTORY, **options}
    return Store(engine, BARE, key=Order.id, state=Order.state, version=Order.version, **options)


def async_orders(engine: AsyncEngine, **options: Any) -> AsyncStore[S, RowMapping, AsyncWork]:
    """An async store of orders."""
    options = {"history": HISTORY, **options}
    return AsyncStore(
        engine, ASYNC_POLICY, key=Order.id, state=Order.state, version=Order.version, **options
    )


def busy(conflict: ConflictError) -> Delay:
    """A refusal of a conflict."""
    return delay(1, reason="busy")


def named(conflict: ConflictError) -> Delay:
    """One that says for which row."""
    return delay(1, reason=str(conflict.key))


def lost(conflict: ConflictError) -> Abort:
    """Another kind of one."""
    return abort(reason=f"lost {conflict.key}")


def fill(engine: Engine, *, state: S | None = None, total: int = 1, key: int = 1) -> None:
    """Insert an order."""
    with engine.begin() as connection:
        connection.execute(insert(Order).values(id=key, state=state, version=0, total=total))


def seen(engine: Engine, key: int = 1) -> tuple[S | None, int]:
    """State and version of an order."""
    with engine.connect() as connection:
        row = connection.execute(select(Order.state, Order.version).where(Order.id == key)).one()
        return row.state, row.version


def audits(engine: Engine) -> list[str]:
    """What hooks have written."""
    with engine.connect() as connection:
        return list(connection.scalars(select(Audit.text).order_by(Audit.id)))


def records(engine: Engine) -> int:
    """How many rows the history has."""
    with engine.connect() as connection:
        return connection.scalar(select(func.count()).select_from(HISTORY)) or 0
