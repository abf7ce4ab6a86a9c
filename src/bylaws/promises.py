"""Promises: which verdicts a before hook may answer with, by its return annotation."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from types import MethodType
from typing import Any, Never, NoReturn, cast, get_args, get_origin

from bylaws import verdict
from bylaws._arguments import evaluated, parts_of
from bylaws.verdict import Abort, Delay, Proceed, Reject


def promised(hook: Callable[..., object]) -> frozenset[type] | None:
    """The classes of the verdicts that it may answer with, `Proceed` for `None` too.

    `None` if it may be any: it has no return annotation, or one that does not say.
    """
    function: Any = hook
    while isinstance(function, partial | MethodType):
        function = function.func if isinstance(function, partial) else function.__func__
    if not hasattr(function, "__code__"):
        function = getattr(cast("object", type(function)), "__call__", None)  # noqa: B004
    try:
        annotation: Any = function.__annotations__["return"]
    except Exception:  # none, or one that cannot be read (3.14 does so when it is asked for)
        return None
    if isinstance(annotation, str):
        # Names that are imported for the checkers alone are likely to be bylaws' own.
        scope = {**vars(verdict), "Awaitable": Awaitable, **getattr(function, "__globals__", {})}
        annotation = evaluated(annotation, [scope])
    return _verdicts(annotation)


def always_refuses(hook: Callable[..., object]) -> bool:
    """Whether it never lets a transition pass: it is annotated to return refusals only."""
    verdicts = promised(hook)
    return verdicts is not None and Proceed not in verdicts


def _verdicts(annotation: Any) -> frozenset[type] | None:
    found: set[type] = set()
    for part in parts_of(annotation):
        kind = get_origin(part) or part
        if part is None or part is type(None):
            found.add(Proceed)
        elif kind in (Proceed, Reject, Delay, Abort):
            found.add(kind)
        elif isinstance(kind, type) and issubclass(kind, Awaitable) and get_args(part):
            awaited = _verdicts(get_args(part)[-1])
            if awaited is None:
                return None
            found |= awaited
        elif part not in (Never, NoReturn):
            return None
    return frozenset(found)
