"""The table for notebooks: an HTML parser reads it back, and names stay text."""

from __future__ import annotations

from collections.abc import Callable
from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from bylaws.views import Matrix, fold
from bylaws.views.display import capped, items, marked, shown
from bylaws.views.notebook import write_table
from tests.views.drawn import matrices
from tests.views.hostile import GROUPS
from tests.views.real import large, orders


class Reader(HTMLParser):
    """Reads tables; any tag or attribute that the view does not write is an error."""

    def __init__(self) -> None:
        super().__init__()
        self.tables: list[list[list[str]]] = []
        self.titles: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in ("div", "b", "table", "tr", "th", "td")
        assert {name for name, _ in attrs} <= {"title", "style"}
        self.titles += [value or "" for name, value in attrs if name == "title"]
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("th", "td"):
            self.tables[-1][-1].append("")

    def handle_data(self, data: str) -> None:
        if self.tables and self.lasttag in ("th", "td"):
            self.tables[-1][-1][-1] += data
        else:
            self.text += data


@given(st.sampled_from(GROUPS) | matrices())
def test_it_reads_back(matrix: Matrix) -> None:
    """The cells, what fires in each as its title, and the legend."""
    reader = Reader()
    reader.feed(write_table(matrix))
    reader.close()
    folded = fold(matrix)
    head, *rows = reader.tables[0]

    def names(index: int) -> list[str]:
        sets = (folded.rows, folded.columns)[index]
        return [", ".join(capped(map(str, items(matrix.space, each)), 8)) for each in sets]

    assert head == ["from \\ to", *names(1)]
    assert rows == [
        [name, *[marked(folded.plans[at]) for at in cells]]
        for name, cells in zip(names(0), folded.cells, strict=True)
    ]
    plans = {marked(plan): plan for plan in folded.plans if plan.entries}
    legend = {row[0]: row[1] for row in reader.tables[1]}
    assert [*legend] == [*plans]
    for mark, fires in legend.items():
        assert all(shown(entry.name) in fires for entry in plans[mark].entries)
    told = [legend.get(mark, "") for row in rows for mark in row[1:]]
    assert reader.titles == told
    assert reader.text.startswith(shown(matrix.name))


def test_a_large_one_is_told_of() -> None:
    """How large it is."""
    text = write_table(large(60, 100))
    assert text.endswith("61 x 61 cells, too many to show</div>")


def test_a_notebook_finds_it() -> None:
    """By the name that IPython asks for."""
    matrix = orders()
    shows: Callable[[], str] = getattr(matrix, "_repr_html_")  # noqa: B009 (it is for IPython alone)
    assert shows() == write_table(matrix)
