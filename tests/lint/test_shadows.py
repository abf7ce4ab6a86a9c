"""Rules that are not asked: what is found equals a naive look at every cell."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from typing import Final, TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bylaws.lint import Finding, lint
from bylaws.views import (
    EntryFacts,
    Matrix,
    MatrixError,
    State,
    StateEnum,
    StateSet,
    StateSpace,
    difference,
)
from bylaws.views.matrix import VerdictName
from tests.views.drawn import cells, edits, matrices, ruled_out

Move: TypeAlias = "tuple[State, State]"

SPACE: Final = StateSpace((StateEnum("S", ("A", "B", "C")),))
ANSWERS: Final[list[tuple[VerdictName, ...] | None]] = [
    ("abort",),
    ("abort",),
    ("reject", "delay"),
    ("proceed", "abort"),
    ("proceed",),
    None,
]


@st.composite
def refusing(draw: st.DrawFn) -> Matrix:
    """Matrices over three states, with many rules that refuse always, and some `moves()`."""
    states = st.sets(st.sampled_from(SPACE.states), min_size=1).map(SPACE.set_of)
    entries: list[EntryFacts] = []
    for at in range(draw(st.integers(0, 8))):
        froms, tos = draw(states), draw(states)
        verdicts = draw(st.sampled_from(ANSWERS))
        legal: tuple[tuple[State, StateSet], ...] | None = None
        if draw(st.integers(0, 5)) == 0:
            pairs = draw(st.dictionaries(st.sampled_from(SPACE.states), states, max_size=4))
            legal = tuple([(state, pairs[state]) for state in SPACE.states if state in pairs])
            verdicts = ("proceed", "abort")
        entries.append(EntryFacts(f"r{at}", "rule", froms, tos, verdicts, legal=legal))
    return Matrix("drawn", SPACE, tuple(entries))


def moves_of(matrix: Matrix, finding: Finding) -> set[Move]:
    """The moves of a finding, one by one."""
    return {
        (one, other)
        for froms, tos in finding.moves
        for one in matrix.members(froms)
        for other in matrix.members(tos)
    }


def governed(matrix: Matrix, name: str) -> set[Move]:
    """The moves that an entry fires for."""
    return {move for move, fires in cells(matrix).items() if name in fires}


def closed_by(matrix: Matrix) -> dict[str, set[Move]]:
    """For each entry the moves that it always refuses."""
    found = ruled_out(matrix)
    return {
        entry.name: {move for move, names in found.items() if entry.name in names}
        for entry in matrix.entries
    }


def of(matrix: Matrix, *checks: str) -> dict[str, Finding]:
    """What these checks find, by the entry."""
    return {each.entries[0]: each for each in lint(matrix) if each.check in checks}


@given(refusing() | matrices())
def test_what_is_never_asked_is_found(matrix: Matrix) -> None:
    """A rule is shadowed, or never fires, if and only if all its cells are closed before it."""
    closed = closed_by(matrix)
    expected: dict[str, str] = {}
    for at, entry in enumerate(matrix.entries):
        own = governed(matrix, entry.name)
        before = matrix.entries[:at]
        illegal = {move for each in before if each.legal is not None for move in closed[each.name]}
        refused = {move for each in before for move in closed[each.name]}
        if entry.kind == "rule" and own <= refused:
            expected[entry.name] = "never-fires" if own <= illegal else "shadowed"
    found = of(matrix, "shadowed", "never-fires")
    late = {
        name
        for name, each in found.items()
        if each.check == "never-fires" and matrix.entry(name).verdicts == ("proceed",)
    }
    assert {name: each.check for name, each in found.items() if name not in late} == {
        name: check for name, check in expected.items() if name not in late
    }
    for name, each in found.items():
        assert moves_of(matrix, each) == governed(matrix, name)


@given(refusing())
def test_the_fewest_blockers_are_named(matrix: Matrix) -> None:
    """What a finding names covers all moves of the rule, and nothing smaller does."""
    closed = closed_by(matrix)
    places = {entry.name: at for at, entry in enumerate(matrix.entries)}
    for name, finding in of(matrix, "shadowed").items():
        own, blockers = governed(matrix, name), finding.entries[1:]
        assert all(places[each] < places[name] for each in blockers)
        assert own <= set().union(*[closed[each] for each in blockers])
        earlier = [entry.name for entry in matrix.entries[: places[name]]]
        for fewer in combinations(earlier, len(blockers) - 1):
            assert not own <= set().union(*[closed[each] for each in fewer])
        assert "fewer of them" not in finding.message


@given(refusing())
def test_parts_are_what_rules_alone_refuse(matrix: Matrix) -> None:
    """The moves of `partly-shadowed` are the legal ones that an earlier rule always refuses."""
    closed = closed_by(matrix)
    found = of(matrix, "partly-shadowed")
    for at, entry in enumerate(matrix.entries):
        before = matrix.entries[:at]
        illegal = {move for each in before if each.legal is not None for move in closed[each.name]}
        refused = {move for each in before if each.never_passes for move in closed[each.name]}
        own = governed(matrix, entry.name)
        part = (own & refused) - illegal if own - illegal - refused else set[Move]()
        part = part if entry.legal is None else set[Move]()  # that says what is legal, no more
        assert (entry.name in found) is bool(part)
        if part:
            assert moves_of(matrix, found[entry.name]) == part
            assert part <= set().union(*[closed[each] for each in found[entry.name].entries[1:]])


@given(refusing())
def test_rules_that_never_fire_can_go(matrix: Matrix) -> None:
    """Without them the same fires for every move that may pass, and no move opens or closes."""
    found = of(matrix, "never-fires", "shadowed")
    for name in found:
        rest = [entry for entry in matrix.entries if entry.name != name]
        without = replace(matrix, entries=tuple(rest))
        assert not difference(matrix, without).failing(["opens", "closes"])
        for state in matrix.states:
            assert without.next_states(state) == matrix.next_states(state)
            for other in matrix.next_states(state):
                assert without.fires(state, other) == matrix.fires(state, other)


@given(matrices().flatmap(lambda matrix: st.tuples(st.just(matrix), edits(matrix))))
def test_it_is_deterministic(pair: tuple[Matrix, Matrix]) -> None:
    """The same policy has the same findings, whatever else was linted, in the same order."""
    one, other = pair
    alone = lint(one)
    assert alone == lint(Matrix.from_json(one.to_json()))
    both = lint(one, other)
    if one.name != other.name or one == other:
        assert [each for each in both if each in alone] == [*alone]


def test_too_many_cells() -> None:
    """Where no two of 2,100 states behave alike there are too many moves to look at."""
    names = tuple([f"S{at}" for at in range(2_100)])
    space = StateSpace((StateEnum("S", names),))
    entries: list[EntryFacts] = []
    for bit in range(12):
        some = space.set_of([name for at, name in enumerate(names) if at >> bit & 1])
        entries += [
            EntryFacts(f"from {bit}", "rule", some, space.set_of(space.full)),
            EntryFacts(f"to {bit}", "rule", space.set_of(space.full), some),
        ]
    with pytest.raises(MatrixError, match="too many to look at"):
        lint(Matrix("large", space, tuple(entries)))


def test_where_the_fewest_take_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """The finding says that fewer may do, where nobody looked for the fewest."""
    monkeypatch.setattr("bylaws.lint.shadows.LOOKS", 1)
    one, two, both = (SPACE.set_of(states) for states in (["A"], ["B"], ["A", "B"]))
    entries = [
        EntryFacts(name, "rule", states, one, ("abort",))
        for name, states in (("one", one), ("two", two), ("last", both))
    ]
    (finding,) = lint(Matrix("p", SPACE, tuple(entries)))
    assert "none of its moves pass (fewer of them may do)" in finding.message
