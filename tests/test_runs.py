"""Runs, plain and async, against the model of the contract."""

from __future__ import annotations

import asyncio
import gc
from dataclasses import replace
from enum import Enum
from typing import Any

from hypothesis import given

from bylaws import Accepted, AsyncPolicy, Policy
from tests.cast import Book, OtherText, S, Text
from tests.model import (
    COMMITS,
    FLAVOURED,
    PASSES,
    SCRIPTS,
    STATES,
    Script,
    State,
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
