"""Verdicts: what a rule's `before_transition` answers. They are returned, never called for their effect."""

from __future__ import annotations

from enum import Enum
from typing import Final, Generic, Never, TypeAlias, TypeVar, cast, final, overload

from bylaws._value import Value
from bylaws.errors import StateError
from bylaws.state import StateLike, as_state

# `None` adds nothing to what a rejection may say (its `state` may be `None` anyway); it lets a base rule over
# `S | None` say that its hook answers with a verdict over its own type arguments.
S_co = TypeVar("S_co", bound=Enum | None, covariant=True)
V = TypeVar("V", bound=Enum)


@final
class Proceed(Value):
    """The transition may go on, as far as this rule is concerned. Made by `proceed()`."""

    __slots__ = ()


@final
class Reject(Value, Generic[S_co]):
    """Be in `state` instead, or (`None`) stay where you are: live with it. Made by `reject()`."""

    __slots__ = ("payload", "reason", "state")
    __match_args__: Final = ("state", "reason", "payload")

    def __init__(self, state: S_co | None, reason: str, payload: StateLike[S_co] | None) -> None:
        self.state: Final[S_co | None] = state
        self.reason: Final[str] = reason
        self.payload: Final[StateLike[S_co] | None] = payload


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


Verdict: TypeAlias = Proceed | Reject[S_co] | Delay | Abort

PROCEED: Final = Proceed()
_STAY: Final = object()


def proceed() -> Proceed:
    """Let the transition go on to the next rule. A hook that returns `None` says the same."""
    return PROCEED


@overload
def reject(state: V | StateLike[V], *, reason: str) -> Reject[V]: ...
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


def delay(seconds: float, *, reason: str) -> Delay:
    """Refuse for now: come back in `seconds`. `ValueError` unless they are finite and at least 0."""
    if not 0 <= seconds < float("inf"):
        raise ValueError(f"delay() takes a finite number of seconds, at least 0, not {seconds!r}")
    return Delay(seconds, reason)


def abort(*, reason: str) -> Abort:
    """Refuse for good, and tell the caller not to ask again."""
    return Abort(reason)
