"""The table: which entries fire for `(from, to)`, worked out when a policy is made.

Every rule has one bit. On each side (from, to) a state has a mask: the bits of the rules whose set it is in, and of all
transforms. States with equal masks are one state class and share a row, or a column; what fires in a cell is the plan
for `row mask & column mask`. So the table grows with what the rules tell apart, not with the square of the states.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import Enum, Flag
from typing import Any, Final, TypeAlias, cast, final

from bylaws._plan import Plan, States, Step
from bylaws.errors import StateError
from bylaws.explanation import Reason
from bylaws.state import as_state, show

EAGER: Final = 4_096
"""Up to so many cells are filled when the table is made; those of a larger one when they are first used."""

REASONS: Final = {
    (True, True): Reason.SELECTED,
    (False, True): Reason.FROM_STATE,
    (True, False): Reason.TO_STATE,
    (False, False): Reason.BOTH_STATES,
}


# What a table knows of every member of an enum: a list by position, or a dict by member.
Members: TypeAlias = "list[Any] | dict[Any, Any]"


def _members(enum: type[Enum]) -> list[Enum]:
    """All members once, aliases apart; those that a metaclass hides too."""
    return list({id(member): member for member in enum.__members__.values()}.values())


def _by_position(members: Sequence[Enum]) -> bool:
    """Whether the members of an enum are found by their positions in it, and not by themselves.

    `Enum.__hash__` is Python code, which takes as long as a whole lookup; strings and integers hash in C. The enum
    module numbers the members, but does not document the number, so that it is looked at here before it is trusted.
    """
    in_c: tuple[object, ...] = (str.__hash__, int.__hash__)
    return type(members[0]).__hash__ not in in_c and all(
        getattr(member, "_sort_order_", None) == at for at, member in enumerate(members)
    )


def _only(enum: type[Enum], states: frozenset[Any], kinds: set[type]) -> frozenset[Any]:
    """The states that are of the enum. Sets are taken from sets where that will do, because it hashes nothing anew."""
    if len(kinds) == 1:
        return states
    if kinds == {enum, type(None)}:
        return states - {None}
    return frozenset([state for state in states if type(state) is enum])


@final
class Axis:
    """One side of the table: the mask of every state, and the state classes, which are the masks that there are.

    `by_position` tells of each enum how its members are found.
    """

    __slots__ = ("classes", "masks", "none")

    def __init__(
        self,
        sets: Sequence[tuple[int, States]],
        members: Mapping[type[Enum], list[Enum]],
        by_position: Mapping[type[Enum], bool],
        always: int,
    ) -> None:
        self.none: Final = always | sum(bit for bit, (_, kinds) in sets if type(None) in kinds)
        self.masks: Final[dict[type[Enum], Members]] = {}
        for enum, listed in members.items():
            named = [
                (bit, _only(enum, states, kinds)) for bit, (states, kinds) in sets if enum in kinds
            ]
            # Sets of all members are common, and need not be walked.
            everything = (
                frozenset(listed)
                if any(len(states) == len(listed) for _, states in named)
                else None
            )
            start = always | sum(bit for bit, states in named if states == everything)
            masks: Any = (
                [start] * len(listed) if by_position[enum] else dict.fromkeys(listed, start)
            )
            for bit, states in named:
                if not bit & start:
                    keys: Iterable[Any] = states
                    if by_position[enum]:
                        keys = [member._sort_order_ for member in states]
                    try:
                        for key in keys:
                            masks[key] |= bit
                    except KeyError:  # a member that `_missing_` made up
                        masks.update([(key, masks.get(key, always) | bit) for key in keys])
            self.masks[enum] = masks
        found = dict.fromkeys((always, self.none))
        for known in self.masks.values():
            found.update(dict.fromkeys(_values(known)))
        self.classes: Final = {mask: at for at, mask in enumerate(found)}


def _values(known: Members) -> Iterable[Any]:
    return known.values() if isinstance(known, dict) else known


def _placed(masks: Members, places: Mapping[int, Any]) -> Members:
    """The place of each member, by its mask."""
    placed = [places[mask] for mask in _values(masks)]
    return dict(zip(masks, placed, strict=True)) if isinstance(masks, dict) else placed


@final
class Table:
    """The lookup table of one policy: `plan` is the fast way in, `find` and `reasons` tell more.

    `declared` gives the enums that the policy's type arguments name; it is asked about an enum that no rule mentions.
    """

    # Members of the first enum, and `None`.
    rows: Any
    columns: Any
    entries: Any

    def __init__(
        self,
        name: str,
        steps: Sequence[Step],
        enums: Sequence[type[Enum]],
        declared: Callable[[], Iterable[type[Enum]]],
    ) -> None:
        self._name = name
        self._steps = steps
        self._enums = enums
        self._declared = declared
        self._plans: dict[int, Plan] = {}

        always = sum(step.bit for step in steps if step.universal)
        from_sets = [(step.bit, step.from_states) for step in steps if not step.universal]
        to_sets = [(step.bit, step.to_states) for step in steps if not step.universal]
        members = {enum: _members(enum) for enum in enums}
        by_position = {enum: _by_position(listed) for enum, listed in members.items()}
        try:
            down, across = (
                Axis(sets, members, by_position, always) for sets in (from_sets, to_sets)
            )
        except (
            AttributeError,
            IndexError,
        ):  # a rule names a member that `_missing_` made up, which has no position
            by_position = dict.fromkeys(enums, False)
            down, across = (
                Axis(sets, members, by_position, always) for sets in (from_sets, to_sets)
            )

        # A row is a list of plans by the numbers of the columns; in a large table it is a dict, filled as it is used.
        # Beside each stands a row of the plans' entries alone, because another attribute is a twentieth of a lookup.
        eager = len(down.classes) * len(across.classes) <= EAGER
        rows: dict[int, Any] = {
            mask: [self._fill(mask & other) for other in across.classes] if eager else {}
            for mask in down.classes
        }
        self._entry_rows: dict[int, Any] = {
            mask: [plan.entries for plan in row] if eager else {} for mask, row in rows.items()
        }
        self._row_masks = {id(row): mask for mask, row in rows.items()}
        self._column_masks = list(across.classes)
        self._none = rows[down.none], across.classes[across.none]
        self._unmentioned = rows[always], across.classes[always]
        # For each enum the rows and the columns of its members.
        self._known: dict[type, tuple[Members, Members]] = {
            enum: (_placed(down.masks[enum], rows), _placed(across.masks[enum], across.classes))
            for enum in enums
        }
        # The fast way in: the members of the first enum, and None, which is in the dicts, and beside the lists.
        self.first: Final[Any] = enums[0] if enums else None
        self.by_position: Final = bool(enums) and by_position[enums[0]]
        self.rows, self.columns = self._known[enums[0]] if enums else ({}, {})
        self.entries = _placed(down.masks[enums[0]], self._entry_rows) if enums else {}
        self.none_entries = self._entry_rows[down.none]
        self.none_column: Final = across.classes[across.none]
        if not self.by_position:
            self.rows[None], self.columns[None] = self._none
            self.entries[None] = self.none_entries
        self.plan: Final = self._lookup()

    def _fill(self, mask: int) -> Plan:
        plan = self._plans.get(mask)
        if plan is None:
            # setdefault: threads that come here together still share one plan.
            plan = self._plans.setdefault(
                mask, Plan(tuple([step for step in self._steps if step.bit & mask]))
            )
        return plan

    def _lookup(self) -> Callable[[Any, Any], Plan | None]:
        """The plan for members of the first enum, and `None`; for any other state there is none, but `find` may know.

        A closure, because attributes would make it half as long again. Members are told by their class, because a
        string equals a `StrEnum` member, and members of two enums may be equal.
        """
        first, rows, columns, known = self.first, self.rows, self.columns, self._known
        none_row, none_column = self._none
        other_row, other_column = self._unmentioned

        def by_member(a: object, b: object) -> Plan | None:
            try:
                if (a is None or type(a) is first) and (b is None or type(b) is first):
                    plan: Plan = rows[a][columns[b]]
                    return plan
            except KeyError:  # not filled yet, or a member that `_missing_` made up
                pass
            return None

        def by_position(a: Any, b: Any) -> Plan | None:
            try:
                if (a is None or type(a) is first) and (b is None or type(b) is first):
                    row = none_row if a is None else rows[a._sort_order_]
                    plan: Plan = row[none_column if b is None else columns[b._sort_order_]]
                    return plan
            except (AttributeError, LookupError):  # as above
                pass
            return None

        def by_none(a: object, b: object) -> Plan | None:
            if (a is None or type(a) in known) and (b is None or type(b) in known):
                plan: Plan = (none_row if a is None else other_row)[
                    none_column if b is None else other_column
                ]
                return plan
            return None

        if first is None:  # no rule mentions a member
            return by_none
        return by_position if self.by_position else by_member

    def find(self, from_state: object, to_state: object) -> tuple[Plan, Enum | None, Enum | None]:
        """The plan, and both states, taken out of their state-likes."""
        from_member, row, _ = self._place(from_state, "from_state")
        to_member, _, column = self._place(to_state, "to_state")
        mask = self._row_masks[id(row)]
        plan = row[column] = self._fill(mask & self._column_masks[column])
        self._entry_rows[mask][column] = plan.entries
        return plan, from_member, to_member

    def reasons(
        self, from_state: object, to_state: object
    ) -> tuple[tuple[tuple[Any, Reason], ...], Enum | None, Enum | None]:
        """Why each entry fires or does not, read off the masks that the cells are made of; and both states."""
        from_member, row, _ = self._place(from_state, "from_state")
        to_member, _, column = self._place(to_state, "to_state")
        leaves, enters = self._row_masks[id(row)], self._column_masks[column]
        reasons = [
            REASONS[bool(step.bit & leaves), bool(step.bit & enters)] for step in self._steps
        ]
        return (
            tuple(zip((step.entry for step in self._steps), reasons, strict=True)),
            from_member,
            to_member,
        )

    def _place(self, value: object, side: str) -> tuple[Enum | None, Any, int]:
        if value is None:
            return None, *self._none
        known = self._known.get(type(value))
        if known is None:
            return self._place(self.admit(value, side), side)
        rows, columns = known
        row, column = self._unmentioned
        member: Any = value
        if not rows:  # of an enum that no rule mentions: its members need not even be hashable
            return member, row, column
        if isinstance(rows, dict) and isinstance(columns, dict):
            return member, rows.get(member, row), columns.get(member, column)
        at: int = getattr(member, "_sort_order_", len(rows))
        if at >= len(rows):  # made up by `_missing_`, or come later
            return member, row, column
        return member, rows[at], columns[at]

    def admit(self, value: object, side: str) -> Enum:
        """The state that `value` is or carries. `StateError` if it is none of the policy's; `side` is where it came."""
        state = as_state(value)
        kind = type(state)
        if not issubclass(kind, Enum):
            raise StateError(
                self._refusal(value, side, f"which is no enum member{_hint(value)}"), value
            )
        if kind not in self._known:
            enums = {*self._enums, *self._declared()}
            what = ""
            if enums and not any(issubclass(kind, enum) for enum in enums):
                what = "another enum: give a member of its own, or make it a policy over the union of both"
            elif issubclass(kind, Flag):
                what = "a Flag: its members combine, so make it an Enum"
            if what:
                raise StateError(
                    self._refusal(state, side, f"a member of {kind.__qualname__}, {what}"), state
                )
            self._known[kind] = {}, {}
        return cast("Enum", state)

    def _refusal(self, value: object, side: str, what: str) -> str:
        enums = (
            ", ".join(
                dict.fromkeys(enum.__qualname__ for enum in (*self._enums, *self._declared()))
            )
            or "any enum"
        )
        return (
            f"{self._name} is a policy over {enums}; as {side} it was given {show(value)}, {what}."
        )


def _hint(value: object) -> str:
    if isinstance(value, str):
        return " (make one of the string first: S(value), with the policy's enum)"
    if isinstance(value, type):
        return " (it is a class: name one of its members)"
    carried: object = getattr(value, "type", None)
    also = "it has no `type`" if carried is None else f"its `type` is {carried!r}"
    return f", and {also}: give a member, or an object whose `type` is one"
