# pyright: reportUnnecessaryTypeIgnoreComment=true
"""Transforms fire on every transition: they take any states and outcome, and give no verdict."""

from enum import Enum
from typing import Literal, assert_type

from bylaws import (
    AnyTransition,
    AsyncBaseTransform,
    AsyncPolicy,
    BaseTransform,
    Outcome,
    Policy,
    Rejected,
    StateLike,
    Transform,
    Transition,
    Verdict,
    proceed,
)


class S(Enum):
    NEW = "new"
    PAID = "paid"


class Order:
    total: int = 0


class Rush(Order):
    courier: str = ""


class Log(BaseTransform[Order]):
    def before_transition(self, transition: AnyTransition[Order], /) -> None:
        assert_type(transition.from_state, Enum | None)
        assert_type(transition.context, Order)
        transition.add_after(print, transition.from_state)

    def after_transition(self, transition: AnyTransition[Order], outcome: Outcome[Enum], /) -> None:
        if isinstance(outcome, Rejected):
            assert_type(outcome.state, Enum | None)


class Counts(BaseTransform[object]):
    """Over any context, with a constructor argument."""

    def __init__(self, start: int = 0) -> None:
        self.count = start

    def before_transition(
        self, transition: Transition[Enum | None, Enum | None, object], /
    ) -> None:
        self.count += 1


class Structural:
    """No base."""

    @property
    def universal(self) -> Literal[True]:
        return True

    def before_transition(self, transition: AnyTransition[Order], /) -> None: ...
    def after_transition(
        self, transition: AnyTransition[Order], outcome: Outcome[Enum], /
    ) -> None: ...


class AsksWhetherItIs(BaseTransform[Order]):
    def before_transition(self, transition: AnyTransition[Order], /) -> None:
        state = transition.to_state
        if isinstance(state, S):
            assert_type(state, S)


class Later(AsyncBaseTransform[Order]):
    async def after_transition(
        self, transition: AnyTransition[Order], outcome: Outcome[Enum], /
    ) -> None: ...


# The decision: optional, a no-op of the bases, and no member of the protocol.
class Stamps(BaseTransform[Order]):
    def on_decision(self, transition: AnyTransition[Order], outcome: Outcome[Enum], /) -> None:
        assert_type(transition.context, Order)
        if isinstance(outcome, Rejected):
            assert_type(outcome.payload, StateLike[Enum] | None)


class StampsLater(AsyncBaseTransform[Order]):
    async def on_decision(
        self, transition: AnyTransition[Order], outcome: Outcome[Enum], /
    ) -> None: ...


class DecidesWithoutTheOutcome(BaseTransform[Order]):
    def on_decision(self, transition: AnyTransition[Order], /) -> None: ...  # type: ignore[override]  # on_decision without the outcome


class DecidesLater(BaseTransform[Order]):
    async def on_decision(self, transition: AnyTransition[Order], outcome: object, /) -> None: ...  # type: ignore[override]  # an async on_decision in a plain base


class DecidesAtOnce(AsyncBaseTransform[Order]):
    def on_decision(self, transition: AnyTransition[Order], outcome: object, /) -> None: ...  # type: ignore[override]  # a plain on_decision in an async base


class DecidesItself(BaseTransform[Order]):
    def on_decision(self, transition: AnyTransition[Order], outcome: object, /) -> Verdict[S]:  # type: ignore[override]  # an on_decision that gives a verdict
        return proceed()


class OfOneEnum(BaseTransform[Order]):
    def before_transition(self, transition: Transition[S, S, Order], /) -> None: ...  # type: ignore[override]  # a transform that takes one enum only


class OfOneOutcome(BaseTransform[Order]):
    def after_transition(self, transition: object, outcome: Outcome[S], /) -> None: ...  # type: ignore[override]  # a transform that takes the outcome of one enum only


class GivesAVerdict(BaseTransform[Order]):
    def before_transition(self, transition: AnyTransition[Order], /) -> Verdict[S]:  # type: ignore[override]  # a transform that gives a verdict
        return proceed()


class OfAnotherContext(BaseTransform[Order]):
    def before_transition(self, transition: AnyTransition[int], /) -> None: ...  # type: ignore[override]  # a transform's hook over another context


class WithoutTheOutcome(BaseTransform[Order]):
    def after_transition(self, transition: AnyTransition[Order], /) -> None: ...  # type: ignore[override]  # a transform's after hook without the outcome


class StructuralOfOneEnum:
    @property
    def universal(self) -> Literal[True]:
        return True

    def before_transition(self, transition: Transition[S | None, S | None, Order], /) -> None: ...
    def after_transition(
        self, transition: AnyTransition[Order], outcome: Outcome[Enum], /
    ) -> None: ...


class MaybeUniversal:
    universal: bool = True

    def before_transition(self, transition: AnyTransition[Order], /) -> None: ...
    def after_transition(
        self, transition: AnyTransition[Order], outcome: Outcome[Enum], /
    ) -> None: ...


class ForRush(BaseTransform[Rush]):
    def before_transition(self, transition: AnyTransition[Rush], /) -> None:
        print(transition.context.courier)


fits: Transform[Rush] = Log()
Policy[S, Order](Log(), Counts(1), Structural(), AsksWhetherItIs(), Stamps())
Policy[S, Rush](Log(), ForRush())
AsyncPolicy[S, Order](Log(), Later(), StampsLater())

Policy[S, Order](StructuralOfOneEnum())  # type: ignore[arg-type]  # a structural transform that takes one enum only
Policy[S, Order](MaybeUniversal())  # type: ignore[arg-type]  # a transform whose `universal` is a bool
Policy[S, Order](ForRush())  # type: ignore[arg-type]  # a transform over a narrower context
Policy[S, Order](StampsLater())  # type: ignore[arg-type]  # an async on_decision in a plain policy
Policy[S, Order](Later())  # type: ignore[arg-type]  # an async transform in a plain policy
Policy[S, Order](Log)  # type: ignore[arg-type]  # a transform class listed instead of an instance
