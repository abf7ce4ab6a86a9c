"""Differences: which moves an edit of a policy changes, folded to the fewest lines.

Rules govern rectangles of states, so one edit of one rule is one line, as a rule.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

from bylaws.views.errors import MatrixError
from bylaws.views.matrix import Matrix
from bylaws.views.names import read_moves
from bylaws.views.rectangles import rectangles
from bylaws.views.states import State, StateSet, StateSpace, bits

if TYPE_CHECKING:
    from bylaws.views.counts import Counted
    from bylaws.views.weighing import Weighed

Kind: TypeAlias = Literal[
    "opens", "loosens", "closes", "tightens", "reorders", "effects", "renames"
]
"""What a line comes to, the gravest first.

opens: a move is not ruled out any more, or no entry that may refuse it is left, where one was.
loosens: an entry that may refuse is gone, or may refuse less.
closes: a move is ruled out that was not.
tightens: an entry that may refuse is new, or may refuse more.
reorders: the same fires, in another order.
effects: only what cannot refuse.
renames: only names.
"""
KINDS: tuple[Kind, ...] = get_args(Kind)

Effect: TypeAlias = Literal[
    "added",
    "removed",
    "fires",
    "stops",
    "changed",
    "rules out",
    "allows",
    "moved",
    "renamed",
    "states",
]
"""What happened.

added, removed: an entry is new, or gone; the moves are those that it fires for.
fires, stops: an entry fires for these moves now, or does no longer.
changed: its verdicts or hooks are others, for these moves.
rules out, allows: an entry made by `moves()` rules these moves out now, or does no longer.
moved: it stands elsewhere, so that for these moves it fires before or after others than it did.
renamed: an entry, or an enum, is called otherwise.
states: states are new or gone, and these moves with them; or they are listed otherwise.
"""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a difference: what is so for all moves from a set to a set.

    Attributes:
        kinds: what the line comes to, the gravest first; at least one.
        effect: what happened.
        entries: the entry that it is about, then those that it is about too: what it has passed
            (moved), its old name (renamed). None where it is about states or an enum.
        from_states, to_states: the moves, by the names of the difference's `space`. Both are empty
            where no move is changed: a line is about names, or about entries that never meet.
        witness: one of the moves, of the gravest kind: (from, to). `None` if there are none.
        sentence: what happened, in words, without the moves.
        after: of an entry that is added or moved: the one that it stands right after now; `None` if
            it is the first.

    """

    kinds: tuple[Kind, ...]
    effect: Effect
    entries: tuple[str, ...]
    from_states: StateSet
    to_states: StateSet
    witness: tuple[State, State] | None
    sentence: str
    after: str | None = None

    @property
    def kind(self) -> Kind:
        """The gravest kind."""
        return self.kinds[0]


@dataclass(frozen=True)
class Difference:
    """What an edit of a policy changes. It is true if anything is; made by `difference`.

    Attributes:
        old, new: the two matrices.
        space: the states that the lines name: those of the new one, and among its others the old
            ones that are gone.
        lines: the lines, the gravest first, then in the order of the entries.

    """

    old: Matrix
    new: Matrix
    space: StateSpace
    lines: tuple[Line, ...]

    def __bool__(self) -> bool:
        return bool(self.lines)

    def counted(self) -> Mapping[Kind, int]:
        """How many lines are of each kind, by their gravest, the gravest first; others left out."""
        kinds = [line.kind for line in self.lines]
        return {kind: kinds.count(kind) for kind in KINDS if kind in kinds}

    def failing(self, kinds: Collection[str]) -> tuple[Line, ...]:
        """The lines that are of one of these kinds, be it the gravest or not.

        `MatrixError` for what is no kind.
        """
        for kind in kinds:
            if kind not in KINDS:
                raise MatrixError(f"there is no kind {kind!r}; the kinds are: {', '.join(KINDS)}")
        return tuple([line for line in self.lines if not set(kinds).isdisjoint(line.kinds)])

    def outside(self, only: Iterable[str]) -> tuple[Line, ...]:
        """What is changed outside of the moves that were meant: the lines, with what is outside.

        `only` has them as texts: "FAILED -> RUNNING", "A, B -> every S, None", "* -> PAID". A line
        that changes no move is not outside. `MatrixError` for a text that names no moves.
        """
        meant = [0] * len(self.space.states)
        for text in only:
            froms, tos = read_moves(text, self.space)
            for at in bits(froms):
                meant[at] |= tos
        found: list[Line] = []
        for line in self.lines:
            froms, tos = self.space.mask(line.from_states), self.space.mask(line.to_states)
            region = [tos & ~row if froms >> at & 1 else 0 for at, row in enumerate(meant)]
            for a, b in rectangles(region):
                found.append(self._narrowed(line, a, b))
        return tuple(found)

    def _narrowed(self, line: Line, froms: int, tos: int) -> Line:
        states, numbers = self.space.states, self.space.numbers
        witness = line.witness
        if witness is None or not (
            froms >> numbers[witness[0]] & 1 and tos >> numbers[witness[1]] & 1
        ):
            witness = states[bits(froms)[0]], states[bits(tos)[0]]
        return Line(
            line.kinds,
            line.effect,
            line.entries,
            self.space.set_of(froms),
            self.space.set_of(tos),
            witness,
            line.sentence,
            line.after,
        )

    def weighed(self, counts: Iterable[Counted]) -> Weighed:
        """The difference with how many recorded moves each line would have met.

        `counts` are `Count`s, or tuples (from, to, how many) or (from, to, how many, refused by),
        in any order; those of one move are added up. States go by their names, and `to` is the one
        that was asked for. `MatrixError` for what is none of these.
        """
        from bylaws.views.matching import weigh  # noqa: PLC0415 (imports this)

        return weigh(self, counts)

    def to_json(self) -> str:
        """As JSON, a line each; its schema is `bylaws.views.schema.DIFFERENCE`."""
        from bylaws.views.plain import write_json  # noqa: PLC0415 (imports this)

        return write_json(self)

    def __str__(self) -> str:
        """As text: a line each, its kind first."""
        if not self.lines:
            return "the same"
        width = max([len(line.kind) for line in self.lines])
        return "\n".join([f"{line.kind:<{width}}  {told(line)}" for line in self.lines])


def told(line: Line) -> str:
    """A line in words, with its moves and, if these are several, a witness."""
    if line.witness is None:
        return line.sentence
    moves = f"{shortened(line.from_states)} -> {shortened(line.to_states)}"
    witness = f"{line.witness[0]} -> {line.witness[1]}"
    example = "" if moves == witness else f" (as {witness})"
    return f"{moves}: {line.sentence}{example}"


def shortened(states: StateSet) -> str:
    """A set as text: of more than six states the first five."""
    if len(states.states) <= 6:
        return str(states)
    first = StateSet(states.every, states.states[:5])
    return f"{first} and {len(states.states) - 5} more"


def difference(old: Matrix, new: Matrix) -> Difference:
    """What has changed from one policy to another, folded to the fewest lines.

    The names of the policies, docstrings and where entries are defined do not count.
    """
    from bylaws.views.changes import changes  # noqa: PLC0415 (imports this)

    return changes(old, new)
