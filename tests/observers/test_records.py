"""Records: what an observer is told, and what is worked out only when it asks."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from bylaws import Delay, Outcome, Policy, Rejected, StateError, Transition, delay, reject, rule
from bylaws.observers import RunRecord, RunStart, at_end, observed
from bylaws.views import Matrix, policy_version
from tests.cast import OUTCOMES, Book, Mine, Row, S, answering, first, good, last, payload, spoken


def record_of(
    policy: Policy[Any, Any],
    context: object = None,
    from_state: Any = S.A,
    to_state: Any = S.B,
    commit: Any = None,
) -> RunRecord:
    """What is told of one run."""
    records: list[RunRecord] = []
    try:
        watched = observed(policy, at_end(records.append))
        watched.run(context, from_state, to_state, commit=commit)
    except StateError:
        pass
    (record,) = records
    return record


def test_a_record_has_the_move_and_its_context() -> None:
    """The policy's name, both states, and the caller's own object."""
    context = object()
    record = record_of(Policy[S](good, name="orders"), context)
    assert (record.policy, record.from_state, record.to_state) == ("orders", S.A, S.B)
    assert record.context is context
    assert (record.from_payload, record.to_payload) == (None, None)
    assert record.move == "S.A -> S.B"


def test_a_record_is_frozen() -> None:
    """What an observer is told no other has changed, neither at the start nor at the end."""
    told: list[RunStart] = []

    def observer(start: RunStart) -> Callable[[RunRecord], None]:
        told.append(start)
        return told.append

    observed(Policy[S](good), observer).run(None, S.A, S.B)
    assert [type(each) for each in told] == [RunStart, RunRecord]
    for each in told:
        for name in [name for name in dir(each) if not name.startswith("_")] + ["note"]:
            with pytest.raises(AttributeError):
                setattr(each, name, None)
            with pytest.raises(AttributeError):
                delattr(each, name)


def test_state_likes_are_payloads() -> None:
    """The states are taken out of them at the start, whatever they carry at the end."""

    @dataclass
    class Moves:
        type: S

    row, moves = Row(S.A, "note"), Moves(S.B)

    def commit(*_: object) -> None:
        moves.type = S.C

    record = record_of(Policy[S](good), None, row, moves, commit)
    assert (record.from_state, record.to_state) == (S.A, S.B)
    assert record.from_payload is row
    assert record.to_payload is moves
    assert moves.type is S.C


def test_no_state_is_none() -> None:
    """`None` stays `None`, and has entries of its own."""
    record = record_of(Policy[S](good, Book(), name="orders"), None, None, None)
    assert (record.from_state, record.to_state, record.move) == (None, None, "None -> None")
    assert record.entry_names == ("Book",)


class Raises:
    """A state-like whose state is not to be had."""

    @property
    def type(self) -> S:
        raise StateError("no state")


@pytest.mark.parametrize("given", ["a", Row("a"), Raises(), Mine.A])  # type: ignore[type-var]  # the mistake
def test_what_is_no_state_fires_nothing(given: Any) -> None:
    """The run makes a `StateError` of it; the record has what is known."""
    for record in (
        record_of(Policy[S](good, Book()), None, given, S.B),
        record_of(Policy[S](good, Book()), None, S.A, given),
    ):
        assert isinstance(record.error, StateError)
        assert record.entry_names == ()
        assert record.came_to == "raised"
        if given is not Mine.A:
            assert None in (record.from_state, record.to_state)
            assert (record.from_payload, record.to_payload) == (None, None)


def test_the_outcome_in_a_word_with_state_reason_and_who_refused() -> None:
    """For each kind of outcome, as the trace has it."""
    records = [record_of(answering, number) for number in range(len(OUTCOMES))]
    assert [each.outcome for each in records] == OUTCOMES
    assert [(each.came_to, each.state, each.reason, each.refused_by) for each in records] == [
        ("accepted", S.B, None, None),
        ("rejected", S.A, "there", "spoken"),
        ("rejected", None, "stay", "spoken"),
        ("rejected", S.B, "with a payload", "spoken"),
        ("delayed", None, "later", "spoken"),
        ("aborted", None, "never", "spoken"),
    ]
    assert isinstance(records[3].outcome, Rejected)
    assert records[3].outcome.payload is payload
    assert [str(each.trace) for each in records] == [
        str(answering.run(number, S.A, S.B).trace) for number in range(len(OUTCOMES))
    ]


def test_the_commit_is_who_refused() -> None:
    """Also where a rule had redirected before: what counts is the outcome."""

    def commit(state: S, outcome: Outcome[S]) -> Delay:
        return delay(1, reason="another was faster")

    @rule(from_states={S.A}, to_states={S.B})
    def redirects(_: Transition[S, S, object]) -> Any:
        return reject(S.C, reason="there")

    for policy in (Policy[S](good), Policy[S](redirects)):
        record = record_of(policy, commit=commit)
        assert (record.came_to, record.refused_by) == ("delayed", "commit")


def test_entry_names_are_what_fires_in_order() -> None:
    """Also what was nullified; names that are taken twice are numbered, as in all texts."""
    record = record_of(answering, 5)
    assert record.entry_names == ("first", "spoken", "last")
    record = record_of(Policy[S, int](first, Book(), spoken, Book(), last), 5)
    assert record.entry_names == ("first", "Book #1", "spoken", "Book #2", "last")
    assert record.refused_by == "spoken"


def test_the_version_is_that_of_the_views() -> None:
    """It is the same for the policy that was observed, and for every run, and made once."""
    records: list[RunRecord] = []
    policy = observed(answering, at_end(records.append))
    for number in range(3):
        policy.run(number, S.A, S.B)
    versions = [each.version for each in records]
    assert versions == [policy_version(Matrix.of(answering))] * 3
    assert versions[0] is versions[1] is versions[2]


def test_a_version_that_cannot_be_told_is_empty(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """That is logged once, and costs no run."""
    records: list[RunStart] = []
    policy = observed(answering, records.append)

    def fails(_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("bylaws.views.Matrix.of", fails)
    for _ in range(2):
        policy.run(0, S.A, S.B)
    assert [each.version for each in records] == ["", ""]
    (record,) = caplog.records
    assert (record.name, record.levelno) == ("bylaws", logging.ERROR)
    assert record.getMessage() == "moves: its version cannot be told, and is left empty"


def test_neither_shows_the_context() -> None:
    """What `repr` shows can be logged: the policy, the move, and what it came to."""
    starts: list[RunStart] = []
    records: list[RunRecord] = []
    policy = observed(answering, starts.append, at_end(records.append))
    policy.run(5, S.A, S.B)
    assert repr(starts[0]) == "<RunStart moves: S.A -> S.B>"
    assert repr(records[0]).startswith("<RunRecord moves: S.A -> S.B aborted in 0.")


def test_the_duration_is_that_of_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """In seconds, from after the last start to before the first end: observers do not count."""
    now = 0.0

    def passes(seconds: float) -> None:
        nonlocal now
        now += seconds

    def slow_end(_: object) -> None:
        passes(100)

    def slow(_: object) -> Any:
        passes(100)
        return slow_end

    @rule(from_states={S.A}, to_states={S.B})
    def sleeps(_: Transition[S, S, object]) -> None:
        passes(0.25)

    monkeypatch.setattr("bylaws.observers.telling.perf_counter", lambda: now)
    records: list[RunRecord] = []
    observed(Policy[S](sleeps), slow, at_end(records.append), slow).run(None, S.A, S.B)
    assert records[0].duration == 0.25


def loaded(code: str) -> set[str]:
    """The modules that a fresh process has loaded after some code."""
    run = subprocess.run(
        [sys.executable, "-c", f"import sys\n{code}\nprint(*sys.modules)"],
        capture_output=True,
        check=True,
        text=True,
    )
    return {*run.stdout.split()}


@pytest.mark.spawns
def test_nobody_pays_for_it_who_does_not_use_it() -> None:
    """The core loads none of it, it loads the views only for a version, and no other package."""
    assert not [name for name in loaded("import bylaws") if name.startswith("bylaws.observers")]
    code = """
from enum import Enum
from bylaws import Policy
from bylaws.observers import at_end, observed
S = Enum("S", "A B")
policy = observed(Policy[S](), at_end(lambda record: None))
policy.run(None, S.A, S.B)
"""
    names = loaded(code)
    assert not [name for name in names if name.startswith(("bylaws.views", "opentelemetry"))]
    known = {*sys.stdlib_module_names, "bylaws", "typing_extensions", "sitecustomize"}
    assert {name.partition(".")[0] for name in names - loaded("")} <= known
