"""A run: the before hooks of a plan, the decision, the commit, and the unwinding.

The two loops, plain and async, stand side by side and differ in `await` alone: one generator with
two drivers takes two to three times as long. What else they need is in `_plan`, `_answers` and
`_raised`. A run keeps two things on its transition, for `add_after` and `add_cleanup`: whose turn
it is (`_step`), and what was added.
"""
# ruff: noqa: SLF001
# pyright: reportPrivateUsage=false

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from enum import Enum
from types import CoroutineType
from typing import Any, Final, Generic

from bylaws._answers import (
    CLOSING,
    IN_RUN,
    TWICE,
    commit_refused,
    is_awaitable,
    is_closing,
    not_awaited,
    refused,
    settle,
    written_then,
)
from bylaws._members import Finder
from bylaws._plan import Plan, Run, Side, Step, unwinding
from bylaws._raised import Raised, leave
from bylaws._table import Table
from bylaws.outcome import Accepted, Outcome, Rejected
from bylaws.state import C_contra, S, StateLike
from bylaws.transition import Transition
from bylaws.verdict import Answer

coroutine: Final[Any] = CoroutineType  # most awaitables are one, and told at once


class Runs:
    """What both runs need of a policy."""

    _table: Table
    _plan_of: Finder

    def on_exception(self, error: BaseException, entry: object, hook: str) -> None:
        """For a subclass to define: called with what goes out of a run, right before it does.

        All has been finished by then, and nothing runs between this call and the exception, which
        leaves the run in the same thread and task. `entry` is the one that raised it and `hook` the
        name of its hook, or of the method that added the callback; for the commit they are `None`
        and "commit". Not called for a `StateError` of the run's own states: nothing had begun. Does
        nothing here. An `Exception` that it raises is logged, anything else goes out instead.
        """


