"""Patched: hooks that are not the ones which the user wrote."""

from __future__ import annotations

import sys
from typing import Any

from bylaws.testing.striking.own import HOOKS, is_function


def patched(entry: Any, name: str) -> str | None:
    """Why nothing can be said of an entry; `None` if its hooks are its own."""
    mend = (
        "Take the policy as it is, or list another entry in its place: policy.replacing(...), with "
        "a rule of your own."
    )
    if _is_mock(entry):
        return f"{name} is a mock: its hooks take nothing, and give nothing back. {mend}"
    for hook in HOOKS:
        value: object = getattr(entry, hook, None)
        if is_function(entry) and hook == "before_transition":
            over, value = hook in vars(entry), getattr(entry, "__wrapped__", None)
        else:
            over = _is_put_over(entry, hook)
        if over:
            return f"{name}.{hook} was patched: it is not the one of {type(entry).__name__}. {mend}"
        if _is_mock(value):
            return f"{name}.{hook} is a mock: it takes nothing, and gives nothing back. {mend}"
    return None


def _is_mock(value: object) -> bool:
    mock: Any = sys.modules.get("unittest.mock")
    return mock is not None and isinstance(value, mock.NonCallableMock)


def _is_put_over(entry: object, hook: str) -> bool:
    if hook not in getattr(entry, "__dict__", {}):
        return False
    written = [kind for kind in type(entry).__mro__ if hook in vars(kind)]
    return any(not kind.__module__.startswith("bylaws.") for kind in written)
