# pyright: reportUnnecessaryTypeIgnoreComment=true
"""Composition: plain policies stay `Policy`; what takes in an async entry is an `AsyncPolicy`."""

from enum import Enum
from typing import Generic, TypeVar, assert_type

from bylaws import (
    AsyncBaseRule,
    AsyncEntry,
    AsyncPolicy,
    BaseRule,
    BaseTransform,
    Entry,
    Policy,
    Transition,
    Verdict,
    every,
    proceed,
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


class Rush(Order):
    courier: str = ""


@rule(from_states={S.NEW}, to_states={S.PAID})
def first(t: Transition[S, S, Order]) -> Verdict[S]:
    return proceed()


@rule(from_states={S.NEW}, to_states={S.PAID})
def second(t: Transition[S, S, object]) -> None: ...


@rule(from_states={S.NEW}, to_states={S.PAID})
async def loads(t: Transition[S, S, Order]) -> Verdict[S]:
    return proceed()


@rule(from_states={Other.OPEN}, to_states={Other.OPEN})
def foreign(t: Transition[Other, Other, Order]) -> Verdict[Other]:
    return proceed()


@rule(from_states={S.NEW}, to_states={S.PAID})
def hurries(t: Transition[S, S, Rush]) -> Verdict[S]:
    return proceed()


class Log(BaseTransform[object]):
    def before_transition(self, transition: object, /) -> None: ...


class ByClass(BaseRule[S, S, Order]):
    from_states = states(S.NEW)
    to_states = states(S.PAID)

    def __init__(self, most: int) -> None:
        self.most = most


class Later(AsyncBaseRule[S, S, Order]):
    from_states = states(S.NEW)
    to_states = states(S.PAID)


X = TypeVar("X", bound=Enum)


class ForAnybody(BaseRule[X, X, object], Generic[X]):
    def __init__(self, of: type[X]) -> None:
        self.from_states = every(of)
        self.to_states = every(of)


class Orders(Policy[S, Order]):
    def priority(self) -> tuple[Entry[S, Order], ...]:
        return (first,)


plain = Policy[S, Order](first)

assert_type(plain.inserting(second, before=first), Policy[S, Order])
assert_type(plain.inserting(second, Log(), after=first), Policy[S, Order])
assert_type(plain.replacing(first, second), Policy[S, Order])
assert_type(plain.replacing(first), Policy[S, Order])
assert_type(plain.without(first), Policy[S, Order])
assert_type(plain.without(), Policy[S, Order])
assert_type(Orders().inserting(second, after=first), Policy[S, Order])
plain.inserting(second, before=first).without(first).replacing(second, first).run(
    Order(), S.NEW, S.PAID
)

assert_type(plain.inserting(loads, before=first), AsyncPolicy[S, Order])
assert_type(plain.inserting(second, loads, before=first), AsyncPolicy[S, Order])
assert_type(plain.replacing(first, loads), AsyncPolicy[S, Order])
mixed = AsyncPolicy[S, Order](first, loads)
assert_type(mixed.inserting(second, before=loads), AsyncPolicy[S, Order])
assert_type(mixed.replacing(loads, second), AsyncPolicy[S, Order])
assert_type(mixed.without(loads), AsyncPolicy[S, Order])

# A target is a listed entry, or a class of which exactly one is listed.
assert_type(plain.inserting(second, before=ByClass), Policy[S, Order])
assert_type(plain.inserting(second, after=Log), Policy[S, Order])
assert_type(plain.inserting(loads, after=ForAnybody), AsyncPolicy[S, Order])
assert_type(plain.replacing(ByClass, second), Policy[S, Order])
assert_type(plain.replacing(Log, ByClass(5), Log()), Policy[S, Order])
assert_type(plain.replacing(ForAnybody, ForAnybody(S)), Policy[S, Order])
assert_type(plain.replacing(Later, loads), AsyncPolicy[S, Order])
assert_type(plain.without(ByClass, Log, first), Policy[S, Order])
assert_type(mixed.without(Later, Log, first), AsyncPolicy[S, Order])

# What a policy tells of itself.
assert_type(plain.entries, tuple[Entry[S, Order], ...])
assert_type(mixed.entries, tuple[AsyncEntry[S, Order], ...])
assert_type(plain.name, str)
assert_type(plain.next_states(S.NEW), tuple[S | None, ...])
assert_type(mixed.next_states(None), tuple[S | None, ...])
Policy[S, Rush](*plain.entries)
plain.without(*plain.entries)

plain.inserting(second, before=int)  # type: ignore[arg-type]  # inserting before a class of something else
plain.replacing(Orders, second)  # type: ignore[arg-type]  # replacing a class of policies
plain.without(str)  # type: ignore[arg-type]  # leaving out a class of something else
plain.entries = ()  # type: ignore[misc]  # assigning to a policy's entries
plain.name = "orders"  # type: ignore[misc]  # assigning to a policy's name
plain.next_states(Other.OPEN)  # type: ignore[arg-type]  # next states of a state of another enum
Policy[S, Order](*mixed.entries)  # type: ignore[arg-type]  # an async policy's entries in a plain policy

plain.inserting(foreign, before=first)  # type: ignore[arg-type]  # inserting a foreign rule
plain.inserting(second, before=foreign)  # type: ignore[arg-type]  # inserting before a foreign rule
plain.inserting(Log, before=first)  # type: ignore[call-overload]  # inserting a class
plain.inserting([second], before=first)  # type: ignore[call-overload]  # inserting a list
plain.inserting(second, before="first")  # type: ignore[call-overload]  # inserting before a name
plain.inserting(second)  # missed: inserting without before= or after=
for_order: Policy[S, Order] = plain.inserting(hurries, before=first)  # type: ignore[arg-type]  # inserting a rule over a narrower context
plain.replacing(first, foreign)  # type: ignore[arg-type]  # replacing with a foreign rule
plain.replacing(foreign, first)  # type: ignore[arg-type]  # replacing a foreign rule
plain.replacing(0, second)  # type: ignore[call-overload]  # replacing a position
plain.without("first")  # type: ignore[arg-type]  # leaving out a name
plain.without(foreign)  # type: ignore[arg-type]  # leaving out a foreign rule
still_plain: Policy[S, Order] = plain.replacing(first, loads)  # type: ignore[assignment]  # an async composition where a Policy is wanted
plain.inserting(loads, before=first).run(Order(), S.NEW, S.PAID)  # type: ignore[attr-defined]  # run() on an async composition
mixed.without(loads).run(Order(), S.NEW, S.PAID)  # type: ignore[attr-defined]  # run() on what was an AsyncPolicy
