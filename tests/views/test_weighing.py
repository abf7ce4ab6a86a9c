"""Weighed differences: what they count is what a replay of the moves, one by one, would count."""

from __future__ import annotations

import json
import pickle
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from typing import Any, TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bylaws.views import (
    Count,
    Difference,
    EntryFacts,
    Line,
    Matrix,
    MatrixError,
    State,
    StateEnum,
    StateSet,
    StateSpace,
    Weighed,
    Weight,
    difference,
)
from bylaws.views.difference import KINDS
from bylaws.views.matrix import VerdictName
from tests.views.drawn import edits, matrices, ruled_out
from tests.views.scale import generated

Record: TypeAlias = tuple[State, State, str | None]
"""One recorded move: from, to, and who refused it."""


@st.composite
def edited(draw: st.DrawFn) -> tuple[Matrix, Matrix]:
    """A policy and what some edits made of it, over the same states."""
    old = draw(matrices())
    new = old
    for _ in range(draw(st.integers(1, 4))):
        new = draw(edits(new).filter(lambda each: each.space == old.space))
    return old, new


@st.composite
def recorded(draw: st.DrawFn, both: tuple[Matrix, Matrix]) -> list[Record]:
    """Moves as they happened, one by one; some between states that nobody knows."""
    old, new = both
    states = st.sampled_from([*old.states, "one that nobody knows"])
    names = [*[entry.name for entry in (*old.entries, *new.entries)], "commit", None]
    records = st.tuples(states, states, st.sampled_from(names))
    return draw(st.lists(records, max_size=30))


drawn = edited().flatmap(lambda both: st.tuples(st.just(both), recorded(both)))


def cells(change: Difference, line: Line) -> set[tuple[State, State]]:
    """The moves of a line, one by one."""
    ends = [change.space.members(states) for states in (line.from_states, line.to_states)]
    return {(one, other) for one in ends[0] for other in ends[1]}


@given(drawn)
def test_a_line_weighs_the_moves_in_its_cells(
    drawn: tuple[tuple[Matrix, Matrix], list[Record]],
) -> None:
    """For each line, and in all, the figures are those of a naive replay."""
    both, records = drawn
    change = difference(*both)
    weighed = change.weighed([(one, other, 1, by) for one, other, by in records])
    touched: set[tuple[State, State]] = set()
    for line in change.lines:
        inside = cells(change, line)
        touched |= inside
        weight = weighed.weight(line)
        assert weight.moves == sum([record[:2] in inside for record in records])
        if weight.refused is not None:
            called = {line.entries[0], was_called(change, line)}
            other = {entry.name for entry in change.old.entries} - {was_called(change, line)}
            refusals = [record for record in records if record[:2] in inside]
            assert weight.refused == sum([each[2] in called - other for each in refusals])
    assert weighed.touched == sum([record[:2] in touched for record in records])
    assert weighed.total == len(records)
    unknown = [record for record in records if "one that nobody knows" in record[:2]]
    assert Counter({(a, b, by): number for a, b, number, by in weighed.unknown}) == Counter(unknown)


def was_called(change: Difference, line: Line) -> str:
    """The old name of what a line is about."""
    for each in change.lines:
        if each.effect == "renamed" and each.entries[:1] == line.entries[:1]:
            return line.entries[0] if line.effect == "removed" else each.entries[1]
    return line.entries[0]


@given(drawn, st.randoms())
def test_it_does_not_matter_how_counts_are_given(
    drawn: tuple[tuple[Matrix, Matrix], list[Record]], chance: Any
) -> None:
    """One by one or added up, in any order: the value is the same, also after a pickle."""
    both, records = drawn
    change = difference(*both)
    weighed = change.weighed([(one, other, 1, by) for one, other, by in records])
    added = [Count(a, b, number, by) for (a, b, by), number in Counter(records).items()]
    chance.shuffle(added)
    again = change.weighed([*added, Count(None, None, 0)])
    assert again == weighed
    assert str(again) == str(weighed)
    assert pickle.loads(pickle.dumps(weighed)) == weighed
    assert change.weighed([*again.counts, *again.unknown]) == weighed


