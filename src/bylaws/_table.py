"""The table: which entries fire for `(from, to)`, worked out when a policy is made.

Every rule has one bit. On each side (from, to) a state has a mask: the bits of the rules whose set it is in, and of all
transforms. States with equal masks are one state class and share a row, or a column; what fires in a cell is the plan
for `row mask & column mask`. So the table grows with what the rules tell apart, not with the square of the states.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from enum import Enum
from typing import Any, Final, final

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


def _by_member(enum: type[Enum]) -> bool:
    """Whether members hash in C, as strings and integers do.

    Those of a plain `Enum` run `Enum.__hash__`, which is Python code; by their names they are found twice as fast.
    """
    in_c: tuple[object, ...] = (str.__hash__, int.__hash__)
    return enum.__hash__ in in_c


@final
class Axis:
    """One side of the table: the state classes by their masks, and which of them each state is in.

    `classes` maps an enum to the numbers of its members' classes, by the members themselves or by their names.
    """

    __slots__ = ("classes", "masks", "none")

    def __init__(self, sets: Iterable[tuple[int, States]], enums: Iterable[type[Enum]], always: int) -> None:
        none = always
        masks: dict[type, dict[object, int]] = {}
        for enum in enums:
            members = enum.__members__
            masks[enum] = dict.fromkeys(members.values() if _by_member(enum) else members, always)
        for bit, (states, kinds) in sets:
            for kind in kinds:
                if kind is type(None):
                    none |= bit
                    continue
                mask = masks[kind]
                keys: list[Any] = [*states] if len(kinds) == 1 else [it for it in states if type(it) is kind]
                if not _by_member(kind):
                    keys = [key._name_ for key in keys]
                try:
                    for key in keys:
                        mask[key] |= bit
                except KeyError:  # a member that `_missing_` made up is no item of `__members__`
                    mask.update((key, mask.get(key, always) | bit) for key in keys)
        numbers = {always: 0}
        self.classes: Final = {
            kind: {key: numbers.setdefault(mask, len(numbers)) for key, mask in known.items()}
            for kind, known in masks.items()
        }
        self.none: Final = numbers.setdefault(none, len(numbers))
        self.masks: Final = list(numbers)


@final
class LazyRow(dict[int, Plan]):
    """A row of a large table: each cell is filled when it is first used."""

    def __init__(self, fill: Callable[[int, int], Plan], mask: int, columns: Sequence[int]) -> None:
        super().__init__()
        self._fill, self._mask, self._columns = fill, mask, columns

    def __missing__(self, column: int) -> Plan:
        plan = self[column] = self._fill(self._mask, self._columns[column])
        return plan


@final
class Table:
    """The lookup table of one policy: `plan` is the fast way in, `find` and `reasons` tell more.

    `declared` gives the enums that the policy's type arguments name; it is asked about an enum that no rule mentions.
    """

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
        rules = [step for step in steps if not step.universal]
        always = sum(step.bit for step in steps if step.universal)
        across = Axis([(step.bit, step.to_states) for step in rules], enums, always)
        down = Axis([(step.bit, step.from_states) for step in rules], enums, always)
        eager = len(down.masks) * len(across.masks) <= EAGER
        rows = [
            [self._fill(mask, other) for other in across.masks] if eager else LazyRow(self._fill, mask, across.masks)
            for mask in down.masks
        ]
        self._column_masks = across.masks
        self._row_masks = {id(row): mask for row, mask in zip(rows, down.masks, strict=True)}
        self._unmentioned = rows[0], 0  # the first classes, which have the transforms alone
        # For each enum whether its members are found by themselves, or else by name; their rows, and their columns.
        self._known: dict[type, tuple[bool, dict[object, Any], dict[object, int]]] = {
            enum: (_by_member(enum), {key: rows[at] for key, at in down.classes[enum].items()}, across.classes[enum])
            for enum in enums
        }
        # The fast way in: the members of the first enum, and None.
        self.first: Final[Any] = enums[0] if enums else type(None)
        self.by_member, self.rows, self.columns = self._known.setdefault(self.first, (True, {}, {}))
        self.rows[None], self.columns[None] = rows[down.none], across.none
        self.plan: Final = self._lookup()

    def _fill(self, row: int, column: int) -> Plan:
        mask = row & column
        plan = self._plans.get(mask)
        if plan is None:
            # setdefault: threads that come here together still share one plan.
            plan = self._plans.setdefault(mask, Plan(tuple([step for step in self._steps if step.bit & mask])))
        return plan

    def _lookup(self) -> Callable[[Any, Any], Plan | None]:
        """The plan for members of the first enum, and `None`; for any other state there is none, but `find` may know.

        A closure, because attributes would make it half as long again. Members are told by their class, because a
        string equals a `StrEnum` member, and members of two enums may be equal.
        """
        first, rows, columns = self.first, self.rows, self.columns

        def by_member(a: object, b: object) -> Plan | None:
            try:
                if (a is None or a.__class__ is first) and (b is None or b.__class__ is first):
                    plan: Plan = rows[a][columns[b]]
                    return plan
            except KeyError:  # a member that `_missing_` made up
                pass
            return None

        def by_name(a: Any, b: Any) -> Plan | None:
            try:
                if (a is None or a.__class__ is first) and (b is None or b.__class__ is first):
                    row = rows[None] if a is None else rows[a._name_]
                    plan: Plan = row[columns[None] if b is None else columns[b._name_]]
                    return plan
            except KeyError:  # a member that `_missing_` made up
                pass
            return None

        return by_member if self.by_member else by_name

    def find(self, from_state: object, to_state: object) -> tuple[Plan, Enum | None, Enum | None]:
        """The plan, and both states, taken out of their state-likes."""
        from_member, row, _ = self._place(from_state, "from_state")
        to_member, _, column = self._place(to_state, "to_state")
        return row[column], from_member, to_member

    def reasons(
        self, from_state: object, to_state: object
    ) -> tuple[tuple[tuple[Any, Reason], ...], Enum | None, Enum | None]:
        """Why each entry fires or does not, read off the masks that the cells are made of; and both states."""
        from_member, row, _ = self._place(from_state, "from_state")
        to_member, _, column = self._place(to_state, "to_state")
        leaves, enters = self._row_masks[id(row)], self._column_masks[column]
        reasons = [REASONS[bool(step.bit & leaves), bool(step.bit & enters)] for step in self._steps]
        return tuple(zip((step.entry for step in self._steps), reasons, strict=True)), from_member, to_member

    def _place(self, value: object, side: str) -> tuple[Enum | None, Any, int]:
        if value is None:
            return None, self.rows[None], self.columns[None]
        known = self._known.get(type(value))
        if known is None:
            return self._place(self.admit(value, side), side)
        by_member, rows, columns = known
        member: Any = value
        key = member if by_member else member._name_
        row, column = self._unmentioned
        return member, rows.get(key, row), columns.get(key, column)

    def admit(self, value: object, side: str) -> Enum:
        """The state that `value` is or carries. `StateError` if it is none of the policy's; `side` is where it came."""
        state = as_state(value)
        if not isinstance(state, Enum):
            raise StateError(self._refusal(value, side, f"which is no enum member{_hint(value)}"), value)
        kind = type(state)
        if kind not in self._known:
            enums = {*self._enums, *self._declared()}
            if enums and not any(issubclass(kind, enum) for enum in enums):
                raise StateError(self._refusal(state, side, f"a member of another enum, {kind.__qualname__}"), state)
            self._known[kind] = (False, {}, {})
        return state

    def _refusal(self, value: object, side: str, what: str) -> str:
        enums = ", ".join(dict.fromkeys(enum.__qualname__ for enum in (*self._enums, *self._declared()))) or "any enum"
        return f"{self._name} is a policy over {enums}; as {side} it was given {show(value)}, {what}."


def _hint(value: object) -> str:
    if isinstance(value, str):
        return " (make one of the string first: S(value), with the policy's enum)"
    if isinstance(value, type):
        return " (it is a class: name one of its members)"
    return " and has no `type` that is one"
