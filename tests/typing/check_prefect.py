# pyright: reportUnnecessaryTypeIgnoreComment=true
"""Prefect's CoreTaskPolicy, typed: its eleven entries in order, without a cast or an ignore."""

from dataclasses import dataclass, field
from enum import Enum, StrEnum
from typing import assert_type

from bylaws import (
    AnyTransition,
    AsyncBaseRule,
    AsyncBaseTransform,
    AsyncEntry,
    AsyncPolicy,
    BaseRule,
    Outcome,
    Transition,
    Verdict,
    abort,
    delay,
    every,
    proceed,
    reject,
    states,
)


class StateType(StrEnum):
    SCHEDULED = "SCHEDULED"
    PENDING = "PENDING"
    RUNNING = "RUNNING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"
    CRASHED = "CRASHED"
    PAUSED = "PAUSED"
    CANCELLING = "CANCELLING"


TERMINAL = states(StateType.COMPLETED, StateType.FAILED, StateType.CANCELLED, StateType.CRASHED)
ANY_STATE = every(StateType) | {None}


@dataclass(frozen=True)
class State:
    """A state with a payload: a state-like."""

    type: StateType
    data: str | None = None


@dataclass
class Run:
    name: str = ""
    start: float = 0
    scheduled: float = 0
    run_count: int = 0
    retries: int = 0
    tags: list[str] = field(default_factory=list[str])


class FlowRun(Run):
    deployment: str | None = None


class TaskRun(Run):
    cache_key: str | None = None
    flow_run: FlowRun | None = None


class Database:
    """What rules need beside the run comes in by their constructors."""

    async def cached(self, key: str) -> State | None: ...
    async def insert(self, key: str, state: State) -> None: ...
    async def acquire(self, tag: str) -> str | None: ...
    async def release(self, tag: str) -> None: ...


class CacheRetrieval(AsyncBaseRule[StateType | None, StateType, TaskRun]):
    from_states = ANY_STATE
    to_states = states(StateType.RUNNING)

    def __init__(self, db: Database) -> None:
        self.db = db

    async def before_transition(
        self, transition: Transition[StateType | None, StateType, TaskRun], /
    ) -> Verdict[StateType]:
        key = transition.context.cache_key
        cached = await self.db.cached(key) if key else None
        return reject(cached, reason="the result is cached") if cached else proceed()


class HandleTaskTerminalStateTransitions(AsyncBaseRule[StateType, StateType | None, TaskRun]):
    from_states = TERMINAL
    to_states = ANY_STATE

    async def before_transition(
        self, transition: Transition[StateType, StateType | None, TaskRun], /
    ) -> Verdict[StateType]:
        run = transition.context
        if transition.to_state is StateType.RUNNING and run.run_count <= run.retries:
            transition.add_cleanup(setattr, run, "run_count", run.run_count)
            run.run_count = 0
            return proceed()
        return abort(reason=f"the run is {transition.from_state.name} already")


class PreventRunningTasksFromStoppedFlows(AsyncBaseRule[StateType | None, StateType, TaskRun]):
    from_states = ANY_STATE
    to_states = states(StateType.RUNNING)

    async def before_transition(
        self, transition: Transition[StateType | None, StateType, TaskRun], /
    ) -> Verdict[StateType]:
        return (
            abort(reason="its flow run is gone")
            if transition.context.flow_run is None
            else proceed()
        )


class SecureTaskConcurrencySlots(AsyncBaseRule[StateType | None, StateType, TaskRun]):
    from_states = ANY_STATE
    to_states = states(StateType.RUNNING)
    runs_after = (CacheRetrieval,)

    def __init__(self, db: Database) -> None:
        self.db = db

    async def before_transition(
        self, transition: Transition[StateType | None, StateType, TaskRun], /
    ) -> Verdict[StateType]:
        for tag in transition.context.tags:
            slot = await self.db.acquire(tag)
            if slot is None:
                return delay(30, reason=f"every slot of {tag} is taken")
            transition.add_cleanup(self.db.release, slot)
        return proceed()


class CopyScheduledTime(BaseRule[StateType, StateType, Run]):
    """Over runs of either kind: both policies list it."""

    from_states = states(StateType.SCHEDULED)
    to_states = states(StateType.PENDING)

    def before_transition(self, transition: Transition[StateType, StateType, Run], /) -> None:
        transition.context.scheduled = transition.context.start


