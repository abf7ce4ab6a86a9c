"""Transitions: the callbacks that a before hook adds, and when none can be."""

from __future__ import annotations

from enum import Enum
from itertools import product
from typing import Any

import pytest

from bylaws import (
    AnyTransition,
    BaseRule,
    BaseTransform,
    HookError,
    Outcome,
    Policy,
    Transition,
    Verdict,
    rule,
    states,
)
from tests.cast import S
from tests.model import drive


@pytest.mark.parametrize("method", ["add_after", "add_cleanup"])
def test_a_callback_that_was_called_already_is_no_callback(method: str) -> None:
    """What cannot be called is refused where it is added, with the call that was meant."""

    @rule(from_states={S.A}, to_states={S.B})
    def slip(t: Transition[S, S, list[str]]) -> None:
        add: Any = getattr(t, method)
        context: Any = t.context
        add(context.append("too early"))

    with pytest.raises(
        HookError,
        match=rf"{method}\(\) was given None, .*: {method}\(f, x\), not {method}\(f\(x\)\)",
    ) as e:
        Policy[S, list[str]](slip).run([], S.A, S.B)
    assert (e.value.entry, e.value.hook) == (slip, method)


def test_a_transition_that_is_made_by_hand_takes_no_callbacks() -> None:
    """No hook is running on it."""
    transition = Transition(S.A, S.B, None)
    for add in (transition.add_after, transition.add_cleanup):
        with pytest.raises(HookError, match="no before hook of this transition was running"):
            add(print)


@pytest.mark.parametrize(
    ("adds", "awaited"), list(product(["add_after", "add_cleanup"], [False, True]))
)
def test_a_callback_that_comes_too_late(adds: str, awaited: bool) -> None:
    """A callback added when no before hook is running is an error, and never called."""
    log: list[str] = []
    kept: list[Transition[S, S, None]] = []

    class Keep(BaseRule[S, S, None]):
        from_states = states(S.A)
        to_states = states(S.B)

        def before_transition(self, transition: Transition[S, S, None], /) -> Verdict[S] | None:
            kept.append(transition)
            return None

        def after_transition(self, transition: Transition[S, S, None], /) -> None:
            with pytest.raises(HookError, match="no before hook"):
                getattr(transition, adds)(log.append, "from an after hook")
            log.append("after")

    policy = Policy[S, None](Keep())

    def commit(_state: S, _outcome: Outcome[S]) -> None:
        with pytest.raises(HookError, match="no before hook"):
            getattr(kept[0], adds)(log.append, "from commit")

    if awaited:
        drive(policy.arun(None, S.A, S.B, commit=commit))
    else:
        policy.run(None, S.A, S.B, commit=commit)
    with pytest.raises(HookError, match="no before hook"):
        getattr(kept[0], adds)(log.append, "after the run")
    assert log == ["after"]


@pytest.mark.parametrize("awaited", [False, True])
def test_no_callback_is_added_at_the_decision(awaited: bool) -> None:
    """A transform that is told the decision adds none: that is an error of its `on_decision`."""

    class Late(BaseTransform[None]):
        def on_decision(self, transition: AnyTransition[None], outcome: Outcome[Enum], /) -> None:
            transition.add_after(print)

    policy = Policy[S, None](Late())
    with pytest.raises(HookError, match="no before hook of this transition was running") as caught:
        _ = drive(policy.arun(None, S.A, S.B)) if awaited else policy.run(None, S.A, S.B)
    assert caught.value.__notes__ == ["in Late.on_decision, Policy: S.A -> S.B"]
