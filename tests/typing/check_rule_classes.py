# pyright: reportUnnecessaryTypeIgnoreComment=true
"""Rules that are objects: subclasses of `BaseRule`, or anything with two sets and three hooks."""

from dataclasses import dataclass, field
from enum import Enum
from typing import Generic, TypeVar, assert_type

from bylaws import (
    AsyncPolicy,
    AsyncRule,
    BaseRule,
    BaseTransform,
    Entry,
    Policy,
    Rule,
    Transition,
    Verdict,
    every,
    proceed,
    reject,
    states,
)


class S(Enum):
    NEW = "new"
    PAID = "paid"
    SHIPPED = "shipped"


class Other(Enum):
    OPEN = "open"


class Order:
    total: int = 0


# A subclass of the base declares both sets and the hooks it has.
class TakesSlot(BaseRule[S, S, Order]):
    from_states = states(S.NEW)
    to_states = states(S.PAID, S.SHIPPED)

    def before_transition(self, transition: Transition[S, S, Order], /) -> Verdict[S]:
        assert_type(transition.from_state, S)
        return proceed() if transition.context.total else reject(S.NEW, reason="nothing to pay")

    def after_transition(self, transition: Transition[S, S, Order], /) -> None:
        print(transition.to_state.name)

    def cleanup(self, transition: Transition[S, S, Order], /) -> None:
        print(transition.context.total)


class FromNoState(BaseRule[S | None, S, Order]):
    from_states = every(S) | {None}
    to_states = every(S)

    def before_transition(self, transition: Transition[S | None, S, Order], /) -> Verdict[S] | None:
        assert_type(transition.from_state, S | None)
        return reject(transition.from_state, reason="stay") if transition.from_state else None


class AfterOnly(BaseRule[S, S, Order]):
    from_states = frozenset({S.NEW})
    to_states = every(S) - {S.NEW}

    def after_transition(self, transition: Transition[S, S, Order], /) -> None:
        print(transition.to_state.name)


Policy[S, Order](TakesSlot(), FromNoState(), AfterOnly())
fits: Rule[S, Order] = TakesSlot()


# Constructor arguments: an __init__, or a dataclass; the sets may be among them.
class Limits(BaseRule[S, S, Order]):
    from_states = states(S.NEW)
    to_states = states(S.PAID)

    def __init__(self, most: int) -> None:
        self.most = most

    def before_transition(self, transition: Transition[S, S, Order], /) -> Verdict[S]:
        return (
            proceed()
            if transition.context.total <= self.most
            else reject(reason=f"more than {self.most}")
        )


class Governs(BaseRule[S, S, Order]):
    def __init__(self, from_states: frozenset[S]) -> None:
        self.from_states = from_states
        self.to_states = every(S) - from_states

    def before_transition(self, transition: Transition[S, S, Order], /) -> Verdict[S]:
        return proceed()


@dataclass(frozen=True)
class Plain:
    """No base: a dataclass with the sets as fields, and the three hooks."""

    most: int
    from_states: frozenset[S] = states(S.NEW)
    to_states: frozenset[S | None] = field(default=every(S) | {None})

    def before_transition(self, transition: Transition[S, S | None, Order], /) -> Verdict[S]:
        return (
            proceed() if transition.context.total <= self.most else reject(S.NEW, reason="too much")
        )

    def after_transition(self, transition: Transition[S, S | None, Order], /) -> None: ...
    def cleanup(self, transition: Transition[S, S | None, Order], /) -> None: ...


@dataclass
class FromBase(BaseRule[S, S, Order]):
    most: int
    from_states = states(S.NEW)
    to_states = states(S.PAID)

    def before_transition(self, transition: Transition[S, S, Order], /) -> Verdict[S]:
        return proceed() if transition.context.total <= self.most else reject(reason="too much")


class Audited:
    def __init__(self, log: list[str]) -> None:
        self.log = log


# Beside another base class: the bases of rules have no constructor, and hand on to the next class.
class Audits(BaseRule[S, S, Order], Audited):
    from_states = states(S.NEW)
    to_states = states(S.PAID)

    def __init__(self, log: list[str], most: int) -> None:
        super().__init__(log)
        self.most = most


