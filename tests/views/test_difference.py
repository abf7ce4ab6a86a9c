"""Differences: exact, folded to few lines, and of the right kinds."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bylaws.views import (
    Difference,
    EntryFacts,
    Matrix,
    MatrixError,
    State,
    StateEnum,
    StateSet,
    StateSpace,
    difference,
)
from bylaws.views.difference import told
from tests.views.drawn import (
    cells,
    edits,
    entries,
    matrices,
    pairs,
    prefect,
    ruled_out,
    with_states,
)
from tests.views.scale import generated

Move = tuple[State, State]


def applied(
    change: Difference, begin: dict[Move, list[str]] | None = None
) -> dict[Move, list[str]]:
    """The cells of the new matrix, made of the old ones by the lines alone, cell by cell."""
    lines = change.lines
    fires: dict[str, set[Move]] = {entry.name: set() for entry in change.old.entries}
    for move, found in (cells(change.old) if begin is None else begin).items():
        for name in found:
            fires[name].add(move)
    order = list(fires)
    removed = {line.entries[0] for line in lines if line.effect == "removed"}
    order = [name for name in order if name not in removed]
    renamed = {
        line.entries[1]: line.entries[0]
        for line in lines
        if line.effect == "renamed" and line.entries
    }
    order = [renamed.get(name, name) for name in order]
    fires = {renamed.get(name, name): fires[name] for name in fires if name not in removed}
    places = {line.entries[0]: line.after for line in lines if line.effect in ("added", "moved")}
    order = [name for name in order if name not in places]
    while places:
        ready = [name for name, after in places.items() if after is None or after in order]
        for name in ready:
            after = places.pop(name)
            order.insert(0 if after is None else order.index(after) + 1, name)
    for line in lines:
        if line.effect not in ("added", "fires", "stops"):
            continue
        moves = {*change_moves(change.new, line.from_states, line.to_states)}
        if line.effect in ("added", "fires"):
            fires.setdefault(line.entries[0], set()).update(moves)
        if line.effect == "stops":
            fires[line.entries[0]] -= moves
    every = [(one, other) for one in change.new.states for other in change.new.states]
    return {move: [name for name in order if move in fires[name]] for move in every}


@given(matrices().flatmap(lambda old: st.tuples(st.just(old), matrices(old.space))))
def test_applied_to_the_old_cells_it_gives_the_new_ones(both: tuple[Matrix, Matrix]) -> None:
    """Cell by cell, what the lines say turns the one policy into the other."""
    old, new = both
    assert applied(difference(old, new)) == cells(new)


@given(st.data(), matrices(), st.integers(0, 5))
def test_applied_after_edits(data: st.DataObject, old: Matrix, count: int) -> None:
    """The same where the new policy is the old one with some edits."""
    new = old
    for _ in range(count):
        new = data.draw(edits(new).filter(lambda each: each.space == old.space))
    change = difference(old, new)
    assert applied(change) == cells(new)
    assert bool(change) == (old.entries != new.entries)


@given(pairs())
def test_it_is_empty_exactly_if_nothing_is_changed(both: tuple[Matrix, Matrix]) -> None:
    """No line means that all facts are equal but the policies' names, and the other way round."""
    old, new = both
    assert bool(difference(old, new)) == ((old.space, old.entries) != (new.space, new.entries))
    assert not difference(new, new)
    assert str(difference(new, new)) == "the same"


def guarded(matrix: Matrix) -> set[Move]:
    """The moves that some entry may refuse, found naively."""
    known = {entry.name: entry for entry in matrix.entries}
    ruled = ruled_out(matrix)
    return {
        move
        for move, fires in cells(matrix).items()
        if any(
            name in ruled[move] if known[name].legal is not None else known[name].may_refuse
            for name in fires
        )
    }


@given(st.data(), matrices())
def test_the_kinds_are_right(data: st.DataObject, old: Matrix) -> None:
    """A line opens or closes exactly where some move is ruled out no more, or now, or unguarded."""
    new = data.draw(edits(old).filter(lambda each: each.space == old.space) | matrices(old.space))
    change = difference(old, new)
    was, now = ruled_out(old), ruled_out(new)
    closed = {move for move in was if now[move] and not was[move]}
    opened = {move for move in was if was[move] and not now[move]} | guarded(old) - guarded(new)
    kinds = {kind for line in change.lines for kind in line.kinds}
    assert ("closes" in kinds) == bool(closed)
    assert ("opens" in kinds) == bool(opened)
    for line in change.lines:
        assert line.witness is None or line.kind != "opens" or line.witness in opened
        assert line.witness is None or line.kind != "closes" or line.witness in closed
        assert (line.witness is None) == (not line.from_states) == (not line.to_states)


