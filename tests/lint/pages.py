"""Policies from text: modules that are written, imported and linted, since source is looked at."""

from __future__ import annotations

import importlib.util
import linecache
import sys
from collections.abc import Iterable
from itertools import count
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from bylaws import AsyncPolicy
from bylaws.lint import Finding, ProjectIgnore, lint
from tests import pages

ROOT: Final = Path(__file__).parent.parent.parent
NUMBERS: Final = count()


def blocks(text: str, kind: str) -> list[str]:
    """The blocks of a language in a page."""
    return [code for language, code in pages.blocks(text) if language == kind]


PRELUDE: Final = blocks((ROOT / "docs" / "lint.md").read_text(encoding="utf-8"), "python")[-1]
"""What the examples of the pages go on from: imports, and the states."""


def module(text: str, directory: Path) -> ModuleType:
    """A module with this text after the prelude, imported from a file of its own."""
    file = directory / f"written_{next(NUMBERS)}.py"
    file.write_text(f"{PRELUDE}\n\n{text}", encoding="utf-8")
    linecache.checkcache(str(file))
    spec = importlib.util.spec_from_file_location(file.stem, file)
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    sys.modules[file.stem] = made  # where `inspect` looks for the file of a class
    spec.loader.exec_module(made)
    return made


def policies(text: str, directory: Path) -> list[AsyncPolicy[Any, Any]]:
    """The policies of such a module."""
    made = module(text, directory)
    return [value for value in vars(made).values() if isinstance(value, AsyncPolicy)]


def found(text: str, directory: Path, ignores: Iterable[ProjectIgnore] = ()) -> tuple[Finding, ...]:
    """What lint finds in the policies of such a module."""
    return lint(*policies(text, directory), ignores=ignores)


def told(finding: Finding) -> str:
    """A finding as the pages show it."""
    where = f": {finding.where}" if finding.moves else ""
    return f"{finding.message}{where}\n{finding.mend}\n"
