"""Prefect: its own rules, policy and context, as its API server uses them, but no database."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AsyncExitStack
from importlib import import_module
from typing import Any

from benchmarks.harness import Side
from benchmarks.libraries.common import Contender, Work, on_a_loop


def waiting(hooks: int) -> Side:
    """Prefect's rules, policies and context as its API server uses them, without the database."""
    import_module(
        "prefect.server.models"
    )  # first, or the modules below import one another in a circle
    states: Any = import_module("prefect.server.schemas.states")
    rules: Any = import_module("prefect.server.orchestration.rules")
    policies: Any = import_module("prefect.server.orchestration.policies")
    session = import_module("sqlalchemy.ext.asyncio").AsyncSession()
    run = import_module("prefect.server.database.orm_models").TaskRun()
    kinds = frozenset({states.StateType.PENDING, states.StateType.RUNNING})

    async def before_transition(
        _self: object, _initial: object, _proposed: object, _context: object
    ) -> None:
        return None

    sets = {"FROM_STATES": kinds, "TO_STATES": kinds, "before_transition": before_transition}
    listed = [type(f"Rule{at}", (rules.BaseOrchestrationRule,), sets) for at in range(hooks)]
    policy: Any = type(
        "Listed", (policies.BaseOrchestrationPolicy,), {"priority": staticmethod(lambda: listed)}
    )
    off, on = states.Pending(), states.Running()

    async def move(initial: Any, proposed: Any) -> Any:
        intended = (initial.type, proposed.type)
        context = rules.OrchestrationContext(
            session=session, run=run, initial_state=initial, proposed_state=proposed
        )
        async with AsyncExitStack() as stack:
            for each in policy.compile_transition_rules(*intended):
                context = await stack.enter_async_context(each(context, *intended))
            context.validated_state = (
                context.proposed_state
            )  # what it does when the database has it
        return context.validated_state

    async def side(loops: Iterable[object]) -> None:
        state = off
        for _ in loops:
            state = await move(state, on)
            state = await move(state, off)

    async def work() -> Work:
        return side

    return on_a_loop(work)


CONTENDER = Contender(
    "prefect",
    None,
    waiting,
    "more: a validated context, copies of it for each hook, a check whether each rule still holds; "
    "the same: verdicts and undoing; less: it has no plain runs",
)
