"""Runs, plain and async, against the model of the contract."""

from __future__ import annotations

import asyncio
import gc
import pickle
from collections.abc import Callable
from copy import copy, deepcopy
from dataclasses import replace
from enum import Enum
from typing import Any, Final

import pytest
from hypothesis import given

from bylaws import (
    Aborted,
    Accepted,
    AnyTransition,
    AsyncPolicy,
    BaseRule,
    BaseTransform,
    Delayed,
    Outcome,
    Policy,
    Rejected,
    StateLike,
    Transition,
    Verdict,
    abort,
    delay,
    every,
    proceed,
    reject,
    rule,
    states,
)
from tests.cast import Book, OtherText, Row, S, Text
from tests.model import (
    COMMITS,
    FLAVOURED,
    PASSES,
    SCRIPTS,
    STATES,
    Pause,
    Script,
    State,
    drive,
    policy_of,
    predict,
    watch_arun,
    watch_run,
)
from tests.zoo import made


@given(SCRIPTS, STATES, STATES, COMMITS)
def test_run_does_what_the_model_says(
    entries: list[Script], from_state: State | None, to_state: State | None, commit: str | None
) -> None:
    """A plain run makes the calls, and comes to the outcome or exception, of the contract."""
    plain = [script.plain() for script in entries]
    assert watch_run(plain, from_state, to_state, commit) == predict(
        plain, from_state, to_state, commit
    )


@given(SCRIPTS, STATES, STATES, COMMITS, FLAVOURED)
def test_arun_does_what_the_model_says(
    entries: list[Script],
    from_state: State | None,
    to_state: State | None,
    commit: str | None,
    commit_is: Any,
) -> None:
    """An async run does the same whichever hooks are plain, async or return something awaitable."""
    expected = predict(entries, from_state, to_state, commit)
    assert watch_arun(entries, from_state, to_state, commit, commit_is) == expected


@given(SCRIPTS, STATES, STATES, COMMITS)
def test_run_and_arun_agree(
    entries: list[Script], from_state: State | None, to_state: State | None, commit: str | None
) -> None:
    """`run` and `arun` of one plain policy are seen to do the same, whatever the model says."""
    plain = [script.plain() for script in entries]
    seen = watch_arun(plain, from_state, to_state, commit, policy=policy_of(plain))
    assert seen == watch_run(plain, from_state, to_state, commit)


@given(SCRIPTS, STATES, STATES, COMMITS)
def test_every_obligation_is_kept_exactly_once(
    entries: list[Script], from_state: State | None, to_state: State | None, commit: str | None
) -> None:
    """Counted, not modelled: a rule that lets it go on gets one of its hooks, once, others none.

    Of the callbacks that an entry added those of one kind are called, each once.
    """
    plain = [
        replace(
            script.plain(),
            before=script.before or "nothing",
            after=script.after or "fine",
            cleanup=script.cleanup or "fine",
            adds=(("add_after", "fine"), ("add_cleanup", "fine")) * 2,
        )
        for script in entries
    ]
    calls = [label for label, _ in watch_run(plain, from_state, to_state, commit).calls]
    for at, script in enumerate(plain):
        begun = f"{at}.before_transition" in calls
        hooks = [calls.count(f"{at}.{hook}") for hook in ("after_transition", "cleanup")]
        if not script.universal:
            assert sum(hooks) == (begun and script.before in PASSES)
        callbacks = [
            [calls.count(f"{at}.{method}.{number}") for number in numbers]
            for method, numbers in (("add_after", (0, 2)), ("add_cleanup", (1, 3)))
        ]
        assert sorted(callbacks) == [[0, 0], [begun, begun]]


# --------------------------------------------------------------------------------------------------
# The table of the contract: what fires, in which case
# --------------------------------------------------------------------------------------------------


