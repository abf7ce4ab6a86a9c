"""Lines: tells of every line of some files that is executed, of one thread, from `on` to `off`.

By `sys.monitoring` where that is to be had (3.12 and later): another tool, a coverage or a
debugger, goes on beside it. Elsewhere by `sys.settrace`, of which there is one: who has set it is
left out where lines are needed, and goes on where they are not. It is set, and set back, by who
executes those lines, in the frame that does: a tracer that counts calls and returns, as coverage
does, would else see the one without the other.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from threading import get_ident
from types import CodeType, FrameType
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias

from bylaws.testing.errors import StrikeError
from bylaws.testing.striking.watch import Watch

if TYPE_CHECKING:
    from _typeshed import TraceFunction

Belongs: TypeAlias = Callable[[CodeType], bool]


class Listener(Protocol):
    """Who is told."""

    def started(self, frame: FrameType, /) -> None:
        """A function begins."""

    def line(self, frame: FrameType, number: int, /) -> None:
        """A line is about to be executed; what is raised is raised there."""

    def seconds_left(self) -> float:
        """So much longer may it take."""
        ...

    def cut_off(self) -> None:
        """It has taken too long, and is cut off."""


class Traced:
    """By `sys.settrace`."""

    def __init__(self, belongs: Belongs, listener: Listener) -> None:
        self._belongs = belongs
        self._listener = listener
        self._watch: Watch | None = None

    def open(self) -> None:
        """Begin: nothing to be done."""

    def close(self) -> None:
        """End: nothing to be done."""

    def on(self, *, needed: bool) -> TraceFunction | None:
        """Begin to tell of lines: what the caller has to trace with, if anything.

        If the lines are not needed, that is only where nobody else traces.
        """
        return self.called if needed or sys.gettrace() is None else None

    def off(self) -> None:
        """Tell of no more lines."""
        if self._watch is not None:
            self._watch.end()
            self._watch = None

    def called(self, frame: FrameType, _: str, __: object) -> TraceFunction | None:
        """A function is called, or resumed."""
        if not self._belongs(frame.f_code):
            return None
        if frame.f_lineno == frame.f_code.co_firstlineno:  # else a coroutine goes on
            self._listener.started(frame)
        return self.inside

    def inside(self, frame: FrameType, event: str, _: object) -> TraceFunction:
        """Something happens in a function."""
        if event == "line":
            try:
                self._listener.line(frame, frame.f_lineno)
            except StrikeError:  # now Python takes the tracing off, and no line is told any more
                self._watch = Watch(self._listener.seconds_left(), self._listener.cut_off)
                self._watch.start()
                raise
        return self.inside


if sys.version_info >= (3, 12):
    TOOLS: Final = (4, 3, 5, 2)  # not 0 and 1, which are for debuggers and coverage

    class Monitored:
        """By `sys.monitoring`."""

        def __init__(self, belongs: Belongs, listener: Listener, tool: int) -> None:
            self._belongs = belongs
            self._listener = listener
            self._tool = tool
            self._thread = 0
            self._codes: dict[int, CodeType] = {}  # equal ones are not the same

        def open(self) -> None:
            """Begin to listen."""
            monitoring, tool, events = sys.monitoring, self._tool, sys.monitoring.events
            monitoring.use_tool_id(tool, "bylaws.testing")
            monitoring.register_callback(tool, events.PY_START, self.started)
            monitoring.register_callback(tool, events.LINE, self.line)
            monitoring.set_events(tool, events.PY_START)

        def close(self) -> None:
            """Listen no more."""
            monitoring, tool, events = sys.monitoring, self._tool, sys.monitoring.events
            for code in self._codes.values():
                monitoring.set_local_events(tool, code, 0)
            self._codes.clear()
            monitoring.set_events(tool, 0)
            monitoring.register_callback(tool, events.PY_START, None)
            monitoring.register_callback(tool, events.LINE, None)
            monitoring.free_tool_id(tool)

        def on(self, *, needed: bool) -> None:  # noqa: ARG002 (tools are cheap)
            """Begin to tell of lines; there is nothing to trace with."""
            self._thread = get_ident()

        def off(self) -> None:
            """Tell of no more lines."""
            self._thread = 0

        def started(self, code: CodeType, _: int) -> None:
            """A function begins."""
            if self._thread == get_ident() and self._belongs(code):
                if id(code) not in self._codes:
                    self._codes[id(code)] = code
                    lines = sys.monitoring.events.LINE
                    sys.monitoring.set_local_events(self._tool, code, lines)
                self._listener.started(sys._getframe(1))  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] (documented)

        def line(self, _: CodeType, number: int) -> None:
            """A line is about to be executed."""
            if self._thread == get_ident():
                self._listener.line(sys._getframe(1), number)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] (documented)

    Lines: TypeAlias = Traced | Monitored
else:
    Lines: TypeAlias = Traced


def lines(belongs: Belongs, listener: Listener) -> Lines:
    """The best that this Python has; tracing too where others have all tools of monitoring."""
    if sys.version_info >= (3, 12):
        for tool in TOOLS:
            if sys.monitoring.get_tool(tool) is None:
                return Monitored(belongs, listener, tool)
    return Traced(belongs, listener)
