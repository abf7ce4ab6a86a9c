"""Differences: exact, folded to few lines, and of the right kinds."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from bylaws.views import Difference, EntryFacts, Matrix, State, StateSet, difference
from tests.views.drawn import cells, edits, entries, matrices, pairs, ruled_out

Move = tuple[State, State]


def applied(change: Difference) -> dict[Move, list[str]]:
    """The cells of the new matrix, made of the old ones by the lines alone, cell by cell."""
    lines = change.lines
    fires: dict[str, set[Move]] = {entry.name: set() for entry in change.old.entries}
    for move, found in cells(change.old).items():
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
        moves = {
            (one, other)
            for one in change.new.members(line.from_states)
            for other in change.new.members(line.to_states)
        }
        if line.effect in ("added", "fires"):
            fires.setdefault(line.entries[0], set()).update(moves)
        if line.effect == "stops":
            fires[line.entries[0]] -= moves
    return {move: [name for name in order if move in fires[name]] for move in cells(change.new)}


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
    edited = replace(
        new, verdicts=() if new.kind == "transform" else ("abort",), hooks=(), awaits=()
    )
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
