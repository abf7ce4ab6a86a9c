"""The proof, from the database alone, that everything went by the policy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from sqlalchemy import RowMapping, func, select

from .database import Database
from .keeping import CORE
from .model import HISTORY, HOLDS_SLOT, TERMINAL, FlowRun, Slot, TaskRun, TaskState

REDIRECTS: Final = {
    ("CacheRetrieval", TaskState.RUNNING, TaskState.COMPLETED),
    ("RetryFailedTasks", TaskState.FAILED, TaskState.SCHEDULED),
}
"""The rules that may put another state in the place of the intended one."""


async def steps(database: Database) -> Sequence[RowMapping]:
    """Every step of every run, in order: what was refused has no version."""
    taken = select(HISTORY).where(HISTORY.c.version.is_not(None))
    return await database.rows(taken.order_by(HISTORY.c.subject, HISTORY.c.version))


async def slots_taken(database: Database) -> int:
    """How many slots are taken."""
    (row,) = await database.rows(select(func.count(Slot.lease).label("taken")))
    return int(row["taken"])


async def violations(database: Database) -> list[str]:
    """Everything in the database that must not be. That there is nothing is the proof."""
    taken = await slots_taken(database)
    found = [f"{taken} slots are taken"] if taken else []
    last: dict[int, tuple[int, str | None]] = {}
    effects, reruns = Counter[str](), Counter[int]()
    for row in await steps(database):
        run_id, where = row["subject"], f"run {row['subject']}, step {row['version']}"
        version, state = last.get(run_id, (0, None))
        if (row["version"], row["from_state"]) != (version + 1, state):
            found.append(f"{where} does not go on where the step before it ended")
        found += [f"{where} {wrong}" for wrong in _unlawful(row)]
        last[run_id] = row["version"], row["to_state"]
        before, after = _held(row["from_state"]), _held(row["to_state"])
        effects["taken"] += after and not before
        effects["freed"] += before and not after
        reruns[run_id] += _state(row["from_state"]) in TERMINAL
    flows = select(TaskRun, FlowRun.run_count.label("flow_runs")).join(FlowRun)
    for run in await database.rows(flows.order_by(TaskRun.id)):
        (version, state), now = last.pop(run["id"], (0, None)), run["state"]
        if now not in TERMINAL or (version, state) != (run["version"], now.name):
            is_now = f"{now.name} at version {run['version']}"
            ended = f"{state} at version {version}"
            found.append(f"run {run['id']} is {is_now}, and its history ends in {ended}")
        if reruns[run["id"]] >= run["flow_runs"]:
            found.append(f"run {run['id']} ran again more often than its flow")
    found += [f"run {run_id} has a history, and is not there" for run_id in last]
    counted = func.sum(Slot.taken).label("taken"), func.sum(Slot.freed).label("freed")
    (slots,) = await database.rows(select(*counted))
    for what, count in effects.items():
        if slots[what] != count:
            found.append(f"slots were {what} {slots[what]} times, by the histories {count} times")
    return found


def _unlawful(row: RowMapping) -> Iterator[str]:
    """What is wrong with a step, by the rules that the policy has for what was intended."""
    before, after = _state(row["from_state"]), TaskState[row["to_state"]]
    intended, rule = TaskState[row["intended"]], row["refused_by"]
    rules = [type(entry).__name__ for entry in CORE.compile_transition_rules(before, intended)]
    if rule is None:
        if after is not intended:
            yield f"is {after.name}, and no rule wanted that"
    elif rule not in rules or (rule, intended, after) not in REDIRECTS:
        yield f"is {after.name} by {rule}, which does not govern it"
    if before in TERMINAL and (after is not TaskState.RUNNING or before is TaskState.COMPLETED):
        yield "leaves a terminal state, and is no rerun"


def _state(name: str | None) -> TaskState | None:
    return None if name is None else TaskState[name]


def _held(name: str | None) -> bool:
    return _state(name) in HOLDS_SLOT
