"""The room as a whole: nobody pays for it who does not use it."""

from __future__ import annotations

import subprocess
import sys

import pytest

import bylaws.views


def loaded(code: str) -> set[str]:
    """The modules that a fresh process has loaded after some code."""
    show = f"import sys\n{code}\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", show], capture_output=True, check=True, text=True)
    return {*done.stdout.split()}


@pytest.mark.spawns
def test_the_core_does_not_import_it() -> None:
    """`import bylaws` loads nothing of the views."""
    assert not [name for name in loaded("import bylaws") if name.startswith("bylaws.views")]


@pytest.mark.spawns
def test_it_needs_no_other_package() -> None:
    """Facts, folding, differences, locks and JSON are made with the standard library."""
    known = {*sys.stdlib_module_names, "bylaws", "typing_extensions", "sitecustomize"}
    code = "import bylaws.views.prefect, bylaws.views.interchange, bylaws.views.changes"
    before = loaded("")
    found = {name.partition(".")[0] for name in loaded(code) - before}
    assert found <= known


def test_all_that_it_names_is_there() -> None:
    """`__all__` is sorted as the house sorts it, and right."""
    assert all(hasattr(bylaws.views, name) for name in bylaws.views.__all__)
