# pyright: reportUnnecessaryTypeIgnoreComment=true
"""`runs_after` names rules, or classes of rules, over any states and any context."""

from enum import Enum

from bylaws import (
    AsyncBaseRule,
    BaseRule,
    BaseTransform,
    Policy,
    Transition,
    Verdict,
    proceed,
    rule,
    states,
)
from bylaws.protocols import AnyRule


class S(Enum):
    NEW = "new"
    PAID = "paid"


class Mine(Enum):
    DRAFT = "draft"


class Order:
    total: int = 0


@rule(from_states={S.NEW}, to_states={S.PAID})
def first(t: Transition[S, S, Order]) -> Verdict[S]:
    return proceed()


@rule(from_states={Mine.DRAFT, None}, to_states={Mine.DRAFT})
async def elsewhere(t: Transition[Mine | None, Mine, int]) -> Verdict[Mine]:
    return proceed()


class ByClass(BaseRule[S, S, Order]):
    from_states = states(S.NEW)
    to_states = states(S.PAID)
    runs_after = (first,)

    def before_transition(self, transition: Transition[S, S, Order], /) -> Verdict[S]:
        return proceed()


class WithAnArgument(AsyncBaseRule[Mine, S, int]):
    from_states = states(Mine.DRAFT)
    to_states = states(S.PAID)
    runs_after = (first, ByClass, elsewhere)

    def __init__(self, most: int) -> None:
        self.most = most


# An annotation for mypy's optional check mutable-override, and for what subclasses override.
class Annotated(BaseRule[S, S, Order]):
    from_states = states(S.NEW)
    to_states = states(S.PAID)
    runs_after: tuple[AnyRule, ...] = (first,)

    def after_transition(self, transition: Transition[S, S, Order], /) -> None: ...


class After(Annotated):
    runs_after = (ByClass, Annotated)


class AsTold(BaseRule[S, S, Order]):
    from_states = states(S.NEW)
    to_states = states(S.PAID)

    def __init__(self, *after: AnyRule) -> None:
        self.runs_after = after


AsTold(first, ByClass, WithAnArgument(5))
AsTold("first")  # type: ignore[arg-type]  # a string as one of AnyRule


@rule(
    from_states={S.NEW}, to_states={S.PAID}, runs_after=(first, ByClass, WithAnArgument, elsewhere)
)
def last(t: Transition[S, S, Order]) -> Verdict[S]:
    return proceed()


@rule(from_states={S.NEW}, to_states={S.PAID}, runs_after=[first, ByClass(), WithAnArgument(5)])
def after_objects(t: Transition[S, S, Order]) -> Verdict[S]:
    return proceed()


Policy[S, Order](first, ByClass(), last, after_objects)


class Log(BaseTransform[Order]): ...


def undecorated(t: Transition[S, S, Order]) -> None: ...


@rule(from_states={S.NEW}, to_states={S.PAID}, runs_after=("first",))  # type: ignore[arg-type]  # runs_after with a string in it
def after_a_name(t: Transition[S, S, Order]) -> Verdict[S]:
    return proceed()


@rule(from_states={S.NEW}, to_states={S.PAID}, runs_after="first")  # type: ignore[arg-type]  # runs_after that is a string
def after_a_string(t: Transition[S, S, Order]) -> Verdict[S]:
    return proceed()


@rule(from_states={S.NEW}, to_states={S.PAID}, runs_after=first)  # type: ignore[arg-type]  # runs_after that is one rule, not several
def after_one(t: Transition[S, S, Order]) -> Verdict[S]:
    return proceed()


@rule(from_states={S.NEW}, to_states={S.PAID}, runs_after=(Log(),))  # type: ignore[arg-type]  # runs_after with a transform
def after_a_transform(t: Transition[S, S, Order]) -> Verdict[S]:
    return proceed()


@rule(from_states={S.NEW}, to_states={S.PAID}, runs_after=(undecorated,))  # type: ignore[arg-type]  # runs_after with an undecorated function
def after_a_function(t: Transition[S, S, Order]) -> Verdict[S]:
    return proceed()


@rule(from_states={S.NEW}, to_states={S.PAID}, runs_after=(S.NEW,))  # type: ignore[arg-type]  # runs_after with a state
def after_a_state(t: Transition[S, S, Order]) -> Verdict[S]:
    return proceed()


@rule(from_states={S.NEW}, to_states={S.PAID}, runs_after=(int,))  # type: ignore[arg-type]  # runs_after with a class of something else
def after_a_class(t: Transition[S, S, Order]) -> Verdict[S]:
    return proceed()


class NamesAString(BaseRule[S, S, Order]):
    from_states = states(S.NEW)
    to_states = states(S.PAID)
    runs_after = ("first",)  # type: ignore[assignment]  # runs_after with a string in a class rule


class NamesATransform(BaseRule[S, S, Order]):
    from_states = states(S.NEW)
    to_states = states(S.PAID)
    runs_after = (first, Log())  # type: ignore[assignment]  # runs_after with a transform in a class rule


class NamesOne(BaseRule[S, S, Order]):
    from_states = states(S.NEW)
    to_states = states(S.PAID)
    runs_after = first  # type: ignore[assignment]  # runs_after that is one rule, in a class rule
