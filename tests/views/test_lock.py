"""The lock: an exact round trip, clear errors, and clean merges."""

from __future__ import annotations

import random
import shutil
import subprocess
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bylaws import Policy
from bylaws.views import (
    EntryFacts,
    Matrix,
    MatrixError,
    StateSet,
    difference,
    policy_version,
    read_lock,
    write_lock,
)
from bylaws.views.matrix import VerdictName
from tests.cast import S, good
from tests.views.drawn import matrices, prefect

LOCK = """\
bylaws lock 1
# What each policy does. Written by `bylaws lock`, compared by `bylaws check`.

policy orders

enum S
  A
  B
  C

rule good
  from A
  to B
  answers proceed
  hooks before_transition
"""


def test_the_format() -> None:
    """A block an entry, with an empty line between; no number, date, path or line in it."""
    matrix = Matrix.of(Policy[S](good, name="orders"))
    assert write_lock([matrix]) == LOCK
    assert read_lock(LOCK) == (matrix,)
    (read,) = read_lock(LOCK.encode())
    assert (read.entries[0].doc, read.entries[0].file, read.entries[0].line) == (None, None, None)


@given(st.lists(matrices(), max_size=3, unique_by=lambda matrix: matrix.name))
def test_it_comes_back_as_it_was(some: list[Matrix]) -> None:
    """Whatever the names, what is read is what was written, sorted by the policies' names."""
    text = write_lock(some)
    read = read_lock(text)
    assert read == tuple(sorted(some, key=lambda matrix: matrix.name))
    assert write_lock(read) == text
    assert read_lock("\ufeff" + text.replace("\n", "  \r\n")) == read  # what editors do
    assert all(line.isprintable() for line in text.split("\n"))


def test_prefects_policies_come_back() -> None:
    """All nine in one file."""
    nine = prefect()
    assert {*read_lock(write_lock(nine))} == {*nine}


@given(matrices(), matrices())
def test_the_version_is_what_the_policy_does(one: Matrix, other: Matrix) -> None:
    """Twelve hex digits, the same exactly if the matrices are equal, wherever they are defined."""
    assert len(policy_version(one)) == 12
    assert int(policy_version(one), 16) >= 0
    assert (policy_version(one) == policy_version(other)) == (one == other)
    moved = replace(one, entries=tuple([replace(e, doc="other", line=7) for e in one.entries]))
    assert policy_version(moved) == policy_version(one)


def test_long_lists_stand_an_item_a_line() -> None:
    """What does not fit in 100 columns stands below its word; it reads the same."""
    (entry,) = Matrix.of(Policy[S](good)).entries
    text = LOCK.replace("  from A\n", "  from\n    A\n").replace("  to B\n", "  to\n    B\n")
    assert read_lock(text)[0].entries == (entry,)
    names = tuple([f"state_{at:03}" for at in range(40)])
    many = Matrix.of(Policy[S](good, name="p"))
    space = replace(many.space, others=names)
    made = Matrix("p", space, (replace(entry, from_states=space.set_of(names)),))
    assert "  from\n    state_000\n    state_001\n" in write_lock([made])
    assert read_lock(write_lock([made])) == (made,)


def test_a_merge_may_leave_every_state_spelled_out() -> None:
    """Sets are read as what they are, in whatever order, and also if a state is named twice."""
    text = LOCK.replace("from A\n", "from C, B, A, B\n")
    assert read_lock(text)[0].entries[0].from_states == StateSet(("S",))


def test_two_policies_of_one_name_cannot_be_told_apart() -> None:
    """That is an error when a lock is written, and when it is read."""
    matrix = Matrix.of(Policy[S](good, name="orders"))
    with pytest.raises(MatrixError, match="two policies are called 'orders'"):
        write_lock([matrix, matrix])


BODY = "  from A\n  to A\n  answers anything\n"
LEGAL = LOCK.replace("answers proceed\n", "answers proceed, abort\n  legal\n    A -> B\n")


