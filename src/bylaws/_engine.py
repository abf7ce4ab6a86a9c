"""A run: the before hooks of a plan, the commit, and the unwinding.

The two loops, plain and async, stand side by side and differ in `await` alone; all else is shared.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from enum import Enum
from types import CoroutineType
from typing import Any, Final, Generic, cast

from bylaws._plan import (
    Plan,
    Side,
    Step,
    broken,
    closing,
    combined,
    is_awaitable,
    not_awaited,
    settle,
    unwinding,
)
from bylaws._table import Table
from bylaws.errors import StateError
from bylaws.outcome import Aborted, Accepted, Delayed, Outcome, Rejected
from bylaws.state import C_contra, S, StateLike
from bylaws.transition import Callback, Transition
from bylaws.verdict import Abort, Answer, Delay, Proceed, Reject, is_duration

new: Final[Any] = object.__new__
coroutine: Final[Any] = CoroutineType

KEPT: Final = 256
"""For so many states a plan keeps the outcome when all proceed."""


class Runs(Generic[S, C_contra]):
    """The plain run of a policy."""

    _table: Table

    def run(
        self,
        context: C_contra,
        from_state: S | StateLike[S] | None,
        to_state: S | StateLike[S] | None,
        *,
        commit: Callable[[S, Outcome[S]], Answer] | None = None,
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
        transition: Any = new(Transition)  # and its __init__ inlined, which takes half the time
        transition.from_state = source
        transition.to_state = target
        transition.context = context
        added: list[Callback] = []
        transition._added = added  # noqa: SLF001
        transition._starters = plan.starters  # noqa: SLF001
        transition._turns = turns = iter(plan.befores)  # noqa: SLF001
        errors: list[BaseException] | None = None
        speaker: Step | None = None
        failed = committed = None
        fine = plan.fine
        try:
            while True:
                for before in turns:
                    answer: Any = before(transition)
                    if answer is not None and answer is not fine:
                        step: Step = transition._now()  # noqa: SLF001
                        refusal = (
                            None
                            if answer is step.fine
                            else refused(self._table, plan, step, answer)
                        )
                        if refusal is not None:
                            outcome, speaker = refusal, step
                            break
                else:
                    break
                later = tuple(
                    [step for step in plan.starters if step.universal and step.bit > speaker.bit]
                )
                transition._starters = later  # noqa: SLF001
                transition._turns = turns = iter(tuple([step.before for step in later]))  # noqa: SLF001
        except BaseException as error:
            errors = [error]
            failed = transition._now()  # noqa: SLF001
        transition._turns = None  # noqa: SLF001  # no before hook runs any more

        if commit is not None and not errors and (state := to_write(outcome)) is not None:
            try:
                result: object = commit(state, outcome)
                if result is not None and is_awaitable(result):
                    raise not_awaited(None, "commit", result)
                committed = state
            except BaseException as error:
                errors = [error]

        sides: Iterable[Side] = plan.afters
        if errors or added or speaker is not None:
            sides = unwinding(plan, added, speaker, failed, bool(errors))
        for step, name, call, arity in sides:
            try:
                given: Any = (
                    call(transition)
                    if arity == 1
                    else call(transition, outcome)
                    if arity
                    else call()
                )
                if given is not None:
                    settle(step, name, arity, given)
            except BaseException as error:
                errors = [*(errors or ()), error]
        if errors:
            try:
                raise combined(errors, committed)
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
        commit: Callable[[S, Outcome[S]], Awaitable[Answer] | Answer] | None = None,
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
        transition: Any = new(Transition)  # and its __init__ inlined, which takes half the time
        transition.from_state = source
        transition.to_state = target
        transition.context = context
        added: list[Callback] = []
        transition._added = added  # noqa: SLF001
        transition._starters = plan.starters  # noqa: SLF001
        transition._turns = turns = iter(plan.befores)  # noqa: SLF001
        errors: list[BaseException] | None = None
        speaker: Step | None = None
        failed = committed = None
        fine = plan.fine
        try:
            while True:
                for before in turns:
                    answer: Any = before(transition)
                    if answer is not None and (
                        type(answer) is coroutine or (answer is not fine and is_awaitable(answer))
                    ):
                        answer = await answer
                    if answer is not None and answer is not fine:
                        step: Step = transition._now()  # noqa: SLF001
                        refusal = (
                            None
                            if answer is step.fine
                            else refused(self._table, plan, step, answer)
                        )
                        if refusal is not None:
                            outcome, speaker = refusal, step
                            break
                else:
                    break
                later = tuple(
                    [step for step in plan.starters if step.universal and step.bit > speaker.bit]
                )
                transition._starters = later  # noqa: SLF001
                transition._turns = turns = iter(tuple([step.before for step in later]))  # noqa: SLF001
        except BaseException as error:
            errors = [error]
            failed = transition._now()  # noqa: SLF001
        transition._turns = None  # noqa: SLF001  # no before hook runs any more

        if commit is not None and not errors and (state := to_write(outcome)) is not None:
            try:
                result = commit(state, outcome)
                if result is not None and is_awaitable(result):
                    await result
                committed = state
            except BaseException as error:
                errors = [error]

        sides: Iterable[Side] = plan.afters
        if errors or added or speaker is not None:
            sides = unwinding(plan, added, speaker, failed, bool(errors))
        for step, name, call, arity in sides:
            try:
                given: Any = (
                    call(transition)
                    if arity == 1
                    else call(transition, outcome)
                    if arity
                    else call()
                )
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
                raise combined(errors, committed)
            finally:
                del errors  # its exceptions hold this frame
        return outcome


def accept(plan: Plan, state: Any) -> Accepted[Any]:
    """The outcome of a plan when all proceed: decided by the plan and the state, so it is kept, by the state's name."""
    name = None if state is None else state._name_
    outcome: Accepted[Any] | None = plan.outcomes.get(name)
    if outcome is None or outcome.state is not state:
        if (
            len(plan.outcomes) >= KEPT
        ):  # in a large enum, or in one that makes members up without end
            plan.outcomes.clear()
        outcome = plan.outcomes[name] = Accepted(state, None, (plan, None))
    plan.accepted = outcome
    return outcome


