"""Alignment: two matrices over one space of states, and which entry of one is which of the other.

States are told by their enum and their name. An enum that is called otherwise now is recognised by
its members; an entry by all that is known of it, and its place among the others.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bylaws.views.matrix import EntryFacts, Matrix
from bylaws.views.rectangles import Rectangle
from bylaws.views.states import State, StateEnum, StateSet, StateSpace, bits, free


class Side:
    """One of two matrices, in the space that they share.

    Attributes:
        matrix: the matrix.
        present: its states, as a mask.
        rectangles: for each entry its two sets, as masks.
        illegal: for each entry made by `moves()` what it rules out, as a region; else `None`.
        guarded: the moves that some entry may refuse, as a region.
        closed: those that some entry always refuses.

    """

    def __init__(
        self,
        matrix: Matrix,
        space: StateSpace,
        names: Mapping[State, State],
        every: Mapping[str, int],
    ) -> None:
        """`names`: what each state is called in the space. `every`: what "every" of an enum is."""
        self._space = space
        self._names = names
        self._every = every
        self._known: dict[StateSet | None, int] = {None: space.full}
        self.matrix: Final = matrix
        self.present: Final = self.mask(StateSet((), matrix.states))
        self.rectangles: Final[list[Rectangle]] = [
            (self.mask(entry.from_states), self.mask(entry.to_states)) for entry in matrix.entries
        ]
        self.illegal: Final[list[list[int] | None]] = [
            self._illegal(entry, *rectangle)
            for entry, rectangle in zip(matrix.entries, self.rectangles, strict=True)
        ]
        self.guarded: Final = self._union([entry.may_refuse for entry in matrix.entries])
        self.closed: Final = self._union(
            [entry.never_passes or entry.legal is not None for entry in matrix.entries]
        )

    def mask(self, states: StateSet | None) -> int:
        """A set of the matrix as a mask of the space."""
        if states not in self._known and states is not None:
            mask = self._space.mask(StateSet((), tuple([self._names[s] for s in states.states])))
            for name in states.every:
                mask |= self._every[name]
            self._known[states] = mask
        return self._known[states]

    def numbers(self) -> list[int]:
        """The numbers in the space of its states, in its own order."""
        return [self._space.numbers[self._names[state]] for state in self.matrix.states]

    def refused(self, entry: int | None, number: int) -> tuple[int, int]:
        """From a state, by number, where an entry may refuse a move to, and where it always does.

        Nowhere, if there is no entry.
        """
        if entry is None:
            return 0, 0
        illegal = self.illegal[entry]
        if illegal is not None:
            return illegal[number], illegal[number]
        facts, (froms, tos) = self.matrix.entries[entry], self.rectangles[entry]
        here = tos if froms >> number & 1 else 0
        return here if facts.may_refuse else 0, here if facts.never_passes else 0

    def _illegal(self, entry: EntryFacts, froms: int, tos: int) -> list[int] | None:
        if entry.legal is None:
            return None
        region = [0] * len(self._space.states)
        for at in bits(froms):
            region[at] = tos
        numbers = self._space.numbers
        for state, legal in entry.legal:
            region[numbers[self._names[state]]] &= ~self.mask(legal)
        return region

    def _union(self, taken: Iterable[bool]) -> list[int]:
        region = [0] * len(self._space.states)
        by_from: dict[int, int] = {}  # many entries leave the same states
        for at, each in enumerate(taken):
            illegal = self.illegal[at]
            if each and illegal is not None:
                region = [row | other for row, other in zip(region, illegal, strict=True)]
            elif each:
                froms, tos = self.rectangles[at]
                by_from[froms] = by_from.get(froms, 0) | tos
        for froms, tos in by_from.items():
            for number in bits(froms):
                region[number] |= tos
        return region


@dataclass(frozen=True)
class Alignment:
    """Two matrices side by side.

    Attributes:
        space: the new states, and the old ones that are gone, among the others.
        old, new: the two.
        enums: what has another name now: pairs of an enum's old and its new name.
        entries: for the place of an old entry that of the new one that it is.

    """

    space: StateSpace
    old: Side
    new: Side
    enums: tuple[tuple[str, str], ...]
    entries: Mapping[int, int]

    @property
    def common(self) -> list[tuple[int, int]]:
        """The pairs of places, in the old order."""
        return sorted(self.entries.items())

    def staying(self) -> set[int]:
        """Of the common entries, by their old places, as many as possible that keep their order."""
        return _longest_increasing(self.common)


def align(old: Matrix, new: Matrix) -> Alignment:
    """Put two matrices side by side. `MatrixError` if they have more states than a space has."""
    calls = _enums_alike(old.space.enums, new.space.enums)
    space, names = _shared_space(old.space, new.space, calls)
    every: dict[str, int] = {}
    for enum in old.space.enums:
        members = tuple([names[old.space.name_in(enum, member)] for member in enum.members])
        now = space.masks_of_enums.get(calls.get(enum.name, ""))
        every[enum.name] = space.mask(StateSet((), members)) if now is None else now
    one = Side(old, space, names, every)
    two = Side(new, space, {state: state for state in new.states}, space.masks_of_enums)
    renamed = tuple([(was, now) for was, now in calls.items() if was != now])
    return Alignment(space, one, two, renamed, _matched(one, two))


def old_names(old: StateSpace, new: StateSpace) -> Mapping[State, State]:
    """What each old state is called in the space of both."""
    return _shared_space(old, new, _enums_alike(old.enums, new.enums))[1]


def _shared_space(
    old: StateSpace, new: StateSpace, calls: Mapping[str, str]
) -> tuple[StateSpace, dict[State, State]]:
    """The space of both, and what each state of the old one is called there.

    It is the new one, with the states that are gone among the others.
    """
    now = {enum.name: enum for enum in new.enums}
    names: dict[State, State] = {None: None}
    gone: list[str] = []
    for enum in old.enums:
        here = now.get(calls.get(enum.name, ""))
        listed = set(here.members) if here else set[str]()
        for member in enum.members:
            was = old.name_in(enum, member)
            if here and member in listed:
                names[was] = new.name_in(here, member)
            else:
                gone.append(was)
    for name in old.others:
        # A state of no enum is the new state of its name, also if that is of an enum.
        if name in new.numbers and name not in names.values():
            names[name] = name
        else:
            gone.append(name)
    taken = set(new.states)
    called = [free(name, taken) for name in gone]
    names.update(zip(gone, called, strict=True))
    return StateSpace(new.enums, (*new.others, *called)), names


def _enums_alike(old: Sequence[StateEnum], new: Sequence[StateEnum]) -> dict[str, str]:
    """For the name of an old enum that of the new one: the same, or of that with most members."""
    names = {enum.name for enum in new}
    calls = {enum.name: enum.name for enum in old if enum.name in names}
    left = [enum for enum in new if enum.name not in calls]
    for enum in old:
        if enum.name not in calls and left:
            shared, nearest = max(
                [(len({*enum.members} & {*each.members}), -at) for at, each in enumerate(left)]
            )
            if 2 * shared >= max(len(enum.members), 1):
                calls[enum.name] = left.pop(-nearest).name
    return calls


def _matched(old: Side, new: Side) -> dict[int, int]:
    """For the places of old entries those of the new ones that they are."""
    places = {_sort(entry): at for at, entry in enumerate(new.matrix.entries)}
    found = {
        at: places[_sort(entry)]
        for at, entry in enumerate(old.matrix.entries)
        if _sort(entry) in places
    }
    left_old = [at for at in range(len(old.matrix.entries)) if at not in found]
    taken = set(found.values())
    left_new = [at for at in range(len(new.matrix.entries)) if at not in taken]
    if left_old and left_new:
        # Renamed is what is the same between the same neighbours.
        staying = sorted(_longest_increasing(sorted(found.items())))
        stays = [found[at] for at in staying]
        there: dict[Hashable, list[int]] = {}
        for at in reversed(left_new):
            there.setdefault((bisect_left(stays, at), _known_of(new, at, new)), []).append(at)
        for at in left_old:
            same = there.get((bisect_left(staying, at), _known_of(old, at, new)))
            if same:
                found[at] = same.pop()
    return found


def _sort(entry: EntryFacts) -> tuple[str, str, bool]:
    """What two entries have to share to be the same one with other facts."""
    return entry.name, entry.kind, entry.legal is not None


def _known_of(side: Side, at: int, new: Side) -> Hashable:
    """All that is known of an entry, but its name, over the states that are there now."""
    entry, illegal = side.matrix.entries[at], side.illegal[at]
    sets = tuple([mask & new.present for mask in side.rectangles[at]])
    region = None if illegal is None else tuple([row & new.present for row in illegal])
    return entry.kind, sets, region, entry.verdicts, entry.hooks, entry.awaits


def _longest_increasing(pairs: Sequence[tuple[int, int]]) -> set[int]:
    """The first of as many pairs as possible whose second ones increase."""
    ends: list[int] = []
    last: list[int] = []
    before: dict[int, int | None] = {}
    for one, other in pairs:
        at = bisect_left(ends, other)
        ends[at : at + 1] = [other]
        last[at : at + 1] = [one]
        before[one] = last[at - 1] if at else None
    found: set[int] = set()
    each = last[-1] if last else None
    while each is not None:
        found.add(each)
        each = before[each]
    return found
