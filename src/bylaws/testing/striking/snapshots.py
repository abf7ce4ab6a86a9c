"""Snapshots: what was observed, kept as it was, though the rules go on to change it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from copy import deepcopy
from types import MappingProxyType
from typing import Any, Final, cast

CONTAINERS: Final[tuple[Any, ...]] = (list, tuple, set, frozenset, deque)
NOTHING: Final[dict[object, object]] = {}
VIEWS: Final[dict[type, Any]] = {
    type(NOTHING.keys()): set,
    type(NOTHING.values()): list,
    type(NOTHING.items()): dict,
    MappingProxyType: dict,
}
"""What shows a dict as it is by now, and what that is kept as."""


def snapshot(value: Any) -> object:
    """A copy that equals it. What has no copy that equals it stands for itself."""
    kind = cast("Any", type(value))
    if kind in VIEWS:
        return snapshot(VIEWS[kind](value))
    if kind is dict:
        return {key: snapshot(item) for key, item in cast("dict[object, object]", value).items()}
    if kind in CONTAINERS:
        return kind([snapshot(item) for item in value])
    try:
        copy = deepcopy(value)
        return copy if bool(copy == value) else value
    except Exception:
        return value


def uncopied(one: object, other: object, *, bare: bool) -> Iterator[tuple[object, str]]:
    """What two snapshots of the same both have itself, each with why there is no copy of it.

    `bare`: also what equals nothing but itself, not only what would change along.
    """
    if one is other:
        why = ""
        try:
            if deepcopy(one) is one:
                return
        except Exception as error:
            why = f"which cannot be copied ({error})"
        if type(one).__eq__ is object.__eq__:
            why = "which equals nothing but itself" if bare else ""
        if why:
            yield one, why
    elif type(one) is type(other) is dict:
        two = cast("dict[object, object]", other)
        for key, item in cast("dict[object, object]", one).items():
            yield from uncopied(item, two.get(key), bare=bare)
    elif type(one) is type(other) and type(one) in (list, tuple, deque):
        for item, its in zip(cast("list[object]", one), cast("list[object]", other), strict=False):
            yield from uncopied(item, its, bare=bare)


def differences(before: object, after: object) -> str:
    """What is otherwise, by its keys where both are mappings: `vans == [] instead of ['red']`."""
    if {type(before), type(after)} == {dict}:
        old, new = cast("dict[object, object]", before), cast("dict[object, object]", after)
        lines: list[str] = []
        for key in [*old, *[key for key in new if key not in old]]:
            if key not in new:
                lines.append(f"{key} is gone, it was {_short(old[key])}")
            elif key not in old:
                lines.append(f"{key} == {_short(new[key])} is new")
            elif old[key] != new[key]:
                lines.append(f"{key} == {_short(new[key])} instead of {_short(old[key])}")
        return ", ".join(lines)
    return f"observed {_short(after)} instead of {_short(before)}"


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 200 else f"{text[:200]}..."
