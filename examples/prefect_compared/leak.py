"""The slot that leaks: a task run has two tags; the limit of one is 0, the other has a free slot.

Prefect aborts that, for it would wait for ever, and takes the free slot all the same.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID

from prefect.server import models
from prefect.server.database import PrefectDBInterface
from prefect.server.database.orm_models import ConcurrencyLimit, TaskRun
from prefect.server.orchestration.core_policy import CoreTaskPolicy
from prefect.server.orchestration.rules import TaskOrchestrationContext
from prefect.server.schemas.states import State, StateType
from sqlalchemy.ext.asyncio import AsyncSession

from bylaws import Outcome
from examples.prefect_compared.comparing import as_told, of_details
from examples.prefect_compared.database import emptied, known

RunTask = Callable[[TaskOrchestrationContext], Awaitable[Outcome[StateType]]]
Ask = Callable[[AsyncSession, UUID], Awaitable[str]]
"""Ask for a task run to be RUNNING; answered with a kind, as of an `Answer`."""


@dataclass(frozen=True)
class Leak:
    """What came of it.

    Attributes:
        first: what the run with both tags is told.
        taken: how many slots of the second tag it has then.
        second: what a run with that tag alone is told next.

    """

    first: str
    taken: int
    second: str

    def __str__(self) -> str:
        slot = "it has the free slot" if self.taken else "the slot is free"
        return f"{self.first}, and {slot}; the next run with that tag: {self.second}"


async def by_prefect(session: AsyncSession, run: UUID) -> str:
    """Ask Prefect's server."""
    asked = State(type=StateType.RUNNING)
    result = await models.task_runs.set_task_run_state(
        session, run, asked, task_policy=CoreTaskPolicy
    )
    return of_details(result.details).kind


def by_bylaws(task: RunTask) -> Ask:
    """Ask the adapter."""

    async def ask(session: AsyncSession, run: UUID) -> str:
        context = TaskOrchestrationContext(
            session=session,
            run=await session.get_one(TaskRun, run),
            proposed_state=State(type=StateType.RUNNING),
        )
        return as_told(await task(context)).kind

    return ask


async def leak(database: PrefectDBInterface, ask: Ask) -> Leak:
    """Two runs, one after the other, on an empty database, which is left empty."""
    closed, free = (
        ConcurrencyLimit(tag="a", concurrency_limit=0),
        ConcurrencyLimit(id=known("limit"), tag="b", concurrency_limit=1),
    )
    both = TaskRun(id=known("run"), name="r", task_key="r", dynamic_key="0", tags=["a", "b"])
    alone = TaskRun(id=known("parent"), name="n", task_key="n", dynamic_key="0", tags=["b"])
    async with database.session_context(begin_transaction=True) as session:
        session.add_all([closed, free, both, alone])
    async with database.session_context(begin_transaction=True) as session:
        first = await ask(session, known("run"))
    async with database.session_context() as session:
        limit = await session.get_one(ConcurrencyLimit, known("limit"))
        taken = len(limit.active_slots)
    async with database.session_context(begin_transaction=True) as session:
        second = await ask(session, known("parent"))
    await emptied(database)
    return Leak(first, taken, second)
