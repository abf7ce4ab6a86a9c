# pyright: reportUnnecessaryTypeIgnoreComment=true
"""Variance: what may stand where something wider or narrower is wanted."""

from enum import Enum

from bylaws import (
    AsyncPolicy,
    AsyncRule,
    Outcome,
    Policy,
    Rule,
    Transform,
    Transition,
    Verdict,
    proceed,
    rule,
)


class S(Enum):
    NEW = "new"
    PAID = "paid"


class Mine(Enum):
    DRAFT = "draft"


class Order:
    total: int = 0


class Rush(Order):
    courier: str = ""


# A rule is covariant in its states and contravariant in its context.
def wants_rule(over_s: Rule[S, Order]) -> None: ...
def wants_rule_over_both(over_both: Rule[S | Mine, Order]) -> None: ...
def wants_rule_for_rush(for_rush: Rule[S, Rush]) -> None: ...
def wants_async_rule(wide: AsyncRule[S | Mine, Rush]) -> None: ...
def wants_transform(transform: Transform[Order]) -> None: ...
def wants_transform_for_rush(transform: Transform[Rush]) -> None: ...


def of_rules(
    over_s: Rule[S, Order],
    over_both: Rule[S | Mine, Order],
    for_rush: Rule[S, Rush],
    transform: Transform[Order],
    transform_for_rush: Transform[Rush],
) -> None:
    wants_rule_over_both(over_s)
    wants_rule_for_rush(over_s)
    wants_async_rule(over_s)
    wants_transform_for_rush(transform)

    wants_rule(over_both)  # type: ignore[arg-type]  # a rule over more states where fewer are wanted
    wants_rule(for_rush)  # type: ignore[arg-type]  # a rule over a narrower context where a wider one is wanted
    wants_transform(transform_for_rush)  # type: ignore[arg-type]  # a transform over a narrower context where a wider one is wanted


# Transitions, verdicts and outcomes are read, so they are covariant.
def wants_transition(transition: Transition[S, S, Order]) -> None: ...
def wants_wide_transition(transition: Transition[S | None, S | Mine, Order]) -> None: ...
def wants_verdict(verdict: Verdict[S]) -> None: ...
def wants_wide_verdict(verdict: Verdict[S | Mine]) -> None: ...
def wants_outcome(outcome: Outcome[S]) -> None: ...
def wants_wide_outcome(outcome: Outcome[S | Mine]) -> None: ...


def of_values(
    transition: Transition[S, S, Rush],
    with_none: Transition[S | None, S, Order],
    verdict: Verdict[S],
    wide_verdict: Verdict[S | Mine],
    outcome: Outcome[S],
    wide_outcome: Outcome[S | Mine],
) -> None:
    wants_wide_transition(transition)
    wants_wide_verdict(verdict)
    wants_wide_outcome(outcome)

    wants_transition(with_none)  # type: ignore[arg-type]  # a transition with None where one without is wanted
    wants_verdict(wide_verdict)  # type: ignore[arg-type]  # a verdict over more states where fewer are wanted
    wants_outcome(wide_outcome)  # type: ignore[arg-type]  # an outcome over more states where fewer are wanted


# A policy is invariant in its states and contravariant in its context.
def wants_policy(policy: Policy[S, Order]) -> None: ...
def wants_policy_over_both(policy: Policy[S | Mine, Order]) -> None: ...
def wants_policy_for_rush(policy: Policy[S, Rush]) -> None: ...
def wants_async_policy(policy: AsyncPolicy[S, Order]) -> None: ...
def wants_async_policy_over_both(policy: AsyncPolicy[S | Mine, Order]) -> None: ...
def wants_async_policy_for_rush(policy: AsyncPolicy[S, Rush]) -> None: ...


def of_policies(
    over_s: Policy[S, Order],
    over_both: Policy[S | Mine, Order],
    for_anything: Policy[S, object],
    for_rush: Policy[S, Rush],
    an_async: AsyncPolicy[S, Order],
) -> None:
    wants_policy(for_anything)
    wants_policy_for_rush(over_s)
    wants_async_policy(over_s)
    wants_async_policy_for_rush(over_s)
    wants_async_policy_for_rush(an_async)

    wants_policy_over_both(over_s)  # type: ignore[arg-type]  # a policy over fewer states where more are wanted
    wants_policy(over_both)  # type: ignore[arg-type]  # a policy over more states where fewer are wanted
    wants_policy(for_rush)  # type: ignore[arg-type]  # a policy over a narrower context where a wider one is wanted
    wants_policy(an_async)  # type: ignore[arg-type]  # an AsyncPolicy where a Policy is wanted
    wants_async_policy_over_both(an_async)  # type: ignore[arg-type]  # an AsyncPolicy over fewer states where more are wanted


# In a list of entries each stands by its own variance.
@rule(from_states={S.NEW}, to_states={S.PAID})
def pays(t: Transition[S, S, Order]) -> Verdict[S]:
    return proceed()


Policy[S | Mine, Rush](pays, *Policy[S, object]().priority())
