"""The matrix: what a policy does, as plain data, and nothing of the program in it."""

from __future__ import annotations

import pickle
import sys
from collections.abc import Awaitable
from copy import copy, deepcopy
from dataclasses import dataclass, replace
from enum import Enum
from functools import partial
from pathlib import Path
from typing import Any, Never

import pytest
from hypothesis import given

from bylaws import (
    Abort,
    AnyTransition,
    AsyncBaseRule,
    AsyncPolicy,
    BaseTransform,
    Delay,
    Outcome,
    Policy,
    Proceed,
    Reason,
    Reject,
    Transition,
    Verdict,
    abort,
    every,
    moves,
    rule,
    states,
)
from bylaws.views import EntryFacts, Matrix, MatrixError, StateEnum, StateSet, StateSpace
from tests.cast import Book, Mine, Number, S, good
from tests.views.drawn import FACTS, PREFECT, cells, matrices, ruled_out
from tests.zoo import Drawn, pairs, policies

ROOT = Path(__file__).parent.parent.parent
EVERY = StateSet(("S",))


def only(*entries: Any, kind: Any = Policy) -> EntryFacts:
    """What is known of the only entry of a policy."""
    (entry,) = Matrix.of(kind(*entries)).entries
    return entry


@given(policies())
def test_the_cells_are_those_of_the_policy(drawn: Drawn) -> None:
    """For every move fires what the policy answers, in that order; the reasons are the same."""
    matrix = Matrix.of(drawn.policy)
    entries = dict(zip(drawn.policy.entries, matrix.entries, strict=True))
    named = dict(zip(sorted_states(drawn), range(len(matrix.states)), strict=False))
    for one, other in pairs([*named]):
        a, b = (matrix.states[-1 if state is None else named[state]] for state in (one, other))
        assert matrix.fires(a, b) == tuple(
            [entries[entry] for entry in drawn.policy.compile_transition_rules(one, other)]
        )
        assert [line.reason for line in matrix.explain(a, b)] == [
            line.reason for line in drawn.policy.explain(one, other).lines
        ]


def sorted_states(drawn: Drawn) -> list[Enum]:
    """The members of the policy's enums as a matrix lists them, those that are made up left out."""
    enums = dict.fromkeys([type(member) for member in drawn.members])
    matrix = Matrix.of(drawn.policy)
    order = [enum.name for enum in matrix.space.enums]
    known = {enum.__name__: enum for enum in enums}
    return [member for name in order for member in known[name]]


@given(matrices())
def test_the_cells_are_those_of_a_naive_scan(matrix: Matrix) -> None:
    """For every move fires what has it in its sets; it is ruled out by what always refuses."""
    fires, refuses = cells(matrix), ruled_out(matrix)
    for one, other in fires:
        assert [entry.name for entry in matrix.fires(one, other)] == fires[one, other]
        assert [entry.name for entry in matrix.ruled_out_by(one, other)] == refuses[one, other]
        lines = matrix.explain(one, other)
        assert [line.name for line in lines if line.fires] == fires[one, other]
        forbidding = [line.name for line in lines if line.reason is Reason.FORBIDDEN]
        assert forbidding == refuses[one, other]
    for state in matrix.states:
        assert matrix.next_states(state) == tuple(
            [other for other in matrix.states if not refuses[state, other]]
        )


@pytest.mark.parametrize("name", FACTS["policies"])
def test_prefects_policies(name: str) -> None:
    """The cells of all nine are as Prefect has them, and the sentences are those of the policy."""
    facts = FACTS["policies"][name]
    policy: Policy[Any, object] = PREFECT["build"](name, facts)
    matrix = Matrix.of(policy)
    assert matrix.name == name
    assert matrix.states == tuple(FACTS["states"])
    for one, row in zip(matrix.states, facts["matrix"], strict=True):
        for other, expected in zip(matrix.states, row, strict=True):
            assert [matrix.entries.index(entry) for entry in matrix.fires(one, other)] == expected
            members = [PREFECT["state_named"](state) for state in (one, other)]
            assert [line.sentence for line in matrix.explain(one, other)] == [
                line.sentence for line in policy.explain(*members).lines
            ]


@given(matrices())
def test_it_is_a_value(matrix: Matrix) -> None:
    """Copies and pickles are equal, with the same hash; the hash does not change with use."""
    before = hash(matrix)
    assert matrix.fires(None, None) == matrix.fires(None, None)
    for twin in (copy(matrix), deepcopy(matrix), pickle.loads(pickle.dumps(matrix))):
        assert (twin, hash(twin)) == (matrix, before)


