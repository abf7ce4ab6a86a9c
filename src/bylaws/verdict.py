"""Verdicts: what a rule's `before_transition` answers. They are returned, never called for their effect."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Final, Generic, Never, TypeAlias, Union, cast, final, overload

from bylaws.errors import StateError
from bylaws.state import N_co, S, StateLike, as_state

if TYPE_CHECKING:
    from datetime import timedelta


class Value:
    """What verdicts, outcomes and explanations are: equal, hashed, shown and pickled by the fields of `__match_args__`.

    A frozen dataclass would do, but takes three times as long to make.
    """

    __slots__ = ()

    def _fields(self) -> dict[str, object]:
        names: tuple[str, ...] = getattr(self, "__match_args__", ())
        return {name: getattr(self, name) for name in names}

    def __eq__(self, other: object) -> bool:
        return self._fields() == other._fields() if type(other) is type(self) else NotImplemented

    def __hash__(self) -> int:
        return hash((type(self), *self._fields().values()))

    def __repr__(self) -> str:
        # A payload is shown where there is one.
        fields = [pair for pair in self._fields().items() if pair != ("payload", None)]
        shown = ", ".join(f"{name}={value!r}" for name, value in fields)
        return f"{type(self).__name__}({shown})"

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), tuple(self._fields().values())


@final
class Proceed(Value):
    """The transition may go on, as far as this rule is concerned. Made by `proceed()`."""

    __slots__ = ()


@final
class Reject(Value, Generic[N_co]):
    """Be in `state` instead, or (`None`) stay where you are: live with it. Made by `reject()`."""

    # N_co may have `None`, which adds nothing (`state` may be `None` anyway): a base rule over `S | None` can then say
    # that its hook answers with a verdict over its own type arguments.

    __slots__ = ("payload", "reason", "state")
    __match_args__: Final = ("state", "reason", "payload")

    def __init__(self, state: N_co | None, reason: str, payload: StateLike[N_co] | None) -> None:
        self.state: Final[N_co | None] = state
        self.reason: Final[str] = reason
        self.payload: Final[StateLike[N_co] | None] = payload


@final
class Delay(Value):
    """Come back in `seconds`. Made by `delay()`."""

    __slots__ = ("reason", "seconds")
    __match_args__: Final = ("seconds", "reason")

    def __init__(self, seconds: float, reason: str) -> None:
        self.seconds: Final[float] = seconds
        self.reason: Final[str] = reason


@final
class Abort(Value):
    """Stop asking. Made by `abort()`."""

    __slots__ = ("reason",)
    __match_args__: Final = ("reason",)

    def __init__(self, reason: str) -> None:
        self.reason: Final[str] = reason


Verdict: TypeAlias = Union[Proceed, Reject[N_co], Delay, Abort]  # noqa: UP007 (half the time of `|` at import)

Answer: TypeAlias = "Reject[Never] | Delay | Abort | BaseException | None"
"""What a commit answers: `None`, it is written; a refusal, nothing is (so a state cannot be proposed);
an exception, it is written, and the exception goes out when all is finished."""

PROCEED: Final = Proceed()
_STAY: Final = object()


def proceed() -> Proceed:
    """Let the transition go on to the next rule. A hook that returns `None` says the same."""
    return PROCEED


@overload
def reject(state: S | StateLike[S], *, reason: str) -> Reject[S]: ...
@overload
def reject(*, reason: str) -> Reject[Never]: ...
def reject(state: object = _STAY, *, reason: str) -> Reject[Enum]:
    """Refuse for good: be in `state` instead, which is committed, or without one stay where you are.

    The rules for the state proposed are not asked. `StateError` if it is neither an enum member nor a state-like.
    """
    if state is _STAY:
        return Reject(None, reason, None)
    member = as_state(state)
    if not isinstance(member, Enum):
        raise StateError(
            f"reject() was given {state!r} as the state to be in instead: that is no enum member and has no `type` "
            "that is one. To stay in the current state, leave the argument out: reject(reason=...).",
            state,
        )
    return Reject(member, reason, None if state is member else cast("StateLike[Enum]", state))


def delay(seconds: float | timedelta, *, reason: str) -> Delay:
    """Refuse for now: come back in `seconds`. `ValueError` unless they are finite and at least 0."""
    if not isinstance(seconds, int | float):
        seconds = seconds.total_seconds()
    if not is_duration(seconds):
        raise ValueError(f"delay() takes a finite number of seconds, at least 0, not {seconds!r}")
    return Delay(seconds, reason)


def is_duration(seconds: float) -> bool:
    """Whether they are finite and at least 0, which NaN is not either."""
    return 0 <= seconds < float("inf")


def abort(*, reason: str) -> Abort:
    """Refuse for good, and tell the caller not to ask again."""
    return Abort(reason)