@given(st.data(), matrices())
def test_one_edit_of_one_entry_is_one_line(data: st.DataObject, old: Matrix) -> None:
    """An entry that is added or removed, or whose verdicts or hooks are others, is one line."""
    at = data.draw(st.integers(0, len(old.entries)))
    new = data.draw(entries(old.space, "the new one"))
    added = replace(old, entries=(*old.entries[:at], new, *old.entries[at:]))
    assert [line.effect for line in difference(old, added).lines] == ["added"]
    assert [line.effect for line in difference(added, old).lines] == ["removed"]
    verdicts = ("abort",) if new.kind == "rule" and new.legal is None else new.verdicts
    edited = replace(new, verdicts=verdicts, hooks=(), awaits=())
    other = replace(old, entries=(*old.entries[:at], edited, *old.entries[at:]))
    assert len(difference(added, other).lines) == (new != edited)
    called = replace(new, name="another name")
    other = replace(old, entries=(*old.entries[:at], called, *old.entries[at:]))
    assert [line.effect for line in difference(added, other).lines] == ["renamed"]


@given(st.data(), matrices())
def test_a_set_that_grows_or_shrinks_is_one_line(data: st.DataObject, old: Matrix) -> None:
    """A rule that governs more states at one end, or fewer, is one line."""
    drawn = entries(old.space, "the rule").filter(
        lambda entry: entry.kind == "rule" and entry.legal is None
    )
    rule, other = data.draw(drawn), data.draw(drawn)
    one = old.members(rule.from_states)
    more = old.space.set_of([*one, *old.members(other.from_states)])
    grown = replace(rule, from_states=more)
    was, now = (replace(old, entries=(*old.entries, each)) for each in (rule, grown))
    effects = [line.effect for line in difference(was, now).lines]
    assert effects == ["fires"] * (rule != grown)
    effects = [line.effect for line in difference(now, was).lines]
    assert effects == ["stops"] * (rule != grown)


@given(st.data(), matrices().filter(lambda matrix: len(matrix.entries) > 1))
def test_two_neighbours_swapped_are_one_line(data: st.DataObject, old: Matrix) -> None:
    """Two neighbours that change their places are one line, on the moves that both fire for."""
    at = data.draw(st.integers(0, len(old.entries) - 2))
    listed: list[EntryFacts] = list(old.entries)
    listed[at : at + 2] = listed[at + 1], listed[at]
    line, *more = difference(old, replace(old, entries=tuple(listed))).lines
    assert (line.kinds, line.effect, more) == (("reorders",), "moved", [])
    both = {listed[at].name, listed[at + 1].name}
    assert {*change_moves(old, line.from_states, line.to_states)} == {
        move for move, fires in cells(old).items() if both <= {*fires}
    }


def change_moves(matrix: Matrix, froms: StateSet, tos: StateSet) -> list[Move]:
    return [(a, b) for a in matrix.members(froms) for b in matrix.members(tos)]


# --------------------------------------------------------------------------------------------------
# States
# --------------------------------------------------------------------------------------------------

OLD = StateSpace((StateEnum("S", ("A", "B", "C")),))


def ruled(space: StateSpace, *sets: tuple[Any, Any]) -> Matrix:
    """A policy of rules that may refuse, called 0, 1 and so on; `...` is every S."""
    entries = [
        EntryFacts(
            str(at),
            "rule",
            StateSet(("S",)) if froms is ... else space.set_of(froms),
            StateSet(("S",)) if tos is ... else space.set_of(tos),
        )
        for at, (froms, tos) in enumerate(sets)
    ]
    return Matrix("p", space, tuple(entries))