class PlainRuns(Runs, Generic[S, C_contra]):
    """The plain run of a policy."""

    def run(
        self,
        context: C_contra,
        from_state: S | StateLike[S] | None,
        to_state: S | StateLike[S] | None,
        *,
        commit: Callable[[S, Outcome[S]], Answer] | None = None,
    ) -> Outcome[S]:
        """Put a transition to the rules that govern it, and answer with what it came to.

        Before hooks are called in priority order. The first rule that rejects, delays or aborts
        decides; the rules after it are nullified, transforms still fire. Then transforms are told
        the decision. If there is a state to be in (the intended one, or the one that a rejection
        proposes), `commit(state, outcome)` is called once, and its answer counts: `None`, it is
        written; a refusal, nothing is, and that is the outcome; an exception, it is written, and
        that goes out at the end. If it raises, it is taken to have written nothing.

        Then, last in first out: a rule that let the transition go on gets one of its hooks, once,
        `after_transition` if the transition happened and `cleanup` if it did not; one that refused
        or raised gets neither. Every callback that a before hook added is settled. The after hook
        of a transform is called on every outcome.

        An exception goes out as it is, when all has been finished; of several the most urgent, and
        the others are logged (logger `bylaws`) and named in its notes. `StateError` for a state of
        another enum, before anything is called; `HookError` where a hook, a callback or the commit
        breaks its contract.
        """
        source: Any = from_state
        target: Any = to_state
        plan: Plan | None = self._plan_of(source, target)
        if plan is not None:
            accepted = plan.accepted
            if accepted is None or accepted.state is not target:
                accepted = plan.accepted = Accepted(target, None, Run(plan))
            if not plan.steps and commit is None:
                return accepted
            transition: Transition[Any, Any, Any] = Transition(source, target, context)
        else:
            plan, source, target = self._table.find(from_state, to_state)
            payloads = carried_by(from_state, source), carried_by(to_state, target)
            accepted = Accepted(target, payloads[1], Run(plan))
            transition = Transition(source, target, context, payloads)

        outcome: Outcome[Any] = accepted
        state = target  # what there is to write
        # The entry whose hook is running; the rule that refused; the one whose before hook raised.
        step: Step | None = None
        refused_by: Step | None = None
        failed: Step | None = None
        excepted = refused_to_write = False
        raised: tuple[Raised, ...] = ()
        answer: Any = None
        try:
            for step, before in plan.befores:
                transition._step = step
                answer = before(transition)
                if answer is not None and answer is not step.passes:
                    refusal = refused(self._table.admit, plan, step, answer, IN_RUN)
                    if refusal is not None:
                        state, outcome, refused_by = proposed(refusal), refusal, step
                        break
            if refused_by is not None:
                for step, before in plan.befores:
                    if step.universal and step.bit > refused_by.bit:
                        transition._step = step
                        answer = before(transition)
                        if answer is not None:
                            settle(step, "before_transition", answer, IN_RUN)
            transition._step = None
            if plan.deciders:  # an iterator over none is 4 % of the instructions of a short run
                for step, decide in plan.deciders:
                    answer = decide(transition, outcome)
                    if answer is not None:
                        settle(step, "on_decision", answer, IN_RUN)
        except BaseException as error:
            failed, transition._step = transition._step, None
            hook = "on_decision" if failed is None else "before_transition"
            raised, excepted = ((error, step, hook),), True

        committed: Enum | None = None
        if commit is not None and not excepted and state is not None:
            try:
                answer = commit(state, outcome)
                if answer is not None:
                    refusal = commit_refused(plan, refused_by, outcome, answer, IN_RUN)
                    if refusal is not None:
                        outcome, refused_to_write = refusal, True
                    else:
                        raised = ((written_then(answer), None, "commit"),)
                committed = None if refused_to_write else state
            except BaseException as error:
                raised, excepted = ((error, None, "commit"),), True

        sides: tuple[Side, ...] | Iterator[Side] = plan.afters
        if excepted or refused_to_write or refused_by is not None or transition._added is not None:
            sides = unwinding(
                plan,
                transition._added or (),
                refused_by=refused_by,
                failed=failed,
                excepted=excepted,
                stands=not (excepted or refused_to_write),
                redirected=state is not None,
            )
        if sides:
            for step, hook, call, arguments in sides:
                answer = None
                try:
                    if arguments == 1:
                        answer = call(transition)
                    elif arguments == 2:
                        answer = call(transition, outcome)
                    else:
                        answer = call()
                    if answer is not None:
                        settle(step, hook, answer, IN_RUN)
                except BaseException as error:
                    raised += ((error, step, hook),)
        if raised:
            try:
                leave(raised, self._table.told, (source, target), committed, self.on_exception)
            finally:
                del raised, answer  # exceptions that hold this frame
        return outcome


