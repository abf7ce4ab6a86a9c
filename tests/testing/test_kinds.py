"""Kinds of moves, as pairs for `parametrize` and for hypothesis."""

from __future__ import annotations

import copy
import pickle
from itertools import product
from typing import Any

import pytest
from hypothesis import find, given
from hypothesis import strategies as st

from bylaws import Policy, PolicyError, StateError
from bylaws.testing import Move, cells, transitions
from bylaws.testing.kinds import move
from bylaws.views import Matrix, fold
from tests.cast import Good, Mine, answering, first, governs
from tests.cast import S as Letters
from tests.testing.shop import Load, Order, S, load, note, orders, take_van

SETS = st.frozensets(st.sampled_from([*Letters, None]), min_size=1)
POLICIES = st.lists(st.builds(governs, SETS, SETS), max_size=4).map(
    lambda entries: Policy[Letters](*entries)
)


def names(state: Letters | None) -> str | None:
    """A state as the views name it."""
    return None if state is None else state.name


@given(POLICIES)
def test_there_is_one_move_of_each_kind(policy: Policy[Letters, object]) -> None:
    """Every plan of the folded matrix is met, and none twice."""
    folded = fold(Matrix.of(policy))
    labels = [folded.plan(names(left), names(to)).label for left, to in cells(policy)]
    assert labels == [plan.label for plan in folded.plans]


@given(POLICIES, st.data())
def test_a_drawn_transition_is_one_of_the_policy(
    policy: Policy[Letters, object], data: st.DataObject
) -> None:
    """Whatever is drawn is a pair of its states."""
    from_state, to_state = data.draw(transitions(policy))
    assert {from_state, to_state} <= {*Letters, None}


@pytest.mark.parametrize("one", [*product([*S, None], [*S, None])], ids=str)
def test_every_transition_is_drawn(one: tuple[S | None, S | None]) -> None:
    """There is no move that is never drawn."""
    assert find(transitions(orders), lambda drawn: drawn == one) == one


def test_drawn_transitions_shrink_to_where_less_fires() -> None:
    """What hypothesis shows is the move with the fewest entries, and the first states."""
    assert find(transitions(orders), lambda _: True) == (S.NEW, S.NEW)
    assert find(transitions(orders), lambda one: take_van in fires(one)) == (S.PAID, S.SHIPPED)
    assert find(transitions(answering), lambda _: True) == (Letters.A, None)


def fires(one: Move[S]) -> tuple[object, ...]:
    """What fires for a move of the orders."""
    return orders.compile_transition_rules(*one)


def test_cells_of_one_entry() -> None:
    """Only the kinds for which it fires; it is told by itself or by its class."""
    assert cells(orders, fires=take_van) == ((S.PAID, S.SHIPPED),)
    assert cells(orders, fires=Load) == cells(orders, fires=load) == cells(orders, fires=take_van)
    assert cells(orders, fires=note) == cells(orders)
    assert len(cells(orders)) == 3
    listed: Any = first
    with pytest.raises(PolicyError, match="first is not listed"):
        cells(orders, fires=listed)
    with pytest.raises(PolicyError, match="Good is not listed"):
        cells(orders, fires=Good)


def test_cells_are_moves_that_read_well() -> None:
    """A move is a pair, has names for its ends, and as one parameter a readable id."""
    first: Any = cells(orders)[0]
    assert first == (S.NEW, S.NEW)
    assert first.__name__ == "NEW -> NEW"
    none: Any = move(None, S.PAID)
    assert none.__name__ == copy.deepcopy(none).__name__ == "None -> PAID"
    assert pickle.loads(pickle.dumps(none)) == none


@pytest.mark.parametrize(("from_state", "to_state"), cells(orders))
def test_cells_are_parameters(from_state: S | None, to_state: S | None) -> None:
    """A test is run for each kind of move."""
    assert orders.run(Order(), from_state, to_state) is not None


def test_states_of_two_enums() -> None:
    """Moves have the members, whatever they are called where there are two enums."""
    both = Policy[S | Mine, Order](*orders.entries)
    assert {type(state) for one in cells(both) for state in one} <= {S, Mine, type(None)}
    with pytest.raises(StateError):
        orders.run(Order(), Mine.A, None)  # type: ignore[arg-type]