# --------------------------------------------------------------------------------------------------
# What is known of an entry
# --------------------------------------------------------------------------------------------------


def test_where_it_is_defined_does_not_count() -> None:
    """Two matrices are equal if what they do is; docstrings, files and lines are for the reader."""
    entry = only(good)
    assert entry == replace(entry, doc=None, file=None, line=None)
    assert (entry.doc, entry.name) == ("Proceed.", "good")
    assert entry.file is not None
    assert entry.file.endswith("tests/cast.py")
    source = (ROOT / "tests" / "cast.py").read_text().splitlines()
    assert entry.line is not None
    assert "def good" in "".join(source[entry.line - 1 : entry.line + 1])


def test_where_a_class_is_defined() -> None:
    """Of an entry that is an instance, it is where its class is; also one inside of a function."""

    class Here(BaseTransform[object]):
        """Says hello.

        And more.
        """

        def before_transition(self, _: AnyTransition[object], /) -> None:
            """Do nothing."""

    @dataclass(frozen=True)
    class Silent(BaseTransform[object]):
        number: int = 1

        def before_transition(self, _: AnyTransition[object], /) -> None:
            """Do nothing."""

    for entry, word in ((only(Here()), "class Here"), (only(Silent()), "class Silent")):
        assert entry.line is not None
        assert word in "".join(Path(__file__).read_text().splitlines()[entry.line - 1 :][:2])
    assert only(Here()).doc == "Says hello."
    assert only(Silent()).doc is None  # the dataclass would write its signature


def test_what_has_no_source() -> None:
    """What was made in a string, or in no file that can be read, has no place."""
    scope: dict[str, Any] = {"BaseTransform": BaseTransform, "__name__": "nowhere"}
    exec("class T(BaseTransform):\n  def before_transition(self, t): ...", scope)
    assert (only(scope["T"]()).file, only(scope["T"]()).line) == (None, None)
    scope = {"BaseTransform": BaseTransform, "__name__": "bylaws"}
    exec("class T(BaseTransform):\n  def before_transition(self, t): ...", scope)
    assert only(scope["T"]()).line is None


def test_a_file_that_is_no_python_any_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The line is not known then; the file is."""
    file = tmp_path / "edited_since.py"
    file.write_text(
        "from bylaws import BaseTransform\n"
        "class T(BaseTransform):\n    def before_transition(self, t): ..."
    )
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    made: Any = __import__("edited_since")
    file.write_text("class T(:\n")
    entry = only(made.T())
    assert (entry.file, entry.line) == (file.as_posix(), None)


def test_what_it_may_answer() -> None:
    """It is read from the annotation of the before hook; without one it may be anything."""

    def known(annotation: object) -> tuple[str, ...] | None:
        def hook(_: Transition[S, S]) -> Any: ...

        hook.__annotations__["return"] = annotation
        return only(rule(from_states={S.A}, to_states={S.B})(hook)).verdicts

    verdict: Any = Verdict
    assert known(verdict[S]) == ("proceed", "reject", "delay", "abort")
    assert known(Reject[S] | Delay) == ("reject", "delay")
    assert known(Abort) == ("abort",)
    assert known(Proceed) == known(None) == ("proceed",)
    assert known(Abort | None) == ("proceed", "abort")
    assert known(Awaitable[Abort]) == ("abort",)
    assert known(Never) == ()
    assert known(Any) is None


def test_which_hooks_it_has() -> None:
    """Those that do something, and which of them are async; a base's no-op is none."""

    class Rule(AsyncBaseRule[S, S, object]):
        from_states = states(S.A)
        to_states = every(S)

        async def after_transition(self, _: Transition[S, S, object], /) -> None: ...

        def cleanup(self, _: Transition[S, S, object], /) -> Any: ...

    class Sees(BaseTransform[object]):
        def on_decision(self, _: AnyTransition[object], outcome: Outcome[Enum], /) -> None: ...

    entry = only(Rule(), kind=AsyncPolicy)
    assert (entry.hooks, entry.awaits) == (("after_transition", "cleanup"), ("after_transition",))
    assert (entry.verdicts, entry.may_refuse, entry.never_passes) == (("proceed",), False, False)
    assert (entry.from_states, entry.to_states) == (StateSet((), ("A",)), EVERY)
    entry = only(Sees())
    assert (entry.kind, entry.hooks, entry.awaits) == ("transform", ("on_decision",), ())
    assert (entry.from_states, entry.verdicts, entry.may_refuse) == (None, (), False)


