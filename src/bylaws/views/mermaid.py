"""A state diagram for Mermaid, which GitHub and many wikis draw. What an edge is: `Edge`."""

from __future__ import annotations

import json
import re
from typing import Final

from bylaws.views.diagram import diagram
from bylaws.views.display import shown
from bylaws.views.errors import MatrixError
from bylaws.views.focus import Focus
from bylaws.views.matrix import Matrix

MOST_CHARACTERS: Final = 50_000
"""Mermaid draws no longer text, nor more than 500 edges; here 200 are the most."""

_SPECIAL: Final = re.compile(
    r"(?!(?<=[0-9A-Za-z])_(?=[0-9A-Za-z]))[!-'*+\-./:-@\[-`{-~]|(?<![^ ]) | $"
)
"""What stands for itself nowhere in a label: it would be Mermaid's syntax, or Markdown's."""


def write_mermaid(matrix: Matrix, focus: Focus | None = None) -> str:
    """The moves that are possible, folded, as the text of a `stateDiagram-v2`.

    `[*]` is "no state": before the first one where an edge begins, none to write where it ends.

    `MatrixError` if there are more than 200 edges, or 50,000 characters.
    """
    drawn = diagram(matrix, focus)
    title = json.dumps(shown(matrix.name), ensure_ascii=False)
    lines = ["---", f"title: {title}", "---", "stateDiagram-v2", "    direction LR"]
    for node in range(len(drawn.nodes)):
        names = _escaped(", ".join(drawn.label(node)))
        lines.append(f'    state "{names}" as s{node}')
    for edge in drawn.edges:
        start = "[*]" if edge.start is None else f"s{edge.start}"
        end = "[*]" if edge.end is None else f"s{edge.end}"
        label = _escaped(", ".join(edge.label))
        lines.append(f"    {start} --> {end}{f' : {label}' if label else ''}")
    text = "\n".join([*lines, ""])
    if len(text) > MOST_CHARACTERS:
        raise MatrixError(
            f"a diagram of {matrix.name} would have {len(text):,} characters, and Mermaid draws "
            f"{MOST_CHARACTERS:,}: --focus STATE or RULE draws a part"
        )
    return text


def _escaped(text: str) -> str:
    return _SPECIAL.sub(lambda sign: f"#{ord(sign[0])};", text)
