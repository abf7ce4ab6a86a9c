"""Matrices as hypothesis draws them, and edits of them."""

from __future__ import annotations

import runpy
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from hypothesis import strategies as st

from bylaws.views import EntryFacts, Matrix, State, StateEnum, StateSet, StateSpace
from bylaws.views.matrix import HOOKS, VERDICTS, Hook, VerdictName

EXAMPLE: Final = Path(__file__).parent.parent.parent / "examples" / "prefect_policies.py"
PREFECT: Final[dict[str, Any]] = runpy.run_path(str(EXAMPLE))
FACTS: Final[dict[str, Any]] = PREFECT["load_facts"]()
ODD: Final = ['a "quote"', "<b>&amp;</b>", "pipe|", "semi;colon:", "line\nbreak", "None", "every S"]
ODD_TOO: Final = [
    "\u202eright to left",
    "שלום",
    "🙂",
    "a, b",
    "A -> B",
    "# no comment",
    "",
    " ",
    "'",
]
names = st.sampled_from(["A", "B", "C", "D", "Take", "Slot", *ODD, *ODD_TOO]) | st.text(max_size=4)


@st.composite
def spaces(draw: st.DrawFn, enums: int = 2) -> StateSpace:
    """Spaces of one or two enums, with plain and with odd names, and others."""
    listed = draw(
        st.lists(st.sampled_from(["S", "T", "O.S", "every"]), max_size=enums, unique=True)
    )
    members = st.lists(names, min_size=1, max_size=5, unique=True)
    found = tuple([StateEnum(name, tuple(draw(members))) for name in listed])
    taken = set(StateSpace(found).states)
    others = draw(st.lists(names.filter(lambda name: name not in taken), max_size=2, unique=True))
    return StateSpace(found, tuple(others))


def sets(space: StateSpace) -> st.SearchStrategy[StateSet]:
    """Sets of some states, often of all of an enum."""
    some = st.sets(st.sampled_from(space.states), min_size=1).map(space.set_of)
    every = [space.set_of(space.mask(StateSet((enum.name,)))) for enum in space.enums]
    return some | st.sampled_from([*every, space.set_of(space.full)])


@st.composite
def entries(draw: st.DrawFn, space: StateSpace, name: str) -> EntryFacts:
    """An entry over these states."""
    hooks: tuple[Hook, ...] = tuple([hook for hook in HOOKS if draw(st.booleans())])
    awaits: tuple[Hook, ...] = tuple([hook for hook in hooks if draw(st.booleans())])
    doc, file = draw(st.none() | names), draw(st.none() | names)
    line = draw(st.none() | st.integers(0, 10**9))
    if draw(st.integers(0, 4)) == 0:
        return EntryFacts(name, "transform", None, None, (), hooks, awaits, None, doc, file, line)
    some: tuple[VerdictName, ...] = tuple([each for each in VERDICTS if draw(st.booleans())])
    verdicts = some if draw(st.booleans()) else None
    legal = None
    if draw(st.integers(0, 4)) == 0:
        pairs = draw(st.dictionaries(st.sampled_from(space.states), sets(space), max_size=4))
        legal = tuple([(state, pairs[state]) for state in space.states if state in pairs])
        verdicts = ("proceed", "abort")
    froms, tos = draw(sets(space)), draw(sets(space))
    return EntryFacts(name, "rule", froms, tos, verdicts, hooks, awaits, legal, doc, file, line)


@st.composite
def matrices(draw: st.DrawFn, space: StateSpace | None = None, most: int = 6) -> Matrix:
    """Matrices of up to so many entries."""
    space = draw(spaces()) if space is None else space
    called = draw(st.lists(names, max_size=most, unique=True))
    listed = [draw(entries(space, name)) for name in called]
    return Matrix(draw(names), space, tuple(listed))


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Matrix, Matrix]:
    """Two matrices that share some of their states and of their entries."""
    old = draw(matrices())
    other = draw(st.booleans())
    new = draw(matrices(draw(st.just(old.space) | spaces()))) if other else old
    for _ in range(draw(st.integers(0, 4))):
        new = draw(edits(new))
    return old, new


