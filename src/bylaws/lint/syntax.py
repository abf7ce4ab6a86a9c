"""Syntax: source files as trees. A file is read and parsed once, and nothing of it is run."""

from __future__ import annotations

import ast
import linecache
import warnings
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Final, TypeAlias

from bylaws.views.sources import shown_file

FunctionNode: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda

SCOPES: Final = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)


class Syntax:
    """One file: its lines, and what is defined where. Without source, or unless it parses, empty.

    Attributes:
        lines: its lines, each with its newline.
        functions: functions by the first line and the name that their code has, `<lambda>` for one
            without. The first line is that of the first decorator.
        classes: classes by their qualified names.

    """

    def __init__(self, lines: Iterable[str]) -> None:
        self.lines: Final = [*lines]
        self.functions: Final[dict[tuple[int, str], list[FunctionNode]]] = {}
        self.classes: Final[dict[str, list[ast.ClassDef]]] = {}
        self._statements: Final[list[ast.stmt]] = []
        try:
            with warnings.catch_warnings(action="ignore"):  # they are about somebody else's code
                tree = ast.parse("".join(self.lines))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return
        todo: list[tuple[ast.AST, str]] = [(tree, "")]
        while todo:
            node, prefix = todo.pop()
            for child in ast.iter_child_nodes(node):
                below = prefix
                if isinstance(child, ast.stmt):
                    self._statements.append(child)
                if isinstance(child, ast.ClassDef):
                    self.classes.setdefault(f"{prefix}{child.name}", []).append(child)
                    below = f"{prefix}{child.name}."
                elif isinstance(child, ast.Lambda):
                    self.functions.setdefault((child.lineno, "<lambda>"), []).append(child)
                elif isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
                    key = first_line_of(child), child.name
                    self.functions.setdefault(key, []).append(child)
                    below = f"{prefix}{child.name}.<locals>."
                todo.append((child, below))

    @cached_property
    def _parts(self) -> Mapping[int, tuple[int, int]]:
        """For each line of a statement, the first and the last of the innermost one that has it."""
        found: dict[int, tuple[int, int]] = {}
        for statement in sorted(self._statements, key=first_line_of):
            first, last = first_line_of(statement), statement.end_lineno or statement.lineno
            inner = _body_of(statement)
            if inner is not None:  # of a block, what stands before its body
                last = first_line_of(inner) - 1
                while last > statement.lineno and not self._has_code(last):
                    last -= 1
                last = max(statement.lineno, last)
            for line in range(first, last + 1):
                found[line] = first, last
        return found

    def _has_code(self, line: int) -> bool:
        text = self.lines[line - 1].strip()
        return bool(text) and not text.startswith("#")

    def part(self, line: int) -> tuple[int, int]:
        """The first and the last line of the statement that a line belongs to.

        Of a class, a function or another block that is all before its body: decorators, arguments.
        """
        return self._parts.get(line, (line, line))


class Files:
    """Files by their names, as functions and classes know them, or as in `Place`."""

    def __init__(self) -> None:
        self._parsed: dict[str, Syntax] = {}

    def of(self, file: str, scope: Mapping[str, object] | None = None) -> Syntax:
        """A file. What is in no file system is read by the loader that `scope`, globals, names."""
        name = shown_file(file)
        if name not in self._parsed:
            linecache.checkcache(file)
            self._parsed[name] = Syntax(
                linecache.getlines(file, None if scope is None else {**scope})
            )
        return self._parsed[name]


def first_line_of(node: ast.AST) -> int:
    """The line that something starts on, with its decorators."""
    line: int = getattr(node, "lineno", 0)
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([line, *[each.lineno for each in decorators]])


def _body_of(statement: ast.stmt) -> ast.AST | None:
    """The first thing in a block; `None` of what is no block."""
    if isinstance(statement, ast.Match):
        return statement.cases[0].pattern
    body: list[ast.stmt] = getattr(statement, "body", [])
    return body[0] if body else None


def inside(function: FunctionNode) -> Iterator[ast.AST]:
    """What is in the body of a function, nested functions included, in no order."""
    body = [function.body] if isinstance(function, ast.Lambda) else function.body
    for statement in body:
        yield from ast.walk(statement)


def own(function: FunctionNode) -> Iterator[ast.AST]:
    """What is in the body of a function; of nested functions and classes only they themselves."""
    todo: list[ast.AST] = []
    todo += [function.body] if isinstance(function, ast.Lambda) else function.body
    while todo:
        node = todo.pop()
        yield node
        if not isinstance(node, SCOPES):
            todo += ast.iter_child_nodes(node)


def parameters(function: FunctionNode) -> list[ast.arg]:
    """All parameters of a function, those that may be positional first."""
    given = function.args
    rest = [each for each in (given.vararg, given.kwarg) if each is not None]
    return [*given.posonlyargs, *given.args, *given.kwonlyargs, *rest]
