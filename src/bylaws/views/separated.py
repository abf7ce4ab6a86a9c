"""CSV: the cells one by one, not folded, for spreadsheets and data frames."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from itertools import product
from typing import Final

from bylaws.views.display import answers
from bylaws.views.errors import MatrixError
from bylaws.views.focus import Focus
from bylaws.views.fold import fold
from bylaws.views.matrix import Matrix
from bylaws.views.states import State, StateSet

COLUMNS: Final = ("from", "to", "place", "entry", "answers", "rules out")
MOST_LINES: Final = 1_048_576
"""No spreadsheet opens more."""


def write_csv(matrix: Matrix, focus: Focus | None = None) -> str:
    """As CSV: a line for each entry that fires for a move, in that order, after a line of titles.

    from, to: the states, by name; "no state" is `None`.
    place: 1 for the entry of the policy that is the most important. Empty where nothing fires.
    entry: its name.
    answers: what it may answer.
    rules out: `yes` if it always refuses this move.

    With a focus, the moves from and to a state, or those that an entry fires for. Names are as
    they are, whatever is in them, but half a surrogate pair, which UTF-8 has not, is escaped.
    `MatrixError` if there are more than 1,048,576 lines.
    """
    folded = fold(matrix)
    row_of = _places(matrix, folded.rows)
    column_of = _places(matrix, folded.columns)
    known = {
        entry.name: (str(at), entry.name, answers(entry))
        for at, entry in enumerate(matrix.entries, 1)
    }
    found: dict[int, list[tuple[str, ...]]] = {}  # what is written of each plan
    written: list[str] = []
    writer = csv.writer(_Lines(written), lineterminator="\r\n")
    writer.writerow(COLUMNS)
    count = 1
    for from_state, to_state in _moves(matrix, focus):
        place = folded.cells[row_of[from_state]][column_of[to_state]]
        if place not in found:
            plan = folded.plans[place]
            refusing = {entry.name for entry in plan.ruled_out_by}
            found[place] = [
                (*known[entry.name], "yes" if entry.name in refusing else "")
                for entry in plan.entries
            ] or [("", "", "", "")]
        ends = str(from_state), str(to_state)
        writer.writerows([(*ends, *rest) for rest in found[place]])
        count += len(found[place])
        if count > MOST_LINES:
            raise MatrixError(
                f"{matrix.name} has more than {MOST_LINES:,} lines as CSV: "
                "--focus STATE or RULE writes a part"
            )
    return "".join(written).encode("utf-8", "backslashreplace").decode("utf-8")


class _Lines:
    """Where csv writes to: it quotes carriage returns only if its lines end in one."""

    def __init__(self, written: list[str]) -> None:
        self._written = written

    def write(self, line: str) -> None:
        self._written.append(f"{line[:-2]}\n")


def _places(matrix: Matrix, sets: Sequence[StateSet]) -> dict[State, int]:
    """The row, or the column, of each state."""
    return {state: at for at, states in enumerate(sets) for state in matrix.space.members(states)}


def _moves(matrix: Matrix, focus: Focus | None) -> Iterator[tuple[State, State]]:
    """The moves that are written, in the order of the states."""
    if focus is None or focus.entry is not None:
        entry = None if focus is None else focus.entry
        yield from product(
            matrix.members(None if entry is None else entry.from_states),
            matrix.members(None if entry is None else entry.to_states),
        )
        return
    for from_state in matrix.states:
        for to_state in matrix.states if from_state == focus.state else (focus.state,):
            yield from_state, to_state
