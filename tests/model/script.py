"""What an entry may do: the vocabulary of the scripts."""

from __future__ import annotations

from asyncio import CancelledError
from dataclasses import dataclass, replace
from enum import Enum
from typing import Final, Literal, TypeAlias

from bylaws import Aborted, Delayed, Outcome, Rejected, Verdict, abort, delay, every, reject


class State(Enum):
    """The states of all scripts. All but one are falsy, which must not matter."""

    NEW = "new"
    OPEN = "open"
    SHUT = "shut"

    def __bool__(self) -> bool:
        return self is State.SHUT


class Foreign(Enum):
    """States of another enum, with names that `State` has too."""

    NEW = "new"
    SHUT = "shut"


class Row:
    """A state-like: a state with a payload."""

    def __init__(self, state: State) -> None:
        self.type = state


class Boom(Exception):  # noqa: N818 (short, for it is in every failure that pytest prints)
    """The exception of a script."""


class OwnCauseError(Exception):
    """What an exception of a script was raised from, where it was."""


ANYWHERE: Final[frozenset[State | None]] = every(State) | {None}
ROW: Final = Row(State.SHUT)

# What a hook, a callback or commit may do: it ends normally ("fine"), or raises one of these, maybe
# `from` a cause.
Act: TypeAlias = str
RAISES: Final[dict[Act, type[BaseException]]] = {
    "error": Boom,
    "interrupt": KeyboardInterrupt,
    "cancel": CancelledError,
    "exit": SystemExit,
}
CAUSED: Final = {f"{act} from": kind for act, kind in RAISES.items()}

# What a before hook may do beside: let it pass, refuse, or answer what nobody may answer.
PASSES: Final = ("nothing", "proceed")
VERDICTS: Final[dict[Act, Verdict[State]]] = {
    "redirect": reject(State.SHUT, reason="redirect"),
    "redirect to a row": reject(ROW, reason="redirect to a row"),
    "redirect to where it is": reject(State.NEW, reason="redirect to where it is"),
    "stay": reject(reason="stay"),
    "delay": delay(2.5, reason="delay"),
    "abort": abort(reason="abort"),
}
REFUSES: Final[dict[Act, Outcome[State]]] = {
    "redirect": Rejected(State.SHUT, "redirect"),
    "redirect to a row": Rejected(State.SHUT, "redirect to a row", ROW),
    "redirect to where it is": Rejected(State.NEW, "redirect to where it is"),
    "stay": Rejected(None, "stay"),
    "delay": Delayed(2.5, "delay"),
    "abort": Aborted("abort"),
}
BREAKS: Final = ("junk", "foreign")

# What a commit may answer beside: a refusal (it has not written), or an exception ("then": it has
# written, and that goes out). It may not answer "redirect", a refusal that proposes a state, nor
# "junk", which is taken as written.
REFUSES_TO_WRITE: Final = ("stay", "delay", "abort")
THEN: Final = {f"then {act}": kind for act, kind in RAISES.items()}

# How a hook is written. All but "plain" are for `arun` only, and suspend once before they act.
# async: an `async def`; later: a plain function that returns what has an `__await__`; generator:
# `types.coroutine`.
Flavour: TypeAlias = Literal["plain", "async", "later", "generator"]
FLAVOURS: Final[tuple[Flavour, ...]] = ("plain", "async", "later", "generator")
Adder: TypeAlias = Literal["add_after", "add_cleanup"]


@dataclass(frozen=True)
class Script:
    """What one entry does. A hook that is `None` is one that it does not implement."""

    universal: bool = False
    before: Act | None = "nothing"
    adds: tuple[tuple[Adder, Act], ...] = ()
    """The callbacks that its before hook adds first, each with what the callback does."""
    after: Act | None = "fine"
    cleanup: Act | None = "fine"
    """A rule's alone."""
    decide: Act | None = None
    """A transform's alone."""
    from_states: frozenset[State | None] = ANYWHERE
    to_states: frozenset[State | None] = ANYWHERE
    before_is: Flavour = "plain"
    after_is: Flavour = "plain"
    cleanup_is: Flavour = "plain"
    decide_is: Flavour = "plain"
    adds_are: Flavour = "plain"

    def written(self, flavour: Flavour) -> Script:
        """The same with hooks and callbacks of one flavour."""
        return replace(
            self,
            before_is=flavour,
            after_is=flavour,
            cleanup_is=flavour,
            decide_is=flavour,
            adds_are=flavour,
        )

    def plain(self) -> Script:
        """The same with plain hooks and callbacks alone."""
        return self.written("plain")
