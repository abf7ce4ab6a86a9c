"""The report: every pair of states in some contexts; and the slot that one engine leaks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from itertools import product

import prefect
from prefect.server.database import PrefectDBInterface
from prefect.server.orchestration.core_policy import CoreFlowPolicy, CoreTaskPolicy
from prefect.server.orchestration.global_policy import GlobalFlowPolicy, GlobalTaskPolicy
from prefect.server.orchestration.rules import FlowOrchestrationContext, TaskOrchestrationContext
from prefect.server.schemas.states import StateType

from bylaws import Outcome
from examples.prefect_compared.cases import PAIRS, FlowCase, TaskCase, flow_case, task_case
from examples.prefect_compared.comparing import Answer, Told, answered, as_told, by_prefect
from examples.prefect_compared.database import opened
from examples.prefect_compared.leak import RunTask, by_bylaws, leak
from examples.prefect_compared.leak import by_prefect as by_prefect_itself

RunFlow = Callable[[FlowOrchestrationContext], Awaitable[Outcome[StateType]]]


@dataclass
class Tally:
    """What came of the cases of one policy.

    Attributes:
        kinds: how often there was which kind of answer.
        answers: the cases whose answers differ, and both answers.
        databases: those of which only the databases differ.

    """

    kinds: Counter[str] = field(default_factory=Counter[str])
    answers: list[tuple[object, Answer, Answer]] = field(
        default_factory=list[tuple[object, Answer, Answer]]
    )
    databases: list[tuple[object, Answer, Answer]] = field(
        default_factory=list[tuple[object, Answer, Answer]]
    )

    def __str__(self) -> str:
        cases = self.kinds.total()
        kinds = ", ".join([f"{count:,} {kind}" for kind, count in self.kinds.most_common()])
        by = Counter([ours.refused_by for _, _, ours in self.databases])
        lines = [
            f"{cases - len(self.answers):,} of {cases:,} answers are the same: {kinds}",
            f"{cases - len(self.answers) - len(self.databases):,} databases are the same",
            *[f"{count:,} differ where {rule} refuses" for rule, count in by.most_common()],
        ]
        return "\n".join([f"  {line}" for line in lines])


async def compared(
    database: PrefectDBInterface, cases: Sequence[TaskCase | FlowCase], flow: RunFlow, task: RunTask
) -> Tally:
    """Run each case under both engines."""

    async def their_flow(context: FlowOrchestrationContext) -> Told:
        validate = context.validate_proposed_state
        return await by_prefect(context, validate, CoreFlowPolicy, GlobalFlowPolicy)

    async def their_task(context: TaskOrchestrationContext) -> Told:
        validate = context.validate_proposed_state
        return await by_prefect(context, validate, CoreTaskPolicy, GlobalTaskPolicy)

    async def our_flow(context: FlowOrchestrationContext) -> Told:
        return as_told(await flow(context))

    async def our_task(context: TaskOrchestrationContext) -> Told:
        return as_told(await task(context))

    tally = Tally()
    for case in cases:
        theirs = await answered(database, case, their_flow, their_task)
        ours = await answered(database, case, our_flow, our_task)
        tally.kinds[theirs.kind] += 1
        if not ours.answers_as(theirs):
            tally.answers.append((case, theirs, ours))
        elif ours.database != theirs.database:
            tally.databases.append((case, theirs, ours))
    return tally


async def report(contexts: int, seed: int, flow: RunFlow, task: RunTask) -> tuple[str, bool]:
    """Compare over a database of its own: what came of it, and whether all answers are the same."""
    head = f"Prefect {prefect.__version__}; {len(PAIRS)} pairs of states, {contexts} contexts each"
    parts, same = [head], True
    async with opened() as database:
        for name, draw in (("CoreTaskPolicy", task_case), ("CoreFlowPolicy", flow_case)):
            tally = await compared(database, drawn(draw, contexts, seed), flow, task)
            same = same and not tally.answers
            parts.append(f"{name}, and the transforms that every move has\n{tally}")
        theirs, ours = [await leak(database, ask) for ask in (by_prefect_itself, by_bylaws(task))]
    leaked = "A task run with two tags, the limit of one is 0, and a slot of the other is free"
    parts.append(f"{leaked}\n  Prefect: {theirs}\n  bylaws: {ours}")
    return "\n\n".join(parts), same


def drawn(
    draw: Callable[[int, StateType | None, StateType | None], TaskCase | FlowCase],
    contexts: int,
    seed: int,
) -> list[TaskCase | FlowCase]:
    """So many contexts for every pair of states."""
    moves = product(PAIRS, range(contexts))
    return [draw(seed * 1_000_000 + at, *pair) for at, (pair, _) in enumerate(moves)]
