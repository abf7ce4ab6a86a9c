"""Why: explanations, and the traces of runs, as data and as text."""

from __future__ import annotations

import pickle
from copy import copy, deepcopy
from dataclasses import replace
from enum import Enum

import pytest
from hypothesis import given

from bylaws import (
    Aborted,
    Accepted,
    Delay,
    Delayed,
    Explanation,
    Outcome,
    Policy,
    Proceed,
    Reason,
    Rejected,
    Trace,
    Transition,
    abort,
    delay,
    every,
    moves,
    proceed,
    reject,
    rule,
)
from bylaws.explanation import Explained, Traced
from tests.cast import Book, Good, S, Text, answering, good, spoken
from tests.model import (
    COMMITS,
    PASSES,
    REFUSES,
    REFUSES_TO_WRITE,
    SCRIPTS,
    STATES,
    VERDICTS,
    Script,
    State,
    World,
    logged,
    policy_of,
    predict,
)
from tests.zoo import Drawn, Note, has, pairs, policies


@given(policies())
def test_explain_agrees_with_the_table(drawn: Drawn) -> None:
    """It lists every entry in order, each with its reason, and selects what the table does."""
    for from_state, to_state in pairs(drawn.members):
        explanation = drawn.policy.explain(from_state, to_state)
        assert explanation.from_state is from_state
        assert explanation.to_state is to_state
        assert [id(entry) for entry, _ in explanation.entries] == [
            id(entry) for entry in drawn.entries
        ]
        selected = [entry for entry, reason in explanation.entries if reason is Reason.SELECTED]
        assert tuple(selected) == drawn.policy.compile_transition_rules(from_state, to_state)
        for entry, reason in explanation.entries:
            if isinstance(entry, Note):
                assert reason is Reason.SELECTED
                continue
            leaves, enters = (
                has(entry, "from_states", from_state),
                has(entry, "to_states", to_state),
            )
            assert (
                reason
                is {
                    (True, True): Reason.SELECTED,
                    (False, True): Reason.FROM_STATE,
                    (True, False): Reason.TO_STATE,
                    (False, False): Reason.BOTH_STATES,
                }[leaves, enters]
            )
        assert len(str(explanation).splitlines()) == 1 + max(1, len(drawn.entries))


@given(SCRIPTS, STATES, STATES, COMMITS)
def test_the_trace_tells_what_the_hooks_saw(
    entries: list[Script], from_state: State | None, to_state: State | None, commit: str | None
) -> None:
    """What a trace says of each entry, and of its answer and end, is what the hooks wrote down."""
    good = [
        replace(
            script.plain(),
            before=script.before if script.before in (*PASSES, *REFUSES) else "nothing",
            adds=(("add_after", "fine"), ("add_cleanup", "fine")),
            after="fine",
            cleanup="fine",
            decide="fine",
        )
        for script in entries
    ]
    commit = commit if commit in REFUSES_TO_WRITE else "fine"
    world = World(good, from_state, to_state)
    policy = policy_of(good)
    outcome = policy.run(world, from_state, to_state, commit=world.commit(commit))
    called = {label for label, _ in world.calls}
    lines = list(outcome.trace.lines)
    asked = policy.explain(from_state, to_state)
    refused_by: object = None
    if lines[-1:] and lines[-1].name == "commit":
        line = lines.pop()
        assert (line.did, line.due, line.fires) == ("refused", None, True)
        assert line.verdict == VERDICTS[commit]
        assert "commit" in called
        refused_by = "commit"
    assert [(line.entry, line.name) for line in lines] == [
        (line.entry, line.name) for line in asked.lines if line.fires
    ]
    for line in lines:
        at: int = getattr(line.entry, "at", -1)
        universal = good[at].universal
        assert line.fires == (f"{at}.before_transition" in called)
        assert (line.did == "nullified") == (not line.fires)
        assert (line.due == "after") == (f"{at}.add_after.0" in called)
        assert (line.due == "cleanup") == (f"{at}.add_cleanup.1" in called)
        hooks = {f"{at}.after_transition", f"{at}.cleanup"} & called
        assert len(hooks) == (line.did == "proceeded")
        assert (f"{at}.on_decision" in called) == universal
        if universal or not line.fires:
            assert line.verdict is None
        else:
            assert line.verdict == (world.said[at] or proceed())
            assert (line.did == "refused") == (not isinstance(line.verdict, Proceed))
        if line.did == "refused" and refused_by is None:
            refused_by = line.entry
    assert outcome.trace.refused_by is refused_by
    assert outcome.refused_by is refused_by
    assert (refused_by is None) == isinstance(outcome, Accepted)
    assert outcome.trace == outcome.trace
    assert len(str(outcome.trace).splitlines()) == max(1, len(outcome.trace.lines))


