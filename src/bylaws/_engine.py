"""A run: the before hooks of a plan, the commit, and the unwinding.

The two loops, plain and async, stand side by side and differ in `await` alone; all else is shared.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from enum import Enum
from types import CoroutineType, GeneratorType
from typing import Any, Final, Generic, TypeGuard, cast

from bylaws._table import Plan, Side, Step, Table
from bylaws.errors import HookError, StateError
from bylaws.explanation import name_of
from bylaws.outcome import Aborted, Accepted, Delayed, Outcome, Rejected
from bylaws.rules import C_contra
from bylaws.state import S, StateLike, show
from bylaws.transition import Callback, Transition
from bylaws.verdict import Abort, Delay, Proceed, Reject

new: Final[Any] = object.__new__
coroutine: Final[Any] = CoroutineType

CLOSED: Final = "bylaws: the coroutine of a run was closed."


class Runs(Generic[S, C_contra]):
    """The plain run of a policy."""

    _table: Table

    def run(
        self,
        context: C_contra,
        from_state: S | StateLike[S] | None,
        to_state: S | StateLike[S] | None,
        *,
        commit: Callable[[S, Outcome[S]], None] | None = None,
    ) -> Outcome[S]:
        """Put a transition to the rules that govern it, and answer with what it came to.

        Before hooks are called in priority order. The first rule that rejects, delays or aborts decides; the rules
        after it are nullified, transforms still fire. If there is a state to be in (the intended one, or the one that
        a rejection proposes), `commit(state, outcome)` is called once; if it raises it is taken to have written
        nothing. Then, last in first out, every rule whose before hook was started is finished exactly once: by its
        after side if the transition happened, by its cleanup side if it did not. The after hook of a transform is
        called on every outcome.

        Exceptions go out unchanged, after everything has been finished: one as it is, several as an `ExceptionGroup`;
        one that is no `Exception` goes out bare, the others as its cause. `StateError` for a state of another enum,
        before anything is called; `HookError` where a hook or a callback breaks its contract.
        """
        source: Any = from_state
        target: Any = to_state
        look_up = self._table.plan
        plan = look_up(source, target)
        if plan is None:
            plan, source, target = self._table.find(source, target)
        accepted: Accepted[Any] | None = plan.accepted
        if accepted is None or accepted.state is not target:
            accepted = accept(plan, target)
        if not plan.steps and commit is None:
            return accepted

        outcome: Outcome[Any] = accepted
        added: list[Callback] = []
        transition: Any = new(Transition)  # and its __init__ inlined, which takes half the time
        transition.from_state = source
        transition.to_state = target
        transition.context = context
        transition._added = added  # noqa: SLF001
        callbacks: dict[Step, list[Callback]] | None = None
        errors: list[BaseException] | None = None
        step = speaker = failed = None
        committed = False
        befores = plan.befores
        try:
            while befores:
                for step in befores:
                    before = step.before  # a call of an attribute is not specialized by CPython 3.11
                    answer: Any = before(transition)
                    if added:
                        callbacks = {**(callbacks or {}), step: added[:]}
                        added.clear()
                    if answer is not None and answer is not step.fine:
                        refusal = refused(self._table, plan, step, answer)
                        if refusal is None:
                            continue
                        outcome, speaker = refusal, step
                        befores = tuple([later for later in befores if later.universal and later.bit > step.bit])
                        break
                else:
                    break
        except BaseException as error:
            errors = [error]
            failed = step
            if added and step is not None:
                callbacks = {**(callbacks or {}), step: added}
        transition._added = None  # noqa: SLF001  # no before hook runs any more

        if commit is not None and not errors and (state := to_write(outcome)) is not None:
            try:
                result: object = commit(state, outcome)
                if result is not None and is_awaitable(result):
                    raise not_awaited(None, "commit", result)
                committed = True
            except BaseException as error:
                errors = [error]

        sides: Iterable[Side] = plan.afters
        if errors or callbacks or speaker is not None:
            sides = unwinding(plan, callbacks or {}, speaker, failed, bool(errors))
        for step, name, call, arity in sides:
            try:
                given: Any = call(transition) if arity == 1 else call(transition, outcome) if arity else call()
                if given is not None:
                    settle(step, name, arity, given)
            except BaseException as error:
                errors = [*(errors or ()), error]
        if errors:
            try:
                raise combined(errors, outcome if committed else None)
            finally:
                del errors  # its exceptions hold this frame
        return outcome


class AsyncRuns(Generic[S, C_contra]):
    """The async run of a policy."""

    _table: Table

    async def arun(
        self,
        context: C_contra,
        from_state: S | StateLike[S] | None,
        to_state: S | StateLike[S] | None,
        *,
        commit: Callable[[S, Outcome[S]], Awaitable[None] | None] | None = None,
    ) -> Outcome[S]:
        """As `Policy.run`; hooks, callbacks and commit may be async.

        All of it holds when the task is cancelled at any `await`, and again while it cleans up: a side that is itself
        cancelled has been called and is not called again, so a cleanup that has to complete shields itself. When the
        coroutine is closed, plain sides are called; each that would have to be awaited is a `HookError` instead.
        """
        source: Any = from_state
        target: Any = to_state
        look_up = self._table.plan
        plan = look_up(source, target)
        if plan is None:
            plan, source, target = self._table.find(source, target)
        accepted: Accepted[Any] | None = plan.accepted
        if accepted is None or accepted.state is not target:
            accepted = accept(plan, target)
        if not plan.steps and commit is None:
            return accepted

        outcome: Outcome[Any] = accepted
        added: list[Callback] = []
        transition: Any = new(Transition)  # and its __init__ inlined, which takes half the time
        transition.from_state = source
        transition.to_state = target
        transition.context = context
        transition._added = added  # noqa: SLF001
        callbacks: dict[Step, list[Callback]] | None = None
        errors: list[BaseException] | None = None
        step = speaker = failed = None
        committed = False
        befores = plan.befores
        try:
            while befores:
                for step in befores:
                    before = step.before  # a call of an attribute is not specialized by CPython 3.11
                    answer: Any = before(transition)
                    if step.waits or (answer is not None and answer is not step.fine and is_awaitable(answer)):
                        answer = await answer
                    if added:
                        callbacks = {**(callbacks or {}), step: added[:]}
                        added.clear()
                    if answer is not None and answer is not step.fine:
                        refusal = refused(self._table, plan, step, answer)
                        if refusal is None:
                            continue
                        outcome, speaker = refusal, step
                        befores = tuple([later for later in befores if later.universal and later.bit > step.bit])
                        break
                else:
                    break
        except BaseException as error:
            errors = [error]
            failed = step
            if added and step is not None:
                callbacks = {**(callbacks or {}), step: added}
        transition._added = None  # noqa: SLF001  # no before hook runs any more

        if commit is not None and not errors and (state := to_write(outcome)) is not None:
            try:
                result = commit(state, outcome)
                if result is not None and is_awaitable(result):
                    await result
                committed = True
            except BaseException as error:
                errors = [error]

        sides: Iterable[Side] = plan.afters
        if errors or callbacks or speaker is not None:
            sides = unwinding(plan, callbacks or {}, speaker, failed, bool(errors))
        for step, name, call, arity in sides:
            try:
                given: Any = call(transition) if arity == 1 else call(transition, outcome) if arity else call()
                if (
                    given is not None
                    and (type(given) is coroutine or is_awaitable(given))
                    and not (errors and closing(errors))
                ):
                    given = await given
                    if not arity:
                        continue
                if given is not None:
                    settle(step, name, arity, given)
            except BaseException as error:
                errors = [*(errors or ()), error]
        if errors:
            try:
                raise combined(errors, outcome if committed else None)
            finally:
                del errors  # its exceptions hold this frame
        return outcome


def accept(plan: Plan, state: Any) -> Accepted[Any]:
    """The outcome of a plan when all proceed: decided by the plan and the state, so it is kept, by the state's name."""
    name = None if state is None else state._name_
    outcome: Accepted[Any] | None = plan.outcomes.get(name)
    if outcome is None or outcome.state is not state:
        outcome = plan.outcomes[name] = Accepted(state, (plan, None))
    plan.accepted = outcome
    return outcome


