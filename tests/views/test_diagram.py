"""Diagrams: an edge is a move that is possible, its guards are what may refuse it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bylaws.views import Matrix, MatrixError, State
from bylaws.views.diagram import Diagram, Edge, diagram
from bylaws.views.focus import Focus, focus_on
from tests.views.drawn import matrices
from tests.views.real import large, orders


def unfolded(drawn: Diagram) -> dict[tuple[State, State], list[str]]:
    """Every move that is drawn, with its guards."""
    moves: dict[tuple[State, State], list[str]] = {}
    for edge in drawn.edges:
        ends = [
            (None,) if end is None else drawn.matrix.members(drawn.nodes[end])
            for end in (edge.start, edge.end)
        ]
        for one in ends[0]:
            for other in ends[1]:
                assert (one, other) not in moves
                moves[one, other] = [entry.name for entry in edge.guards]
    return moves


@given(matrices(), st.integers(0, 20))
def test_the_possible_moves_are_drawn(matrix: Matrix, place: int) -> None:
    """They, and no others: all of them, or those that have to do with the focus."""
    foci = [None, *map(Focus, matrix.states), *[Focus(None, entry) for entry in matrix.entries]]
    focus = foci[place % len(foci)]
    drawn = diagram(matrix, focus)
    wanted: dict[tuple[State, State], list[str]] = {}
    for one in matrix.states:
        for other in matrix.states:
            fires = matrix.fires(one, other)
            if matrix.ruled_out_by(one, other):
                continue
            if focus is not None and (
                focus.state not in (one, other) if focus.entry is None else focus.entry not in fires
            ):
                continue
            guards = [each.name for each in fires if each.may_refuse and each.legal is None]
            wanted[one, other] = guards
    assert unfolded(drawn) == wanted
    named = [state for node in drawn.nodes for state in matrix.members(node)]
    assert len({*named}) == len(named)
    assert None not in named
    if focus is None:
        assert {*named, None} == {*matrix.states}
    else:
        assert {*named} <= {state for move in wanted for state in move}


def test_the_moves_of_the_readme() -> None:
    """What is legal, and who may refuse it."""
    drawn = diagram(orders())
    assert [drawn.label(node) for node in range(4)] == [
        ["NEW"],
        ["PAID"],
        ["SHIPPED"],
        ["CANCELLED"],
    ]
    assert [(edge.start, edge.end, edge.label) for edge in drawn.edges] == [
        (0, 1, ["refuse_stolen_cards"]),
        (0, 3, []),
        (1, 2, ["take_van", "load_van"]),
        (1, 3, []),
        (None, 0, []),
    ]


def test_long_labels_are_capped() -> None:
    """Of many guards the first are named."""
    assert Edge(0, 0, large(10, 20).entries).label[-1] == "13 more"


def test_a_tangle_is_no_diagram() -> None:
    """More than 200 edges are an error, which names the way out."""
    matrix = large(30, 60)
    message = "large would have more than 200 edges: --focus STATE or RULE draws a part"
    with pytest.raises(MatrixError, match=message):
        diagram(matrix)
    assert diagram(matrix, focus_on(matrix, "STATE_7")).edges
