"""Hooks: the functions of an entry as they are written; none where they cannot be read."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from bylaws import (
    AsyncBaseRule,
    AsyncBaseTransform,
    BaseRule,
    BaseTransform,
    FunctionRule,
    Moves,
)
from bylaws.lint.functions import Code, code_of
from bylaws.lint.syntax import Files, FunctionNode
from bylaws.views.matrix import HOOKS, Hook

BASES: Final = (BaseRule, AsyncBaseRule, BaseTransform, AsyncBaseTransform, FunctionRule)
NO_OPS: Final = frozenset(
    vars(base)[name] for base in BASES for name in HOOKS if name in vars(base)
)


@dataclass(frozen=True, eq=False)
class HookCode(Code):
    """A hook and its source.

    Attributes:
        entry: the entry that it is a hook of.
        hook: which one it is.

    """

    entry: object = None
    hook: Hook = "before_transition"

    @property
    def label(self) -> str:
        """What texts call it: `TakeVan.cleanup`; a lambda by the hook that it is."""
        name = self.name.rpartition("<locals>.")[2]
        return self.hook if name == "<lambda>" else name

    @property
    def answers(self) -> bool:
        """Whether what it returns is a verdict: it is the before hook of a rule."""
        return self.hook == HOOKS[0] and not is_transform(self.entry)

    @cached_property
    def transition(self) -> str | None:
        """The name of the transition in all of it; `None` if there is none that is sure."""
        at = len(self.given)
        name = self.names[at] if at < len(self.names) else None
        return None if name in self.bindings or name in self.nested else name


class Reader:
    """What is written of entries. Files are read and parsed once."""

    def __init__(self) -> None:
        self.files: Final = Files()
        self._hooks: dict[int, tuple[object, tuple[HookCode, ...]]] = {}

    def hooks(self, entry: object) -> tuple[HookCode, ...]:
        """The hooks of an entry that do something and can be read, in the order of `HOOKS`."""
        if id(entry) not in self._hooks:  # kept with the entry, so that no other gets its id
            self._hooks[id(entry)] = entry, tuple(self._found(entry))
        return self._hooks[id(entry)][1]

    def _found(self, entry: object) -> Iterator[HookCode]:
        for name in HOOKS:
            hook = hook_of(entry, name)
            found = None if hook is None else self.code(hook)
            if found is not None and not _is_empty(found.node):
                yield HookCode(
                    found.code,
                    found.name,
                    found.scope,
                    found.cells,
                    found.node,
                    found.given,
                    entry,
                    name,
                )

    def code(self, called: object) -> Code | None:
        """The function behind what is called, and its source: inside all that wraps it."""
        return code_of(called, self.files)


def is_transform(entry: object) -> bool:
    """Whether an entry is a transform."""
    return getattr(entry, "universal", None) is True


def hook_of(entry: object, name: Hook) -> object:
    """A hook, if an entry has it and it is not the one of a base, which does nothing."""
    if issubclass(type(entry), Moves):
        return None
    of_function = issubclass(type(entry), FunctionRule) and name == HOOKS[0]
    hook: object = getattr(entry, "__wrapped__" if of_function else name, None)
    return None if getattr(hook, "__func__", None) in NO_OPS or not callable(hook) else hook


def _is_empty(node: FunctionNode) -> bool:
    """Whether it does nothing: `pass`, `return`, a docstring."""
    return not isinstance(node, ast.Lambda) and all(
        isinstance(each, ast.Pass)
        or (isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant))
        or (isinstance(each, ast.Return) and _is_none(each.value))
        for each in node.body
    )


def _is_none(value: ast.expr | None) -> bool:
    return value is None or (isinstance(value, ast.Constant) and value.value is None)