class Logs:
    """What an entry does in its hooks: says so, adds a callback for each side, and goes on."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.log: list[str] = []
        self.acts: dict[str, Callable[[], Verdict[S]]] = {}
        """What it does at the end of a hook."""

    def act(self, hook: str) -> Verdict[S] | None:
        self.log.append(hook)
        return self.acts.get(hook, lambda: None)()

    def begin(self, transition: Transition[Any, Any, object]) -> Verdict[S] | None:
        transition.add_after(self.log.append, "add_after")
        transition.add_cleanup(self.log.append, "add_cleanup")
        return self.act("before")


class PlainRule(Logs):
    from_states = states(S.A)
    to_states = states(S.B)

    def before_transition(self, transition: Transition[S, S, object], /) -> Verdict[S] | None:
        return self.begin(transition)

    def after_transition(self, _: Transition[S, S, object], /) -> None:
        self.act("after")

    def cleanup(self, _: Transition[S, S, object], /) -> None:
        self.act("cleanup")


class PlainTransform(Logs):
    universal = True

    def before_transition(self, transition: AnyTransition[object], /) -> None:
        self.begin(transition)

    def on_decision(self, _: AnyTransition[object], outcome: Outcome[Enum], /) -> None:
        self.act("decided")

    def after_transition(self, _: AnyTransition[object], outcome: Outcome[Enum], /) -> None:
        self.act("after")


class AsyncRule(Logs):
    from_states = states(S.A)
    to_states = states(S.B)

    async def before_transition(self, transition: Transition[S, S, object], /) -> Verdict[S] | None:
        await Pause()
        return self.begin(transition)

    async def after_transition(self, _: Transition[S, S, object], /) -> None:
        await Pause()
        self.act("after")

    async def cleanup(self, _: Transition[S, S, object], /) -> None:
        await Pause()
        self.act("cleanup")


class AsyncTransform(Logs):
    universal = True

    async def before_transition(self, transition: AnyTransition[object], /) -> None:
        await Pause()
        self.begin(transition)

    async def on_decision(self, _: AnyTransition[object], outcome: Outcome[Enum], /) -> None:
        await Pause()
        self.act("decided")

    async def after_transition(self, _: AnyTransition[object], outcome: Outcome[Enum], /) -> None:
        await Pause()
        self.act("after")


def raises() -> Any:
    """Raise what goes out."""
    raise OSError("disk")


# How a cell of the table is seen in the log of an entry, behind its before hook.
CELLS: Final = {
    "after": ["add_after", "after"],
    "cleanup": ["add_cleanup", "cleanup"],
    "add_after": ["add_after"],
    "add_cleanup": ["add_cleanup"],
    "-": [],
}

# What happened: what the second rule and the commit do | what is seen of the rules that proceeded,
# of the second rule, the rules after it, the commit, the transforms | what the caller gets.
TABLE: Final[dict[str, tuple[dict[str, Any], list[str], object]]] = {
    "all proceed": (
        {},
        ["after", "after", "after", "S.B", "after"],
        Accepted(S.B),
    ),
    "all proceed, and there is no commit": (
        {"commit": None},
        ["after", "after", "after", "-", "after"],
        Accepted(S.B),
    ),
    "redirect": (
        {"before": lambda: reject(S.C, reason="r")},
        ["cleanup", "add_after", "nothing", "S.C", "after"],
        Rejected(S.C, "r"),
    ),
    "redirect to where it is": (
        {"before": lambda: reject(S.A, reason="r")},
        ["cleanup", "add_after", "nothing", "S.A", "after"],
        Rejected(S.A, "r"),
    ),
    "reject, stay": (
        {"before": lambda: reject(reason="r")},
        ["cleanup", "add_cleanup", "nothing", "-", "after"],
        Rejected(None, "r"),
    ),
    "delay": (
        {"before": lambda: delay(1, reason="r")},
        ["cleanup", "add_cleanup", "nothing", "-", "after"],
        Delayed(1, "r"),
    ),
    "abort": (
        {"before": lambda: abort(reason="r")},
        ["cleanup", "add_cleanup", "nothing", "-", "after"],
        Aborted("r"),
    ),
    "a before hook raises": (
        {"before": raises},
        ["cleanup", "add_cleanup", "nothing", "-", "add_cleanup"],
        OSError,
    ),
    "a transform raises when it is told the decision": (
        {"decided": raises},
        ["cleanup", "cleanup", "cleanup", "-", "add_cleanup"],
        OSError,
    ),
    "commit answers with a refusal": (
        {"commit": lambda: delay(2, reason="lost")},
        ["cleanup", "cleanup", "cleanup", "S.B", "after"],
        Delayed(2, "lost"),
    ),
    "commit answers with a refusal of a redirect": (
        {"before": lambda: reject(S.C, reason="r"), "commit": lambda: abort(reason="lost")},
        ["cleanup", "add_cleanup", "nothing", "S.C", "after"],
        Aborted("lost"),
    ),
    "commit answers with an exception": (
        {"commit": lambda: OSError("disk")},
        ["after", "after", "after", "S.B", "after"],
        OSError,
    ),
    "commit answers with an exception to a redirect": (
        {"before": lambda: reject(S.C, reason="r"), "commit": lambda: OSError("disk")},
        ["cleanup", "add_after", "nothing", "S.C", "after"],
        OSError,
    ),
    "commit raises": (
        {"commit": raises},
        ["cleanup", "cleanup", "cleanup", "S.B", "add_cleanup"],
        OSError,
    ),
    "commit of a redirect raises": (
        {"before": lambda: reject(S.C, reason="r"), "commit": raises},
        ["cleanup", "add_cleanup", "nothing", "S.C", "add_cleanup"],
        OSError,
    ),
    "an after side raises": (
        {"after": raises},
        ["after", "after", "after", "S.B", "after"],
        OSError,
    ),
    "a cleanup side raises": (
        {"cleanup": raises, "commit": lambda: abort(reason="lost")},
        ["cleanup", "cleanup", "cleanup", "S.B", "after"],
        OSError,
    ),
}


@pytest.mark.parametrize("how", ["run", "arun with plain hooks", "arun with async hooks"])
@pytest.mark.parametrize("what", TABLE)
def test_the_table_of_the_contract(what: str, how: str) -> None:
    """Each row, each column, as the contract has it."""
    does, cells, gets = TABLE[what]
    make_rule, make_transform = (
        (AsyncRule, AsyncTransform) if how.endswith("async hooks") else (PlainRule, PlainTransform)
    )
    entries: list[Any] = [
        make_transform("book"),
        make_rule("first"),
        make_rule("second"),
        make_transform("tell"),
        make_rule("third"),
    ]
    book, first, second, tell, third = entries
    second.acts = {
        hook: act for hook, act in does.items() if hook in ("before", "after", "cleanup")
    }
    tell.acts = {hook: act for hook, act in does.items() if hook == "decided"}
    commits: list[str] = []

    def write(state: S, outcome: Outcome[S]) -> Any:
        assert outcome.state is state if isinstance(outcome, Accepted | Rejected) else False
        commits.append(str(state))
        return does.get("commit", lambda: None)()

    commit = None if does.get("commit", ...) is None else write
    try:
        came: object = (
            Policy[S, object](*entries).run(None, S.A, S.B, commit=commit)
            if how == "run"
            else drive(AsyncPolicy[S, object](*entries).arun(None, S.A, S.B, commit=commit))
        )
    except OSError as error:
        came = type(error)
    assert came == gets

    earlier, spoke, later, written, transforms = cells
    assert first.log == ["before", *CELLS[earlier]]
    assert second.log == ["before", *CELLS[spoke]]
    assert third.log == ([] if later == "nothing" else ["before", *CELLS[later]])
    assert commits == ([] if written == "-" else [written])
    decided = [] if what == "a before hook raises" else ["decided"]
    assert book.log == ["before", *decided, *CELLS[transforms]]
    assert tell.log == ([] if not decided else ["before", "decided", *CELLS[transforms]])


# --------------------------------------------------------------------------------------------------
# The decision
# --------------------------------------------------------------------------------------------------


class Order:
    """A row, its audit, and what has been committed of both: a transaction, in short."""

    def __init__(self) -> None:
        self.state: Enum | None = S.A
        self.audit: list[str] = []
        self.committed: list[object] = []

    def commit(self, state: Enum, _outcome: object) -> None:
        """Commit what stands in the transaction."""
        self.committed = [self.state, state, *self.audit]


class Record(BaseTransform[Order]):
    """Writes into the transaction what was decided."""

    def on_decision(self, transition: AnyTransition[Order], outcome: Outcome[Enum], /) -> None:
        transition.context.audit.append(repr(outcome))
        if isinstance(outcome, Accepted | Rejected) and outcome.state is not None:
            transition.context.state = outcome.state


@rule(from_states={S.A}, to_states=every(S))
def answer(t: Transition[S, S, Order]) -> Verdict[S]:
    """Redirect from B, stay out of A."""
    if t.to_state is S.A:
        return reject(reason="stay")
    return reject(S.C, reason="done already") if t.to_state is S.B else proceed()


@pytest.mark.parametrize("how", ["run", "arun"])
def test_the_decision_is_told_before_anything_is_written(how: str) -> None:
    """The row and its audit are of one transaction: a redirect is written as what it is."""
    for to_state, expected, committed in (
        (S.C, Accepted(S.C), True),
        (S.B, Rejected(S.C, "done already"), True),
        (S.A, Rejected[S](None, "stay"), False),
    ):
        order = Order()
        policy = Policy[S, Order](Record(), answer)
        outcome = (
            policy.run(order, S.A, to_state, commit=order.commit)
            if how == "run"
            else drive(policy.arun(order, S.A, to_state, commit=order.commit))
        )
        assert outcome == expected
        assert order.audit == [repr(expected)]
        assert order.state is (S.C if committed else S.A)
        assert order.committed == ([S.C, S.C, repr(expected)] if committed else [])


@pytest.mark.parametrize("how", ["run", "arun"])
def test_the_decision_is_told_in_order_until_one_raises(how: str) -> None:
    """Transforms are told in priority order, whatever it is; the first that raises ends it."""
    told: list[str] = []

    class Told(BaseTransform[object]):
        def __init__(self, name: str) -> None:
            self.name = name

        def before_transition(self, transition: AnyTransition[object], /) -> None:
            transition.add_cleanup(told.append, f"{self.name} undone")

        def on_decision(self, _: AnyTransition[object], outcome: Outcome[Enum], /) -> None:
            told.append(f"{self.name} told {type(outcome).__name__}")
            if self.name == "two":
                raises()

    @rule(from_states={S.A}, to_states={S.B})
    def refuses(_: Transition[S, S, object]) -> Verdict[S]:
        return abort(reason="no")

    policy = Policy[S, object](Told("one"), refuses, Told("two"), Told("three"))
    with pytest.raises(OSError, match="disk"):
        _ = policy.run(None, S.A, S.B) if how == "run" else drive(policy.arun(None, S.A, S.B))
    assert told == [
        "one told Aborted",
        "two told Aborted",
        "three undone",
        "two undone",
        "one undone",
    ]


# --------------------------------------------------------------------------------------------------
# Payloads
# --------------------------------------------------------------------------------------------------


class Carries(BaseRule[S, S, object]):
    """Writes down what carried the states, and proposes what it is given."""

    from_states = every(S)
    to_states = every(S)

    def __init__(self, proposes: StateLike[S] | S | None = None) -> None:
        self.proposes = proposes
        self.seen: list[object] = []

    def before_transition(self, transition: Transition[S, S, object], /) -> Verdict[S] | None:
        self.seen += [transition.from_payload, transition.to_payload]
        return None if self.proposes is None else reject(self.proposes, reason="instead")

    def after_transition(self, transition: Transition[S, S, object], /) -> None:
        self.seen += [transition.from_payload, transition.to_payload]


class Tells(BaseTransform[object]):
    """The same, as a transform."""

    def __init__(self) -> None:
        self.seen: list[object] = []

    def before_transition(self, transition: AnyTransition[object], /) -> None:
        self.seen += [transition.from_payload, transition.to_payload]

    def on_decision(self, _: AnyTransition[object], outcome: Outcome[Enum], /) -> None:
        self.seen.append(payload_of(outcome))

    def after_transition(self, _: AnyTransition[object], outcome: Outcome[Enum], /) -> None:
        self.seen.append(payload_of(outcome))


def payload_of(outcome: Outcome[Any]) -> object:
    """The payload of an outcome that has a state."""
    assert isinstance(outcome, Accepted | Rejected)
    return outcome.payload


OLD, NEW, OTHER = Row(S.A, "old"), Row(S.B, "new"), Row(S.C, "other")


@pytest.mark.parametrize("how", ["run", "arun"])
@pytest.mark.parametrize(
    ("from_state", "to_state", "carried"),
    [
        (OLD, NEW, (OLD, NEW)),
        (OLD, S.B, (OLD, None)),
        (S.A, NEW, (None, NEW)),
        (S.A, S.B, (None, None)),
    ],
)
@pytest.mark.parametrize("proposes", [None, OTHER, S.C])
def test_payloads_are_not_dropped(
    from_state: Any, to_state: Any, carried: tuple[object, object], proposes: Any, how: str
) -> None:
    """What carried a state reaches hooks, the commit and the outcome, which its copies keep."""
    carries, tells = Carries(proposes), Tells()
    policy = Policy[S, object](tells, carries)
    written: list[object] = []

    def commit(state: S, outcome: Outcome[S]) -> None:
        written.extend([state, payload_of(outcome)])

    for _ in range(2):  # with the cell filled, too
        outcome = (
            policy.run(None, from_state, to_state, commit=commit)
            if how == "run"
            else drive(policy.arun(None, from_state, to_state, commit=commit))
        )
        payload = carried[1] if proposes is None else OTHER if proposes is OTHER else None
        assert isinstance(outcome, Accepted if proposes is None else Rejected)
        assert payload_of(outcome) is payload
        assert written == [S.B if proposes is None else S.C, payload]
        hooks = 1 if proposes else 2
        assert carries.seen == [*carried] * hooks
        assert tells.seen == [*carried, payload, payload]
        assert pickle.loads(pickle.dumps(outcome)) == deepcopy(outcome) == copy(outcome) == outcome
        assert payload_of(deepcopy(outcome)) == payload
        written.clear()
        carries.seen.clear()
        tells.seen.clear()


def test_a_payload_is_of_one_run_alone() -> None:
    """The outcome that runs of one cell share has none, whoever ran before."""
    policy = Policy[S, object](Carries())
    assert policy.run(None, S.A, NEW) == Accepted(S.B, NEW)
    assert policy.run(None, S.A, S.B) == Accepted(S.B)
    assert policy.run(None, S.A, Row(S.B, "newer")) == Accepted(S.B, Row(S.B, "newer"))
    assert repr(policy.run(None, S.A, S.B)) == "Accepted(state=<S.B: 2>)"


# --------------------------------------------------------------------------------------------------
# Outcomes that runs share
# --------------------------------------------------------------------------------------------------


def test_equal_members_of_two_enums_are_two_outcomes() -> None:
    """An outcome has the member that its run was given, not one that is equal or has its name."""
    for policy in (Policy[Enum, object](Book()), Policy[Enum, object]()):
        for state in (Text.A, Text.B, OtherText.A, Text.B, Text.A):
            for outcome in (
                policy.run(None, None, state),
                asyncio.run(policy.arun(None, None, state)),
            ):
                assert isinstance(outcome, Accepted)
                assert outcome.state is state
    plain, later = Policy[Enum, object](Book()), AsyncPolicy[Enum, object](Book())
    for state in (Text.A, OtherText.A):  # one right after the other
        for outcome in (plain.run(None, None, state), asyncio.run(later.arun(None, None, state))):
            assert isinstance(outcome, Accepted)
            assert outcome.state is state


def test_endless_made_up_members_are_not_kept() -> None:
    """Outcomes are kept for a bounded number of states, however many `_missing_` makes up."""
    policy = Policy[Enum, object]()

    def kept() -> int:
        gc.collect()
        return sum(isinstance(it, Accepted) for it in gc.get_objects())

    before = kept()
    for number in range(1_000):
        policy.run(None, None, made(S, _name_=str(number)))
    assert kept() - before < 500
