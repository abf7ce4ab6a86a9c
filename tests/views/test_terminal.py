"""The terminal: what is read in the grid is so, at every width, with and without colours."""

from __future__ import annotations

import io
import os
import re
import threading
import time
from functools import partial
from typing import Final

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from bylaws.views import EntryFacts, Matrix, StateEnum, StateSet, StateSpace, fold
from bylaws.views.display import items, marked, shown
from bylaws.views.focus import Focus, focus_on
from bylaws.views.grid import grid
from bylaws.views.terminal import lines, show, write_text
from tests.views.drawn import matrices
from tests.views.hostile import GROUPS
from tests.views.real import large, orders, prefect

COLOUR = re.compile(r"\x1b\[[0-9;]*m")


@given(st.sampled_from(GROUPS) | matrices())
def test_the_grid_reads_back(matrix: Matrix) -> None:
    """Row by row its names and its marks; and the legend has what fires in each plan."""
    folded = fold(matrix)
    text = write_text(matrix, width=1_000_000).splitlines()
    start = [at for at, line in enumerate(text) if line.startswith(" from \\ to")][-1] + 1
    width = len(folded.columns)
    for line, row, cells in zip(text[start:], folded.rows, folded.cells, strict=False):
        read = re.split(r" +", line.rstrip())[-width:]
        assert read == [marked(folded.plans[at]) for at in cells]
        assert line.startswith(f" {', '.join(map(str, items(matrix.space, row)))} ")
    legend = "\n".join(text[start + len(folded.rows) :])
    numbers = {entry.name: at for at, entry in enumerate(matrix.entries, 1)}
    if "\u25cf" in legend:
        return  # the entries are crossed with the plans: see below
    for plan in folded.plans:
        names = [
            f"{numbers[entry.name]} {shown(entry.name)}" + "\u00d7" * (entry in plan.ruled_out_by)
            for entry in plan.entries
        ]
        wide = max([len(marked(each)) for each in folded.plans if each.entries], default=0)
        assert not names or f" {marked(plan):{wide}}  {', '.join(names)}\n" in f"{legend}\n"


def test_entries_crossed_with_plans_read_back() -> None:
    """A plan is read down its column: the entries that have a dot."""
    matrix = prefect("CoreTaskPolicy")
    folded = fold(matrix)
    text = write_text(matrix).splitlines()
    head = text.index(next(line for line in text if re.fullmatch(r" +A( +[A-Z])+", line)))
    labels = text[head].split()
    places = [text[head].index(label) for label in labels]
    for label, place in zip(labels, places, strict=True):
        fires = [
            line.split()[1] for line in text[head + 1 :] if line[place : place + 1] == "\u25cf"
        ]
        plan = next(plan for plan in folded.plans if plan.label == label)
        assert fires == [entry.name for entry in plan.entries]


REFUSES: Final = Matrix(
    "M",
    StateSpace((), ("A",)),
    (
        EntryFacts(
            "a name of some length",
            "rule",
            StateSet((), ("A",)),
            StateSet((), ("A",)),
            ("reject", "delay", "abort"),
        ),
    ),
)


@given(st.sampled_from(GROUPS) | matrices(), st.integers(1, 120), st.integers(0, 20))
@example(REFUSES, 1, 0)  # the longest that is said of an answer
def test_nothing_is_too_wide(matrix: Matrix, width: int, place: int) -> None:
    """No line is wider than the terminal, or than 40 columns; each is printable."""
    foci = [*map(Focus, matrix.states), *[Focus(None, entry) for entry in matrix.entries], None]
    for line in lines(matrix, foci[place % len(foci)], width=width):
        assert cell_len(line.plain) <= max(width, 40)
        assert line.plain.replace("\u200c", "").replace("\u200d", "").isprintable()


@pytest.mark.parametrize("width", [40, 80])
def test_wide_signs_are_cut_in_the_middle(width: int) -> None:
    """A name of them has its beginning and its end, and no column more than there are."""
    name = "\u65e5\u672c" * 25 + "x"
    states = ("A" * 30, "B" * 30, "C" * 30)
    space = StateSpace((), (name, *states))
    sets = [space.set_of([each]) for each in (name, *states)]
    listed = [EntryFacts(f"to {at}", "rule", each, each) for at, each in enumerate(sets)]
    text = write_text(Matrix(name, space, tuple(listed)), width=width)
    assert all(cell_len(line) <= width for line in text.splitlines())
    head = text.splitlines()[0]
    assert head.startswith("\u65e5\u672c")
    assert head.endswith("\u672cx")
    assert "\u2026" in head


def on_terminal(width: int, **environment: str) -> str:
    """What the matrix of the README is on a terminal with this environment."""
    file = io.StringIO()
    show(
        orders(),
        console=Console(
            file=file,
            force_terminal=True,
            width=width,
            color_system="standard",
            _environ={"TERM": "xterm", **environment},
        ),
    )
    return file.getvalue()


def test_colours_are_for_terminals() -> None:
    """There with them, without them where NO_COLOR is set; the text is the same."""
    plain = write_text(orders())
    assert "\x1b[2;31mA\u00d7" in on_terminal(80)
    assert COLOUR.sub("", on_terminal(80)) == plain
    assert "\x1b[2;31m" not in on_terminal(80, NO_COLOR="1")
    assert COLOUR.sub("", on_terminal(80, NO_COLOR="1")) == plain
    file = io.StringIO()
    show(orders(), console=Console(file=file))
    assert file.getvalue() == plain


