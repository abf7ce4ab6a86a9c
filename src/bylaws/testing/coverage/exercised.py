"""What runs have exercised of one policy: counts, of which the holes follow."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import Final

from bylaws.testing.coverage.possible import DID, Item, What, later_refuses, possible
from bylaws.testing.errors import CoverageError
from bylaws.testing.kinds import witnesses
from bylaws.views.fold import Folded, Plan, fold
from bylaws.views.matrix import Matrix
from bylaws.views.states import State, StateSet


@dataclass(frozen=True)
class Subject:
    """The policy that is looked at, as data: what is needed to count its runs and to tell of them.

    Attributes:
        matrix: what it does.
        callbacks: for the name of each rule that adds callbacks the sides that these are for.
        source: where it is, `shop.orders:orders`; its name where that is not known.
        called: how a run of it is written, with `{}` for the move: `orders.run(order, {})`.

    """

    matrix: Matrix
    callbacks: Mapping[str, tuple[str, ...]]
    source: str
    called: str

    @cached_property
    def folded(self) -> Folded:
        """The matrix, folded: its plans are the kinds of moves."""
        return fold(self.matrix)

    @cached_property
    def possible(self) -> Mapping[Item, None]:
        """All that can occur, in order."""
        return possible(self.folded, self.callbacks)

    @cached_property
    def witnesses(self) -> Mapping[str, tuple[Plan, tuple[State, State]]]:
        """For the label of each plan the plan, and one of its moves."""
        return {plan.label: (plan, move) for plan, move in witnesses(self.folded)}

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.matrix, self.callbacks, self.source, self.called)


@dataclass(frozen=True)
class Hole:
    """What of one kind of move no run has exercised.

    Attributes:
        kind: the label of its plan.
        entry: the entry that it is about; `None` if there was no run of this kind at all.
        missing: what it never did, in the order of `DID`; empty without an entry.
        from_state, to_state: one of the moves.
        line: a run that fills it if the context is such: `orders.run(order, S.PAID, S.SHIPPED)`.
        sentence: what is missing, in words: `load_van never rejected`.
        where: all moves of the kind, as pairs of a from-set and a to-set.

    """

    kind: str
    entry: str | None
    missing: tuple[What, ...]
    from_state: State
    to_state: State
    line: str
    sentence: str
    where: tuple[tuple[StateSet, StateSet], ...]

    def __str__(self) -> str:
        return f"{self.line}: {self.sentence}"


class Seen:
    """What runs have exercised of one policy: filled by `recording`, or read from a file.

    What counts is an `Item`: for one kind of move one entry with one verdict, or one side that was
    due. Text, Markdown, HTML and JSON: `f"{seen}"`, `f"{seen:md}"`, `f"{seen:html}"`, `.to_json()`.
    """

    def __init__(self, subject: Subject) -> None:
        self.subject: Final[Subject] = subject
        self._runs: dict[str, int] = {}
        self._counts: dict[Item, int] = {}
        self._raised = 0
        self._settle: Callable[[], None] = _nothing

    @property
    def counts(self) -> Mapping[Item, int]:
        """How often each item was, also one that no annotation admits; others are left out."""
        self._settle()
        return self._counts

    @property
    def runs(self) -> Mapping[str, int]:
        """For the label of each kind of move the runs of it that had an outcome."""
        self._settle()
        return self._runs

    @property
    def raised(self) -> int:
        """How many runs raised: these have no outcome, and nothing of them counts."""
        self._settle()
        return self._raised

    @property
    def total(self) -> int:
        """How many items there can be."""
        return len(self.subject.possible)

    @property
    def covered(self) -> int:
        """How many of them there were."""
        return sum([item in self.subject.possible for item in self.counts])

    @property
    def unexpected(self) -> tuple[Item, ...]:
        """Verdicts that were given though no annotation admits them there."""
        known = self.subject.possible
        return tuple(
            [i for i in self.counts if i not in known and i.what not in ("after", "cleanup")]
        )

    def reaches(self, percent: str | float) -> bool:
        """Whether so much is covered: the counts are compared, so that 99.96 is not 100."""
        return self.covered * 100 >= wanted(percent) * self.total

    def holes(self) -> tuple[Hole, ...]:
        """What can occur and did not, kind by kind: a hole an entry, or one for all of a kind."""
        missing: dict[str, dict[str, list[What]]] = {}
        counts, runs = self.counts, self.runs
        for item in self.subject.possible:
            if item not in counts:
                missing.setdefault(item.kind, {}).setdefault(item.entry, []).append(item.what)
        found: list[Hole] = []
        places = {plan.label: at for at, plan in enumerate(self.subject.folded.plans)}
        for kind, entries in missing.items():
            plan, move = self.subject.witnesses[kind]
            where = self.subject.folded.where(places[kind])
            if kind not in runs:
                line = self._line(move)
                found.append(Hole(kind, None, (), *move, line, "never run", where))
                continue
            for entry, whats in entries.items():
                line = self._line(move, refusing=_needs_commit(plan, entry, whats))
                text = f"{entry} never {_either([DID[what] for what in whats])}"
                found.append(Hole(kind, entry, tuple(whats), *move, line, text, where))
        return tuple(found)

    def add(self, other: Seen) -> None:
        """Add the counts of another part of the same suite.

        `CoverageError` if that is about another policy, or about one that does something else.
        """
        mine, its = self.subject, other.subject
        if mine.matrix != its.matrix or mine.source != its.source:
            what = its.source if mine.source != its.source else "something else"
            raise CoverageError(
                f"these counts are of two versions of {mine.source}, or of two policies "
                f"({what}): run the whole suite on one"
            )
        for item, times in other.counts.items():
            self.count_item(item, times)
        for kind, times in other.runs.items():
            self.count(kind, {}, times)
        self.count_raised(other.raised)

    def count(self, kind: str, did: Mapping[str, tuple[What, ...]], times: int) -> None:
        """Add runs of one kind of move, in which the entries named did this."""
        self._runs[kind] = self._runs.get(kind, 0) + times
        for entry, whats in did.items():
            for what in whats:
                self.count_item(Item(kind, entry, what), times)

    def count_item(self, item: Item, times: int) -> None:
        """Add an item alone."""
        self._counts[item] = self._counts.get(item, 0) + times

    def count_raised(self, times: int) -> None:
        """Add runs that raised."""
        self._raised += times

    def settled_by(self, settle: Callable[[], None]) -> None:
        """Call this before anything is read: it adds what was not added yet."""
        self._settle = settle

    def to_json(self) -> str:
        """As the data file has it, see `bylaws.testing.coverage.datafile`."""
        from bylaws.testing.coverage.datafile import write_coverage  # noqa: PLC0415 (imports this)

        return write_coverage([self])

    def __str__(self) -> str:
        from bylaws.testing.coverage.showing import as_text  # noqa: PLC0415 (imports this, and rich)

        return as_text(self).rstrip("\n")

    def __format__(self, code: str) -> str:
        from bylaws.testing.coverage.showing import formatted  # noqa: PLC0415 (imports this)

        return formatted([self], code) if code else str(self)

    def _line(self, move: tuple[State, State], *, refusing: bool = False) -> str:
        enums = self.subject.matrix.space.enums
        alone = f"{enums[0].name}." if len(enums) == 1 else ""
        owned = {*enums[0].members} if alone else set[str]()
        ends = [f"{alone}{state}" if state in owned else str(state) for state in move]
        if refusing:
            ends.append('commit=lambda *_: abort(reason="not written")')
        return self.subject.called.replace("{}", ", ".join(ends))


def wanted(percent: str | float) -> Fraction:
    """A percentage, exactly. `CoverageError` for what is none between 0 and 100."""
    try:
        exact = Fraction(Decimal(str(percent)))
    except (ArithmeticError, ValueError):
        exact = Fraction(-1)
    if not 0 <= exact <= 100:
        raise CoverageError(f"{percent!r} is no percentage: give a number from 0 to 100")
    return exact


def _needs_commit(plan: Plan, entry: str, missing: list[What]) -> bool:
    """Whether only a commit that refuses makes it clean up."""
    names = [each.name for each in plan.entries]
    return "cleanup" in missing and not later_refuses(plan, names.index(entry))


def _either(words: list[str]) -> str:
    return " or ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _nothing() -> None:
    """There is nothing to add."""
