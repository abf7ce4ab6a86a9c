"""Rules that are not asked: `never-fires`, `shadowed`, `partly-shadowed`."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Final

from bylaws.lint.cover import LOOKS, few_cover, smallest_cover
from bylaws.lint.finding import Finding, MoveSet
from bylaws.lint.subject import Subject, moves_of
from bylaws.views.matrix import VERDICTS, EntryFacts
from bylaws.views.wording import listed

FEW: Final = 3
"""What so many entries refuse is folded as one: that takes long for more."""


def never_fires(subject: Subject) -> Iterator[Finding]:
    """Rules all of whose moves are ruled out by `moves()`.

    If that stands after the rule, the rule has to be known to have no answer of its own.
    """
    for at, entry, closed, _ in _met(subject):
        own = subject.cells.of(at)
        idle = entry.verdicts == ("proceed",) and not own & ~_illegal(subject)
        if idle or not own & ~closed:
            places = [each for each in range(len(subject.matrix.entries)) if each != at]
            parts = [subject.cells.illegal(place) for place in places]
            chosen = few_cover(own, parts)
            by = [subject.matrix.entries[places[each]] for each in chosen]
            verb = "rules" if len(by) == 1 else "rule"
            yield subject.finding(
                "never-fires",
                [entry, *by],
                f"no move that {entry.name} governs is legal: {_names(by)} {verb} all of them out",
                f"Correct its sets, allow the moves in {_names(by)}, or take {entry.name} out.",
                moves_of(entry),
            )


def shadowed(subject: Subject) -> Iterator[Finding]:
    """Rules before which every move is refused, not by `moves()` alone."""
    for at, entry, closed, refused in _met(subject):
        own = subject.cells.of(at)
        if own & ~closed and not own & ~(closed | refused):
            places = _before(subject, at, legal=True)
            looks = LOOKS // len(subject.matrix.entries)
            parts = [subject.cells.refused(each) for each in places]
            chosen, exact = smallest_cover(own, parts, looks)
            by = [subject.matrix.entries[places[each]] for each in chosen]
            other = next((each for each in by if _refusals(each) != _refusals(entry)), None)
            verb = "lets" if len(by) == 1 else "let"
            told = f"{entry.name} is never asked: {_names(by)}, before it, {verb} none of its moves"
            told += " pass" if exact else " pass (fewer of them may do)"
            mend = f"It adds nothing: take {entry.name} out, or move it before {by[0].name}."
            if other is not None:
                told += f"; {other.name} answers {_listed(_refusals(other))}, {entry.name} would "
                told += f"answer {_listed(VERDICTS if entry.verdicts is None else entry.verdicts)}"
                mend = f"Move {entry.name} before {other.name}, or take one of the two out."
            yield subject.finding("shadowed", [entry, *by], told, mend, moves_of(entry))


def partly_shadowed(subject: Subject) -> Iterator[Finding]:
    """Rules before which some legal moves are always refused.

    Not what `moves()` made: it says what is legal, and may well be preceded by a better reason.
    """
    for at, entry, closed, refused in _met(subject):
        if entry.legal is not None:
            continue
        own = subject.cells.of(at)
        if own & ~(closed | refused) and (part := own & refused & ~closed):
            places = _before(subject, at, legal=False)
            chosen = few_cover(part, [subject.cells.refused(each) for each in places])
            by = [subject.matrix.entries[places[each]] for each in chosen]
            verb = "lets" if len(by) == 1 else "let"
            yield subject.finding(
                "partly-shadowed",
                [entry, *by],
                f"{entry.name} is not asked for some moves: {_names(by)}, before it, {verb} none "
                "of these pass",
                f"If it is to answer there, move it before {by[0].name}; if not, its sets may say "
                "so.",
                _folded(subject, part, [places[each] for each in chosen]),
            )


def _folded(subject: Subject, part: int, places: Sequence[int]) -> tuple[MoveSet, ...]:
    """The cells as the fewest pairs of sets; of many entries, what each of them refuses so."""
    cells = subject.cells
    if len(places) <= FEW:
        return cells.moves(part)
    pairs = [pair for place in places for pair in cells.moves(part & cells.refused(place))]
    return tuple(dict.fromkeys(pairs))


def _met(subject: Subject) -> Iterator[tuple[int, EntryFacts, int, int]]:
    """Each rule: its place, and which cells are ruled out, or always refused by a rule, before."""
    closed = refused = 0
    for at, entry in enumerate(subject.matrix.entries):
        if entry.kind == "rule":
            yield at, entry, closed, refused
        if entry.never_passes:
            refused |= subject.cells.of(at)
        elif entry.legal is not None:
            closed |= subject.cells.illegal(at)


def _illegal(subject: Subject) -> int:
    """What any entry made by `moves()` rules out."""
    found = 0
    for at, entry in enumerate(subject.matrix.entries):
        if entry.legal is not None:
            found |= subject.cells.illegal(at)
    return found


def _before(subject: Subject, at: int, *, legal: bool) -> list[int]:
    """The places of the entries before one that refuse always; with `legal`, `moves()` too."""
    return [
        place
        for place, entry in enumerate(subject.matrix.entries[:at])
        if entry.never_passes or (legal and entry.legal is not None)
    ]


def _names(entries: Sequence[EntryFacts]) -> str:
    return listed([entry.name for entry in entries])


def _refusals(entry: EntryFacts) -> frozenset[str]:
    """What it refuses with; a rule made by `moves()` aborts."""
    verdicts = VERDICTS if entry.verdicts is None else entry.verdicts
    return frozenset(verdicts) - {"proceed"}


def _listed(verdicts: Collection[str]) -> str:
    """Verdicts in words."""
    named = [verdict for verdict in VERDICTS if verdict in verdicts]
    return "anything" if len(named) == len(VERDICTS) else " or ".join(named) or "nothing"
