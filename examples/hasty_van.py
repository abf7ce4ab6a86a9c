"""`take_van` spelt in two lines, and what `assert_undone` says of it.

`python -m examples.hasty_van`
"""

from __future__ import annotations

from bylaws import Transition, Verdict, delay, proceed, rule
from bylaws.testing import assert_undone
from examples.orders import Order, S, orders, vans
from examples.orders import take_van as take_van_in_one_line


@rule(from_states={S.PAID}, to_states={S.SHIPPED})
def take_van(t: Transition[S, S, Order]) -> Verdict[S]:
    if not vans:
        return delay(3600, reason="every van is on the road")
    van = vans.pop()
    t.add_cleanup(vans.append, van)
    return proceed()


def order() -> Order:
    vans[:] = ["red van", "blue van"]
    return Order(kilos=1)


def test_vans_are_given_back() -> None:
    hasty = orders.replacing(take_van_in_one_line, take_van)
    assert_undone(hasty, S.PAID, S.SHIPPED, context=order, observe=lambda _: {"vans": vans})


if __name__ == "__main__":
    try:
        test_vans_are_given_back()
    except AssertionError as leaks:
        print(leaks)
