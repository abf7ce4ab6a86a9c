"""Records: what an observer is told when a run starts, and when it has ended.

What they hold is not copied, and what costs is worked out when it is asked for.
"""

from __future__ import annotations

from enum import Enum
from logging import getLogger
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, cast, final

from bylaws import Outcome, StateError, StateLike, Trace
from bylaws.rules import names_of
from bylaws.state import as_state, is_member, show

if TYPE_CHECKING:
    from bylaws import AsyncPolicy

CameTo: TypeAlias = Literal["accepted", "rejected", "delayed", "aborted", "raised", "cancelled"]
"""What a run came to: its outcome, or how it ended without one."""

Phase: TypeAlias = Literal[
    "before_transition",
    "on_decision",
    "commit",
    "after_transition",
    "cleanup",
    "add_after",
    "add_cleanup",
]
"""Where an exception came from: the commit, a hook, or a callback by the method that added it."""

# A state, what it came in if it did not come bare, and whether it is a state at all.
Taken: TypeAlias = "tuple[Enum | None, StateLike[Enum] | None, bool]"


@final
class Facts:
    """What is worked out once for a policy, when it is asked for."""

    __slots__ = ("_names", "_version")

    def __init__(self) -> None:
        self._names: dict[int, str] | None = None
        self._version: str | None = None

    def names(self, policy: AsyncPolicy[Any, Any]) -> dict[int, str]:
        """What texts call the entries, by their `id`."""
        if self._names is None:
            entries = policy.entries
            pairs = zip(entries, names_of(entries), strict=True)
            self._names = {id(entry): name for entry, name in pairs}
        return self._names

    def version(self, policy: AsyncPolicy[Any, Any]) -> str:
        """Twelve hex digits of what it does; empty where the views cannot read it."""
        if self._version is None:
            try:
                from bylaws.views import Matrix, policy_version  # noqa: PLC0415 (not light)

                self._version = policy_version(Matrix.of(policy))
            except Exception as error:
                self._version = ""
                text = "%s: its version cannot be told, and is left empty"
                getLogger("bylaws").error(text, policy.name, exc_info=error)
        return self._version


class RunStart:
    """A run that is about to start: a policy, and the move that is put to it. Read-only.

    Attributes:
        from_state, to_state: the states; `None` for "no state", and for what is no state at all,
            of which the run makes a `StateError`.
        context: the caller's own object, not a copy, and not shown by `repr`: look before you log.

    """

    __slots__ = ("_facts", "_policy", "_taken", "context", "from_state", "to_state")

    def __init__(
        self,
        policy: AsyncPolicy[Any, Any],
        facts: Facts,
        context: object,
        from_: Taken,
        to: Taken,
    ) -> None:
        self._policy = policy
        self._facts = facts
        self._taken = from_, to  # a state-like may carry another state at the end
        self.context: Final[object] = context
        self.from_state: Final[Enum | None] = from_[0]
        self.to_state: Final[Enum | None] = to[0]

    @property
    def policy(self) -> str:
        """The name of the policy."""
        return self._policy.name

    @property
    def from_payload(self) -> StateLike[Enum] | None:
        """The state-like that was given as `from_state`; `None` if the state itself was."""
        return self._taken[0][1]

    @property
    def to_payload(self) -> StateLike[Enum] | None:
        """The state-like that was given as `to_state`; `None` if the state itself was."""
        return self._taken[1][1]

    @property
    def version(self) -> str:
        """What `bylaws.views.policy_version` gives: twelve hex digits of what the policy does.

        Worked out once for a policy, which takes milliseconds, and loads the views.
        """
        return self._facts.version(self._policy)

    @property
    def entry_names(self) -> tuple[str, ...]:
        """The names of what fires, in priority order; none where a state is none of the policy's.

        Also of what a refusal nullifies: `trace` tells these apart.
        """
        if not (self._taken[0][2] and self._taken[1][2]):
            return ()
        try:
            fires = self._policy.compile_transition_rules(self.from_state, self.to_state)
        except StateError:
            return ()
        names = self._facts.names(self._policy)
        return tuple([names[id(entry)] for entry in fires])

    @property
    def move(self) -> str:
        """The states in words: `S.NEW -> S.PAID`."""
        return f"{show(self.from_state)} -> {show(self.to_state)}"

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.policy}: {self.move}>"


@final
class RunRecord(RunStart):
    """A run that has ended: as its `RunStart`, with what it came to. Read-only.

    Attributes:
        outcome: what it came to; `None` if an exception goes out.
        error: that exception, which is not to be changed; `None` if there is an outcome.
        phase: where the exception came from; `None` if there is none, and for one from before the
            first hook (a `StateError`), or from beyond what a run can tell (the recursion limit).
        entry: the entry that it came from; `None` for the commit.
        duration: seconds, by `time.perf_counter`, without the time that observers take.

    """

    __slots__ = ("duration", "entry", "error", "outcome", "phase")

    def __init__(
        self,
        start: RunStart,
        duration: float,
        outcome: Outcome[Enum] | None,
        error: BaseException | None = None,
        phase: Phase | None = None,
        entry: object = None,
    ) -> None:
        given = start._policy, start._facts, start.context  # noqa: SLF001 (its base's own)
        super().__init__(*given, *start._taken)  # noqa: SLF001
        self.duration: Final[float] = duration
        self.outcome: Final[Outcome[Enum] | None] = outcome
        self.error: Final[BaseException | None] = error
        self.phase: Final[Phase | None] = phase
        self.entry: Final[object] = entry

    @property
    def came_to(self) -> CameTo:
        """The outcome in a word; else "raised", or "cancelled", which a closed coroutine is too.

        A cancellation is what is neither an `Exception` nor made to end the program.
        """
        if self.outcome is not None:
            return cast("CameTo", type(self.outcome).__name__.lower())
        ends: Final = Exception, KeyboardInterrupt, SystemExit
        return "raised" if isinstance(self.error, ends) else "cancelled"

    @property
    def state(self) -> Enum | None:
        """The state that the outcome has: the intended one, or that of a redirect."""
        return getattr(self.outcome, "state", None)

    @property
    def reason(self) -> str | None:
        """Why it was refused, in the rule's words, which may hold personal data."""
        return getattr(self.outcome, "reason", None)

    @property
    def trace(self) -> Trace:
        """What every selected entry did, worked out now; without lines after an exception."""
        return Trace(()) if self.outcome is None else self.outcome.trace

    @property
    def refused_by(self) -> str | None:
        """The name of the rule whose refusal is the outcome, or "commit"; `None` if none is."""
        by = None if self.outcome is None else self.outcome.refused_by
        if by is None or type(by) is str:  # the commit
            return by
        return self._facts.names(self._policy)[id(by)]

    @property
    def entry_name(self) -> str | None:
        """What texts call the entry that the exception came from."""
        return self._facts.names(self._policy).get(id(self.entry))

    def __repr__(self) -> str:
        return f"<RunRecord {self.policy}: {self.move} {self.came_to} in {self.duration:.6f} s>"


def taken_apart(given: object) -> Taken:
    """The state that was given, and what it came in."""
    if given is None or is_member(given):
        return cast("Enum | None", given), None, True
    try:
        state = as_state(given)
    except Exception:  # of its `type`: the run raises it
        state = None
    if not is_member(state):
        return None, None, False
    return cast("Enum", state), cast("StateLike[Enum]", given), True
