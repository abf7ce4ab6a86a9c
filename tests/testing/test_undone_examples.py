"""What `assert_undone` has to say about the examples."""

from __future__ import annotations

import asyncio
import itertools
import linecache
from collections.abc import Iterator
from pathlib import Path

import pytest

from bylaws import Policy, Transition, Verdict, delay, proceed, rule
from bylaws.testing import LeakError, assert_undone
from examples.orders import Order, S, orders, vans
from examples.prefect_policies import build, load_facts, state_named

MOVES = [(S.NEW, S.PAID), (S.PAID, S.SHIPPED), (S.PAID, S.CANCELLED), (None, S.NEW)]


def order() -> Order:
    """An order, with the vans as they are in the morning."""
    vans[:] = ["red van", "blue van"]
    return Order(kilos=1)


def seen(_: Order) -> dict[str, object]:
    return {"vans": vans}


@pytest.fixture(autouse=True)
def morning() -> Iterator[None]:
    """Leave the vans as they were."""
    yield
    vans[:] = ["red van", "blue van"]


@pytest.mark.parametrize("move", MOVES, ids=str)
def test_the_orders_give_their_vans_back(move: tuple[S | None, S]) -> None:
    """`t.add_cleanup(vans.append, vans.pop())` leaves no hole."""
    assert assert_undone(orders, *move, context=order, observe=seen) > 10


@rule(from_states={S.PAID}, to_states={S.SHIPPED})
def take_van(t: Transition[S, S, Order]) -> Verdict[S]:
    if not vans:
        return delay(3600, reason="every van is on the road")
    van = vans.pop()
    t.add_cleanup(vans.append, van)
    return proceed()


def test_take_van_in_two_lines_has_a_hole() -> None:
    """Spelt in two lines, an error can come in between, and the van is gone."""
    hasty = Policy[S, Order](take_van, name="orders")
    with pytest.raises(LeakError) as caught:
        assert_undone(hasty, S.PAID, S.SHIPPED, context=order, observe=seen)
    (leak,) = caught.value.leaks
    line = leak.strike.where and leak.strike.where.line
    assert linecache.getline(__file__, line or 0).strip() == "t.add_cleanup(vans.append, van)"
    assert str(caught.value).splitlines()[2] == (
        f"an error at test_undone_examples.py:{line}, in take_van, between vans.pop() and "
        "add_cleanup: vans == ['red van'] instead of ['red van', 'blue van']"
    )


PREFECT = load_facts()["policies"]


@pytest.mark.parametrize("name", PREFECT)
def test_prefect_policies_are_clean(name: str) -> None:
    """As they are re-typed here, where most of their entries fire; they take nothing."""
    policy, facts = build(name, PREFECT[name]), load_facts()
    states = [state_named(state) for state in facts["states"]]
    move = max(
        itertools.product(states, states),
        key=lambda move: len(policy.compile_transition_rules(*move)),
    )
    firing = len(policy.compile_transition_rules(*move))
    assert assert_undone(policy, *move, context=lambda: None, observe=repr) >= 6 * firing


TASK_MOVES = [
    (None, "SCHEDULED"),
    (None, "RUNNING"),
    ("SCHEDULED", "PENDING"),
    ("PENDING", "RUNNING"),
    ("FAILED", "RUNNING"),
    ("RUNNING", "COMPLETED"),
    ("RUNNING", "CANCELLING"),
    ("CANCELLING", "CANCELLED"),
]


@pytest.mark.spawns
@pytest.mark.parametrize(("source", "target"), TASK_MOVES)
def test_the_job_runner_gives_all_back(source: str | None, target: str, tmp_path: Path) -> None:
    """Whatever fails, is cancelled, also twice, or closed: nothing is lost, no step half taken."""
    pytest.importorskip("greenlet", reason="needs the extra: examples")
    pytest.importorskip("aiosqlite", reason="needs the extra: examples")
    from tests.testing.job_runner import strikes  # noqa: PLC0415 (only where it can be had)

    assert asyncio.run(strikes(source, target, tmp_path)) >= (80 if target == "RUNNING" else 15)