def test_a_hook_that_is_a_partial_or_an_object() -> None:
    """Whether such a hook is async is told by what it calls, and so is where it stands."""

    async def late(_word: str, _: Transition[S, S]) -> None: ...

    class Called:
        async def __call__(self, _: Transition[S, S]) -> Abort:
            return abort(reason="no")

    one = only(rule(from_states={S.A}, to_states={S.B})(partial(late, "x")), kind=AsyncPolicy)
    other = only(rule(from_states={S.A}, to_states={S.B})(Called()), kind=AsyncPolicy)
    assert one.awaits == other.awaits == ("before_transition",)
    assert (one.verdicts, other.verdicts) == (("proceed",), ("abort",))
    assert other.never_passes
    lines = Path(__file__).read_text(encoding="utf-8").splitlines()
    for each, word in ((one, "async def late"), (other, "class Called")):
        assert each.file is not None
        assert each.file.endswith("test_matrix.py")
        assert each.line is not None
        assert word in lines[each.line - 1]


def test_legal_moves() -> None:
    """What `moves()` allows is known, state by state, and so is what it rules out."""
    entry = only(moves({None: {S.A}, S.B: set[S](), S.A: {S.B, None}}, name="legal"))
    assert entry.name == "legal"
    assert entry.verdicts == ("proceed", "abort")
    assert entry.hooks == ("before_transition",)
    assert entry.legal == (("A", StateSet((), ("B", None))), (None, StateSet((), ("A",))))
    assert (entry.doc, entry.file, entry.line) == (None, None, None)
    matrix = Matrix.of(Policy[S](moves({S.A: {S.B, None}}), good))
    assert matrix.next_states("A") == ("B", None)
    (line, other) = matrix.explain("A", "C")
    text = "fires, and always refuses: A -> C is no legal move: from there only to B, None"
    assert (line.sentence, other.sentence) == (text, "no: only when entering B")
    (line, _) = matrix.explain("C", "B")
    assert line.sentence.endswith("from there nowhere")


def test_sentences_of_what_never_passes() -> None:
    """The same as the policy's."""

    @rule(from_states=every(S) | {None}, to_states=every(S) | every(Number))
    def never(_: Transition[S | None, S | Number]) -> Abort:
        return abort(reason="no")

    policy: Policy[Any, object] = Policy(never, Book())
    matrix = Matrix.of(policy)
    assert [line.sentence for line in matrix.explain("S.A", "S.B")] == [
        line.sentence for line in policy.explain(S.A, S.B).lines
    ]
    assert matrix.explain("Number.ONE", None)[0].sentence == (
        "no: only when leaving S.A, S.B, S.C, None and entering S.A, S.B, S.C, 3 more".replace(
            "S.A, S.B, S.C, 3", "S.A, S.B, S.C, 3"
        )
    )


# --------------------------------------------------------------------------------------------------
# States
# --------------------------------------------------------------------------------------------------


def test_states_are_qualified_where_two_enums_meet() -> None:
    """While there is one enum a state is called by its member alone; by both where two meet."""
    assert Matrix.of(Policy[S](good)).states == ("A", "B", "C", None)
    both = Matrix.of(Policy[S | Mine](good))
    assert both.states == ("S.A", "S.B", "S.C", "Mine.A", None)
    assert both.entries[0].from_states == StateSet((), ("S.A",))


def test_a_policy_of_transforms_is_over_the_enum_that_it_names() -> None:
    """Its states are those of its type argument; without one there is "no state" alone."""
    assert Matrix.of(Policy[S](Book())).states == ("A", "B", "C", None)
    nothing: Policy[Any, object] = Policy(Book())
    assert Matrix.of(nothing).states == (None,)
    assert Matrix.of(Policy[S]()).entries == ()


def test_enums_of_one_name_are_told_apart() -> None:
    """By where they are defined, or by a number."""

    def named(name: str, qualname: str, module: str, value: int = 1) -> Any:
        make: Any = Enum
        return make(name, {"A": value}, module=module, qualname=qualname)

    def called(*enums: Any) -> list[str]:
        every_state = frozenset([enum.A for enum in enums])
        made = rule(from_states=every_state, to_states=every_state)(lambda _: None)
        return [enum.name for enum in Matrix.of(Policy(made)).space.enums]

    assert called(named("S", "Here.S", "m"), named("S", "There.S", "m")) == ["Here.S", "There.S"]
    one, other = named("S", "S", "m"), named("S", "S", "n")
    assert sorted(called(one, other)) == ["m.S", "n.S"]
    assert called(named("S", "S", "m"), named("S", "S", "m", 2)) == ["S", "S #2"]


