"""Enums of every kind, policies over them, and the naive scan that says what fires."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum, IntEnum, StrEnum
from typing import Any, Final, TypeAlias, cast

from hypothesis import strategies as st

from bylaws import AnyTransition, BaseTransform, Entry, Outcome, Policy
from tests.cast import Number, governs

AnyPolicy: TypeAlias = Policy[Enum, None]
AnyEntry: TypeAlias = Entry[Enum, None]


# --------------------------------------------------------------------------------------------------
# Enums
# --------------------------------------------------------------------------------------------------


class Plain(Enum):
    """Falsy values, and an alias."""

    ZERO = 0
    EMPTY = ""
    FALSE = None
    ONE = 1
    ALSO_ONE = 1  # noqa: PIE796 (an alias)


class OtherPlain(Enum):
    """The names and the values of `Plain`, which are other states all the same."""

    ZERO = 0
    EMPTY = ""
    FALSE = None
    ONE = 1


class Words(StrEnum):
    """Strings, one of them empty."""

    EMPTY = ""
    ONE = "text one"
    TWO = "text two"
    ALSO_TWO = "text two"


class OldText(str, Enum):  # noqa: UP042 (the old way is what is tried)
    """Strings as enums had them before `StrEnum`."""

    ONE = "old one"
    TWO = "old two"
    THREE = "old three"


class MoreNumbers(IntEnum):
    """The names of `Number`, other values."""

    ZERO = 10
    ONE = 11
    TWO = 12


class Hashed(Enum):
    """Members with an equality and a hash of their own: two of them share the hash."""

    ONE = "a"
    TWO = "b"
    THREE = "c"

    def __hash__(self) -> int:
        return 7


class Made(IntEnum):
    """Makes up members that are not listed."""

    LISTED = 100

    @classmethod
    def _missing_(cls, value: object) -> Made:
        member = int.__new__(cls, cast("int", value))
        member._name_ = f"MADE_{value}"
        member._value_ = cast("int", value)
        return member


class MadePlain(Enum):
    """The same with members that hash in Python."""

    LISTED = "listed"

    @classmethod
    def _missing_(cls, value: object) -> MadePlain:
        member = object.__new__(cls)
        member._name_ = "MADE"
        member._value_ = cast("str", value)
        return member


MADE_UP: Final[dict[type[Enum], Enum]] = {Made: Made(7), MadePlain: MadePlain("made up")}


def made(enum: type[Enum], **attributes: object) -> Enum:
    """A member that an enum does not list."""
    member = object.__new__(enum)
    member._name_, member._value_ = "MADE", "made"
    for name, value in attributes.items():
        setattr(member, name, value)
    return member


def functional(kind: Callable[..., Any], count: int, prefix: str) -> type[Enum]:
    """An enum of the functional API."""
    names = [f"M{number}" for number in range(count)]
    values = [number + 1_000 if kind is IntEnum else f"{prefix}{number}" for number in range(count)]
    return cast("type[Enum]", kind(f"{prefix}{count}", dict(zip(names, values, strict=True))))


ENUMS: Final[list[type[Enum]]] = [
    Plain,
    OtherPlain,
    Words,
    OldText,
    Number,
    MoreNumbers,
    Hashed,
    Made,
    MadePlain,
    functional(Enum, 1, "Single"),
    functional(Enum, 9, "Functional"),
    functional(StrEnum, 5, "Strings"),
    functional(IntEnum, 5, "Integers"),
]


# --------------------------------------------------------------------------------------------------
# What fires, found naively
# --------------------------------------------------------------------------------------------------


class Note(BaseTransform[None]):
    """A transform."""

    def after_transition(self, transition: AnyTransition[None], outcome: Outcome[Enum], /) -> None:
        """Do nothing, but not the base's nothing."""


def naive(
    entries: Sequence[AnyEntry], from_state: Enum | None, to_state: Enum | None
) -> list[AnyEntry]:
    """What fires, by looking at every set of every entry, at every member by identity."""
    return [
        entry
        for entry in entries
        if isinstance(entry, Note)
        or (has(entry, "from_states", from_state) and has(entry, "to_states", to_state))
    ]


def has(entry: object, side: str, state: Enum | None) -> bool:
    """Whether a set of an entry has a state, by identity."""
    return any(each is state for each in getattr(entry, side))


def mentions(entry: AnyEntry, member: Enum) -> bool:
    """Whether one of the sets of an entry has a member."""
    return not isinstance(entry, Note) and (
        has(entry, "from_states", member) or has(entry, "to_states", member)
    )


def pairs(members: Sequence[Enum]) -> list[tuple[Enum | None, Enum | None]]:
    """All pairs of states, `None` among them."""
    return [(one, other) for one in [*members, None] for other in [*members, None]]


# --------------------------------------------------------------------------------------------------
# Policies as hypothesis draws them
# --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Drawn:
    """A policy with what it is made of."""

    entries: Sequence[AnyEntry]
    members: list[Enum]
    policy: AnyPolicy


@st.composite
def policies(draw: st.DrawFn) -> Drawn:
    """Policies of 0 to 12 rules and transforms over one or two enums."""
    enums = draw(st.lists(st.sampled_from(ENUMS), min_size=1, max_size=2, unique=True))
    members: list[Enum] = [member for enum in enums for member in enum]
    members += [MADE_UP[enum] for enum in enums if enum in MADE_UP and draw(st.booleans())]
    if len(members) != len(set(members)):  # equal members of two enums cannot be in one policy
        members = list(enums[0])
    sets = st.frozensets(st.sampled_from([*members, None]), min_size=1)
    entry: st.SearchStrategy[AnyEntry] = st.one_of(st.builds(governs, sets, sets), st.builds(Note))
    entries = draw(st.lists(entry, max_size=12))
    mentioned = {type(member) for each in entries for member in members if mentions(each, member)}
    if mentioned:  # the policy is over these enums; one without any is over all
        members = [member for member in members if type(member) in mentioned]
    return Drawn(entries, members, Policy(*entries))
