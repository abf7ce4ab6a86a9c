"""CoreTaskPolicy: eleven entries that govern a task run, named and ordered as in Prefect."""

from __future__ import annotations

from dataclasses import replace
from enum import Enum
from typing import Final, TypeAlias

from typing_extensions import override

from bylaws import (
    Accepted,
    AnyTransition,
    AsyncBaseRule,
    AsyncBaseTransform,
    AsyncEntry,
    AsyncPolicy,
    BaseRule,
    Outcome,
    Rejected,
    Transition,
    Verdict,
    abort,
    delay,
    proceed,
    reject,
    states,
)

from .attempt import Attempt
from .model import ANY, HOLDS_SLOT, TERMINAL, State, TaskState

RETRIES: Final = 2
RETRY_DELAY: Final = 5.0
SLOT_DELAY: Final = 0.5

# What most of the rules are given: they govern how a task run starts, or ends, from wherever it is.
FromAnywhere: TypeAlias = Transition[TaskState | None, TaskState, Attempt]


class CacheRetrieval(AsyncBaseRule[TaskState | None, TaskState, Attempt]):
    """A run whose result is known is COMPLETED at once, before anything is taken for it."""

    from_states = ANY
    to_states = states(TaskState.RUNNING)

    async def before_transition(self, transition: FromAnywhere, /) -> Verdict[TaskState]:
        attempt = transition.context
        if attempt.run.cache_key is None or transition.from_state in TERMINAL:
            return proceed()  # whether a run that has ended may run again is not for a cache to say
        result = await attempt.cached()
        if result is None:
            return proceed()
        return reject(
            State(TaskState.COMPLETED, "Cached", result=result), reason="the result is known"
        )


class HandleTaskTerminalStateTransitions(AsyncBaseRule[TaskState, TaskState | None, Attempt]):
    """A terminal state is for good; but what went wrong may run again when its whole flow does."""

    from_states = TERMINAL
    to_states = ANY

    async def before_transition(
        self, transition: Transition[TaskState, TaskState | None, Attempt], /
    ) -> Verdict[TaskState]:
        attempt, ended = transition.context, transition.from_state
        if transition.to_state is TaskState.RUNNING and ended is not TaskState.COMPLETED:
            flow = await attempt.flow()
            if attempt.run.flow_run_count < flow.run_count:
                attempt.draft.run_count = 0  # all its retries are before it again
                return proceed()
        return reject(reason=f"{ended.name} is terminal")


class PreventRunningTasksFromStoppedFlows(AsyncBaseRule[TaskState | None, TaskState, Attempt]):
    """Nothing starts in a flow that has been stopped."""

    from_states = ANY
    to_states = states(TaskState.RUNNING)

    async def before_transition(self, transition: FromAnywhere, /) -> Verdict[TaskState]:
        flow = await transition.context.flow()
        return abort(reason="its flow has been stopped") if flow.stopped else proceed()


class SecureTaskConcurrencySlots(AsyncBaseRule[TaskState | None, TaskState, Attempt]):
    """A run takes a slot to start, in the same transaction: if it does not start, it has none."""

    from_states = ANY
    to_states = states(TaskState.RUNNING)
    # No slot for a run that would not use it.
    runs_after = (
        CacheRetrieval,
        HandleTaskTerminalStateTransitions,
        PreventRunningTasksFromStoppedFlows,
    )

    async def before_transition(self, transition: FromAnywhere, /) -> Verdict[TaskState]:
        attempt, run = transition.context, transition.context.run
        if transition.from_state in HOLDS_SLOT:
            return proceed()
        # Of this attempt alone: what a rival made for the same run is not ours to take away.
        lease = f"run {run.id}, step {run.version + 1}, {attempt.worker}"
        if not await attempt.take_slot(lease):
            return delay(SLOT_DELAY, reason="every slot is taken")
        attempt.draft.lease = lease
        return proceed()


class CopyScheduledTime(BaseRule[TaskState, TaskState, Attempt]):
    """A run that is picked up ahead of its time keeps that time."""

    from_states = states(TaskState.SCHEDULED)
    to_states = states(TaskState.PENDING)

    def before_transition(self, transition: Transition[TaskState, TaskState, Attempt], /) -> None:
        attempt = transition.context
        attempt.proposed = replace(attempt.proposed, due=attempt.run.due)


