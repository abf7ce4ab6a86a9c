"""Sources: where entries are defined, and what their docstrings begin with."""

from __future__ import annotations

import ast
import inspect
import linecache
import warnings
from dataclasses import is_dataclass
from functools import partial
from pathlib import Path
from types import CodeType
from typing import Any, cast

from bylaws import FunctionRule, Moves


class Sources:
    """Where entries are defined, and the first lines of their docstrings: a file is read once."""

    def __init__(self) -> None:
        self._classes: dict[str, dict[str, int]] = {}

    def of(self, entry: Any) -> tuple[str | None, str | None, int | None]:
        """The first line of the docstring, the file and the line; `None` for what is not known."""
        if issubclass(type(entry), Moves):
            return None, None, None  # its class is bylaws' own
        kind = cast("type[object]", type(entry))
        if issubclass(type(entry), FunctionRule):
            return (first_line(entry.__doc__), *self._of_function(entry.__wrapped__))
        text = None if _made_up(kind) else entry.__doc__
        return (first_line(text), *self.of_class(kind))

    def _of_function(self, called: Any) -> tuple[str | None, int | None]:
        """The file and the line of the function that something calls, or of its class."""
        function = inspect.unwrap(called)
        while isinstance(function, partial):
            function = inspect.unwrap(cast("Any", function).func)
        code: object = getattr(function, "__code__", None)
        if not isinstance(code, CodeType):
            return self.of_class(cast("type[object]", type(function)))
        return shown_file(code.co_filename), code.co_firstlineno

    def of_class(self, kind: type) -> tuple[str | None, int | None]:
        """The file and the line of a class."""
        try:
            file = inspect.getsourcefile(kind)
        except TypeError:  # a built-in class, or the module is gone
            file = None
        if file is None:
            return None, None
        if file not in self._classes:
            self._classes[file] = _lines_of_classes(file)
        return shown_file(file), self._classes[file].get(kind.__qualname__)


def first_line(doc: object) -> str | None:
    """The first line of a docstring that has something on it."""
    lines = doc.strip().splitlines() if isinstance(doc, str) else []
    return lines[0].strip() if lines else None


def _made_up(kind: type) -> bool:
    """Whether `dataclass` wrote the docstring: it is the signature then."""
    return is_dataclass(kind) and str(kind.__doc__).startswith(f"{kind.__name__}(")


def shown_file(file: str) -> str:
    """A path as findings and facts have it: relative to the working directory if it lies in it."""
    path = Path(file)
    here = Path.cwd()
    return (path.relative_to(here) if path.is_relative_to(here) else path).as_posix()


def _lines_of_classes(file: str) -> dict[str, int]:
    """The line of each class in a file by its qualified name. One pass, whatever their number."""
    found: dict[str, int] = {}
    try:
        with warnings.catch_warnings(action="ignore"):  # they are about somebody else's code
            tree = ast.parse("".join(linecache.getlines(file)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return found
    todo: list[tuple[ast.AST, str]] = [(tree, "")]
    while todo:
        node, prefix = todo.pop()
        for child in ast.iter_child_nodes(node):
            below = prefix
            if isinstance(child, ast.ClassDef):
                found.setdefault(f"{prefix}{child.name}", child.lineno)
                below = f"{prefix}{child.name}."
            elif isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
                below = f"{prefix}{child.name}.<locals>."
            todo.append((child, below))
    return found
