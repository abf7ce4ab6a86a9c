"""Prefect's nine policies: for each of 900 transitions fires what Prefect's own code answers."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path
from typing import Any

import pytest

from bylaws import Policy, Reason

EXAMPLE = Path(__file__).parent.parent / "examples" / "prefect_policies.py"
MODULE: dict[str, Any] = runpy.run_path(str(EXAMPLE))
FACTS: dict[str, Any] = MODULE["load_facts"]()


def test_the_facts_are_whole() -> None:
    """The file has nine policies over nine states and "no state": 900 cells."""
    assert len(FACTS["policies"]) == 9
    assert sum(len(row) for facts in FACTS["policies"].values() for row in facts["matrix"]) == 900
    assert FACTS["states"] == [*(state.name for state in MODULE["StateType"]), None]


@pytest.mark.parametrize("name", FACTS["policies"])
def test_every_cell_is_as_prefect_has_it(name: str) -> None:
    """For all 100 pairs of states the same entries fire, in order, and the explanation agrees."""
    facts = FACTS["policies"][name]
    policy: Policy[Any] = MODULE["build"](name, facts)
    states = [MODULE["state_named"](state) for state in FACTS["states"]]
    entries = policy.entries
    matrix: list[list[list[int]]] = facts["matrix"]
    for from_state, row in zip(states, matrix, strict=True):
        for to_state, expected in zip(states, row, strict=True):
            assert policy.compile_transition_rules(from_state, to_state) == tuple(
                [entries[at] for at in expected]
            )
            reasons = [reason for _, reason in policy.explain(from_state, to_state).entries]
            assert [
                at for at, reason in enumerate(reasons) if reason is Reason.SELECTED
            ] == expected


def test_the_command_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A policy and a transition may be given; "none" is "no state"."""
    monkeypatch.setattr(
        sys, "argv", ["prefect_policies.py", "MarkLateRunsPolicy", "none", "scheduled"]
    )
    runpy.run_path(str(EXAMPLE), run_name="__main__")
    assert capsys.readouterr().out.splitlines() == [
        "MarkLateRunsPolicy: None -> StateType.SCHEDULED",
        "  1  EnsureOnlyScheduledFlowsMarkedLate  fires",
        "  2  EnforceDeploymentConcurrencyOnLate  no: only when leaving SCHEDULED",
        "  3  InstrumentFlowRunStateTransitions   fires (always)",
    ]
