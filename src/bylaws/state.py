"""States: members of the user's own enums, and the values that may stand in for one."""

from __future__ import annotations

from enum import Enum
from typing import Protocol, TypeVar

E = TypeVar("E", bound=Enum)
F = TypeVar("F", bound=Enum | None)
S_co = TypeVar("S_co", bound=Enum | None, covariant=True)


class StateLike(Protocol[S_co]):
    """A state with a payload: a row, a dataclass, a model. Its `type` is the state."""

    @property
    def type(self) -> S_co:
        """The state itself."""
        ...


def states(*members: F) -> frozenset[F]:
    """The set of the given states: `states(S.NEW, S.PAID)`. `None`, "no state", may be among them.

    For all members write `every(S)`: mypy takes the items of an unpacked enum class for `Any`.
    """
    return frozenset(members)


def every(of: type[E], /) -> frozenset[E]:
    """All members of an enum. Together with "no state": `every(S) | {None}`."""
    return frozenset(of)


def as_state(value: object) -> object:
    """The state that `value` is or carries; anything else comes back as it came."""
    if value is None or isinstance(value, Enum):
        return value
    carried: object = getattr(value, "type", None)
    return carried if isinstance(carried, Enum) else value


def show(value: object) -> str:
    """A state as its owner writes it (`S.NEW`); anything else as its `repr`."""
    return f"{type(value).__qualname__}.{value.name}" if isinstance(value, Enum) else repr(value)
