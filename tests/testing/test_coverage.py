"""What was seen, as a value: counts, percentages, holes, parts put together, files, reports."""

from __future__ import annotations

import json
import pickle
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bylaws.testing import (
    CoverageError,
    Item,
    Seen,
    combine,
    read_coverage,
    recording,
    write_coverage,
)
from bylaws.testing.coverage.datafile import write_atomically
from bylaws.testing.coverage.exercised import wanted
from bylaws.testing.coverage.showing import as_text, formatted
from bylaws.testing.coverage.targets import subject_of
from bylaws.views import Matrix
from tests.testing.shop import DELAY, STAY, Order, S, later, load, orders
from tests.testing.test_recording import COMMITS

PERCENT = st.one_of(st.integers(0, 100), st.decimals(0, 100, places=3).map(str))


def some() -> Seen:
    """Of thirteen items eight."""
    with recording(orders) as seen:
        orders.run(Order([DELAY]), S.PAID, S.SHIPPED)
        orders.run(Order(), S.PAID, S.SHIPPED)
        orders.run(Order(), S.NEW, S.PAID)
        orders.run(Order(), S.NEW, S.PAID)
    return seen


def everything() -> Seen:
    """All of them."""
    with recording(orders) as seen:
        for answers in ([DELAY], [STAY, STAY], []):
            orders.run(Order([*answers]), S.PAID, S.SHIPPED)
        orders.run(Order(), S.PAID, S.SHIPPED, commit=COMMITS["refuses"])
        orders.run(Order(), S.NEW, S.PAID)
        orders.run(Order(), S.NEW, S.NEW)
    return seen


class Fixed(Seen):
    """So much of so much."""

    def __init__(self, covered: int, total: int) -> None:
        super().__init__(subject_of(orders))
        self._fixed = covered, total

    @property
    def covered(self) -> int:
        return self._fixed[0]

    @property
    def total(self) -> int:
        return self._fixed[1]


@given(st.integers(0, 400), st.integers(1, 400), PERCENT)
def test_counts_are_compared_and_not_percentages(
    covered: int, total: int, percent: int | str
) -> None:
    """So much is reached if the counts say so, exactly."""
    covered = min(covered, total)
    assert Fixed(covered, total).reaches(percent) == (
        Fraction(covered, total) * 100 >= wanted(percent)
    )


def test_nearly_all_is_not_all() -> None:
    """2,999 of 3,000 is 99.97 %, which is less than 99.98 and than 100."""
    nearly = Fixed(2_999, 3_000)
    assert nearly.reaches("99.96")
    assert nearly.reaches(99.96)
    assert not nearly.reaches("99.97")
    assert not nearly.reaches(100)


@pytest.mark.parametrize("percent", ["", "most", "-1", "101", "nan", "inf", "1e3"])
def test_what_is_no_percentage(percent: str) -> None:
    """Anything else than a number from 0 to 100 is an error that says so."""
    with pytest.raises(CoverageError, match="no percentage: give a number from 0 to 100"):
        some().reaches(percent)


def test_holes_have_lines_that_fill_them() -> None:
    """For each kind of move what is missing of an entry, and a run; or that there was none."""
    assert [str(hole) for hole in some().holes()] == [
        "orders.run(order, S.NEW, S.NEW): never run",
        "orders.run(order, S.PAID, S.SHIPPED): take_van never reached its cleanup side",
        'orders.run(order, S.PAID, S.SHIPPED, commit=lambda *_: abort(reason="not written")): '
        "Load never rejected or reached its cleanup side",
    ]
    assert not everything().holes()
    seen = Seen(subject_of(later))
    seen.count("C", {}, 1)
    assert (
        "await orders.arun(order, S.PAID, S.SHIPPED): "
        "take_van never proceeded, delayed or reached its cleanup side"
    ) in map(str, seen.holes())


