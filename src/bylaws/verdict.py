"""Verdicts: what a rule's `before_transition` answers. They are returned, not called for an effect.

Who adds a kind of verdict adds to `outcome.py`, `_answers.py`, `explanation.py`, `promises.py`, and
to the model of the tests.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Final, Generic, Never, TypeAlias, TypeGuard, cast, final, overload

from bylaws._value import Value
from bylaws.errors import StateError
from bylaws.state import N_co, S, StateLike, as_state, is_member

if TYPE_CHECKING:
    from datetime import timedelta


@final
class Proceed(Value):
    """The transition may go on, as far as this rule is concerned. Made by `proceed()`."""

    __slots__ = ()


@final
class Reject(Value, Generic[N_co]):
    """Be in `state` instead, or (`None`) stay where you are: live with it. Made by `reject()`.

    `payload` is the state-like that was proposed, where it was no bare member.
    """

    # N_co may have `None`, which adds nothing (`state` may be `None` anyway): a base rule over
    # `S | None` can then say that its hook answers with a verdict over its own type arguments.

    __slots__ = ("payload", "reason", "state")
    __match_args__: Final = ("state", "reason", "payload")

    def __init__(
        self, state: N_co | None, reason: str, payload: StateLike[N_co] | None = None
    ) -> None:
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


Verdict: TypeAlias = Proceed | Reject[N_co] | Delay | Abort

Answer: TypeAlias = Reject[Never] | Delay | Abort | BaseException | None
"""What a commit answers: `None`, it is written; a refusal (that proposes no state), nothing is; an
exception, it is written, and the exception goes out when all is finished."""

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
    """Refuse for good: be in `state` instead, which is committed, or without one stay as you are.

    The rules for the state proposed are not asked. `StateError` if it is neither an enum member nor
    a state-like.
    """
    if state is _STAY:
        return Reject(None, reason)
    member = as_state(state)
    if not is_member(member):
        raise StateError(
            f"reject() was given {state!r} as the state to be in instead: that is no enum member "
            "and has no `type` that is one. To stay in the current state, leave the argument out: "
            "reject(reason=...).",
            state,
        )
    payload = None if state is member else cast("StateLike[Enum]", state)
    return Reject(cast("Enum", member), reason, payload)


def delay(seconds: float | timedelta, *, reason: str) -> Delay:
    """Refuse for now: come back in `seconds`, a number of them or a `timedelta`.

    `ValueError` unless they are finite and at least 0.
    """
    total: object = getattr(seconds, "total_seconds", None)
    given: object = total() if callable(total) else seconds
    if not is_duration(given):
        raise ValueError(
            f"delay() takes a finite number of seconds, at least 0, or a timedelta, not {seconds!r}"
        )
    return Delay(given, reason)


def is_duration(seconds: object) -> TypeGuard[float]:
    """Whether they are a number, finite and at least 0, which NaN is not either."""
    return isinstance(seconds, int | float) and 0 <= seconds < float("inf")


def abort(*, reason: str) -> Abort:
    """Refuse for good, and tell the caller not to ask again."""
    return Abort(reason)
