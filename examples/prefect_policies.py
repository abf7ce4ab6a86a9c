"""Prefect's nine policies: what fires for a transition, in which order, and why the rest does not.

    python examples/prefect_policies.py                            (CoreTaskPolicy PENDING RUNNING)
    python examples/prefect_policies.py CoreFlowPolicy PAUSED CANCELLING
    python examples/prefect_policies.py GlobalTaskPolicy none SCHEDULED

The rules' names, kinds, states and order are facts about Prefect (Apache-2.0), read from
`prefect-policies.json`.
"""

from __future__ import annotations

import argparse
import json
from enum import Enum, auto
from pathlib import Path
from typing import TypedDict

from bylaws import AnyTransition, BaseRule, BaseTransform, Entry, Policy, Transition

FACTS = Path(__file__).parent.parent / "tests" / "data" / "prefect-policies.json"


class StateType(Enum):
    """The states of a flow run or a task run."""

    SCHEDULED = auto()
    PENDING = auto()
    RUNNING = auto()
    COMPLETED = auto()
    FAILED = auto()
    CANCELLED = auto()
    CRASHED = auto()
    PAUSED = auto()
    CANCELLING = auto()


class RuleFacts(TypedDict("RuleFacts", {"from": list[str | None]})):
    """What the file says of one entry."""

    name: str
    kind: str
    to: list[str | None]


class PolicyFacts(TypedDict):
    """What it says of one policy: `matrix[i][j]` has what fires for `states[i]` to `states[j]`.

    By the places of the rules.
    """

    rules: list[RuleFacts]
    matrix: list[list[list[int]]]


class Facts(TypedDict):
    """The file."""

    states: list[str | None]
    policies: dict[str, PolicyFacts]


class PrefectRule(BaseRule[StateType | None, StateType | None]):
    """A rule with Prefect's name and states. What it does stays with Prefect: here all may pass."""

    def __init__(self, facts: RuleFacts) -> None:
        self.name = facts["name"]
        self.from_states = frozenset(map(state_named, facts["from"]))
        self.to_states = frozenset(map(state_named, facts["to"]))

    def before_transition(self, _: Transition[StateType | None, StateType | None], /) -> None:
        """Proceed."""


class PrefectTransform(BaseTransform):
    """A transform with Prefect's name."""

    def __init__(self, facts: RuleFacts) -> None:
        self.name = facts["name"]

    def before_transition(self, _: AnyTransition, /) -> None:
        """Do nothing."""


def state_named(name: str | None) -> StateType | None:
    """The member of that name; `None` and "none" are "no state"."""
    return None if name is None or name.lower() == "none" else StateType[name.upper()]


def load_facts() -> Facts:
    """The facts, as they stand in the file."""
    facts: Facts = json.loads(FACTS.read_text(encoding="utf-8"))
    return facts


def build(name: str, facts: PolicyFacts) -> Policy[StateType]:
    """A policy from its facts."""
    entries: list[Entry[StateType]] = [
        PrefectTransform(rule) if rule["kind"] == "transform" else PrefectRule(rule)
        for rule in facts["rules"]
    ]
    return Policy[StateType](*entries, name=name)


def main() -> None:
    """Answer for the policy and the transition on the command line."""
    facts = load_facts()
    policies = {name: build(name, policy) for name, policy in facts["policies"].items()}
    states = [str(state).upper() for state in facts["states"]]
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("policy", nargs="?", default="CoreTaskPolicy", choices=policies)
    parser.add_argument("from_state", nargs="?", default="PENDING", type=str.upper, choices=states)
    parser.add_argument("to_state", nargs="?", default="RUNNING", type=str.upper, choices=states)
    asked = parser.parse_args()

    explanation = policies[asked.policy].explain(
        state_named(asked.from_state), state_named(asked.to_state)
    )
    print(explanation)


if __name__ == "__main__":
    main()
