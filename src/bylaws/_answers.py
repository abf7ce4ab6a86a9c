"""Answers: what a hook, a callback or a commit may return, and what it makes of a run."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from enum import Enum
from types import GeneratorType
from typing import Any, Final, TypeGuard, cast

from bylaws._plan import Plan, Run, Step
from bylaws.errors import HookError, StateError
from bylaws.explanation import Refusal
from bylaws.outcome import Aborted, Delayed, Outcome, Rejected
from bylaws.state import StateLike
from bylaws.verdict import Abort, Delay, Proceed, Reject, is_duration

# Why nothing awaits what was returned.
IN_RUN: Final = "run() awaits nothing: list the entry in an AsyncPolicy and call arun()"
TWICE: Final = "it came out of one that was awaited: await both in the hook"
NO_VERDICT: Final = "a transform gives no verdict, so return nothing"
CLOSING: Final = "the coroutine of the run is being closed, and can await nothing any more"


def is_awaitable(value: object) -> TypeGuard[Awaitable[Any]]:
    """Whether `await` takes it: also a generator of `types.coroutine`, which has no `__await__`."""
    return hasattr(type(value), "__await__") or (
        isinstance(value, GeneratorType) and bool(value.gi_code.co_flags & 0x100)
    )


def shown(value: object) -> str:
    """Its `repr`; one that raises must not stand for what the hook or the commit did."""
    try:
        return repr(value)
    except Exception:
        return object.__repr__(value)


def broken(step: Step | None, hook: str, what: str) -> HookError:
    """The error for a hook of an entry that breaks its contract; without an entry, the commit."""
    where, entry = (hook, None) if step is None else (f"{step.name}.{hook}", step.entry)
    return HookError(f"{where} {what}.", entry, hook)


def not_awaited(step: Step | None, hook: str, result: object, why: str) -> HookError:
    """The error for an awaitable that nothing awaits. Closes it, or Python would warn of it too."""
    error = broken(step, hook, f"returned an awaitable ({type(result).__name__}): {why}")
    close: Callable[[], object] | None = getattr(result, "close", None)
    try:
        if close is not None:
            close()
    except Exception as failure:
        error.__cause__ = failure
    return error


def settle(step: Step, hook: str, result: object, why: str) -> None:
    """Look at a result that is no verdict: only a callback may return something.

    `why` it is not awaited, if it could be.
    """
    if is_awaitable(result):
        raise not_awaited(step, hook, result, why)
    if hook not in ("add_after", "add_cleanup"):
        fix = NO_VERDICT if hook == "before_transition" else "it has to return None"
        raise broken(step, hook, f"returned {shown(result)}: {fix}")


def is_closing(error: BaseException, awaited: object) -> bool:
    """Whether it came because the coroutine that awaited this is being closed.

    Told from the `GeneratorExit` alone that comes out of its own `await`: `awaited` is what the
    call returned, which an `await` that ended would have replaced.
    """
    return isinstance(error, GeneratorExit) and is_awaitable(awaited)


def refused(
    admit: Callable[[object, str], Enum], plan: Plan, step: Step, answer: object, why: str
) -> Outcome[Any] | None:
    """What a before hook's answer makes of the run; `None` if the run goes on.

    `HookError` if the entry may not answer so; `admit` raises a `StateError` for a foreign state.
    """
    hook = "before_transition"
    if is_awaitable(answer):
        raise not_awaited(step, hook, answer, why)
    if step.universal:
        raise broken(step, hook, f"returned {shown(answer)}: {NO_VERDICT}")
    if type(answer) is Proceed:  # one that did not come from proceed()
        return None
    if type(answer) not in (Reject, Delay, Abort):
        fix = "return what proceed(), reject(), delay() or abort() gives, or None to proceed"
        if hasattr(answer, "mock_calls"):
            fix += "; a mock is told so with return_value="
        raise broken(step, hook, f"returned {shown(answer)}, which is no verdict: {fix}")
    verdict = cast("Refusal", answer)
    try:
        if isinstance(verdict, Reject) and cast("object", verdict.state) is not None:
            state = admit(verdict.state, "a proposed state")
            if state is not verdict.state:  # a state-like, in a verdict that was built by hand
                verdict = Reject(state, verdict.reason, cast("StateLike[Enum]", verdict.state))
    except StateError as error:
        what = f"proposed a state that is none of the policy's: {str(error).rstrip('.')}"
        raise broken(step, hook, what) from error
    return _outcome(step, hook, verdict, Run(plan, step, verdict))


def commit_refused(
    plan: Plan, refused_by: Step | None, decided: Outcome[Any], answer: object, why: str
) -> Outcome[Any] | None:
    """The outcome if the commit's answer is a refusal; `None` if it is something else.

    `HookError` for a refusal that cannot be one: nothing was written then either.
    """
    if isinstance(answer, BaseException):  # nothing else is asked of it: at the recursion limit,
        return None  # what would then be raised would say that nothing was written
    if is_awaitable(answer):
        raise not_awaited(None, "commit", answer, why)
    if type(answer) not in (Reject, Delay, Abort):
        return None
    verdict = cast("Refusal", answer)
    if isinstance(verdict, Reject) and cast("object", verdict.state) is not None:
        fix = "it may refuse to write a state, not propose another: leave the state out"
        raise broken(None, "commit", f"returned {shown(verdict)}: {fix}")
    redirect = None
    if isinstance(decided, Rejected):
        redirect = Reject(decided.state, decided.reason, decided.payload)
    return _outcome(None, "commit", verdict, Run(plan, refused_by, redirect, verdict))


def written_then(answer: object) -> BaseException:
    """What goes out after a commit that returned something, and so has written."""
    if isinstance(answer, BaseException):
        return answer
    fix = "return None when it is written, a refusal when it is not, or an exception that goes out"
    return broken(None, "commit", f"returned {shown(answer)}, and is taken to have written: {fix}")


def _outcome(step: Step | None, hook: str, verdict: Refusal, run: Run) -> Outcome[Any]:
    if isinstance(verdict, Reject):
        return Rejected(verdict.state, verdict.reason, verdict.payload, run)
    if isinstance(verdict, Abort):
        return Aborted(verdict.reason, run)
    if not is_duration(verdict.seconds):
        raise broken(
            step, hook, f"returned {shown(verdict)}: delay() takes finite seconds, at least 0"
        )
    return Delayed(verdict.seconds, verdict.reason, run)
