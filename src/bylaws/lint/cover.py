"""Covers: the fewest of some sets that make up another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

LOOKS: Final = 1_000_000
"""In all, the fewest are looked for until so many sets have been looked at; some 0.3 s."""


def few_cover(whole: int, parts: Sequence[int]) -> tuple[int, ...]:
    """The places of few parts that cover the whole, in order: each covers most of what is left.

    Sets are masks. The parts together have to cover the whole.
    """
    taken: list[int] = []
    left = whole
    while left:
        gains = [(part & left).bit_count() for part in parts]
        taken.append(gains.index(max(gains)))
        left &= ~parts[taken[-1]]
    return tuple(sorted(taken))


def smallest_cover(
    whole: int, parts: Sequence[int], looks: int = LOOKS
) -> tuple[tuple[int, ...], bool]:
    """The places of the fewest parts that cover the whole, in order, and whether they surely are.

    As for `few_cover`. Where it takes more `looks`, none of them can be left out, at least.
    """
    first = few_cover(whole, parts)
    if len(first) < 2:
        return first, True
    distinct: dict[int, int] = {}
    for at, part in enumerate(parts):
        distinct.setdefault(part & whole, at)
    search = _Search([*distinct], len(first), looks)
    search.look(whole, ())
    places = [*distinct.values()]
    best = [places[each] for each in search.found] or first
    return _needed(whole, parts, sorted(best)), search.left > 0


def _needed(whole: int, parts: Sequence[int], places: Sequence[int]) -> tuple[int, ...]:
    """Those of the places that cover the whole, and of which none can be left out."""
    kept = [*places]
    for place in reversed(places):
        union = 0
        for each in kept:
            union |= parts[each] if each != place else 0
        if not whole & ~union:
            kept.remove(place)
    return tuple(kept)


class _Search:
    """Looks for a cover by fewer than `most` masks."""

    def __init__(self, masks: Sequence[int], most: int, looks: int) -> None:
        self._masks = masks
        self._most = most
        self.found: tuple[int, ...] = ()
        self.left = looks

    def look(self, whole: int, taken: tuple[int, ...]) -> None:
        """Try each that covers the first that is left: one of these has to be taken."""
        if not whole:
            self.found, self._most = taken, len(taken)
            return
        if self.left <= 0:
            return
        self.left -= len(self._masks)
        gains = [(mask & whole).bit_count() for mask in self._masks]
        if max(gains) * (self._most - 1 - len(taken)) < whole.bit_count():
            return
        first = whole & -whole
        having = [at for at, mask in enumerate(self._masks) if mask & first]
        for at in sorted(having, key=lambda at: -gains[at]):
            self.look(whole & ~self._masks[at], (*taken, at))