def refused(table: Table, plan: Plan, step: Step, answer: object) -> Outcome[Any] | None:
    """What a rule's verdict makes of the run, unless it proceeds. `HookError` if the entry may not answer so."""
    if is_awaitable(answer):
        raise not_awaited(step, "before_transition", answer)
    if step.universal:
        raise broken(
            step,
            "before_transition",
            f"returned {answer!r}: a transform gives no verdict, so return nothing",
        )
    if type(answer) is Proceed:  # one that did not come from proceed()
        return None
    if type(answer) not in (Reject, Delay, Abort):
        fix = "return what proceed(), reject(), delay() or abort() gives, or None to proceed"
        raise broken(step, "before_transition", f"returned {answer!r}, which is no verdict: {fix}")
    verdict = cast("Reject[Enum] | Delay | Abort", answer)
    if isinstance(verdict, Delay):
        if not is_duration(verdict.seconds):
            raise broken(
                step,
                "before_transition",
                f"returned {verdict!r}: delay() takes finite seconds, at least 0",
            )
        return Delayed(verdict.seconds, verdict.reason, (plan, step))
    if isinstance(verdict, Abort):
        return Aborted(verdict.reason, (plan, step))
    state: Any = verdict.state
    try:
        if state is not None:
            state = table.admit(state, "a proposed state")
    except StateError as error:
        raise broken(
            step, "before_transition", f"proposed a state that is none of the policy's: {error}"
        ) from error
    return Rejected(state, verdict.reason, verdict.payload, (plan, step))


def to_write(outcome: Outcome[Any]) -> Any:
    """The state that the outcome has the caller write, if any."""
    return outcome.state if isinstance(outcome, Accepted | Rejected) else None
