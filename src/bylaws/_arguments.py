"""Type arguments: which enums those of a policy name, when the program runs.

They mean what they mean to the type checkers: aliases, text and forward references are looked
through; a type variable that nothing is given for stands for its default, else for its bound or its
constraints, else for any enum, which is `Enum` here.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from typing import Annotated, Any, ForwardRef, TypeAlias, TypeVar, cast, final, get_args, get_origin

# What a text may have been written in the module of, the likeliest first.
Places: TypeAlias = "tuple[object, ...]"

# What an argument is read by: what its type variables stand for, each with its own, and the places.
Where: TypeAlias = "tuple[Mapping[Any, tuple[Any, Where]], Places]"


@final
class Arguments:
    """The enums that the type arguments of one policy name, read when they are asked for.

    Python tells the arguments only after `__init__`, and mostly nobody asks.

    Attributes:
        alias: the policy's class, or that with its arguments.
    """

    __slots__ = ("_base", "_carried", "_entries", "alias")

    def __init__(
        self, alias: Any, base: type, carried: Iterable[type[Enum]], entries: tuple[object, ...]
    ) -> None:
        """`carried` are enums that a composition takes over; `base` is the class with arguments."""
        self.alias = alias
        self._base = base
        self._carried = carried
        self._entries = entries

    @property
    def policy(self) -> str:
        """The name of the class."""
        kind: type = get_origin(self.alias) or self.alias
        return kind.__name__

    def enums(self) -> tuple[type[Enum], ...]:
        """In the order in which they are named; `Enum` itself for any; none if nothing is given.

        A text is looked up where it was written, or else in the modules of the entries.
        """
        kind = get_origin(self.alias) or self.alias
        where: Where = {}, (kind, *map(type, self._entries), *self._entries)
        argument, where = _first_argument(kind, get_args(self.alias), where, self._base)
        return tuple(dict.fromkeys([*self._carried, *_enums_in(argument, where, ())]))


def parts_of(argument: Any) -> tuple[Any, ...]:
    """What a union, an alias of one, or an annotated type is made of; anything else is one part."""
    alias = _alias(argument)
    if alias is not None:
        value = _asked(alias, "__value__", None)
        return (argument,) if value is None else parts_of(value)
    if get_origin(argument) is Annotated:
        return parts_of(get_args(argument)[0])
    if _is_union(argument):
        return tuple([part for each in get_args(argument) for part in parts_of(each)])
    return (argument,)


def evaluated(text: str, scopes: Iterable[Mapping[str, object]]) -> Any:
    """What a text means as a type, in the first scope that has all its names; else the text."""
    for scope in scopes:
        try:
            return eval(text, dict(scope))  # noqa: S307 (as typing.get_type_hints does)
        except Exception:  # noqa: S112 (the text may mean anything, or nothing)
            continue
    return text


def _is_union(argument: Any) -> bool:
    origin = get_origin(argument)
    return origin is not None and getattr(origin, "__name__", "") in ("Union", "UnionType")


def _alias(argument: Any) -> Any:
    """The TypeAliasType that it is, or is a subscript of; there are two such classes."""
    for each in (argument, get_origin(argument)):
        if type(each).__name__ == "TypeAliasType":
            return each
    return None


def _asked(owner: Any, attribute: str, otherwise: Any) -> Any:
    """What Python works out when it is asked for, so that a name in it may not be there."""
    try:
        return getattr(owner, attribute)
    except Exception:
        return otherwise


def _scopes(places: Places) -> Iterator[Mapping[str, object]]:
    """The modules of the places; not bylaws' own, where S is a type variable."""
    for name in dict.fromkeys([getattr(place, "__module__", None) for place in places]):
        if isinstance(name, str) and name in sys.modules and not name.startswith("bylaws."):
            yield vars(sys.modules[name])


def _first_argument(cls: Any, given: tuple[Any, ...], where: Where, base: Any) -> tuple[Any, Where]:
    """The argument, and what it is read by."""
    if cls is base:
        argument = given[0] if given else None
        bare = argument is cls.__parameters__[0] and argument not in where[0]
        return (None if bare else argument), where
    parameters: tuple[Any, ...] = getattr(cls, "__parameters__", ())
    meant = dict(zip(parameters, [(argument, where) for argument in given], strict=False))
    parents: tuple[Any, ...] = cls.__dict__.get("__orig_bases__", cls.__bases__)
    parent = next(each for each in parents if issubclass(get_origin(each) or each, base))
    inner: Where = meant, (cls, *where[1])
    return _first_argument(get_origin(parent) or parent, get_args(parent), inner, base)


def _enums_in(argument: Any, where: Where, inside: tuple[object, ...]) -> Iterator[type[Enum]]:
    if any(argument is each for each in inside):
        return  # an alias of itself
    inside = (*inside, argument)
    known, places = where

    def these(parts: Iterable[Any], where: Where = where) -> Iterator[type[Enum]]:
        for part in parts:
            yield from _enums_in(part, where, inside)

    if isinstance(argument, ForwardRef):
        argument = argument.__forward_arg__
    alias = _alias(argument)
    if isinstance(argument, str) and not isinstance(argument, Enum):
        meant = evaluated(argument, _scopes(places))
        yield from [Enum] if meant is argument else these([meant])
    elif isinstance(argument, TypeVar):
        if argument in known:
            yield from _enums_in(*known[argument], ())  # elsewhere: it may name the same there
        else:
            yield from these(_stands_for(argument), (known, (argument, *places)))
    elif isinstance(argument, type) and issubclass(argument, Enum):
        yield argument
    elif isinstance(argument, Enum):  # in a Literal
        yield type(argument)
    elif alias is not None:
        given = [(each, where) for each in get_args(argument)]
        bound = dict(zip(alias.__type_params__, given, strict=False))
        yield from these([_asked(alias, "__value__", Enum)], (bound, (alias, *places)))
    elif hasattr(cast("object", argument), "__supertype__"):  # a NewType
        yield from these([_asked(argument, "__supertype__", Enum)])
    elif get_origin(argument) is Annotated:
        yield from these(get_args(argument)[:1])
    else:
        yield from these(get_args(argument))


def _stands_for(variable: Any) -> tuple[Any, ...]:
    has_default = getattr(variable, "has_default", None)
    if has_default is not None and has_default():
        return (_asked(variable, "__default__", Enum),)
    bound = _asked(variable, "__bound__", Enum)
    if bound is not None:
        return (bound,)
    return _asked(variable, "__constraints__", ()) or (Enum,)
