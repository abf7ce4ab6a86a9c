"""Cleanups that are never called, or too seldom: `idle-cleanup`, `transform-cleanup-only`."""

from __future__ import annotations

from collections.abc import Iterator

from bylaws.lint.cleanups import cleanups_added, transform_cleanups
from bylaws.lint.finding import Finding
from bylaws.lint.subject import Subject
from bylaws.views.matrix import EntryFacts


def idle_cleanups(subject: Subject) -> Iterator[Finding]:
    """Cleanups of rules that nothing can bring into play: what comes later, the commit included."""
    for at, entry in enumerate(subject.matrix.entries):
        if entry.kind != "rule":
            continue
        if entry.never_passes:
            if "cleanup" in entry.hooks:
                yield subject.finding(
                    "idle-cleanup",
                    [entry],
                    f"{entry.name} never lets a move go on, so its cleanup is never called",
                    "What it takes before it refuses give back by transition.add_cleanup().",
                )
        elif not _may_fail_after(subject, at, entry):
            told = "nothing after it can stop the move, and there is no state to commit"
            if "cleanup" in entry.hooks:
                yield subject.finding(
                    "idle-cleanup",
                    [entry],
                    f"the cleanup of {entry.name} is never called: {told}",
                    "Take the cleanup out, or let the rule govern what can still fail.",
                )
            for added in cleanups_added(subject.live[at], subject.reader) if subject.live else ():
                if added.last:
                    yield subject.finding(
                        "idle-cleanup",
                        [entry],
                        f"{added.sentence} that is never called: {told}",
                        "Take the cleanup out, or add it before what can still fail.",
                        place=added.place,
                    )


def transform_cleanups_only(subject: Subject) -> Iterator[Finding]:
    """Transforms that add cleanups and have no after hook."""
    for entry, live in subject.entries:
        if entry.kind == "transform" and "after_transition" not in entry.hooks:
            for spot in transform_cleanups(live, subject.reader):
                yield subject.finding(
                    "transform-cleanup-only",
                    [entry],
                    f"{spot.sentence}, and {entry.name} has no after hook",
                    spot.mend,
                    place=spot.place,
                )


def _may_fail_after(subject: Subject, at: int, entry: EntryFacts) -> bool:
    """Whether anything can still stop a move that the rule has let go on.

    That is a state to commit, a before hook of a later entry, or a hook that is told the decision;
    a rule made by `moves()` stops what is not legal alone.
    """
    if entry.to_states is None or entry.to_states.every or entry.to_states.states != (None,):
        return True
    own = subject.cells.of(at)
    return any(
        "on_decision" in other.hooks or (place > at and own & _stopping(subject, place, other))
        for place, other in enumerate(subject.matrix.entries)
    )


def _stopping(subject: Subject, at: int, entry: EntryFacts) -> int:
    """The cells in which the before hook of an entry may stop a move."""
    if entry.legal is not None:
        return subject.cells.illegal(at)
    return subject.cells.of(at) if "before_transition" in entry.hooks else 0
