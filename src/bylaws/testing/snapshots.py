"""Snapshots: what was observed, kept as it was, though the rules go on to change it."""

from __future__ import annotations

from collections import deque
from copy import deepcopy
from typing import Any, Final, cast

CONTAINERS: Final[tuple[Any, ...]] = (list, tuple, set, frozenset, deque)


def snapshot(value: Any) -> object:
    """A copy that equals it. What has no copy that equals it stands for itself."""
    kind = cast("Any", type(value))
    if kind is dict:
        return {key: snapshot(item) for key, item in cast("dict[object, object]", value).items()}
    if kind in CONTAINERS:
        return kind([snapshot(item) for item in value])
    try:
        copy = deepcopy(value)
        return copy if bool(copy == value) else value
    except Exception:
        return value


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
