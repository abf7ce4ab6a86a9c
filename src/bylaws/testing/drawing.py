"""Transitions drawn by hypothesis, which is imported when they are asked for."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Mapping
from itertools import accumulate
from typing import TYPE_CHECKING, cast

from bylaws.state import C, S
from bylaws.testing.kinds import Move, move
from bylaws.views.fold import fold
from bylaws.views.matrix import Matrix
from bylaws.views.reading import naming_of

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

    from bylaws.policy import AsyncPolicy
    from bylaws.views.states import State


def transitions(policy: AsyncPolicy[S, C]) -> SearchStrategy[Move[S]]:
    """A strategy of moves: each kind is drawn as often, whatever the number of its moves.

    It shrinks towards moves for which fewer entries fire, and then towards the states that are
    defined first.
    """
    from hypothesis.strategies import builds, integers  # noqa: PLC0415 (few need it)

    folded = fold(Matrix.of(policy))
    members = cast("Mapping[State, S | None]", naming_of(policy).members())
    rows, columns = (
        [[members[name] for name in folded.matrix.space.members(states)] for states in ends]
        for ends in (folded.rows, folded.columns)
    )
    found: dict[int, list[tuple[int, int]]] = {}
    for row, line in enumerate(folded.cells):
        for column, plan in enumerate(line):
            found.setdefault(plan, []).append((row, column))
    fires = [len(plan.entries) for plan in folded.plans]
    kinds = [found[at] for at in sorted(found, key=fires.__getitem__)]

    ends = [
        [*accumulate([len(rows[row]) * len(columns[column]) for row, column in cells])]
        for cells in kinds
    ]

    def drawn(kind: int, number: int) -> Move[S]:
        number %= ends[kind][-1]
        at = bisect(ends[kind], number)
        row, column = kinds[kind][at]
        start = ends[kind][at - 1] if at else 0
        left, right = divmod(number - start, len(columns[column]))
        return move(rows[row][left], columns[column][right])

    # Two numbers for every move: to hypothesis a kind that took fewer would be the simpler one.
    return builds(drawn, integers(0, len(kinds) - 1), integers(0, len(members) ** 2 - 1))
