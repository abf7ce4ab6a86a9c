"""The page on observers: its snippets print what it shows, type-check, and name what there is."""

from __future__ import annotations

import logging
import re
from pathlib import Path

import pytest

from bylaws.observers import LEVELS
from bylaws.observers.records import RunRecord, RunStart
from tests.pages import assert_it_type_checks, blocks, python_of

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "observers.md").read_text(encoding="utf-8")
BLOCKS = blocks(TEXT)
CODE = python_of(TEXT)


@pytest.mark.spawns  # the SDK looks for its resource in a thread
def test_snippets_print_what_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    """The snippets run as one program; what is printed is in the text blocks behind them."""
    pytest.importorskip("opentelemetry.sdk", reason="needs the extra: test")
    logger = logging.getLogger("bylaws.runs")
    program: dict[str, object] = {}
    try:
        for kind, text in BLOCKS:
            if kind == "python":
                capsys.readouterr()
                exec(compile(text, "observers.md", "exec"), program)
            else:
                assert kind == "text"
                assert capsys.readouterr().out == text
    finally:
        logger.handlers.clear()
        logger.setLevel(logging.NOTSET)


def test_snippets_type_check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The snippets, as one program, pass `mypy --strict`."""
    monkeypatch.setenv("MYPYPATH", str(ROOT))
    assert_it_type_checks(CODE, tmp_path)


def named(heading: str) -> set[str]:
    """The names in the first column of the table under a heading."""
    table = TEXT.partition(heading)[2].partition("\n\n")[0]
    return {*re.findall(r"`(\w+)`", " ".join(re.findall(r"^\| (.*?) \| ", table, re.MULTILINE)))}


def test_tables_name_what_there_is() -> None:
    """Every attribute of both records, and every level."""

    def public(kind: type) -> set[str]:
        return {name for name in dir(kind) if not name.startswith("_")}

    assert named("| of a `RunStart`, and so of a `RunRecord` | |\n") == public(RunStart)
    assert named("| of a `RunRecord` alone | |\n") == public(RunRecord) - public(RunStart)
    rows = re.findall(r"^\| (\w+) \| ([A-Z]+) \|$", TEXT, re.MULTILINE)
    assert dict(rows) == {came_to: logging.getLevelName(at) for came_to, at in LEVELS.items()}


def test_links_lead_somewhere() -> None:
    """Every link is a file, and the README leads here."""
    prose = re.sub(r"^```\w+\n.*?^```$", "", TEXT, flags=re.MULTILINE | re.DOTALL)
    for target in re.findall(r"\]\(((?!https?:)[^)#\s]+)\)", prose):
        assert (ROOT / "docs" / target).exists(), target
    assert "(docs/observers.md)" in (ROOT / "README.md").read_text(encoding="utf-8")
