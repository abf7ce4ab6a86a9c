"""Members: an enum's members by number, and the closures that find a cell of the table by them.

All that bylaws knows of the insides of the enum module is here.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Iterable, Sequence
from enum import Enum
from typing import Any, Final, TypeAlias, final

# What is known of every member of an enum: a list by position, or a dict by member.
ByMember: TypeAlias = "list[Any] | dict[Any, Any]"

Finder: TypeAlias = Callable[[Any, Any], Any]

TWICE: Final = (
    "The module was imported twice, under two names, or reloaded: import the enum from one place"
)


def listed(enum: type[Enum]) -> list[Enum]:
    """All members once, aliases apart; those that a metaclass hides too."""
    return list({id(member): member for member in enum.__members__.values()}.values())


def equal(one: type[Enum], other: type[Enum]) -> list[tuple[Enum, Enum]]:
    """Pairs of members of two enums that are equal, though not the same."""
    if any(getattr(enum, "__hash__", None) is None for enum in (one, other)):
        return []  # they are in no set
    known = {each: each for each in listed(one)}
    return [(known[each], each) for each in listed(other) if each in known]


def is_twin(one: type[Enum], other: type[Enum]) -> bool:
    """Whether two enums are one that was made twice: of one place and name, with the same members.

    That comes of a module that is imported under two names, `python -m` for one, or reloaded.
    """
    return (
        one is not other
        and one.__qualname__ == other.__qualname__
        and _of_one_place(one.__module__, other.__module__)
        and [(each.name, each.value) for each in listed(one)]
        == [(each.name, each.value) for each in listed(other)]
    )


def _of_one_place(one: str, other: str) -> bool:
    if one == other or "__main__" in (one, other):
        return True
    files = [getattr(sys.modules.get(name), "__file__", None) for name in (one, other)]
    return files[0] is not None and files[0] == files[1]


def positioned(members: Sequence[Enum]) -> bool:
    """Whether members are found by their positions in their enum, and not by themselves.

    `Enum.__hash__` is Python code, which takes as long as a whole lookup (by position it is 2.5
    times faster); strings and integers hash in C. The enum module numbers the members, but does not
    document the number, so that it is looked at here before it is trusted.
    """
    in_c: tuple[object, ...] = (str.__hash__, int.__hash__)
    return type(members[0]).__hash__ not in in_c and all(
        getattr(member, "_sort_order_", None) == at for at, member in enumerate(members)
    )


def masks(
    members: Sequence[Enum], ends: Iterable[Sequence[tuple[int, frozenset[Any]]]], always: int
) -> list[ByMember]:
    """For each end, which is pairs of a bit and the members in its set, the bits of every member.

    By position, if all that is named has one; a member that `_missing_` made up has none.
    """
    known = [_without_full_sets(members, sets, always) for sets in ends]
    if positioned(members):
        try:
            return [_masks_by_position(len(members), start, sets) for start, sets in known]
        except (AttributeError, IndexError):
            pass
    return [_masks_by_member(members, start, sets, always) for start, sets in known]


def _without_full_sets(
    members: Sequence[Enum], sets: Sequence[tuple[int, frozenset[Any]]], always: int
) -> tuple[int, list[tuple[int, frozenset[Any]]]]:
    """The bits that all members have, and the other sets. Sets of all members are common."""
    full = frozenset(members) if any(len(states) == len(members) for _, states in sets) else None
    start = always | sum(bit for bit, states in sets if states == full)
    return start, [(bit, states) for bit, states in sets if not bit & start]


def _masks_by_position(size: int, start: int, sets: list[tuple[int, frozenset[Any]]]) -> ByMember:
    found = [start] * size
    for bit, states in sets:
        for member in states:
            found[member._sort_order_] |= bit
    return found


def _masks_by_member(
    members: Sequence[Enum], start: int, sets: list[tuple[int, frozenset[Any]]], always: int
) -> ByMember:
    found: dict[Any, int] = dict.fromkeys(members, start)
    for bit, states in sets:
        for member in states:
            found[member] = found.get(member, always) | bit
    return found


def get(known: ByMember, member: Any, otherwise: int) -> int:
    """What is known of one member; `otherwise` of one that has no place."""
    if isinstance(known, dict):
        # Of an enum that no rule mentions, nothing is; its members may have no hash.
        found: int = known.get(member, otherwise) if known else otherwise
        return found
    at: int = getattr(member, "_sort_order_", len(known))
    return known[at] if at < len(known) else otherwise


def values(known: ByMember) -> Iterable[Any]:
    """What is known, member by member."""
    return known.values() if isinstance(known, dict) else known


def replaced(known: ByMember, by: Callable[[Any], Any]) -> ByMember:
    """The same shape with something else known of each member."""
    if isinstance(known, dict):
        return {member: by(value) for member, value in known.items()}
    return [by(value) for value in known]


@final
class Way:
    """A way into a table for members of one enum, and `None`.

    A cell is `row[column]`: `columns` has the column of every member, and a row is found once
    `keep` has put it there.
    """

    __slots__ = ("_columns", "_enum", "_none_column", "_none_row", "_rows")

    def __init__(self, enum: object, columns: ByMember, none_column: int) -> None:
        self._enum = enum
        self._columns = columns
        self._none_column = none_column
        self._rows: ByMember = {} if isinstance(columns, dict) else [None] * len(columns)
        self._none_row: list[Any] = [None]

    def finder(self, otherwise: Finder) -> Finder:
        """The function from two states to their cell.

        Other states, and a cell that is not filled yet, are left to `otherwise`.
        """
        rows, columns = self._rows, self._columns
        if isinstance(rows, dict) and isinstance(columns, dict):
            columns = {**columns, None: self._none_column}
            return _by_member(self._enum, rows, columns, otherwise)
        return _by_position(self._enum, rows, columns, self._none_row, self._none_column, otherwise)

    def keep(self, member: Any, row: object) -> None:
        """Have the row of a member be found, unless that has no place: `_missing_` made it up."""
        if isinstance(self._rows, dict):
            if member is None or member in self._columns:
                self._rows[member] = row
        elif member is None:
            self._none_row[0] = row
        elif (at := getattr(member, "_sort_order_", len(self._rows))) < len(self._rows):
            self._rows[at] = row


# The finders are closures, because attributes would make a lookup half as long again. The class of
# a member is checked, because a string equals a StrEnum member, and members of two enums may be
# equal; `__class__` is asked, which saves some 8 % against `type()`: what only says to be a member
# has no hash or position of one.


def _by_member(enum: object, rows: Any, columns: Any, otherwise: Finder) -> Finder:
    def find(a: Any, b: Any) -> Any:
        try:
            if a.__class__ is enum and b.__class__ is enum:
                return rows[a][columns[b]]
            if (a is None or a.__class__ is enum) and (b is None or b.__class__ is enum):
                return rows[a][columns[b]]
        except (LookupError, TypeError):
            pass
        return otherwise(a, b)

    return find


def _by_position(
    enum: object,
    rows: Any,
    columns: Any,
    none_row: list[Any],
    none_column: int,
    otherwise: Finder,
) -> Finder:
    def find(a: Any, b: Any) -> Any:
        try:
            if a.__class__ is enum and b.__class__ is enum:
                return rows[a._sort_order_][columns[b._sort_order_]]
            if (a is None or a.__class__ is enum) and (b is None or b.__class__ is enum):
                row = none_row[0] if a is None else rows[a._sort_order_]
                return row[none_column if b is None else columns[b._sort_order_]]
        except (AttributeError, LookupError, TypeError):
            pass
        return otherwise(a, b)

    return find


def by_class(classes: Collection[object], cell: object, otherwise: Finder) -> Finder:
    """Find the only cell there is, for members of the enums that have been let in, and `None`."""

    def find(a: object, b: object) -> Any:
        if (a is None or type(a) in classes) and (b is None or type(b) in classes):
            return cell
        return otherwise(a, b)

    return find
