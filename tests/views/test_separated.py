"""CSV: Python's own reader reads back every cell, exactly."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bylaws.views import EntryFacts, Matrix, MatrixError, StateSpace
from bylaws.views.display import answers
from bylaws.views.focus import Focus
from bylaws.views.separated import COLUMNS, write_csv
from tests.views.drawn import matrices
from tests.views.hostile import GROUPS


@given(st.sampled_from(GROUPS) | matrices(), st.integers(0, 20))
def test_every_cell_reads_back(matrix: Matrix, place: int) -> None:
    """A line for each entry that fires for a move, or one if none does; with a focus, its moves."""
    foci = [*map(Focus, matrix.states), *[Focus(None, entry) for entry in matrix.entries], None]
    focus = foci[place % len(foci)]
    read = csv.reader(io.StringIO(write_csv(matrix, focus), newline=""), strict=True)
    assert tuple(next(read)) == COLUMNS
    wanted: list[list[str]] = []
    for one in matrix.states:
        for other in matrix.states:
            fires, refuse = matrix.fires(one, other), matrix.ruled_out_by(one, other)
            if focus is not None and (
                focus.state not in (one, other) if focus.entry is None else focus.entry not in fires
            ):
                continue
            if not fires:
                wanted.append([str(one), str(other), "", "", "", ""])
            wanted += [
                [
                    str(one),
                    str(other),
                    str(matrix.entries.index(entry) + 1),
                    entry.name,
                    answers(entry),
                    "yes" if entry in refuse else "",
                ]
                for entry in fires
            ]
    assert list(read) == [[*map(in_utf_8, row)] for row in wanted]


def in_utf_8(text: str) -> str:
    """A text with what UTF-8 has not escaped."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def test_half_a_surrogate_pair_is_escaped(tmp_path: Path) -> None:
    """What is written can be written to a file."""
    matrix = Matrix("p", StateSpace((), ("a\ud800b",)), ())
    file = tmp_path / "p.csv"
    file.write_text(write_csv(matrix), encoding="utf-8")
    assert file.read_text(encoding="utf-8").splitlines()[1] == "a\\ud800b,a\\ud800b,,,,"


@pytest.mark.parametrize("name", ["\r", "\n", "\r\n", "a\rb", '"', ","])
def test_names_that_break_lines_are_quoted(name: str) -> None:
    """A carriage return alone is one, too."""
    states = (name, "PAID")
    matrix = Matrix(name, StateSpace((), states), (EntryFacts(name, "transform", verdicts=()),))
    read = [*csv.reader(io.StringIO(write_csv(matrix), newline=""), strict=True)]
    assert [row[0] for row in read[1:]] == [name] * 3 + ["PAID"] * 3 + ["None"] * 3
    assert {row[3] for row in read[1:]} == {name}


def test_more_lines_than_a_spreadsheet_has() -> None:
    """They are an error, which names the way out."""
    listed = [EntryFacts(f"log {at}", "transform", verdicts=()) for at in range(300)]
    matrix = Matrix("large", StateSpace((), tuple(map(str, range(60)))), tuple(listed))
    with pytest.raises(MatrixError, match="more than 1,048,576 lines as CSV: --focus STATE"):
        write_csv(matrix)
    assert write_csv(matrix, Focus("7")).count("\n") == 1 + (2 * 61 - 1) * 300