@given(SCRIPTS, STATES, STATES, COMMITS)
def test_asking_for_the_trace_changes_nothing(
    entries: list[Script], from_state: State | None, to_state: State | None, commit: str | None
) -> None:
    """A run whose commit and hooks ask for the trace, and its text, is the same run as without."""

    class Peeks(World):
        def called(self, label: str, given: object = None) -> None:
            super().called(label, given)
            for outcome in self.given:
                assert str(outcome.trace)
                assert (outcome.trace.refused_by is None) == isinstance(outcome, Accepted)

    plain = [script.plain() for script in entries]
    expected = predict(plain, from_state, to_state, commit)
    world = Peeks(plain, from_state, to_state)
    outcome: Outcome[State] | None = None
    left: BaseException | None = None
    with logged():
        try:
            outcome = policy_of(plain).run(world, from_state, to_state, commit=world.commit(commit))
        except BaseException as error:
            left = error
    assert (left is None) == (not expected.raised)
    assert world.calls == expected.calls
    assert outcome == expected.outcome


# --------------------------------------------------------------------------------------------------
# Explanations
# --------------------------------------------------------------------------------------------------


def test_explanations_compare_by_all_that_they_say() -> None:
    """Two explanations are equal if policy, states and reasons are; reason codes are stable."""
    assert [reason.value for reason in Reason] == [
        "selected",
        "forbidden",
        "from_state",
        "to_state",
        "both_states",
    ]
    policy, other = Policy[S, object](good, name="p"), Policy[S, object](good, name="q")
    said = policy.explain(S.A, S.B)
    assert said == policy.explain(S.A, S.B) != other.explain(S.A, S.B)
    assert policy.explain(S.B, S.B) != policy.explain(S.C, S.B)
    assert policy.explain(S.A, S.A) != policy.explain(S.A, S.C)
    assert said != policy.without(good).explain(S.A, S.B)
    assert (
        str(Policy[Text, object]().explain(Text.A, Text.B)).splitlines()[0]
        == "Policy: Text.A -> Text.B"
    )
    assert repr(Policy[S, object]()) == "<Policy Policy: no entries>"
    match said:
        case Explanation(name, from_state, to_state, (Explained() as line,)):
            assert (name, from_state, to_state) == ("p", S.A, S.B)
            assert line == Explained(good, "good", True, Reason.SELECTED, "fires")
            assert said.entries == ((good, Reason.SELECTED),)
        case _:
            pytest.fail(repr(said))


def test_an_explanation_is_data() -> None:
    """Each line has the entry, its name, whether it fires, the code and the sentence."""
    never = moves({S.A: {S.B}, S.B: set[S]()})
    book = Book()
    lines = Policy[S, object](never, good, Good(), book).explain(S.B, S.A).lines
    assert lines == (
        Explained(never, "moves", True, Reason.FORBIDDEN, lines[0].sentence),
        Explained(
            good, "good", False, Reason.BOTH_STATES, "no: only when leaving A and entering B"
        ),
        Explained(lines[2].entry, "Good", False, Reason.BOTH_STATES, lines[1].sentence),
        Explained(book, "Book", True, Reason.SELECTED, "fires (always)"),
    )
    assert lines[0].sentence.startswith("fires, and always refuses: ")
    match lines[1]:
        case Explained(entry, name, fires, reason, sentence):
            assert (entry, name, fires) == (good, "good", False)
            assert (reason, sentence) == (Reason.BOTH_STATES, lines[1].sentence)


