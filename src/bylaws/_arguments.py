"""Type arguments: which enums those of a policy name, when the program runs.

They mean what they mean to the type checkers: aliases, text and forward references are looked
through; a type variable that nothing is given for stands for its default, else for its bound or its
constraints, else for any enum, which is `Enum` here.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import Enum
from typing import Annotated, Any, ForwardRef, TypeAlias, TypeVar, final, get_args, get_origin

# Gives where the names in a text are looked up, in this order.
Scopes: TypeAlias = "Callable[[], Iterable[Mapping[str, object]]]"

# What a type variable stands for: an argument, and what the type variables in that stand for.
Known: TypeAlias = "Mapping[Any, tuple[Any, Known]]"


@final
class Arguments:
    """The enums that the type arguments of one policy name, read when they are asked for.

    Python tells the arguments only after `__init__`, and they may be of no use to anybody.

    Attributes:
        alias: the policy's class, or that with its arguments.
    """

    __slots__ = ("_base", "_carried", "_entries", "alias")

    def __init__(
        self, alias: Any, base: type, carried: Iterable[type[Enum]], entries: Iterable[object]
    ) -> None:
        """`carried` are enums that a composition takes over. Texts may mean what `entries` know."""
        self.alias = alias
        self._base = base
        self._carried = carried
        self._entries = entries

    def enums(self) -> tuple[type[Enum], ...]:
        """In the order in which they are named; `Enum` itself for any."""
        kind: Any = get_origin(self.alias) or self.alias
        argument, known = _first_argument(kind, get_args(self.alias), {}, self._base)
        enums = _enums_in(argument, known, self._scopes, ())
        return tuple(dict.fromkeys([*self._carried, *enums]))

    def _scopes(self) -> list[dict[str, object]]:
        kind: Any = get_origin(self.alias) or self.alias
        places = [kind, *map(type, self._entries), *self._entries]
        modules = dict.fromkeys([getattr(place, "__module__", None) for place in places])
        return [vars(sys.modules[name]) for name in modules if name in sys.modules]


def parts_of(argument: Any) -> tuple[Any, ...]:
    """What a union, an alias of one, or an annotated type is made of; anything else is one part."""
    if hasattr(argument, "__value__"):  # a TypeAliasType
        return parts_of(argument.__value__)
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


def _first_argument(
    cls: Any, given: tuple[Any, ...], known: Known, base: type
) -> tuple[Any, Known]:
    """The argument, and what its type variables stand for."""
    if cls is base:
        return (given[0] if given else None), known
    parameters: tuple[Any, ...] = getattr(cls, "__parameters__", ())
    meant = dict(zip(parameters, [(argument, known) for argument in given], strict=False))
    parents: tuple[Any, ...] = cls.__dict__.get("__orig_bases__", cls.__bases__)
    parent = next(each for each in parents if issubclass(get_origin(each) or each, base))
    return _first_argument(get_origin(parent) or parent, get_args(parent), meant, base)


def _enums_in(
    argument: Any, known: Known, scopes: Scopes, inside: tuple[object, ...]
) -> Iterator[type[Enum]]:
    if any(argument is each for each in inside):
        return  # an alias of itself
    inside = (*inside, argument)

    def these(parts: Iterable[Any], known: Known = known) -> Iterator[type[Enum]]:
        for part in parts:
            yield from _enums_in(part, known, scopes, inside)

    if isinstance(argument, ForwardRef):
        argument = argument.__forward_arg__
    if isinstance(argument, str) and not isinstance(argument, Enum):
        meant = evaluated(argument, scopes())
        yield from [Enum] if meant is argument else these([meant])
    elif isinstance(argument, TypeVar):
        if argument in known:
            meant, where = known[argument]
            yield from these([meant], where)
        else:
            yield from these(_stands_for(argument))
    elif isinstance(argument, type) and issubclass(argument, Enum):
        yield argument
    elif isinstance(argument, Enum):  # in a Literal
        yield type(argument)
    else:
        yield from these(*_looked_through(argument, known))


def _looked_through(argument: Any, known: Known) -> tuple[Iterable[Any], Known]:
    """The parts of what is no type of its own, and what the type variables in them stand for."""
    origin: Any = get_origin(argument)
    arguments = get_args(argument)
    if hasattr(argument, "__value__"):  # a TypeAliasType
        return [argument.__value__], known
    if hasattr(origin, "__value__"):  # a subscripted one
        given = [(each, known) for each in arguments]
        return [origin.__value__], dict(zip(origin.__type_params__, given, strict=False))
    if hasattr(argument, "__supertype__"):  # a NewType
        return [argument.__supertype__], known
    return arguments[:1] if origin is Annotated else arguments, known


def _stands_for(variable: Any) -> tuple[Any, ...]:
    has_default = getattr(variable, "has_default", None)
    if has_default is not None and has_default():
        return (variable.__default__,)
    if variable.__bound__ is not None:
        return (variable.__bound__,)
    return variable.__constraints__ or (Enum,)