@given(drawn)
def test_no_line_is_lost_and_the_order_says_what_matters(
    drawn: tuple[tuple[Matrix, Matrix], list[Record]],
) -> None:
    """The gravest kind is first, then what meets most; the order without weights is kept beside."""
    both, records = drawn
    weighed = difference(*both).weighed([(one, other, 1, by) for one, other, by in records])
    ranks = [(KINDS.index(line.kind), -weighed.weight(line).moves) for line in weighed.lines]
    assert ranks == sorted(ranks)
    data = json.loads(weighed.to_json())
    places = [line["place"] for line in data["lines"]]
    assert sorted(places) == [*range(1, len(places) + 1)]
    assert [weighed.difference.lines[at - 1] for at in places] == [*weighed.lines]
    plain = json.loads(weighed.difference.to_json())["lines"]
    for line in data["lines"]:
        assert plain[line["place"] - 1].items() <= line.items()


@given(drawn)
def test_who_refused_is_said_where_it_can_be_known(
    drawn: tuple[tuple[Matrix, Matrix], list[Record]],
) -> None:
    """No count says who refused: nor does a line; nor of an entry that is new there."""
    both, records = drawn
    change = difference(*both)
    silent = change.weighed([(one, other, 1) for one, other, _ in records])
    assert {silent.weight(line).refused for line in silent.lines} <= {None}
    told = change.weighed([("A", "B", 1, "somebody"), *[(a, b, 1, by) for a, b, by in records]])
    old = {entry.name: entry for entry in change.old.entries}
    for line in change.lines:
        known = told.weight(line).refused is not None
        assert not known or line.effect in ("removed", "stops", "changed", "allows", "moved")
        if line.effect == "removed":
            assert known == old[line.entries[0]].may_refuse


S = StateSpace((StateEnum("S", ("PENDING", "RUNNING", "FAILED")),))


def one_rule(
    name: str,
    froms: Sequence[State],
    tos: Sequence[State],
    verdicts: tuple[VerdictName, ...] | None = None,
    space: StateSpace = S,
) -> EntryFacts:
    """A rule from some states to some."""
    sets = space.set_of(froms), space.set_of(tos)
    return EntryFacts(name, "rule", *sets, verdicts, ("before_transition",))


RETRY = one_rule("Retry", ["FAILED"], ["RUNNING"])
LOG = one_rule("Log", ["PENDING"], ["RUNNING", "FAILED"], ("proceed",))
RUNS = Matrix("runs", S, (RETRY, LOG))


def test_it_reads_as_a_sentence() -> None:
    """A line says how many moves met it, and how many of them the rule that goes has refused."""
    change = difference(RUNS, Matrix("runs", S, ()))
    weighed = change.weighed(
        [
            ("FAILED", "RUNNING", 12_121),
            ("FAILED", "RUNNING", 310, "Retry"),
            ("FAILED", "PENDING", 86_569),
            ("GHOST", "FAILED", 30),
            ("GHOST", None, 9, "Retry"),
            ("GHOST", "GHOST", 1),
        ]
    )
    assert str(weighed).splitlines() == [
        "opens    FAILED -> RUNNING: Retry is gone; met by 12,431 moves, 310 refused by it",
        "effects  PENDING -> RUNNING, FAILED: Log is gone (as PENDING -> RUNNING); met by no move",
        "12,431 of 99,040 recorded moves meet what is changed",
        "40 are of states that neither policy has: "
        "GHOST -> FAILED (30), GHOST -> None (9), GHOST -> GHOST (1)",
    ]
    assert weighed.weight(change.lines[0]) == Weight(12_431, 310)
    assert bool(weighed)
    one = change.weighed([("FAILED", "RUNNING", 1, "commit"), ("A", "B", 0), ("A", "C", 1)])
    assert str(one).splitlines() == [
        "opens    FAILED -> RUNNING: Retry is gone; met by 1 move, 0 refused by it",
        "effects  PENDING -> RUNNING, FAILED: Log is gone (as PENDING -> RUNNING); met by no move",
        "1 of 2 recorded moves meets what is changed",
        "1 is of states that neither policy has: A -> C (1)",
    ]
    assert one.summary()[0].startswith("1 of 2 ")