def refused(table: Table, plan: Plan, step: Step, answer: object) -> Outcome[Any] | None:
    """What a rule's verdict makes of the run, unless it proceeds. `HookError` if the entry may not answer so."""
    if is_awaitable(answer):
        raise not_awaited(step, "before_transition", answer)
    if step.universal:
        raise broken(step, "before_transition", f"returned {answer!r}: a transform gives no verdict, so return nothing")
    if type(answer) is Proceed:  # one that did not come from proceed()
        return None
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
            table.admit(verdict.state, "a proposed state")
    except StateError as error:
        raise broken(step, "before_transition", f"proposed a state that is none of the policy's: {error}") from error
    return Rejected(verdict.state, verdict.reason, verdict.payload, (plan, step))


def to_write(outcome: Outcome[Any]) -> Any:
    """The state that the outcome has the caller write, if any."""
    return outcome.state if isinstance(outcome, Accepted | Rejected) else None


def unwinding(
    plan: Plan,
    callbacks: Mapping[Step, list[Callback]],
    speaker: Step | None,
    failed: Step | None,
    raised: bool,
) -> Iterable[Side]:
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


def settle(step: Step, name: str, arity: int, result: object) -> None:
    """Look at what a side returned, when nobody awaits it: only a callback may return something."""
    if is_awaitable(result):
        raise not_awaited(step, name, result)
    if arity:
        raise broken(step, name, f"returned {result!r}: it has to return None")


