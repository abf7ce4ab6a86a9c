# pyright: reportUnnecessaryTypeIgnoreComment=true
"""Async hooks, callbacks and commits; `AsyncPolicy` lists both kinds, `Policy` plain ones."""

from collections.abc import Awaitable
from enum import Enum
from typing import assert_type

from bylaws import (
    AsyncBaseRule,
    AsyncEntry,
    AsyncPolicy,
    AsyncRule,
    BaseRule,
    Delay,
    Explanation,
    Outcome,
    Policy,
    Reject,
    Transition,
    Verdict,
    delay,
    proceed,
    reject,
    rule,
    states,
)


class S(Enum):
    NEW = "new"
    PAID = "paid"


class Other(Enum):
    OPEN = "open"


class Order:
    total: int = 0

    async def load(self) -> int:
        return self.total


@rule(from_states={S.NEW}, to_states={S.PAID})
def plain(t: Transition[S, S, Order]) -> Verdict[S]:
    return proceed()


@rule(from_states={S.NEW}, to_states={S.PAID})
async def loads(t: Transition[S, S, Order]) -> Verdict[S]:
    return proceed() if await t.context.load() else delay(5, reason="nothing there yet")


@rule(from_states={S.NEW, None}, to_states={S.PAID})
async def has_an_effect_only(t: Transition[S | None, S, Order]) -> None:
    t.context.total = await t.context.load()


class Saves(AsyncBaseRule[S, S, Order]):
    from_states = states(S.NEW)
    to_states = states(S.PAID)

    async def before_transition(self, transition: Transition[S, S, Order], /) -> Verdict[S]:
        return proceed() if await transition.context.load() else reject(S.NEW, reason="empty")

    async def cleanup(self, transition: Transition[S, S, Order], /) -> None: ...


class Mixes:
    """No base: each hook plain or async."""

    from_states = states(S.NEW)
    to_states = states(S.PAID)

    async def before_transition(
        self, transition: Transition[S, S, Order], /
    ) -> Verdict[S] | None: ...
    def after_transition(self, transition: Transition[S, S, Order], /) -> None: ...
    async def cleanup(self, transition: Transition[S, S, Order], /) -> None: ...


class Plainly(BaseRule[S, S, Order]):
    from_states = states(S.NEW)
    to_states = states(S.PAID)

    def before_transition(self, transition: Transition[S, S, Order], /) -> Verdict[S]:
        return proceed()


fits: AsyncRule[S, Order] = Plainly()
mixed = AsyncPolicy[S, Order](plain, loads, has_an_effect_only, Saves(), Mixes(), Plainly())
assert_type(mixed, AsyncPolicy[S, Order])
assert_type(mixed.priority(), tuple[AsyncEntry[S, Order], ...])
assert_type(mixed.compile_transition_rules(S.NEW, None), tuple[AsyncEntry[S, Order], ...])
assert_type(mixed.explain(S.NEW, None), Explanation[AsyncEntry[S, Order]])
all_plain = Policy[S, Order](plain, Plainly())
as_async: AsyncPolicy[S, Order] = all_plain

Policy[S, Order](loads)  # type: ignore[arg-type]  # an async rule in a plain policy
Policy[S, Order](plain, has_an_effect_only)  # type: ignore[arg-type]  # an async rule without verdicts in a plain policy
Policy[S, Order](Saves())  # type: ignore[arg-type]  # an async class rule in a plain policy
Policy[S, Order](Mixes())  # type: ignore[arg-type]  # a rule with one async hook in a plain policy
Policy[S, Order](*mixed.priority())  # type: ignore[arg-type]  # an async policy's entries in a plain policy
as_plain: Policy[S, Order] = mixed  # type: ignore[assignment]  # an AsyncPolicy where a Policy is wanted


class PlainHook(AsyncBaseRule[S, S, Order]):
    from_states = states(S.NEW)
    to_states = states(S.PAID)

    def before_transition(self, transition: Transition[S, S, Order], /) -> Verdict[S]:  # type: ignore[override]  # a plain hook in an async base
        return proceed()


class AsyncHook(BaseRule[S, S, Order]):
    from_states = states(S.NEW)
    to_states = states(S.PAID)

    async def before_transition(self, transition: Transition[S, S, Order], /) -> Verdict[S]:  # type: ignore[override]  # an async hook in a plain base
        return proceed()


@rule(from_states={S.NEW}, to_states={S.PAID})
async def forgets_to_await(t: Transition[S, S, Order]) -> Verdict[S]:
    t.context.load()  # type: ignore[unused-coroutine]  # a forgotten await in a hook
    return proceed()


@rule(from_states={S.NEW}, to_states={S.PAID})
async def declares_a_foreign_verdict(t: Transition[S, S, Order]) -> Verdict[Other]:
    return proceed()


AsyncPolicy[S, Order](declares_a_foreign_verdict)  # type: ignore[arg-type]  # an async rule whose verdict is declared over another enum


def commit(state: S, outcome: Outcome[S]) -> None: ...
async def acommit(state: S, outcome: Outcome[S]) -> None: ...
def commit_if_first(state: S, outcome: Outcome[S]) -> Delay | None: ...
async def acommit_if_first(state: S, outcome: Outcome[S]) -> Delay | None: ...
async def acommit_and_raise(state: S, outcome: Outcome[S]) -> BaseException | None: ...
def acommit_perhaps(state: S, outcome: Outcome[S]) -> Awaitable[None] | None: ...


async def acommit_or_not(state: S, outcome: Outcome[S]) -> bool:
    return True


async def acommit_elsewhere(state: S, outcome: Outcome[S]) -> Reject[S]:
    return reject(S.NEW, reason="back")


async def commit_other(state: Other, outcome: Outcome[S]) -> None: ...


async def runs(order: Order) -> Outcome[S]:
    assert_type(await mixed.arun(order, S.NEW, S.PAID), Outcome[S])
    await mixed.arun(order, S.NEW, S.PAID, commit=commit)
    await mixed.arun(order, S.NEW, S.PAID, commit=acommit)
    await all_plain.arun(order, None, S.PAID, commit=acommit)
    await mixed.arun(order, S.NEW, S.PAID, commit=commit_if_first)
    await mixed.arun(order, S.NEW, S.PAID, commit=acommit_if_first)
    await mixed.arun(order, S.NEW, S.PAID, commit=acommit_and_raise)
    await mixed.arun(order, S.NEW, S.PAID, commit=acommit_perhaps)

    mixed.arun(order, S.NEW, S.PAID)  # type: ignore[unused-coroutine]  # a forgotten await of arun
    mixed.run(order, S.NEW, S.PAID)  # type: ignore[attr-defined]  # run() on an AsyncPolicy
    outcome: Outcome[S] = mixed.arun(order, S.NEW, S.PAID)  # type: ignore[assignment]  # an outcome that is not awaited
    await mixed.arun(order, S.NEW, S.PAID, commit=commit_other)  # type: ignore[arg-type]  # an async commit over another enum
    await mixed.arun(order, S.NEW, Other.OPEN)  # type: ignore[arg-type]  # an async run with another enum
    await mixed.arun(order, S.NEW, S.PAID, commit=acommit_or_not)  # type: ignore[arg-type]  # an async commit that returns bool
    await mixed.arun(order, S.NEW, S.PAID, commit=acommit_elsewhere)  # type: ignore[arg-type]  # an async commit that proposes a state
    return outcome


def runs_plain(order: Order) -> None:
    all_plain.run(order, S.NEW, S.PAID, commit=acommit)  # type: ignore[arg-type]  # an async commit in a plain run
