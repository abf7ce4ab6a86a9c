"""States that legal moves do not lead to, or lead out of: what is found equals walking around."""

from __future__ import annotations

from typing import Final, TypeAlias

from hypothesis import given
from hypothesis import strategies as st

from bylaws.lint import lint
from bylaws.views import EntryFacts, Matrix, State, StateEnum, StateSpace

Legal: TypeAlias = "dict[State, set[State]]"

SPACE: Final = StateSpace((StateEnum("S", ("A", "B", "C", "D", "E")),))
states = st.sampled_from(SPACE.states)
legal = st.dictionaries(states, st.sets(states, min_size=1, max_size=3))


def policy(moves: Legal) -> Matrix:
    """A policy that only says what is legal."""
    every = SPACE.set_of(SPACE.full)
    listed = tuple(
        [(state, SPACE.set_of(moves[state])) for state in SPACE.states if state in moves]
    )
    entry = EntryFacts("moves", "rule", every, every, ("proceed", "abort"), legal=listed)
    return Matrix("drawn", SPACE, (entry,))


def reached(moves: Legal, start: set[State]) -> set[State]:
    """Where one can get to from these states, they themselves included."""
    found = set(start)
    while more := {to for state in found for to in moves.get(state, ())} - found:
        found |= more
    return found


def about(moves: Legal, check: str) -> set[str]:
    """What a check is about."""
    return {each.about for each in lint(policy(moves)) if each.check == check}


@given(legal)
def test_what_is_not_reached(moves: Legal) -> None:
    """A state is unreached if no way leads there from "no state", or else from what can be left."""
    start = moves.get(None, set()) - {None}
    if start:
        found = reached(moves, start)
    else:
        left = {state for state, to in moves.items() if to - {state}}
        found = left | {to for state in left for to in moves[state]}
    assert about(moves, "unreached-state") == {*filter(None, SPACE.states)} - found


@given(legal)
def test_what_never_ends(moves: Legal) -> None:
    """A state never ends if it leads neither to one that cannot be left, nor to "no state"."""
    named = [state for state in SPACE.states if state is not None]
    ends = {state for state in named if not moves.get(state, set()) - {state}}
    stuck = [state for state in named if not reached(moves, {state}) & {*ends, None}]
    expected = {str(SPACE.set_of(stuck))} if ends and stuck else set[str]()
    assert about(moves, "no-way-back") == expected