def test_a_state_that_is_new() -> None:
    """Leaving it and entering it is new; what governs every S governs it too, and says no more."""
    grown = StateSpace((StateEnum("S", ("A", "B", "New", "C")),))
    lines = difference(
        ruled(OLD, (..., ...), (["A"], ...)), ruled(grown, (..., ...), (["A"], ...))
    ).lines
    assert [told(line) for line in lines] == [
        "New -> every S, None: New is new (as New -> None)",
        "A, B, C, None -> New: New is new (as None -> New)",
    ]
    assert [line.kinds for line in lines] == [("opens",)] * 2
    # A rule that had every state, but not the new one, is named; all moves may be refused.
    old = ruled(OLD, (["A", "B", "C", None], ["A", "B", "C", None]), (..., ["A"]))
    full = ["A", "B", "C", "New", None]
    new = ruled(grown, (full, full), (["A", "B", "C"], ["A"]))
    assert [(line.kinds, told(line)) for line in difference(old, new).lines] == [
        (("loosens",), "New -> every S, None: New is new (as New -> A)"),
        (("loosens",), "A, B, C, None -> New: New is new (as A -> New)"),
        (("loosens",), "New -> A: 1 does not fire any more"),
    ]


def test_a_state_that_is_gone() -> None:
    """Its moves are closed; a rule of this state alone is gone with it, and changes no move."""
    small = StateSpace((StateEnum("S", ("A", "B")),))
    lines = difference(ruled(OLD, (["C"], ...)), ruled(small)).lines
    assert [(line.kinds, told(line)) for line in lines] == [
        (("closes",), "C -> every S, C, None: C is gone (as C -> A)"),
        (("closes",), "every S, None -> C: C is gone (as A -> C)"),
        (("effects",), "0 is gone"),
    ]
    assert difference(ruled(OLD, (..., ...)), ruled(small, (..., ...))).counted() == {"closes": 2}


def test_states_in_another_order_and_an_enum_of_another_name() -> None:
    """Neither changes a move, and both are told."""
    turned = StateSpace((StateEnum("S", ("B", "A", "C")),))
    change = difference(ruled(OLD, (..., ...)), ruled(turned, (..., ...)))
    assert str(change) == "effects  the states are listed in another order"
    named = StateSpace((StateEnum("Stage", ("A", "B", "C")),))
    old, new = ruled(OLD, (["A"], ["B"])), ruled(named, (["A"], ["B"]))
    assert str(difference(old, new)) == "renames  the enum S is called Stage now"
    more = StateSpace((StateEnum("S", ("A", "B", "C")), StateEnum("T", ())))
    change = difference(ruled(OLD), ruled(more))
    assert str(change) == "effects  the enums are others now, or what no move can tell"


def test_an_enum_that_joins_changes_no_names() -> None:
    """States are called with their enum's name from then on, and are the same states."""
    both = StateSpace((StateEnum("S", ("A", "B", "C")), StateEnum("T", ("A",))), ("odd",))
    change = difference(ruled(OLD, (["A"], ["B"])), ruled(both, (["S.A"], ["S.B"])))
    assert [line.effect for line in change.lines] == ["states", "states"]
    assert change.lines[0].from_states == StateSet(("T",), ("odd",))
    back = difference(change.new, change.old)
    assert [told(line) for line in back.lines] == [
        "T.A, odd -> every S, T.A, odd, None: T.A and odd are gone (as T.A -> A)",
        "every S, None -> T.A, odd: T.A and odd are gone (as A -> T.A)",
    ]


def test_states_of_no_enum_are_told_by_their_names() -> None:
    """A state that was just a string is the member of that name now."""
    strings = StateSpace((), ("A", "B", "C"))
    change = difference(ruled(strings, (["A"], ["B"])), ruled(OLD, (["A"], ["B"])))
    assert str(change) == "effects  the enums are others now, or what no move can tell"
    two = StateSpace((StateEnum("S", ("A", "B", "C")),), ("odd",))
    assert difference(ruled(two), ruled(two)).lines == ()


