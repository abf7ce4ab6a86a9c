# pyright: reportUnnecessaryTypeIgnoreComment=true
"""States: members of any enum, sets of them, and state-likes, which carry one."""

from dataclasses import dataclass
from enum import Enum, IntEnum, StrEnum
from typing import Generic, Literal, TypeVar, assert_type

from bylaws import Policy, StateLike, Transition, Verdict, every, proceed, reject, rule, states


class S(Enum):
    NEW = "new"
    PAID = "paid"


class Text(StrEnum):
    NEW = "new"


class Number(IntEnum):
    NEW = 1


class Mixed(str, Enum):  # noqa: UP042 (older code writes it so)
    NEW = "new"


Functional = Enum("Functional", ["NEW", "PAID"])


class Order:
    total: int = 0


# Sets of states: of any enum, of two, with "no state".
assert_type(states(S.NEW, S.PAID), frozenset[S])
assert_type(states(S.NEW, None), frozenset[S | None])
assert_type(every(S), frozenset[S])
assert_type(every(S) | {None}, frozenset[S | None])
assert_type(every(Text), frozenset[Text])
assert_type(every(Number), frozenset[Number])
assert_type(every(Mixed), frozenset[Mixed])
assert_type(every(Functional), frozenset[Functional])
two: frozenset[S | Text] = states(S.NEW, Text.NEW)
all_of_two = every(S) | every(Text)
assert_type(all_of_two, frozenset[S | Text])
narrow: frozenset[Literal[S.NEW]] = states(S.NEW)

states("new")  # type: ignore[type-var]  # a string as a state
states(S)  # type: ignore[type-var]  # an enum class as a state
every(S.NEW)  # type: ignore[arg-type]  # a member instead of its enum
wrong_set: frozenset[S] = states(Text.NEW)  # type: ignore[arg-type]  # a set of another enum
wrong_every: frozenset[S] = every(Text)  # type: ignore[arg-type]  # every() of another enum
no_none: frozenset[S] = states(S.NEW, None)  # type: ignore[arg-type]  # a set without "no state", given one with it
wrong_narrow: frozenset[Literal[S.NEW]] = states(S.PAID)  # type: ignore[arg-type]  # a set of one member, given another


# Every kind of enum has its policies.
@rule(from_states={Text.NEW}, to_states={Text.NEW})
def for_text(t: Transition[Text, Text, Order]) -> Verdict[Text]:
    return reject(Text.NEW, reason="as it was")


@rule(from_states={Number.NEW}, to_states={Number.NEW})
def for_number(t: Transition[Number, Number, Order]) -> Verdict[Number]:
    return reject(Number.NEW, reason="as it was")


@rule(from_states={Mixed.NEW}, to_states={Mixed.NEW})
def for_mixed(t: Transition[Mixed, Mixed, Order]) -> Verdict[Mixed]:
    return reject(Mixed.NEW, reason="as it was")


@rule(from_states={Functional.NEW}, to_states={Functional.PAID})
def for_functional(t: Transition[Functional, Functional, Order]) -> Verdict[Functional]:
    return reject(Functional.NEW, reason="as it was")


Policy[Text, Order](for_text)
Policy[Number, Order](for_number)
Policy[Mixed, Order](for_mixed)
Policy[Functional, Order](for_functional)
Policy[Mixed, Order](for_text)  # type: ignore[arg-type]  # a rule of another enum with the same strings


# State-likes: anything whose `type` is a member.
@dataclass
class Row:
    type: S
    note: str


@dataclass(frozen=True)
class Frozen:
    type: S


class Model:
    @property
    def type(self) -> S:
        return S.NEW


class Narrow:
    @property
    def type(self) -> Literal[S.PAID]:
        return S.PAID


K = TypeVar("K", bound=Enum)


@dataclass
class Generically(Generic[K]):
    type: K


class Shapeless:
    type: str = "new"


rows: list[StateLike[S]] = [
    Row(S.NEW, "a row"),
    Frozen(S.NEW),
    Model(),
    Narrow(),
    Generically(S.NEW),
]
optional: StateLike[S | None] = Row(S.NEW, "covariant")
shapeless: StateLike[S] = Shapeless()  # type: ignore[assignment]  # a `type` that is no enum member
foreign: StateLike[S] = Generically(Text.NEW)  # type: ignore[arg-type]  # a state-like of another enum

orders = Policy[S, Order]()
orders.run(Order(), Row(S.NEW, "from a row"), Frozen(S.PAID))
orders.run(Order(), Model(), Narrow())
orders.run(Order(), None, Generically(S.PAID))


@rule(from_states={S.NEW}, to_states={S.PAID})
def proposes_a_row(t: Transition[S, S, Order]) -> Verdict[S]:
    return (
        reject(Row(S.NEW, "its payload"), reason="with a payload") if t.context.total else proceed()
    )


@rule(from_states={S.NEW}, to_states={S.PAID})
def proposes_a_foreign_row(t: Transition[S, S, Order]) -> Verdict[S]:
    return reject(Generically(Text.NEW), reason="with a payload")  # type: ignore[arg-type]  # a verdict to a state-like of another enum


Policy[S, Order](proposes_a_row)
