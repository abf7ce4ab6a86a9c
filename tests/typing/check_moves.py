# pyright: reportUnnecessaryTypeIgnoreComment=true
"""The legal moves, as one rule: over one enum or several, made inside of a policy or before it."""

from collections.abc import Mapping
from enum import Enum, StrEnum
from typing import assert_type

from bylaws import AsyncPolicy, Entry, Moves, Policy, every, moves, states


class S(Enum):
    NEW = "new"
    PAID = "paid"


class Mine(Enum):
    DRAFT = "draft"
    SENT = "sent"


class Text(StrEnum):
    OPEN = "open"


class Other(Enum):
    OPEN = "open"


class Order:
    total: int = 0


# Inside of a policy.
Policy[S](moves({None: {S.NEW}, S.NEW: {S.PAID}, S.PAID: set()}))
Policy[S](moves({None: {S.NEW}, S.NEW: {S.PAID}, S.PAID: frozenset()}))
Policy[S](moves({S.NEW: {S.PAID, None}, S.PAID: {None}}))
Policy[S, Order](moves({S.NEW: {S.PAID}}, name="payments"))
Policy[S, Order](moves({S.NEW: states(S.PAID), S.PAID: every(S) | {None}}))
Policy[Text](moves({None: {Text.OPEN}, Text.OPEN: set()}))
Policy[S | Mine](moves({None: {S.NEW}, S.NEW: {S.PAID, Mine.DRAFT}, Mine.DRAFT: set()}))
Policy[S | Mine, Order](moves({S.NEW: {Mine.DRAFT}, Mine.DRAFT: {S.PAID}}))
Policy[S | Mine](moves({S.NEW: {S.PAID}}), moves({Mine.DRAFT: {Mine.SENT, None}}))
Policy[S | Mine | Text](moves({None: {S.NEW, Text.OPEN}, Text.OPEN: {Mine.DRAFT, None}}))
AsyncPolicy[S](moves({None: {S.NEW}, S.NEW: {S.PAID}, S.PAID: set()}))


class Orders(Policy[S, Order]):
    def priority(self) -> tuple[Entry[S, Order], ...]:
        return (moves({None: {S.NEW}, S.NEW: {S.PAID}, S.PAID: set()}),)


# Before it.
one = moves({S.NEW: {S.PAID}})
with_none = moves({None: {S.NEW}, S.NEW: {S.PAID, None}, S.PAID: frozenset()})
ends = moves({None: {S.NEW}, S.NEW: {S.PAID}, S.PAID: set()})
two = moves({None: {S.NEW}, S.NEW: {S.PAID, Mine.DRAFT}, Mine.DRAFT: set()})
# mypy joins two enums to Enum where each set is of one of them, so that it wants to be told.
across: Moves[S | Mine, S | Mine] = moves({S.NEW: {Mine.DRAFT}, Mine.DRAFT: {S.PAID}})
legal: dict[S | None, set[S]] = {None: {S.NEW}}
legal[S.NEW] = {S.PAID}
of_a_mapping = moves(legal)
assert_type(one, Moves[S, S])
assert_type(of_a_mapping, Moves[S | None, S])
Policy[S](one, with_none, ends, of_a_mapping)
Policy[S | Mine, Order](one, with_none, ends, two, across)

assert_type(one.legal, Mapping[S, frozenset[S]])
assert_type(one.from_states, frozenset[S | None])
assert_type(one.name, str)
orders = Policy[S](one)
orders.inserting(moves({S.NEW: {S.PAID}, S.PAID: set()}), before=Moves)
orders.replacing(one, moves({S.NEW: {S.PAID}, S.PAID: set()})).without(Moves)

Policy[S](moves({None: {S.NEW}, Other.OPEN: {S.PAID}}))  # type: ignore[dict-item]  # a move from a state of another enum
Policy[S](moves({None: {S.NEW}, S.NEW: {S.PAID, Other.OPEN}}))  # type: ignore[arg-type]  # a move to a state of another enum
Policy[S | Mine](moves({S.NEW: {Mine.DRAFT, Other.OPEN}}))  # type: ignore[arg-type]  # a move to a state of neither enum
AsyncPolicy[S](moves({S.NEW: {Other.OPEN}}))  # type: ignore[arg-type]  # a move to another enum in an async policy
Policy[S](two)  # type: ignore[arg-type]  # moves over more states than the policy's
Policy[S](across)  # type: ignore[arg-type]  # annotated moves over more states than the policy's
moves({"new": {S.PAID}})  # type: ignore[type-var]  # a move from a string
moves({S.NEW: {"paid"}})  # type: ignore[type-var]  # a move to a string
moves({S.NEW: S.PAID})  # type: ignore[arg-type]  # a move to a member instead of a set
moves({S.NEW: [S.PAID]})  # type: ignore[arg-type]  # a move to a list instead of a set
moves(S)  # type: ignore[arg-type]  # moves of an enum class
moves({S.NEW: {S.PAID}}, "payments")  # type: ignore[call-arg]  # moves with a name that is not named
Policy[S](Moves)  # type: ignore[arg-type]  # the class of moves instead of moves
one.legal[S.NEW] = frozenset()  # type: ignore[index]  # assigning to legal moves
one.name = "payments"  # type: ignore[misc]  # assigning to the name of moves
