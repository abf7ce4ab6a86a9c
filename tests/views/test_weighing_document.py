"""The page on weighing: its snippets print what it shows, and its tables are right."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bylaws.cli.app import app
from bylaws.views import Count
from bylaws.views.counts import HEADERS
from tests.pages import assert_it_type_checks, blocks, python_of

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "weighing.md").read_text(encoding="utf-8")
BLOCKS = blocks(TEXT)


def test_snippets_print_what_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    """The snippets run as one program; what is printed is in the text blocks behind them."""
    program: dict[str, object] = {}
    for kind, text in BLOCKS:
        if kind == "python":
            capsys.readouterr()
            exec(compile(text, "weighing.md", "exec"), program)
        elif kind == "text":
            assert capsys.readouterr().out == text


def test_snippets_type_check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The snippets, as one program, pass `mypy --strict`."""
    monkeypatch.setenv("MYPYPATH", str(ROOT))
    assert_it_type_checks(python_of(TEXT), tmp_path)


def test_tables_name_what_there_is() -> None:
    """The fields of a count, and the columns of a CSV, are those of the program."""
    counts, _, rest = TEXT.partition("## A database")
    assert tuple(re.findall(r"^\| `(\w+)` \| ", counts, re.MULTILINE)) == Count._fields
    table = rest.partition("## CSV")[2]
    rows = re.findall(r"^\| `(\w+)` \|(?: `(\w+)`)? \| ", table, re.MULTILINE)
    known = [(names[0], names[1] if len(names) > 1 else "") for names in HEADERS.values()]
    assert rows == known


def test_flags_are_there() -> None:
    """What the page tells to type is understood by `diff`."""
    known = {name for each in app["diff"].assemble_argument_collection() for name in each.names}
    for kind, text in BLOCKS:
        for line in text.splitlines() if kind == "sh" else ():
            _, _, typed = line.partition("bylaws diff")
            assert {*re.findall(r"(?<=\s)--[\w-]+", typed)} <= known


def test_links_lead_here() -> None:
    """The pages on the command and on the views lead to this one."""
    for page in ("command.md", "views.md"):
        assert "(weighing.md)" in (ROOT / "docs" / page).read_text(encoding="utf-8")
