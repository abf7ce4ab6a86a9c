# pyright: reportUnnecessaryTypeIgnoreComment=true
"""The context may be left out: it is `object`, so that any will do."""

from enum import Enum
from typing import assert_type

from bylaws import (
    AnyTransition,
    AsyncBaseRule,
    AsyncBaseTransform,
    AsyncEntry,
    AsyncPolicy,
    AsyncRule,
    AsyncTransform,
    BaseRule,
    BaseTransform,
    Entry,
    Outcome,
    Policy,
    Rule,
    Transform,
    Transition,
    Verdict,
    proceed,
    reject,
    rule,
    states,
)


class S(Enum):
    NEW = "new"
    PAID = "paid"


class Order:
    total: int = 0


@rule(from_states={S.NEW}, to_states={S.PAID})
def free(t: Transition[S, S]) -> Verdict[S]:
    assert_type(t.context, object)
    return proceed()


class FreeByClass(BaseRule[S, S]):
    from_states = states(S.NEW)
    to_states = states(S.PAID)

    def before_transition(self, transition: Transition[S, S], /) -> Verdict[S]:
        return proceed()


class FreeLater(AsyncBaseRule[S, S]):
    from_states = states(S.NEW)
    to_states = states(S.PAID)

    async def before_transition(self, transition: Transition[S, S], /) -> Verdict[S]:
        return proceed()


class Log(BaseTransform):
    def before_transition(self, transition: AnyTransition, /) -> None:
        assert_type(transition.context, object)

    def after_transition(self, transition: AnyTransition, outcome: Outcome[Enum], /) -> None: ...


class LogLater(AsyncBaseTransform):
    async def before_transition(self, transition: AnyTransition, /) -> None: ...


class Listed(Policy[S]):
    def priority(self) -> tuple[Entry[S], ...]:
        return (free, FreeByClass(), Log())


class ListedLater(AsyncPolicy[S]):
    def priority(self) -> tuple[AsyncEntry[S], ...]:
        return (free, FreeByClass(), Log(), FreeLater(), LogLater())


plain = Policy[S](free, FreeByClass(), Log())
later = AsyncPolicy[S](free, FreeLater(), LogLater())
assert_type(plain, Policy[S, object])
assert_type(plain.entries, tuple[Entry[S, object], ...])
assert_type(later, AsyncPolicy[S, object])
plain.run(None, S.NEW, S.PAID)
plain.run(Order(), S.NEW, S.PAID)
Policy[S, Order](free, FreeByClass(), Log(), *Listed().entries)
for_orders: Policy[S, Order] = plain
a_rule: Rule[S] = FreeByClass()
a_later_rule: AsyncRule[S] = FreeLater()
a_transform: Transform = Log()
a_later_transform: AsyncTransform = LogLater()


@rule(from_states={S.NEW}, to_states={S.PAID})
def needs_an_order(t: Transition[S, S, Order]) -> Verdict[S]:
    return proceed()


class OfOrders(BaseTransform[Order]): ...


Policy[S](needs_an_order)  # type: ignore[arg-type]  # a rule over a context in a policy without one
Policy[S](OfOrders())  # type: ignore[arg-type]  # a transform over a context in a policy without one
for_anything: Policy[S] = Policy[S, Order]()  # type: ignore[assignment]  # a policy over a context where one without is wanted


@rule(from_states={S.NEW}, to_states={S.PAID})
def reads_a_context(t: Transition[S, S]) -> Verdict[S]:
    return reject(reason=str(t.context.total))  # type: ignore[attr-defined]  # a context that was left out, read