@pytest.mark.parametrize(
    ("text", "line", "match"),
    [
        ("", 1, "does not begin with 'bylaws lock'"),
        ("{}", 1, "this is no lock"),
        (b"\xff\xfe", 1, "no UTF-8"),
        (LOCK.encode() + b"\n\xff", 17, "no UTF-8"),
        (LOCK.replace("lock 1", "lock 2"), 1, "version 2, and this bylaws reads 1: update"),
        (LOCK.replace("lock 1", "lock x"), 1, "this is no lock"),
        ("<<<<<<< ours\n" + LOCK, 1, "conflict marker"),
        (LOCK + "=======\n", 16, "the merge was not finished"),
        (LOCK.replace("lock 1", "lock 2") + ">>>>>>> theirs\n", 16, "conflict marker"),
        (LOCK.replace("policy orders\n", ""), 5, "the first block is no policy"),
        (LOCK.replace("policy orders", "policy or ders"), 4, "'or ders' is no name"),
        (LOCK.replace("policy orders", 'policy "or\\xders"'), 4, "is no quoted name"),
        (LOCK.replace("policy orders\n", "policy orders\n  x\n"), 5, "blocks of its own"),
        (LOCK + LOCK.partition("\n\n")[2], 16, "the policy 'orders' is there twice"),
        (LOCK.replace("bylaws lock 1\n", "bylaws lock 1\n  x\n"), 2, "below nothing"),
        (LOCK.replace("  from A", "   from A"), 12, "not indented by 2 or 4"),
        (LOCK.replace("  A\n", "  A\n    B\n"), 8, "a state has nothing below it"),
        (LOCK.replace("enum S", "enum 1"), 6, "'1' is no name"),
        (LOCK.replace("  C\n", "  B\n"), 4, "two states are called 'B'"),
        (LOCK.replace("enum S", "states x"), 6, "not known"),
        (LOCK.replace("rule good", "law good"), 11, "'law' is not known"),
        (LOCK + "\nenum T\n", 17, "not in its place"),
        (LOCK.replace("  from A", "  out A"), 12, "'out' is there twice, or says nothing"),
        (LOCK.replace("  from A", "  to A"), 13, "'to' is there twice"),
        (LOCK.replace("  from A", "  from"), 12, "'from' has no items"),
        (LOCK.replace("  from A", "  from A\n    B"), 12, "in two places"),
        (LOCK.replace("  from A\n", ""), 11, "a rule needs 'from'"),
        (LOCK.replace("rule", "transform"), 11, "a transform has no 'from'"),
        (LOCK.replace("from A", "from A,"), 12, "'' is no name"),
        (LOCK.replace("from A", "from every T"), 11, "no enum 'T'"),
        (LOCK.replace("from A", "from D"), 11, "no state 'D'"),
        (LOCK.replace("answers proceed", "answers maybe"), 11, "verdicts"),
        (LOCK.replace("hooks before_transition", "hooks after"), 11, "hooks"),
        (LOCK + LOCK[LOCK.index("rule") :], 16, "'good' is there already"),
        (LEGAL.replace("A -> B", "A B"), 15, "names no moves"),
        (LEGAL.replace("A -> B", "A -> B\n    A -> C"), 15, "from A are there twice"),
        (LEGAL.replace("A -> B", "D -> B"), 11, "no state 'D'"),
        (LEGAL.replace(", abort", ""), 11, "has legal moves"),
        (LOCK + "\nrule r" * 20_001, 20_014, "too long"),
        (LOCK.replace("  C\n", "  C\n" * 5_000), 6, "too long"),
        (LOCK + "".join([f"rule r{at}\n{BODY}" for at in range(5_000)]), None, "5,001 entries"),
        ("bylaws lock 1\n" + "\n" * 500_001, None, "too many items"),
        ("bylaws lock 1\n" + " " * (1 << 23), None, "longer than"),
    ],
)
def test_what_cannot_be_read_is_an_error_with_its_line(
    text: str | bytes, line: int | None, match: str
) -> None:
    """Damaged, merged wrongly, foreign or newer: what is wrong, and where."""
    with pytest.raises(MatrixError, match=match) as caught:
        read_lock(text)
    assert caught.value.line == line
    assert line is None or str(caught.value).startswith(f"line {line}: ")


