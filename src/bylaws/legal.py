"""Moves: the legal moves of a policy's states, as one rule."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Any, Final, Generic, Never, TypeAlias, cast, final

from bylaws._members import listed
from bylaws.errors import StateError
from bylaws.explanation import in_order
from bylaws.state import F, N_co, T, T_co, is_member, show
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

    `legal` has for each state those that it may become.
    """

    def __init__(self, legal: Mapping[N_co, AbstractSet[T_co]], name: str = "moves") -> None:
        self.legal: Final[Mapping[N_co, frozenset[T_co]]] = {
            state: frozenset(to) for state, to in legal.items()
        }
        self.name: Final[str] = name
        named: set[Any] = {
            state for states in (self.legal, *self.legal.values()) for state in states
        }
        enums: set[Any] = {type(state) for state in named if is_member(state)}
        members = [member for enum in enums for member in listed(enum)]
        governed: frozenset[Any] = frozenset([None, *named, *members])
        # Both hold the members of all the enums. pyright cannot infer what is declared over both
        # variables (where three enums meet), and a policy wants both in its states anyhow.
        self.from_states: Final[frozenset[N_co | None]] = governed
        self.to_states: Final[frozenset[T_co | None]] = governed

    def forbids(self, from_state: object, to_state: object) -> str | None:
        """Why a move is not legal, in words; `None` if it is."""
        legal = cast("Mapping[object, frozenset[Any]]", self.legal).get(from_state, frozenset())
        if to_state in legal:
            return None
        to = ", ".join(["None" if state is None else state.name for state in in_order(legal)])
        only = f"only to {to}" if to else "nowhere"
        return f"{show(from_state)} -> {show(to_state)} is no legal move: from there {only}"

    # The hooks take any transition: if they mentioned the type variables, mypy would take these
    # from the protocol (Never) in Policy[S](moves(...)).

    def before_transition(self, transition: AnyTransition, /) -> Abort | None:
        """Abort what is not legal, with a reason that says what is."""
        why = self.forbids(transition.from_state, transition.to_state)
        return None if why is None else abort(reason=why)

    def after_transition(self, transition: AnyTransition, /) -> None:
        """Do nothing."""
        return

    def cleanup(self, transition: AnyTransition, /) -> None:
        """Do nothing."""
        return

    def __repr__(self) -> str:
        return f"<rule {self.name}>"


def moves(legal: Mapping[F, States[T]], *, name: str = "moves") -> Moves[F, T]:
    """The legal moves as one rule: `moves({None: {S.NEW}, S.NEW: {S.PAID, S.CANCELLED}})`.

    A mapping of each state to the set of those that it may become; a state may stay itself only
    where it is listed. Everything else is aborted, with a reason that says what is legal from
    there: the rule governs every member of the enums that occur, and `None`, at both ends, so a
    member that is no key has no legal move (one that `_missing_` makes up later is not governed).
    Without such a rule a move that no rule refuses is accepted. `StateError` for what is no mapping
    of sets, and for an empty one.
    """
    given = cast("object", legal)
    if not isinstance(given, Mapping):
        raise StateError(
            f"moves() takes a mapping of states to sets, not {given!r}: "
            "moves({S.NEW: {S.PAID, S.CANCELLED}}).",
            given,
        )
    if not given:
        raise StateError(
            "moves() was given no moves, and so knows of no enum: name the states, each with the "
            "set of those that it may become, moves({S.NEW: set()}).",
            {},
        )
    for state, to in cast("Mapping[object, object]", given).items():
        if not isinstance(to, AbstractSet):
            raise StateError(
                f"moves() was given {show(to)} as the states that {show(state)} may become: "
                f"write a set, {{{show(state)}: {_as_set(to)}}}.",
                to,
            )
    return Moves(cast("Mapping[F, AbstractSet[T]]", legal), name)


def _as_set(to: object) -> str:
    """What was probably meant, as one writes it."""
    if isinstance(to, type):
        return f"every({to.__name__})"
    if isinstance(to, Iterable) and not isinstance(to, str):
        items = ", ".join(map(show, cast("Iterable[object]", to)))
        return f"{{{items}}}" if items else "set()"
    return f"{{{show(to)}}}"
