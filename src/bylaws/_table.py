"""The table: which entries fire for `(from, to)`, worked out when a policy is made.

Every rule has one bit. On each side (from, to) a state has a mask: the bits of the rules whose set it is in, and of all
transforms. States with equal masks are one state class and share a row, or a column; what fires in a cell is the plan
for `row mask & column mask`. So the table grows with what the rules tell apart, not with the square of the states.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import Enum
from typing import Any, Final, TypeAlias, final

from bylaws.errors import StateError
from bylaws.explanation import Reason
from bylaws.state import as_state, show
from bylaws.verdict import PROCEED

EAGER: Final = 4_096
"""Up to so many cells are filled when the table is made; those of a larger one when they are first used."""

REASONS: Final = {
    (True, True): Reason.SELECTED,
    (False, True): Reason.FROM_STATE,
    (True, False): Reason.TO_STATE,
    (False, False): Reason.BOTH_STATES,
}

Hook: TypeAlias = Callable[..., Any]

# One of a rule's sets, and the classes of its items.
States: TypeAlias = "tuple[frozenset[Enum | None], set[type]]"


@final
class Step:
    """An entry as a run meets it: its hooks looked up once, without those of a base, which do nothing."""

    __slots__ = (
        "after",
        "awaits",
        "before",
        "bit",
        "cleanup",
        "entry",
        "fine",
        "from_states",
        "to_states",
        "universal",
        "waits",
    )

    def __init__(
        self,
        entry: Any,
        bit: int,
        sets: tuple[States, States] | None,
        hooks: Mapping[str, Hook],
        awaits: Sequence[str],
    ) -> None:
        self.entry = entry
        self.bit = bit
        self.universal = sets is None
        self.from_states, self.to_states = sets or ((frozenset(), set()), (frozenset(), set()))
        self.before: Any = hooks.get("before_transition")
        self.after = hooks.get("after_transition")
        self.cleanup = hooks.get("cleanup")
        self.awaits = awaits  # the names of the async ones
        self.waits = "before_transition" in awaits
        # Beside None, the one answer of the before hook that lets the run go on.
        self.fine = None if self.universal else PROCEED


# A call that is due when a run is finished: whose, the hook's name, the function, and how many arguments it is given
# (1: a rule's hook, the transition; 2: a transform's, the outcome too; 0: a callback, which has its own).
Side: TypeAlias = "tuple[Step, str, Hook, int]"


@final
class Plan:
    """What fires in a cell: the entries, and their hooks in the order of the calls.

    The engine keeps the outcomes that came of the plan when all proceeded: by the state, and the last one apart.
    """

    __slots__ = ("accepted", "afters", "befores", "entries", "outcomes", "steps")

    def __init__(self, steps: tuple[Step, ...]) -> None:
        self.steps = steps
        self.entries = tuple([step.entry for step in steps])
        self.befores = tuple([step for step in steps if step.before])
        self.accepted: Any = None
        self.outcomes: dict[object, Any] = {}
        self.afters: tuple[Side, ...] = tuple(
            [(step, "after_transition", step.after, 1 + step.universal) for step in reversed(steps) if step.after]
        )


def _by_member(enum: type[Enum]) -> bool:
    """Whether members hash in C, as strings and integers do.

    Those of a plain `Enum` run `Enum.__hash__`, which is Python code; by their names they are found twice as fast.
    """
    in_c: tuple[object, ...] = (str.__hash__, int.__hash__)
    return enum.__hash__ in in_c


@final
class Axis:
    """One side of the table: the place of each state, which is the number of its state class times `stride`.

    `places` maps an enum to whether its members are found by themselves (or else by name), and to their places.
    """

    __slots__ = ("masks", "none", "places", "side")

    def __init__(
        self,
        side: str,
        sets: Iterable[tuple[int, States]],
        enums: Iterable[type[Enum]],
        always: int,
        stride: int,
    ) -> None:
        self.side: Final = side
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
                keys: Iterable[Any] = states if len(kinds) == 1 else [it for it in states if type(it) is kind]
                if not _by_member(kind):
                    keys = [state._name_ for state in keys]
                try:
                    for key in keys:
                        mask[key] |= bit
                except KeyError:  # a member that `_missing_` made up is no item of `__members__`
                    mask.update((key, mask.get(key, always) | bit) for key in keys)
        numbers = {always: 0}
        self.places: dict[type, tuple[bool, dict[object, int]]] = {
            kind: (
                _by_member(kind),
                {key: numbers.setdefault(mask, len(numbers)) * stride for key, mask in known.items()},
            )
            for kind, known in masks.items()
        }
        self.none: Final = numbers.setdefault(none, len(numbers)) * stride
        self.masks: Final = {number * stride: mask for mask, number in numbers.items()}


@final
class LazyCells(dict[int, Any]):
    """The cells of a large table, each filled when it is first used."""

    def __init__(self, fill: Callable[[int], object]) -> None:
        super().__init__()
        self._fill = fill

    def __missing__(self, cell: int) -> object:
        content = self[cell] = self._fill(cell)
        return content


def _cells(count: int, fill: Callable[[int], object]) -> Any:
    return [fill(cell) for cell in range(count)] if count <= EAGER else LazyCells(fill)


@final
class Table:
    """The lookup table of one policy: `entries` and `plan` are the fast ways in, `find` and `reasons` tell more.

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
        self._columns = Axis("to_state", [(step.bit, step.to_states) for step in rules], enums, always, 1)
        self._width = len(self._columns.masks)
        self._rows = Axis("from_state", [(step.bit, step.from_states) for step in rules], enums, always, self._width)
        count = len(self._rows.masks) * self._width
        self._cells = cells = _cells(count, self._fill)
        # Both lookups answer for the first enum's members; `plan` with None for any other state.
        self.plan: Final[Callable[[object, object], Plan | None]] = self._lookup(
            cells, lambda _from_state, _to_state: None
        )
        self.entries: Final[Callable[[object, object], tuple[Any, ...]]] = self._lookup(
            _cells(count, lambda cell: cells[cell].entries),
            lambda from_state, to_state: self.find(from_state, to_state)[0].entries,
        )

    def _fill(self, cell: int) -> Plan:
        column = cell % self._width
        mask = self._rows.masks[cell - column] & self._columns.masks[column]
        plan = self._plans.get(mask)
        if plan is None:
            # setdefault: threads that come here together share one plan.
            plan = self._plans.setdefault(mask, Plan(tuple([step for step in self._steps if step.bit & mask])))
        return plan

    def _lookup(self, cells: Any, otherwise: Callable[[object, object], object]) -> Callable[[Any, Any], Any]:
        """A lookup in `cells` by the policy's first enum; `otherwise` has what is no member of it.

        A closure, because attributes would make it half as long again. Members are told by their class, because a
        string equals a `StrEnum` member, and members of two enums may be equal.
        """
        if not self._enums:
            return otherwise
        first = self._enums[0]
        by_member, rows = self._rows.places[first]
        _, columns = self._columns.places[first]

        def lookup_by_member(from_state: object, to_state: object) -> Any:
            try:
                if type(from_state) is first is type(to_state):
                    return cells[rows[from_state] + columns[to_state]]
            except KeyError:  # a member that `_missing_` made up
                pass
            return otherwise(from_state, to_state)

        def lookup_by_name(from_state: Any, to_state: Any) -> Any:
            try:
                if type(from_state) is first is type(to_state):
                    return cells[rows[from_state._name_] + columns[to_state._name_]]
            except KeyError:  # a member that `_missing_` made up
                pass
            return otherwise(from_state, to_state)

        return lookup_by_member if by_member else lookup_by_name

    def find(self, from_state: object, to_state: object) -> tuple[Plan, Enum | None, Enum | None]:
        """The plan, and both states, taken out of their state-likes."""
        from_member, row = self._place(self._rows, from_state)
        to_member, column = self._place(self._columns, to_state)
        return self._cells[row + column], from_member, to_member

    def reasons(
        self, from_state: object, to_state: object
    ) -> tuple[tuple[tuple[Any, Reason], ...], Enum | None, Enum | None]:
        """Why each entry fires or does not, read off the masks that the cells are made of; and both states."""
        from_member, row = self._place(self._rows, from_state)
        to_member, column = self._place(self._columns, to_state)
        leaves, enters = self._rows.masks[row], self._columns.masks[column]
        reasons = [REASONS[bool(step.bit & leaves), bool(step.bit & enters)] for step in self._steps]
        return tuple(zip((step.entry for step in self._steps), reasons, strict=True)), from_member, to_member

    def _place(self, axis: Axis, value: object) -> tuple[Enum | None, int]:
        if value is None:
            return None, axis.none
        known = axis.places.get(type(value))
        if known is None:
            return self._place(axis, self.admit(value, axis.side))
        by_member, places = known
        member: Any = value
        return member, places.get(member if by_member else member._name_, 0)

    def admit(self, value: object, side: str) -> Enum:
        """The state that `value` is or carries. `StateError` if it is none of the policy's; `side` is where it came."""
        state = as_state(value)
        if not isinstance(state, Enum):
            raise StateError(self._refusal(value, side, f"which is no enum member{_hint(value)}"), value)
        kind = type(state)
        if kind not in self._rows.places:
            enums = {*self._enums, *self._declared()}
            if enums and not any(issubclass(kind, enum) for enum in enums):
                raise StateError(self._refusal(state, side, f"a member of another enum, {kind.__qualname__}"), state)
            # No rule mentions this enum: its states are in the first class, which has the transforms alone.
            self._rows.places[kind] = self._columns.places[kind] = (False, {})
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
