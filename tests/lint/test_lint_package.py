"""The room as a whole: nobody pays for it who does not use it."""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from typing import Any

import pytest

import bylaws.lint
from bylaws import Policy
from tests.cast import S, good
from tests.views.test_views_package import loaded

ROOM = Path(str(bylaws.lint.__file__)).parent


@pytest.mark.spawns
def test_nobody_else_imports_it() -> None:
    """Neither the core nor the views load anything of lint."""
    code = "import bylaws.views, bylaws.views.page, bylaws.views.terminal"
    assert not [name for name in loaded(code) if name.startswith("bylaws.lint")]


@pytest.mark.spawns
def test_it_needs_no_other_package() -> None:
    """All but the format text is made with the standard library."""
    known = {*sys.stdlib_module_names, "bylaws", "typing_extensions", "sitecustomize"}
    code = "import bylaws.lint.sarif, bylaws.lint.interchange, bylaws.lint.annotations"
    found = {name.partition(".")[0] for name in loaded(code) - loaded("")}
    assert found <= known


def test_it_is_built_on_what_is_public() -> None:
    """No module imports one of the core's machinery."""
    for file in ROOM.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                assert not any(part.startswith("_") for part in str(node.module).split(".")[1:])
                assert not [each.name for each in node.names if each.name.startswith("_")]


def test_all_that_it_names_is_there() -> None:
    """`__all__` is right, and what it names has a docstring."""
    assert all(hasattr(bylaws.lint, name) for name in bylaws.lint.__all__)
    assert bylaws.lint.lint.__doc__


@pytest.mark.parametrize("wrong", [good, Policy, [Policy[S](good)], None])
def test_what_is_no_policy_is_refused(wrong: Any) -> None:
    """A rule, a class, or a list of policies is a `TypeError` that says what to give."""
    with pytest.raises(TypeError, match="give policies that are made"):
        bylaws.lint.lint(wrong)
