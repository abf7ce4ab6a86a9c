"""The page on the views from Python: its snippets print what it shows, and type-check."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bylaws.views import KINDS
from bylaws.views.formats import FORMATS
from bylaws.views.lock import VERSION
from bylaws.views.schema import VERSION as JSON_VERSION
from bylaws.views.separated import COLUMNS
from tests.pages import assert_it_type_checks, blocks, python_of

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "views.md").read_text(encoding="utf-8")
BLOCKS = blocks(TEXT)
CODE = python_of(TEXT)


def test_snippets_print_what_is_shown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """The snippets run as one program; what is printed is in the text blocks behind them."""
    monkeypatch.chdir(tmp_path)
    program: dict[str, object] = {}
    for kind, text in BLOCKS:
        if kind == "python":
            capsys.readouterr()
            exec(compile(text, "views.md", "exec"), program)
        else:
            assert kind == "text"
            assert capsys.readouterr().out == text
    assert {file.name for file in tmp_path.iterdir()} == {"orders.md", "orders.html", "edit.html"}


def test_snippets_type_check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The snippets, as one program, pass `mypy --strict`."""
    monkeypatch.setenv("MYPYPATH", str(ROOT))
    assert_it_type_checks(CODE, tmp_path)


def test_tables_name_what_there_is() -> None:
    """Kinds, formats, columns and versions are those of the program."""
    assert re.findall(r"^\| `(\w+)` \| ", TEXT.partition("## The lock")[0], re.MULTILINE) == [
        *KINDS
    ]
    assert ", ".join([f"`{code}`" for code in FORMATS[:-1]]) + f" and `{FORMATS[-1]}`" in TEXT
    rows = re.findall(r"^\| (`.*?`) \| ", TEXT.partition("## CSV")[2], re.MULTILINE)
    assert re.findall("`(.*?)`", " ".join(rows)) == [*COLUMNS]
    assert f"bylaws lock {VERSION}\n" in TEXT
    assert f"a `version`, which is {JSON_VERSION}:" in TEXT


def test_links_lead_somewhere() -> None:
    """Every link is a file, and the README and the page on the command lead here."""
    for target in re.findall(r"\]\(((?!https?:)[^)#\s]+)\)", TEXT):
        assert (ROOT / "docs" / target).exists(), target
    assert "(docs/views.md)" in (ROOT / "README.md").read_text(encoding="utf-8")
    assert "(views.md)" in (ROOT / "docs" / "command.md").read_text(encoding="utf-8")
