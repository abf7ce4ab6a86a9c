"""States: members of the user's own enums, the values that may stand in for one, and the enums that a type names."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from enum import Enum
from typing import Any, Protocol, get_args, get_origin

if sys.version_info >= (3, 13):
    from typing import TypeVar
else:
    from typing_extensions import TypeVar

# The type variables of more than one module: states, and contexts, which may be left out (PEP 696).
S = TypeVar("S", bound=Enum)
S_co = TypeVar("S_co", bound=Enum, covariant=True)
N_co = TypeVar("N_co", bound=Enum | None, covariant=True)
F = TypeVar("F", bound=Enum | None)
T = TypeVar("T", bound=Enum | None)
T_co = TypeVar("T_co", bound=Enum | None, covariant=True)
C = TypeVar("C", default=object)
C_co = TypeVar("C_co", covariant=True, default=object)
C_contra = TypeVar("C_contra", contravariant=True, default=object)


class StateLike(Protocol[N_co]):
    """A state with a payload: a row, a dataclass, a model. Its `type` is the state."""

    @property
    def type(self) -> N_co:
        """The state itself."""
        ...


def states(*members: F) -> frozenset[F]:
    """The set of the given states: `states(S.NEW, S.PAID)`. `None`, "no state", may be among them.

    For all members write `every(S)`: mypy takes the items of an unpacked enum class for `Any`.
    """
    return frozenset(members)


def every(of: type[S], /) -> frozenset[S]:
    """All members of an enum. Together with "no state": `every(S) | {None}`."""
    return frozenset(of)


def as_state(value: object) -> object:
    """The state that `value` is or carries; anything else comes back as it came."""
    if value is None or issubclass(type(value), Enum):
        return value
    carried: object = getattr(value, "type", None)
    return carried if issubclass(type(carried), Enum) else value


def show(value: object) -> str:
    """A state as its owner writes it (`S.NEW`); anything else as its `repr`."""
    member: Any = value
    return (
        f"{type(value).__qualname__}.{member.name}"
        if issubclass(type(value), Enum)
        else repr(value)
    )


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
    return known.get(argument, argument) if isinstance(argument, TypeVar) else argument


def _enums_in(argument: Any) -> Iterator[type[Enum]]:
    """An enum, a Literal of members, a union of these. Nothing else names an enum."""
    if isinstance(argument, type) and issubclass(argument, Enum):
        yield argument
    elif isinstance(argument, Enum):
        yield type(argument)
    for part in get_args(argument):
        yield from _enums_in(part)
