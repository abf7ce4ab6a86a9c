"""dropped-verdict: a hook makes a verdict, and does not return it.

Seen is what the hook itself does, in all its branches. Out of scope are the functions that it
calls, those that are defined inside of it, and verdicts that a function makes for it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import partial
from typing import Final, cast

from bylaws import Abort, Delay, Proceed, Reject, abort, delay, proceed, reject
from bylaws.lint.hooks import HookCode, Reader
from bylaws.lint.spot import Spot, in_order
from bylaws.lint.syntax import inside, own

MAKERS: Final[tuple[object, ...]] = (reject, delay, abort, proceed, Reject, Delay, Abort, Proceed)
READ_LOCALS: Final = frozenset({"dir", "eval", "exec", "locals", "vars"})


def dropped_verdicts(entry: object, reader: Reader) -> list[Spot]:
    """Where the hooks of an entry drop a verdict, in the order of the lines."""
    return in_order([spot for hook in reader.hooks(entry) for spot in _of(hook)])


def _of(hook: HookCode) -> Iterator[Spot]:
    read = {
        node.id
        for node in inside(hook.node)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    }
    for node in own(hook.node):
        match node:
            case ast.Expr(value=value):
                how = "does not return it"
            case (
                ast.Assign(value=value, targets=[ast.Name(), *_] as targets)
                | ast.AnnAssign(value=ast.expr() as value, target=ast.Name() as targets)
                | ast.NamedExpr(value=value, target=targets)
            ):
                names = _names(targets)
                if not names or not _unread(names, hook, read):
                    continue
                how = f"never reads {names[0]}, which it assigns it to"
            case _:
                continue
        for call in _values(value):
            if maker := _maker(call, hook):
                yield Spot(hook.place(call), _sentence(hook, call, maker, how), _mend(hook))


def _sentence(hook: HookCode, call: ast.Call, maker: str, how: str) -> str:
    written = ast.unparse(call.func)
    called = f"{written}()" if written.endswith(maker) else f"{written}(), which is {maker}()"
    if not hook.answers:
        how = "only the before hook of a rule answers with one"
        return f"{hook.label} calls {called}, but {how}"
    return f"{hook.label} calls {called}, and {how}"


def _mend(hook: HookCode) -> str:
    if hook.answers:
        return "Return the verdict."
    return "Take it out: what is to be refused, the before hook of a rule refuses."


def _values(expression: ast.expr) -> Iterator[ast.Call]:
    """The calls whose result is the value of an expression, or one of its items."""
    todo = [expression]
    while todo:
        match todo.pop():
            case ast.Call() as call:
                yield call
            case ast.IfExp(body=one, orelse=other):
                todo += [one, other]
            case ast.BoolOp(values=values) | ast.Tuple(elts=values) | ast.List(elts=values):
                todo += values
            case _:
                pass


def _maker(call: ast.Call, hook: HookCode) -> str | None:
    """What makes a verdict in a call, by its name in bylaws; `None` if nothing does."""
    meant = hook.meant(call.func)
    while isinstance(meant, partial):
        meant = cast("partial[object]", meant).func
    found = next((maker for maker in MAKERS if maker is meant), None)
    return None if found is None else str(getattr(found, "__name__", found))


def _names(targets: ast.expr | list[ast.expr]) -> list[str]:
    """The names that are assigned to; none if anything else is."""
    listed = targets if isinstance(targets, list) else [targets]
    names = [each.id for each in listed if isinstance(each, ast.Name)]
    return names if len(names) == len(listed) else []


def _unread(names: list[str], hook: HookCode, read: set[str]) -> bool:
    """Whether no code can read these names: they are local, and nothing in the function does."""
    return (
        read.isdisjoint(names)
        and read.isdisjoint(READ_LOCALS)
        and not any(isinstance(node, ast.Global | ast.Nonlocal) for node in own(hook.node))
    )