class WaitForScheduledTime(BaseRule[StateType, StateType, Run]):
    from_states = states(StateType.SCHEDULED, StateType.PENDING)
    to_states = states(StateType.RUNNING)

    def before_transition(
        self, transition: Transition[StateType, StateType, Run], /
    ) -> Verdict[StateType]:
        left = transition.context.scheduled - transition.context.start
        return delay(left, reason="it is not time yet") if left > 0 else proceed()


class RetryFailedTasks(AsyncBaseRule[StateType, StateType, TaskRun]):
    from_states = states(StateType.RUNNING)
    to_states = states(StateType.FAILED)

    async def before_transition(
        self, transition: Transition[StateType, StateType, TaskRun], /
    ) -> Verdict[StateType]:
        if transition.context.run_count <= transition.context.retries:
            return reject(State(StateType.SCHEDULED, "AwaitingRetry"), reason="retrying")
        return proceed()


class RenameReruns(AsyncBaseRule[StateType | None, StateType, TaskRun]):
    from_states = ANY_STATE
    to_states = states(StateType.RUNNING)

    async def before_transition(
        self, transition: Transition[StateType | None, StateType, TaskRun], /
    ) -> None:
        run = transition.context
        if run.run_count:
            transition.add_cleanup(setattr, run, "name", run.name)
            run.name = "Rerunning"


class UpdateFlowRunTrackerOnTasks(AsyncBaseRule[StateType | None, StateType, TaskRun]):
    from_states = ANY_STATE
    to_states = states(StateType.RUNNING)

    async def after_transition(
        self, transition: Transition[StateType | None, StateType, TaskRun], /
    ) -> None:
        if transition.context.flow_run is not None:
            transition.context.flow_run.run_count += 1


@dataclass
class CacheInsertion(AsyncBaseRule[StateType | None, StateType, TaskRun]):
    db: Database
    from_states = ANY_STATE
    to_states = states(StateType.COMPLETED)

    async def after_transition(
        self, transition: Transition[StateType | None, StateType, TaskRun], /
    ) -> None:
        if transition.context.cache_key is not None:
            await self.db.insert(transition.context.cache_key, State(transition.to_state))


class ReleaseTaskConcurrencySlots(AsyncBaseTransform[TaskRun]):
    def __init__(self, db: Database) -> None:
        self.db = db

    async def after_transition(
        self, transition: AnyTransition[TaskRun], outcome: Outcome[Enum], /
    ) -> None:
        if transition.to_state in TERMINAL:
            for tag in transition.context.tags:
                await self.db.release(tag)


class CoreTaskPolicy(AsyncPolicy[StateType, TaskRun]):
    """Orchestration of task runs; the rules fire in the order in which one reads them."""

    def __init__(self, db: Database) -> None:
        self.db = db
        super().__init__()

    def priority(self) -> tuple[AsyncEntry[StateType, TaskRun], ...]:
        return (
            CacheRetrieval(self.db),
            HandleTaskTerminalStateTransitions(),
            PreventRunningTasksFromStoppedFlows(),
            SecureTaskConcurrencySlots(self.db),
            CopyScheduledTime(),
            WaitForScheduledTime(),
            RetryFailedTasks(),
            RenameReruns(),
            UpdateFlowRunTrackerOnTasks(),
            CacheInsertion(self.db),
            ReleaseTaskConcurrencySlots(self.db),
        )


async def orchestrate(
    policy: CoreTaskPolicy, run: TaskRun, state: State | None, proposed: State
) -> None:
    assert_type(await policy.arun(run, state, proposed), Outcome[StateType])


# CoreFlowPolicy upstream lists this rule over task runs among its rules over flow runs; a cast
# hides it there.
class EnforceCancellingToCancelledTransition(BaseRule[StateType, StateType | None, TaskRun]):
    from_states = states(StateType.CANCELLING)
    to_states = ANY_STATE - {StateType.CANCELLED}

    def before_transition(
        self, transition: Transition[StateType, StateType | None, TaskRun], /
    ) -> Verdict[StateType]:
        return reject(StateType.CANCELLED, reason="it is being cancelled")


AsyncPolicy[StateType, FlowRun](CopyScheduledTime(), WaitForScheduledTime())
AsyncPolicy[StateType, FlowRun](EnforceCancellingToCancelledTransition())  # type: ignore[arg-type]  # a task-run rule in a flow-run policy
