"""A state diagram for Graphviz: `dot -Tsvg`. What an edge is: `bylaws.views.diagram.Edge`."""

from __future__ import annotations

from bylaws.views.diagram import diagram
from bylaws.views.display import shown
from bylaws.views.focus import Focus
from bylaws.views.matrix import Matrix

NOWHERE = {
    "before": 'shape=circle, style=filled, fillcolor=black, width=0.2, label=""',
    "after": 'shape=doublecircle, style=filled, fillcolor=black, width=0.15, label=""',
}
"""How "no state" is drawn: before the first one, and none to write."""


def write_dot(matrix: Matrix, focus: Focus | None = None) -> str:
    """The moves that are possible, folded, as a directed graph in DOT.

    A filled circle is "no state": before the first one; in a ring it is none to write.

    `MatrixError` if there are more than 200 edges.
    """
    drawn = diagram(matrix, focus)
    lines = [
        "digraph {",
        f"    label={_quoted(shown(matrix.name))}",
        "    labelloc=t",
        "    rankdir=LR",
        "    node [shape=box, style=rounded]",
    ]
    if any(edge.start is None for edge in drawn.edges):
        lines.append(f"    before [{NOWHERE['before']}]")
    if any(edge.end is None for edge in drawn.edges):
        lines.append(f"    after [{NOWHERE['after']}]")
    lines += [
        f"    s{node} [label={_quoted(*drawn.label(node))}]" for node in range(len(drawn.nodes))
    ]
    for edge in drawn.edges:
        start = "before" if edge.start is None else f"s{edge.start}"
        end = "after" if edge.end is None else f"s{edge.end}"
        label = f" [label={_quoted(*edge.label)}]" if edge.guards else ""
        lines.append(f"    {start} -> {end}{label}")
    return "\n".join([*lines, "}", ""])


def _quoted(*names: str) -> str:
    """Names in a DOT string, one below the other. Entities and escapes in them mean nothing."""
    escaped = [
        name.replace("\\", "\\\\").replace('"', '\\"').replace("&", "&amp;") for name in names
    ]
    return '"' + ",\\n".join(escaped) + '"'
