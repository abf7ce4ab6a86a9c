"""The table: which entries fire for `(from, to)`, worked out when a policy is made.

Every rule has one bit. At each end (from, to) a state has a mask: the bits of the rules whose set
it is in, and of all transforms. States with equal masks are one state class, and share a row or a
column; what fires in a cell is the plan for `row mask & column mask`. So the table grows with what
the rules tell apart, not with the square of the states.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from enum import Enum, Flag
from typing import Any, Final, cast, final

from bylaws import _members
from bylaws._arguments import Arguments
from bylaws._members import ByMember, Finder, Way
from bylaws._plan import Plan, Step
from bylaws.errors import StateError
from bylaws.explanation import Explained, Explanation, Reason, because
from bylaws.state import as_state, is_member, show

WHOLE: Final = 64
"""A row of up to so many cells is filled whole when it is first used, and then is a list, which is
found in faster; of a longer one each cell is filled when it is used, and no other takes space."""

REASONS: Final = {
    (True, True): Reason.SELECTED,
    (False, True): Reason.FROM_STATE,
    (True, False): Reason.TO_STATE,
    (False, False): Reason.BOTH_STATES,
}


@final
class Table:
    """The lookup table of one policy. `finders` gives the ways in."""

    __slots__ = (
        "_always",
        "_arguments",
        "_columns",
        "_enums",
        "_masks",
        "_name",
        "_none",
        "_plans",
        "_rows",
        "_steps",
        "_ways",
    )

    def __init__(
        self,
        name: str,
        steps: Sequence[Step],
        enums: Sequence[type[Enum]],
        arguments: Arguments,
    ) -> None:
        """`enums` are those of the rules' sets; `arguments` are asked about any other."""
        self._name = name
        self._steps = steps
        self._enums = enums
        self._arguments = arguments

        rules = [step for step in steps if not step.universal]
        self._always = sum(step.bit for step in steps if step.universal)
        self._none = tuple(
            [
                self._always + sum(step.bit for step in rules if type(None) in step.sets[end][1])
                for end in (0, 1)
            ]
        )
        # For each enum the masks of its members, at either end.
        self._masks: dict[type, Sequence[ByMember]] = {
            enum: _members.masks(
                _members.listed(enum),
                [list(_sets_of(enum, rules, end)) for end in (0, 1)],
                self._always,
            )
            for enum in enums
        }
        # The columns: the masks at the to-end, numbered.
        masks = dict.fromkeys((self._always, self._none[1]))
        for _, known in self._masks.values():
            masks.update(dict.fromkeys(_members.values(known)))
        self._columns = {mask: at for at, mask in enumerate(masks)}
        # What has been used: the plans by their masks, and for the mask of a row the row of the
        # plans and the row of their entries. Of one shape, so that one finder serves both.
        self._plans: dict[int, Plan] = {}
        self._rows: dict[int, tuple[Any, Any]] = {}
        # The fast ways to them, for members of the first enum; none where all cells are one.
        self._ways: tuple[Way, Way] | None = None
        if rules:
            first: Any = enums[0] if enums else None
            to_masks: ByMember = self._masks[first][1] if first else {}
            columns = _members.replaced(to_masks, self._columns.__getitem__)
            none_column = self._columns[self._none[1]]
            self._ways = Way(first, columns, none_column), Way(first, columns, none_column)

    def finders(self) -> tuple[Finder, Finder]:
        """The ways in, from two states to a plan, and to its entries.

        The first gives `None` for what it does not know, which `find` may. They are made for the
        policy and not kept here, where they would make a cycle.
        """
        if self._ways is None:
            plan = self._plan(self._always)
            return (
                _members.by_class(self._masks, plan, _unknown),
                _members.by_class(self._masks, plan.entries, self._entries),
            )
        plans, entries = self._ways
        return plans.finder(_unknown), entries.finder(self._entries)

    def _entries(self, from_state: object, to_state: object) -> tuple[Any, ...]:
        return self.find(from_state, to_state)[0].entries

    def _plan(self, mask: int) -> Plan:
        plan = self._plans.get(mask)
        if plan is None:
            # setdefault: threads that come here together still share one plan.
            steps = tuple([step for step in self._steps if step.bit & mask])
            plan = self._plans.setdefault(mask, Plan(steps))
        return plan

    def _row(self, mask: int) -> tuple[Any, Any]:
        rows = self._rows.get(mask)
        if rows is None:
            new: tuple[Any, Any] = {}, {}
            if len(self._columns) <= WHOLE:
                plans = [self._plan(mask & other) for other in self._columns]
                new = plans, [plan.entries for plan in plans]
            rows = self._rows.setdefault(mask, new)
        return rows

    def find(self, from_state: object, to_state: object) -> tuple[Plan, Enum | None, Enum | None]:
        """The plan, and both states, taken out of their state-likes.

        Takes one pass over the rules where the cell, or a row of up to 64, was not used before.
        """
        source, row = self._locate(from_state, 0)
        target, column = self._locate(to_state, 1)
        plan = self._plan(row & column)
        if self._ways is not None:
            rows: tuple[Any, Any] = self._row(row)
            if isinstance(rows[0], dict):
                number = self._columns[column]
                rows[0][number], rows[1][number] = plan, plan.entries
            if source is None or type(source) in self._enums[:1]:
                for way, cells in zip(self._ways, rows, strict=True):
                    way.keep(source, cells)
        return plan, source, target

    def explain(self, from_state: object, to_state: object) -> Explanation[Any]:
        """Why each entry fires or does not, read off the masks that the cells are made of."""
        source, row = self._locate(from_state, 0)
        target, column = self._locate(to_state, 1)
        lines: list[Explained[Any]] = []
        for step in self._steps:
            reason = REASONS[bool(step.bit & row), bool(step.bit & column)]
            fires = reason is Reason.SELECTED
            forbidden = step.forbids(source, target) if fires else None
            if forbidden is not None:
                reason = Reason.FORBIDDEN
            sets = None if step.universal else (step.sets[0][0], step.sets[1][0])
            sentence = because(reason, sets, forbidden or "")
            lines.append(Explained(step.entry, step.name, fires, reason, sentence))
        return Explanation(self._name, source, target, tuple(lines))

    def told(self, from_state: Enum | None, to_state: Enum | None) -> str:
        """A move in words."""
        return f"{self._name}: {show(from_state)} -> {show(to_state)}"

    def declared(self) -> tuple[type[Enum], ...]:
        """The enums that the type arguments name."""
        return self._arguments.enums()

    def next_states(self, from_state: object) -> tuple[Enum | None, ...]:
        """The states to which no entry is known to refuse always."""
        source, row = self._locate(from_state, 0)
        enums = dict.fromkeys([*self._arguments.enums(), *self._enums])
        targets = [member for enum in enums for member in _members.listed(enum)]
        return tuple(
            [
                target
                for target in (*targets, None)
                if all(
                    step.forbids(source, target) is None
                    for step in self._plan(row & self._locate(target, 1)[1]).steps
                )
            ]
        )

    def _locate(self, value: object, end: int) -> tuple[Enum | None, int]:
        """The state that `value` is or carries, and its mask at one end."""
        if value is None:
            return None, self._none[end]
        known = self._masks.get(type(value))
        if known is None:
            value = self.admit(value, ("from_state", "to_state")[end])
            known = self._masks[type(value)]
        return cast("Enum", value), _members.get(known[end], value, self._always)

    def admit(self, value: object, given_as: str) -> Enum:
        """The state that `value` is or carries; `given_as` is what it was given as.

        `StateError` if it is none of the policy's.
        """
        state = as_state(value)
        kind = type(state)
        if not is_member(state):
            raise StateError(self._refusal(value, given_as, _no_member(value)), value)
        if kind not in self._masks:
            what = self._why_not(cast("type[Enum]", kind))
            if what is not None:
                raise StateError(self._refusal(state, given_as, what), state)
            self._masks[kind] = {}, {}
        return cast("Enum", state)

    def _why_not(self, kind: type[Enum]) -> str | None:
        """Why members of an enum that no rule mentions are none of the policy's states, if so."""
        enums = {*self._enums, *self._arguments.enums()} - {kind}
        twin = next((enum for enum in enums if _members.is_twin(enum, kind)), None)
        if twin is not None:
            return (
                f"a member of another {kind.__qualname__}: the policy's is of the module "
                f"{twin.__module__}, this one of {kind.__module__}. {_members.TWICE}"
            )
        foreign = not any(issubclass(kind, enum) for enum in enums)
        if enums and foreign and kind not in self._arguments.enums():
            return self._foreign(kind, enums)
        if issubclass(kind, Flag):
            return f"a member of {kind.__qualname__}, a Flag: members combine, so make it an Enum"
        for enum in self._enums:
            for one, other in _members.equal(enum, kind):
                return (
                    f"but {show(one)} and {show(other)} are equal, "
                    "so that a set holds one for both: change a value"
                )
        return None

    def _refusal(self, value: object, given_as: str, what: str) -> str:
        enums = dict.fromkeys(
            [enum.__qualname__ for enum in (*self._arguments.enums(), *self._enums)]
        )
        over = ", ".join(["any enum" if enum == "Enum" else enum for enum in enums]) or "any enum"
        came = f"as {given_as} it was given {show(value)}, {what}"
        return f"{self._name} is a policy over {over}; {came}."

    def _foreign(self, kind: type[Enum], enums: Collection[type[Enum]]) -> str:
        name = kind.__qualname__
        if any(enum.__qualname__ == name for enum in enums):
            name = f"{kind.__module__}.{name}"
        text = f"a member of {name}, another enum: give a member of its own, or make it "
        text += "a policy over the union of both"
        if not self._arguments.enums():
            union = " | ".join([*sorted([enum.__qualname__ for enum in enums]), kind.__qualname__])
            text += (
                f". It was made without type arguments, so its states are those of its rules: "
                f"{self._arguments.policy}[{union}](...) takes both"
            )
        return text


def _unknown(_from_state: object, _to_state: object) -> None:
    return None


def _sets_of(
    enum: type[Enum], rules: Sequence[Step], end: int
) -> Iterator[tuple[int, frozenset[Any]]]:
    """What of each rule's set is of the enum, with its bit."""
    for step in rules:
        states, kinds = step.sets[end]
        if kinds == {enum}:
            yield step.bit, states
        elif kinds == {enum, type(None)}:
            yield step.bit, states - {None}  # a set of a set: hashes nothing anew
        elif enum in kinds:
            yield step.bit, frozenset([state for state in states if type(state) is enum])


def _no_member(value: object) -> str:
    if isinstance(value, str):
        hint = " (make one of the string first: S(value), with the policy's enum)"
    elif isinstance(value, type):
        hint = " (it is a class: name one of its members)"
    elif hasattr(value, "type"):
        carried: object = getattr(value, "type", None)
        hint = f", and its `type` is {carried!r}: give a member, or an object whose `type` is one"
        if carried is None:
            hint += "; for no state give None itself"
    else:
        hint = ", and it has no `type`: give a member, or an object whose `type` is one"
    return f"which is no enum member{hint}"
