"""Cases: what there is in the database before a move, and which move is asked for; from a seed.

Times are in seconds from the start of a run.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Final, Literal, TypeVar

from prefect.server.schemas.core import ConcurrencyLimitStrategy
from prefect.server.schemas.states import StateType

A = TypeVar("A")

TAGS: Final = ("a", "b")
STATES: Final = (*StateType, None)
PAIRS: Final = [(one, other) for one in STATES for other in STATES]
NAMES: Final[dict[StateType, Sequence[str | None]]] = {
    StateType.SCHEDULED: (None, "Late", "AwaitingRetry", "Resuming"),
    StateType.PENDING: (None, "Submitting"),
    StateType.RUNNING: (None, "Retrying"),
    StateType.PAUSED: (None, "Suspended"),
}
TOO_LONG: Final = "k" * 3_000
"""More than a cache key may have."""


@dataclass(frozen=True)
class Drawn:
    """A state of a run. `persisted`: it has a result, which is stored or is not."""

    type: StateType
    name: str | None
    persisted: bool | None
    scheduled: float
    cache_key: str | None
    refresh_cache: bool | None
    retriable: bool | None
    pause_reschedule: bool
    pause_timeout: float | None
    pause_key: str | None
    transition: str | None


@dataclass(frozen=True)
class Slots:
    """A limit, and how many of its slots others have."""

    limit: int
    taken: int


@dataclass(frozen=True)
class Retries:
    """How often a run may be tried again, and has been tried."""

    allowed: int | None
    delay: int | None
    count: int


@dataclass(frozen=True)
class TaskCase:
    """A task run. `flow` is the state of its flow run, where that has one; limits are by tag.

    Limits that are held by `leases` are taken in a transaction of their own, which waits for the
    run's where that has written already: nothing leaves a final state in these cases.
    """

    seed: int
    state: Drawn | None
    proposed: Drawn | None
    retries: Retries
    in_flow: bool
    flow: StateType | None
    flow_attempts: int
    limits: dict[str, Slots]
    leases: dict[str, Slots]
    cached: bool


@dataclass(frozen=True)
class FlowCase:
    """A flow run. `slots` are those of its deployment, `lease` is what its state tells of one."""

    seed: int
    state: Drawn | None
    proposed: Drawn | None
    retries: Retries
    deployment: Literal["none", "missing", "there"]
    slots: Slots | None
    strategy: ConcurrencyLimitStrategy | None
    lease: Literal["live", "gone"] | None
    client: str | None
    api: str | None
    infrastructure: bool
    parent: bool
    pauses: frozenset[str]
    resuming: bool


def task_case(seed: int, from_state: StateType | None, to_state: StateType | None) -> TaskCase:
    """The case of this number."""
    dice = Random(f"task {seed}")  # noqa: S311 (no secret)
    state, proposed = _state(dice, from_state), _state(dice, to_state)
    final = (StateType.COMPLETED, StateType.FAILED, StateType.CANCELLED, StateType.CRASHED)
    leased = from_state not in final and dice.random() < 0.3
    return TaskCase(
        seed,
        state,
        proposed,
        _retries(dice),
        in_flow=dice.random() < 0.6,
        flow=_one(dice, StateType.RUNNING, StateType.RUNNING, StateType.PAUSED, *STATES),
        flow_attempts=dice.randrange(3),
        limits=_limits(dice),
        leases=_limits(dice) if leased else {},
        cached=dice.random() < 0.5,
    )


def flow_case(seed: int, from_state: StateType | None, to_state: StateType | None) -> FlowCase:
    """The case of this number."""
    dice = Random(f"flow {seed}")  # noqa: S311
    return FlowCase(
        seed,
        _state(dice, from_state),
        _state(dice, to_state),
        _retries(dice),
        deployment=_one(dice, "none", "missing", "there", "there", "there"),
        slots=_one(dice, None, Slots(0, 0), Slots(1, 0), Slots(1, 1)),
        strategy=_one(dice, None, *ConcurrencyLimitStrategy),
        lease=_one(dice, None, "live", "gone"),
        client=_one(dice, None, "3.0.3", "3.4.10", "3.9.1"),
        api=_one(dice, None, "0.8.0", "0.8.4"),
        infrastructure=dice.random() < 0.5,
        parent=dice.random() < 0.2,
        pauses=frozenset([key for key in TAGS if dice.random() < 0.4]),
        resuming=dice.random() < 0.3,
    )


def _one(dice: Random, *of: A) -> A:
    return of[dice.randrange(len(of))]


def _state(dice: Random, of: StateType | None) -> Drawn | None:
    if of is None:
        return None
    return Drawn(
        of,
        _one(dice, *NAMES.get(of, (None,))),
        persisted=_one(dice, None, False, True),
        scheduled=_one(dice, -100, 100),
        cache_key=_one(dice, None, "key", "key", TOO_LONG),
        refresh_cache=_one(dice, None, None, True),
        retriable=_one(dice, None, None, False),
        pause_reschedule=dice.random() < 0.4,
        pause_timeout=_one(dice, None, -100, 100),
        pause_key=_one(dice, None, *TAGS),
        transition=_one(dice, None, *TAGS),
    )


def _retries(dice: Random) -> Retries:
    return Retries(_one(dice, None, 0, 2), _one(dice, None, 30), dice.randrange(4))


def _limits(dice: Random) -> dict[str, Slots]:
    drawn = {tag: _one(dice, None, Slots(0, 0), Slots(1, 0), Slots(1, 1)) for tag in TAGS}
    return {tag: slots for tag, slots in drawn.items() if slots is not None}