class AuditsAlso(Audited, BaseRule[S, S, Order]):
    from_states = states(S.NEW)
    to_states = states(S.PAID)


Policy[S, Order](Audits([], 5), AuditsAlso([]))


def told_by_class(entry: Entry[S, Order]) -> str:
    if isinstance(entry, Audits):
        return entry.log[0]
    if isinstance(entry, BaseTransform):
        return "a transform"
    return "of one of the bases" if isinstance(entry, BaseRule) else "of none"


class Structural:
    """No base: properties compute the sets."""

    @property
    def from_states(self) -> frozenset[S]:
        return every(S)

    @property
    def to_states(self) -> frozenset[S]:
        return every(S)

    def before_transition(self, transition: Transition[S, S, Order], /) -> None: ...
    def after_transition(self, transition: Transition[S, S, Order], /) -> None: ...
    def cleanup(self, transition: Transition[S, S, Order], /) -> None: ...


X = TypeVar("X", bound=Enum)
N = TypeVar("N", bound=Enum | None)
K = TypeVar("K")


class StaysOut(BaseRule[X, X, object], Generic[X]):
    """A rule for anybody's states."""

    def __init__(self, of: type[X], *forbidden: X) -> None:
        self.from_states = every(of)
        self.to_states = frozenset(forbidden)

    def before_transition(self, transition: Transition[X, X, object], /) -> Verdict[X]:
        return reject(transition.from_state, reason="no entry")


Policy[S, Order](Limits(5), Governs(states(S.NEW)), Plain(5), FromBase(5), Structural())

# A generic rule takes its argument from what it is given, wherever it is made.
Policy[S, Order](StaysOut(S, S.SHIPPED), StaysOut[S](S))
Policy[S | Other, Order](StaysOut(S, S.SHIPPED), StaysOut(Other))
AsyncPolicy[S, Order](StaysOut(S, S.SHIPPED))
no_shipping = StaysOut(S, S.SHIPPED)
Policy[S, Order](no_shipping)
Policy[S, Order]().inserting(StaysOut(S), before=StaysOut)


class OnlyBetween(Generic[X, N, K]):
    """The same without a base, over three arguments."""

    def __init__(self, one: X, other: N, context: type[K]) -> None:
        self.from_states = frozenset({one})
        self.to_states = frozenset({other})

    def before_transition(self, transition: Transition[X, N, K], /) -> Verdict[X]:
        return reject(transition.from_state, reason="stay")

    def after_transition(self, transition: Transition[X, N, K], /) -> None: ...
    def cleanup(self, transition: Transition[X, N, K], /) -> None: ...


class Generically(Policy[S, Order]):
    def priority(self) -> tuple[Entry[S, Order], ...]:
        return (StaysOut(S, S.SHIPPED), OnlyBetween(S.NEW, None, Order))


Policy[S, Order](OnlyBetween(S.NEW, S.PAID, Order), OnlyBetween(S.NEW, None, object))
Policy[S, Order](StaysOut(Other))  # type: ignore[arg-type]  # a generic rule made of another enum
Policy[S, Order](StaysOut(S, Other.OPEN))  # type: ignore[arg-type]  # a generic rule made of two enums
Policy[S, Order](OnlyBetween(Other.OPEN, None, Order))  # type: ignore[arg-type]  # a generic structural rule of another enum
Policy[S, int](OnlyBetween(S.NEW, None, Order))  # type: ignore[arg-type]  # a generic rule over another context
AsyncPolicy[S, Order](StaysOut(Other))  # type: ignore[arg-type]  # a generic rule of another enum in an async policy

Policy[S, Order](TakesSlot)  # type: ignore[arg-type]  # a rule class listed instead of an instance
Policy[S, Order](Limits)  # type: ignore[arg-type]  # a rule class with an argument, listed instead of an instance
Limits()  # type: ignore[call-arg]  # a missing constructor argument
FromBase("5")  # type: ignore[arg-type]  # a wrong constructor argument
Policy[S, Order](StaysOut[Other](Other, Other.OPEN))  # type: ignore[arg-type]  # a generic rule made for another enum


class ForgetsToStates(BaseRule[S, S, Order]):
    from_states = states(S.NEW)

    def before_transition(self, transition: Transition[S, S, Order], /) -> Verdict[S]:
        return proceed()


