"""The smallest policy that one would really write: which orders may be paid and shipped."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from bylaws import Outcome, Policy, Transition, Verdict, delay, moves, proceed, reject, rule


class S(Enum):
    NEW = "new"
    PAID = "paid"
    SHIPPED = "shipped"
    CANCELLED = "cancelled"


@dataclass
class Order:
    kilos: float
    stolen_card: bool = False
    state: S | None = None


vans = ["red van", "blue van"]

legal = moves({None: {S.NEW}, S.NEW: {S.PAID, S.CANCELLED}, S.PAID: {S.SHIPPED, S.CANCELLED}})


@rule(from_states={S.NEW}, to_states={S.PAID})
def refuse_stolen_cards(t: Transition[S, S, Order]) -> Verdict[S]:
    return reject(S.CANCELLED, reason="the card is stolen") if t.context.stolen_card else proceed()


@rule(from_states={S.PAID}, to_states={S.SHIPPED})
def take_van(t: Transition[S, S, Order]) -> Verdict[S]:
    if not vans:
        return delay(3600, reason="every van is on the road")
    t.add_cleanup(vans.append, vans.pop())  # given back, whatever stops the shipment after this
    return proceed()


@rule(from_states={S.PAID}, to_states={S.SHIPPED}, runs_after=[take_van])
def load_van(t: Transition[S, S, Order]) -> Verdict[S]:
    return reject(reason="it does not fit into the van") if t.context.kilos > 500 else proceed()


orders = Policy[S, Order](legal, refuse_stolen_cards, take_van, load_van, name="orders")


def move(order: Order, to: S) -> Outcome[S]:
    def commit(state: S, _: Outcome[S]) -> None:
        order.state = state

    return orders.run(order, order.state, to, commit=commit)


if __name__ == "__main__":
    book, piano, ring = Order(kilos=1), Order(kilos=600), Order(kilos=0.1, stolen_card=True)
    for order in (book, piano, ring):
        print(move(order, S.NEW), move(order, S.PAID))
    print(move(piano, S.SHIPPED), vans)
    print(move(book, S.SHIPPED), vans)
    vans.clear()
    print(move(piano, S.SHIPPED))
    print(move(book, S.NEW))
    print("A paid order may become:", *orders.next_states(S.PAID))
    print(orders.explain(S.PAID, S.SHIPPED))
