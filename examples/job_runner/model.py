"""The words of the job runner: states, runs, and the steps that runs take."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from bylaws import every, states


class TaskState(Enum):
    """Where a task run can be in its life."""

    SCHEDULED = auto()
    PENDING = auto()
    RUNNING = auto()
    COMPLETED = auto()
    FAILED = auto()
    CANCELLED = auto()
    CRASHED = auto()
    PAUSED = auto()
    CANCELLING = auto()


ANY: Final = every(TaskState) | {None}
TERMINAL: Final = states(
    TaskState.COMPLETED, TaskState.FAILED, TaskState.CANCELLED, TaskState.CRASHED
)
HOLDS_SLOT: Final = states(TaskState.RUNNING, TaskState.CANCELLING)


@dataclass(frozen=True, slots=True)
class State:
    """A state with what belongs to it. It has a `type`, so it goes wherever a state goes."""

    type: TaskState
    name: str = ""
    """A kind of the state, such as "AwaitingRetry"."""
    due: float | None = None
    """When somebody should look at the run again, in seconds of the clock."""
    result: str | None = None


@dataclass(frozen=True, slots=True)
class TaskRun:
    """One run of a task, as the database had it when it was read."""

    id: int
    flow_id: int
    cache_key: str | None
    state: State | None
    version: int
    """How many steps it has taken. A step is written only if nobody else has taken it meanwhile."""
    run_count: int
    flow_run_count: int
    """Which run of its flow it last ran in."""
    lease: str | None
    """The concurrency slot that it holds, or held last."""
    worker: str

    @property
    def type(self) -> TaskState | None:
        """The bare state."""
        return self.state.type if self.state else None


@dataclass(frozen=True, slots=True)
class FlowRun:
    """The flow that a task run belongs to."""

    id: int
    stopped: bool
    run_count: int


@dataclass(frozen=True, slots=True)
class Step:
    """One line of a run's history: what was intended, what it came to, and by which rule."""

    run: TaskRun
    intended: TaskState
    state: State
    rule: str | None
    worker: str
    at: float
