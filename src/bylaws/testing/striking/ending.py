"""Ending: what a run that was struck came to, and what has to be as before after it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from bylaws import Accepted, Outcome, Rejected
from bylaws.testing.striking.strikes import Strike, Where
from bylaws.testing.striking.visits import Place

CANCELLATIONS: Final = {("asyncio", "CancelledError"), ("trio", "Cancelled")}


@dataclass(frozen=True)
class Attempt:
    """One run to be made.

    Attributes:
        policy: the policy, or a composition of it that has another entry.
        strike: what is to go wrong; of a cancellation only afterwards is known where it struck.
        target: the visit of a line where an error is raised.
        cancels, closes: the awaits at which the task is cancelled, or the coroutine closed.
        record: whether the visits are recorded.
        twice: whether to observe twice, for the same answer.

    """

    policy: object
    strike: Strike | None = None
    target: Place | None = None
    cancels: tuple[int, ...] = ()
    closes: int | None = None
    record: bool = False
    twice: bool = False


@dataclass
class Ending:
    """What a run came to.

    Attributes:
        context: what it happened in.
        before, again, after: what was observed; `again` a second time before it.
        outcome: `None` if an exception came out, of which `error` is the first of the two then.
        landed: whether the commit had written what was intended.
        struck: whether the strike came.
        hung: whether it was cut off.
        awaits: so many times it was suspended; `places` where that was, for the ones struck.
        left: whether nothing can be asked of it, though the coroutine was to be closed: what would
            undo it would be awaited (which the run logged), or it was in the commit, which may land
            all the same, in an async generator, which Python before 3.13 does not close, or where
            trio does not let go of it, as in a nursery.

    """

    context: object
    before: object
    again: object = None
    after: object = None
    outcome: Outcome[Enum] | None = None
    error: BaseException | None = None
    raised: str | None = None
    landed: bool = False
    struck: bool = False
    hung: bool = False
    awaits: int = 0
    places: dict[int, tuple[Where | None, str]] = field(
        default_factory=dict[int, tuple[Where | None, str]]
    )
    left: bool = False

    @property
    def happened(self) -> bool:
        """Whether the transition did, as intended."""
        return self.landed or isinstance(self.outcome, Accepted)

    @property
    def elsewhere(self) -> Enum | None:
        """The state that was written instead of the intended one."""
        return self.outcome.state if isinstance(self.outcome, Rejected) else None


def is_foreign(error: BaseException, thrown: object) -> bool:
    """Whether it is none of the run's business: Ctrl-C for one, or a test that is skipped."""
    if isinstance(error, Exception | GeneratorExit) or error is thrown:
        return False
    kind = type(error)  # told by its name: neither loop may be imported
    return (kind.__module__.partition(".")[0], kind.__name__) not in CANCELLATIONS
