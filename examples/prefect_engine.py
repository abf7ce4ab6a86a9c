"""Prefect's own rules, run by the engine of bylaws, and compared with Prefect's own engine.

    python examples/prefect_engine.py                    (in an environment that has Prefect too)
    python examples/prefect_engine.py --contexts 2 --seed 7

A rule of Prefect's tells its context what it refuses, in its before hook; here that is the verdict.
Its other two hooks become callbacks of the run. What a transform writes belongs to the decision,
and `validate_proposed_state` is the commit. Rules, transforms and contexts are Prefect's, as they
are: docs/prefect.md says what comes of it.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from enum import Enum
from pathlib import Path
from typing import Generic, TypeVar, assert_never

import prefect.server.models  # noqa: F401  # pyright: ignore[reportUnusedImport]
from prefect.server.database.orm_models import Run
from prefect.server.orchestration.core_policy import CoreFlowPolicy, CoreTaskPolicy
from prefect.server.orchestration.global_policy import GlobalFlowPolicy, GlobalTaskPolicy
from prefect.server.orchestration.policies import BaseOrchestrationPolicy
from prefect.server.orchestration.rules import (
    BaseOrchestrationRule,
    BaseUniversalTransform,
    FlowOrchestrationContext,
    OrchestrationContext,
    TaskOrchestrationContext,
)
from prefect.server.schemas.core import FlowRunPolicy, TaskRunPolicy
from prefect.server.schemas.responses import (
    StateAbortDetails,
    StateAcceptDetails,
    StateRejectDetails,
    StateWaitDetails,
)
from prefect.server.schemas.states import StateType

from bylaws import (
    Abort,
    Accepted,
    AnyTransition,
    AsyncBaseRule,
    AsyncBaseTransform,
    AsyncEntry,
    AsyncPolicy,
    Outcome,
    Rejected,
    Transition,
    Verdict,
    abort,
    delay,
    reject,
)

# `examples` is found when this is run as a script, too.
sys.path.insert(0, str(Path(__file__).parent.parent))

from examples.prefect_compared.report import report

T = TypeVar("T", bound=Run)
RP = TypeVar("RP", bound=FlowRunPolicy | TaskRunPolicy)
C = TypeVar("C", FlowOrchestrationContext, TaskOrchestrationContext)


class PrefectRule(
    AsyncBaseRule[StateType | None, StateType | None, OrchestrationContext[T, RP]], Generic[T, RP]
):
    """A rule of Prefect's: of its class, which is made anew for each run, as Prefect does."""

    def __init__(self, kind: type[BaseOrchestrationRule[T, RP]]) -> None:
        self.kind = kind
        self.name = kind.__name__
        self.from_states = frozenset(kind.FROM_STATES)
        self.to_states = frozenset(kind.TO_STATES)

    async def before_transition(
        self,
        transition: Transition[StateType | None, StateType | None, OrchestrationContext[T, RP]],
        /,
    ) -> Verdict[StateType] | None:
        context = transition.context
        rule = self.kind(context, transition.from_state, transition.to_state)

        async def after() -> None:
            # A rule that redirects has the state that it proposes as its `to_state_type`.
            if rule.to_state_type in self.to_states:
                await rule.after_transition(*context.exit_context())

        async def cleanup() -> None:
            await rule.cleanup(*context.exit_context())

        transition.add_after(after)
        transition.add_cleanup(cleanup)
        await rule.before_transition(*context.entry_context())
        return verdict(context)


class PrefectTransform(AsyncBaseTransform[OrchestrationContext[T, RP]], Generic[T, RP]):
    """A transform of Prefect's, which keeps nothing about a run, so that each hook has its own.

    What it writes is written when the decision is made. One that stands before a rule prepares the
    proposed state for it, and does that at its place.
    """

    def __init__(self, kind: type[BaseUniversalTransform[T, RP]], *, prepares: bool) -> None:
        self.kind = kind
        self.name = kind.__name__
        self.prepares = prepares

    def _made(
        self, transition: AnyTransition[OrchestrationContext[T, RP]]
    ) -> BaseUniversalTransform[T, RP]:
        ends = as_type(transition.from_state), as_type(transition.to_state)
        return self.kind(transition.context, *ends)

    async def before_transition(
        self, transition: AnyTransition[OrchestrationContext[T, RP]], /
    ) -> None:
        if self.prepares:
            await self._made(transition).before_transition(transition.context)

    async def on_decision(
        self, transition: AnyTransition[OrchestrationContext[T, RP]], _: Outcome[Enum], /
    ) -> None:
        if not self.prepares:
            await self._made(transition).before_transition(transition.context)

    async def after_transition(
        self, transition: AnyTransition[OrchestrationContext[T, RP]], _: Outcome[Enum], /
    ) -> None:
        await self._made(transition).after_transition(transition.context)


