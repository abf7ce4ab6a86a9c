"""Folding: lossless, and as far as it goes."""

from __future__ import annotations

import pytest
from hypothesis import given

from bylaws.views import EntryFacts, Matrix, MatrixError, StateSpace, fold
from bylaws.views.fold import label
from tests.views.drawn import cells, matrices, ruled_out
from tests.views.scale import generated


@given(matrices())
def test_unfolded_it_is_the_matrix(matrix: Matrix) -> None:
    """Every cell has what a naive scan finds; every state is in one row and one column."""
    folded = fold(matrix)
    fires, refuses = cells(matrix), ruled_out(matrix)
    for classes in (folded.rows, folded.columns):
        members = [state for states in classes for state in matrix.members(states)]
        assert sorted(members, key=repr) == sorted(matrix.states, key=repr)
    for row, states in enumerate(folded.rows):
        for column, others in enumerate(folded.columns):
            plan = folded.plans[folded.cells[row][column]]
            for one in matrix.members(states):
                for other in matrix.members(others):
                    assert [entry.name for entry in plan.entries] == fires[one, other]
                    assert [entry.name for entry in plan.ruled_out_by] == refuses[one, other]
                    assert folded.plan(one, other) == plan


@given(matrices())
def test_no_two_rows_columns_or_plans_are_alike(matrix: Matrix) -> None:
    """What behaves alike is folded, and the plans are all different."""
    folded = fold(matrix)
    assert len({tuple(row) for row in folded.cells}) == len(folded.rows)
    assert len({*zip(*folded.cells, strict=True)}) == len(folded.columns)
    contents = [(plan.entries, plan.ruled_out_by) for plan in folded.plans]
    assert len({*contents}) == len(contents)
    labels = [plan.label for plan in folded.plans if plan.entries]
    assert labels == [*map(label, range(len(labels)))]
    assert {plan.label for plan in folded.plans} <= {*labels, "-"}
    assert {at for row in folded.cells for at in row} == {*range(len(contents))}


@given(matrices())
def test_a_plan_is_where_its_rectangles_are(matrix: Matrix) -> None:
    """The from-sets and to-sets of a plan have exactly its moves."""
    folded = fold(matrix)
    found = [
        (at, one, other)
        for at in range(len(folded.plans))
        for froms, tos in folded.where(at)
        for one in matrix.members(froms)
        for other in matrix.members(tos)
    ]
    assert {*found} == {
        (folded.plans.index(folded.plan(one, other)), one, other)
        for one in matrix.states
        for other in matrix.states
    }


def test_the_labels_go_on_after_z() -> None:
    """A to Z, then AA to ZZ, then AAA."""
    assert [label(at) for at in (0, 25, 26, 27, 701, 702)] == ["A", "Z", "AA", "AB", "ZZ", "AAA"]


def test_the_plans_are_a_sequence() -> None:
    """They can be counted, sliced and gone through; there is no plan beyond the last."""
    folded = fold(Matrix("p", StateSpace(), ()))
    assert [*folded.plans] == [*folded.plans[:1]] == [folded.plans[-1]]
    with pytest.raises(IndexError):
        folded.plans[1]


def test_a_matrix_that_does_not_fold_is_refused() -> None:
    """2,100 states of which no two behave alike have too many cells to show."""
    names = [f"s{at}" for at in range(2_100)]
    space = StateSpace((), tuple(names))
    entries = [
        EntryFacts(f"r{at}", "rule", states, states)
        for at in range(12)
        for states in [space.set_of([name for n, name in enumerate(names) if n >> at & 1])]
    ]
    with pytest.raises(MatrixError, match="2,100 x 2,100 cells"):
        fold(Matrix("p", space, tuple(entries)))


def test_a_large_matrix_folds() -> None:
    """1,000 states and 300 rules fold to what the rules tell apart."""
    matrix = generated(1_000, 300)
    folded = fold(matrix)
    assert len(folded.rows) < 200
    assert len(folded.columns) < 200
    for one in matrix.states[::97]:
        for other in matrix.states[::89]:
            assert folded.plan(one, other).entries == matrix.fires(one, other)
