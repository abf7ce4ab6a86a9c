"""An edit of the policy of `orders.py`, to see what `bylaws diff` says of it."""

from __future__ import annotations

from bylaws import Moves, Transition, Verdict, proceed, reject, rule
from examples.orders import Order, S, orders, refuse_stolen_cards


@rule(from_states={S.NEW, S.PAID}, to_states={S.CANCELLED})
def keep_large_orders(t: Transition[S, S, Order]) -> Verdict[S]:
    return reject(reason="ask the customer first") if t.context.kilos > 100 else proceed()


edited = orders.without(refuse_stolen_cards).inserting(keep_large_orders, after=Moves)
