"""Pages of the documentation, as their tests read them: the blocks of code, and their types."""

from __future__ import annotations

import re
from pathlib import Path

import pytest


def blocks(text: str) -> list[tuple[str, str]]:
    """The fenced blocks of a page: each its language, and its text."""
    return re.findall(r"^```(\w+)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def python_of(text: str) -> str:
    """The Python of a page, as one program."""
    return "\n".join([code for kind, code in blocks(text) if kind == "python"])


def assert_it_type_checks(code: str, folder: Path) -> None:
    """A program passes `mypy --strict`, from a file of its own in the folder."""
    api = pytest.importorskip("mypy.api")
    program = folder / "page.py"
    program.write_text(code, encoding="utf-8")
    report, errors, status = api.run(["--strict", "--cache-dir", str(folder), str(program)])
    assert status == 0, report + errors
