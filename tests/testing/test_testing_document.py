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

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "testing.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
CODE = "\n".join(text for kind, text in BLOCKS if kind == "python")


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
    api = pytest.importorskip("mypy.api")
    monkeypatch.setenv("MYPYPATH", str(ROOT))
    program = tmp_path / "testing_document.py"
    program.write_text(CODE, encoding="utf-8")
    report, errors, status = api.run(["--strict", "--cache-dir", str(tmp_path), str(program)])
    assert status == 0, report + errors


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
