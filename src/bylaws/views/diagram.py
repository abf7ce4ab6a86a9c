"""State diagrams: the moves that are possible, folded; what `mermaid` and `dot` draw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bylaws.views.display import capped, items, shown
from bylaws.views.errors import MatrixError
from bylaws.views.focus import Focus, Part, parts, whole
from bylaws.views.fold import fold
from bylaws.views.matrix import EntryFacts, Matrix
from bylaws.views.states import StateSet, bits

MOST_EDGES: Final = 200
"""More edges than these are a tangle, not a diagram."""
MOST_NAMES: Final = 8
"""A node, or an edge, is labelled with at most so many names."""


@dataclass(frozen=True)
class Edge:
    """Moves that are possible, from each state of a node to each state of another, or of itself.

    An edge is drawn for a move that no entry is known to refuse always: none that fires for it may
    answer with refusals only, and where `moves()` says what is legal it is legal. Whether the move
    happens is then up to the guards; it does if there are none.

    Attributes:
        start: the place of the node that is left; `None` is "no state": before the first one.
        end: the place of the node that is entered; `None` is "no state".
        guards: the entries that fire for it and may refuse it.

    """

    start: int | None
    end: int | None
    guards: tuple[EntryFacts, ...]

    @property
    def label(self) -> list[str]:
        """The names of the guards."""
        return capped([shown(entry.name) for entry in self.guards], MOST_NAMES)


@dataclass(frozen=True)
class Diagram:
    """What there is to draw.

    Attributes:
        matrix: the matrix.
        nodes: the states of each node. States share one if all moves from them, and all moves to
            them, have the same plans; with a focus, all moves that are drawn.
        edges: the edges, in the order of the nodes.

    """

    matrix: Matrix
    nodes: Sequence[StateSet]
    edges: Sequence[Edge]

    def label(self, node: int) -> list[str]:
        """The names in a node."""
        return capped(map(str, items(self.matrix.space, self.nodes[node])), MOST_NAMES)


def diagram(matrix: Matrix, focus: Focus | None = None) -> Diagram:
    """The moves that are possible: all, those from and to a state, or those an entry fires for.

    `MatrixError` if there are more than 200 edges.
    """
    folded = fold(matrix)
    shares = [whole(folded)] if focus is None else parts(folded, focus)
    found = _alike(matrix, shares)
    ends = {key: None if key[1] else at for at, key in enumerate(found)}  # "no state" is the last
    edges: dict[tuple[int | None, int | None], Edge] = {}
    for which, part in enumerate(shares):
        for start in found:
            for end in found:
                row, column = start[0][which][0], end[0][which][1]
                if row < 0 or column < 0:
                    continue
                plan = folded.plans[part.cells[row][column]]
                if plan.ruled_out_by:
                    continue
                guards = [
                    entry for entry in plan.entries if entry.may_refuse and entry.legal is None
                ]
                pair = ends[start], ends[end]
                edges[pair] = Edge(*pair, tuple(guards))
                if len(edges) > MOST_EDGES:
                    raise MatrixError(
                        f"a diagram of {matrix.name} would have more than {MOST_EDGES} edges: "
                        "--focus STATE or RULE draws a part"
                    )
    nodes = [matrix.space.set_of(states) for (_, nowhere), states in found.items() if not nowhere]
    return _trimmed(Diagram(matrix, nodes, list(edges.values())), focus)


def _alike(
    matrix: Matrix, shares: Sequence[Part]
) -> dict[tuple[tuple[tuple[int, int], ...], bool], int]:
    """The states of each node by what they share: their row and their column in each part.

    "No state" shares with none.
    """
    space = matrix.space
    places: list[list[list[int]]] = []
    for part in shares:
        both: list[list[int]] = []
        for sets in (part.rows, part.columns):
            place = [-1] * len(space.states)
            for at, states in enumerate(sets):
                for number in bits(space.mask(states)):
                    place[number] = at
            both.append(place)
        places.append(both)
    found: dict[tuple[tuple[tuple[int, int], ...], bool], int] = {}
    for number, state in enumerate(space.states):
        shared = tuple([(rows[number], columns[number]) for rows, columns in places])
        key = shared, state is None
        found[key] = found.get(key, 0) | 1 << number
    return found


def _trimmed(drawn: Diagram, focus: Focus | None) -> Diagram:
    """Without the nodes that have nothing to do with the focus."""
    if focus is None:
        return drawn
    met = {end for edge in drawn.edges for end in (edge.start, edge.end) if end is not None}
    places = {node: at for at, node in enumerate(sorted(met))}
    edges = [
        Edge(
            None if edge.start is None else places[edge.start],
            None if edge.end is None else places[edge.end],
            edge.guards,
        )
        for edge in drawn.edges
    ]
    return Diagram(drawn.matrix, [drawn.nodes[node] for node in places], edges)
