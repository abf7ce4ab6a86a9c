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
    return _told("dropped-verdict", dropped_verdicts, subject)


def shared_written(subject: Subject) -> Iterator[Finding]:
    """What hooks write to that all runs share."""
    return _told("shared-state-written", shared_state_written, subject)


def _told(
    check: str, read: Callable[[object, Reader], Iterable[Spot]], subject: Subject
) -> Iterator[Finding]:
    for facts, entry in subject.entries:
        for spot in read(entry, subject.reader):
            yield subject.finding(check, [facts], spot.sentence, spot.mend, place=spot.place)