class NothingToWrite(AsyncBaseTransform[FlowOrchestrationContext | TaskOrchestrationContext]):
    """Prefect validates without a state, too: the context then has the state that the run is in."""

    async def on_decision(
        self,
        transition: AnyTransition[FlowOrchestrationContext | TaskOrchestrationContext],
        outcome: Outcome[Enum],
        /,
    ) -> None:
        if not isinstance(outcome, Accepted | Rejected) or outcome.state is None:
            await transition.context.validate_proposed_state()


def verdict(context: OrchestrationContext[T, RP]) -> Verdict[StateType] | None:
    """What a rule has told the context, as what it answers."""
    match details := context.response_details:
        case StateAcceptDetails():
            return None
        case StateRejectDetails(reason=reason):
            if context.proposed_state is None:
                return reject(reason=reason or "")
            return reject(context.proposed_state, reason=reason or "")
        case StateWaitDetails(delay_seconds=seconds, reason=reason):
            return delay(seconds, reason=reason or "")
        case StateAbortDetails(reason=reason):
            return abort(reason=reason or "")
        case _:
            assert_never(details)


def as_type(state: Enum | None) -> StateType | None:
    """A state, which a transform knows as that of any enum."""
    return state if isinstance(state, StateType) else None


def entries(
    *policies: type[BaseOrchestrationPolicy[T, RP]],
) -> list[AsyncEntry[StateType, OrchestrationContext[T, RP]]]:
    """The entries of Prefect's policies, one after the other: those of the global one come last."""
    listed: list[AsyncEntry[StateType, OrchestrationContext[T, RP]]] = []
    kinds = [kind for policy in policies for kind in policy.priority()]
    for at, kind in enumerate(kinds):
        if issubclass(kind, BaseOrchestrationRule):
            listed.append(PrefectRule(kind))
        else:
            later = kinds[at + 1 :]
            prepares = any(issubclass(each, BaseOrchestrationRule) for each in later)
            listed.append(PrefectTransform(kind, prepares=prepares))
    return listed


FLOWS = AsyncPolicy[StateType, FlowOrchestrationContext](
    *entries(CoreFlowPolicy, GlobalFlowPolicy), NothingToWrite(), name="CoreFlowPolicy"
)
TASKS = AsyncPolicy[StateType, TaskOrchestrationContext](
    *entries(CoreTaskPolicy, GlobalTaskPolicy), NothingToWrite(), name="CoreTaskPolicy"
)


async def orchestrate(policy: AsyncPolicy[StateType, C], context: C) -> Outcome[StateType]:
    """Run a policy over a context of Prefect's; what is written is in its session."""

    async def write(_: StateType, __: Outcome[StateType]) -> Abort | None:
        await context.validate_proposed_state()  # which catches what goes wrong, and tells it
        details = context.response_details
        if isinstance(details, StateAbortDetails):
            return abort(reason=details.reason or "")
        return None

    return await policy.arun(
        context, context.initial_state_type, context.proposed_state_type, commit=write
    )


async def flow(context: FlowOrchestrationContext) -> Outcome[StateType]:
    """Run a flow run's move."""
    return await orchestrate(FLOWS, context)


async def task(context: TaskOrchestrationContext) -> Outcome[StateType]:
    """Run a task run's move."""
    return await orchestrate(TASKS, context)


def main() -> None:
    """Compare, and print the report."""
    parser = argparse.ArgumentParser(description="Prefect's rules under two engines.")
    parser.add_argument("--contexts", type=int, default=5, help="contexts for each pair of states")
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    told, same = asyncio.run(report(options.contexts, options.seed, flow, task))
    print(told)
    sys.exit(not same)


if __name__ == "__main__":
    main()