def test_by_default_it_goes_to_the_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    """Where that is no terminal, without colours, at 80 columns."""
    show(orders(), focus_on(orders(), "PAID"))
    assert capsys.readouterr().out == write_text(orders(), focus_on(orders(), "PAID"))


@pytest.mark.parametrize("length", [1, 10, 20, 24, 30, 45, 60])
@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize("width", [80, 100, 200])
def test_names_are_whole_where_there_is_room(length: int, count: int, width: int) -> None:
    """No name of a row or a column is cut, if the grid can be drawn so."""
    names = [f"{at}{'x' * (length - 1)}" for at in range(count)]
    drawn = grid(
        [[name] for name in names],
        [[name] for name in names],
        [[("A", "")] * count] * count,
        width=width,
    )
    text = "\n".join([line.plain for line in drawn])
    assert "\u2026" not in text
    assert all(text.count(name) >= 2 for name in names)
    assert max(cell_len(line.plain) for line in drawn) <= width


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252"])
def test_terminals_that_know_few_signs(encoding: str) -> None:
    """They get others that are as wide, and question marks for names."""
    names = ("\u05d0", "b\u2026")
    space = StateSpace((StateEnum("S", names),))
    states = space.set_of(list(names))
    matrix = Matrix("\u65e5", space, (EntryFacts("stay", "rule", states, states, ("abort",)),))
    raw = io.BytesIO()
    with io.TextIOWrapper(raw, encoding) as file:
        show(matrix, console=Console(file=file, width=40))
        file.flush()
        text = raw.getvalue().decode(encoding)
    assert text.splitlines()[0] == "?"
    assert len(text.splitlines()) == len(lines(matrix, width=40))
    assert "Ax" in text


def test_a_state_and_its_moves() -> None:
    """Of a state, what fires from it and to it."""
    text = write_text(orders(), focus_on(orders(), "PAID"))
    assert "from PAID to\n A\u00d7  NEW, PAID, None\n D   SHIPPED\n" in text
    assert "to PAID from\n B   NEW\n A\u00d7  every S (but NEW), None\n" in text


def test_an_entry_and_its_facts() -> None:
    """Of an entry, all that is known of it, and the cells that it fires for."""
    space = StateSpace((StateEnum("S", ("A", "B")),))
    states = space.set_of(["A", "B"])
    rule = EntryFacts(
        "stay",
        "rule",
        states,
        states,
        ("proceed", "abort"),
        ("before_transition", "cleanup"),
        ("cleanup",),
        ((None, states),),
        "Stay where you are.",
        "policy.py",
        7,
    )
    log = EntryFacts("log", "transform", verdicts=(), file="policy.py")
    matrix = Matrix("m", space, (rule, log))
    text = write_text(matrix, Focus(None, rule))
    for line in (
        "stay in m\nentry 1 of 2\n",
        " what      Stay where you are.\n",
        " from      every S\n to        every S\n",
        " hooks     before_transition, cleanup (async)\n",
        " legal     None -> every S\n where     policy.py:7\n",
        " A\u00d7  1 stay\u00d7, 2 log\n",
    ):
        assert line in text
    text = write_text(matrix, Focus(None, log))
    assert " fires     always: it is a transform\n where     policy.py\n" in text


def test_a_policy_of_nothing() -> None:
    """That nothing fires is said."""
    matrix = Matrix("empty", StateSpace((StateEnum("S", ("A",)),)), ())
    assert write_text(matrix) == (
        "empty\n0 rules; 1 state of S, and None; 4 moves\n\n"
        " from \\ to      every S, None\n every S, None        \u00b7\n\n"
        "Nothing fires for any move.\n"
    )


def test_many_plans_have_no_legend() -> None:
    """The cells then tell how many entries fire."""
    matrix = large(30, 100)
    text = write_text(matrix, width=200)
    assert "The numbers tell how many entries fire: " in text
    line = next(line for line in text.splitlines() if line.startswith(" STATE_7 "))
    assert line.split()[1].rstrip("\u00d7") == str(len(matrix.fires("STATE_7", "STATE_0")))


@pytest.mark.parametrize("name", [None, "rule_7", "STATE_7"])
def test_a_thousand_states(name: str | None) -> None:
    """Too many cells are not shown, and it takes no long time to say so, nor to show a part."""
    matrix = large(1_000, 300)
    start = time.process_time()
    text = write_text(matrix, None if name is None else focus_on(matrix, name))
    assert time.process_time() - start < 5
    assert "rule_7" in text
    if name is None:
        end = " ".join(text.splitlines()[-3:])
        assert end.endswith("too many cells to show. --focus STATE or RULE shows a part.")


@pytest.mark.spawns
def test_on_a_real_terminal() -> None:
    """A pseudo-terminal gets colours, without being asked for."""
    pty = pytest.importorskip("pty")
    ours, theirs = pty.openpty()
    found: list[bytes] = []
    reader = threading.Thread(target=lambda: found.extend(iter(partial(_read, ours), b"")))
    reader.start()
    with os.fdopen(theirs, "w") as file:
        environment = {"TERM": "xterm-256color", "COLUMNS": "80"}
        show(orders(), console=Console(file=file, _environ=environment))
    reader.join(20)
    os.close(ours)
    read = b"".join(found).decode()
    assert "\x1b[2;31mA\u00d7" in read
    assert COLOUR.sub("", read).replace("\r\n", "\n") == write_text(orders())


def _read(terminal: int) -> bytes:
    """What was written to a pseudo-terminal; at its end, nothing."""
    try:
        return os.read(terminal, 100_000)
    except OSError:
        return b""