def is_awaitable(value: object) -> TypeGuard[Awaitable[Any]]:
    return (
        hasattr(type(value), "__await__")
        or (isinstance(value, GeneratorType) and bool(value.gi_code.co_flags & 0x100))  # types.coroutine
    )


def not_awaited(step: Step | None, name: str, result: Awaitable[object]) -> HookError:
    """The error for what has to be awaited where nothing can be. Closes it, so that Python does not warn of it too."""
    close: Callable[[], object] | None = getattr(result, "close", None)
    if close is not None:
        close()
    what = f"returned an awaitable ({type(result).__name__}), and nothing can be awaited"
    return broken(step, name, f"{what}: not in run() (use arun()), nor when the coroutine of arun() is being closed")


def broken(step: Step | None, name: str, what: str) -> HookError:
    where = name if step is None else f"{name_of(step.entry)}.{name}"
    return HookError(f"{where} {what}.", None if step is None else step.entry, name)


def closing(errors: Iterable[BaseException]) -> bool:
    """Whether nothing can be awaited any more: the coroutine is being closed, perhaps inside a run inside a hook."""
    return any(
        isinstance(error, GeneratorExit) or CLOSED in getattr(error.__context__, "__notes__", ()) for error in errors
    )


def combined(errors: Iterable[BaseException], committed: Outcome[Any] | None) -> BaseException:
    """The one exception that goes out: the only one as it is, several as a group in the order in which they came.

    One that is no `Exception` goes out bare, because asyncio would not know it again inside a group: the first
    `KeyboardInterrupt` or `SystemExit`, else the first of the others; the rest become its cause. A `GeneratorExit`
    among others becomes their context only: `close()` swallows it, and would swallow the others with it.
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
    if closer is not None and out is not closer:
        closer.add_note(CLOSED)
        out.__context__ = closer
    if committed is not None:
        out.add_note(f"bylaws: raised after the commit of {show(to_write(committed))}, which stands.")
    return out


def _later(error: BaseException) -> bool:
    return not isinstance(error, KeyboardInterrupt | SystemExit)