def test_running_the_holes_fills_them() -> None:
    """The lines are Python: with contexts that answer so, they exercise what was missing."""
    seen = some()
    with recording(orders) as more:
        for hole in seen.holes():
            for answers in ([], [STAY, STAY]):
                scope = {"orders": orders, "order": Order([*answers]), "S": S}
                exec(f"from bylaws import abort\n{hole.line}", scope)
    seen.add(more)
    assert not seen.holes()
    assert seen.covered == seen.total == 13


def test_parts_add_up() -> None:
    """What two parts have exercised is what one run of both would have."""
    one, other = some(), everything()
    total = one.counts[Item("C", "Load", "proceed")] + other.counts[Item("C", "Load", "proceed")]
    one.add(other)
    assert one.counts[Item("C", "Load", "proceed")] == total
    assert sum(one.runs.values()) == 10


def test_parts_of_two_versions_do_not() -> None:
    """Counts of a policy that does something else are refused."""
    with recording(orders.without(load)) as edited:
        pass
    with pytest.raises(CoverageError, match="of two versions of orders"):
        some().add(edited)
    with pytest.raises(CoverageError, match=r"of two policies \(shop:orders\)"):
        some().add(Seen(subject_of(orders, "shop:orders")))


def test_a_subject_is_a_value() -> None:
    """It travels to other processes."""
    subject = subject_of(orders)
    assert subject.possible
    assert pickle.loads(pickle.dumps(subject)) == subject


# --------------------------------------------------------------------------------------------------
# The data file
# --------------------------------------------------------------------------------------------------


def same(one: Seen, other: Seen) -> bool:
    """Whether two have the same counts of the same policy."""
    return (one.subject, one.counts, one.runs, one.raised) == (
        *(other.subject, other.counts, other.runs, other.raised),
    )


def test_a_file_has_all_of_it() -> None:
    """What is written is read back, also several policies."""
    seen = some()
    seen.count_raised(3)
    other = Seen(subject_of(later, "shop:later"))
    (back, empty) = read_coverage(write_coverage([seen, other]))
    assert same(back, seen)
    assert same(empty, other)
    assert read_coverage(seen.to_json())[0].counts == seen.counts


def test_files_of_jobs_are_put_together(tmp_path: Path) -> None:
    """Each policy once, with the counts of all files."""
    for name, seen in {"a": some(), "b": everything(), "c": Seen(subject_of(later, "x:y"))}.items():
        write_atomically(tmp_path / "jobs" / f"{name}.json", seen.to_json())
    found = combine(*sorted((tmp_path / "jobs").iterdir()))
    assert [seen.subject.source for seen in found] == ["orders", "x:y"]
    assert not found[0].holes()
    assert sum(found[0].runs.values()) == 10
    with pytest.raises(FileNotFoundError):
        combine(tmp_path / "none.json")


def edited(**changes: Any) -> str:
    """A data file in which something is other than it was written."""
    data = json.loads(some().to_json())
    data["policies"][0] |= changes
    return json.dumps(data)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no data file of bylaws"),
        ("{}", "no data file of bylaws"),
        ("[]", "no data file of bylaws"),
        ("[" * 100_000, "no data file of bylaws"),
        (b"\xff", "no data file of bylaws"),
        ('{"bylaws coverage": 2}', "it has version 2, and this bylaws reads 1"),
        ('{"bylaws coverage": 1}', "no data file of bylaws"),
        (edited(matrix={}), "its matrix cannot be read"),
        (edited(raised=-1), "no number"),
        (edited(raised=True), "no number"),
        (edited(seen=[{"from": "X", "to": None, "runs": 1, "entries": {}}]), "no data file"),
        (
            edited(seen=[{"from": "NEW", "to": None, "runs": 1, "entries": {"x": {"delay": 1}}}]),
            "it counts what cannot be: 'x', 'delay'",
        ),
        (
            edited(seen=[{"from": "NEW", "to": None, "runs": 1, "entries": {"Load": {"x": 1}}}]),
            "it counts what cannot be: 'Load', 'x'",
        ),
    ],
)
def test_what_is_no_data_file(text: str | bytes, why: str, tmp_path: Path) -> None:
    """It is an error that says what is wrong, and in which file."""
    with pytest.raises(CoverageError, match=why):
        read_coverage(text)
    file = tmp_path / "part.json"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(CoverageError, match=r"part\.json: "):
        combine(file)


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    """An error on the way leaves what was there, and nothing beside it."""
    file = tmp_path / "part.json"
    write_atomically(file, "old")
    with pytest.raises(UnicodeEncodeError):
        write_atomically(file, "\ud800")
    assert [each.name for each in tmp_path.iterdir()] == ["part.json"]
    assert file.read_text() == "old"


