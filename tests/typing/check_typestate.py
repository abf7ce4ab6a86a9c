# pyright: reportUnnecessaryTypeIgnoreComment=true
"""Typestate: Literals as a rule's states narrow what its hook sees, and where it may be listed."""

from enum import Enum
from typing import Literal, assert_never, assert_type

from bylaws import BaseRule, Policy, Transition, Verdict, proceed, reject, rule, states


class S(Enum):
    NEW = "new"
    PAID = "paid"
    SHIPPED = "shipped"


class Order:
    total: int = 0


# The hook's own parameter is enough to narrow; the decorator checks its sets against it.
@rule[Literal[S.NEW], Literal[S.PAID, S.SHIPPED]](
    from_states={S.NEW}, to_states={S.PAID, S.SHIPPED}
)
def pays(t: Transition[Literal[S.NEW], Literal[S.PAID, S.SHIPPED], Order]) -> Verdict[S]:
    assert_type(t.from_state, Literal[S.NEW])
    if t.to_state is S.PAID:
        return proceed()
    if t.to_state is S.SHIPPED:
        return reject(t.from_state, reason="pay first")
    assert_never(t.to_state)


@rule[Literal[S.NEW], Literal[S.PAID]](from_states=states(S.NEW), to_states=states(S.PAID))
def with_states(t: Transition[Literal[S.NEW], Literal[S.PAID], Order]) -> Verdict[Literal[S.NEW]]:
    return reject(t.from_state, reason="as it was")


@rule[Literal[S.NEW] | None, Literal[S.PAID]](from_states={S.NEW, None}, to_states={S.PAID})
def from_new_or_nothing(t: Transition[Literal[S.NEW] | None, Literal[S.PAID], Order]) -> Verdict[S]:
    return proceed() if t.from_state is None else reject(t.from_state, reason="as it was")


@rule[Literal[S.NEW], Literal[S.PAID]](from_states={S.NEW}, to_states={S.PAID})
def hook_over_more(t: Transition[S, S | None, Order]) -> Verdict[S]:
    return proceed()


class Ships(BaseRule[Literal[S.PAID], Literal[S.SHIPPED], Order]):
    from_states: frozenset[Literal[S.PAID]] = states(S.PAID)
    to_states: frozenset[Literal[S.SHIPPED]] = states(S.SHIPPED)

    def before_transition(
        self, transition: Transition[Literal[S.PAID], Literal[S.SHIPPED], Order], /
    ) -> Verdict[Literal[S.PAID]] | None:
        assert_type(transition.from_state, Literal[S.PAID])
        return reject(transition.from_state, reason="as it was")


orders = Policy[S, Order](pays, with_states, from_new_or_nothing, hook_over_more, Ships())
some = Policy[Literal[S.NEW, S.PAID], Order](with_states)
some.run(Order(), S.NEW, S.PAID)

some.run(Order(), S.NEW, S.SHIPPED)  # type: ignore[arg-type]  # a state outside of a policy's Literals
Policy[Literal[S.NEW, S.PAID], Order](pays)  # type: ignore[arg-type]  # a rule over a state outside of a policy's Literals


@rule[Literal[S.NEW], Literal[S.PAID]](from_states={S.PAID}, to_states={S.PAID})  # type: ignore[arg-type]  # a wrong member in from_states
def wrong_member(t: Transition[Literal[S.NEW], Literal[S.PAID], Order]) -> Verdict[S]:
    return proceed()


@rule[Literal[S.NEW], Literal[S.PAID]](from_states={S.NEW}, to_states=states(S.SHIPPED))  # type: ignore[arg-type]  # a wrong member in to_states
def wrong_member_of_states(t: Transition[Literal[S.NEW], Literal[S.PAID], Order]) -> Verdict[S]:
    return proceed()


@rule[Literal[S.NEW], Literal[S.PAID]](from_states={S.NEW}, to_states={S.PAID})  # type: ignore[arg-type]  # a hook over another Literal
def wrong_hook(t: Transition[Literal[S.PAID], Literal[S.PAID], Order]) -> Verdict[S]:
    return proceed()


@rule(from_states={S.NEW}, to_states={S.PAID})  # type: ignore[arg-type]  # a hook over Literals without rule[...]
def without_arguments(t: Transition[Literal[S.NEW], Literal[S.PAID], Order]) -> Verdict[S]:
    return proceed()


@rule[Literal[S.NEW], Literal[S.PAID]](from_states={S.NEW}, to_states={S.PAID})
def wrong_verdict(t: Transition[Literal[S.NEW], Literal[S.PAID], Order]) -> Verdict[Literal[S.NEW]]:
    return reject(t.to_state, reason="wrong way round")  # type: ignore[arg-type]  # a verdict to a wrong member


class WrongMember(BaseRule[Literal[S.PAID], Literal[S.SHIPPED], Order]):
    from_states: frozenset[Literal[S.PAID]] = states(S.NEW)  # type: ignore[arg-type]  # a wrong member in a class rule
    to_states: frozenset[Literal[S.SHIPPED]] = states(S.SHIPPED)


@rule[Literal[S.NEW], Literal[S.PAID, S.SHIPPED]](
    from_states={S.NEW}, to_states={S.PAID, S.SHIPPED}
)
def forgets_a_member(
    t: Transition[Literal[S.NEW], Literal[S.PAID, S.SHIPPED], Order],
) -> Verdict[S]:
    if t.to_state is S.PAID:
        return proceed()
    assert_never(t.to_state)  # type: ignore[arg-type]  # an unhandled member
