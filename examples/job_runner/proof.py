"""The proof, from the database alone, that everything went by the policy."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Final

from .model import TERMINAL, TaskState
from .policy import CoreTaskPolicy
from .store import Store

POLICY: Final = CoreTaskPolicy()
REDIRECTS: Final = {
    ("CacheRetrieval", TaskState.RUNNING, TaskState.COMPLETED),
    ("RetryFailedTasks", TaskState.FAILED, TaskState.SCHEDULED),
}
"""The rules that may put another state in the place of the intended one."""


async def violations(store: Store) -> list[str]:
    """Everything in the database that must not be. That there is nothing is the proof."""
    taken = await store.slots_taken()
    found = [f"{taken} slots are taken"] if taken else []
    last: dict[int, str] = {}
    version: dict[int, int] = {}
    for row in await store.history():
        run_id = int(row["run_id"])
        where = f"run {run_id}, step {row['version']}"
        if row["from_state"] != last.get(run_id) or row["version"] != version.get(run_id, 0) + 1:
            found.append(f"{where} does not go on where the step before it ended")
        found += [f"{where} {wrong}" for wrong in _unlawful(row)]
        last[run_id], version[run_id] = row["state"], row["version"]
    for run_id, state in last.items():
        run = await store.run(run_id)
        if run.type not in TERMINAL or run.type.name != state:
            found.append(f"run {run_id} is {run.type}, and its history ends in {state}")
    return found


def _unlawful(row: sqlite3.Row) -> Iterator[str]:
    """What is wrong with a step, by the rules that the policy has for what was intended."""
    before = TaskState[row["from_state"]] if row["from_state"] else None
    intended, after = TaskState[row["intended"]], TaskState[row["state"]]
    rules = [type(entry).__name__ for entry in POLICY.compile_transition_rules(before, intended)]
    if row["rule"] is None:
        if after is not intended:
            yield f"is {after.name}, and no rule wanted that"
    elif row["rule"] not in rules or (row["rule"], intended, after) not in REDIRECTS:
        yield f"is {after.name} by {row['rule']}, which does not govern it"
    if "HandleTaskTerminalStateTransitions" in rules and (
        after is not TaskState.RUNNING or row["name"] != "Rerunning"
    ):
        yield "leaves a terminal state, and is no rerun"
    if after is TaskState.RUNNING and row["lease"] is None:
        yield "starts without a slot"
