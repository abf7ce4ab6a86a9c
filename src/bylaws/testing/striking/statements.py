"""Statements: on which lines of a file something can go wrong that has not gone wrong before.

A line event is a strike where a statement begins. It is none in the middle of a statement that goes
over several lines, at the end of a `with`, where Python comes back to its first line, nor where
nothing can fail: `try:`, `pass`, `break`, `continue`, a `return` of a name. Neither is one in the
first statement of a `finally`, as in the exit of a `with`: what undoes is not struck, or nothing
could be right.
"""

from __future__ import annotations

import ast
import linecache
from dataclasses import dataclass, field
from functools import cache
from typing import Final, Literal, cast

Kind = Literal["simple", "compound", "with", "return", "harmless", "empty"]
EMPTY: Final = (
    ast.Try | ast.TryStar | ast.Pass | ast.Break | ast.Continue | ast.Global | ast.Nonlocal
)
BODIES: Final = (ast.stmt, ast.excepthandler, ast.match_case)


@dataclass(frozen=True)
class Statement:
    """A statement: the line that it begins on, the last one of what is before its body, its end.

    `calls` is what it calls, `pop()` of `van = vans.pop()`; the statement itself if nothing.
    """

    start: int
    header: int
    end: int
    kind: Kind
    calls: str

    @property
    def called(self) -> str:
        """The name of what it calls, without what it is of."""
        return self.calls.removesuffix("()").rpartition(".")[2] if self.is_call else self.calls

    @property
    def is_call(self) -> bool:
        """Whether it calls something."""
        return self.calls.endswith("()")


@dataclass(frozen=True)
class Source:
    """The statements of a file by the line that they begin on, and the lines that undo."""

    statements: dict[int, Statement] = field(default_factory=dict[int, Statement])
    undoing: set[int] = field(default_factory=set[int])


@cache
def source_of(file: str) -> Source | None:
    """What the lines of a file are; `None` if its text is not to be had. Once a file."""
    text = "".join(linecache.getlines(file))
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return None
    source = Source()
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt) and node.lineno not in source.statements:
            source.statements[node.lineno] = _statement(node)
        if isinstance(node, ast.Try | ast.TryStar) and node.finalbody:
            first = node.finalbody[0]
            source.undoing.update(range(first.lineno, (first.end_lineno or first.lineno) + 1))
    return source if text else None


def _statement(node: ast.stmt) -> Statement:
    end = node.end_lineno or node.lineno
    body: object = getattr(node, "body", None)
    header = end
    if isinstance(body, list) and body:
        first = cast("list[ast.stmt]", body)[0]
        header = max(node.lineno, first.lineno - 1)
    return Statement(node.lineno, header, end, _kind(node), _calls(node))


def _kind(node: ast.stmt) -> Kind:
    match node:
        case ast.With() | ast.AsyncWith():
            return "with"
        case ast.Return(value=None | ast.Constant() | ast.Name()):
            return "harmless"
        case ast.Return():
            return "return"
        case ast.Assign(targets=[ast.Name()], value=ast.Constant() | ast.Name()):
            return "harmless"
        case _ if isinstance(node, EMPTY):
            return "empty"
        case _:
            return "compound" if hasattr(node, "body") else "simple"


def _calls(node: ast.stmt) -> str:
    # Of a compound statement only what is before its body.
    parts = [part for part in ast.iter_child_nodes(node) if not isinstance(part, BODIES)]
    for part in parts:
        for inner in ast.walk(part):  # the outermost first
            if isinstance(inner, ast.Call):
                return f"{ast.unparse(inner.func)}()"
    return ast.unparse(node).partition("\n")[0].rstrip(":")
