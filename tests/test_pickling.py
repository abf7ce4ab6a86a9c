"""Pickles: policies, rules, verdicts, outcomes and errors travel between processes."""

from __future__ import annotations

import copy
import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from enum import Enum
from itertools import product
from multiprocessing import get_context
from pathlib import Path
from types import FunctionType
from typing import Any, Final, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

import bylaws
from bylaws import (
    Accepted,
    AnyTransition,
    AsyncEntry,
    AsyncPolicy,
    BaseRule,
    BaseTransform,
    Delayed,
    Entry,
    Fault,
    FunctionRule,
    HookError,
    Outcome,
    Policy,
    PolicyError,
    Rejected,
    StateError,
    Transition,
    Verdict,
    abort,
    delay,
    proceed,
    reject,
    rule,
    states,
)
from bylaws.protocols import AnyRule
from tests.cast import (
    OUTCOMES,
    Book,
    Row,
    S,
    answering,
    first,
    good,
    governs,
    last,
    late,
    other,
    spoken,
)
from tests.model import (
    REFUSES,
    ROW,
    SCRIPTS,
    STATES,
    Foreign,
    Script,
    State,
    World,
    drive,
    policy_of,
)


@rule(from_states=states(State.NEW), to_states=states(State.OPEN))
def passes(t: Transition[State, State, list[str]]) -> Verdict[State]:
    """Pass, and undo what was noted."""
    t.context.append("passes")
    t.add_cleanup(t.context.append, "undone")
    return proceed()


@rule(from_states=states(State.NEW, State.OPEN), to_states=states(State.OPEN, State.SHUT))
def waits(t: Transition[State, State, list[str]]) -> Verdict[State]:
    """Come back later."""
    t.context.append("waits")
    return delay(5, reason="later")


@rule(from_states=states(State.NEW, State.OPEN), to_states=states(State.OPEN, State.SHUT))
async def waits_async(t: Transition[State, State, list[str]]) -> Verdict[State]:
    """The same, async."""
    t.context.append("waits")
    return delay(5, reason="later")


class Listed(BaseRule[State, State, list[str]]):
    """A rule with an attribute, to be pickled."""

    from_states = states(State.SHUT)
    to_states = states(State.OPEN)

    def __init__(self, word: str) -> None:
        self.word = word

    def before_transition(
        self, transition: Transition[State, State, list[str]], /
    ) -> Verdict[State] | None:
        """Write the word down, and propose another state."""
        transition.context.append(self.word)
        return reject(State.NEW, reason=self.word)


class Noted(BaseTransform[list[str]]):
    """A transform, to be pickled."""

    def after_transition(
        self, transition: AnyTransition[list[str]], outcome: Outcome[Enum], /
    ) -> None:
        """Write the outcome down."""
        transition.context.append(repr(outcome))


class Declared(Policy[State, list[str]]):
    """A policy as a subclass, to be pickled."""

    asked = 0

    def priority(self) -> tuple[Entry[State, list[str]], ...]:
        """Count how often it is asked."""
        Declared.asked += 1
        return (Noted(), passes, waits)


FUNCTIONS: Final[tuple[FunctionRule[State, State, list[str], Any], ...]] = (
    passes,
    waits,
    waits_async,
)
PROTOCOLS: Final = range(2, pickle.HIGHEST_PROTOCOL + 1)


