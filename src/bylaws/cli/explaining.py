"""`explain` and `next`: what one policy says about a move, and about what is left from a state."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bylaws.cli.output import as_json, visible
from bylaws.views.matrix import Matrix
from bylaws.views.states import State

WIDEST: Final = 60
"""As wide as this is the column of names at most."""


def explained(moves: Sequence[tuple[Matrix, tuple[State, State]]], form: str) -> str:
    """Why each entry of these policies fires for its move, or does not."""
    if form == "json":
        return as_json([_explanation_data(matrix, *move) for matrix, move in moves])
    return "\n\n".join([_explanation_text(matrix, *move) for matrix, move in moves])


def _explanation_text(matrix: Matrix, from_state: State, to_state: State) -> str:
    """A line an entry, as `policy.explain()` prints it."""
    lines = matrix.explain(from_state, to_state)
    names = [visible(line.name) for line in lines]
    width = min(max(map(len, names), default=0), WIDEST)  # one long name moves no other line
    number = len(str(len(lines)))
    rows = [
        f"  {at:>{number}}  {name:<{width}}  {visible(line.sentence)}"
        for at, (name, line) in enumerate(zip(names, lines, strict=True), 1)
    ]
    return "\n".join([f"{visible(matrix.name)}: {_shown(from_state)} -> {_shown(to_state)}", *rows])


def _explanation_data(matrix: Matrix, from_state: State, to_state: State) -> dict[str, object]:
    return {
        "policy": matrix.name,
        "from": from_state,
        "to": to_state,
        "entries": [
            {
                "name": line.name,
                "fires": line.fires,
                "reason": line.reason.value,
                "sentence": line.sentence,
            }
            for line in matrix.explain(from_state, to_state)
        ],
    }


def listed_next(states: Sequence[tuple[Matrix, State]], form: str) -> str:
    """What may be next, a state a line; under the names of the policies if there are several."""
    found = [(matrix, state, matrix.next_states(state)) for matrix, state in states]
    if form == "json":
        return as_json(
            [
                {"policy": matrix.name, "from": state, "next": [*following]}
                for matrix, state, following in found
            ]
        )
    if len(found) == 1:
        return "\n".join(map(_shown, found[0][2]))
    return "\n".join(
        [
            line
            for matrix, _, following in found
            for line in (f"{visible(matrix.name)}:", *[f"  {_shown(each)}" for each in following])
        ]
    )


def _shown(state: State) -> str:
    return visible(str(state))
