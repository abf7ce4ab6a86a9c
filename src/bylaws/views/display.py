"""The words that the views share: names made fit to be shown, sets of states, what is answered."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Final, NamedTuple

from bylaws.views.fold import Plan
from bylaws.views.matrix import VERDICTS, EntryFacts, Matrix
from bylaws.views.states import State, StateSet, StateSpace

MOST_CELLS: Final = 10_000
"""A matrix of more cells, folded, is not shown cell by cell: nobody would read it."""
MOST_PLANS: Final = 200
"""More plans than these have no legend; the cells then tell how many entries fire."""

REFUSES: Final = "\u00d7"
"""A small cross after what always refuses, and after a plan that rules the move out."""
QUIET: Final = "\u00b7"
"""Where nothing fires."""
NOTE: Final = f"{REFUSES} always refuses: the move is ruled out, whatever happens"

_UNSEEN: Final = re.compile(r"(?!(?<=[^\x00-\xff])[\u200c\u200d](?=[^\x00-\xff]))[^ -~]")
"""What might not be seen; not the joiners inside of emoji, and of words in some scripts."""


def shown(name: State, most: int = 60) -> str:
    r"""A name on one line: what would move a cursor or turn the text about as `\n`, `\u202e`.

    Of one that is longer than `most` characters, its beginning and its end.
    """
    if name is None:
        return "None"
    if not name:
        return "''"
    if len(name) > most:
        end = most // 3
        name = f"{name[: most - end - 1]}\u2026{name[-end:]}"
    if name.isprintable():
        return name
    return _UNSEEN.sub(
        lambda sign: (
            sign[0] if sign[0].isprintable() else sign[0].encode("unicode_escape").decode("ascii")
        ),
        name,
    )


class Item(NamedTuple):
    """A part of a set in words: `NEW`; with the word before it `every S`; `every S (but A, B)`."""

    name: State
    word: str = ""
    but: tuple[State, ...] = ()

    def __str__(self) -> str:
        but = f" (but {', '.join(map(shown, self.but))})" if self.but else ""
        return f"{self.word}{shown(self.name)}{but}"


def items(space: StateSpace, states: StateSet | None) -> list[Item]:
    """A set in as few words as name it, for a `None` all states.

    Of an enum of which it lacks at most three members, and fewer than it has, these are named.
    """
    mask = space.full if states is None else space.mask(states)
    found: list[Item] = []
    for name, members in space.masks_of_enums.items():
        missing = members & ~mask
        if missing.bit_count() <= min(3, (members & mask).bit_count() - 1):
            found.append(Item(name, "every ", space.members(missing)))
            mask &= ~members
    return found + [Item(name) for name in space.members(mask)]


def sentence(space: StateSpace, states: StateSet | None, most: int = 1_000) -> str:
    """A set as a text of one line; of more than `most` items the first, and how many more."""
    return ", ".join(capped(map(str, items(space, states)), most))


def capped(texts: Iterable[str], most: int) -> list[str]:
    """The texts; of more than `most` the first of them, and how many more there are."""
    listed = list(texts)
    if len(listed) <= most:
        return listed
    return [*listed[: most - 1], f"{len(listed) - most + 1:,} more"]


def answers(entry: EntryFacts) -> str:
    """What an entry may answer, in words."""
    if entry.kind == "transform":
        return "transform"
    if entry.legal is not None:
        return "legal moves only"
    if entry.verdicts is None or entry.verdicts == VERDICTS:
        return "anything"
    if not entry.verdicts:
        return "never answers"
    *first, last = entry.verdicts
    text = f"{', '.join(first)} or {last}" if first else last
    return f"always {text}" if entry.never_passes else text


def marked(plan: Plan, *, many: bool = False) -> str:
    """How a plan is marked in its cells: its label, or, of `many`, how much fires."""
    if not plan.entries:
        return QUIET
    return f"{len(plan.entries) if many else plan.label}{REFUSES if plan.ruled_out_by else ''}"


def firing(plan: Plan, numbers: Mapping[str, int], name: Callable[[str], str]) -> list[str]:
    """What fires in a plan, in that order, each with its number, its `name`, and if it refuses."""
    refusing = {entry.name for entry in plan.ruled_out_by}
    return [
        f"{numbers[entry.name]} {name(entry.name)}{REFUSES if entry.name in refusing else ''}"
        for entry in plan.entries
    ]


def summary(matrix: Matrix) -> str:
    """How much there is of what: `3 rules, 1 transform; 4 states of S, and None`."""
    transforms = sum([entry.kind == "transform" for entry in matrix.entries])
    rules = len(matrix.entries) - transforms
    kinds = [counted(rules, "rule")]
    if transforms:
        kinds.append(counted(transforms, "transform"))
    count = len(matrix.states) - 1
    enums = " and ".join(capped([shown(enum.name) for enum in matrix.space.enums], 4))
    of = f" of {enums}" if enums else ""
    return f"{', '.join(kinds)}; {counted(count, 'state')}{of}, and None"


def counted(count: int, noun: str) -> str:
    """`1 rule`, `2 rules`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
