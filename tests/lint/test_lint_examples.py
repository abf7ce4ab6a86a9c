"""Real policies: what lint finds in the examples, and in Prefect's policies."""

from __future__ import annotations

import importlib
import runpy
import sys
from enum import Enum
from pathlib import Path
from typing import Any, ClassVar

import pytest

from bylaws import AsyncPolicy
from bylaws.lint import lint
from bylaws.views import Matrix
from bylaws.views.prefect import read_prefect_policy
from tests.views.drawn import prefect

EXAMPLES = Path(__file__).parent.parent.parent / "examples"
# But the one that imports Prefect, and has policies only while it runs.
FILES = [file for file in sorted(EXAMPLES.glob("*.py")) if file.stem != "prefect_engine"]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_examples_are_silent(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is found in any policy of the examples, live or as a matrix."""
    if file.stem == "task_runs":
        pytest.importorskip("greenlet", reason="needs the extra: examples")
        pytest.importorskip("aiosqlite", reason="needs the extra: examples")
    monkeypatch.setattr(sys, "path", [str(EXAMPLES.parent), *sys.path])
    for value in runpy.run_path(str(file)).values():
        if issubclass(type(value), AsyncPolicy):
            policy: AsyncPolicy[Any, Any] = value
            assert lint(policy) == ()
            assert lint(Matrix.of(policy)) == ()


def test_the_example_of_many_modules_is_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is found in its policy either."""
    pytest.importorskip("greenlet", reason="needs the extra: examples")
    monkeypatch.setattr(sys, "path", [str(EXAMPLES.parent), *sys.path])
    module = importlib.import_module("examples.job_runner.policy")
    assert lint(module.CoreTaskPolicy()) == ()


def test_prefects_facts_are_silent() -> None:
    """Nothing is found in what the facts say of Prefect's nine policies, gaps or not."""
    matrices = prefect()
    assert len(matrices) == 9
    assert lint(*matrices) == ()


class StateType(Enum):
    """States, as Prefect has them."""

    PENDING = "PENDING"
    RUNNING = "RUNNING"


class BaseOrchestrationRule:
    """A base, as Prefect has it: its hooks do nothing."""

    FROM_STATES: ClassVar[set[StateType | None]] = set()
    TO_STATES: ClassVar[set[StateType | None]] = set()

    async def before_transition(self, *_: object) -> None: ...
    async def after_transition(self, *_: object) -> None: ...
    async def cleanup(self, *_: object) -> None: ...


class ForgetRun(BaseOrchestrationRule):
    """Has a cleanup that nothing can bring into play."""

    name = "Forget"
    FROM_STATES: ClassVar[set[StateType | None]] = {StateType.RUNNING}
    TO_STATES: ClassVar[set[StateType | None]] = {None}

    async def cleanup(self, *_: object) -> None:
        raise AssertionError("no hook is called")


class ForgetAgain(ForgetRun):
    """Is called the same."""


class Forgetful:
    """A policy, as Prefect has them."""

    @staticmethod
    def priority() -> list[type[BaseOrchestrationRule]]:
        return [ForgetRun, ForgetAgain]


def test_a_policy_of_prefects_kind() -> None:
    """What can be told from states and hooks is found, with its place."""
    found = lint(read_prefect_policy(Forgetful))
    assert [each.check for each in found] == ["idle-cleanup", "idle-cleanup", "same-name"]
    assert found[0].place is not None
    assert found[0].place.file.endswith("test_lint_examples.py")
    assert found[2].entries == ("Forget #1", "Forget #2")
