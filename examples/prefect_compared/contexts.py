"""Contexts of Prefect's: the rows that a case needs are written, and read again as Prefect does."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from packaging.version import Version
from prefect.server.concurrency.lease_storage import get_concurrency_lease_storage
from prefect.server.database import PrefectDBInterface, orm_models
from prefect.server.orchestration.rules import FlowOrchestrationContext, TaskOrchestrationContext
from prefect.server.schemas.core import ConcurrencyOptions, FlowRunPolicy, TaskRunPolicy
from prefect.server.schemas.states import State, StateDetails, StateType
from sqlalchemy.ext.asyncio import AsyncSession

from examples.prefect_compared.cases import Drawn, FlowCase, Slots, TaskCase
from examples.prefect_compared.database import known

BEFORE = timedelta(seconds=50)
"""So long before the start of a run its state was entered."""


async def write_task(database: PrefectDBInterface, case: TaskCase, start: datetime) -> None:
    """What there is before the run of a task case."""
    async with database.session_context(begin_transaction=True) as session:
        await _add(session, orm_models.Flow(id=known("flow"), name="flow"))
        if case.in_flow:
            flow_run = orm_models.FlowRun(
                id=known("parent"), flow_id=known("flow"), name="p", run_count=case.flow_attempts
            )
            await _add(session, flow_run)
            if case.flow is not None:
                flow_run.set_state(
                    orm_models.FlowRunState(
                        flow_run_id=flow_run.id, type=case.flow, name="x", timestamp=start - BEFORE
                    )
                )
        for tag, slots in case.limits.items():
            taken = [f"other {at}" for at in range(slots.taken)]
            limit = slots.limit
            await _add(
                session,
                orm_models.ConcurrencyLimit(tag=tag, concurrency_limit=limit, active_slots=taken),
            )
        for tag, slots in case.leases.items():
            await _add(session, _limit(f"tag:{tag}", known(tag), slots))
        run = orm_models.TaskRun(
            id=known("run"),
            flow_run_id=known("parent") if case.in_flow else None,
            name="r",
            task_key="task",
            dynamic_key="0",
            tags=sorted({*case.limits, *case.leases}),
            run_count=case.retries.count,
            flow_run_run_count=1,
            empirical_policy=TaskRunPolicy(
                retries=case.retries.allowed, retry_delay=case.retries.delay
            ),
        )
        await _add(session, run)
        if case.state is not None:
            made = _row(state_of(case.state, start), start)
            if case.state.persisted is not None:
                await _add(session, _result(case.state))
                made["result_artifact_id"] = known("result")
            run.set_state(orm_models.TaskRunState(task_run_id=run.id, **made))
        if case.cached:
            await _cache(session, start)


async def task_context(
    session: AsyncSession, case: TaskCase, start: datetime
) -> TaskOrchestrationContext:
    """The context of the move that a task case asks for."""
    run = await session.get_one(orm_models.TaskRun, known("run"))
    return TaskOrchestrationContext(
        session=session,
        run=run,
        initial_state=run.state.as_state() if run.state else None,
        proposed_state=state_of(case.proposed, start) if case.proposed else None,
    )


async def write_flow(database: PrefectDBInterface, case: FlowCase, start: datetime) -> None:
    """What there is before the run of a flow case."""
    async with database.session_context(begin_transaction=True) as session:
        await _add(session, orm_models.Flow(id=known("flow"), name="flow"))
        if case.slots is not None:
            await _add(session, _limit("limit", known("limit"), case.slots))
        if case.deployment == "there":
            options = case.strategy and ConcurrencyOptions(collision_strategy=case.strategy)
            await _add(
                session,
                orm_models.Deployment(
                    id=known("deployment"),
                    name="d",
                    flow_id=known("flow"),
                    concurrency_limit_id=known("limit") if case.slots else None,
                    concurrency_options=options,
                ),
            )
        if case.parent:
            await _add(
                session,
                orm_models.TaskRun(id=known("parent"), name="p", task_key="p", dynamic_key="0"),
            )
        run = orm_models.FlowRun(
            id=known("run"),
            flow_id=known("flow"),
            name="r",
            deployment_id=None if case.deployment == "none" else known("deployment"),
            parent_task_run_id=known("parent") if case.parent else None,
            infrastructure_pid="1" if case.infrastructure else None,
            run_count=case.retries.count,
            empirical_policy=FlowRunPolicy(
                retries=case.retries.allowed,
                retry_delay=case.retries.delay,
                pause_keys=set(case.pauses),
                resuming=case.resuming,
            ),
        )
        await _add(session, run)
        if case.state is not None:
            lease = known("lease") if case.lease else None
            if case.lease == "live" and case.slots is not None:
                made_lease = await get_concurrency_lease_storage().create_lease(
                    [known("limit")], timedelta(hours=1)
                )
                lease = made_lease.id
            made = _row(state_of(case.state, start, lease), start)
            if case.state.persisted is not None:
                await _add(session, _result(case.state))
                made["result_artifact_id"] = known("result")
            run.set_state(orm_models.FlowRunState(flow_run_id=run.id, **made))


async def flow_context(
    session: AsyncSession, case: FlowCase, start: datetime
) -> FlowOrchestrationContext:
    """The context of the move that a flow case asks for."""
    run = await session.get_one(orm_models.FlowRun, known("run"))
    return FlowOrchestrationContext(
        session=session,
        run=run,
        initial_state=run.state.as_state() if run.state else None,
        proposed_state=state_of(case.proposed, start) if case.proposed else None,
        client_version=case.client,
        parameters={} if case.api is None else {"api-version": Version(case.api)},
    )


def state_of(drawn: Drawn, start: datetime, lease: UUID | None = None) -> State:
    """A state of Prefect's."""
    timeout = drawn.pause_timeout
    details = StateDetails(
        scheduled_time=start + timedelta(seconds=drawn.scheduled),
        cache_key=drawn.cache_key,
        refresh_cache=drawn.refresh_cache,
        retriable=drawn.retriable,
        pause_reschedule=drawn.pause_reschedule,
        pause_timeout=None if timeout is None else start + timedelta(seconds=timeout),
        pause_key=drawn.pause_key,
        transition_id=None if drawn.transition is None else known(drawn.transition),
        deployment_concurrency_lease_id=lease,
    )
    return State(type=drawn.type, name=drawn.name, data=_data(drawn), state_details=details)