@given(
    st.permutations([*FUNCTIONS, Listed("one"), Listed("two"), Noted()]),
    st.integers(0, 6),
    st.sampled_from(PROTOCOLS),
    st.booleans(),
)
def test_a_policy_comes_out_of_a_pickle_as_it_went_in(
    entries: list[AsyncEntry[State, list[str]]], count: int, protocol: int, composed: bool
) -> None:
    """An unpickled policy lists, finds and does the same; function rules are the very same."""
    kind: Any = AsyncPolicy if waits_async in entries[:count] else Policy
    policy: AsyncPolicy[State, list[str]] = kind[State, list[str]](*entries[:count], name="travels")
    if composed:
        policy = policy.without(*entries[: count // 2])
    copy: AsyncPolicy[State, list[str]] = pickle.loads(pickle.dumps(policy, protocol))
    assert type(copy) is type(policy)
    assert repr(copy) == repr(policy)
    for one, back in zip(policy.entries, copy.entries, strict=True):
        assert one is back if isinstance(one, FunctionRule) else vars(one) == vars(back)
    for from_state, to_state in product([*State, None], repeat=2):
        assert str(copy.explain(from_state, to_state)) == str(policy.explain(from_state, to_state))
        logs: tuple[list[str], list[str]] = ([], [])
        outcome = drive(policy.arun(logs[0], from_state, to_state))
        assert drive(copy.arun(logs[1], from_state, to_state)) == outcome
        assert logs[0] == logs[1]
    with pytest.raises(StateError):
        copy.explain(cast("Any", Foreign.NEW), State.NEW)


@given(SCRIPTS, STATES, STATES)
def test_an_outcome_comes_out_of_a_pickle_equal(
    entries: list[Script], from_state: State | None, to_state: State | None
) -> None:
    """It is equal, hashes and reads the same, and so does its trace, with names for entries."""
    good = [
        replace(
            script.plain(), before="nothing", after="fine", cleanup="fine", adds=(), decide=None
        )
        for script in entries
    ]
    good = [
        replace(
            one,
            before=other.before
            if other.before in REFUSES and other.before != "redirect to a row"
            else "proceed",
        )
        for one, other in zip(good, entries, strict=True)
    ]
    good = [replace(one, before="nothing") if one.universal else one for one in good]
    outcome = policy_of(good).run(World(good, from_state, to_state), from_state, to_state)
    for protocol in PROTOCOLS:
        copy: Outcome[State] = pickle.loads(pickle.dumps(outcome, protocol))
        assert type(copy) is type(outcome)
        assert copy == outcome
        assert hash(copy) == hash(outcome)
        assert repr(copy) == repr(outcome)
        assert copy.trace == outcome.trace
        assert str(copy.trace) == str(outcome.trace)
        assert [line.entry for line in copy.trace.lines] == [e.name for e in outcome.trace.lines]


# --------------------------------------------------------------------------------------------------
# Policies and rules
# --------------------------------------------------------------------------------------------------


def test_a_pickled_subclass_keeps_its_entries_and_is_not_asked_again() -> None:
    """What `priority()` gave when the policy was made is what its copy has."""
    policy = Declared()
    asked = Declared.asked
    copy: Declared = pickle.loads(pickle.dumps(policy))
    assert type(copy) is Declared
    assert Declared.asked == asked
    assert (
        copy.run([], State.NEW, State.OPEN)
        == policy.run([], State.NEW, State.OPEN)
        == Delayed(5, "later")
    )
    with pytest.raises(StateError):
        copy.run([], cast("Any", Foreign.NEW), State.OPEN)


def as_it_is(value: Any) -> Any:
    return value


def round_trip(value: Any) -> Any:
    return pickle.loads(pickle.dumps(value))


class Orders(Policy[S, int]):
    def __init__(self, limit: int) -> None:
        self.limit = limit
        super().__init__()

    def priority(self) -> tuple[Entry[S, int], ...]:
        return (first, spoken, last)


def test_policies_travel() -> None:
    """A policy comes out with the same rules, compiled; a subclass is not asked for them again."""
    back = round_trip(answering)
    assert (type(back), repr(back), back.entries) == (
        Policy,
        repr(answering),
        answering.entries,
    )
    assert back.run(5, S.A, S.B).trace == answering.run(5, S.A, S.B).trace
    orders = round_trip(Orders(limit=3))
    assert (type(orders), orders.limit, orders.entries) == (Orders, 3, (first, spoken, last))
    composed = round_trip(answering.replacing(first, other))
    assert composed.entries == (other, spoken, last)
    assert isinstance(round_trip(AsyncPolicy[S, int](first)), AsyncPolicy)


def test_a_pickle_has_nothing_compiled() -> None:
    """What a policy works out is worked out again: it carries what it was made of, used or not."""
    policy = Policy[S, object](good)
    carried = pickle.dumps(policy)
    policy.run(None, S.A, S.B)
    assert pickle.dumps(policy) == carried
    assert b"bylaws._" not in carried  # nor anything of the machinery


def test_a_rule_that_has_no_name_cannot_travel() -> None:
    """A rule made inside a function, or kept under another name, says why it cannot be pickled."""

    @rule(from_states={S.A}, to_states={S.B})
    def inner(_: Transition[S, S, int]) -> None: ...

    renamed = rule(from_states={S.A}, to_states={S.B})(first.__wrapped__)
    for it in (inner, renamed, Policy[S, int](inner)):
        with pytest.raises(
            pickle.PicklingError,
            match=r"rules travel by name, and .* Define it at the top level of a mo",
        ):
            pickle.dumps(it)
    assert copy.deepcopy(inner) is inner


@pytest.mark.spawns
def test_a_process_pool_runs_a_policy() -> None:
    """Policies, contexts and outcomes go to other processes and come back."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        found = list(pool.map(answering.run, range(6), [S.A] * 6, [S.B] * 6))
    assert found[:3] + found[4:] == OUTCOMES[:3] + OUTCOMES[4:]


class Needs(BaseRule[S, S, object]):
    """A rule that runs after another, which an instance of it names."""

    from_states = states(S.A)
    to_states = states(S.B)

    def __init__(self, *after: AnyRule) -> None:
        self.runs_after = after

    def before_transition(self, transition: Transition[S, S, object], /) -> None:
        """Proceed."""


class NeedsIt(Needs):
    """A rule that names an instance in its class."""

    def __init__(self) -> None:
        """Name nothing more."""


needed = Needs()
NeedsIt.runs_after = (needed,)


@pytest.mark.parametrize(
    "travel", [round_trip, copy.deepcopy, copy.copy], ids=lambda it: it.__name__
)
def test_what_a_rule_runs_after_travels_with_it(travel: Callable[[Any], Any]) -> None:
    """An instance that `runs_after` names is, in a copy of the policy, the copy of that."""
    old = Needs()
    named = Needs(old)
    policies = [
        Policy[S, object](needed, NeedsIt()),
        Policy[S, object](old, named),
        Policy[S, object](old, named).replacing(old, Needs()),
    ]
    for policy in policies:
        back = travel(policy)
        for _ in range(2):
            first, second = back.entries
            with pytest.raises(PolicyError, match="has to run after"):
                back.without(second).inserting(second, before=first)
            assert back.without(second).inserting(second, after=first).entries == back.entries
            back = travel(back)


class InSlots(Policy[S, object]):
    """A policy that keeps something in slots."""

    __slots__ = ("limit",)

    def __init__(self, limit: int) -> None:
        self.limit = limit
        super().__init__()

    def priority(self) -> tuple[Entry[S, object], ...]:
        return (good, Book())


@dataclass
class InFields(Policy[S, object]):
    """A policy that is a dataclass, whose `__init__` calls no other."""

    limit: int = 0

    def priority(self) -> tuple[Entry[S, object], ...]:
        return (good, Book())


@dataclass(frozen=True)
class Frozen(Policy[S, object]):
    """A frozen one."""

    limit: int = 0

    def priority(self) -> tuple[Entry[S, object], ...]:
        return (good, Book())


@dataclass(frozen=True)
class FrozenAndMade(Policy[S, object]):
    """A frozen one that is made at once."""

    limit: int = 0

    def __post_init__(self) -> None:
        super().__init__()

    def priority(self) -> tuple[Entry[S, object], ...]:
        return (good, Book())


@dataclass(slots=True)
class Slotted(Policy[S, object]):
    """One with slots."""

    limit: int = 0

    def priority(self) -> tuple[Entry[S, object], ...]:
        return (good, Book())


@dataclass(frozen=True, slots=True)
class SlottedAndMade(Policy[S, object]):
    """A frozen one with slots that is made at once."""

    limit: int = 0

    def __post_init__(self) -> None:
        base: Any = Policy  # super() is of the class without slots
        base.__init__(self)

    def priority(self) -> tuple[Entry[S, object], ...]:
        return (good, Book())


USES: list[Callable[[Any], object]] = [
    lambda policy: policy.entries,
    lambda policy: policy.name,
    lambda policy: policy.priority(),
    lambda policy: policy.run(None, S.A, S.B),
    lambda policy: policy.explain(S.A, S.B),
    lambda policy: policy.next_states(S.A),
    lambda policy: policy.compile_transition_rules(S.A, S.B),
    lambda policy: policy.without(good),
    vars(AsyncPolicy)["__repr__"],
    vars,
    pickle.dumps,
]


@pytest.mark.parametrize(
    "kind", [InSlots, InFields, Frozen, FrozenAndMade, Slotted, SlottedAndMade]
)
@pytest.mark.parametrize("use", USES, ids=range(len(USES)))
@pytest.mark.parametrize(
    "travel", [as_it_is, round_trip, copy.copy, copy.deepcopy], ids=["made", "p", "c", "d"]
)
def test_policies_may_be_dataclasses_or_have_slots(
    kind: Any, use: Callable[[Any], object], travel: Callable[[Any], Any]
) -> None:
    """Such a policy is one whatever is done with it first, and its copies are, fields included."""
    policy = kind(limit=3)
    use(policy)
    policy = travel(policy)
    assert policy.limit == 3
    assert policy.name == kind.__name__
    assert policy.entries[0] is good
    assert policy.compile_transition_rules(S.A, S.B) == policy.entries
    assert policy.run(None, S.A, S.B) == Accepted(S.B)
    with pytest.raises(StateError):
        policy.explain(State.NEW, None)
    if kind is not InSlots:
        assert policy == kind(limit=3)


def test_a_lookup_stays_one_attribute() -> None:
    """The way in is an attribute of the policy itself, also after `vars()` and in its pickle."""
    policy = Policy[S, object](good)
    for each in (policy, round_trip(policy), copy.copy(policy)):
        found = vars(each)["compile_transition_rules"]
        assert each.compile_transition_rules is found
        assert isinstance(found, FunctionType)
        assert found(S.A, S.B) == (good,)


# --------------------------------------------------------------------------------------------------
# By name, and by value
# --------------------------------------------------------------------------------------------------

RULES = """
from enum import Enum
from bylaws import BaseRule, Policy, Transition, reject, rule, states
from where import S, importable

@rule(from_states={S.A}, to_states={S.B})
def own(t):
    return reject(reason=f"{own.__name__}, {t.context}")

@rule(from_states={S.A}, to_states={S.B}, runs_after=(own, importable))
def behind(t): ...

def made(word):
    @rule(from_states={S.B}, to_states={S.A})
    def closure(t):
        return reject(reason=f"{word}, {t.context}")
    return closure

class Own(BaseRule):
    from_states = states(S.A)
    to_states = states(S.B)
    def __init__(self, *after):
        self.runs_after = after
    def before_transition(self, t): ...

first = Own()
policy = Policy[S](importable, own, behind, made("made"), first, Own(first), name="travels")
"""
WHERE = """
from enum import Enum
from bylaws import rule

class S(Enum):
    A = 1
    B = 2

@rule(from_states={S.A}, to_states={S.B})
def importable(t): ...
"""
SENDS = """
import cloudpickle, sys
sys.stdout.buffer.write(cloudpickle.dumps(policy))
"""
RECEIVES = """
import pickle, sys
from bylaws import PolicyError
from where import S, importable

policy = pickle.loads(sys.stdin.buffer.read())
print(policy)
print(policy.entries[0] is importable)
print(policy.run("here", S.A, S.B), policy.run("here", S.B, S.A))
importable, own, behind, closure, first, second = policy.entries
print(behind.runs_after == (own, importable), second.runs_after == (first,))
for early, late in ((own, behind), (importable, behind), (first, second)):
    try:
        policy.without(late).inserting(late, before=early)
    except PolicyError:
        print("holds")
"""
POOLS = """
if __name__ == "__main__":
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    sent = policy.without(policy.entries[3])
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        print(pool.submit(sent.run, "there", S.A, S.B).result())
        print(pool.submit(type, own).result().__name__, pool.submit(repr, sent).result())
"""


def python(script: Path, given: bytes = b"") -> bytes:
    """What a script writes."""
    there = [str(Path(str(bylaws.__file__)).parent.parent), str(script.parent)]
    return subprocess.run(
        [sys.executable, script],
        input=given,
        capture_output=True,
        check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(there)},
    ).stdout


@pytest.mark.spawns
def test_cloudpickle_takes_what_cannot_be_imported_by_value(tmp_path: Path) -> None:
    """In a fresh process are rules of `__main__`, closures, and the very rules of modules."""
    pytest.importorskip("cloudpickle")
    (tmp_path / "where.py").write_text(WHERE)
    (tmp_path / "sends.py").write_text(RULES + SENDS)
    (tmp_path / "receives.py").write_text(RECEIVES)
    carried = python(tmp_path / "sends.py")
    assert python(tmp_path / "receives.py", carried).decode().splitlines() == [
        "<Policy travels: importable, own, behind, closure, Own #1, Own #2>",
        "True",
        "Rejected(state=None, reason='own, here') Rejected(state=None, reason='made, here')",
        "True True",
        "holds",
        "holds",
        "holds",
    ]


@pytest.mark.spawns
def test_rules_of_main_go_to_spawned_processes_by_name(tmp_path: Path) -> None:
    """What `multiprocessing` spawns has the same `__main__`, so the usual pickle goes by name."""
    (tmp_path / "where.py").write_text(WHERE)
    (tmp_path / "pools.py").write_text(RULES + POOLS)
    assert python(tmp_path / "pools.py").decode().splitlines() == [
        "Rejected(state=None, reason='own, there')",
        "FunctionRule <Policy travels: importable, own, behind, Own #1, Own #2>",
    ]


def test_who_pickles_says_how_a_rule_travels(monkeypatch: pytest.MonkeyPatch) -> None:
    """By value where code of `cloudpickle`, also as others ship it, takes a rule without a name."""

    def reduced(entry: object, by: str) -> object:
        there: dict[str, Any] = {"__name__": by}
        exec("def reduce(it): return it.__reduce__()", there)
        return there["reduce"](entry)

    inner = late(first)
    for by in ("cloudpickle.cloudpickle", "ray.cloudpickle", "joblib.externals.cloudpickle"):
        kind, arguments = cast("Any", reduced(inner, by))
        copy = kind(*arguments)
        assert (copy.from_states, copy.to_states) == (inner.from_states, inner.to_states)
        assert (copy.runs_after, copy.__wrapped__) == ((first,), inner.__wrapped__)
        assert reduced(first, by) == "first"
    with pytest.raises(pickle.PicklingError, match="use cloudpickle"):
        reduced(inner, "pickle")
    main = sys.modules["__main__"]
    mine = FunctionRule(first.__wrapped__, first.from_states, first.to_states)
    mine.__module__, mine.__qualname__ = "__main__", "mine"
    monkeypatch.setattr(main, "mine", mine, raising=False)
    assert reduced(mine, "pickle") == "mine"
    assert isinstance(reduced(mine, "cloudpickle.cloudpickle"), tuple)


# --------------------------------------------------------------------------------------------------
# Verdicts and outcomes
# --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "verdict",
    [
        reject(State.SHUT, reason="r"),
        reject(ROW, reason="r"),
        delay(1, reason="r"),
        abort(reason="r"),
    ],
)
def test_an_unpickled_verdict_is_a_verdict(verdict: Verdict[State]) -> None:
    """A verdict that comes out of a pickle is the verdict that went in."""
    copy = pickle.loads(pickle.dumps(verdict))
    if (
        getattr(verdict, "payload", None) is None
    ):  # a payload is the user's, and may not equal its copy
        assert copy == verdict

    @rule(from_states=states(State.NEW), to_states=states(State.OPEN))
    def says(t: Transition[State, State, Verdict[State]]) -> Verdict[State]:
        return t.context

    policy = Policy[State, Verdict[State]](says)
    assert type(policy.run(copy, State.NEW, State.OPEN)) is type(
        policy.run(verdict, State.NEW, State.OPEN)
    )


@pytest.mark.parametrize("outcome", OUTCOMES[:3] + OUTCOMES[4:])
def test_outcomes_travel_without_their_policy(outcome: Outcome[S]) -> None:
    """An outcome comes out of a pickle, or a copy, equal to itself and with the same trace."""
    made = answering.run(OUTCOMES.index(outcome), S.A, S.B)
    back = round_trip(made)
    assert back == made == outcome
    assert back.trace == made.trace
    assert len(made.trace.lines) == 3
    assert back.trace.refused_by == (None if isinstance(made, Accepted) else "spoken")
    assert round_trip(back).trace == made.trace
    for copied in (copy.copy(made), copy.deepcopy(made)):
        assert copied == made
        assert copied.trace == made.trace
        assert copied.trace.lines[1].entry is spoken


def test_a_payload_travels_with_its_outcome() -> None:
    """The state-like that a rejection proposed is in the unpickled outcome too."""
    copy: Rejected[S] = pickle.loads(pickle.dumps(Rejected(S.C, "moved", Row(S.C))))
    assert copy == Rejected(S.C, "moved", Row(S.C))
    assert copy.payload is not None
    assert copy.payload.type is S.C


# --------------------------------------------------------------------------------------------------
# Errors
# --------------------------------------------------------------------------------------------------


def test_errors_travel() -> None:
    """Errors come out of a pickle with their texts and their attributes."""
    made = [
        PolicyError("text", [Fault(None, "fault")]),
        StateError("text", S.A),
        HookError("text", first, "cleanup"),
    ]
    for error, back in zip(made, map(round_trip, made), strict=True):
        assert (type(back), str(back)) == (type(error), "text")
    policy_error, state_error, hook_error = map(round_trip, made)
    assert [str(fault) for fault in policy_error.faults] == ["fault"]
    assert state_error.state is S.A
    assert (hook_error.entry, hook_error.hook) == (first, "cleanup")


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_errors_come_out_of_a_pickle_with_their_attributes(protocol: int) -> None:
    """An unpickled error has its text and its attributes, notes included."""
    errors: list[Any] = []
    for attempt in (
        lambda: Policy[State, list[str]](passes, passes, waits, waits),
        lambda: Policy[State, list[str]](passes).explain(cast("Any", Foreign.NEW), None),
        lambda: Policy[State, list[str]](passes).run(cast("Any", None), State.NEW, State.OPEN),
        lambda: Policy[State, list[str]](
            cast("Any", governs(frozenset({State.NEW}), frozenset({State.OPEN})))
        ).without(waits),
        lambda: reject(cast("Any", "shut"), reason="r"),
    ):
        with pytest.raises((PolicyError, StateError, AttributeError)) as caught:
            attempt()
        errors.append(caught.value)
    errors.append(HookError("broke", waits, "cleanup"))
    errors[-1].add_note("a note")
    for error in errors:
        copy: Any = pickle.loads(pickle.dumps(error, protocol))
        assert type(copy) is type(error)
        assert copy.args == error.args
        assert getattr(copy, "__notes__", []) == getattr(error, "__notes__", [])
        if isinstance(error, PolicyError):
            assert [(fault.entry, str(fault)) for fault in copy.faults] == [
                (f.entry, str(f)) for f in error.faults
            ]
            assert all(isinstance(fault, Fault) for fault in copy.faults)
            assert copy.faults
        elif isinstance(error, StateError):
            assert copy.state == error.state
        elif isinstance(error, HookError):
            assert (copy.entry, copy.hook) == (error.entry, error.hook)
