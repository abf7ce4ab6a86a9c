"""Promises: which verdicts a before hook may answer with, by its return annotation."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from types import MethodType
from typing import Any, ForwardRef, Never, NoReturn, cast, get_args, get_origin

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
    # A text is read where the function was written, which may be in a decorator. Names that are
    # imported for the checkers alone are likely to be bylaws' own.
    while hasattr(function, "__wrapped__"):
        function = function.__wrapped__
    scope = {**vars(verdict), "Awaitable": Awaitable, **getattr(function, "__globals__", {})}
    return _verdicts(annotation, scope, ())


def always_refuses(hook: Callable[..., object]) -> bool:
    """Whether it never lets a transition pass: it is annotated to return refusals only."""
    verdicts = promised(hook)
    return verdicts is not None and Proceed not in verdicts


def _verdicts(
    annotation: Any, scope: Mapping[str, object], inside: tuple[object, ...]
) -> frozenset[type] | None:
    found: set[type] = set()
    for part in parts_of(annotation):
        kind = get_origin(part) or part
        if part is None or part is type(None):
            found.add(Proceed)
        elif kind in (Proceed, Reject, Delay, Abort):
            found.add(kind)
        elif part not in (Never, NoReturn, *inside):  # inside: an alias of itself
            looked_at = _looked_at(part, scope)
            inner = _verdicts(looked_at[0], scope, (*inside, part)) if looked_at else None
            if inner is None:
                return None
            found |= inner
    return frozenset(found)


def _looked_at(part: Any, scope: Mapping[str, object]) -> tuple[Any, ...]:
    """What a text means, or what is awaited, as the one item; no item if neither is known."""
    kind = get_origin(part)
    text: object = part.__forward_arg__ if isinstance(part, ForwardRef) else part
    if isinstance(text, str):
        meant = evaluated(text, [scope])
        return () if meant is text else (meant,)
    if isinstance(kind, type) and issubclass(kind, Awaitable):
        return get_args(part)[-1:]
    return ()