def test_of_many_unknown_moves_the_most_frequent_are_told() -> None:
    """All are counted, three are named; nothing is dropped."""
    counts = [("GONE", f"TO_{at}", at, None) for at in range(1, 8)]
    weighed = difference(RUNS, RUNS).weighed(counts)
    assert str(weighed).splitlines() == [
        "the same",
        "0 of 28 recorded moves meet what is changed",
        "28 are of states that neither policy has: "
        "GONE -> TO_7 (7), GONE -> TO_6 (6), GONE -> TO_5 (5), 4 more",
    ]
    assert len(weighed.unknown) == 7
    assert not weighed


def test_what_is_outside_can_be_weighed_too() -> None:
    """A part of a line weighs what is in that part; a line without moves weighs nothing."""
    every = one_rule("Retry", ["FAILED", None], ["RUNNING", "FAILED"])
    change = difference(Matrix("runs", S, (every,)), Matrix("runs", S, ()))
    weighed = change.weighed([("FAILED", "RUNNING", 5), (None, "RUNNING", 7), (None, "FAILED", 2)])
    (outside,) = change.outside(["FAILED -> *"])
    assert weighed.told(outside) == (
        "None -> RUNNING, FAILED: Retry is gone (as None -> RUNNING); met by 9 moves"
    )
    renamed = difference(RUNS, Matrix("runs", S, (one_rule("Again", ["FAILED"], ["RUNNING"]), LOG)))
    (line,) = renamed.lines
    told = renamed.weighed([("FAILED", "RUNNING", 5)])
    assert told.told(line) == "Retry is called Again now"
    assert told.touched == 0


def test_an_entry_that_was_renamed_has_refused_by_both_names() -> None:
    """Records have the name of their time, the old one or the new one; but another's is not its."""
    soft = one_rule("Soft", ["FAILED"], ["RUNNING"], ("reject",))
    old = Matrix("runs", S, (RETRY, soft))
    again = one_rule("Again", ["FAILED"], ["RUNNING"])
    new = Matrix("runs", S, (replace(soft, name="Softly"), again))
    change = difference(old, new)
    assert {line.effect for line in change.lines} == {"moved", "renamed"}
    counts = [("FAILED", "RUNNING", 3, old.entries[0].name), ("FAILED", "RUNNING", 4, "Again")]
    counts += [("FAILED", "RUNNING", 5, "Soft"), ("FAILED", "RUNNING", 7, "Softly")]
    weighed = change.weighed(counts)
    for line in change.lines:
        both = {"Again": 7, "Softly": 12}[line.entries[0]]
        assert weighed.weight(line) == (Weight(19, both) if line.effect == "moved" else Weight(0))
    moves = EntryFacts(
        "Retry", "rule", S.set_of(["FAILED"]), S.set_of(["RUNNING"]), ("proceed", "abort"), legal=()
    )
    old = Matrix("runs", S, (one_rule("Once", ["FAILED"], ["RUNNING"], ("reject",)), moves))
    new = Matrix("runs", S, (one_rule("Retry", ["FAILED"], ["RUNNING"], ("reject",)),))
    change = difference(old, new)
    assert ("renamed", ("Retry", "Once")) in [(line.effect, line.entries) for line in change.lines]
    (gone,) = [line for line in change.lines if line.effect == "removed"]
    weight = change.weighed([("FAILED", "RUNNING", 3, "Retry"), ("FAILED", "RUNNING", 5, "Once")])
    assert weight.weight(gone) == Weight(8, 3)
    assert ruled_out(old)["FAILED", "RUNNING"] == ["Once", "Retry"]


def found(old: StateSpace, new: StateSpace, name: State) -> State:
    """The state of the difference that a record means; the text `unknown` if it means none."""
    change = difference(Matrix("m", old, ()), Matrix("m", new, ()))
    weighed = change.weighed([(name, None, 1)])
    return "unknown" if weighed.unknown else weighed.counts[0].from_state


