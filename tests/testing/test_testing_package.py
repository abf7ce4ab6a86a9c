"""The room as a whole: nobody pays for it who does not use it."""

from __future__ import annotations

import pickle
import subprocess
import sys

import pytest

import bylaws.testing
from bylaws.testing import LeakError, SetupError


def loaded(code: str) -> set[str]:
    """The modules that a fresh process has loaded after some code."""
    show = f"import sys\n{code}\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", show], capture_output=True, check=True, text=True)
    return {*done.stdout.split()}


@pytest.mark.spawns
def test_the_core_does_not_import_it() -> None:
    """`import bylaws` loads nothing of the kit."""
    assert not [name for name in loaded("import bylaws") if name.startswith("bylaws.testing")]


@pytest.mark.spawns
def test_it_needs_no_other_package() -> None:
    """Strikes are made with the standard library, and no loop is imported for them."""
    known = {*sys.stdlib_module_names, "bylaws", "typing_extensions", "sitecustomize"}
    found = {name.partition(".")[0] for name in loaded("import bylaws.testing") - loaded("")}
    assert found <= known
    assert "asyncio" not in found


def test_all_that_it_names_is_there() -> None:
    """`__all__` is sorted as the house sorts it, and right."""
    assert all(hasattr(bylaws.testing, name) for name in bylaws.testing.__all__)


def test_what_it_raises_travels() -> None:
    """A test that ran in another process has its error sent."""
    leaks = pickle.loads(pickle.dumps(LeakError("it leaks", [], 3)))
    assert (str(leaks), leaks.strikes) == ("it leaks", 3)
    setup = pickle.loads(pickle.dumps(SetupError("it is refused", "refused")))
    assert (str(setup), setup.problem) == ("it is refused", "refused")
