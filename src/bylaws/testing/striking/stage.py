"""The stage: a policy with entries of ours in it, which refuse or raise on their cue."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Generator, Iterable
from contextlib import contextmanager
from enum import Enum
from threading import get_ident
from types import CodeType
from typing import TYPE_CHECKING, Any, Final

from bylaws import (
    Accepted,
    AnyTransition,
    AsyncEntry,
    AsyncPolicy,
    BaseRule,
    BaseTransform,
    Outcome,
    Transition,
    Verdict,
    abort,
    delay,
    reject,
)
from bylaws.testing.errors import HangError, StrikeError
from bylaws.testing.striking.ending import Attempt, Ending, is_foreign
from bylaws.testing.striking.lines import lines
from bylaws.testing.striking.own import BEFORE_THE_WRITE, HOOKS, Own, code_of, functions
from bylaws.testing.striking.strikes import Strike, Way
from bylaws.testing.striking.visits import Visits

if TYPE_CHECKING:
    from _typeshed import TraceFunction

REASON: Final = "a strike of assert_undone"


class Stage:
    """What all runs of one `assert_undone` have in common.

    Attributes:
        firing: the entries that fire, each with its name.
        untouched: the policy, with nothing but what tells that the decision was made.
        instead: the state that a strike redirects to; `None` if there is none.
        in_commit: whether an async commit is being awaited.
        visits: which lines the present run comes by.

    """

    def __init__(
        self,
        policy: AsyncPolicy[Any, Any],
        states: tuple[Any, Any],
        commit: Callable[..., Any] | None,
        seconds: float,
        packages: Iterable[str],
    ) -> None:
        self.policy = policy
        self.states = states
        self.seconds = seconds
        self._commit = commit
        self._thread = 0
        source, target = map(member, states)
        self.instead: Enum | None = source or target
        self.to_state: Final[Enum | None] = target
        explained = policy.explain(*states)
        self.firing: Final[list[tuple[AsyncEntry[Any, Any], str]]] = [
            (line.entry, line.name) for line in explained.lines if line.fires
        ]
        self.in_commit = False
        self._struck = self._landed = False
        self._strike: Strike | None = None
        self._thrown: BaseException | None = None
        self._sabotage = Sabotage(self, source, target)
        self.untouched: AsyncPolicy[Any, Any] = policy
        if policy.entries:
            self.untouched = policy.inserting(Probe(self), after=policy.entries[-1])
        entries = [entry for entry, _ in self.firing]
        hooks = [each for entry in entries for each in functions(entry, BEFORE_THE_WRITE)]
        commits = self.committing(None), self.acommitting(None)
        self.commit_code: Final[CodeType | None] = code_of(commits[1])
        codes = {code_of(hook) for hook in [*hooks, *commits]}
        every = [each for entry in entries for each in functions(entry, HOOKS)]
        self.own: Final[Own] = Own([*every, commit] if commit is not None else every, packages)
        self.visits: Final[Visits] = Visits({code for code in codes if code is not None})
        self._lines = lines(self.own.belongs, self.visits)

    def after(self, entry: Any) -> AsyncPolicy[Any, Any]:
        """The policy with another entry right after one that fires."""
        return self.untouched.inserting(self._sabotage, after=entry)

    def first(self) -> AsyncPolicy[Any, Any]:
        """The policy with another entry before all that fire."""
        return self.untouched.inserting(self._sabotage, before=self.firing[0][0])

    @contextmanager
    def listening(self) -> Generator[None]:
        """Around all runs."""
        logger = logging.getLogger("bylaws")
        self._lines.open()
        logger.addFilter(self._is_wanted)
        try:
            yield
        finally:
            logger.removeFilter(self._is_wanted)
            self._lines.close()

    def _is_wanted(self, _: logging.LogRecord) -> bool:
        return self._thread != get_ident()  # what goes wrong in a strike is nobody's news

    def begin(self, attempt: Attempt) -> None:
        """A run begins."""
        self._strike = attempt.strike
        self._struck = self._landed = False
        self._thrown = None
        self._needed = attempt.record or attempt.target is not None
        self.visits.begin(attempt.target, self.seconds, record=attempt.record)

    def on(self) -> TraceFunction | None:
        """Some of a run is executed from now on: what to trace it with, if anything."""
        self._thread = get_ident()
        return self._lines.on(needed=self._needed)

    def off(self) -> None:
        """No more of a run is executed for now."""
        self._lines.off()
        self._thread = 0

    def end(
        self, ending: Ending, outcome: Outcome[Any] | None, error: BaseException | None
    ) -> None:
        """A run has come to an end. Raises what is none of its business."""
        thrown = self._thrown or self.visits.thrown
        ending.hung = self.visits.hung
        foreign = error is not None and not isinstance(error, HangError)
        if error is not None and foreign and is_foreign(error, thrown):
            raise error
        ending.outcome = outcome
        ending.landed = self._landed
        ending.struck = ending.struck or self._struck or self.visits.struck
        if error is not None:
            ending.raised = type(error).__name__
            notes: list[object] = getattr(error, "__notes__", [])
            ending.left = ending.left or any("HookError" in str(note) for note in notes)
            if not ending.struck:  # it is to be told
                ending.error = error
        self._thrown = self.visits.thrown = None

    def cue(self) -> Verdict[Any]:
        """What the other entry, or the commit, does."""
        way: Way | None = self._strike.way if self._strike is not None else None
        self._struck = True
        match way:
            case "rejects":
                return reject(reason=REASON)
            case "redirects":
                assert self.instead is not None
                return reject(self.instead, reason=REASON)
            case "delays":
                return delay(1, reason=REASON)
            case "aborts":
                return abort(reason=REASON)
            case "raises KeyboardInterrupt":
                self._thrown = KeyboardInterrupt(REASON)
            case _:
                self._thrown = StrikeError(REASON)
        raise self._thrown

    def decided(self, outcome: Outcome[Enum]) -> None:
        """All transforms were told the decision."""
        if self._strike is not None and self._strike.kind == "decision":
            self.cue()
        if self.to_state is None:  # there is nothing to commit
            self._landed = isinstance(outcome, Accepted)

    def _wrote(self, outcome: Outcome[Any], answer: object) -> None:
        if isinstance(outcome, Accepted):
            self._landed = answer is None or isinstance(answer, BaseException)

    def committing(self, context: Any) -> Callable[[Any, Outcome[Any]], Any]:
        """The commit of a plain run."""

        def commit(state: Any, outcome: Outcome[Any]) -> Any:
            if self._strike is not None and self._strike.kind == "commit":
                return self.cue()
            answer = None if self._commit is None else self._commit(context, state, outcome)
            self._wrote(outcome, answer)
            return answer

        return commit

    def acommitting(self, context: Any) -> Callable[[Any, Outcome[Any]], Awaitable[Any]]:
        """The commit of an async run."""

        async def commit(state: Any, outcome: Outcome[Any]) -> Any:
            if self._strike is not None and self._strike.kind == "commit":
                return self.cue()
            self.in_commit = True
            try:
                answer: Any = None
                if self._commit is not None:
                    answer = await given(self._commit(context, state, outcome))
            finally:
                self.in_commit = False
            self._wrote(outcome, answer)
            return answer

        return commit


class Sabotage(BaseRule[Any, Any, Any]):
    """Another entry, which does what the strike says."""

    name = "a strike"

    def __init__(self, stage: Stage, source: Enum | None, target: Enum | None) -> None:
        self.stage = stage
        self.from_states: frozenset[Any] = frozenset({source})
        self.to_states: frozenset[Any] = frozenset({target})

    def before_transition(self, _: Transition[Any, Any, Any], /) -> Verdict[Any]:
        """Refuse, or raise."""
        return self.stage.cue()


class Probe(BaseTransform[Any]):
    """The last entry: what all others have decided is known to it."""

    name = "the end of the strikes"

    def __init__(self, stage: Stage) -> None:
        self.stage = stage

    def on_decision(self, _: AnyTransition[Any], outcome: Outcome[Enum], /) -> None:
        """Tell it."""
        self.stage.decided(outcome)


async def given(answer: Any) -> Any:
    """What a function answers, whether it is plain or async."""
    return await answer if hasattr(answer, "__await__") else answer


def member(state: Any) -> Enum | None:
    """The state itself of a state-like."""
    return state if state is None or isinstance(state, Enum) else state.type
