"""Functions: as they are written, and what the names in them mean. None is called.

What has no source that can be read, as built-in functions and code that was executed from a string,
is not known here.
"""

from __future__ import annotations

import ast
import builtins
import importlib.util
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from types import CellType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any, Final, cast

from bylaws.lint.finding import Place
from bylaws.lint.syntax import Files, FunctionNode, inside, own, parameters
from bylaws.views.sources import shown_file

UNKNOWN: Final = object()
"""What it means cannot be told without running the code."""


@dataclass(frozen=True, eq=False)
class Code:
    """A function and its source.

    Attributes:
        code: what was compiled of it.
        name: its qualified name.
        scope: its globals.
        cells: what its free variables are.
        node: its definition.
        given: the arguments that are known, the first ones: what it is bound to.

    """

    code: CodeType
    name: str
    scope: Mapping[str, object]
    cells: tuple[CellType, ...]
    node: FunctionNode
    given: tuple[object, ...] = ()

    def place(self, node: ast.AST) -> Place:
        """Where a part of it stands."""
        file = shown_file(self.code.co_filename)
        return Place(file, getattr(node, "lineno", self.node.lineno))

    @cached_property
    def names(self) -> list[str]:
        """Its positional parameters."""
        return [each.arg for each in (*self.node.args.posonlyargs, *self.node.args.args)]

    @cached_property
    def locals(self) -> frozenset[str]:
        """The names of its own scope."""
        return frozenset((*self.code.co_varnames, *self.code.co_cellvars))

    @cached_property
    def bindings(self) -> dict[str, list[ast.AST]]:
        """For each name that is bound in its body, what binds it."""
        found: dict[str, list[ast.AST]] = {}
        for node in own(self.node):
            for name in _bound(node):
                found.setdefault(name, []).append(node)
            if isinstance(node, ast.Assign | ast.AnnAssign):
                target = node.targets[0] if isinstance(node, ast.Assign) else node.target
                only = isinstance(node, ast.AnnAssign) or len(node.targets) == 1
                if only and isinstance(target, ast.Name):
                    found.setdefault(target.id, []).append(node)
        return found

    @cached_property
    def nested(self) -> frozenset[str]:
        """The names that functions inside of it bind: there they may mean something else."""
        found: set[str] = set()
        for node in inside(self.node):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
                found.update([each.arg for each in parameters(node)])
                found.update([name for each in own(node) for name in _bound(each)])
        return frozenset(found)

    def alias(self, name: str) -> ast.AST | None:
        """What binds a local name: the import, or the value, if that is all that ever does."""
        if name in [each.arg for each in parameters(self.node)] or name in self.nested:
            return None
        match self.bindings.get(name, []):
            case [ast.Import() | ast.ImportFrom() as found]:
                return found
            case [ast.Assign() | ast.AnnAssign() as found, ast.Name()]:
                return found.value
            case _:
                return None

    def meant(self, expression: ast.AST, depth: int = 0) -> object:
        """What a name, or an attribute of a module, means; else `UNKNOWN`. Nothing is called."""
        if isinstance(expression, ast.Attribute):
            owner = self.meant(expression.value, depth)
            if not isinstance(owner, ModuleType):
                return UNKNOWN
            return vars(owner).get(expression.attr, UNKNOWN)
        if not isinstance(expression, ast.Name) or depth > 10:
            return UNKNOWN
        name = expression.id
        if name in self.locals:
            found = self.alias(name)
            if isinstance(found, ast.Import | ast.ImportFrom):
                return self._imported(found, name)
            return UNKNOWN if found is None else self.meant(found, depth + 1)
        if name in self.code.co_freevars:
            try:
                return self.cells[self.code.co_freevars.index(name)].cell_contents
            except ValueError:  # it is not bound yet
                return UNKNOWN
        return self.scope.get(name, vars(builtins).get(name, UNKNOWN))

    def _imported(self, statement: ast.Import | ast.ImportFrom, name: str) -> object:
        names = dict(zip(_bound(statement), statement.names, strict=True))
        alias = names[name]
        if isinstance(statement, ast.Import):
            return sys.modules.get(alias.name if alias.asname else name, UNKNOWN)
        source = "." * statement.level + (statement.module or "")
        try:
            package = str(self.scope.get("__package__"))
            module = sys.modules[importlib.util.resolve_name(source, package)]
        except (ImportError, KeyError):
            return UNKNOWN
        return vars(module).get(alias.name, UNKNOWN)


def code_of(called: object, files: Files) -> Code | None:
    """The function behind what is called, and its source: inside all that wraps it."""
    found = _unwrapped(called)
    if found is None:
        return None
    function, given = found
    code = function.__code__
    file = files.of(code.co_filename, function.__globals__)
    nodes = file.functions.get((code.co_firstlineno, code.co_name), [])
    names = code.co_varnames[: code.co_argcount]
    nodes = [
        node
        for node in nodes
        if (*[each.arg for each in (*node.args.posonlyargs, *node.args.args)],) == names
    ]
    if len(nodes) > 1:  # lambdas on one line
        lambdas = [node for node in nodes if isinstance(node, ast.Lambda)]
        nodes = [*_innermost([node for node in lambdas if _covers(node, code)])]
    if len(nodes) != 1:
        return None
    cells = function.__closure__ or ()
    return Code(code, function.__qualname__, function.__globals__, cells, nodes[0], given)


def _unwrapped(called: object) -> tuple[FunctionType, tuple[object, ...]] | None:
    """A function, and what it is given first."""
    given: tuple[object, ...] = ()
    for _ in range(100):  # what wraps itself has no end
        if isinstance(called, MethodType):
            given = (called.__self__, *given)
            called = called.__func__
        elif isinstance(called, partial):
            wrapped = cast("partial[object]", called)
            given = (*wrapped.args, *given)
            called = wrapped.func
        elif "__wrapped__" in getattr(called, "__dict__", {}):
            called = cast("Any", called).__wrapped__
        elif type(called) is FunctionType:
            return called, given
        else:
            call: object = getattr(type(called), "__call__", None)  # noqa: B004 (its code)
            if not isinstance(call, FunctionType):
                return None
            given = (called, *given)
            called = call
    return None


def _covers(node: ast.Lambda, code: CodeType) -> bool:
    """Whether the code of a function may come from the body of a lambda."""
    first, last = _extent(node)
    return all(
        first <= (line, column) <= last
        for line, _, column, end in code.co_positions()
        if line is not None and column is not None and end != 0  # 0: what only begins the code
    )


def _innermost(nodes: list[ast.Lambda]) -> list[ast.Lambda]:
    """Of lambdas each of which has the others in its body, the last."""
    return sorted(nodes, key=_extent)[-1:]


def _extent(node: ast.Lambda) -> tuple[tuple[int, int], tuple[int, int]]:
    body = node.body
    end = body.end_lineno or body.lineno, body.end_col_offset or body.col_offset
    return (body.lineno, body.col_offset), end


def _bound(node: ast.AST) -> list[str]:
    """The names that one node binds or unbinds, or declares to be another scope's."""
    match node:
        case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
            return [name]
        case ast.Import() | ast.ImportFrom():
            return [alias.asname or alias.name.partition(".")[0] for alias in node.names]
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return [node.name]
        case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)):
            return [name]
        case ast.MatchStar(name=str(name)) | ast.MatchMapping(rest=str(name)):
            return [name]
        case ast.Global(names=names) | ast.Nonlocal(names=names):
            return [*names]
        case _:
            return []
