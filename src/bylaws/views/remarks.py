"""Remarks: what else there is to say about some of the moves, for a view to show beside them."""

from __future__ import annotations

from dataclasses import dataclass

from bylaws.views.states import State, StateSet


@dataclass(frozen=True, slots=True)
class Remark:
    """What is to be said about some moves.

    Attributes:
        sentence: what.
        where: the moves, as pairs of a from-set and a to-set.
        witness: one of them.

    """

    sentence: str
    where: tuple[tuple[StateSet, StateSet], ...]
    witness: tuple[State, State]


@dataclass(frozen=True, slots=True)
class Remarks:
    """A list of remarks with its title and a sentence about all of them."""

    title: str
    about: str
    listed: tuple[Remark, ...]
