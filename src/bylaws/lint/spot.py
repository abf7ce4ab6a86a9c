"""Spots: what the checks of the source find."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from bylaws.lint.finding import Place


class Spot(NamedTuple):
    """One statement, what is to be said about it, and what to do."""

    place: Place
    sentence: str
    mend: str


def in_order(spots: Iterable[Spot]) -> list[Spot]:
    """Each once, in the order of the lines."""
    return sorted(dict.fromkeys(spots), key=lambda spot: (spot.place.file, spot.place.line))
