"""Behaviour: whether two rules do the same, whatever moves they govern."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, Final, TypeAlias, cast

from bylaws import FunctionRule, Moves

Behaviour: TypeAlias = tuple[Hashable, ...]

SETS: Final = frozenset({"from_states", "to_states", "runs_after"})
"""What rules that do the same may have differently."""
PLAIN: Final = (bool, int, float, str, bytes, type(None))
"""What is compared by how it is written; everything else has to be the very same object."""


def behaviour_of(entry: object) -> Behaviour | None:
    """What is equal for rules that do the same. `None` for transforms, and if nobody can tell.

    Two rules made of one function do the same; so do two of one class whose attributes are the
    same, but for their sets. One that has a `name` of its own is meant to be one of its own.
    """
    kind: type[object] = type(entry)
    if getattr(entry, "universal", None) is True or issubclass(kind, Moves):
        return None
    if issubclass(kind, FunctionRule):
        return "rule", id(cast("FunctionRule[Any, Any, Any, Any]", entry).__wrapped__)
    try:
        own = vars(entry)
    except TypeError:  # it has slots
        return None
    found: list[Hashable] = [id(kind)]
    for name, value in sorted(own.items()):
        if name not in SETS:
            plain = isinstance(value, PLAIN)
            found.append((name, type(value).__name__, repr(value) if plain else id(value)))
    return tuple(found)
