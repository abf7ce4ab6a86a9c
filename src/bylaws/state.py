"""States: members of the user's own enums, and the values that may stand in for one."""

from __future__ import annotations

from enum import Enum
from typing import Protocol, TypeVar

# The type variables over states, of this module and the others: making each once halves the time of the import.
S = TypeVar("S", bound=Enum)
S_co = TypeVar("S_co", bound=Enum, covariant=True)
N_co = TypeVar("N_co", bound=Enum | None, covariant=True)
F = TypeVar("F", bound=Enum | None)
T = TypeVar("T", bound=Enum | None)


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
    if value is None or isinstance(value, Enum):
        return value
    carried: object = getattr(value, "type", None)
    return carried if isinstance(carried, Enum) else value


def show(value: object) -> str:
    """A state as its owner writes it (`S.NEW`); anything else as its `repr`."""
    return f"{type(value).__qualname__}.{value.name}" if isinstance(value, Enum) else repr(value)
