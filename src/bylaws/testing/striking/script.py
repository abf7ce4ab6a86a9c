"""The script: which runs are made, one after the other, and what is made of how they end.

A generator that yields an attempt and is sent its ending, so that the plain and the async assertion
differ in nothing but how a run is made.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from enum import Enum
from types import ModuleType
from typing import Any, Final, TypeAlias

from bylaws import Accepted
from bylaws.testing.errors import LeakError, Problem, SetupError
from bylaws.testing.striking.ending import Attempt, Ending
from bylaws.testing.striking.patched import patched
from bylaws.testing.striking.report import report
from bylaws.testing.striking.snapshots import differences, uncopied
from bylaws.testing.striking.stage import Stage
from bylaws.testing.striking.strikes import (
    WAYS,
    Leak,
    Strike,
    by_cancellation,
    by_closing,
    by_commit,
    by_decision,
    by_entry,
    by_line,
)

MOST_AWAITS: Final = 100
"""So many awaits of a run are struck; of the ones after it, too, for the second cancellation."""

ATOMS: Final = (
    type(None),
    str,
    bytes,
    int,
    float,
    complex,
    tuple,
    frozenset,
    Enum,
    type,
    ModuleType,
)

Script: TypeAlias = Generator[Attempt, Ending, None]


class Play:
    """One `assert_undone`: `play` makes all strikes, `end` says what they came to.

    `awaits`: whether awaits are struck, too; `again`: whether a task may be cancelled twice, which
    on trio it always is.
    """

    def __init__(self, stage: Stage, *, awaits: bool = False, again: bool = False) -> None:
        self.stage = stage
        self.strikes: int = 0
        self._awaits = awaits
        self._again = again
        self._leaks: list[Leak] = []
        self._missed: list[Strike] = []
        self._spilt: tuple[object, object] | None = None
        self._first: object = None
        self._redirected: Ending | None = None
        self._move = str(stage.policy.explain(*stage.states)).partition("\n")[0]

    def play(self) -> Script:
        """All runs. `SetupError` if it cannot be asked."""
        stage = self.stage
        for entry, name in stage.firing:
            why = patched(entry, name)
            if why is not None:
                raise self._cannot("patched", why)
        yield from self._rehearse()
        places = tuple(stage.visits.seen)
        acts = [self._entries(), self._commits(), self._lines(places)]
        if self._awaits:
            acts += [self._cancellations(), self._closings()]
        for act in acts:
            yield from act

    def _rehearse(self) -> Script:
        """Without a strike: it has to happen, twice, from the same beginning."""
        stage = self.stage
        first = yield Attempt(stage.untouched, twice=True)
        if not _equal(first.before, first.again):
            what = differences(first.before, first.again)
            raise self._cannot("observe", f"observe(context) is not repeatable: {what}.")
        self._can_be_kept(first, bare=first.before is first.again)
        self._happened(first)
        self._first = first.before
        second = yield Attempt(stage.untouched, record=True)
        if second.context is first.context and not isinstance(first.context, ATOMS):
            raise self._cannot(
                "context", "context() gave the same object twice: make a new one in every call."
            )
        if not _equal(first.before, second.before):
            self._can_be_kept(first, bare=True)
            raise self._cannot(
                "context",
                "context() shares state between its calls: after one run "
                f"{differences(first.before, second.before)}. Make anew, in every call, all that "
                "observe looks at.",
            )
        self._happened(second)

    def _can_be_kept(self, ending: Ending, *, bare: bool) -> None:
        for thing, why in uncopied(ending.before, ending.again, bare=bare):
            kind = type(thing).__name__
            a = "an" if kind[0] in "AEIOUaeiou" else "a"
            text = f"observe(context) gave {a} {kind}, {why}: give what it holds."
            raise self._cannot("observe", text)

    def _happened(self, ending: Ending) -> None:
        if ending.hung:
            text = f"it does not end within {self.stage.seconds:g} s, without any strike."
            raise self._cannot("raised", text)
        if ending.error is not None:
            raised = f"{ending.raised}: {ending.error}".rstrip(": ")
            error = self._cannot("raised", f"it raises without any strike: {raised}.")
            raise error from ending.error
        outcome = ending.outcome
        if not isinstance(outcome, Accepted):
            trace = "" if outcome is None else f"\n{outcome.trace}"
            text = f"it is refused without any strike, so nothing can be shown of it: {outcome}"
            raise self._cannot("refused", text + trace)

    def _entries(self) -> Script:
        stage = self.stage
        if stage.firing and stage.instead is not None:  # what a redirect comes to by itself
            strike = by_entry("redirects", "nothing")
            self._redirected = yield Attempt(stage.first(), strike)
        for entry, name in stage.firing:
            policy = stage.after(entry)
            for way in WAYS:
                if way != "redirects" or stage.instead is not None:
                    strike = by_entry(way, name)
                    self._judge(strike, (yield Attempt(policy, strike)))
        if stage.firing:
            strike = by_decision()
            self._judge(strike, (yield Attempt(stage.untouched, strike)))

    def _commits(self) -> Script:
        if self.stage.to_state is not None:
            for way in WAYS:
                if way != "redirects":
                    strike = by_commit(way)
                    self._judge(strike, (yield Attempt(self.stage.untouched, strike)))

    def _lines(self, places: Sequence[Any]) -> Script:
        for place in places:
            strike = by_line(place)
            self._judge(strike, (yield Attempt(self.stage.untouched, strike, target=place)))

    def _cancellations(self) -> Script:
        untouched = self.stage.untouched
        for number in range(1, MOST_AWAITS + 1):
            ending = yield Attempt(untouched, cancels=(number,))
            if not ending.struck:
                return
            where, at = ending.places[number]
            self._judge(by_cancellation((number,), where, at), ending)
            last = min(ending.awaits, number + MOST_AWAITS) if self._again else number
            for second in range(number + 1, last + 1):
                awaits = (number, second)
                strike = by_cancellation(awaits, where, at)
                self._judge(strike, (yield Attempt(untouched, cancels=awaits)))

    def _closings(self) -> Script:
        for number in range(1, MOST_AWAITS + 1):
            ending = yield Attempt(self.stage.untouched, closes=number)
            if not ending.struck:
                return
            if not ending.left:
                self._judge(by_closing(number, *ending.places[number]), ending)

    def _judge(self, strike: Strike, ending: Ending) -> None:
        """Whether it is as before, if it has to be. Raises if it hangs: others would, too."""
        if not ending.struck:
            self._missed.append(strike)
            return
        self.strikes += 1
        if not _equal(self._first, ending.before):
            self._spilt = self._spilt or (self._first, ending.before)
        if ending.hung:
            self._leaks.append(Leak(strike, ending.before, None, True, ending.raised))
            self.end()
        if ending.happened:
            return
        before = ending.before
        if ending.elsewhere is not None:
            alone = self._redirected
            if strike.way != "redirects" or alone is None or alone.elsewhere is None:
                return  # another transition happened, by a rule of the policy
            before = alone.after
        if not _equal(before, ending.after):
            self._leaks.append(Leak(strike, before, ending.after, raised=ending.raised))

    def end(self) -> None:
        """`LeakError` if there are leaks; `SetupError` if a strike did not come."""
        notes: list[str] = []
        if self._spilt is not None:
            notes.append(
                "context() does not make anew what leaked, so later strikes found "
                f"{differences(*self._spilt)}."
            )
        if self._missed:
            notes.append(
                f"{len(self._missed)} strikes never came, because the run took another course; "
                f"the first: {self._missed[0].text}."
            )
        if self._leaks:
            hung = self._leaks[-1].hung
            head = f"{self._move} is not undone after {len(self._leaks)} of {self.strikes} strikes"
            head += " (and no more were tried):" if hung else ":"
            raise LeakError(report(head, self._leaks, notes), self._leaks, self.strikes)
        if self._missed:
            raise self._cannot("unrepeatable", f"a run does not repeat itself: {notes[-1]}")

    def _cannot(self, problem: Problem, text: str) -> SetupError:
        return SetupError(f"{self._move}: {text}", problem)


def _equal(one: Any, other: Any) -> bool:
    try:
        return bool(one == other)
    except Exception as error:
        text = f"what observe gave cannot be compared: {type(error).__name__}: {error}."
        raise SetupError(text, "observe") from error
