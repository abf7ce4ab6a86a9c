# pyright: reportUnnecessaryTypeIgnoreComment=true
"""Rules that are functions: `@rule` infers their states and holds the hook to them."""

from collections.abc import Callable
from enum import Enum
from functools import partial
from typing import ParamSpec, TypeVar, assert_type

from bylaws import (
    FunctionRule,
    Policy,
    Transition,
    Verdict,
    abort,
    delay,
    every,
    proceed,
    reject,
    rule,
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


P = ParamSpec("P")
R = TypeVar("R")
K = TypeVar("K")


# Sets as set displays, as states(...), as every(...). A hook may answer with less than it could.
@rule(from_states={S.NEW}, to_states={S.PAID})
def needs_total(t: Transition[S, S, Order]) -> Verdict[S]:
    assert_type(t.from_state, S)
    assert_type(t.to_state, S)
    assert_type(t.context, Order)
    if not t.context.total:
        return reject(S.NEW, reason="nothing to pay")
    return proceed()


assert_type(needs_total, FunctionRule[S, S, Order, Verdict[S]])


@rule(from_states=states(S.NEW, S.PAID), to_states=every(S))
def may_say_everything(t: Transition[S, S, Order]) -> Verdict[S] | None:
    if t.context.total == 1:
        return delay(30, reason="come back")
    if t.context.total == 2:
        return abort(reason="stop asking")
    if t.context.total == 3:
        return reject(reason="stay")
    return None


@rule(from_states={S.NEW}, to_states={S.PAID})
def has_an_effect_only(t: Transition[S, S, Order]) -> None:
    t.context.total = 1


assert_type(has_an_effect_only, FunctionRule[S, S, Order, None])


@rule(from_states={S.NEW}, to_states={S.PAID})
def looks_at_nothing(_: object) -> Verdict[S]:
    return abort(reason="closed for today")


assert_type(looks_at_nothing, FunctionRule[S, S, object, Verdict[S]])
closed = rule(from_states={S.NEW}, to_states={S.PAID})(lambda _: abort(reason="closed for today"))
Policy[S, Order](looks_at_nothing, closed)
Policy[S, Order](needs_total, may_say_everything, has_an_effect_only)


# "No state" is in a rule's set or it is not, and the parameter type says which.
@rule(from_states={S.NEW, None}, to_states={S.PAID})
def from_no_state(t: Transition[S | None, S, Order]) -> Verdict[S]:
    assert_type(t.from_state, S | None)
    return proceed() if t.from_state is None else reject(t.from_state, reason="stay what you are")


@rule(from_states=every(S), to_states=every(S) | {None})
def to_no_state(t: Transition[S, S | None, Order]) -> Verdict[S]:
    return reject(t.from_state, reason="there is a way back") if t.to_state is None else proceed()


Policy[S, Order](from_no_state, to_no_state)


# Its verdict may be over what its transition is over: None proposes nothing.
@rule(from_states=every(S) | {None}, to_states={S.PAID})
def over_what_it_is_given(t: Transition[S | None, S, Order]) -> Verdict[S | None]:
    return proceed()


Policy[S, Order](over_what_it_is_given)


@rule(from_states={S.NEW, None}, to_states={S.PAID})  # type: ignore[arg-type]  # a hook that does not take the None it is declared for
def takes_no_none(t: Transition[S, S, Order]) -> Verdict[S]:
    return proceed()


@rule(from_states=every(S) | {None}, to_states={S.PAID})  # type: ignore[arg-type]  # a hook that does not take the None of every() | {None}
def takes_no_none_of_every(t: Transition[S, S, Order]) -> Verdict[S]:
    return proceed()


@rule(from_states={S.NEW}, to_states={S.NEW, None})  # type: ignore[arg-type]  # a hook that does not take the None it is declared for (to)
def takes_no_none_to(t: Transition[S, S, Order]) -> Verdict[S]:
    return proceed()


@rule(from_states={S.NEW, None}, to_states={S.PAID})
def forgets_the_check(t: Transition[S | None, S, Order]) -> Verdict[S]:
    return reject(t.from_state, reason="stay what you are")  # type: ignore[arg-type]  # a from_state proposed without its None check


@rule(from_states={S.NEW, None}, to_states={S.PAID})
def reads_without_the_check(t: Transition[S | None, S, Order]) -> Verdict[S]:
    return reject(reason=t.from_state.name)  # type: ignore[union-attr]  # a from_state read without its None check


# The sets and the hook belong to one another.
@rule(from_states={Other.OPEN}, to_states={S.PAID})  # type: ignore[arg-type]  # from_states of another enum than the hook's
def foreign_from(t: Transition[S, S, Order]) -> Verdict[S]:
    return proceed()


@rule(from_states={S.NEW}, to_states=states(Other.OPEN))  # type: ignore[arg-type]  # to_states of another enum than the hook's
def foreign_to(t: Transition[S, S, Order]) -> Verdict[S]:
    return proceed()


@rule(from_states={S.NEW}, to_states=every(Other))  # type: ignore[arg-type]  # every() of another enum than the hook's
def foreign_every(t: Transition[S, S, Order]) -> Verdict[S]:
    return proceed()


@rule(from_states={S.NEW}, to_states={"paid"})  # type: ignore[arg-type, type-var]  # a string in a rule's set
def string_in_a_set(t: Transition[S, S, Order]) -> Verdict[S]:
    return proceed()


@rule(from_states=S, to_states={S.PAID})  # type: ignore[arg-type]  # an enum class instead of a set
def class_as_set(t: Transition[S, S, Order]) -> Verdict[S]:
    return proceed()


@rule(from_states=S.NEW, to_states={S.PAID})  # type: ignore[arg-type]  # a member instead of a set
def member_as_set(t: Transition[S, S, Order]) -> Verdict[S]:
    return proceed()


@rule(from_states={S.NEW})  # type: ignore[call-arg]  # a forgotten to_states in @rule
def forgets_to_states(t: Transition[S, S, Order]) -> Verdict[S]:
    return proceed()


@rule({S.NEW}, {S.PAID})  # type: ignore[call-arg]  # the sets without their names
def without_names(t: Transition[S, S, Order]) -> Verdict[S]:
    return proceed()


# The hook takes the transition and nothing else, and answers with a verdict.
@rule(from_states={S.NEW}, to_states={S.PAID})  # type: ignore[arg-type]  # an extra hook parameter
def extra_parameter(t: Transition[S, S, Order], more: int) -> Verdict[S]:
    return proceed()


@rule(from_states={S.NEW}, to_states={S.PAID})  # type: ignore[arg-type]  # a missing hook parameter
def missing_parameter() -> Verdict[S]:
    return proceed()


@rule(from_states={S.NEW}, to_states={S.PAID})  # type: ignore[arg-type]  # a hook that takes the context instead of the transition
def takes_the_context(order: Order) -> Verdict[S]:
    return proceed()


@rule(from_states={S.NEW}, to_states={S.PAID})  # type: ignore[type-var]  # a hook that returns bool
def returns_bool(t: Transition[S, S, Order]) -> bool:
    return t.context.total > 0


@rule(from_states={S.NEW}, to_states={S.PAID})  # type: ignore[type-var]  # a hook that returns a state instead of a verdict
def returns_a_state(t: Transition[S, S, Order]) -> S:
    return S.NEW


@rule(from_states={S.NEW}, to_states={S.PAID})  # type: ignore[type-var]  # an async hook that returns bool
async def returns_bool_later(t: Transition[S, S, Order]) -> bool:
    return t.context.total > 0


@rule(from_states={S.NEW}, to_states={S.PAID})
def gives_a_foreign_verdict(t: Transition[S, S, Order]) -> Verdict[S]:
    return reject(Other.OPEN, reason="elsewhere")  # type: ignore[arg-type]  # a verdict to a foreign state


@rule(from_states={S.NEW}, to_states={S.PAID})
def declares_a_foreign_verdict(t: Transition[S, S, Order]) -> Verdict[Other]:
    return reject(Other.OPEN, reason="elsewhere")


Policy[S, Order](declares_a_foreign_verdict)  # type: ignore[arg-type]  # a rule whose verdict is declared over another enum


@rule(from_states={S.NEW}, to_states={S.PAID})
def builds_its_last_verdict(t: Transition[S, S, Order]) -> Verdict[S]:  # type: ignore[return]  # a verdict that is built and not returned
    reject(reason="nothing to pay")


@rule(from_states={S.NEW}, to_states={S.PAID})
def builds_a_verdict_on_the_way(t: Transition[S, S, Order]) -> Verdict[S]:
    if not t.context.total:
        reject(
            reason="nothing to pay"
        )  # missed: a verdict that is built on the way, and not returned
    return proceed()


@rule(from_states={S.NEW}, to_states={S.PAID})
def builds_a_verdict_and_has_no_result(t: Transition[S, S, Order]) -> None:
    reject(reason="nothing to pay")  # missed: a verdict that is built in a hook that has no result


# A rule is a rule, not its function; its sets stay what they are.
needs_total(Transition(S.NEW, S.PAID, Order()))  # type: ignore[operator]  # a decorated rule that is called
needs_total.from_states = states(S.PAID)  # type: ignore[misc]  # assigning to a decorated rule's sets
needs_total.to_states = frozenset({S.PAID})  # type: ignore[misc]  # assigning to a decorated rule's sets (to)
needs_total.from_states.add(S.PAID)  # type: ignore[attr-defined]  # adding to a decorated rule's sets
assert_type(needs_total.from_states, frozenset[S])
assert_type(needs_total.__wrapped__(Transition(S.NEW, S.PAID, Order())), Verdict[S])


# What becomes a rule: a function, one with arguments bound, a method of an instance, a lambda.
# Other decorators stand under @rule, unless they give back what they get.
def logged(function: Callable[P, R]) -> Callable[P, R]:
    return function


def registered(anything: K) -> K:
    return anything


@registered
@rule(from_states={S.NEW}, to_states={S.PAID})
@logged
def decorated(t: Transition[S, S, Order]) -> Verdict[S]:
    return proceed()


def up_to(t: Transition[S, S, Order], most: int) -> Verdict[S]:
    return proceed() if t.context.total <= most else reject(reason="too much")


class Shop:
    def __init__(self) -> None:
        self.checks = rule(from_states={S.NEW}, to_states={S.PAID})(self.check)

    def check(self, t: Transition[S, S, Order]) -> Verdict[S]:
        return proceed()


new_to_paid = rule(from_states={S.NEW}, to_states={S.PAID})
assert_type(decorated, FunctionRule[S, S, Order, Verdict[S]])
Policy[S, Order](
    decorated,
    Shop().checks,
    new_to_paid(partial(up_to, most=5)),
    new_to_paid(lambda t: reject(t.from_state, reason="as it was")),
)


@logged  # type: ignore[arg-type]  # a decorator of functions above @rule
@rule(from_states={S.NEW}, to_states={S.PAID})
def decorated_above(t: Transition[S, S, Order]) -> Verdict[S]:
    return proceed()


class Methods:
    @rule(from_states={S.NEW}, to_states={S.PAID})  # type: ignore[arg-type]  # a method under @rule
    def check(self, t: Transition[S, S, Order]) -> Verdict[S]:
        return proceed()


@rule  # type: ignore[arg-type, call-arg]  # @rule without its sets
def without_sets(t: Transition[S, S, Order]) -> Verdict[S]:
    return proceed()


new_to_paid(lambda t: t.from_state is S.NEW)  # type: ignore[type-var]  # a lambda that returns bool under rule
new_to_paid(up_to)  # type: ignore[arg-type]  # a function whose other arguments are not bound
