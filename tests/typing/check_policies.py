# pyright: reportUnnecessaryTypeIgnoreComment=true
"""Policies: what may be listed, as a value and as a subclass."""

from enum import Enum
from typing import assert_type

from bylaws import BaseRule, Entry, Policy, Transition, Verdict, proceed, reject, rule, states


class S(Enum):
    NEW = "new"
    PAID = "paid"


class Mine(Enum):
    DRAFT = "draft"


class Other(Enum):
    OPEN = "open"


class Order:
    total: int = 0


class Rush(Order):
    courier: str = ""


class Invoice:
    total: int = 0


@rule(from_states={S.NEW}, to_states={S.PAID})
def pays(t: Transition[S, S, Order]) -> Verdict[S]:
    return proceed()


@rule(from_states={Mine.DRAFT}, to_states={Mine.DRAFT})
def drafts(t: Transition[Mine, Mine, Order]) -> Verdict[Mine]:
    return proceed()


@rule[S | Mine, S](from_states={S.NEW, Mine.DRAFT}, to_states={S.PAID})
def crosses(t: Transition[S | Mine, S, Order]) -> Verdict[S | Mine]:
    return reject(Mine.DRAFT, reason="not ready") if isinstance(t.from_state, Mine) else proceed()


@rule(from_states={Mine.DRAFT}, to_states={S.NEW})
def leaves_draft(t: Transition[Mine, S, Order]) -> Verdict[Mine | S]:
    return reject(t.from_state, reason="not ready")


@rule(from_states={Other.OPEN}, to_states={Other.OPEN})
def opens(t: Transition[Other, Other, Order]) -> Verdict[Other]:
    return proceed()


@rule(from_states={S.NEW}, to_states={S.PAID})
def hurries(t: Transition[S, S, Rush]) -> Verdict[S]:
    return proceed() if t.context.courier else reject(reason="no courier")


@rule(from_states={S.NEW}, to_states={S.PAID})
def invoices(t: Transition[S, S, Invoice]) -> Verdict[S]:
    return proceed()


@rule(from_states={S.NEW}, to_states={S.PAID})
def of_anything(t: Transition[S, S, object]) -> Verdict[S]:
    return proceed()


class PaysByClass(BaseRule[S, S, Order]):
    from_states = states(S.NEW)
    to_states = states(S.PAID)

    def before_transition(self, transition: Transition[S, S, Order], /) -> Verdict[S]:
        return proceed()


def undecorated(t: Transition[S, S, Order]) -> Verdict[S]:
    return proceed()


# As a value.
core = Policy[S, Order](pays, of_anything, PaysByClass(), name="core")
assert_type(core, Policy[S, Order])
assert_type(core.priority(), tuple[Entry[S, Order], ...])
annotated: Policy[S, Order] = Policy(pays, of_anything)
nothing = Policy[S, Order]()
listed: list[Entry[S, Order]] = [pays, PaysByClass()]
from_a_list = Policy[S, Order](*listed)

# A team's own states join as a union.
union = Policy[S | Mine, Order](drafts, crosses, leaves_draft, *core.priority())
assert_type(union, Policy[S | Mine, Order])
rushing = Policy[S, Rush](hurries, *core.priority())


# As a subclass, with a name, a docstring and dependencies.
class Orders(Policy[S, Order]):
    """How an order changes state."""

    def priority(self) -> tuple[Entry[S, Order], ...]:
        return (pays, PaysByClass())


class Limited(Policy[S, Order]):
    def __init__(self, most: int) -> None:
        self.most = most
        super().__init__()

    def priority(self) -> tuple[Entry[S, Order], ...]:
        return (pays,) if self.most else ()


assert_type(Orders().priority(), tuple[Entry[S, Order], ...])
policies: list[Policy[S, Order]] = [core, Orders(), Limited(5)]

Policy[S, Order](opens)  # type: ignore[arg-type]  # a rule of another enum
Policy[S, Order](pays, opens, PaysByClass())  # type: ignore[arg-type]  # a rule of another enum among others
Policy[S, Order](crosses)  # type: ignore[arg-type]  # a rule over more states than the policy's
Policy[S, Order](hurries)  # type: ignore[arg-type]  # a rule over a narrower context
Policy[S, Order](invoices)  # type: ignore[arg-type]  # a rule over a sibling context
Policy[S, Order](PaysByClass)  # type: ignore[arg-type]  # a class listed instead of an instance
Policy[S, Order](undecorated)  # type: ignore[arg-type]  # an undecorated function
Policy[S, Order](rule(from_states={S.NEW}, to_states={S.PAID}))  # type: ignore[arg-type]  # rule(...) that no function was given to
Policy[S, Order]([pays])  # type: ignore[arg-type]  # a list instead of entries
Policy[S, Order]((pays,))  # type: ignore[arg-type]  # a tuple instead of entries
Policy[S, Order](core)  # type: ignore[arg-type]  # a policy as an entry
Policy[S, Order](None)  # type: ignore[arg-type]  # None as an entry
Policy[S, Order](*union.priority())  # type: ignore[arg-type]  # a wider policy's entries in a narrower policy
Policy[S, Order](*rushing.priority())  # type: ignore[arg-type]  # entries over a narrower context
Policy[S, Order](pays, name=5)  # type: ignore[arg-type]  # a name that is no string
wrong: Policy[S, Order] = Policy(opens)  # type: ignore[arg-type]  # a rule of another enum, by annotation
none: Policy[None, Order]  # type: ignore[type-var]  # None as a policy's state
optional: Policy[S | None, Order]  # type: ignore[type-var]  # None in a policy's states
a_string: Policy[str, Order]  # type: ignore[type-var]  # strings as a policy's states


class WrongPriority(Policy[S, Order]):
    def priority(self) -> tuple[Entry[S, Order], ...]:
        return (pays, opens)  # type: ignore[return-value]  # a rule of another enum in priority()


class ClassInPriority(Policy[S, Order]):
    def priority(self) -> tuple[Entry[S, Order], ...]:
        return (PaysByClass,)  # type: ignore[return-value]  # a class in priority()


class ForeignPriority(Policy[S, Order]):
    def priority(self) -> tuple[Entry[Other, Order], ...]:  # type: ignore[override]  # a priority() over another enum
        return (opens,)


class OptionalPolicy(Policy[S | None, Order]): ...  # type: ignore[type-var]  # None in the states of a policy class


# Unpacking an enum class: mypy takes its items for Any. Write every(S), which all checkers hold to.
@rule(from_states={*Other}, to_states={S.PAID})  # pyright: ignore[reportArgumentType]  # unpacking another enum class into a set
def unpacks(t: Transition[S, S, Order]) -> Verdict[S]:
    return proceed()


@rule(from_states=states(*Other), to_states={S.PAID})  # pyright: ignore[reportArgumentType]  # unpacking another enum class into states()
def unpacks_into_states(t: Transition[S, S, Order]) -> Verdict[S]:
    return proceed()
