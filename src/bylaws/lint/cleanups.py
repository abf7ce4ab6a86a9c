"""Cleanups: what a before hook adds, and what may still go wrong in it after that.

The source half of idle-cleanup, and the whole of transform-cleanup-only.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from bylaws import Proceed, proceed
from bylaws.lint.finding import Place
from bylaws.lint.hooks import HookCode, Reader, hook_of, is_transform
from bylaws.lint.spot import Spot, in_order
from bylaws.lint.syntax import inside
from bylaws.views.matrix import HOOKS

BEFORE: Final = HOOKS[0]
Block: TypeAlias = Sequence[ast.stmt]


@dataclass(frozen=True, slots=True)
class Added:
    """A cleanup that a before hook adds.

    Attributes:
        place: where it does.
        sentence: what it does there, for a finding.
        last: whether nothing after it in the hook can raise or refuse, as far as that is sure.

    """

    place: Place
    sentence: str
    last: bool


def cleanups_added(entry: object, reader: Reader) -> list[Added]:
    """The cleanups that the before hook of an entry adds itself, in the order of the lines."""
    found: list[Added] = []
    for hook in reader.hooks(entry):
        quiet = {id(call) for call in _last_calls(hook)} if hook.hook == BEFORE else set[int]()
        for node in _uses(hook, "add_cleanup"):
            text = f"{hook.label} adds a cleanup"
            found.append(Added(hook.place(node), text, id(node) in quiet))
    return sorted(found, key=lambda each: each.place.line)


def transform_cleanups(entry: object, reader: Reader) -> list[Spot]:
    """Where a transform adds cleanups that has nothing to be called when all went well.

    It has something if it has an after hook that does something, or if its before hook adds an
    after callback or hands the transition on, to whom may add one.
    """
    if not is_transform(entry):
        return []
    hooks = {hook.hook: hook for hook in reader.hooks(entry)}
    before = hooks.get(BEFORE)
    after = hook_of(entry, "after_transition")
    unreadable = after is not None and reader.code(after) is None
    if before is None or unreadable or "after_transition" in hooks:
        return []
    if any(_uses(before, "add_after")) or _hands_on(before):
        return []
    told = f"{before.label} adds a cleanup"
    mend = "Undo it in after_transition(), which is told the outcome, too."
    return in_order([Spot(before.place(node), told, mend) for node in _uses(before, "add_cleanup")])


def _uses(hook: HookCode, method: str) -> Iterator[ast.Attribute]:
    """Where a method of the transition is called, or taken along to be."""
    for node in inside(hook.node):
        match node:
            case ast.Attribute(value=ast.Name(id=name), attr=attribute) if (
                attribute == method and hook.hook == BEFORE and name == hook.transition
            ):
                yield node
            case _:
                pass


def _hands_on(hook: HookCode) -> bool:
    """Whether anything but the attributes of the transition is used, or it is not sure."""
    attributes = {id(node.value) for node in inside(hook.node) if isinstance(node, ast.Attribute)}
    return hook.transition is None or any(
        isinstance(node, ast.Name) and node.id == hook.transition and id(node) not in attributes
        for node in inside(hook.node)
    )


def _last_calls(hook: HookCode) -> Iterator[ast.Attribute]:
    """The `add_cleanup` of each statement that calls it, and after which all is quiet."""
    if isinstance(hook.node, ast.Lambda):
        return
    todo: list[tuple[Block, bool]] = [(hook.node.body, True)]
    while todo:
        block, quiet_after = todo.pop()
        for at in range(len(block) - 1, -1, -1):  # what comes after is known first
            statement = block[at]
            match statement:
                case ast.Expr(value=ast.Call(func=ast.Attribute() as called)) if quiet_after:
                    yield called
                case ast.If(body=body, orelse=orelse):
                    todo += [(body, quiet_after), (orelse, quiet_after)]
                case ast.Match(cases=cases):
                    todo += [(case.body, quiet_after) for case in cases]
                case _:
                    pass  # a loop comes back, and a with or a finally block follows
            quiet_after = _is_quiet(statement, hook, quiet_after)


def _is_quiet(statement: ast.stmt, hook: HookCode, after: bool) -> bool:
    """Whether neither a statement nor what comes after it can raise or refuse."""
    match statement:
        case ast.Return(value=value):
            return value is None or _proceeds(value, hook)
        case ast.Pass():
            return after
        case ast.Assign(targets=[ast.Name()], value=ast.Constant()):
            return after
        case ast.Expr(value=ast.Constant()):
            return after
        case _:
            return False


def _proceeds(value: ast.expr, hook: HookCode) -> bool:
    """Whether it is `None`, or a call of `proceed()` and no other."""
    match value:
        case ast.Constant(value=None):
            return True
        case ast.Call(func=called, args=[], keywords=[]):
            meant = hook.meant(called)
            return meant is proceed or meant is Proceed
        case _:
            return False
