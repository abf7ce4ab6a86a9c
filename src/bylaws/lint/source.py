"""What the source of hooks shows: `dropped-verdict`, `shared-state-written`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from bylaws.lint.dropped import dropped_verdicts
from bylaws.lint.finding import Finding
from bylaws.lint.hooks import Reader
from bylaws.lint.shared import shared_state_written
from bylaws.lint.spot import Spot
from bylaws.lint.subject import Subject


def dropped(subject: Subject) -> Iterator[Finding]:
    """Verdicts that a hook makes and does not return."""
    return _told("dropped-verdict", dropped_verdicts, subject, "Return the verdict.")


def shared_written(subject: Subject) -> Iterator[Finding]:
    """What hooks write to that all runs share."""
    mend = "Keep it in the context, or bind it into a callback: add_cleanup(release, slot)."
    return _told("shared-state-written", shared_state_written, subject, mend)


def _told(
    check: str, read: Callable[[object, Reader], Iterable[Spot]], subject: Subject, mend: str
) -> Iterator[Finding]:
    for facts, entry in subject.entries:
        for spot in read(entry, subject.reader):
            yield subject.finding(check, [facts], spot.sentence, mend, place=spot.place)
