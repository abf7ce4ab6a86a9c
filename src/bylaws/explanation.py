"""Why: an `Explanation` says which entries fire before anything happens, a `Trace` what they did.

Both are data, a line for each entry, and print as a table.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from enum import Enum
from typing import Final, Generic, Literal, Self, TypeAlias, TypeVar, final

from bylaws._value import Value
from bylaws.state import show
from bylaws.verdict import Abort, Delay, Reject, Verdict

EntryT_co = TypeVar("EntryT_co", covariant=True)


class Reason(Enum):
    """Why an entry fires for a transition, or does not. The values are stable."""

    SELECTED = "selected"
    FORBIDDEN = "forbidden"
    """It fires, and is known to refuse this transition always."""
    FROM_STATE = "from_state"
    """Its `from_states` exclude the transition."""
    TO_STATE = "to_state"
    """Its `to_states` exclude the transition."""
    BOTH_STATES = "both_states"
    """Its `from_states` and its `to_states` exclude the transition."""


@final
class Explained(Value, Generic[EntryT_co]):
    """One line of an `Explanation`: an entry, whether it fires, and why, as a code and a sentence.

    `name` is what texts call the entry in its policy.
    """

    __slots__ = ("entry", "fires", "name", "reason", "sentence")
    __match_args__: Final = ("entry", "name", "fires", "reason", "sentence")

    def __init__(
        self, entry: EntryT_co, name: str, fires: bool, reason: Reason, sentence: str
    ) -> None:
        self.entry: Final[EntryT_co] = entry
        self.name: Final[str] = name
        self.fires: Final[bool] = fires
        self.reason: Final[Reason] = reason
        self.sentence: Final[str] = sentence


@final
class Explanation(Value, Generic[EntryT_co]):
    """What fires for one transition, and why the rest does not, in priority order."""

    __slots__ = ("from_state", "lines", "policy", "to_state")
    __match_args__: Final = ("policy", "from_state", "to_state", "lines")

    def __init__(
        self,
        policy: str,
        from_state: Enum | None,
        to_state: Enum | None,
        lines: tuple[Explained[EntryT_co], ...],
    ) -> None:
        self.policy: Final[str] = policy
        self.from_state: Final[Enum | None] = from_state
        self.to_state: Final[Enum | None] = to_state
        self.lines: Final[tuple[Explained[EntryT_co], ...]] = lines

    @property
    def entries(self) -> tuple[tuple[EntryT_co, Reason], ...]:
        """Every entry of the policy with its `Reason`."""
        return tuple([(line.entry, line.reason) for line in self.lines])

    def __str__(self) -> str:
        head = f"{self.policy}: {show(self.from_state)} -> {show(self.to_state)}"
        return "\n".join([head, *_aligned([(line.name, line.sentence) for line in self.lines])])


Refusal: TypeAlias = Reject[Enum] | Delay | Abort
Did: TypeAlias = Literal["proceeded", "refused", "nullified"]
Due: TypeAlias = Literal["after", "cleanup"]


@final
class Traced(Value):
    """One line of a `Trace`: what an entry that was selected did, as a code and a sentence.

    A rule that refused is the one whose verdict decided; what is nullified stands after it, and
    does not fire: no hook of it was called. `due` is the side that was due at the end; of a rule
    that refused only what it added.
    """

    # `entry` does not count: it is its name where it did not travel.
    __slots__ = ("did", "due", "entry", "name", "sentence", "verdict")
    __match_args__: Final = ("name", "did", "verdict", "due", "sentence")

    def __init__(
        self,
        name: str,
        did: Did,
        verdict: Verdict[Enum] | None,
        due: Due | None,
        sentence: str,
        entry: object = None,
    ) -> None:
        self.name: Final[str] = name
        self.did: Final[Did] = did
        self.verdict: Final[Verdict[Enum] | None] = verdict
        self.due: Final[Due | None] = due
        self.sentence: Final[str] = sentence
        self.entry: Final[object] = name if entry is None else entry

    @property
    def fires(self) -> bool:
        """Whether its hooks were called."""
        return self.did != "nullified"


@final
class Trace(Value):
    """What every entry that was selected did in a run, in priority order.

    Worked out from the outcome when it is asked for; a run records nothing. It survives copies and
    pickles of the outcome; in a pickle no entry travels, and its name stands for it. Where the
    commit refused, the last line is its, under the name `commit`. An outcome that was not made by a
    run has a trace without lines.
    """

    __slots__ = __match_args__ = ("lines",)

    def __init__(self, lines: tuple[Traced, ...]) -> None:
        self.lines: Final[tuple[Traced, ...]] = lines

    def __deepcopy__(self, memo: object) -> Self:
        return self  # as a value; its entries are shared by all runs

    @property
    def refused_by(self) -> object:
        """The rule whose verdict decided, `"commit"` if that refused; `None` if all proceeded."""
        refused = [line.entry for line in self.lines if line.did == "refused"]
        return refused[-1] if refused else None

    def __str__(self) -> str:
        return "\n".join(
            _aligned([(line.name, line.sentence, line.due or "") for line in self.lines])
        )


def told(verdict: Refusal) -> str:
    """A refusal in words."""
    said = type(verdict).__name__.lower()
    if isinstance(verdict, Reject) and verdict.state is not None:
        said += f" to {show(verdict.state)}"
    if isinstance(verdict, Delay):
        said += f" by {verdict.seconds:g} s"
    return f"{said}: {verdict.reason}"


def because(
    reason: Reason,
    sets: tuple[Collection[Enum | None], Collection[Enum | None]] | None,
    forbidden: str,
) -> str:
    """The sentence for a reason: `sets` are a rule's two, and `None` for a transform."""
    if reason is Reason.FORBIDDEN:
        return f"fires, and always refuses: {forbidden}"
    if sets is None:
        return "fires (always)"
    if reason is Reason.SELECTED:
        return "fires"
    only: list[str] = []
    if reason is not Reason.TO_STATE:
        only.append(f"leaving {names(sets[0])}")
    if reason is not Reason.FROM_STATE:
        only.append(f"entering {names(sets[1])}")
    return f"no: only when {' and '.join(only)}"


def names(states: Collection[Enum | None]) -> str:
    """Their names in the order of definition, `None` last; of more than four the first three."""
    shown = ["None" if state is None else state.name for state in in_order(states)]
    return ", ".join(shown if len(shown) <= 4 else [*shown[:3], f"{len(shown) - 3} more"])


def in_order(states: Iterable[Enum | None]) -> list[Enum | None]:
    """The states, enum by enum in the order of their definition, `None` last."""
    given = list(states)
    members = [state for state in given if state is not None]
    kinds = {type(member) for member in members}
    order = {id(member): at for kind in kinds for at, member in enumerate(kind)}
    # A member that `_missing_` made up is not listed, and comes last.
    members.sort(key=lambda member: (type(member).__qualname__, order.get(id(member), len(order))))
    return [*members, None] if len(members) < len(given) else [*members]


def _aligned(rows: list[tuple[str, ...]]) -> list[str]:
    """Numbered lines with their columns under one another."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    digits = len(str(len(rows)))
    return [
        f"  {at:>{digits}}  "
        + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for at, row in enumerate(rows, 1)
    ] or ["  no entries"]
