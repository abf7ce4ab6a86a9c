"""Visits: where a run comes by, in the hooks that come before the write, and the error put there.

It is told of every line of the user's own files that is executed in a run (`lines` does that), and
knows which of them are in a hook, which begin a statement, and how often each was visited.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from itertools import count
from math import inf
from pathlib import Path
from time import monotonic
from types import CodeType, FrameType
from typing import Any, Final

from bylaws import AsyncPolicy, Policy
from bylaws.testing.errors import HangError, StrikeError
from bylaws.testing.striking.statements import Source, Statement, source_of

MOST_VISITS: Final = 5
"""So many visits of a line are struck, of those in one call of a hook: think of a long loop."""

RUNS: Final = frozenset({Policy[Any, Any].run.__code__, AsyncPolicy[Any, Any].arun.__code__})


@dataclass(frozen=True)
class Place:
    """A visit of a line: the `nth` one in a run. `before` and `at` are its statements."""

    code: CodeType
    line: int
    nth: int
    before: Statement | None = None
    at: Statement | None = None

    def __str__(self) -> str:
        where = f"{Path(self.code.co_filename).name}:{self.line}, in {called(self.code)}"
        if self.before is not None and self.at is not None:
            where += f", between {self.before.calls} and {self.at.called}"
        return where if self.nth == 1 else f"{where} (visit {self.nth})"


def called(code: CodeType) -> str:
    """What texts call a function."""
    return code.co_qualname.rpartition("<locals>.")[2]


class _Frame:
    """What is known of a frame: its last line and statement, and whether it is undoing."""

    __slots__ = ("code", "last", "line", "returned", "serial", "undoing")

    def __init__(self, code: CodeType, serial: int) -> None:
        self.code = code
        self.serial = serial
        self.line: int | None = None
        self.last: Statement | None = None
        self.undoing = False
        self.returned: set[int] = set()


class Visits:
    """The visits of one run after the other.

    Attributes:
        seen: the places of the run that was recorded last, in the order in which they were visited.
        struck: whether the error of the present run was raised; `thrown` is it.
        hung: whether the present run was cut off.

    """

    def __init__(self, hooks: Collection[CodeType]) -> None:
        self._hooks = frozenset(hooks)
        self._states: dict[int, _Frame] = {}
        self._serials = count()
        self._counts: Counter[tuple[int, int]] = Counter()
        self._counts_in_hook: Counter[tuple[int, int, int]] = Counter()
        self._target: Place | None = None
        self._recording = False
        self._deadline = inf
        self.seen: list[Place] = []
        self.struck: bool = False
        self.hung: bool = False
        self.thrown: StrikeError | None = None

    def begin(self, target: Place | None, seconds: float, *, record: bool = False) -> None:
        """A run begins: raise at `target`, or keep what is seen; cut it off after some seconds."""
        self._states.clear()
        self._counts.clear()
        self._counts_in_hook.clear()
        self._target, self._recording = target, record
        self.struck = self.hung = False
        self._deadline = monotonic() + seconds
        self.thrown = None
        if record:
            self.seen = []

    def started(self, frame: FrameType) -> None:
        """A function begins; its frame may be where another one was."""
        self._states[id(frame)] = self._new(frame.f_code)

    def line(self, frame: FrameType, number: int) -> None:
        """A line is about to be executed. Raises the error, if this is where it belongs."""
        code = frame.f_code
        state = self._states.get(id(frame))
        if state is None or state.code is not code:
            state = self._states[id(frame)] = self._new(code)
        before, counts, at = state.last, *_begins(state, number, source_of(code.co_filename))
        if monotonic() > self._deadline and not (at is not None and at.kind == "with"):
            self.cut_off()  # not at a with, or its exit might not be called
            raise HangError
        if not counts or not (self._recording or self._target):
            return
        hook = self._hook(frame)
        if hook is None:
            return
        self._counts[id(code), number] += 1
        nth = self._counts[id(code), number]
        target = self._target
        if target is None:
            self._counts_in_hook[hook, id(code), number] += 1
            if self._counts_in_hook[hook, id(code), number] <= MOST_VISITS:
                self.seen.append(Place(code, number, nth, before, at))
        elif code is target.code and number == target.line and nth == target.nth:
            self._target = None
            self.struck = True
            self.thrown = StrikeError(f"a strike at {target}")
            raise self.thrown

    def seconds_left(self) -> float:
        """So much longer may the present run take."""
        return self._deadline - monotonic()

    def cut_off(self) -> None:
        """The present run is cut off."""
        self.hung = True

    def _new(self, code: CodeType) -> _Frame:
        return _Frame(code, next(self._serials))

    def _hook(self, frame: FrameType) -> int | None:
        """Which call of a hook that comes before the write is running.

        `None` if there is none, or if something is being undone.
        """
        at: FrameType | None = frame
        found: int | None = None
        while at is not None:
            state = self._states.get(id(at))
            if state is not None and state.code is not at.f_code:
                state = None  # of a frame that was there before
            if state is not None and state.undoing:
                return None
            caller = at.f_back
            if at.f_code in self._hooks and caller is not None and caller.f_code in RUNS:
                found = -1 if state is None else state.serial
            at = caller
        return found


def _begins(state: _Frame, number: int, source: Source | None) -> tuple[bool, Statement | None]:
    """Whether a statement that can fail begins on a line, and which; the state is brought along."""
    previous, state.line = state.line, number
    state.undoing = False
    name = state.code.co_name
    if name.startswith("<"):  # a lambda is one statement, a comprehension a part of one
        return name == "<lambda>" and previous is None, None
    if source is None:
        return True, None
    if number in source.undoing:
        state.undoing = True
        return False, None
    statement = source.statements.get(number)
    if statement is None:
        return False, None
    if previous is not None:
        if statement.start < previous <= statement.header:  # it goes over several lines
            return False, None
        if statement.kind == "with" and statement.start <= previous <= statement.end:
            state.undoing = True  # its exit
            return False, statement
    if statement.kind == "return":
        if number in state.returned:  # after the exit of a with, or a finally
            return False, None
        state.returned.add(number)
    if statement.kind == "empty":
        return False, statement
    state.last = statement
    return statement.kind != "harmless", statement
