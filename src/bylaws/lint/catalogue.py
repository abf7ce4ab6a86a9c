"""The catalogue: every check by its name, how grave what it finds is, and why that matters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from bylaws.lint.finding import Severity


@dataclass(frozen=True, slots=True)
class Check:
    """A check. Its page is `docs/lint/<name>.md`.

    Attributes:
        name: in kebab-case.
        severity: of what it finds.
        summary: what it finds, a sentence without a subject.
        why: why that matters, one sentence.

    """

    name: str
    severity: Severity
    summary: str
    why: str


CHECKS: Final[Mapping[str, Check]] = {
    check.name: check
    for check in (
        Check(
            "never-fires",
            "warning",
            "A rule that no possible move reaches.",
            "What it guards against is guarded by nothing, and nobody is told.",
        ),
        Check(
            "shadowed",
            "warning",
            "A rule before which, in all its moves, an earlier entry never lets the move pass.",
            "Its verdict never counts: the order, or the earlier entry, is not what was meant.",
        ),
        Check(
            "partly-shadowed",
            "note",
            "A rule before which, in some of its moves, an earlier entry lets none pass.",
            "For these moves its hooks are never called.",
        ),
        Check(
            "dropped-verdict",
            "error",
            "A hook that makes a verdict and does not return it.",
            "Only what is returned counts: the move goes on as if there were no verdict.",
        ),
        Check(
            "shared-state-written",
            "warning",
            "A hook that writes to what all runs share: an attribute of `self`, or what is in one.",
            "Rules are shared by all runs, so one run gives back what belongs to another.",
        ),
        Check(
            "idle-cleanup",
            "warning",
            "A cleanup that nothing can bring into play, the commit included.",
            "What is to be undone is never undone there: the code promises what does not happen.",
        ),
        Check(
            "transform-cleanup-only",
            "warning",
            "A transform that adds cleanups and has no after hook.",
            "In a transform only an exception runs them: after a refusal nothing is undone.",
        ),
        Check(
            "same-name",
            "warning",
            "Several entries with the same name.",
            "Traces, locks and differences tell them by numbers, which change with the order.",
        ),
        Check(
            "redundant-runs-after",
            "warning",
            "A rule that has to run after one that others, which it has to run after, run after.",
            "It says what is said elsewhere, and whoever changes the order has to change both.",
        ),
        Check(
            "mergeable-rules",
            "note",
            "Neighbouring rules with the same hooks, whose sets make up one rule.",
            "Two rules have to be kept alike, and a reader looks for what is different.",
        ),
        Check(
            "unreached-state",
            "note",
            "A state that no legal move enters.",
            "Nothing ever gets there, so what governs it never happens.",
        ),
        Check(
            "no-way-back",
            "note",
            "States that can be left and do not lead to an end, where others do.",
            "What gets there moves for ever, and is never done.",
        ),
        Check(
            "unused-ignore",
            "warning",
            "An ignore that ignores nothing.",
            "It hides the next finding of that check, which nobody has looked at.",
        ),
        Check(
            "wrong-ignore",
            "error",
            "An ignore that names no check or gives no reason, and so ignores nothing.",
            "Whoever wrote it takes the finding for settled.",
        ),
    )
}
