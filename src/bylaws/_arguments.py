"""Which enums the type arguments of a policy name: those in `Policy[S | Mine, Order]`, however it was derived."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from typing import Any, get_args, get_origin


def enums_in_argument(alias: Any, base: type) -> frozenset[type[Enum]]:
    """The enums in the first type argument that `alias`, a class or a subscripted one, gives to the generic `base`."""
    return frozenset(_enums_in(_first_argument(get_origin(alias) or alias, get_args(alias), base)))


def _first_argument(cls: Any, given: tuple[Any, ...], base: type) -> Any:
    if cls is base:
        return given[0] if given else None
    parameters: tuple[Any, ...] = getattr(cls, "__parameters__", ())
    known = dict(zip(parameters, given, strict=False))
    parents: tuple[Any, ...] = cls.__dict__.get("__orig_bases__", cls.__bases__)
    parent = next(parent for parent in parents if issubclass(get_origin(parent) or parent, base))
    passed = [_substituted(argument, known) for argument in get_args(parent)]
    return _first_argument(get_origin(parent) or parent, tuple(passed), base)


def _substituted(argument: Any, known: dict[Any, Any]) -> Any:
    parameters: tuple[Any, ...] = getattr(argument, "__parameters__", ())
    if parameters and all(parameter in known for parameter in parameters):
        return argument[tuple(known[parameter] for parameter in parameters)]
    return known.get(argument, argument) if argument.__hash__ else argument


def _enums_in(argument: Any) -> Iterator[type[Enum]]:
    """An enum, a Literal of members, a union of these. Nothing else names an enum."""
    if isinstance(argument, type) and issubclass(argument, Enum):
        yield argument
    elif isinstance(argument, Enum):
        yield type(argument)
    for part in get_args(argument):
        yield from _enums_in(part)
