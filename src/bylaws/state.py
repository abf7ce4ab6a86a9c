"""States: members of the user's own enums, and the values that may stand in for one."""

from __future__ import annotations

import sys
from enum import Enum, EnumType
from typing import Any, Protocol, TypeVar

from bylaws.errors import StateError

if sys.version_info >= (3, 13):
    from typing import TypeVar as TypeVarWithDefault
else:
    from typing_extensions import TypeVar as TypeVarWithDefault

# The type variables of several modules: states, and contexts, which may be left out (PEP 696).
S = TypeVar("S", bound=Enum)
S_co = TypeVar("S_co", bound=Enum, covariant=True)
N_co = TypeVar("N_co", bound=Enum | None, covariant=True)
F = TypeVar("F", bound=Enum | None)
T = TypeVar("T", bound=Enum | None)
T_co = TypeVar("T_co", bound=Enum | None, covariant=True)
C = TypeVarWithDefault("C", default=object)
C_co = TypeVarWithDefault("C_co", covariant=True, default=object)
C_contra = TypeVarWithDefault("C_contra", contravariant=True, default=object)


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
    """All members of an enum. Together with "no state": `every(S) | {None}`.

    `StateError` for anything but an enum class; two enums are `every(A) | every(B)`.
    """
    kind: object = of
    if not issubclass(type(kind), EnumType):
        raise StateError(
            f"every() takes one enum class, not {show(kind)}. All members of two enums are "
            "every(A) | every(B); with no state, every(A) | {None}.",
            kind,
        )
    return frozenset(of)


def is_member(value: object) -> bool:
    """Whether it is a member of an enum. Its `__class__` is not asked: a mock's lies."""
    return issubclass(type(value), Enum)


def as_state(value: object) -> object:
    """The state that `value` is or carries; anything else comes back as it came."""
    if value is None or is_member(value):
        return value
    carried: object = getattr(value, "type", None)
    return carried if is_member(carried) else value


def show(value: object) -> str:
    """A state as its owner writes it (`S.NEW`); anything else as its `repr`."""
    member: Any = value
    return f"{type(value).__qualname__}.{member.name}" if is_member(value) else repr(value)
