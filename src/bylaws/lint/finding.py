"""Findings: what is worth knowing about a policy and no error, as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from bylaws.views.difference import shortened
from bylaws.views.states import StateSet

Severity: TypeAlias = Literal["error", "warning", "note"]
"""How grave a finding is.

error: it does what nobody means.
warning: it is likely to be a mistake, and ends as one when the policy is edited.
note: it is right as it is, and worth knowing.
"""
SEVERITIES: tuple[Severity, ...] = get_args(Severity)

MoveSet: TypeAlias = tuple[StateSet, StateSet]
"""All moves from a set to a set, as in the lines of a difference."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands.

    Attributes:
        file: a path, relative to the working directory if it lies in it.
        line: the line, the first is 1.

    """

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is worth knowing about a policy.

    Attributes:
        check: the check that found it: "shadowed".
        severity: how grave it is.
        policy: the policy's name.
        entries: the entries by their names in the policy, the one that it is about first. None
            where it is about states, or about an ignore.
        moves: the moves that it is about, folded to the fewest pairs of a from-set and a to-set;
            none where it is not about moves.
        place: the rule, or the statement; `None` where the source is not known.
        message: what was found, without the moves.
        why: why it matters, one sentence.
        mend: what to do about it, one sentence.

    """

    check: str
    severity: Severity
    policy: str
    entries: tuple[str, ...]
    moves: tuple[MoveSet, ...]
    place: Place | None
    message: str
    why: str
    mend: str

    @property
    def about(self) -> str:
        """What it is about: the first entry or, where it is about states, these; "" for neither."""
        if self.entries:
            return self.entries[0]
        return str(self.moves[0][1]) if self.moves else ""

    @property
    def where(self) -> str:
        """The moves in words, of more than three pairs the first two; "" if there are none."""
        told = [f"{shortened(a)} -> {shortened(b)}" for a, b in self.moves]
        return "; ".join(told if len(told) <= 3 else [*told[:2], f"{len(told) - 2} more"])
