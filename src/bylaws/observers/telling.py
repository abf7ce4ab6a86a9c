"""Telling: each observer is told once that a run starts, and once that it has ended."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from enum import Enum
from logging import getLogger
from time import perf_counter
from typing import Final, TypeAlias, final

from bylaws import Outcome
from bylaws.observers.records import Phase, RunRecord, RunStart
from bylaws.rules import name_of

End: TypeAlias = Callable[[RunRecord], None]

Observer: TypeAlias = Callable[[RunStart], End | None]
"""Called when a run starts; what it returns is called once when that run has ended, however.

`None` where the end of this run is nothing to it. What has to be there while the hooks run, a span
or a lock, begins in the one and ends in the other; `at_end` makes an observer of the other alone.
Both are plain functions, also for `arun`, in the thread and task of the run.
"""


@final
class at_end:  # noqa: N801 (used as a function is)
    """An observer of a function that wants the end alone: `observed(policy, at_end(print))`."""

    def __init__(self, tell: End) -> None:
        self.tell: Final[End] = tell
        self.name: Final[str] = name_of(tell)

    def __call__(self, _: RunStart) -> End:
        """Give the function."""
        return self.tell


@final
class Telling:
    """One run, as its observers are told about it: started, then ended once."""

    __slots__ = ("_began", "_ends", "_start")

    def __init__(self, start: RunStart, observers: Sequence[Observer]) -> None:
        """Tell that it starts, in the order of the observers.

        What one raises that is no `Exception` goes out, and the run does not start: those before it
        are told so.
        """
        self._start = start
        self._ends: list[tuple[Observer, Callable[[RunRecord], object]]] = []
        self._began = perf_counter()
        for observer in observers:
            try:
                end: object = observer(start)
                if callable(end):
                    self._ends.append((observer, end))
                elif end is not None:
                    raise _neither(end, "a function to be called at the end, or None")
            except Exception as error:
                _log(observer, start, error)
            except BaseException as error:
                self.raised(error)
                raise
        self._began = perf_counter()

    def returned(self, outcome: Outcome[Enum]) -> None:
        """Tell what it came to, the last observer first."""
        duration = perf_counter() - self._began
        if self._ends:
            self._tell(RunRecord(self._start, duration, outcome))

    def raised(
        self, error: BaseException, phase: Phase | None = None, entry: object = None
    ) -> None:
        """Tell which exception goes out, and where it came from."""
        duration = perf_counter() - self._began
        if self._ends:
            self._tell(RunRecord(self._start, duration, None, error, phase, entry))

    def _tell(self, record: RunRecord) -> None:
        """Call every end once. What one raises that is no `Exception` goes out, when all are.

        That is, if it is more urgent than what goes out of the run, as there.
        """
        out = record.error
        try:
            for observer, end in reversed(self._ends):
                try:
                    answer = end(record)
                    if hasattr(answer, "__await__"):
                        raise _neither(answer, "nothing")
                except Exception as error:
                    _log(observer, record, error)
                except BaseException as error:
                    if out is None or _urgency(error) < _urgency(out):
                        out = error
            if out is not None and out is not record.error:
                raise out
        finally:
            del out, record  # an exception that holds this frame


def _urgency(error: BaseException) -> int:
    if isinstance(error, KeyboardInterrupt | SystemExit):
        return 0
    return 2 if isinstance(error, Exception) else 1


def _neither(came: object, wanted: str) -> TypeError:
    close = getattr(came, "close", None)
    if callable(close):  # a coroutine, or Python would warn of it too
        close()
    kind = type(came).__name__
    fix = ": observers are plain functions, for arun() too" if kind == "coroutine" else ""
    return TypeError(f"it returned a {kind}, where {wanted} is wanted{fix}")


def _log(observer: Observer, start: RunStart, error: Exception) -> None:
    with suppress(Exception):  # of a name, a filter, a handler: not worth the run
        text = "%s: the observer %s raised %s; the run is not touched by it"
        names = start.policy, name_of(observer), type(error).__name__
        getLogger("bylaws").error(text, *names, exc_info=error)
