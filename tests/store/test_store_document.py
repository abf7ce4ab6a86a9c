"""The page on the store: its snippets print what it shows, and type-check."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

from bylaws.store.history import COLUMNS
from tests.pages import assert_it_type_checks, blocks, python_of

pytest.importorskip("greenlet", reason="needs greenlet")
pytest.importorskip("aiosqlite", reason="needs the extra: examples")

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "store.md").read_text(encoding="utf-8")
BLOCKS = blocks(TEXT)
CODE = python_of(TEXT)


@pytest.mark.spawns
def test_snippets_print_what_is_shown(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """The snippets run as one program; what is printed is in the text blocks behind them."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path_factory.mktemp("databases")))
    program = ModuleType("store_document")
    monkeypatch.setitem(sys.modules, "store_document", program)
    for kind, text in BLOCKS:
        if kind == "python":
            capsys.readouterr()
            exec(compile(text, "store.md", "exec"), vars(program))
        elif kind == "text":
            assert capsys.readouterr().out == text
    vars(program)["engine"].dispose()
    assert not [*tmp_path.iterdir()]  # so that they run a second time


def test_snippets_type_check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The snippets, as one program, pass `mypy --strict`."""
    monkeypatch.setenv("MYPYPATH", str(ROOT))
    assert_it_type_checks(CODE, tmp_path)


def test_the_table_names_what_there_is() -> None:
    """All columns of a history are explained, in their order."""
    rows = re.findall(r"^\| (`.*?`) \| ", TEXT.partition("## The history")[2], re.MULTILINE)
    assert tuple(re.findall("`(.*?)`", " ".join(rows)))[: len(COLUMNS)] == COLUMNS


def test_links_lead_somewhere() -> None:
    """Every link is a file, and the README leads here."""
    for target in re.findall(r"\]\(((?!https?:)[^)#\s]+)\)", TEXT):
        assert (ROOT / "docs" / target).exists(), target
    assert "(docs/store.md)" in (ROOT / "README.md").read_text(encoding="utf-8")