def test_entries_of_the_same_name_are_told_apart() -> None:
    """Traces and explanations number them, and a `name` that an entry has is its name."""

    class Named(Good):
        name = "good"

    policy = Policy[S, object](Good(), Named(), Good(), good)
    names = ["Good #1", "good #1", "Good #2", "good #2"]
    assert [line.name for line in policy.explain(S.A, S.B).lines] == names
    assert [line.name for line in policy.run(None, S.A, S.B).trace.lines] == names


def test_an_explanation_of_nothing() -> None:
    """The explanation of a policy without entries says so."""
    assert (
        str(Policy[S, int](name="empty").explain(None, S.A)) == "empty: None -> S.A\n  no entries"
    )


def test_an_explanation_shortens_long_sets() -> None:
    """Of more than four states the first three are shown, in order of definition, `None` last."""
    many = Enum("many", ["E", "D", "C", "B", "A"])

    def nothing(_: Transition[Enum | None, Enum | None, object]) -> None: ...

    wide = rule[Enum | None, Enum | None](
        from_states=every(many) | {None}, to_states={many["A"], None}
    )(nothing)
    explanation = str(Policy[Enum, object](wide).explain(many["E"], many["E"]))
    assert explanation.splitlines()[1] == "  1  nothing  no: only when entering A, None"
    rest = rule[Enum, Enum](from_states=every(many) - {many["E"]}, to_states=every(many))(nothing)
    line = str(Policy[Enum, object](rest).explain(many["E"], many["E"])).splitlines()[1]
    assert line == "  1  nothing  no: only when leaving D, C, B, A"
    more = rule[Enum, Enum](from_states={many["A"]}, to_states=every(many))(nothing)
    line = str(Policy[Enum, object](more).explain(None, None)).splitlines()[1]
    assert line == "  1  nothing  no: only when leaving A and entering E, D, C, 2 more"


def test_names_in_an_explanation_are_sorted_by_enum() -> None:
    """States of two enums stand together, each enum's in the order of their definition."""

    class Aa(Enum):
        X = 1
        Y = 2

    class Bb(Enum):
        P = 1
        Q = 2

    @rule[Aa | Bb, Aa](from_states={Aa.Y, Aa.X, Bb.Q, Bb.P}, to_states={Aa.X})
    def moves(_: Transition[Aa | Bb, Aa, object]) -> None: ...

    assert "only when leaving X, Y, P, Q" in str(Policy[Aa | Bb, object](moves).explain(None, Aa.X))


# --------------------------------------------------------------------------------------------------
# Traces
# --------------------------------------------------------------------------------------------------


TRACES = {
    0: """
  1  first   proceeded  after
  2  spoken  proceeded  after
  3  last    proceeded  after""",
    1: """
  1  first   proceeded              cleanup
  2  spoken  reject to S.A: there   after
  3  last    nullified by spoken""",
    2: """
  1  first   proceeded            cleanup
  2  spoken  reject: stay         cleanup
  3  last    nullified by spoken""",
    4: """
  1  first   proceeded              cleanup
  2  spoken  delay by 2.5 s: later  cleanup
  3  last    nullified by spoken""",
    5: """
  1  first   proceeded            cleanup
  2  spoken  abort: never         cleanup
  3  last    nullified by spoken""",
}


@pytest.mark.parametrize("at", TRACES)
def test_a_trace_prints_a_line_for_each_entry(at: int) -> None:
    """A line has what the entry did, and which of its sides was due, in columns."""
    shown = str(answering.run(at, S.A, S.B).trace).splitlines()
    assert [line.split() for line in shown] == [
        line.split() for line in TRACES[at].splitlines() if line
    ]
    assert (
        len({line.index(due) for line in shown for due in (" after", " cleanup") if due in line})
        <= 1
    )


