"""The page on coverage, moves and locks: its snippets print what it shows, and type-check."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from bylaws.testing.coverage.datafile import KEY, VERSION
from bylaws.testing.coverage.possible import DID
from bylaws.testing.traced import compared
from pytest_bylaws import pytest_addoption
from tests.pages import assert_it_type_checks, blocks, python_of

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "testing-coverage.md").read_text(encoding="utf-8")
BLOCKS = blocks(TEXT)
CODE = python_of(TEXT)
TYPES = ROOT / "examples" / "orders_types.py"


def test_snippets_print_what_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    """The snippets run as one program, whose tests pass; what is printed stands behind them."""
    program: dict[str, Any] = {}
    for kind, text in BLOCKS:
        if kind == "python":
            capsys.readouterr()
            exec(compile(text, "testing-coverage.md", "exec"), program)
        else:
            assert kind == "text"
            assert capsys.readouterr().out == text
    program["test_a_run_has_an_outcome"]()
    program["test_vans"]((program["S"].PAID, program["S"].SHIPPED))


@pytest.mark.parametrize("file", ["snippets", "types"])
def test_snippets_type_check(file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The snippets, as one program, pass `mypy --strict`; so does the file to copy."""
    monkeypatch.setenv("MYPYPATH", str(ROOT))
    assert_it_type_checks(CODE if file == "snippets" else TYPES.read_text("utf-8"), tmp_path)


def test_a_mistake_that_is_not_refused_any_more_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a policy that is `Any`, the file that was copied has an error for each mistake."""
    api = pytest.importorskip("mypy.api")
    monkeypatch.setenv("MYPYPATH", str(ROOT))
    text = TYPES.read_text("utf-8").replace(
        "from examples.orders import Order, S, load_van, orders, take_van",
        "from typing import Any\nfrom examples.orders import Order, S, load_van, take_van\n"
        "orders: Any = None",
    )
    program = tmp_path / "copied.py"
    program.write_text(text, encoding="utf-8")
    report, _, status = api.run(["--strict", "--cache-dir", str(tmp_path), str(program)])
    about = text.count("orders.") - text.count("examples.orders")
    assert status == 1
    assert report.count("error: ") >= about - 3, report


def test_options_and_keys_are_those_that_there_are() -> None:
    """The tables have every option, every key of the data file, and what is counted in it."""
    offered: list[str] = []

    class Parser:
        def getgroup(self, *_: str) -> Parser:
            return self

        def addoption(self, name: str, **_: object) -> None:
            offered.append(name)

    parser: Any = Parser()
    pytest_addoption(parser)
    assert re.findall(r"^\| `(--[\w-]+)", TEXT, re.MULTILINE) == offered
    keys = re.findall(r"^\| `([a-z ]+)` \| ", TEXT, re.MULTILINE)
    assert keys[0] == KEY
    assert f"the version of this format, which is {VERSION} |" in TEXT
    assert keys[2:] == ["source", "called", "matrix", "callbacks", "raised", "seen"]
    assert ", ".join(f"`{what}`" for what in DID) in TEXT


def test_the_trace_is_shown_as_it_is() -> None:
    """The lines that pytest shows are those of the plugin."""
    program: dict[str, Any] = {}
    exec("from bylaws import Accepted\nfrom examples.orders import *\nvans.clear()", program)
    orders, states = program["orders"], program["S"]
    outcome = orders.run(program["Order"](kilos=1), states.PAID, states.SHIPPED)
    program["vans"].extend(["red van", "blue van"])
    lines = compared(outcome, program["Accepted"](states.SHIPPED)) or []
    shown = re.findall(r"^    E   (?:  |AssertionError: assert )(.*)$", TEXT, re.MULTILINE)
    assert shown == lines
