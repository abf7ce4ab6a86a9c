"""shared-state-written: a hook writes to what all runs share.

That is an attribute of the rule or of its class, a container that the rule itself made, a default
argument that is one, a global or a variable of the function around it. What a hook does with a
dependency, as `self.slots.acquire()`, is the dependency's business, and out of scope are functions
that the hook calls.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator
from functools import cached_property
from inspect import getattr_static
from types import MemberDescriptorType
from typing import Final

from bylaws.lint.containers import MUTATORS, Held, containers, made_by
from bylaws.lint.hooks import BASES, HookCode, Reader
from bylaws.lint.spot import Spot, in_order
from bylaws.lint.syntax import inside

SETTERS: Final = (builtins.setattr, builtins.delattr)
MEND: Final = "Keep it in the context, or bind it into a callback: add_cleanup(release, slot)."


def shared_state_written(entry: object, reader: Reader) -> list[Spot]:
    """Where the hooks of an entry write to what all runs share, in the order of the lines."""
    held = containers(entry, reader)
    return in_order([spot for hook in reader.hooks(entry) for spot in _Writes(hook, held).found()])


class _Writes:
    """What one hook, functions inside of it included, writes to that all runs share."""

    def __init__(self, hook: HookCode, held: dict[str, Held]) -> None:
        self._hook = hook
        self._held = held
        self._whole = [*inside(hook.node)]
        # An annotation without a value assigns nothing.
        self._bare = {
            id(node.target)
            for node in self._whole
            if isinstance(node, ast.AnnAssign) and node.value is None
        }

    def found(self) -> Iterator[Spot]:
        """The places, in no order."""
        for node in self._whole:
            text = self._told(node)
            if text is not None:
                yield Spot(self._hook.place(node), f"{self._hook.label} {text}", MEND)

    def _told(self, node: ast.AST) -> str | None:
        match node:
            case ast.Attribute(attr=name, ctx=ast.Store() | ast.Del()):
                if id(node) in self._bare or not self._is_own(node.value):
                    return None
                if self._is_managed(name):
                    return None
                verb = "deletes" if isinstance(node.ctx, ast.Del) else "assigns to"
                return f"{verb} {ast.unparse(node)}"
            case ast.Subscript(value=owner, ctx=ast.Store() | ast.Del()):
                if self._container(owner) is None:
                    return None
                verb = "deletes an item" if isinstance(node.ctx, ast.Del) else "sets an item"
                return f"{verb} of {self._called(owner)}"
            case ast.Attribute(value=owner, attr=method):
                kind = self._container(owner)
                if kind is None or method not in MUTATORS[kind]:
                    return None
                return f"changes {self._called(owner)} with {method}()"
            case ast.AugAssign(target=ast.Name() as target) if self._container(target):
                return f"changes {self._called(target)}"
            case ast.Call(func=function, args=[owner, *rest]):
                return self._set(function, owner, rest)
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
                return self._declared.get(name)
            case _:
                return None

    def _set(self, function: ast.expr, owner: ast.expr, rest: list[ast.expr]) -> str | None:
        match function:
            case ast.Attribute(value=ast.Name() as base, attr="__setattr__" | "__delattr__"):
                sets = self._hook.meant(base) is object
            case _:
                meant = self._hook.meant(function)
                sets = any(meant is setter for setter in SETTERS)
        if not sets or not self._is_own(owner):
            return None
        match rest:
            case [ast.Constant(value=str(name)), *_]:
                if self._is_managed(name):
                    return None
                return f"sets {ast.unparse(owner)}.{name}"
            case _:
                return f"sets an attribute of {ast.unparse(owner)}"

    @cached_property
    def _selves(self) -> set[str]:
        """The parameters that are the rule, its class, or the object that is its hook."""
        hook, kinds = self._hook, type(self._hook.entry).__mro__
        return {
            name
            for name, value in zip(hook.names, hook.given, strict=False)
            if (value is hook.entry or any(value is kind for kind in kinds) or self._is_hook(value))
            and name not in hook.bindings
            and name not in hook.nested
        }

    def _is_hook(self, value: object) -> bool:
        """Whether it is the object that is called for a hook of a function rule."""
        call = getattr(type(value), "__call__", None)  # noqa: B004 (its code)
        return getattr(call, "__code__", None) is self._hook.code

    def _is_own(self, expression: ast.AST) -> bool:
        """Whether an expression is the rule, its class, or the function that it is made of."""
        match expression:
            case ast.Name(id=name) if name in self._selves:
                return True
            case ast.Attribute(value=ast.Name(id=name), attr="__class__"):
                return name in self._selves
            case ast.Call(func=ast.Name() as function, args=[ast.Name(id=name)]):
                return name in self._selves and self._hook.meant(function) is type
            case ast.Name(id=name) | ast.Attribute(value=ast.Name(id=name)):
                return name not in self._hook.nested and self._is_shared(expression)
            case _:
                return False

    def _is_shared(self, expression: ast.AST) -> bool:
        meant, entry = self._hook.meant(expression), self._hook.entry
        kinds = [kind for kind in type(entry).__mro__ if kind not in (*BASES, object)]
        return meant is entry or any(meant is kind for kind in kinds)

    def _is_managed(self, name: str) -> bool:
        """Whether a property or another descriptor takes what is assigned: it may know better."""
        found: object = getattr_static(type(self._hook.entry), name, None)
        return hasattr(type(found), "__set__") and not isinstance(found, MemberDescriptorType)

    def _container(self, expression: ast.AST) -> type | None:
        """The class of a container that the rule made, if an expression is one."""
        match expression:
            case ast.Attribute(value=owner, attr="__dict__") if self._is_own(owner):
                return dict
            case ast.Attribute(value=owner, attr=name) if self._is_own(owner):
                return self._held[name].kind if name in self._held else None
            case ast.Subscript(value=ast.Attribute(value=owner, attr=name)) if self._is_own(owner):
                return self._held[name].items if name in self._held else None
            case ast.Name(id=name) if name in self._defaults:
                return self._defaults[name]
            case ast.Name(id=name) if name in self._hook.locals:
                found = self._hook.alias(name)
                return self._container(found) if isinstance(found, ast.Attribute) else None
            case _:
                return None

    def _called(self, expression: ast.AST) -> str:
        text = ast.unparse(expression)
        if isinstance(expression, ast.Name):
            found = self._hook.alias(text)
            if found is None:
                return f"{text} (a default argument, which all calls share)"
            text = f"{text} ({ast.unparse(found)})"
        return text

    @cached_property
    def _defaults(self) -> dict[str, type]:
        """The parameters whose default is a container that the definition makes."""
        hook, given = self._hook, self._hook.node.args
        named = [*given.posonlyargs, *given.args]
        pairs = [
            *zip(reversed(named), reversed(given.defaults), strict=False),
            *zip(given.kwonlyargs, given.kw_defaults, strict=True),
        ]
        found = {each.arg: made_by(value, hook.meant) for each, value in pairs}
        changed = {
            id(node.target) for node in self._whole if isinstance(node, ast.AugAssign)
        }  # what is not bound anew by it
        return {
            name: kind
            for name, kind in found.items()
            if kind is not None
            and name not in hook.nested
            and all(id(node) in changed for node in hook.bindings.get(name, []))
        }

    @cached_property
    def _declared(self) -> dict[str, str]:
        """For each name that is another scope's, what is to be said if it is written."""
        hook = self._hook
        found: dict[str, str] = {}
        for node in self._whole:
            if isinstance(node, ast.Global):
                found |= {
                    name: f"writes the global {name}"
                    for name in node.names
                    if name not in hook.locals
                }
            elif isinstance(node, ast.Nonlocal):
                free = hook.code.co_freevars
                found |= {
                    name: f"writes {name}, a variable of the function around it"
                    for name in node.names
                    if name in free
                }
        return found