def test_a_trace_is_a_value() -> None:
    """A trace has who refused, each line what the entry did, answered and was due."""
    trace = answering.run(5, S.A, S.B).trace
    assert trace == answering.run(5, S.A, S.B).trace != answering.run(4, S.A, S.B).trace
    assert trace.refused_by is spoken
    assert [(line.did, line.due) for line in trace.lines] == [
        ("proceeded", "cleanup"),
        ("refused", "cleanup"),
        ("nullified", None),
    ]
    assert [line.verdict for line in trace.lines] == [proceed(), abort(reason="never"), None]
    assert answering.run(0, S.A, S.B).trace.refused_by is None
    assert str(Aborted("made by hand").trace) == "  no entries"
    assert Aborted("made by hand").refused_by is None


def test_a_transform_is_traced_without_a_verdict() -> None:
    """It proceeds, and its after side is due."""
    book = Book()
    (line,) = Policy[S, object](book).run(None, S.A, S.B).trace.lines
    assert line == Traced("Book", "proceeded", None, "after", "proceeded")
    assert line.entry is book


def test_a_commit_that_refuses_has_the_last_line() -> None:
    """Nothing is due of the commit, and every rule is cleaned up, the one that redirected too."""

    def lose(_state: S, _outcome: Outcome[S]) -> Delay:
        return delay(0.1, reason="another was faster")

    accepted = answering.run(0, S.A, S.B, commit=lose)
    assert accepted == Delayed(0.1, "another was faster")
    assert str(accepted.trace).splitlines() == [
        "  1  first   proceeded                           cleanup",
        "  2  spoken  proceeded                           cleanup",
        "  3  last    proceeded                           cleanup",
        "  4  commit  delay by 0.1 s: another was faster",
    ]
    redirected = answering.run(1, S.A, S.B, commit=lose)
    assert redirected == accepted
    assert [(line.did, line.due) for line in redirected.trace.lines] == [
        ("proceeded", "cleanup"),
        ("refused", "cleanup"),
        ("nullified", None),
        ("refused", None),
    ]
    assert redirected.trace.refused_by == "commit" == redirected.refused_by == accepted.refused_by
    assert redirected.trace.lines[1].verdict == reject(S.A, reason="there")


@pytest.mark.parametrize("at", range(6))
@pytest.mark.parametrize("refuses", [False, True])
def test_a_trace_survives_copies_and_pickles(at: int, refuses: bool) -> None:
    """A copy keeps it as it is; a pickle has names for entries, and still equals it."""

    def commit(_state: S, _outcome: Outcome[S]) -> Delay | None:
        return delay(0.1, reason="another was faster") if refuses else None

    outcome = answering.run(at, S.A, S.B, commit=commit)
    trace = outcome.trace
    copies = [copy(outcome), deepcopy(outcome), *[round_trip(outcome, at) for at in range(6)]]
    for each in copies:
        assert type(each) is type(outcome)
        assert each.trace == trace or at == 3  # whose payload is equal to itself alone
        assert str(each.trace) == str(trace)
    for each in copies[:2]:
        assert [line.entry for line in each.trace.lines] == [line.entry for line in trace.lines]
        assert each.refused_by is each.trace.refused_by is trace.refused_by
    for each in copies[2:]:
        assert [line.entry for line in each.trace.lines] == [line.name for line in trace.lines]
        by = trace.refused_by
        assert each.trace.refused_by == ("spoken" if by is spoken else by) == each.refused_by


def round_trip(outcome: Outcome[S], protocol: int) -> Outcome[S]:
    """Pickle and unpickle."""
    again: Outcome[S] = pickle.loads(pickle.dumps(outcome, protocol))
    return again


@pytest.mark.parametrize(
    "outcome", [Accepted(S.A), Rejected[S](None, "r"), Delayed(float("inf"), "r"), Aborted("r")]
)
def test_an_outcome_that_no_run_made_has_an_empty_trace(outcome: Outcome[S]) -> None:
    """An outcome made by hand, as in a user's tests, has a trace without entries."""
    assert outcome.trace == Trace(())
    assert str(outcome.trace) == "  no entries"


def test_a_deep_copy_of_a_trace_keeps_its_entries() -> None:
    """A trace is a value, and entries are shared by all runs: a copy names the same ones."""
    trace = Policy[S](good).run(None, S.A, S.B).trace
    assert deepcopy(trace).lines[0].entry is trace.lines[0].entry
