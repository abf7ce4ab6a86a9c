"""Linting: every check on policies, less what is ignored."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Final

from bylaws.lint.catalogue import CHECKS
from bylaws.lint.dropped import dropped_verdicts
from bylaws.lint.finding import SEVERITIES, Finding
from bylaws.lint.hooks import Reader
from bylaws.lint.idle import idle_cleanups, transform_cleanups_only
from bylaws.lint.ignoring import ProjectIgnore, less_ignored
from bylaws.lint.legality import no_way_back, unreached_states
from bylaws.lint.listing import mergeable_rules, redundant_runs_after, same_names
from bylaws.lint.shadows import never_fires, partly_shadowed, shadowed
from bylaws.lint.shared import shared_state_written
from bylaws.lint.spot import findings_at
from bylaws.lint.subject import SomePolicy, Subject
from bylaws.views.matrix import Matrix

RUNS: Final[Mapping[str, Callable[[Subject], Iterator[Finding]]]] = {
    "never-fires": never_fires,
    "shadowed": shadowed,
    "partly-shadowed": partly_shadowed,
    "dropped-verdict": partial(findings_at, "dropped-verdict", dropped_verdicts),
    "shared-state-written": partial(findings_at, "shared-state-written", shared_state_written),
    "idle-cleanup": idle_cleanups,
    "transform-cleanup-only": transform_cleanups_only,
    "same-name": same_names,
    "redundant-runs-after": redundant_runs_after,
    "mergeable-rules": mergeable_rules,
    "unreached-state": unreached_states,
    "no-way-back": no_way_back,
}
"""The checks that look at policies; the others look at what ignores them."""


def lint(
    *policies: SomePolicy | Matrix, ignores: Iterable[ProjectIgnore] = ()
) -> tuple[Finding, ...]:
    """What is worth knowing about policies, the gravest first. No hook is called.

    A rule that several of them list is told of once, where it is about its source. What a comment
    in the source ignores is left out, and what `ignores` does, as pyproject.toml has them; one that
    ignores nothing, or is wrong, is a finding itself.

    Of a `Matrix` less is known than of a policy, and its sources are not read. `MatrixError` if
    there are too many moves to look at: 4,000,000 once states that behave alike are one;
    `TypeError` for what is neither.
    """
    reader = Reader()
    subjects = [Subject.of(policy, reader) for policy in policies]
    found = [
        finding for subject in subjects for check in RUNS.values() for finding in check(subject)
    ]
    left = less_ignored(found, subjects, reader.files, ignores)
    once: dict[object, Finding] = {}
    for finding in left:
        once.setdefault(_key(finding), finding)
    order = [*CHECKS]
    return tuple(
        sorted(
            once.values(),
            key=lambda each: (SEVERITIES.index(each.severity), order.index(each.check)),
        )
    )


def _key(finding: Finding) -> object:
    """What is the same for what is found once: the same of a rule that several policies list."""
    if finding.check in ("dropped-verdict", "shared-state-written", "transform-cleanup-only"):
        return finding.check, finding.place, finding.message
    return finding
