"""Counts as CSV: read as written, and what is none is told with its line."""

from __future__ import annotations

import contextlib
import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bylaws.views import Count, MatrixError, read_counts
from tests.views.drawn import names

named = names.filter(lambda name: name != "" and "\0" not in name)
counts = st.builds(Count, st.none() | named, st.none() | named, st.integers(0), st.none() | named)


@given(st.lists(counts), st.permutations(range(4)), st.sampled_from(["\n", "\r\n"]))
def test_what_was_written_is_read(listed: list[Count], order: list[int], end: str) -> None:
    """Whatever the names, the order of the columns and the ends of lines."""
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator=end)
    for row in (("from", "to", "count", "refused_by"), *listed):
        writer.writerow([row[at] for at in order])
    assert read_counts(text.getvalue()) == tuple(listed)
    assert read_counts(text.getvalue().encode()) == tuple(listed)


def test_columns_may_be_called_as_the_statement_calls_them() -> None:
    """In any case, among others; a mark of the encoding in front, and empty lines, do not count."""
    text = "\ufeffday,FROM_STATE, Intended ,moves,to_state\n\n3,NEW,PAID,12,NEW\n\n3,,NEW, 7 ,NEW\n"
    found = (Count("NEW", "PAID", 12), Count(None, "NEW", 7))
    assert read_counts(text) == found
    assert read_counts(text.encode()) == found


@given(st.binary() | st.text())
def test_whatever_it_is_it_ends(text: str | bytes) -> None:
    """Any bytes are counts, or a `MatrixError`."""
    with contextlib.suppress(MatrixError):
        assert all(count.moves >= 0 for count in read_counts(text))


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        ("", None, "there is nothing in it: the first line names the columns: from,to,count and"),
        ("\n\n", None, "there is nothing in it"),
        ("NEW,PAID,12\n", 1, "no column 'from': the first line names the columns"),
        ("NEW,PAID,12\n", 1, "here it is 'NEW', 'PAID', '12'"),
        ("\nfrom,to\n", 2, "no column 'count'"),
        ("from,to_state,count\n", 1, "a state that was written, as to_state is, says not"),
        ("from;to;count\n", 1, "its columns stand between ';': it has to be commas"),
        ("from,count,to,moves\n", 1, "the column 'count' more than once"),
        ("from,to,count\nNEW,PAID\n", 2, "it has 2 columns, and the first line 3"),
        ("from,to,count\nA,B,C,1\n", 2, "a name with a comma in it stands in double quotes"),
        ("from,to,count\nA,B,1\nA,B,-1\n", 3, "'-1' is no number of moves: it has to be digits"),
        ("from,to,count\nA,B,1.0\n", 2, "'1.0' is no number"),
        ("from,to,count\nA,B,\n", 2, "'' is no number"),
        ("from,to,count\nA,B,\u0661\n", 2, "is no number"),
        (f"from,to,count\nA,B,{'9' * 5_000}\n", 2, "\u2026 is no number"),
        ('from,to,count\nA,B,1\n"A"B,B,1\n', 3, "this is no CSV: "),
        (b"from,to,count\nA,B,1\n\xff,B,1\n", 3, "this is no UTF-8"),
        (f"from,to,count\nA,{'B' * 200_000},1\n", 2, "this is no CSV: field larger than"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(
    text: str | bytes, line: int | None, told: str
) -> None:
    """The error says which line, what is there, and what has to be."""
    with pytest.raises(MatrixError) as caught:
        read_counts(text)
    assert told in str(caught.value)
    assert caught.value.line == line
