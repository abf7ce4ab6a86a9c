"""A team adds states of its own to the policy of its company, and every line stays checked."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from bylaws import Policy, Transition, Verdict, abort, delay, moves, proceed, reject, rule


class Core(Enum):
    """The states that every order of the company knows."""

    NEW = auto()
    PAID = auto()
    SHIPPED = auto()


class Fraud(Enum):
    """What one team adds to them."""

    SUSPECTED = auto()


@dataclass
class Order:
    """What the rules look at."""

    total: int
    home: str
    ship_to: str
    in_stock: bool = True


legal = moves({None: {Core.NEW}, Core.NEW: {Core.PAID}, Core.PAID: {Core.SHIPPED}})


@rule(from_states={Core.NEW}, to_states={Core.PAID})
def refuse_empty_orders(t: Transition[Core, Core, Order]) -> Verdict[Core]:
    """An order is worth something."""
    return proceed() if t.context.total > 0 else abort(reason="there is nothing to pay")


@rule(from_states={Core.PAID}, to_states={Core.SHIPPED})
def reserve_stock(t: Transition[Core, Core, Order]) -> Verdict[Core]:
    """What is out of stock comes in within the hour."""
    return proceed() if t.context.in_stock else delay(3_600, reason="out of stock")


company = Policy[Core, Order](legal, refuse_empty_orders, reserve_stock, name="orders")


# The team's own rules. This one proposes a state that the company does not have: to list it in a
# Policy[Core, Order] would be a type error.
@rule(from_states={Core.PAID}, to_states={Core.SHIPPED})
def hold_suspects(t: Transition[Core, Core, Order]) -> Verdict[Fraud]:
    """A dear order that goes abroad is looked at by a person first."""
    suspect = t.context.total > 1_000 and t.context.home != t.context.ship_to
    return reject(Fraud.SUSPECTED, reason="dear, and goes abroad") if suspect else proceed()


@rule[Core | Fraud, Core](from_states={Core.PAID, Fraud.SUSPECTED}, to_states={Core.SHIPPED})
def order_from_supplier(t: Transition[Core | Fraud, Core, Order]) -> Verdict[Core]:
    """As `reserve_stock`, with a faster supplier; also for orders cleared of suspicion."""
    return proceed() if t.context.in_stock else delay(600, reason="ordered from the supplier")


# Nobody asks for suspicion, so no move leads there. What a rule proposes is not put to the moves.
team_legal = moves(
    {
        None: {Core.NEW},
        Core.NEW: {Core.PAID},
        Core.PAID: {Core.SHIPPED},
        Fraud.SUSPECTED: {Core.SHIPPED},
    }
)

team = (
    Policy[Core | Fraud, Order](*company.entries, name="orders, with an eye on fraud")
    .replacing(legal, team_legal)
    .inserting(hold_suspects, before=reserve_stock)
    .replacing(reserve_stock, order_from_supplier)
)

if __name__ == "__main__":
    print(team.explain(Fraud.SUSPECTED, Core.SHIPPED))
    for order in (
        Order(20, "NL", "NL"),
        Order(20, "NL", "NL", in_stock=False),
        Order(5_000, "NL", "BR"),
    ):
        print(team.run(order, Core.PAID, Core.SHIPPED))
    print(team.run(Order(5_000, "NL", "BR"), Fraud.SUSPECTED, Core.SHIPPED))
    print(team.run(Order(5_000, "NL", "BR"), Fraud.SUSPECTED, Core.PAID))
