"""Behaviour: whether two rules do the same, whatever moves they govern."""

from __future__ import annotations

import ast
from collections.abc import Hashable
from typing import Any, Final, TypeAlias, cast

from bylaws import FunctionRule, Moves
from bylaws.lint.attributes import attributes_of
from bylaws.lint.hooks import Reader, is_transform
from bylaws.lint.syntax import inside
from bylaws.rules import name_of

Behaviour: TypeAlias = tuple[Hashable, ...]

SETS: Final = frozenset({"from_states", "to_states", "runs_after"})
"""What rules that do the same may have differently."""
PLAIN: Final = (bool, int, float, str, bytes, type(None))
"""What is compared by how it is written; everything else has to be the very same object."""


def behaviour_of(entry: object, reader: Reader) -> Behaviour | None:
    """What is equal for rules that do the same. `None` for transforms, and if nobody can tell.

    Two rules made of one function do the same; so do two of one class with the same name whose
    attributes are the same, but for their sets, unless a hook looks at these.
    """
    kind: type[object] = type(entry)
    if is_transform(entry) or issubclass(kind, Moves):
        return None
    if issubclass(kind, FunctionRule):
        return "rule", id(cast("FunctionRule[Any, Any, Any, Any]", entry).__wrapped__)
    nodes = [node for hook in reader.hooks(entry) for node in inside(hook.node)]
    if any(isinstance(node, ast.Attribute) and node.attr in SETS for node in nodes):
        return None
    found: list[Hashable] = [id(kind), name_of(entry)]
    for name, value in sorted(attributes_of(entry).items()):
        if name not in SETS:
            plain = isinstance(value, PLAIN)
            found.append((name, type(value).__name__, repr(value) if plain else id(value)))
    return tuple(found)