class AsyncRuns(Runs, Generic[S, C_contra]):
    """The async run of a policy."""

    async def arun(
        self,
        context: C_contra,
        from_state: S | StateLike[S] | None,
        to_state: S | StateLike[S] | None,
        *,
        commit: Callable[[S, Outcome[S]], Awaitable[Answer] | Answer] | None = None,
    ) -> Outcome[S]:
        """As `Policy.run`; hooks, callbacks and commit may be async.

        All of it holds when the task is cancelled at any `await`, and again while it cleans up: a
        side that is itself cancelled has been called and is not called again, so a cleanup that has
        to complete shields itself. When the coroutine is closed, plain sides are called; for each
        that would have to be awaited a `HookError` is logged. A write that may land although it was
        cancelled goes through `bylaws.aio`.
        """
        source: Any = from_state
        target: Any = to_state
        plan: Plan | None = self._plan_of(source, target)
        if plan is not None:
            accepted = plan.accepted
            if accepted is None or accepted.state is not target:
                accepted = plan.accepted = Accepted(target, None, Run(plan))
            if not plan.steps and commit is None:
                return accepted
            transition: Transition[Any, Any, Any] = Transition(source, target, context)
        else:
            plan, source, target = self._table.find(from_state, to_state)
            payloads = carried_by(from_state, source), carried_by(to_state, target)
            accepted = Accepted(target, payloads[1], Run(plan))
            transition = Transition(source, target, context, payloads)

        outcome: Outcome[Any] = accepted
        state = target  # what there is to write
        # The entry whose hook is running; the rule that refused; the one whose before hook raised.
        step: Step | None = None
        refused_by: Step | None = None
        failed: Step | None = None
        excepted = refused_to_write = False
        closing = False  # the coroutine is, and can await nothing any more
        raised: tuple[Raised, ...] = ()
        answer: Any = None
        try:
            for step, before in plan.befores:
                transition._step = step
                answer = before(transition)
                if answer is not None and (
                    type(answer) is coroutine
                    or (answer is not step.passes and is_awaitable(answer))
                ):
                    answer = await answer
                if answer is not None and answer is not step.passes:
                    refusal = refused(self._table.admit, plan, step, answer, TWICE)
                    if refusal is not None:
                        state, outcome, refused_by = proposed(refusal), refusal, step
                        break
            if refused_by is not None:
                for step, before in plan.befores:
                    if step.universal and step.bit > refused_by.bit:
                        transition._step = step
                        answer = before(transition)
                        if type(answer) is coroutine or is_awaitable(answer):
                            answer = await answer
                        if answer is not None:
                            settle(step, "before_transition", answer, TWICE)
            transition._step = None
            if plan.deciders:  # an iterator over none is 4 % of the instructions of a short run
                for step, decide in plan.deciders:
                    answer = decide(transition, outcome)
                    if type(answer) is coroutine or is_awaitable(answer):
                        answer = await answer
                    if answer is not None:
                        settle(step, "on_decision", answer, TWICE)
        except BaseException as error:
            failed, transition._step = transition._step, None
            hook = "on_decision" if failed is None else "before_transition"
            raised, excepted = ((error, step, hook),), True
            closing = is_closing(error, answer)

        committed: Enum | None = None
        if commit is not None and not excepted and state is not None:
            try:
                answer = commit(state, outcome)
                if answer is not None and (type(answer) is coroutine or is_awaitable(answer)):
                    answer = await answer
                if answer is not None:
                    refusal = commit_refused(plan, refused_by, outcome, answer, TWICE)
                    if refusal is not None:
                        outcome, refused_to_write = refusal, True
                    else:
                        raised = ((written_then(answer), None, "commit"),)
                committed = None if refused_to_write else state
            except BaseException as error:
                raised, excepted = ((error, None, "commit"),), True
                closing = is_closing(error, answer)

        sides: tuple[Side, ...] | Iterator[Side] = plan.afters
        if excepted or refused_to_write or refused_by is not None or transition._added is not None:
            sides = unwinding(
                plan,
                transition._added or (),
                refused_by=refused_by,
                failed=failed,
                excepted=excepted,
                stands=not (excepted or refused_to_write),
                redirected=state is not None,
            )
        if sides:
            for step, hook, call, arguments in sides:
                answer = None
                try:
                    if arguments == 1:
                        answer = call(transition)
                    elif arguments == 2:
                        answer = call(transition, outcome)
                    else:
                        answer = call()
                    if answer is not None and (type(answer) is coroutine or is_awaitable(answer)):
                        if closing:
                            raise not_awaited(step, hook, answer, CLOSING)
                        answer = await answer
                        if not arguments:
                            continue  # what an async callback returns is nobody's business
                    if answer is not None:
                        settle(step, hook, answer, TWICE)
                except BaseException as error:
                    closing = closing or is_closing(error, answer)
                    raised += ((error, step, hook),)
        if raised:
            try:
                leave(raised, self._table.told, (source, target), committed, self.on_exception)
            finally:
                del raised, answer  # exceptions that hold this frame
        return outcome


def carried_by(given: Any, state: object) -> Any:
    """The state-like that a state came in; `None` if it came bare."""
    return None if given is state else given


def proposed(refusal: Outcome[Any]) -> Any:
    """The state that a refusal has the caller write, if any."""
    return refusal.state if isinstance(refusal, Rejected) else None