class WaitForScheduledTime(BaseRule[TaskState, TaskState, Attempt]):
    """Nothing starts before its time."""

    from_states = states(TaskState.SCHEDULED, TaskState.PENDING)
    to_states = states(TaskState.RUNNING)

    def before_transition(
        self, transition: Transition[TaskState, TaskState, Attempt], /
    ) -> Verdict[TaskState]:
        due, now = transition.context.run.due, transition.context.place.clock.now
        if due is not None and due > now:
            return delay(due - now, reason="its time has not come")
        return proceed()


class RetryFailedTasks(BaseRule[TaskState, TaskState, Attempt]):
    """A run that fails is scheduled again, later each time, until it has no retries left."""

    from_states = states(TaskState.RUNNING)
    to_states = states(TaskState.FAILED)

    def before_transition(
        self, transition: Transition[TaskState, TaskState, Attempt], /
    ) -> Verdict[TaskState]:
        attempt = transition.context
        left = RETRIES + 1 - attempt.run.run_count
        if left <= 0:
            return proceed()
        due = attempt.place.clock.now + RETRY_DELAY * attempt.run.run_count
        return reject(
            State(TaskState.SCHEDULED, "AwaitingRetry", due=due), reason=f"{left} retries are left"
        )


class RenameReruns(BaseRule[TaskState | None, TaskState, Attempt]):
    """A run that does not start for the first time says so."""

    from_states = ANY
    to_states = states(TaskState.RUNNING)

    def before_transition(self, transition: FromAnywhere, /) -> None:
        attempt, run = transition.context, transition.context.run
        if transition.from_state in TERMINAL:
            attempt.proposed = replace(attempt.proposed, name="Rerunning")
        elif transition.from_state is TaskState.PAUSED:
            attempt.proposed = replace(attempt.proposed, name="Resuming")
        elif run.run_count > 0:
            attempt.proposed = replace(attempt.proposed, name="Retrying")


class UpdateFlowRunTrackerOnTasks(AsyncBaseRule[TaskState | None, TaskState, Attempt]):
    """A task run keeps track of which run of its flow it last ran in."""

    from_states = ANY
    to_states = states(TaskState.RUNNING)

    async def before_transition(self, transition: FromAnywhere, /) -> None:
        attempt = transition.context
        attempt.draft.flow_run_count = (await attempt.flow()).run_count


class CacheInsertion(AsyncBaseRule[TaskState | None, TaskState, Attempt]):
    """The result of a run that did complete is kept for others with the same cache key.

    Only now that this stands: nobody is to be given what a run came to that did not complete.
    """

    from_states = ANY
    to_states = states(TaskState.COMPLETED)

    async def after_transition(self, transition: FromAnywhere, /) -> None:
        attempt = transition.context
        if attempt.run.cache_key is not None and attempt.proposed.result is not None:
            await attempt.place.database.remember(attempt.run.cache_key, attempt.proposed.result)


class ReleaseTaskConcurrencySlots(AsyncBaseTransform[Attempt]):
    """A run that leaves RUNNING gives its slot back, wherever it goes, in the same transaction."""

    @override
    async def on_decision(
        self, transition: AnyTransition[Attempt], outcome: Outcome[Enum], /
    ) -> None:
        attempt = transition.context
        if stops(transition, outcome):
            await attempt.free_slot(attempt.run.lease)
        if isinstance(outcome, Rejected) and attempt.draft.lease != attempt.run.lease:
            await attempt.free_slot(attempt.draft.lease)  # taken for a step that is not taken


def stops(transition: AnyTransition[Attempt], outcome: Outcome[Enum]) -> bool:
    """Whether a run leaves the states in which it holds a slot."""
    match outcome:
        case Accepted(Enum() as state) | Rejected(Enum() as state):
            return transition.from_state in HOLDS_SLOT and state not in HOLDS_SLOT
        case _:
            return False  # it is where it was


class CoreTaskPolicy(AsyncPolicy[TaskState, Attempt]):
    """What governs the life of a task run."""

    @override
    def priority(self) -> tuple[AsyncEntry[TaskState, Attempt], ...]:
        """The entries, the most important first."""
        return (
            CacheRetrieval(),
            HandleTaskTerminalStateTransitions(),
            PreventRunningTasksFromStoppedFlows(),
            SecureTaskConcurrencySlots(),
            CopyScheduledTime(),
            WaitForScheduledTime(),
            RetryFailedTasks(),
            RenameReruns(),
            UpdateFlowRunTrackerOnTasks(),
            CacheInsertion(),
            ReleaseTaskConcurrencySlots(),
        )
