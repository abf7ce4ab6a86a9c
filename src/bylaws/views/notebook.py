"""A small table for notebooks: `Matrix._repr_html_`."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Final

from bylaws.views.display import MOST_PLANS, NOTE, capped, firing, items, marked, shown, summary
from bylaws.views.focus import Part, whole
from bylaws.views.fold import Plan, fold
from bylaws.views.matrix import Matrix
from bylaws.views.states import StateSet

MOST_CELLS: Final = 2_500


def write_table(matrix: Matrix) -> str:
    """The matrix, folded, and its legend, as HTML. Whatever names are, they stay text.

    Of a matrix that is too large to be read, how large it is.
    """
    folded = fold(matrix)
    part = whole(folded)
    about = f"<b>{escape(shown(matrix.name))}</b>: {escape(summary(matrix))}"
    if len(part.rows) * len(part.columns) > MOST_CELLS or len(part.plans) > MOST_PLANS:
        size = f"{len(part.rows):,} x {len(part.columns):,} cells"
        return f"<div>{about}; {size}, too many to show</div>"
    numbers = {entry.name: at for at, entry in enumerate(matrix.entries, 1)}
    plans = list(folded.plans)
    fires = [escape(", ".join(firing(plan, numbers, shown))) for plan in plans]
    legend = "".join(
        [
            f"<tr><td>{marked(plan)}</td><td style='text-align:left'>{text}</td></tr>"
            for plan, text in zip(plans, fires, strict=True)
            if plan.entries
        ]
    )
    return (
        f"<div>{about}</div>{_cells(matrix, part, plans, fires)}<table>{legend}</table>"
        f"{f'<div>{NOTE}</div>' if any(plan.ruled_out_by for plan in plans) else ''}"
    )


def _cells(matrix: Matrix, part: Part, plans: Sequence[Plan], fires: Sequence[str]) -> str:
    def heading(states: StateSet) -> str:
        return f"<th>{escape(', '.join(capped(map(str, items(matrix.space, states)), 8)))}</th>"

    rows = [f"<tr><th>from \\ to</th>{''.join(map(heading, part.columns))}</tr>"]
    for states, cells in zip(part.rows, part.cells, strict=True):
        marks = [f'<td title="{fires[at]}">{marked(plans[at])}</td>' for at in cells]
        rows.append(f"<tr>{heading(states)}{''.join(marks)}</tr>")
    return f"<table>{''.join(rows)}</table>"
