"""A run: the before hooks of a plan, the commit, and the unwinding.

The two loops, plain and async, stand side by side and differ in `await` alone; all else is shared.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from enum import Enum
from types import CoroutineType, GeneratorType
from typing import Any, TypeGuard, TypeVar, cast

from bylaws._table import Plan, Side, Step, Table
from bylaws.errors import HookError, StateError
from bylaws.explanation import name_of
from bylaws.outcome import Aborted, Accepted, Delayed, Outcome, Rejected
from bylaws.state import show
from bylaws.transition import Callback, Transition
from bylaws.verdict import PROCEED, Abort, Delay, Reject

EntryT = TypeVar("EntryT")


def run(
    table: Table[EntryT],
    context: object,
    from_state: object,
    to_state: object,
    commit: Callable[[Any, Any], object] | None,
) -> Outcome[Any]:
    """See `Policy.run`."""
    plan, from_member, to_member = table.find(from_state, to_state)
    added: list[Callback] = []
    transition = Transition(from_member, to_member, context, added)
    callbacks: dict[Step[EntryT], list[Callback]] = {}
    outcome: Outcome[Any] = Accepted(to_member, (plan, None))
    committed = False
    errors: list[BaseException] = []
    step = speaker = failed = None
    try:
        for step, before in plan.befores:
            if speaker is not None and not step.universal:
                continue  # nullified
            answer = before(transition)
            if added:
                callbacks[step] = added[:]
                added.clear()
            if answer is not None and (answer is not PROCEED or step.universal):
                outcome = refused(table, plan, step, answer)
                speaker = step
    except BaseException as error:
        errors.append(error)
        failed = step
        if added and step is not None:
            callbacks[step] = added
    transition._added = None  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  # no before hook runs any more

    if commit is not None and not errors and (state := to_write(outcome)) is not None:
        try:
            result = commit(state, outcome)
            if result is not None and is_awaitable(result):
                raise not_awaited(None, "commit", result)
            committed = True
        except BaseException as error:
            errors.append(error)

    sides: Iterable[Side[EntryT]] = plan.afters
    if errors or callbacks or speaker is not None:
        sides = unwinding(plan, callbacks, speaker, failed, bool(errors))
    for step, name, call, arity in sides:
        try:
            result = call(transition) if arity == 1 else call(transition, outcome) if arity else call()
            if result is not None:
                settle(step, name, arity, result)
        except BaseException as error:
            errors.append(error)
    if errors:
        try:
            raise combined(errors, outcome if committed else None)
        finally:
            del errors  # its exceptions hold this frame
    return outcome


async def arun(
    table: Table[EntryT],
    context: object,
    from_state: object,
    to_state: object,
    commit: Callable[[Any, Any], object] | None,
) -> Outcome[Any]:
    """See `AsyncPolicy.arun`."""
    plan, from_member, to_member = table.find(from_state, to_state)
    added: list[Callback] = []
    transition = Transition(from_member, to_member, context, added)
    callbacks: dict[Step[EntryT], list[Callback]] = {}
    outcome: Outcome[Any] = Accepted(to_member, (plan, None))
    committed = False
    errors: list[BaseException] = []
    step = speaker = failed = None
    try:
        for step, before in plan.befores:
            if speaker is not None and not step.universal:
                continue  # nullified
            answer = before(transition)
            if answer is not None and answer is not PROCEED and is_awaitable(answer):
                answer = await answer
            if added:
                callbacks[step] = added[:]
                added.clear()
            if answer is not None and (answer is not PROCEED or step.universal):
                outcome = refused(table, plan, step, answer)
                speaker = step
    except BaseException as error:
        errors.append(error)
        failed = step
        if added and step is not None:
            callbacks[step] = added
    transition._added = None  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  # no before hook runs any more

    if commit is not None and not errors and (state := to_write(outcome)) is not None:
        try:
            result = commit(state, outcome)
            if result is not None and is_awaitable(result):
                await result
            committed = True
        except BaseException as error:
            errors.append(error)

    sides: Iterable[Side[EntryT]] = plan.afters
    if errors or callbacks or speaker is not None:
        sides = unwinding(plan, callbacks, speaker, failed, bool(errors))
    for step, name, call, arity in sides:
        try:
            result = call(transition) if arity == 1 else call(transition, outcome) if arity else call()
            if result is not None and is_awaitable(result) and not closing(errors):
                result = (await result) if arity else (await result, None)[1]
            if result is not None:
                settle(step, name, arity, result)
        except BaseException as error:
            errors.append(error)
    if errors:
        try:
            raise combined(errors, outcome if committed else None)
        finally:
            del errors  # its exceptions hold this frame
    return outcome


def refused(table: Table[EntryT], plan: Plan[EntryT], step: Step[EntryT], answer: object) -> Outcome[Any]:
    """The outcome that a rule's verdict makes of the run. `HookError` if it is no verdict that the entry may give."""
    if is_awaitable(answer):
        raise not_awaited(step, "before_transition", answer)
    if step.universal:
        raise broken(step, "before_transition", f"returned {answer!r}: a transform gives no verdict, so return nothing")
    if type(answer) not in (Reject, Delay, Abort):
        fix = "return what proceed(), reject(), delay() or abort() gives, or None to proceed"
        raise broken(step, "before_transition", f"returned {answer!r}, which is no verdict: {fix}")
    verdict = cast("Reject[Enum] | Delay | Abort", answer)
    if isinstance(verdict, Delay):
        return Delayed(verdict.seconds, verdict.reason, (plan, step))
    if isinstance(verdict, Abort):
        return Aborted(verdict.reason, (plan, step))
    try:
        if verdict.state is not None:
            table.admit(verdict.state)
    except StateError as error:
        raise broken(step, "before_transition", f"proposed a state that is none of the policy's: {error}") from error
    return Rejected(verdict.state, verdict.reason, verdict.payload, (plan, step))


