"""Prefect's rules under bylaws: the answers are Prefect's, and a comparison would notice others."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pytest
from prefect.server.database import PrefectDBInterface
from prefect.server.orchestration.core_policy import (
    CoreFlowPolicy,
    CoreTaskPolicy,
    PreserveDeploymentConcurrencyLeaseId,
)
from prefect.server.orchestration.global_policy import GlobalFlowPolicy, GlobalTaskPolicy
from prefect.server.orchestration.rules import FlowOrchestrationContext, TaskOrchestrationContext
from prefect.server.schemas.states import StateType

from bylaws import AsyncPolicy
from examples import prefect_engine as engine
from examples.prefect_compared.cases import FlowCase, TaskCase, flow_case, task_case
from examples.prefect_compared.database import opened
from examples.prefect_compared.leak import Leak, by_bylaws, by_prefect, leak
from examples.prefect_compared.report import Tally, compared, drawn

SEED: Final = 11
"""Not that of the example, which is run as well."""

Flows = AsyncPolicy[StateType, FlowOrchestrationContext]
Tasks = AsyncPolicy[StateType, TaskOrchestrationContext]


@dataclass(frozen=True)
class Server:
    """Prefect's database, and the loop that it belongs to. Of one process it has one."""

    runner: asyncio.Runner
    database: PrefectDBInterface

    def compare(
        self,
        cases: Sequence[TaskCase | FlowCase],
        flows: Flows = engine.FLOWS,
        tasks: Tasks = engine.TASKS,
    ) -> Tally:
        """Put the cases to Prefect and to these."""

        async def ran() -> Tally:
            return await compared(
                self.database,
                cases,
                lambda context: engine.orchestrate(flows, context),
                lambda context: engine.orchestrate(tasks, context),
            )

        return self.runner.run(ran())

    def leak(self, ask: Callable[..., Awaitable[str]]) -> Leak:
        """The two runs of which the second wants the slot of the first."""
        return self.runner.run(leak(self.database, ask))


@pytest.fixture(scope="module")
def server() -> Generator[Server, None, None]:
    """A new database."""
    with asyncio.Runner() as runner:
        context = opened()
        yield Server(runner, runner.run(context.__aenter__()))
        runner.run(context.__aexit__(None, None, None))


def cases(
    draw: Callable[[int, StateType | None, StateType | None], TaskCase | FlowCase],
    contexts: int,
    *to: StateType,
) -> list[TaskCase | FlowCase]:
    """Cases for all pairs of states; or for those to these states."""
    found = drawn(draw, contexts, SEED)
    return [case for case in found if not to or (case.proposed and case.proposed.type in to)]


@pytest.mark.parametrize(
    ("draw", "leaking"),
    [
        (task_case, {"SecureTaskConcurrencySlots"}),
        (flow_case, {"HandleResumingPausedFlows"}),
    ],
)
def test_answers_are_prefects(server: Server, draw: Any, leaking: set[str]) -> None:
    """For every pair of states; a database differs only where one of two rules refuses."""
    tally = server.compare(cases(draw, 1))
    assert tally.kinds.total() == 100
    assert {"accepted", "rejected", "aborted"} <= {*tally.kinds}
    assert tally.answers == []
    assert {ours.refused_by for _, _, ours in tally.databases} <= leaking
    assert "100 of 100 answers are the same: " in str(tally)


def test_the_slot_does_not_leak(server: Server) -> None:
    """Prefect aborts and keeps the free slot, so that the next run waits; here it is free again."""
    assert server.leak(by_prefect) == Leak("aborted", 1, "delayed")
    assert server.leak(by_bylaws(engine.task)) == Leak("aborted", 0, "accepted")


def test_a_wrong_engine_is_noticed(server: Server) -> None:
    """Without a rule, without a second look, or without a transform, the comparison tells so."""
    tasks = cases(task_case, 2, StateType.RUNNING)
    listed = engine.entries(CoreTaskPolicy, GlobalTaskPolicy)
    without_slots = [entry for entry in listed if "Slots" not in str(getattr(entry, "name", ""))]
    policy = Tasks(*without_slots, engine.NothingToWrite())
    assert server.compare(tasks, tasks=policy).answers
    assert server.compare(tasks, tasks=Tasks(*listed)).answers
    fewer = Tasks(*engine.entries(CoreTaskPolicy), engine.NothingToWrite())
    assert server.compare(tasks, tasks=fewer).databases


def test_what_prepares_comes_before_the_rules(server: Server) -> None:
    """A transform in front of the rules writes before them, or other states would be committed."""
    first, *others = engine.entries(CoreFlowPolicy, GlobalFlowPolicy)
    assert getattr(first, "name", "") == "PreserveDeploymentConcurrencyLeaseId"
    assert [getattr(each, "prepares", False) for each in (first, *others)].count(True) == 1
    late = engine.PrefectTransform(PreserveDeploymentConcurrencyLeaseId, prepares=False)
    policy = Flows(late, *others, engine.NothingToWrite())
    flows = cases(flow_case, 3, StateType.PENDING, StateType.CANCELLING, StateType.FAILED)
    assert server.compare(flows, flows=policy).answers
