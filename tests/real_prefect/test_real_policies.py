"""Prefect's nine policies, as the classes that Prefect has: what fires in each of the 900 cells."""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path
from typing import Any, Final

import pytest
from prefect import __version__
from prefect.server.orchestration import core_policy, global_policy
from prefect.server.schemas.states import StateType

from bylaws import AsyncPolicy
from bylaws.views.prefect import read_prefect_policy
from examples.prefect_engine import entries

DATA: Final = Path(__file__).parents[1] / "data" / "prefect-policies.json"
FACTS: Final[dict[str, Any]] = json.loads(DATA.read_text(encoding="utf-8"))
STATES: Final[list[StateType | None]] = [*StateType, None]
CELLS: Final = [*product(STATES, STATES)]


def policy_of(name: str) -> Any:
    """Prefect's policy of that name."""
    return getattr(core_policy, name, None) or getattr(global_policy, name)


def by_prefect(name: str) -> list[list[str]]:
    """What Prefect says that fires, cell by cell."""
    policy = policy_of(name)
    return [[kind.__name__ for kind in policy.compile_transition_rules(*cell)] for cell in CELLS]


@pytest.mark.parametrize("name", FACTS["policies"])
def test_the_matrix_is_what_prefect_answers(name: str) -> None:
    """What `bylaws show` reads off a class is what its own `compile_transition_rules` gives."""
    matrix = read_prefect_policy(policy_of(name))
    assert matrix.name == name
    assert len(CELLS) == 100
    found = [
        [entry.name for entry in matrix.fires(*[state and state.name for state in cell])]
        for cell in CELLS
    ]
    assert found == by_prefect(name)


@pytest.mark.parametrize("name", FACTS["policies"])
def test_the_adapters_table_is_what_prefect_answers(name: str) -> None:
    """So is what the adapter of the example lists, found in the table of bylaws."""
    policy = AsyncPolicy[StateType, Any](*entries(policy_of(name)))
    found = [
        [getattr(entry, "name", "") for entry in policy.compile_transition_rules(*cell)]
        for cell in CELLS
    ]
    assert found == by_prefect(name)


@pytest.mark.parametrize("name", FACTS["policies"])
def test_the_facts_are_what_prefect_answers(name: str) -> None:
    """The file with the facts, which other tests take for Prefect, is what 3.8.4 says.

    What later releases have added is left out.
    """
    facts = FACTS["policies"][name]
    names = [rule["name"] for rule in facts["rules"]]
    added = {entry for cell in by_prefect(name) for entry in cell if entry not in names}
    assert not (added and __version__.startswith("3.8.4"))
    assert FACTS["states"] == [state and state.name for state in STATES]
    found = [[names[at] for at in cell] for row in facts["matrix"] for cell in row]
    assert found == [[entry for entry in cell if entry in names] for cell in by_prefect(name)]


def test_there_are_no_other_policies() -> None:
    """Prefect has these nine."""
    classes = {**vars(core_policy), **vars(global_policy)}
    named = {
        name
        for name, value in classes.items()
        if isinstance(value, type) and name.endswith("Policy") and hasattr(value, "priority")
    }
    assert {name for name in named if not policy_of(name).__abstractmethods__} == {
        *FACTS["policies"]
    }
