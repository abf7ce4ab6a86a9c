"""Two real policies: that of the README, and one of Prefect's; and large ones from a seed."""

from __future__ import annotations

import random
import runpy
from pathlib import Path
from typing import Any

from bylaws.views import EntryFacts, Matrix, StateEnum, StateSet, StateSpace
from bylaws.views.matrix import VerdictName

EXAMPLES = Path(__file__).parents[2] / "examples"


def orders() -> Matrix:
    """The policy of the README."""
    return Matrix.of(runpy.run_path(str(EXAMPLES / "orders.py"))["orders"])


def prefect(name: str) -> Matrix:
    """One of Prefect's policies."""
    example: dict[str, Any] = runpy.run_path(str(EXAMPLES / "prefect_policies.py"))
    return Matrix.of(example["build"](name, example["load_facts"]()["policies"][name]))


def large(states: int, rules: int) -> Matrix:
    """A matrix of so many states of which no two behave alike, if there are enough rules."""
    dice = random.Random(f"{states} {rules}")
    names = [f"STATE_{at}" for at in range(states)]
    space = StateSpace((StateEnum("S", tuple(names)),))

    def some() -> StateSet:
        return space.set_of(dice.sample(names, dice.choice([1, 3, 10, states // 4])))

    answers: list[tuple[VerdictName, ...] | None] = [None, ("proceed",), ("reject", "abort")]
    listed = [
        EntryFacts(f"rule_{at}", "rule", some(), some(), dice.choice(answers))
        for at in range(rules)
    ]
    return Matrix("large", space, tuple(listed))