def to_write(outcome: Outcome[Any]) -> object:
    """The state that the outcome has the caller write, if any."""
    return outcome.state if isinstance(outcome, Accepted | Rejected) else None


def unwinding(
    plan: Plan[EntryT],
    callbacks: Mapping[Step[EntryT], list[Callback]],
    speaker: Step[EntryT] | None,
    failed: Step[EntryT] | None,
    raised: bool,
) -> Iterable[Side[EntryT]]:
    """What is due to be called, last in first out, for every entry whose turn to begin had come.

    `speaker` is the rule that refused, `failed` the entry whose before hook raised; `raised`: that, or the commit, did.
    """
    for step in reversed(plan.steps):
        if failed is not None and step.bit > failed.bit:
            continue  # never begun
        if step.universal:
            due, name, hook = ("add_cleanup", "", None) if raised else ("add_after", "after_transition", step.after)
        elif speaker is not None and step.bit > speaker.bit:
            continue  # nullified
        elif raised or speaker is not None:
            due, name, hook = "add_cleanup", "cleanup", step.cleanup
        else:
            due, name, hook = "add_after", "after_transition", step.after
        for method, callback in reversed(callbacks.get(step, ())):
            if method == due:
                yield step, method, callback, 0
        if hook is not None:
            yield step, name, hook, 1 + step.universal


def settle(step: Step[EntryT], name: str, arity: int, result: object) -> None:
    """Look at what a side returned, when nobody awaits it: only a callback may return something."""
    if is_awaitable(result):
        raise not_awaited(step, name, result)
    if arity:
        raise broken(step, name, f"returned {result!r}: it has to return None")


def is_awaitable(value: object) -> TypeGuard[Awaitable[object]]:
    return (
        type(value) is CoroutineType
        or hasattr(type(value), "__await__")
        or (isinstance(value, GeneratorType) and bool(value.gi_code.co_flags & 0x100))  # types.coroutine
    )


def not_awaited(step: Step[EntryT] | None, name: str, result: Awaitable[object]) -> HookError:
    """The error for what would have to be awaited where nothing can be. Closes it, so that Python does not complain too."""
    close: Callable[[], object] | None = getattr(result, "close", None)
    if close is not None:
        close()
    return broken(
        step,
        name,
        f"gave an awaitable ({type(result).__name__}) that nothing awaits: in run(), use an AsyncPolicy and arun(); "
        "in arun(), the coroutine was closed before it came to this",
    )


def broken(step: Step[EntryT] | None, name: str, what: str) -> HookError:
    where = name if step is None else f"{name_of(step.entry)}.{name}"
    return HookError(f"{where} {what}.", None if step is None else step.entry, name)


def closing(errors: Iterable[BaseException]) -> bool:
    """Whether the coroutine is being closed: nothing can be awaited any more then.

    A hook, or a run inside a hook, may have raised something else while it handled the `GeneratorExit`.
    """
    pending: list[BaseException | None] = [*errors]
    seen: set[int] = set()
    while pending:
        error = pending.pop()
        if isinstance(error, GeneratorExit):
            return True
        if error is not None and id(error) not in seen:
            seen.add(id(error))
            pending.append(error.__context__)
    return False


def combined(errors: Iterable[BaseException], committed: Outcome[Any] | None) -> BaseException:
    """The one exception that goes out: the only one as it is, several as a group in the order in which they came.

    One that is no `Exception` goes out bare, because asyncio would not know it again inside a group: the first
    `KeyboardInterrupt` or `SystemExit`, else the first of the others; the rest become its cause. A `GeneratorExit` among
    others only becomes their context, because `close()` would swallow it, and the others with it.
    """
    raised = list({id(error): error for error in errors}.values())
    closer = next((error for error in raised if isinstance(error, GeneratorExit)), None)
    if closer is not None and len(raised) > 1:
        raised = [error for error in raised if not isinstance(error, GeneratorExit)]
    bare = min((error for error in raised if not isinstance(error, Exception)), key=_later, default=None)
    if len(raised) == 1:
        out = raised[0]
    elif bare is None:
        out = BaseExceptionGroup("several hooks or callbacks raised", raised)
    else:
        out = bare
        rest = [error for error in raised if error is not bare]
        if bare.__cause__ is not None and all(error is not bare.__cause__ for error in rest):
            rest.insert(0, bare.__cause__)
        bare.__cause__ = BaseExceptionGroup("raised beside it", rest)
    if closer is not None and out is not closer and out.__context__ is None:
        out.__context__ = closer
    if committed is not None:
        out.add_note(f"bylaws: raised after the commit of {show(to_write(committed))}, which stands.")
    return out


def _later(error: BaseException) -> bool:
    return not isinstance(error, KeyboardInterrupt | SystemExit)
