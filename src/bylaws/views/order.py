"""Order: which entries stand elsewhere now, and for which moves that can be told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from bylaws.views.alignment import Alignment
from bylaws.views.rectangles import Rectangle, rectangles
from bylaws.views.states import bits

MANY: Final = 16
"""The moves of an entry that meets others in more places are only put together, not covered anew:
that would take long, and not make them few."""


def passing(
    aligned: Alignment, kept: Mapping[int, Rectangle]
) -> Iterator[tuple[int, list[int], Rectangle]]:
    """The old entries that have passed others, those that each has met, and a rectangle of moves.

    As few as possible are taken to have moved; the others stay. `kept` has for each common entry
    the moves that it fires for before and after. One that meets none has the empty rectangle.
    """
    common, staying = aligned.common, aligned.staying()
    done: set[int] = set()
    for one, other in common:
        if one in staying:
            continue
        froms, tos = kept[one]
        meeting: dict[int, Rectangle] = {}
        for each, place in common:
            where = froms & kept[each][0], tos & kept[each][1]
            if all(where) and each not in done and (each < one) != (place < other):
                meeting[each] = where
        done.add(one)
        for a, b in _joined([*meeting.values()]) or [(0, 0)]:
            yield one, [each for each, (c, d) in meeting.items() if a & c and b & d], (a, b)


def _joined(found: list[Rectangle]) -> list[Rectangle]:
    """Few rectangles that make up what these do."""
    for turned in (False, True):
        by_from: dict[int, int] = {}
        for a, b in found:
            key, value = (b, a) if turned else (a, b)
            by_from[key] = by_from.get(key, 0) | value
        found = [(b, a) if turned else (a, b) for a, b in by_from.items()]
    found = [
        (a, b)
        for a, b in found
        if not any((a, b) != (c, d) and not a & ~c and not b & ~d for c, d in found)
    ]
    if len(found) <= 1 or len(found) > MANY:
        return found
    region = [0] * max([a.bit_length() for a, _ in found])
    for a, b in found:
        for at in bits(a):
            region[at] |= b
    return rectangles(region)