def test_states_that_an_enum_makes_up() -> None:
    """They are states, but not of "every": their enum does not list them."""
    unknown = Number(100)
    made = rule(from_states=every(Number) | {unknown}, to_states=every(Number))(lambda _: None)
    matrix = Matrix.of(Policy(made))
    assert matrix.states == ("ZERO", "ONE", "TWO", "UNKNOWN", None)
    assert matrix.space.others == ("UNKNOWN",)
    assert str(matrix.entries[0].from_states) == "every Number, UNKNOWN"


def test_names_that_people_write() -> None:
    """A state is found by its name, or its member's if that is enough; else the nearest is told."""
    space = StateSpace((StateEnum("S", ("PAID", "NEW")), StateEnum("T", ("NEW",))), ("odd",))
    assert [space.state_named(text) for text in ("S.PAID", "PAID", "odd", "none", "None")] == [
        "S.PAID",
        "S.PAID",
        "odd",
        None,
        None,
    ]
    for text, hint in (("NEW", "T.NEW"), ("S.PAYED", "near it: S.PAID"), ("zzzzzzzz", "zzzz'$")):
        with pytest.raises(MatrixError, match=hint):
            space.state_named(text)


def test_unknown_names_are_errors() -> None:
    """Of a state, an entry, an enum."""
    matrix = Matrix.of(Policy[S](good))
    assert matrix.entry("good") is matrix.entries[0]
    for call in (
        lambda: matrix.fires("X", None),
        lambda: matrix.entry("X"),
        lambda: matrix.members(StateSet(("X",))),
        lambda: matrix.members(StateSet((), ("X",))),
    ):
        with pytest.raises(MatrixError, match="'X'"):
            call()


def test_facts_that_do_not_fit_together_are_errors() -> None:
    """A matrix is checked when it is made, from wherever its facts come."""
    space = StateSpace((StateEnum("S", ("A", "B")),))
    every_s, a = StateSet(("S",)), StateSet((), ("A",))
    right = EntryFacts("right", "rule", every_s, a)

    def wrong(match: str, *entries: EntryFacts) -> None:
        with pytest.raises(MatrixError, match=match):
            Matrix("p", space, entries)

    wrong("two entries are called 'right'", right, right)
    wrong("5,001 entries", *[replace(right, name=str(at)) for at in range(5_001)])
    wrong("not as its space makes it", replace(right, from_states=StateSet((), ("A", "B"))))
    wrong("not as its space makes it", replace(right, to_states=StateSet((), (None, "A"))))
    wrong("no state 'C'", replace(right, to_states=StateSet((), ("C",))))
    wrong("no enum 'T'", replace(right, to_states=StateSet(("T",))))
    wrong("no states that it governs", replace(right, to_states=StateSet()))
    wrong("no states that it governs", replace(right, to_states=None))
    wrong("has sets or verdicts", replace(right, kind="transform"))
    wrong("neither a rule", replace(right, kind="law"))  # type: ignore[arg-type] # checked
    wrong("verdicts", replace(right, verdicts=("abort", "proceed")))
    wrong("hooks", replace(right, hooks=("cleanup", "before_transition")))
    wrong("hooks", replace(right, awaits=("cleanup",)))
    moving = replace(right, verdicts=("proceed", "abort"))
    wrong("so it proceeds or aborts", replace(right, legal=(("A", a),)))
    wrong("not in the order of", replace(moving, legal=(("B", a), ("A", a))))
    wrong("not in the order of", replace(moving, legal=(("C", a),)))
    wrong("not in the order of", replace(moving, legal=(("A", StateSet()),)))
    for enums, others in (
        ((StateEnum("S", ()), StateEnum("S", ())), ()),
        ((), ("A", "A")),
        ((StateEnum("S", ("A",)),), ("A",)),
        ((), tuple(map(str, range(5_001)))),
        (tuple([StateEnum(str(at), ()) for at in range(101)]), ()),
    ):
        with pytest.raises(MatrixError, match=r"called|5,001 states|101 enums"):
            StateSpace(enums, others)