@given(st.data(), matrices(StateSpace((StateEnum("S", ("A", "B", "C")), StateEnum("T", ("D",))))))
def test_applied_where_states_come_and_go(data: st.DataObject, old: Matrix) -> None:
    """The same as with equal states, once old sets of every S have what is new in S."""
    members = data.draw(st.permutations(["A", "B", "C", "X", "Y"]))[: data.draw(st.integers(1, 5))]
    other = data.draw(st.sampled_from([(), (StateEnum("T", ("D", "E")),)]))
    space = StateSpace((StateEnum("S", tuple(members)), *other), data.draw(st.just(())))
    several = data.draw(matrices(space))
    again = with_states(old, space) if other else several
    new = data.draw(st.sampled_from([several, again]))
    change = difference(old, new)
    present = {*new.states}

    def now(state: State) -> State:
        return state if other or state is None else state.partition(".")[2]

    there = [state for state in old.states if now(state) in present]
    grown: list[EntryFacts] = []
    for entry in old.entries:
        sets: list[StateSet | None] = []
        for states in (entry.from_states, entry.to_states):
            kept = [now(s) for s in old.members(states) if s in there] if states else None
            every = (
                [name for name in states.every if name in space.masks_of_enums] if states else []
            )
            known = StateSet(tuple(every), tuple(kept or []))
            sets.append(None if kept is None else space.set_of(space.mask(known)))
        grown.append(replace(entry, from_states=sets[0], to_states=sets[1], legal=None))
    begin = {
        (a, b): [
            entry.name
            for entry in grown
            if entry.kind == "transform"
            or (a in new.members(entry.from_states) and b in new.members(entry.to_states))
        ]
        for a in new.states
        for b in new.states
    }
    assert applied(change, begin) == cells(new)


# --------------------------------------------------------------------------------------------------
# What a reviewer asks
# --------------------------------------------------------------------------------------------------


def test_only_the_moves_that_were_meant() -> None:
    """What is changed outside of them is told, and by how much; names and places are not moves."""
    old = ruled(OLD, (["A"], ["B"]), (["B"], ["C"]))
    new = ruled(OLD, (["A", "B"], ["B", "C"]), (["B"], ["C"]))
    change = difference(old, new)
    assert [told(line) for line in change.lines] == [
        "B -> B, C: 0 fires now (as B -> B)",
        "A, B -> C: 0 fires now (as A -> C)",
    ]
    assert change.outside(["A, B -> every S"]) == ()
    assert change.outside(["* -> *"]) == ()
    assert change.outside(['"A" -> C', "B -> B,C"]) == ()
    left = change.outside(["B -> none, B", "every S -> C"])
    assert left == ()
    assert [told(line) for line in change.outside(["B -> *"])] == ["A -> C: 0 fires now"]
    assert [told(line) for line in change.outside(["A -> C"])] == [
        "B -> B, C: 0 fires now (as B -> B)",
        "B -> C: 0 fires now",
    ]
    assert difference(old, replace(old, entries=old.entries[::-1])).outside([]) == ()
    for text, match in (
        ("A", "names no moves"),
        ("A -> D", "no state 'D'"),
        ("every T -> A", "no enum 'T'"),
        ('"A" x -> A', "no state"),
        ("A, -> B", "no state ''"),
    ):
        with pytest.raises(MatrixError, match=match):
            change.outside([text])


def test_only_some_kinds() -> None:
    """A line is of each of its kinds, not only of the gravest."""
    old = ruled(OLD, (["A"], ["B", "C"]), (["A"], ["C"]))
    new = replace(old, entries=old.entries[1:])
    change = difference(old, new)
    (line,) = change.lines
    assert (line.kind, line.kinds, line.witness) == ("opens", ("opens", "loosens"), ("A", "B"))
    assert change.failing(["loosens", "closes"]) == (line,)
    assert change.failing(["closes"]) == ()
    with pytest.raises(MatrixError, match="no kind 'loose'; the kinds are: opens"):
        change.failing(["loose"])


def test_what_is_said_of_each_effect() -> None:
    """The sentences, for all of them in one edit."""
    every_s, a, b = StateSet(("S",)), StateSet((), ("A",)), StateSet((), ("B",))
    old = Matrix(
        "p",
        OLD,
        (
            EntryFacts("moves", "rule", every_s, every_s, ("proceed", "abort"), legal=(("A", b),)),
            EntryFacts("Gone", "rule", a, b),
            EntryFacts("Called", "rule", b, b, ("abort",)),
            EntryFacts("Late", "rule", a, b, ("proceed",)),
            EntryFacts("Edited", "rule", a, b, ("proceed", "delay"), ("cleanup",), ("cleanup",)),
            EntryFacts("Told", "rule", a, b, None, ("after_transition",)),
            EntryFacts("Note", "transform", verdicts=(), hooks=("before_transition",)),
        ),
    )
    legal = (("A", a),)
    moves, _, called, late, edited, told_, note = old.entries
    new = Matrix(
        "q",
        OLD,
        (
            replace(moves, legal=legal),
            EntryFacts("New", "transform", verdicts=()),
            replace(called, name="Recalled"),
            replace(
                edited, verdicts=("reject",), hooks=("before_transition", "cleanup"), awaits=()
            ),
            late,
            replace(told_, verdicts=(), hooks=("before_transition",)),
            replace(note, hooks=("after_transition",), awaits=("after_transition",)),
        ),
    )
    assert str(difference(old, new)).splitlines() == [
        "opens     A -> A: moves allows this now",
        "loosens   A -> B: Gone is gone",
        "closes    A -> B: moves rules this out now",
        "closes    A -> B: Edited answers reject now, not proceed or delay, has before_transition "
        "now, has cleanup plain now",
        "closes    A -> B: Told answers nothing now, not anything, has before_transition now, "
        "has no after_transition any more",
        "reorders  A -> B: Late fires after Edited now",
        "effects   every S, None -> every S, None: New is new (as A -> A)",
        "effects   every S, None -> every S, None: Note has after_transition now, has no "
        "before_transition any more (as A -> A)",
        "renames   Called is called Recalled now",
    ]


