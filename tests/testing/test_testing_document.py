"""The page on testing rules: its snippets print what it shows, type-check, and keep to the code."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

from bylaws.testing.errors import Problem
from bylaws.testing.striking.script import MOST_AWAITS
from bylaws.testing.striking.strikes import WAYS
from bylaws.testing.striking.visits import MOST_VISITS
from examples.orders import vans
from tests.pages import assert_it_type_checks, blocks, python_of

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "testing.md").read_text(encoding="utf-8")
BLOCKS = blocks(TEXT)
CODE = python_of(TEXT)


def test_snippets_print_what_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    """The snippets run as one program; what is printed is in the text blocks behind them."""
    program: dict[str, object] = {"__name__": "testing_page"}
    for kind, text in BLOCKS:
        if kind == "python":
            capsys.readouterr()
            exec(compile(text, "testing.md", "exec"), program)
        else:
            assert kind == "text"
            assert capsys.readouterr().out == text
    vans[:] = ["red van", "blue van"]


def test_snippets_type_check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The snippets, as one program, pass `mypy --strict`."""
    monkeypatch.setenv("MYPYPATH", str(ROOT))
    assert_it_type_checks(CODE, tmp_path)


def test_what_it_counts_is_what_there_is() -> None:
    """Ways, problems and bounds are those of the program."""
    assert ", ".join(WAYS).replace("raises K", "raises `K").removesuffix("t") + "t`" in TEXT
    told = re.findall(r"^\| (`\w+`(?:, `\w+`)*) \| ", TEXT, re.MULTILINE)
    assert {*re.findall(r"`(\w+)`", " ".join(told))} == {*get_args(Problem)}
    assert MOST_VISITS == 5
    assert "the first five visits" in TEXT
    assert TEXT.count(f"the first {MOST_AWAITS} awaits") == 2


def test_links_lead_somewhere() -> None:
    """Every relative link of the page is a file of the repository."""
    for target in re.findall(r"\]\((?!https?:)([^)#\s]+)\)", TEXT):
        assert (ROOT / "docs" / target).exists(), target
