"""Outcomes: what the run of a policy came to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Generic, Self, TypeAlias, final

from bylaws._value import Value
from bylaws.explanation import Trace
from bylaws.state import S_co, StateLike

if TYPE_CHECKING:
    from typing import Protocol

    class Run(Protocol):
        """What an outcome keeps of its run: that from which its trace is worked out."""

        def trace(self) -> Trace: ...  # noqa: D102
        def decided_by(self) -> object: ...  # noqa: D102


class Traceable(Value):
    """An outcome with its trace, which does not count when outcomes are compared."""

    __slots__ = ("_run",)
    _run: Run | Trace

    @property
    def trace(self) -> Trace:
        """What every selected entry did."""
        run = self._run
        return run if isinstance(run, Trace) else run.trace()

    @property
    def refused_by(self) -> object:
        """The rule whose verdict decided, `"commit"` if that refused; `None` if all proceeded.

        As `trace.refused_by`, but the trace is not worked out. In a pickle, and where no run made
        the outcome, as there: the rule's name, and `None`.
        """
        run = self._run
        return run.refused_by if isinstance(run, Trace) else run.decided_by()

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        from copy import deepcopy  # noqa: PLC0415 (whoever copies has it loaded)

        kind: Any = type(self)
        copied: Self = kind(*deepcopy(tuple(self._fields().values()), memo), self._run)
        return copied

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (*self._fields().values(), self.trace)


NO_TRACE: Final = Trace(())


@final
class Accepted(Traceable, Generic[S_co]):
    """The transition happened: the subject is in `state`, the intended one.

    `payload` is the state-like that the run was given, where it was given one.
    """

    __slots__ = ("payload", "state")
    __match_args__: Final = ("state", "payload")

    def __init__(
        self,
        state: S_co | None,
        payload: StateLike[S_co] | None = None,
        _run: Run | Trace = NO_TRACE,
    ) -> None:
        self.state: Final[S_co | None] = state
        self.payload: Final[StateLike[S_co] | None] = payload
        self._run = _run


@final
class Rejected(Traceable, Generic[S_co]):
    """It did not happen: the subject is in `state` instead, or (`None`) where it was.

    `payload` is the state-like that the rule proposed, where it proposed one.
    """

    __slots__ = ("payload", "reason", "state")
    __match_args__: Final = ("state", "reason", "payload")

    def __init__(
        self,
        state: S_co | None,
        reason: str,
        payload: StateLike[S_co] | None = None,
        _run: Run | Trace = NO_TRACE,
    ) -> None:
        self.state: Final[S_co | None] = state
        self.reason: Final[str] = reason
        self.payload: Final[StateLike[S_co] | None] = payload
        self._run = _run


@final
class Delayed(Traceable):
    """It did not happen: the subject is where it was, and may come back in `seconds`."""

    __slots__ = ("reason", "seconds")
    __match_args__: Final = ("seconds", "reason")

    def __init__(self, seconds: float, reason: str, _run: Run | Trace = NO_TRACE) -> None:
        self.seconds: Final[float] = seconds
        self.reason: Final[str] = reason
        self._run = _run


@final
class Aborted(Traceable):
    """It did not happen: the subject is where it was, and should stop asking."""

    __slots__ = ("reason",)
    __match_args__: Final = ("reason",)

    def __init__(self, reason: str, _run: Run | Trace = NO_TRACE) -> None:
        self.reason: Final[str] = reason
        self._run = _run


Outcome: TypeAlias = Accepted[S_co] | Rejected[S_co] | Delayed | Aborted
"""One of four, told apart with `match` or `isinstance`; `assert_never` closes the last branch."""
