"""One case under both engines: what each answers, and what is in the database afterwards."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from prefect.server.database import PrefectDBInterface
from prefect.server.database.orm_models import Run
from prefect.server.orchestration.policies import BaseOrchestrationPolicy
from prefect.server.orchestration.rules import (
    FlowOrchestrationContext,
    OrchestrationContext,
    TaskOrchestrationContext,
)
from prefect.server.schemas.core import FlowRunPolicy, TaskRunPolicy
from prefect.server.schemas.responses import (
    StateAbortDetails,
    StateAcceptDetails,
    StateRejectDetails,
    StateResponseDetails,
    StateWaitDetails,
)
from prefect.server.schemas.states import StateType
from sqlalchemy.ext.asyncio import AsyncSession

from bylaws import Aborted, Accepted, Delayed, Outcome, Rejected
from examples.prefect_compared.cases import FlowCase, TaskCase
from examples.prefect_compared.contexts import flow_context, task_context, write_flow, write_task
from examples.prefect_compared.database import emptied, everything, told

T = TypeVar("T", bound=Run)
RP = TypeVar("RP", bound=FlowRunPolicy | TaskRunPolicy)
C = TypeVar("C", FlowOrchestrationContext, TaskOrchestrationContext)


@dataclass(frozen=True)
class Answer:
    """What came of a case.

    Attributes:
        kind: accepted, rejected, delayed, aborted, or the exception that went out.
        said: that, with what the caller is told.
        state: the one that the run is in, as the caller is told it.
        refused_by: the rule; known of bylaws alone.
        database: what is in it afterwards.

    """

    kind: str
    said: str
    state: str
    refused_by: str
    database: tuple[str, ...]

    def answers_as(self, other: Answer) -> bool:
        """Whether the caller is told the same."""
        return (self.said, self.state) == (other.said, other.state)


@dataclass(frozen=True)
class Told:
    """What an engine answers: kind, the words and the rule as in `Answer`."""

    kind: str
    said: str = ""
    refused_by: str = ""


Engine = Callable[[C], Awaitable[Told]]


async def answered(
    database: PrefectDBInterface,
    case: TaskCase | FlowCase,
    flows: Engine[FlowOrchestrationContext],
    tasks: Engine[TaskOrchestrationContext],
) -> Answer:
    """Run a case on an empty database, and leave that empty."""
    start = datetime.now(UTC)
    random.seed(case.seed)  # some delays are drawn
    state = ""
    try:
        # What takes leases does so in a transaction of its own: this one must hold no lock then.
        alone = isinstance(case, TaskCase) and bool(case.leases)
        if isinstance(case, TaskCase):
            await write_task(database, case, start)
        else:
            await write_flow(database, case, start)
        async with database.session_context(begin_transaction=not alone) as session:
            said, state = await _run(session, case, start, flows, tasks)
            if alone:
                await session.commit()
    except Exception as error:
        said = Told(type(error).__name__)
    found = tuple(await everything(database, start))
    await emptied(database)
    return Answer(said.kind, f"{said.kind} {said.said}", told(state, start), said.refused_by, found)


async def _run(
    session: AsyncSession,
    case: TaskCase | FlowCase,
    start: datetime,
    flows: Engine[FlowOrchestrationContext],
    tasks: Engine[TaskOrchestrationContext],
) -> tuple[Told, str]:
    context: FlowOrchestrationContext | TaskOrchestrationContext
    if isinstance(case, TaskCase):
        context = await task_context(session, case, start)
        said = await tasks(context)
    else:
        context = await flow_context(session, case, start)
        said = await flows(context)
    state = context.validated_state
    return said, "" if state is None else state.model_dump_json()


async def by_prefect(
    context: OrchestrationContext[T, RP],
    validate: Callable[[], Awaitable[None]],
    *policies: type[BaseOrchestrationPolicy[T, RP]],
) -> Told:
    """Run Prefect's policies as Prefect does: their rules are entered, and left in reverse."""
    ends = context.initial_state_type, context.proposed_state_type
    async with AsyncExitStack() as stack:
        for policy in policies:
            for kind in policy.compile_transition_rules(*ends):
                await stack.enter_async_context(kind(context, *ends))
        await validate()
    if context.orchestration_error is not None:
        raise context.orchestration_error
    return of_details(context.response_details)


def of_details(details: StateResponseDetails) -> Told:
    """What Prefect answers."""
    match details:
        case StateAcceptDetails():
            return Told("accepted")
        case StateRejectDetails(reason=reason):
            return Told("rejected", reason or "")
        case StateWaitDetails(delay_seconds=seconds, reason=reason):
            return Told("delayed", f"{_tens(seconds)} s: {reason}")
        case StateAbortDetails(reason=reason):
            return Told("aborted", reason or "")


def _tens(seconds: float) -> float:
    """A delay until a time that was drawn, 100 s from the start, is a little less by the clock."""
    return round(seconds, -1) if seconds > 60 else seconds


def as_told(outcome: Outcome[StateType]) -> Told:
    """What a run of bylaws answers."""
    rule = outcome.trace.refused_by
    by = str(getattr(rule, "name", rule))
    match outcome:
        case Accepted():
            return Told("accepted")
        case Rejected(reason=reason):
            return Told("rejected", reason, by)
        case Delayed(seconds, reason):
            return Told("delayed", f"{_tens(seconds)} s: {reason}", by)
        case Aborted(reason):
            return Told("aborted", reason, by)
