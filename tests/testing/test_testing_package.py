"""The room as a whole: what it names, what it imports, and who pays for it."""

from __future__ import annotations

import ast
import os
import pickle
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import bylaws.testing
from bylaws.testing import LeakError, SetupError

INSIDE = "bylaws.testing."
MODULES = [
    module.name.removeprefix(INSIDE)
    for module in pkgutil.walk_packages(bylaws.testing.__path__, INSIDE)
    if not module.ispkg
]
FOLDER = Path(str(bylaws.testing.__file__)).parent


def loaded(code: str) -> set[str]:
    """The modules that a fresh process has loaded after some code."""
    done = subprocess.run(
        [sys.executable, "-c", f"import sys\n{code}\nprint(*sys.modules)"],
        capture_output=True,
        check=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    return {*done.stdout.split()}


def test_all_is_what_is_there() -> None:
    """`__all__` is sorted and names what there is; no module has the name of one of these."""
    names = bylaws.testing.__all__
    assert all(hasattr(bylaws.testing, name) for name in names)
    assert not {*" ".join(MODULES).replace(".", " ").split()} & {*names}


@pytest.mark.spawns
def test_it_needs_no_other_package() -> None:
    """Strikes and coverage take the standard library alone, and load no loop before it is used."""
    known = {*sys.stdlib_module_names, "bylaws", "typing_extensions", "sitecustomize"}
    found = {name.partition(".")[0] for name in loaded("import bylaws.testing") - loaded("")}
    assert found <= known
    assert not {"asyncio", "multiprocessing"} & found


@pytest.mark.spawns
def test_nobody_else_imports_it() -> None:
    """Neither the core nor the views."""
    names = loaded("import bylaws, bylaws.views")
    assert not [name for name in names if name.startswith("bylaws.testing")]


def test_imports_run_one_way() -> None:
    """No module is imported at its top, even indirectly, by one that it imports so."""
    imports = {
        name: {
            node.module.removeprefix(INSIDE)
            for node in ast.parse((FOLDER / f"{name.replace('.', '/')}.py").read_text("utf-8")).body
            if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith(INSIDE)
        }
        for name in MODULES
    }
    while imports:
        free = [name for name, needs in imports.items() if not needs & set(imports)]
        assert free, f"these import one another: {sorted(imports)}"
        for name in free:
            del imports[name]


def test_what_it_raises_travels() -> None:
    """A test that ran in another process has its error sent."""
    leaks = pickle.loads(pickle.dumps(LeakError("it leaks", [], 3)))
    assert (str(leaks), leaks.strikes) == ("it leaks", 3)
    setup = pickle.loads(pickle.dumps(SetupError("it is refused", "refused")))
    assert (str(setup), setup.problem) == ("it is refused", "refused")


@pytest.mark.parametrize(
    "path", sorted(Path(__file__).parent.glob("test_*.py")), ids=os.path.basename
)
def test_every_test_says_what_it_shows(path: Path) -> None:
    """Every test has a docstring of one sentence."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            assert (ast.get_docstring(node) or "").endswith("."), f"{path.name}::{node.name}"
