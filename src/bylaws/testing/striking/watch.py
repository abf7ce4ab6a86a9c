"""A watch: cuts off a thread of which nothing is told any more, as its tracer has raised."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from threading import TIMEOUT_MAX, Event, Lock, Thread, get_ident
from typing import Final

from bylaws.testing.errors import HangError

AGAIN: Final = 0.1
"""So many seconds later once more, if it has excepted that and goes on."""


class Watch:
    """Raises `HangError` in this thread, whatever it does, some seconds after `start`; until `end`.

    `cut_off` is called first. Python raises it between two instructions: who waits in C is not cut
    off before it comes back.
    """

    def __init__(self, seconds: float, cut_off: Callable[[], object]) -> None:
        self._thread = get_ident()
        self._cut_off = cut_off
        self._lock = Lock()  # in C: what is raised leaves none behind that is held
        self._over = Event()
        self._seconds = min(max(seconds, 0), TIMEOUT_MAX)

    def start(self) -> None:
        """Watch from now on. This may already raise it."""
        Thread(target=self._wait, args=[self._seconds], daemon=True).start()

    def end(self) -> None:
        """Raise nothing from now on."""
        for _ in range(2):
            with suppress(HangError):  # which may be on its way: the second time none is
                with self._lock:
                    self._over.set()
                for _ in range(2):  # Python raises it here at the latest
                    pass

    def _wait(self, seconds: float) -> None:
        while not self._over.wait(seconds):
            with self._lock:
                seconds = self._over.is_set() or self._raise()

    def _raise(self) -> float:
        self._cut_off()
        raise_in(self._thread, HangError)
        return AGAIN


def raise_in(thread: int, kind: type[BaseException]) -> None:
    """Have a thread raise this. Not to be taken back: Python 3.11 spins then, if it traces."""
    from ctypes import c_ulong, py_object, pythonapi  # noqa: PLC0415 (few need it)

    pythonapi.PyThreadState_SetAsyncExc(c_ulong(thread), py_object(kind))