# --------------------------------------------------------------------------------------------------
# The reports
# --------------------------------------------------------------------------------------------------

TEXT = """\
orders: 8 of 13 exercised, in 2 of 3 kinds of moves (4 runs)

 from \\ to  NEW  PAID  SHIPPED  None
 NEW        A\u00d7?  B       A\u00d7?    A\u00d7?
 PAID       A\u00d7?  A\u00d7?     C?     A\u00d7?
 SHIPPED    A\u00d7?  A\u00d7?     A\u00d7?    A\u00d7?
 None       B    A\u00d7?     A\u00d7?    A\u00d7?

 ? not all that can occur there was exercised

 A\u00d7 orders.run(order, S.NEW, S.NEW)
     never run

 C orders.run(order, S.PAID, S.SHIPPED)
     take_van never reached its cleanup side

 C orders.run(order, S.PAID, S.SHIPPED, commit=lambda *_: abort(reason="not written"))
     Load never rejected or reached its cleanup side
"""


def test_the_report_for_a_terminal() -> None:
    """The matrix with its holes, and below it lines that would fill them."""
    seen = some()
    assert f"{seen}\n" == f"{seen!s}\n" == f"{seen:text}" == TEXT
    seen.count_raised(2)
    assert "(4 runs, 2 raised)" in str(seen)


def test_holes_that_one_run_fills() -> None:
    """They stand below the one line that is written for them."""
    seen = Seen(subject_of(orders))
    seen.count("C", {}, 1)
    line = " C orders.run(order, S.PAID, S.SHIPPED)\n"
    assert f"{line}     moves never proceeded\n     take_van never proceeded, delayed" in str(seen)


def test_the_report_of_no_holes() -> None:
    """Then there is nothing but the matrix."""
    text = str(everything())
    assert text.startswith("orders: 13 of 13 exercised, in 3 of 3 kinds of moves (6 runs)\n")
    assert "?" not in text
    assert "?" not in f"{everything():md}"


def test_the_report_in_markdown() -> None:
    """The same as a table and a list."""
    lines = f"{some():md}".splitlines()
    assert lines[0] == "### `orders`"
    assert "| `PAID` | A\u00d7? | A\u00d7? | C? | A\u00d7? |" in lines
    assert (
        "- C `orders.run(order, S.PAID, S.SHIPPED)`: take_van never reached its cleanup side"
        in lines
    )


def test_the_report_as_a_page() -> None:
    """The page of the views has the holes in its data."""
    page = f"{some():html}"
    assert "What no run has exercised" in page
    assert "never reached its cleanup side" in page
    assert page.isascii()


def test_formats_of_several_policies() -> None:
    """Text, Markdown and JSON take several; a page is about one."""
    both = [some(), everything()]
    assert formatted(both, "text").count("exercised, in") == 2
    assert formatted(both, "md").count("### `orders`") == 2
    assert json.loads(formatted(both, "json"))["bylaws coverage"] == 1
    with pytest.raises(CoverageError, match="about one policy"):
        formatted(both, "html")
    with pytest.raises(CoverageError, match="no format 'svg'; the formats are: text, md, html"):
        formatted(both, "svg")


def test_a_matrix_that_nobody_would_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a large one only the holes are shown."""
    monkeypatch.setattr("bylaws.testing.coverage.showing.MOST_CELLS", 3)
    assert "from" not in as_text(some())
    assert "| from" not in f"{some():md}"
    assert isinstance(some().subject.matrix, Matrix)
