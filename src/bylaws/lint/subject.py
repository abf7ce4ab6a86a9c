"""The subject: what is linted, a policy as its matrix and, where there are, its live entries."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol, Self, cast

from bylaws import AsyncPolicy
from bylaws.lint.catalogue import CHECKS
from bylaws.lint.cells import Cells
from bylaws.lint.finding import Finding, MoveSet, Place
from bylaws.lint.hooks import Reader
from bylaws.views.matrix import EntryFacts, Matrix
from bylaws.views.states import StateSet


class SomePolicy(Protocol):
    """An `AsyncPolicy`, or a `Policy`, whatever its states and its context are."""

    @property
    def name(self) -> str:
        """What texts call it."""
        ...

    @property
    def entries(self) -> tuple[object, ...]:
        """The entries, the most important first."""
        ...


@dataclass(frozen=True, eq=False)
class Subject:
    """What is linted.

    Attributes:
        matrix: what the policy does.
        live: its entries, as the matrix has them; none where there is a matrix alone.
        reader: what reads their sources.

    """

    matrix: Matrix
    live: tuple[object, ...] = ()
    reader: Reader = field(default_factory=Reader)

    @classmethod
    def of(cls, policy: SomePolicy | Matrix, reader: Reader) -> Self:
        """A policy, or what is known of one."""
        if isinstance(policy, Matrix):
            return cls(policy, (), reader)
        if not isinstance(cast("object", policy), AsyncPolicy):
            raise TypeError(
                f"lint() was given {policy!r}: give policies that are made, as Orders(), one by "
                "one, or what is known of one, a Matrix."
            )
        matrix = Matrix.of(cast("AsyncPolicy[Any, Any]", policy))
        return cls(matrix, policy.entries, reader)

    @cached_property
    def cells(self) -> Cells:
        """The cells of the matrix."""
        return Cells(self.matrix)

    @property
    def entries(self) -> Sequence[tuple[EntryFacts, object]]:
        """The entries with their live ones. Empty without these."""
        return list(zip(self.matrix.entries, self.live, strict=True)) if self.live else []

    def finding(
        self,
        check: str,
        entries: Iterable[EntryFacts],
        message: str,
        mend: str,
        moves: tuple[MoveSet, ...] = (),
        place: Place | None = None,
    ) -> Finding:
        """What a check has found; if it says no place, it is that of the first entry."""
        listed = tuple(entries)
        known = CHECKS[check]
        place = place or (place_of(listed[0]) if listed else None)
        names = tuple([entry.name for entry in listed])
        return Finding(
            check, known.severity, self.matrix.name, names, moves, place, message, known.why, mend
        )


def place_of(entry: EntryFacts) -> Place | None:
    """Where an entry is defined, if that is known."""
    if entry.file is None or entry.line is None:
        return None
    return Place(entry.file, entry.line)


def moves_of(rule: EntryFacts) -> tuple[MoveSet, ...]:
    """The moves that a rule governs."""
    return ((rule.from_states or StateSet(), rule.to_states or StateSet()),)
