"""What is kept of a step: the entries that stand after the policy, and the store that runs both."""

from __future__ import annotations

from enum import Enum
from typing import Final

from typing_extensions import override

from bylaws import (
    Accepted,
    AnyTransition,
    AsyncBaseRule,
    AsyncBaseTransform,
    AsyncEntry,
    AsyncPolicy,
    Outcome,
    Rejected,
    Transition,
    states,
)
from bylaws.store import AsyncStore

from .attempt import Attempt, Place
from .model import ANY, HISTORY, HOLDS_SLOT, State, TaskRun, TaskState
from .policy import CoreTaskPolicy, stops


class PrepareFolder(AsyncBaseRule[TaskState | None, TaskState, Attempt]):
    """A run has a folder when it starts; what no transaction covers is given back by a cleanup."""

    from_states = ANY - HOLDS_SLOT
    to_states = states(TaskState.RUNNING)

    async def before_transition(
        self, transition: Transition[TaskState | None, TaskState, Attempt], /
    ) -> None:
        lease, folders = transition.context.draft.lease or "", transition.context.place.folders
        # Before it is made: a hook that is cancelled goes no further, and to remove what is not
        # there does nothing.
        transition.add_cleanup(folders.remove, lease)
        await folders.make(lease)


class RemoveFolder(AsyncBaseTransform[Attempt]):
    """A run that has left RUNNING, which stands by now, needs its folder no more."""

    @override
    async def after_transition(
        self, transition: AnyTransition[Attempt], outcome: Outcome[Enum], /
    ) -> None:
        attempt = transition.context
        if stops(transition, outcome) and attempt.run.lease is not None:
            await attempt.place.folders.remove(attempt.run.lease)


class WriteRun(AsyncBaseTransform[Attempt]):
    """What the rules made of the run is written in the transaction of the step."""

    @override
    async def on_decision(
        self, transition: AnyTransition[Attempt], outcome: Outcome[Enum], /
    ) -> None:
        attempt = transition.context
        match outcome:
            case Accepted(TaskState() as state):
                attempt.draft.run_count += state is TaskState.RUNNING
                await attempt.write_run(attempt.proposed, attempt.draft)
            case Rejected(TaskState() as state, payload=payload):
                await attempt.write_run(payload if isinstance(payload, State) else State(state))
            case _:
                pass  # the run stays as it is


CORE: Final = CoreTaskPolicy()


def governed(
    first: AsyncEntry[TaskState, Attempt] | None = None,
    last: AsyncEntry[TaskState, Attempt] | None = None,
) -> AsyncPolicy[TaskState, Attempt]:
    """CoreTaskPolicy, and what is kept; with an entry before, and one behind all others."""
    return AsyncPolicy[TaskState, Attempt](
        *([first] if first else []),
        *CORE.entries,
        PrepareFolder(),
        RemoveFolder(),
        WriteRun(),
        *([last] if last else []),
        name=CORE.name,
    )


def runs_store(
    place: Place, policy: AsyncPolicy[TaskState, Attempt]
) -> AsyncStore[TaskState, TaskRun, Attempt]:
    """The runs: their states, under a policy, and their history."""
    return AsyncStore(
        place.database.engine,
        policy,
        key=TaskRun.id,
        state=TaskRun.state,
        version=TaskRun.version,
        row=lambda row: TaskRun(**row),
        history=HISTORY,
        record="all",
        clock=place.clock.date,
    )
