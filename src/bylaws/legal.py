"""Moves: the legal moves of a policy's states, as one rule."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from enum import Enum
from typing import TYPE_CHECKING, Final, Generic, Never, TypeAlias, cast, final

from bylaws.state import F, N_co, T, T_co, every, show
from bylaws.transition import AnyTransition
from bylaws.verdict import Abort, abort

if TYPE_CHECKING:
    # A set. The rest, which nothing can be, makes the alias recursive: inside of such a type alone
    # does mypy infer unions (it else takes {S.NEW: {S.PAID, None}, S.PAID: {S.NEW}} for a dict of
    # objects).
    States: TypeAlias = "AbstractSet[T] | tuple[States[T], Never]"
else:
    States = AbstractSet


@final
class Moves(Generic[N_co, T_co]):
    """The legal moves, as one rule: any other is aborted. Made by `moves()`.

    It governs every member of the enums that occur in `legal`, and `None`, on both sides.
    """

    def __init__(self, legal: Mapping[N_co, AbstractSet[T_co]], name: str = "moves") -> None:
        # Read-only to the checkers. The hooks take any transition: did they mention the type
        # variables, mypy would take these from the protocol (Never) in Policy[S](moves(...)).
        self.legal: Final[Mapping[N_co, frozenset[T_co]]] = {
            state: frozenset(to) for state, to in legal.items()
        }
        self.name: Final[str] = name
        enums = {type(state) for states in (self.legal, *self.legal.values()) for state in states}
        members = {member for enum in enums if issubclass(enum, Enum) for member in every(enum)}
        # Both hold the members of all these enums. pyright cannot infer what is declared over both
        # variables (where three enums meet), and a policy wants both of them in its states anyhow.
        governed = frozenset(members | {None})
        self.from_states: Final[frozenset[N_co | None]] = cast("frozenset[N_co | None]", governed)
        self.to_states: Final[frozenset[T_co | None]] = cast("frozenset[T_co | None]", governed)

    def before_transition(self, transition: AnyTransition, /) -> Abort | None:
        legal = cast("Mapping[Enum | None, frozenset[Enum | None]]", self.legal)
        to = legal.get(transition.from_state, frozenset())
        if transition.to_state in to:
            return None
        named = ", ".join(sorted(map(show, to))) or "nothing"
        return abort(reason=f"from {show(transition.from_state)} only {named} is legal")

    def after_transition(self, transition: AnyTransition, /) -> None:
        return None

    def cleanup(self, transition: AnyTransition, /) -> None:
        return None


def moves(legal: Mapping[F, States[T]], *, name: str = "moves") -> Moves[F, T]:
    """The legal moves as one rule: for each state those that it may become. Others are aborted."""
    return Moves(cast("Mapping[F, AbstractSet[T]]", legal), name)