def test_long_sets_are_cut_in_the_text() -> None:
    """Of more than six states the first five are shown."""
    space = StateSpace((), tuple("abcdefgh"))
    (line,) = difference(ruled(space), ruled(space, (["a"], "bcdefgh"))).lines
    assert told(line) == "a -> b, c, d, e, f and 2 more: 0 is new (as a -> b)"


def test_the_nearest_names_of_what_moved_past_many() -> None:
    """Of more than four entries that one has passed, the text names three."""
    old = ruled(OLD, *[(["A"], ["B"])] * 7)
    (line,) = difference(old, replace(old, entries=(*old.entries[1:], old.entries[0]))).lines
    assert line.sentence == "0 fires after 1, 2, 3 and 3 more now"
    assert line.entries == ("0", "1", "2", "3", "4", "5", "6")
    assert line.after == "6"


def test_entries_that_never_meet_change_places() -> None:
    """That changes no move; it is told, because the lock is another one."""
    old = ruled(OLD, (["A"], ["B"]), (["B"], ["C"]))
    (line,) = difference(old, replace(old, entries=old.entries[::-1])).lines
    assert (line.kinds, line.witness) == (("reorders",), None)
    assert str(line.sentence).endswith("stands elsewhere, which no move can tell")


def test_one_that_moves_past_very_many() -> None:
    """Its moves are put together from where it meets each of the others."""
    names = [f"s{at}" for at in range(40)]
    space = StateSpace((), tuple(names))
    rules = [([names[at], names[at + 1]], [names[at], names[at - 1]]) for at in range(39)]
    old = ruled(space, (names, names), *rules)
    change = difference(old, replace(old, entries=(*old.entries[1:], old.entries[0])))
    assert {line.effect for line in change.lines} == {"moved"}
    assert applied(change) == cells(change.new)


def test_prefects_policies_among_each_other() -> None:
    """All 72 pairs: what the lines say turns one into the other."""
    nine = prefect()
    for old in nine:
        for new in nine:
            change = difference(old, new)
            assert bool(change) == (old is not new)
            if [*old.states] == [*new.states]:
                assert applied(change) == cells(new)


def test_large_policies() -> None:
    """60 states and 300 rules: two neighbours swapped and a rule gone are two lines."""
    old = generated(60, 300)
    entries = list(old.entries)
    entries[10:12] = entries[11], entries[10]
    del entries[50]
    change = difference(old, replace(old, entries=tuple(entries)))
    assert sorted([line.effect for line in change.lines]) == ["moved", "removed"]
    assert applied(change, firing(old)) == firing(change.new)


def firing(matrix: Matrix) -> dict[Move, list[str]]:
    """The cells as the matrix has them, which is faster."""
    return {
        (one, other): [entry.name for entry in matrix.fires(one, other)]
        for one in matrix.states
        for other in matrix.states
    }


def test_an_entry_that_meets_others_in_several_places() -> None:
    """What it has passed is covered anew, by fewer rectangles than there are others."""
    old = ruled(OLD, (..., ...), (["A"], ["A", "B"]), (["A", "B"], ["B"]), (["A"], ["A"]))
    change = difference(old, replace(old, entries=(*old.entries[1:], old.entries[0])))
    assert [(str(line.from_states), str(line.to_states)) for line in change.lines] == [
        ("A", "A, B"),
        ("A, B", "B"),
    ]
    assert applied(change) == cells(change.new)