@st.composite
def edits(draw: st.DrawFn, matrix: Matrix) -> Matrix:
    """The matrix after some edit."""
    listed = list(matrix.entries)
    ways = ["add", "remove", "replace", "move", "rename", "states"] if listed else ["add", "states"]
    way = draw(st.sampled_from(ways))
    at = draw(st.integers(0, max(len(listed) - 1, 0)))
    fresh = draw(names.filter(lambda name: name not in {entry.name for entry in listed}))
    if way == "add":
        listed.insert(at, draw(entries(matrix.space, fresh)))
    elif way == "remove":
        del listed[at]
    elif way == "replace":
        listed[at] = draw(entries(matrix.space, listed[at].name))
    elif way == "move":
        listed.insert(draw(st.integers(0, len(listed) - 1)), listed.pop(at))
    elif way == "rename":
        listed[at] = replace(listed[at], name=fresh)
    else:
        return with_states(matrix, draw(spaces()))
    return replace(matrix, entries=tuple(listed))


def with_states(matrix: Matrix, space: StateSpace) -> Matrix:
    """The matrix over other states: what its sets name and is no state there is left out."""
    listed: list[EntryFacts] = []
    for entry in matrix.entries:
        if entry.kind == "rule":
            froms, tos = (_kept(each, space) for each in (entry.from_states, entry.to_states))
            legal = entry.legal and tuple(
                [
                    (state, _kept(to, space))
                    for state in space.states
                    for was, to in entry.legal
                    if state == was and _kept(to, space)
                ]
            )
            if froms and tos:
                listed.append(replace(entry, from_states=froms, to_states=tos, legal=legal))
        else:
            listed.append(entry)
    return Matrix(matrix.name, space, tuple(listed))


def _kept(states: StateSet | None, space: StateSpace) -> StateSet:
    assert states is not None
    every = [name for name in states.every if name in space.masks_of_enums]
    known = [state for state in states.states if state in space.numbers]
    return space.set_of(space.mask(StateSet(tuple(every), tuple(known))))


def cells(matrix: Matrix) -> dict[tuple[State, State], list[str]]:
    """What fires for every move, found naively: by looking into every set."""
    found: dict[tuple[State, State], list[str]] = {}
    for one in matrix.states:
        for other in matrix.states:
            found[one, other] = [
                entry.name
                for entry in matrix.entries
                if entry.kind == "transform"
                or (_has(matrix, entry.from_states, one) and _has(matrix, entry.to_states, other))
            ]
    return found


def ruled_out(matrix: Matrix) -> dict[tuple[State, State], list[str]]:
    """What always refuses, for every move, found naively."""
    known = {entry.name: entry for entry in matrix.entries}
    return {
        move: [name for name in fires if _refuses(matrix, known[name], *move)]
        for move, fires in cells(matrix).items()
    }


def _refuses(matrix: Matrix, entry: EntryFacts, from_state: State, to_state: State) -> bool:
    if entry.legal is not None and not any(
        state == from_state and _has(matrix, to, to_state) for state, to in entry.legal
    ):
        return True
    return entry.kind == "rule" and entry.verdicts is not None and "proceed" not in entry.verdicts


def _has(matrix: Matrix, states: StateSet | None, state: State) -> bool:
    assert states is not None
    several = len(matrix.space.enums) > 1
    every: Sequence[str] = [
        f"{enum.name}.{member}" if several else member
        for enum in matrix.space.enums
        if enum.name in states.every
        for member in enum.members
    ]
    return state in states.states or state in every


def prefect() -> list[Matrix]:
    """What Prefect's nine policies do."""
    policies = {name: PREFECT["build"](name, facts) for name, facts in FACTS["policies"].items()}
    return [Matrix.of(policy) for policy in policies.values()]