def _data(drawn: Drawn) -> dict[str, str] | None:
    if drawn.persisted is None:
        return None
    return {"type": "reference" if drawn.persisted else "unpersisted"}


def _row(state: State, start: datetime) -> dict[str, object]:
    return {
        "id": known("state"),
        "type": state.type,
        "name": state.name,
        "timestamp": start - BEFORE,
        "state_details": state.state_details,
    }


def _result(drawn: Drawn) -> orm_models.Artifact:
    return orm_models.Artifact(id=known("result"), data=_data(drawn))


def _limit(name: str, known_as: UUID, slots: Slots) -> orm_models.ConcurrencyLimitV2:
    return orm_models.ConcurrencyLimitV2(
        id=known_as, name=name, limit=slots.limit, active_slots=slots.taken
    )


async def _cache(session: AsyncSession, start: datetime) -> None:
    """A completed state of another task run, under the key that some proposed states have."""
    other = orm_models.TaskRun(id=known("cached"), name="c", task_key="task", dynamic_key="1")
    await _add(session, other)
    state = orm_models.TaskRunState(
        task_run_id=other.id, type=StateType.COMPLETED, name="x", timestamp=start - BEFORE
    )
    await _add(session, state)
    entry = orm_models.TaskRunStateCache(cache_key="key", task_run_state_id=state.id)
    await _add(session, entry)


async def _add(session: AsyncSession, *rows: orm_models.Base) -> None:
    """Write rows; others may refer to them from then on."""
    session.add_all(rows)
    await session.flush()