@given(st.binary() | st.text() | st.text().map(lambda text: "bylaws lock 1\n" + text))
def test_any_bytes_are_a_lock_or_an_error(data: bytes | str) -> None:
    """Nothing else comes out of reading them."""
    with suppress(MatrixError):
        read_lock(data)


@given(st.data(), st.lists(matrices(), max_size=2, unique_by=lambda matrix: matrix.name))
def test_a_damaged_lock_is_a_lock_or_an_error(data: st.DataObject, some: list[Matrix]) -> None:
    """The same for a lock in which something was cut, doubled or written over."""
    text = write_lock(some)
    at = data.draw(st.integers(0, len(text)))
    to = data.draw(st.integers(at, min(at + 40, len(text))))
    put = data.draw(st.sampled_from(["", text[at:to] * 2, '"', "\\", ",", "every ", "  ", "\n"]))
    with suppress(MatrixError):
        read_lock(text[:at] + put + text[to:])


# --------------------------------------------------------------------------------------------------
# Merges
# --------------------------------------------------------------------------------------------------


def edited(chance: random.Random, matrix: Matrix, at: int) -> Matrix:
    """The matrix with another entry at this place: other sets, verdicts or hooks, gone, or new."""
    entries = list(matrix.entries)
    entry = entries[at]
    states = matrix.space.set_of(
        [state for state in matrix.states if chance.random() < 0.5] or [None]
    )
    way = chance.choice(["from", "to", "answers", "hooks", "gone", "new", "name"])
    if way == "gone":
        del entries[at]
    elif way == "new":
        entries.insert(at, EntryFacts(f"Rule{chance.random()}"[:12], "rule", states, states))
    elif way == "name":
        entries[at] = replace(entry, name=f"Rule{chance.random()}"[:12])
    elif way == "hooks" or entry.kind == "transform":
        entries[at] = replace(entry, hooks=chance.choice([("after_transition",), ("cleanup",)]))
    elif way == "answers":
        known: list[tuple[VerdictName, ...] | None] = [None, ("abort",), ("reject",)]
        entries[at] = replace(entry, verdicts=chance.choice(known))
    elif way == "from":
        entries[at] = replace(entry, from_states=states)
    else:
        entries[at] = replace(entry, to_states=states)
    return replace(matrix, entries=tuple(entries))


def merged(folder: Path, base: str, ours: str, theirs: str) -> tuple[bool, str]:
    """Whether git merges them without a conflict, and what comes out."""
    for name, text in (("base", base), ("ours", ours), ("theirs", theirs)):
        (folder / name).write_text(text, encoding="utf-8")
    done = subprocess.run(
        ["git", "merge-file", "-p", "ours", "base", "theirs"],
        cwd=folder,
        capture_output=True,
        check=False,
    )
    return done.returncode == 0, done.stdout.decode("utf-8")


@pytest.mark.spawns
@pytest.mark.skipif(shutil.which("git") is None, reason="there is no git")
def test_two_branches_that_edit_different_rules_merge(tmp_path: Path) -> None:
    """Clean in most cases; and what is clean is what both edits come to."""
    chance = random.Random(8)
    conflicts = wrong = 0
    pairs = 200
    for _ in range(pairs):
        matrix = chance.choice([each for each in prefect() if len(each.entries) > 1])
        # Each edit is made at one of two different places, the later one first.
        one, other = sorted(chance.sample(range(len(matrix.entries)), 2))
        seeds = chance.random(), chance.random()
        ours = edited(random.Random(seeds[0]), matrix, one)
        theirs = edited(random.Random(seeds[1]), matrix, other)
        both = edited(random.Random(seeds[0]), theirs, one)
        texts = [write_lock([each]) for each in (matrix, ours, theirs)]
        clean, text = merged(tmp_path, *texts)
        conflicts += not clean
        if clean:
            wrong += difference(read_lock(text)[0], both).lines != ()
    print(f"{pairs} merges: {conflicts} conflicts, {wrong} wrong")
    assert wrong == 0
    assert conflicts <= pairs * 0.06