Policy[S, Order](ForgetsToStates())  # type: ignore[abstract]  # a forgotten to_states in a class rule


# Its sets are attributes, as those of a base have to be; they are read-only for whom it is a rule.
def assigns(own: ForgetsToStates, rule_: Rule[S, Order], later: AsyncRule[S, Order]) -> None:
    own.from_states = states(S.PAID)  # missed: assigning to the sets of one's own class rule
    rule_.from_states = states(S.PAID)  # type: ignore[misc]  # assigning to a rule's sets
    later.to_states = states(S.PAID)  # type: ignore[misc]  # assigning to an async rule's sets


class MutableSet(BaseRule[S, S, Order]):
    from_states = {S.NEW}  # type: ignore[assignment]  # a mutable set in a class rule
    to_states = states(S.PAID)


class ForeignSet(BaseRule[S, S, Order]):
    from_states = states(Other.OPEN)  # type: ignore[arg-type]  # a set of another enum in a class rule
    to_states = every(Other)  # type: ignore[arg-type]  # every() of another enum in a class rule


class NoneInTheSet(BaseRule[S, S, Order]):
    from_states = states(S.NEW, None)  # type: ignore[arg-type]  # None in a set of a class rule that is declared without it
    to_states = states(S.PAID)


class TakesNoNone(BaseRule[S | None, S, Order]):
    from_states = states(S.NEW, None)
    to_states = states(S.PAID)

    def before_transition(self, transition: Transition[S, S, Order], /) -> Verdict[S]:  # type: ignore[override]  # a class rule's hook without its None
        return proceed()


class TakesAnotherContext(BaseRule[S, S, Order]):
    from_states = states(S.NEW)
    to_states = states(S.PAID)

    def before_transition(self, transition: Transition[S, S, int], /) -> Verdict[S]:  # type: ignore[override]  # a class rule's hook over another context
        return proceed()


class ExtraParameter(BaseRule[S, S, Order]):
    from_states = states(S.NEW)
    to_states = states(S.PAID)

    def cleanup(self, transition: Transition[S, S, Order], more: int, /) -> None: ...  # type: ignore[override]  # an extra parameter of a method


class MissingParameter(BaseRule[S, S, Order]):
    from_states = states(S.NEW)
    to_states = states(S.PAID)

    def cleanup(self) -> None: ...  # type: ignore[override]  # a missing parameter of a method


class ReturnsBool(BaseRule[S, S, Order]):
    from_states = states(S.NEW)
    to_states = states(S.PAID)

    def before_transition(self, transition: Transition[S, S, Order], /) -> bool:  # type: ignore[override]  # a method hook that returns bool
        return True


class ForeignVerdict(BaseRule[S, S, Order]):
    from_states = states(S.NEW)
    to_states = states(S.PAID)

    def before_transition(self, transition: Transition[S, S, Order], /) -> Verdict[Other]:  # type: ignore[override]  # a method with a foreign verdict
        return reject(Other.OPEN, reason="elsewhere")


class NoCleanup:
    from_states = states(S.NEW)
    to_states = states(S.PAID)

    def before_transition(self, transition: Transition[S, S, Order], /) -> None: ...
    def after_transition(self, transition: Transition[S, S, Order], /) -> None: ...


Policy[S, Order](NoCleanup())  # type: ignore[arg-type]  # a structural rule without one of the hooks


class StructuralWrongHook:
    from_states = states(S.NEW)
    to_states = states(S.PAID)

    def before_transition(self, transition: Transition[S, S, Order], /) -> None: ...
    def after_transition(self, transition: Transition[S, S, Order], /) -> None: ...
    def cleanup(self, transition: Transition[S, S, int], /) -> None: ...


Policy[S, Order](StructuralWrongHook())  # type: ignore[arg-type]  # a structural rule with one wrong hook


class MutableStructural:
    from_states = {S.NEW}
    to_states = states(S.PAID)

    def before_transition(self, transition: Transition[S, S, Order], /) -> None: ...
    def after_transition(self, transition: Transition[S, S, Order], /) -> None: ...
    def cleanup(self, transition: Transition[S, S, Order], /) -> None: ...


Policy[S, Order](MutableStructural())  # type: ignore[arg-type]  # a mutable set in a structural rule
