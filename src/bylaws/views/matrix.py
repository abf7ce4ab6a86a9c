"""The matrix: what a policy does, as plain data by names, with nothing of the program in it.

Everything else in the views is a function of one or two of these values.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Literal, Self, TypeAlias

from bylaws.explanation import Explained, Reason
from bylaws.views.errors import MatrixError
from bylaws.views.states import State, StateSet, StateSpace, bits

if TYPE_CHECKING:
    from bylaws.policy import AsyncPolicy
    from bylaws.state import C, S

EntryKind: TypeAlias = Literal["rule", "transform"]
Hook: TypeAlias = Literal["before_transition", "on_decision", "after_transition", "cleanup"]
VerdictName: TypeAlias = Literal["proceed", "reject", "delay", "abort"]

HOOKS: tuple[Hook, ...] = ("before_transition", "on_decision", "after_transition", "cleanup")
VERDICTS: tuple[VerdictName, ...] = ("proceed", "reject", "delay", "abort")
MOST_ENTRIES = 5_000
"""A matrix has at most so many entries: each costs a bit in each cell."""


@dataclass(frozen=True)
class EntryFacts:
    """What is known of one entry. Equality and hash leave out what is about its source.

    Attributes:
        name: what texts call it in its policy; no other entry of the policy is called so.
        kind: "rule" or "transform".
        from_states, to_states: the sets of a rule; `None` for a transform, which always fires.
        verdicts: what its before hook may answer, in the order of `VERDICTS`; "proceed" also for
            `None`. `None` if it may be anything, `()` if it never answers (it is annotated as
            `Never`), or gives no verdict: a transform. A rule without a before hook proceeds.
        hooks: the hooks that do something, in the order of `HOOKS`; a base's no-op is none.
        awaits: those of them that are async.
        legal: for a rule made by `moves()`: pairs of a state and the set of those that it may
            become, in the order of the states; a state that is not there may become nothing. The
            rule always refuses what is not legal, and nothing else. `None` for other entries.
        doc: the first line of its docstring.
        file, line: where it is defined, a path relative to the working directory if it lies in it.

    """

    name: str
    kind: EntryKind
    from_states: StateSet | None = None
    to_states: StateSet | None = None
    verdicts: tuple[VerdictName, ...] | None = None
    hooks: tuple[Hook, ...] = ()
    awaits: tuple[Hook, ...] = ()
    legal: tuple[tuple[State, StateSet], ...] | None = None
    doc: str | None = field(default=None, compare=False)
    file: str | None = field(default=None, compare=False)
    line: int | None = field(default=None, compare=False)

    @property
    def may_refuse(self) -> bool:
        """Whether it may answer with a refusal; one made by `moves()` only what is not legal."""
        return self.kind == "rule" and self.verdicts != ("proceed",)

    @property
    def never_passes(self) -> bool:
        """Whether it lets no move pass that it fires for: it may answer with refusals only."""
        return self.kind == "rule" and self.verdicts is not None and "proceed" not in self.verdicts


@dataclass(frozen=True)
class Matrix:
    """What a policy does: a value, hashed and compared by what it does, pickled by its fields.

    A cell is not stored: an entry fires for a move if it is a transform, or if both of its sets
    have their end of the move, and entries fire in the order in which they are listed.

    Attributes:
        name: the policy's name.
        space: the states.
        entries: the entries, the most important first.

    `MatrixError` if the facts do not fit together: two entries of one name, a set that names what
    is no state or is not as `space.set_of` makes it, a transform with sets, a rule without.

    """

    name: str
    space: StateSpace
    entries: tuple[EntryFacts, ...]

    def __post_init__(self) -> None:
        if len(self.entries) > MOST_ENTRIES:
            raise MatrixError(
                f"it has {len(self.entries):,} entries; {MOST_ENTRIES:,} are the most"
            )
        known: dict[StateSet, None] = {}
        names: set[str] = set()
        for entry in self.entries:
            if entry.name in names:
                raise MatrixError(f"two entries are called {entry.name!r}")
            names.add(entry.name)
            _check(entry, self.space, known)

    @classmethod
    def of(cls, policy: AsyncPolicy[S, C]) -> Matrix:
        """What a policy does. No hook is called."""
        from bylaws.views.reading import read_policy  # noqa: PLC0415 (reads with ast and inspect)

        return read_policy(policy)

    @classmethod
    def from_json(cls, text: str | bytes) -> Matrix:
        """Read what `to_json` wrote. `MatrixError` for anything else; safe on hostile bytes."""
        from bylaws.views.interchange import read_json  # noqa: PLC0415 (imports this)

        return read_json(text)

    def to_json(self) -> str:
        """As JSON, an entry a line; its schema is `bylaws.views.schema.SCHEMA`."""
        from bylaws.views.plain import write_json  # noqa: PLC0415 (imports this)

        return write_json(self)

    def __format__(self, code: str) -> str:
        """`f"{matrix:md}"`: Markdown; the other codes are in `bylaws.views.formats`."""
        from bylaws.views.formats import formatted  # noqa: PLC0415 (imports this)

        return formatted(self, code)

    def _repr_html_(self) -> str:
        from bylaws.views.notebook import write_table  # noqa: PLC0415 (imports this)

        return write_table(self)

    @property
    def states(self) -> tuple[State, ...]:
        """The names of all states, `None` last: the rows and the columns."""
        return self.space.states

    @cached_property
    def from_masks(self) -> Sequence[int]:
        """For each state, by number, the entries that it may be left for: `1 << place` each."""
        return self._masks(0)

    @cached_property
    def to_masks(self) -> Sequence[int]:
        """For each state, by number, the entries that it may be entered for: `1 << place` each.

        What fires in a cell is `from_masks[a] & to_masks[b]`.
        """
        return self._masks(1)

    def _masks(self, end: int) -> list[int]:
        always = 0
        masks = [0] * len(self.states)
        full = self.space.full
        for at, entry in enumerate(self.entries):
            states = (entry.from_states, entry.to_states)[end]
            mask = full if states is None else self.space.mask(states)
            bit = 1 << at
            if mask == full:
                always |= bit
            else:
                for number in bits(mask):
                    masks[number] |= bit
        return [mask | always for mask in masks]

    @cached_property
    def legal_masks(self) -> Mapping[str, Mapping[State, int]]:
        """For the name of each entry made by `moves()`: what each state may become, as masks."""
        return {
            entry.name: {state: self.space.mask(to) for state, to in entry.legal}
            for entry in self.entries
            if entry.legal is not None
        }

    def entry(self, name: str) -> EntryFacts:
        """The entry of that name. `MatrixError` if there is none."""
        found = next((entry for entry in self.entries if entry.name == name), None)
        if found is None:
            raise MatrixError(f"{self.name} has no entry {name!r}")
        return found

    def members(self, states: StateSet | int | None) -> tuple[State, ...]:
        """The states of a set or a mask, one by one; all of them for a transform's, `None`."""
        return self.states if states is None else self.space.members(states)

    def fires(self, from_state: State, to_state: State) -> tuple[EntryFacts, ...]:
        """What fires for a move, in that order. `MatrixError` if there is no such state."""
        a, b = self.places(from_state, to_state)
        return tuple([self.entries[at] for at in bits(self.from_masks[a] & self.to_masks[b])])

    def ruled_out_by(self, from_state: State, to_state: State) -> tuple[EntryFacts, ...]:
        """Of what fires those that refuse the move whatever happens: any of them rules it out."""
        return tuple(
            [
                entry
                for entry in self.fires(from_state, to_state)
                if entry.never_passes or self._why_illegal(entry, from_state, to_state) is not None
            ]
        )

    def explain(self, from_state: State, to_state: State) -> tuple[Explained[EntryFacts], ...]:
        """Why each entry fires for a move, or does not, in words: a line an entry, in order."""
        a, b = self.places(from_state, to_state)
        return tuple(
            [
                self._explained(entry, 1 << at, from_state, to_state, (a, b))
                for at, entry in enumerate(self.entries)
            ]
        )

    def next_states(self, from_state: State) -> tuple[State, ...]:
        """The states to which no entry is known to refuse always."""
        return tuple([to for to in self.states if not self.ruled_out_by(from_state, to)])

    def places(self, *states: State) -> tuple[int, ...]:
        """The places of states in `states`. `MatrixError` for a name that is no state."""
        numbers = self.space.numbers
        for state in states:
            if state not in numbers:
                raise self.space.unknown(state)
        return tuple([numbers[state] for state in states])

    def _explained(
        self, entry: EntryFacts, bit: int, from_state: State, to_state: State, at: tuple[int, ...]
    ) -> Explained[EntryFacts]:
        leaving = bool(self.from_masks[at[0]] & bit)
        entering = bool(self.to_masks[at[1]] & bit)
        if leaving and entering:
            why = self._why_illegal(entry, from_state, to_state)
            if why is None and entry.never_passes:
                why = "it is annotated to return refusals only"
            if why is not None:
                text = f"fires, and always refuses: {why}"
                return Explained(entry, entry.name, True, Reason.FORBIDDEN, text)
            text = "fires (always)" if entry.kind == "transform" else "fires"
            return Explained(entry, entry.name, True, Reason.SELECTED, text)
        only: list[str] = []
        if not leaving:
            only.append(f"leaving {self.shortened(entry.from_states)}")
        if not entering:
            only.append(f"entering {self.shortened(entry.to_states)}")
        reasons = {
            (False, True): Reason.FROM_STATE,
            (True, False): Reason.TO_STATE,
            (False, False): Reason.BOTH_STATES,
        }
        text = f"no: only when {' and '.join(only)}"
        return Explained(entry, entry.name, False, reasons[leaving, entering], text)

    def shortened(self, states: StateSet | None) -> str:
        """A set for a sentence: the names of its states, of more than four the first three."""
        names = list(map(str, self.members(states)))
        return ", ".join(names if len(names) <= 4 else [*names[:3], f"{len(names) - 3} more"])

    def _why_illegal(self, entry: EntryFacts, from_state: State, to_state: State) -> str | None:
        if entry.legal is None:
            return None
        legal = self.legal_masks[entry.name].get(from_state, 0)
        if legal >> self.space.numbers[to_state] & 1:
            return None
        only = f"only to {', '.join(map(str, self.members(legal)))}" if legal else "nowhere"
        return f"{from_state} -> {to_state} is no legal move: from there {only}"

    def __reduce__(self) -> tuple[type[Self], tuple[str, StateSpace, tuple[EntryFacts, ...]]]:
        return type(self), (self.name, self.space, self.entries)  # without what is cached


