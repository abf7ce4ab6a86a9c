"""The words of the job runner: states, and the tables of runs and of what they need."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from bylaws import every, states
from bylaws.store import history_table


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


class Base(DeclarativeBase):
    """All tables."""


class FlowRun(Base):
    """The flow that a task run belongs to."""

    __tablename__ = "flow_runs"
    id: Mapped[int] = mapped_column(primary_key=True)
    stopped: Mapped[bool] = mapped_column(default=False)
    run_count: Mapped[int] = mapped_column(default=1)


class TaskRun(Base):
    """One run of a task. The store writes `state` and `version`, the policy all else."""

    __tablename__ = "task_runs"
    id: Mapped[int] = mapped_column(primary_key=True)
    flow_id: Mapped[int] = mapped_column(
        ForeignKey(FlowRun.id, deferrable=True, initially="DEFERRED")
    )
    cache_key: Mapped[str | None]
    state: Mapped[TaskState | None]
    version: Mapped[int] = mapped_column(default=0)
    """How many steps it has taken. A step is written only if nobody else has taken it meanwhile."""
    name: Mapped[str] = mapped_column(default="")
    due: Mapped[float | None] = mapped_column(index=True)
    result: Mapped[str | None]
    run_count: Mapped[int] = mapped_column(default=0)
    flow_run_count: Mapped[int] = mapped_column(default=0)
    """Which run of its flow it last ran in."""
    lease: Mapped[str | None]
    """What it took its slot and its folder as, which it has, or had last."""
    worker: Mapped[str] = mapped_column(default="")
    """Who took its last step."""


class Slot(Base):
    """A concurrency slot: so many runs can be RUNNING at once."""

    __tablename__ = "slots"
    number: Mapped[int] = mapped_column(primary_key=True)
    lease: Mapped[str | None] = mapped_column(unique=True)
    taken: Mapped[int] = mapped_column(default=0)
    """How often it was taken, and freed: side effects, to be held against the history."""
    freed: Mapped[int] = mapped_column(default=0)


class Cached(Base):
    """A result that is known for a cache key."""

    __tablename__ = "cache"
    key: Mapped[str] = mapped_column(primary_key=True)
    result: Mapped[str]


HISTORY: Final = history_table(Base.metadata, "history", subject=TaskRun.id)
"""The steps of all runs, and what was refused."""
