"""Records: what an observer is told when a run starts, and when it has ended.

What they hold is not copied, and what costs is worked out when it is asked for.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, cast, final

from bylaws import Outcome, StateError, StateLike, Trace
from bylaws.observers.facts import Facts, Taken
from bylaws.state import show

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


class RunStart:
    """A run that is about to start: a policy, and the move that is put to it. Frozen."""

    __slots__ = ("_context", "_facts", "_policy", "_taken")

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
        self._context = context
        self._taken = from_, to  # a state-like may carry another state at the end

    @property
    def policy(self) -> str:
        """The name of the policy."""
        return self._policy.name

    @property
    def context(self) -> object:
        """The caller's own object, not a copy, and not shown by `repr`: look before you log."""
        return self._context

    @property
    def from_state(self) -> Enum | None:
        """The state to leave; `None` for "no state", and for what is none: a `StateError`."""
        return self._taken[0][0]

    @property
    def to_state(self) -> Enum | None:
        """The intended state; `None` as above."""
        return self._taken[1][0]

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
    """A run that has ended: as its `RunStart`, with what it came to. Frozen."""

    __slots__ = ("_duration", "_entry", "_error", "_outcome", "_phase")

    def __init__(
        self,
        start: RunStart,
        duration: float,
        outcome: Outcome[Enum] | None,
        error: BaseException | None = None,
        phase: Phase | None = None,
        entry: object = None,
    ) -> None:
        given = start._policy, start._facts, start._context  # noqa: SLF001 (its base's own)
        super().__init__(*given, *start._taken)  # noqa: SLF001
        self._duration = duration
        self._outcome = outcome
        self._error = error
        self._phase: Phase | None = phase
        self._entry = entry

    @property
    def duration(self) -> float:
        """Seconds, by `time.perf_counter`, without the time that observers take."""
        return self._duration

    @property
    def outcome(self) -> Outcome[Enum] | None:
        """What it came to; `None` if an exception goes out."""
        return self._outcome

    @property
    def error(self) -> BaseException | None:
        """The exception that goes out, which is not to be changed; `None` with an outcome."""
        return self._error

    @property
    def phase(self) -> Phase | None:
        """Where the exception came from.

        `None` if there is none, and for one from before the first hook (a `StateError`), or from
        beyond what a run can tell (the recursion limit).
        """
        return self._phase

    @property
    def entry(self) -> object:
        """The entry that the exception came from; `None` for the commit."""
        return self._entry

    @property
    def came_to(self) -> CameTo:
        """The outcome in a word; else "raised", or "cancelled", which a closed coroutine is too.

        A cancellation is what is neither an `Exception` nor made to end the program.
        """
        if self.outcome is not None:
            return cast("CameTo", type(self.outcome).__name__.lower())
        ends = Exception, KeyboardInterrupt, SystemExit
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
