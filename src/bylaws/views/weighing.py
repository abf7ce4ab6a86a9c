"""Weighing: how many recorded moves each line of a difference would have met.

Which entries fire depends on (from, to) alone, so counts of moves are enough to know it exactly.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Self

from bylaws.views.counts import Count
from bylaws.views.difference import KINDS, Difference, Effect, Line, told
from bylaws.views.rectangles import Rectangle
from bylaws.views.states import StateSet, bits
from bylaws.views.tally import Tally

REFUSING: Final[frozenset[Effect]] = frozenset({"removed", "stops", "changed", "allows", "moved"})
"""What a line is about if the entry may have refused its moves: it fired for them before."""


@dataclass(frozen=True, slots=True)
class Weight:
    """How many recorded moves a line would have met.

    Attributes:
        moves: so many.
        refused: so many of them the entry that the line is about has refused. `None` if it cannot
            have refused any, since it is new there or never refuses, or if the line is about none,
            or if no count says who refused.

    """

    moves: int
    refused: int | None = None

    def __str__(self) -> str:
        """In words: `met by 12,431 moves, 310 refused by it`."""
        if not self.moves:
            return "met by no move"
        met = f"met by {self.moves:,} move{'' if self.moves == 1 else 's'}"
        if self.refused is None:
            return met
        return f"{met}, {self.refused:,} refused by it"


@dataclass(frozen=True)
class Weighed:
    """A difference, and recorded moves; made by `difference.weighed(counts)`.

    It is a value: two of them are equal if the difference is and the sums are, however these were
    given.

    Attributes:
        difference: the difference, its lines in the order that they have without weights.
        counts: the moves, by the names of the difference's `space`: one count for each move and who
            refused it, in the order of the states.
        unknown: those with a state that neither policy has, by their names as they were recorded.

    """

    difference: Difference
    counts: tuple[Count, ...]
    unknown: tuple[Count, ...]

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        """The lines, the gravest kind first, then what meets the most moves, then as without."""
        ranked = [
            (KINDS.index(line.kind), -self.weight(line).moves, place)
            for place, line in enumerate(self.difference.lines)
        ]
        return tuple([self.difference.lines[place] for _, _, place in sorted(ranked)])

    @cached_property
    def total(self) -> int:
        """How many moves were counted, the unknown ones among them."""
        return sum([count.moves for count in (*self.counts, *self.unknown)])

    @cached_property
    def touched(self) -> int:
        """How many of them meet a line or more."""
        region = [0] * len(self.difference.space.states)
        for line in self.difference.lines:
            froms, tos = self._rectangle(line)
            for at in bits(froms):
                region[at] |= tos
        return self._moves.within_region(region)

    def weight(self, line: Line) -> Weight:
        """What a line weighs, be it one of the difference's or what `outside` has left of one.

        It takes time in the cells of the line that have moves, some 15 nanoseconds each.
        """
        known = self._weights.get(line)
        if known is None:
            rectangle = self._rectangle(line)
            refused = self._refused(line, rectangle)
            known = self._weights[line] = Weight(self._moves.within(rectangle), refused)
        return known

    def told(self, line: Line) -> str:
        """A line in words, and what it weighs."""
        return told(line) if line.witness is None else f"{told(line)}; {self.weight(line)}"

    def summary(self) -> tuple[str, ...]:
        """How many of the moves are touched, and which are unknown, if any: a sentence each."""
        noun = "move" if self.total == 1 else "moves"
        verb = "meets" if self.touched == 1 else "meet"
        texts = [f"{self.touched:,} of {self.total:,} recorded {noun} {verb} what is changed"]
        if self.unknown:
            sums: dict[str, int] = {}
            for count in self.unknown:
                move = f"{count.from_state} -> {count.to_state}"
                sums[move] = sums.get(move, 0) + count.moves
            most = sorted(sums.items(), key=lambda pair: -pair[1])
            named = [f"{move} ({number:,})" for move, number in most[:3]]
            more = [f"{len(most) - 3:,} more"] * (len(most) > 3)
            number = sum(sums.values())
            verb = "is" if number == 1 else "are"
            listed = ", ".join([*named, *more])
            texts.append(f"{number:,} {verb} of states that neither policy has: {listed}")
        return tuple(texts)

    def to_json(self) -> str:
        """As JSON, a line each; its schema is `bylaws.views.schema.WEIGHED`."""
        from bylaws.views.plain import write_json  # noqa: PLC0415 (imports this)

        return write_json(self)

    def __bool__(self) -> bool:
        return bool(self.difference)

    def __str__(self) -> str:
        """As text: a line each, its kind first, and then the summary."""
        width = max([len(line.kind) for line in self.lines], default=0)
        texts = [f"{line.kind:<{width}}  {self.told(line)}" for line in self.lines]
        return "\n".join([*(texts or ["the same"]), *self.summary()])

    def __reduce__(self) -> tuple[type[Self], tuple[Difference, tuple[Count, ...], object]]:
        return type(self), (self.difference, self.counts, self.unknown)  # without what is cached

    def _rectangle(self, line: Line) -> Rectangle:
        return self._mask(line.from_states), self._mask(line.to_states)

    def _mask(self, states: StateSet) -> int:
        known = self._masks.get(states)  # many lines leave, or enter, the same
        if known is None:
            known = self._masks[states] = self.difference.space.mask(states)
        return known

    def _refused(self, line: Line, rectangle: Rectangle) -> int | None:
        if line.effect not in REFUSING or not self._says_who:
            return None
        name = line.entries[0]
        was = name if line.effect == "removed" else self._old_names.get(name, name)
        if was not in self._may_refuse:
            return None
        # By its new name too, unless that was another's.
        names = {was, *([name] if name not in self._entries else [])}
        return sum([self._refusals[each].within(rectangle) for each in names & {*self._refusals}])

    @cached_property
    def _weights(self) -> dict[Line, Weight]:
        return {}

    @cached_property
    def _masks(self) -> dict[StateSet, int]:
        return {}

    @cached_property
    def _says_who(self) -> bool:
        counts = (*self.counts, *self.unknown)
        return any(count.refused_by is not None for count in counts)

    @cached_property
    def _old_names(self) -> Mapping[str, str]:
        """For the new name of an entry the old one, where that is another."""
        lines = self.difference.lines
        renamed = [line for line in lines if line.effect == "renamed" and line.entries]
        return {line.entries[0]: line.entries[1] for line in renamed}

    @cached_property
    def _entries(self) -> frozenset[str]:
        return frozenset([entry.name for entry in self.difference.old.entries])

    @cached_property
    def _may_refuse(self) -> frozenset[str]:
        old = self.difference.old
        return frozenset([entry.name for entry in old.entries if entry.may_refuse])

    @cached_property
    def _moves(self) -> Tally:
        return self._tally(self.counts)

    @cached_property
    def _refusals(self) -> Mapping[str, Tally]:
        """For the name of each that refused, what it refused."""
        found: dict[str, list[Count]] = {}
        for count in self.counts:
            if count.refused_by is not None:
                found.setdefault(count.refused_by, []).append(count)
        return {name: self._tally(counts) for name, counts in found.items()}

    def _tally(self, counts: Iterable[Count]) -> Tally:
        numbers = self.difference.space.numbers
        cells: dict[tuple[int, int], int] = {}
        for count in counts:
            cell = numbers[count.from_state], numbers[count.to_state]
            cells[cell] = cells.get(cell, 0) + count.moves
        return Tally(len(numbers), [(*cell, number) for cell, number in cells.items()])
