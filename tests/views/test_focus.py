"""Focus: a state or an entry by its name, and the part of a matrix that it has to do with."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bylaws.views import EntryFacts, Matrix, MatrixError, StateEnum, StateSpace, fold
from bylaws.views.focus import Focus, focus_on, parts
from tests.views.drawn import matrices

SPACE = StateSpace((StateEnum("S", ("NEW", "PAID")),))
BOTH = SPACE.set_of(["NEW", "PAID"])
MATRIX = Matrix(
    "orders",
    SPACE,
    (EntryFacts("take_van", "rule", BOTH, BOTH), EntryFacts("PAID", "transform", verdicts=())),
)


@given(matrices(), st.integers(0, 20))
def test_a_part_has_its_moves_and_their_plans(matrix: Matrix, place: int) -> None:
    """The row and the column of a state, or the cells of an entry; folded, and nothing besides."""
    foci = [*map(Focus, matrix.states), *[Focus(None, entry) for entry in matrix.entries]]
    focus = foci[place % len(foci)]
    folded = fold(matrix)
    met: dict[tuple[str | None, str | None], int] = {}
    for part in parts(folded, focus):
        assert len({*part.cells}) == len(part.rows)
        assert len({*zip(*part.cells, strict=True)}) == len(part.columns)
        for row, cells in zip(part.rows, part.cells, strict=True):
            for column, place in zip(part.columns, cells, strict=True):
                assert place in part.plans
                for one in matrix.members(row):
                    met |= {(one, other): place for other in matrix.members(column)}
    for one in matrix.states:
        for other in matrix.states:
            if focus.entry is None:
                inside = focus.state in (one, other)
            else:
                inside = focus.entry in matrix.fires(one, other)
            assert ((one, other) in met) == inside
            if inside:
                assert folded.plans[met[one, other]] == folded.plan(one, other)


def test_a_focus_is_named() -> None:
    """By a state or an entry; of a name of both, the state is meant."""
    assert focus_on(MATRIX, "NEW") == Focus("NEW")
    assert focus_on(MATRIX, "none") == Focus(None)
    assert focus_on(MATRIX, "take_van") == Focus(None, MATRIX.entries[0])
    assert focus_on(MATRIX, "PAID") == Focus("PAID")


@pytest.mark.parametrize(("name", "near"), [("PIAD", "; near it: PAID"), ("xyz", "")])
def test_a_misspelt_focus(name: str, near: str) -> None:
    """The nearest states and entries are named."""
    with pytest.raises(MatrixError) as caught:
        focus_on(MATRIX, name)
    assert str(caught.value) == f"orders has no state and no entry {name!r}{near}"
