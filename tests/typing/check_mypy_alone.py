"""What mypy reports and pyright does not, which is not asked here whether an ignore is needed."""

from enum import Enum

from bylaws import Transition, Verdict, proceed, reject, rule, states


class S(Enum):
    NEW = "new"
    PAID = "paid"


class Order:
    total: int = 0


@rule(from_states=states(S.NEW), to_states=states(S.PAID))
def answers_in_one_case(t: Transition[S, S, Order]) -> Verdict[S] | None:
    return proceed() if t.context.total else None


@rule(from_states=states(S.NEW), to_states=states(S.PAID))
def builds_its_last_verdict_or_none(t: Transition[S, S, Order]) -> Verdict[S] | None:  # type: ignore[return]  # mypy alone: a verdict that is built and not returned, where None is one
    if t.context.total:
        return proceed()
    reject(reason="nothing to pay")
