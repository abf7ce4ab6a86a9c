"""Why: an `Explanation` says which entries fire before anything happens, a `Trace` what they did in a run."""

from __future__ import annotations

from collections.abc import Collection
from enum import Enum
from typing import Final, Generic, Literal, TypeVar, final

from bylaws.state import show
from bylaws.verdict import Delay, Proceed, Reject, Value, Verdict

EntryT_co = TypeVar("EntryT_co", covariant=True)


class Reason(Enum):
    """Why an entry fires for a transition, or does not. The values are stable."""

    SELECTED = "selected"
    FROM_STATE = "from_state"
    """Its `from_states` exclude the transition."""
    TO_STATE = "to_state"
    """Its `to_states` exclude the transition."""
    BOTH_STATES = "both_states"
    """Its `from_states` and its `to_states` exclude the transition."""


@final
class Explanation(Value, Generic[EntryT_co]):
    """What fires for one transition, and why the rest does not. Printing it gives a line for each entry.

    `entries` has every entry of the policy with its `Reason`, in priority order.
    """

    __slots__ = ("entries", "from_state", "policy", "to_state")
    __match_args__: Final = ("policy", "from_state", "to_state", "entries")

    def __init__(
        self,
        policy: str,
        from_state: Enum | None,
        to_state: Enum | None,
        entries: tuple[tuple[EntryT_co, Reason], ...],
    ) -> None:
        self.policy: Final[str] = policy
        self.from_state: Final[Enum | None] = from_state
        self.to_state: Final[Enum | None] = to_state
        self.entries: Final[tuple[tuple[EntryT_co, Reason], ...]] = entries

    def __str__(self) -> str:
        head = f"{self.policy}: {show(self.from_state)} -> {show(self.to_state)}"
        return "\n".join(
            [
                head,
                *_aligned([(name_of(entry), _because(entry, why)) for entry, why in self.entries]),
            ]
        )


@final
class Traced(Value):
    """One line of a `Trace`: the entry, what it did, the verdict if it gave one, and which of its sides was due.

    A rule that spoke is the one whose verdict decided. One that is nullified stands after it: no hook of it was called.
    """

    __slots__ = __match_args__ = ("entry", "did", "verdict", "due")

    def __init__(
        self,
        entry: object,
        did: Literal["proceeded", "spoke", "nullified"],
        verdict: Verdict[Enum] | None,
        due: Literal["after", "cleanup"] | None,
    ) -> None:
        self.entry: Final[object] = entry
        self.did: Final[Literal["proceeded", "spoke", "nullified"]] = did
        self.verdict: Final[Verdict[Enum] | None] = verdict
        self.due: Final[Literal["after", "cleanup"] | None] = due


@final
class Trace(Value):
    """What every entry that was selected did in a run, in priority order. Printing it gives a line for each.

    Worked out from the outcome when it is asked for; a run records nothing. An outcome that comes out of a pickle, or
    that was not made by a run, has a trace without entries.
    """

    __slots__ = __match_args__ = ("entries",)

    def __init__(self, entries: tuple[Traced, ...]) -> None:
        self.entries: Final[tuple[Traced, ...]] = entries

    @property
    def speaker(self) -> object:
        """The rule whose verdict decided; `None` if all proceeded."""
        return next((line.entry for line in self.entries if line.did == "spoke"), None)

    def __str__(self) -> str:
        return "\n".join(
            _aligned([(name_of(line.entry), *self._told(line)) for line in self.entries])
        )

    def _told(self, line: Traced) -> tuple[str, str]:
        if line.did == "nullified":
            return f"nullified by {name_of(self.speaker)}", ""
        verdict = line.verdict
        if line.did == "proceeded" or verdict is None or isinstance(verdict, Proceed):
            return "proceeded", line.due or ""
        said = type(verdict).__name__.lower()
        if isinstance(verdict, Reject) and verdict.state is not None:
            said += f" to {show(verdict.state)}"
        if isinstance(verdict, Delay):
            said += f" by {verdict.seconds:g} s"
        return f"{said}: {verdict.reason}", line.due or ""


def name_of(entry: object) -> str:
    """An entry's name in texts: that of the function it was made of, or else of its class."""
    name: object = getattr(entry, "__name__", None)
    return name if isinstance(name, str) else type(entry).__name__


def _because(entry: object, reason: Reason) -> str:
    if reason is Reason.SELECTED:
        return "fires" if hasattr(entry, "from_states") else "fires (always)"
    leaving = f"leaving {_names(getattr(entry, 'from_states', ()))}"
    entering = f"entering {_names(getattr(entry, 'to_states', ()))}"
    if reason is Reason.FROM_STATE:
        return f"no: only when {leaving}"
    if reason is Reason.TO_STATE:
        return f"no: only when {entering}"
    return f"no: only when {leaving} and {entering}"


def _names(states: Collection[Enum | None]) -> str:
    """The states' names in the order of their definition, `None` last; of more than four the first three."""
    members = [state for state in states if state is not None]
    kinds = {type(member) for member in members}
    order = {id(member): at for kind in kinds for at, member in enumerate(kind)}
    # A member that `_missing_` made up is not listed, and comes last.
    members.sort(key=lambda member: (type(member).__qualname__, order.get(id(member), len(order))))
    names = [member.name for member in members] + ["None"] * (None in states)
    return ", ".join(names if len(names) <= 4 else [*names[:3], f"{len(names) - 3} more"])


def _aligned(rows: list[tuple[str, ...]]) -> list[str]:
    """Numbered lines with their columns under one another."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    numbered = len(str(len(rows)))
    return [
        f"  {at:>{numbered}}  {'  '.join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))}".rstrip()
        for at, row in enumerate(rows, 1)
    ] or ["  no entries"]
