"""States that legal moves do not lead to, or lead out of: `unreached-state`, `no-way-back`.

Only what `moves()` governs is looked at, and a state that a rule may propose is reached. Which
states a rule proposes is read from its source; where that does not say, there is no finding.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bylaws.lint.finding import Finding
from bylaws.lint.proposals import proposed_states
from bylaws.lint.subject import Subject, moves_of
from bylaws.views.states import State, bits


def unreached_states(subject: Subject) -> Iterator[Finding]:
    """States that no way leads to from "no state", or, where none begins there, no move."""
    steps = _steps(subject)
    if steps is None:
        return
    space = subject.matrix.space
    none = space.numbers[None]
    starts = steps[none] & ~(1 << none)
    reached = _reached(steps, starts) if starts else 0
    if not starts:  # how things begin is not said: at what can be left
        reached = _union([(1 << at) | row for at, row in enumerate(steps) if row & ~(1 << at)])
    for at in bits(_governed(subject, 1) & ~reached & ~(1 << none)):
        state = space.states[at]
        moves = ((space.set_of(space.full & ~(1 << at)), space.set_of(1 << at)),)
        yield subject.finding(
            "unreached-state",
            (),
            f"nothing becomes {state}: no legal moves lead there, and no rule proposes it",
            f"Allow a move to {state} in moves(), or take the state out.",
            moves,
        )


def no_way_back(subject: Subject) -> Iterator[Finding]:
    """States from which no end can be reached, where there are ends."""
    steps = _steps(subject)
    if steps is None:
        return
    space = subject.matrix.space
    none = 1 << space.numbers[None]
    governed = _governed(subject, 0) & ~none
    ends = _union([1 << at for at in bits(governed) if not steps[at] & ~(1 << at)])
    if not ends:  # nothing is meant to end
        return
    before = [0] * len(steps)
    for at, row in enumerate(steps):
        for to in bits(row):
            before[to] |= 1 << at
    stuck = governed & ~_reached(before, ends | none)
    if stuck:
        states = space.set_of(stuck)
        yield subject.finding(
            "no-way-back",
            (),
            f"what has become {_either(space.members(stuck))} never ends: no legal moves lead from "
            f"there to {_either(space.members(ends))}",
            f"Allow a move from one of them to {_either(space.members(ends))}, or to a state that "
            "leads there.",
            ((states, states),),
        )


def _steps(subject: Subject) -> list[int] | None:
    """For each state by number what it may become: by a legal move, or by a proposal.

    `None` if no entry says what is legal, or if a rule may propose nobody knows what.
    """
    matrix = subject.matrix
    if all(entry.legal is None for entry in matrix.entries):
        return None
    closed = _union([subject.cells.illegal(at) for at in range(len(matrix.entries))])
    steps = subject.cells.region(subject.cells.full & ~closed)
    for at, entry in enumerate(matrix.entries):
        if entry.kind == "rule" and (entry.verdicts is None or "reject" in entry.verdicts):
            states = _proposed(subject, at)
            if states is None:
                return None
            tos = _union([1 << matrix.space.numbers[state] for state in states])
            for froms, _ in moves_of(entry):
                for number in bits(matrix.space.mask(froms)):
                    steps[number] |= tos
    return steps


def _proposed(subject: Subject, at: int) -> frozenset[State] | None:
    if not subject.live:
        return None
    return proposed_states(subject.reader.hooks(subject.live[at]), subject.matrix.space)


def _governed(subject: Subject, end: int) -> int:
    """The states that an entry made by `moves()` governs, at one end."""
    space = subject.matrix.space
    return _union(
        [
            space.mask(moves[end])
            for entry in subject.matrix.entries
            if entry.legal is not None
            for moves in moves_of(entry)
        ]
    )


def _reached(steps: Sequence[int], starts: int) -> int:
    """What can be reached from these states, they themselves included."""
    reached, fresh = starts, starts
    while fresh:
        fresh = _union([steps[at] for at in bits(fresh)]) & ~reached
        reached |= fresh
    return reached


def _union(masks: Sequence[int]) -> int:
    union = 0
    for mask in masks:
        union |= mask
    return union


def _either(states: Sequence[State]) -> str:
    names = list(map(str, states))
    shown = names if len(names) <= 4 else [*names[:3], f"{len(names) - 3} more"]
    return " or ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)
