"""Kinds of moves: those for which the same entries fire, and the same of them always refuse.

They are the plans of the folded matrix, the letters that `bylaws show` prints.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from bylaws.state import C, S
from bylaws.views.fold import Folded, Plan, fold
from bylaws.views.matrix import Matrix
from bylaws.views.reading import naming_of

if TYPE_CHECKING:
    from bylaws.policy import AsyncPolicy
    from bylaws.protocols import AsyncEntry, EntryClass
    from bylaws.views.states import State

Move: TypeAlias = tuple[S | None, S | None]
"""From which state to which."""


class NamedMove(tuple[Any, ...]):
    """A move that as one parameter of a test has a readable id: `PAID -> SHIPPED`."""

    __slots__ = ()

    @property
    def __name__(self) -> str:  # what pytest takes for the id
        return " -> ".join(["None" if state is None else state.name for state in self])


def move(from_state: S | None, to_state: S | None) -> Move[S]:
    """A move with its name."""
    return cast("Move[S]", NamedMove((from_state, to_state)))


def cells(
    policy: AsyncPolicy[S, C], *, fires: AsyncEntry[S, C] | EntryClass | None = None
) -> tuple[Move[S], ...]:
    """One move of each kind, the first in the order of the matrix; for `parametrize`.

    As two parameters, or as one, whose id then reads `PAID -> SHIPPED`.
    `fires`: only of those for which this entry fires, told as in `inserting`. `PolicyError` if it
    is not listed. Kinds are made by folding the matrix: one pass over its states.
    """
    matrix = Matrix.of(policy)
    name = None if fires is None else name_in(policy, fires)
    members = cast("Mapping[State, S | None]", naming_of(policy).members())
    return tuple(
        [
            move(members[from_state], members[to_state])
            for plan, (from_state, to_state) in witnesses(fold(matrix))
            if name is None or any(entry.name == name for entry in plan.entries)
        ]
    )


def name_in(policy: AsyncPolicy[S, C], entry: AsyncEntry[S, C] | EntryClass) -> str:
    """What texts call an entry of the policy. `PolicyError` if it is not listed."""
    left = {id(each) for each in policy.without(entry).entries}  # tells an entry as we have to
    return next(
        line.name for line in policy.explain(None, None).lines if id(line.entry) not in left
    )


def witnesses(folded: Folded) -> Iterator[tuple[Plan, tuple[State, State]]]:
    """Each plan with one of its moves, the first row by row, in the order of the plans."""
    first: dict[int, tuple[State, State]] = {}
    members = folded.matrix.space.members
    heads = [members(states)[0] for states in folded.columns]
    for states, row in zip(folded.rows, folded.cells, strict=True):
        head = members(states)[0]
        for column, plan in zip(heads, row, strict=True):
            first.setdefault(plan, (head, column))
    return zip(folded.plans, [first[at] for at in range(len(folded.plans))], strict=True)