def test_states_are_found_whatever_they_were_called() -> None:
    """By the old name, the new one, that of the member alone, or with its enum."""
    one = StateSpace((StateEnum("S", ("A", "B")),))
    two = StateSpace((StateEnum("S", ("A", "B")), StateEnum("T", ("C",))), ("other",))
    renamed = StateSpace((StateEnum("R", ("A", "B", "D")), StateEnum("T", ("C",))))
    assert found(one, two, "A") == found(one, two, "S.A") == "S.A"
    assert found(two, one, "S.A") == found(two, one, "A") == "A"
    assert found(two, renamed, "S.A") == "R.A"
    assert found(two, renamed, "R.D") == "R.D"
    assert found(two, renamed, "C") == "T.C"
    assert found(two, two, "other") == "other"
    assert found(two, renamed, "other") == "other"  # gone, but a state of the difference
    assert found(one, one, "S.B") == "B"
    assert found(one, one, "T.B") == found(one, one, "S.C") == found(one, one, "") == "unknown"
    assert found(one, one, "none") is found(one, one, "None") is found(one, one, None) is None


def test_a_name_is_first_what_the_old_policy_calls_so() -> None:
    """Records are of the past: what was called PAID then is not what is called so now."""
    old = StateSpace((StateEnum("S", ("PAID", "X", "Y")),))
    new = StateSpace((StateEnum("T", ("PAID", "P", "Q")),))
    assert found(old, new, "PAID") == "PAID #2"
    assert found(old, new, "P") == "P"


class E(StrEnum):
    A = "FAILED"


@pytest.mark.parametrize(
    ("count", "told"),
    [
        (("FAILED", "RUNNING"), "it has to be (from, to, how many) or "),
        (("FAILED", "RUNNING", 1, None, 2), "it has to be (from, to, how many) or "),
        (("FAILED", "RUNNING", "12"), "how many being an int"),
        (("FAILED", "RUNNING", 1.0), "how many being an int"),
        (7, "count 2 is 7: it has to be"),
        (("FAILED", "RUNNING", -1), "fewer moves than none"),
        ((E.A, "RUNNING", 1), "of a member give its .name"),
        (("FAILED", 1, 1), "states and entries go by their names, and 1 is none"),
        (("FAILED", "RUNNING", 1, b"Retry"), "and b'Retry' is none"),
        (("F" * 200, "RUNNING"), "\u2026: it has to be"),
    ],
)
def test_what_is_no_count_is_told(count: Any, told: str) -> None:
    """The error says which of the counts it is, and what it has to be."""
    with pytest.raises(MatrixError, match=r"^count 2 is ") as caught:
        difference(RUNS, RUNS).weighed([("FAILED", "RUNNING", 1), count])
    assert told in str(caught.value)


def test_counts_are_as_big_as_they_get() -> None:
    """Python's numbers do not end."""
    change = difference(RUNS, Matrix("runs", S, ()))
    weighed = change.weighed([("FAILED", "RUNNING", 10**30), ("FAILED", "RUNNING", 1)])
    assert weighed.weight(change.lines[0]).moves == weighed.total == 10**30 + 1
    assert json.loads(weighed.to_json())["touched"] == 10**30 + 1


def test_large_policies_are_weighed_exactly() -> None:
    """Sixty states and three hundred rules: all lines are as a plain sum has them."""
    old, new = generated(60, 300, 8), generated(60, 300, 9)
    change = difference(old, new)
    numbers = {
        (one, other): (7 * at + 3) % 1_000
        for at, (one, other) in enumerate([(a, b) for a in old.states for b in old.states])
        if at % 3
    }
    weighed = change.weighed([(*move, number) for move, number in numbers.items()])
    for line in change.lines[::20]:
        expected = sum([numbers.get(move, 0) for move in cells(change, line)])
        assert weighed.weight(line).moves == expected
    assert isinstance(weighed, Weighed)
    assert change.lines[0].from_states != StateSet()