def _check(entry: EntryFacts, space: StateSpace, known: dict[StateSet, None]) -> None:
    """`MatrixError` if the facts of an entry do not fit together. `known` sets are right."""
    sets = [entry.from_states, entry.to_states]
    if entry.kind == "transform":
        if sets != [None, None] or entry.legal is not None or entry.verdicts != ():
            raise MatrixError(f"the transform {entry.name!r} has sets or verdicts, as rules have")
    elif entry.kind != "rule":
        raise MatrixError(f"{entry.name!r} is neither a rule nor a transform")
    elif not all(sets):
        raise MatrixError(f"the rule {entry.name!r} has no states that it governs")
    if entry.verdicts is not None and not _ordered(entry.verdicts, VERDICTS):
        raise MatrixError(f"the verdicts of {entry.name!r} are not in order, or unknown")
    if not _ordered(entry.hooks, HOOKS) or not _ordered(entry.awaits, entry.hooks):
        raise MatrixError(f"the hooks of {entry.name!r} are not in order, or unknown")
    if entry.legal is not None and entry.verdicts != ("proceed", "abort"):
        raise MatrixError(f"{entry.name!r} has legal moves, so it proceeds or aborts")
    pairs = entry.legal or ()
    numbers = [space.numbers.get(state, -1) for state, _ in pairs]
    if numbers != sorted(set(numbers)) or -1 in numbers or not all(to for _, to in pairs):
        raise MatrixError(f"the legal moves of {entry.name!r} are not in the order of the states")
    for states in (*sets, *[to for _, to in pairs]):
        if states is not None and states not in known:
            if not space.is_made(states):
                raise MatrixError(f"a set of {entry.name!r} is not as its space makes it: {states}")
            known[states] = None


def _ordered(some: tuple[str, ...], known: tuple[str, ...]) -> bool:
    return some == tuple([each for each in known if each in some])
