"""The package as a whole: what it exports, imports and ships, and what its tests have to say."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import subprocess
import sys
from pathlib import Path
from types import FunctionType

import pytest

import bylaws

ROOT = Path(__file__).parent.parent
MODULES = [module.name for module in pkgutil.iter_modules(bylaws.__path__)]


def test_all_is_what_is_there() -> None:
    """`__all__` is sorted and names everything public in the package, modules apart."""
    # What begins with @ is pytest's: as its plugin is in the package, it rewrites that.
    public = {name for name in vars(bylaws) if not name.startswith(("_", "@"))} - set(MODULES)
    assert bylaws.__all__ == sorted(public)


def test_no_module_has_the_name_of_something_exported() -> None:
    """`bylaws.rule` is the decorator and never a module, and so for all others."""
    assert not set(MODULES) & set(bylaws.__all__)


def test_what_is_exported_is_documented() -> None:
    """Every exported class and function has a docstring of its own."""
    for name in bylaws.__all__:
        it = getattr(bylaws, name)
        if isinstance(it, type | FunctionType):
            assert it.__doc__, name


def test_imports_run_one_way() -> None:
    """No module of the package is imported, even indirectly, by one that it imports."""
    imports = {
        name: {
            node.module.removeprefix("bylaws.")
            for node in ast.walk(
                ast.parse(Path(str(importlib.import_module(f"bylaws.{name}").__file__)).read_text())
            )
            if isinstance(node, ast.ImportFrom)
            and node.module
            and node.module.startswith("bylaws.")
        }
        for name in MODULES
    }
    while imports:
        free = [name for name, needs in imports.items() if not needs & set(imports)]
        assert free, f"these import one another: {sorted(imports)}"
        for name in free:
            del imports[name]


@pytest.mark.spawns
def test_importing_is_light() -> None:
    """Importing the package brings in its own modules only, beside enum and typing(_extensions)."""
    here = str(Path(str(bylaws.__file__)).parent.parent)
    before = f"import sys; sys.path.insert(0, {here!r}); import enum, typing, typing_extensions"
    before += "; before = {*sys.modules}"
    code = f"{before}; import bylaws; print({{*sys.modules}} - before)"
    run = subprocess.run(
        [sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True
    )
    brought: set[str] = ast.literal_eval(run.stdout)
    assert {name for name in brought if not name.startswith("bylaws")} <= {"__future__"}


def test_the_package_is_typed() -> None:
    """The marker that tells checkers to read the package's own types is shipped with it."""
    assert (Path(str(bylaws.__file__)).parent / "py.typed").is_file()


@pytest.mark.parametrize(
    "path", sorted((ROOT / "tests").glob("test_*.py")), ids=lambda path: path.name
)
def test_every_test_says_what_it_shows(path: Path) -> None:
    """Every test has a docstring of one sentence."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith(
            "test_"
        ):
            assert (ast.get_docstring(node) or "").rstrip().endswith("."), (
                f"{path.name}::{node.name}"
            )
