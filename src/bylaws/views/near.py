"""The names that are nearest to one that nobody knows: a hint at what was probably meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Final

_MOST_NAMES: Final = 200
_MOST_LETTERS: Final = 60
"""To compare takes the square of the lengths, or more, and the names may be of a hostile lock."""


def near(name: str, names: Iterable[str]) -> str:
    """A hint at the names that are nearest to one: `; near it: orders`. Empty if none is.

    Letters are compared in any case, the first 60 of a name; where there are many names, those that
    start with the same letter come first.
    """
    wanted = name[:_MOST_LETTERS].casefold()[:_MOST_LETTERS]
    known: dict[str, str] = {}
    for each in names:
        known.setdefault(each[:_MOST_LETTERS].casefold()[:_MOST_LETTERS], each)
    likely = sorted(known, key=lambda each: each[:1] != wanted[:1])[:_MOST_NAMES]
    found = difflib.get_close_matches(wanted, likely, 3, 0.5)
    return f"; near it: {', '.join([known[each] for each in found])}" if found else ""
