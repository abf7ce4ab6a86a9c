"""Outcomes: what the run of a policy came to."""

from __future__ import annotations

from enum import Enum
from typing import Final, Generic, TypeAlias, Union, final

from bylaws._plan import Plan, Step
from bylaws.explanation import Trace, Traced
from bylaws.state import S_co, StateLike
from bylaws.verdict import PROCEED, Abort, Delay, Reject, Value, Verdict

# What a run leaves in its outcome for the trace: its plan, and the rule that refused.
Run: TypeAlias = "tuple[Plan, Step | None]"


@final
class Accepted(Value, Generic[S_co]):
    """The transition happened: the subject is in `state`, the intended one.

    `payload` is the state-like that the run was given, where it was given one.
    """

    __slots__ = ("_run", "payload", "state")
    __match_args__: Final = ("state", "payload")

    def __init__(
        self,
        state: S_co | None,
        payload: StateLike[S_co] | None = None,
        _run: Run | None = None,
    ) -> None:
        self.state: Final[S_co | None] = state
        self.payload: Final[StateLike[S_co] | None] = payload
        self._run = _run

    @property
    def trace(self) -> Trace:
        """What every selected entry did."""
        return _trace(self._run, None)


@final
class Rejected(Value, Generic[S_co]):
    """It did not happen: the subject is in `state` instead, or (`None`) where it was.

    `payload` is the state-like that the rule proposed, where it proposed one.
    """

    __slots__ = ("_run", "payload", "reason", "state")
    __match_args__: Final = ("state", "reason", "payload")

    def __init__(
        self,
        state: S_co | None,
        reason: str,
        payload: StateLike[S_co] | None = None,
        _run: Run | None = None,
    ) -> None:
        self.state: Final[S_co | None] = state
        self.reason: Final[str] = reason
        self.payload: Final[StateLike[S_co] | None] = payload
        self._run = _run

    @property
    def trace(self) -> Trace:
        """What every selected entry did."""
        return _trace(self._run, Reject(self.state, self.reason, self.payload))


@final
class Delayed(Value):
    """It did not happen: the subject is where it was, and may come back in `seconds`."""

    __slots__ = ("_run", "reason", "seconds")
    __match_args__: Final = ("seconds", "reason")

    def __init__(self, seconds: float, reason: str, _run: Run | None = None) -> None:
        self.seconds: Final[float] = seconds
        self.reason: Final[str] = reason
        self._run = _run

    @property
    def trace(self) -> Trace:
        """What every selected entry did."""
        return _trace(self._run, Delay(self.seconds, self.reason))


@final
class Aborted(Value):
    """It did not happen: the subject is where it was, and should stop asking."""

    __slots__ = ("_run", "reason")
    __match_args__: Final = ("reason",)

    def __init__(self, reason: str, _run: Run | None = None) -> None:
        self.reason: Final[str] = reason
        self._run = _run

    @property
    def trace(self) -> Trace:
        """What every selected entry did."""
        return _trace(self._run, Abort(self.reason))


Outcome: TypeAlias = Union[Accepted[S_co], Rejected[S_co], Delayed, Aborted]  # noqa: UP007 (as for Verdict)
"""One of four, told apart with `match` or `isinstance`; close the last branch with `assert_never`."""


def _trace(run: Run | None, verdict: Verdict[Enum] | None) -> Trace:
    if run is None:
        return Trace(())
    plan, speaker = run
    lines: list[Traced] = []
    for step in plan.steps:
        if step.universal:
            lines.append(Traced(step.entry, "proceeded", None, "after"))
        elif speaker is None or step.bit < speaker.bit:
            lines.append(
                Traced(step.entry, "proceeded", PROCEED, "cleanup" if speaker else "after")
            )
        elif step is speaker:
            lines.append(Traced(step.entry, "spoke", verdict, "cleanup"))
        else:
            lines.append(Traced(step.entry, "nullified", None, None))
    return Trace(tuple(lines))
