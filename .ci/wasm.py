"""What `wasm.mjs` runs in Pyodide: pytest, over the event loops of asyncio and trio.

Pyodide's own loop leaves all to JavaScript: with it `asyncio.run` needs stack switching, and
neither cancels nor awaits what is left at the end. CPython's loop, and trio's, miss two things
here: a pair of sockets to be woken through, for which a pipe does, and a `select` that waits.
Nothing gets ready while the only thread waits, so that to wait is to sleep.
"""
# ruff: noqa: D102 - the methods are those of a socket, a selector and an epoll object

from __future__ import annotations

import asyncio.events
import os
import select
import selectors
import socket
import sys
import time
from importlib import import_module
from importlib.util import find_spec

LONG = 3_600  # seconds; a loop that has nothing to do for an hour waits for what never comes
EPOLLONESHOT = 1 << 30


class End:
    """One end of a pipe, with as much of a socket as a loop needs to be woken through it."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor

    def fileno(self) -> int:
        return self.descriptor

    def setblocking(self, flag: bool) -> None:
        os.set_blocking(self.descriptor, flag)

    def setsockopt(self, *option: int) -> None:
        pass

    def send(self, data: bytes) -> int:
        return os.write(self.descriptor, data)

    def recv(self, size: int) -> bytes:
        return os.read(self.descriptor, size)

    def close(self) -> None:
        os.close(self.descriptor)


def sleep(seconds: float | None) -> None:
    """Wait, as a `select` with nothing ready."""
    if seconds is None or seconds > LONG:
        raise RuntimeError("an event loop waits for what never comes")
    time.sleep(max(seconds, 0))


class Selector(selectors.PollSelector):
    """What asyncio's loop waits with."""

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready:
            sleep(timeout)
        return ready


class Epoll:
    """What trio's loop waits with: as much of Linux's `select.epoll` as it uses."""

    def __init__(self) -> None:
        self.poller = select.poll()
        self.flags: dict[int, int] = {}

    def register(self, file: End | int, flags: int) -> None:
        descriptor = file if isinstance(file, int) else file.fileno()
        self.flags[descriptor] = flags
        self.poller.register(descriptor, flags & ~EPOLLONESHOT)

    modify = register

    def unregister(self, descriptor: int) -> None:
        del self.flags[descriptor]
        self.poller.unregister(descriptor)

    def poll(self, timeout: float, maxevents: int) -> list[tuple[int, int]]:
        ready = self.poller.poll(0)[:maxevents]
        if not ready:
            sleep(timeout)
        for descriptor, _ in ready:
            if self.flags[descriptor] & EPOLLONESHOT:
                self.register(descriptor, 0)
        return ready

    def close(self) -> None:
        self.flags.clear()


def restore_asyncio() -> None:
    """Have CPython's loop again, where Pyodide put its own."""
    vars(socket)["socketpair"] = lambda *_: tuple(map(End, os.pipe()))
    vars(selectors)["DefaultSelector"] = Selector
    events = vars(asyncio.events)
    events["_set_running_loop"](None)
    events["_set_event_loop_policy"](None)


def import_trio() -> None:
    """Have trio take this for the Linux that it knows."""
    vars(select).update(epoll=Epoll, EPOLLONESHOT=EPOLLONESHOT)
    vars(select).update(EPOLLIN=select.POLLIN, EPOLLOUT=select.POLLOUT)
    platform = sys.platform
    sys.platform = "linux"
    vars(os)["pidfd_open"] = None  # imported for processes, of which there are none
    import_module("trio")
    del vars(os)["pidfd_open"]
    sys.platform = platform


def run(packages: str, arguments: list[str]) -> int:
    """Run the pytest of the directory `packages` in the working directory; its exit status."""
    sys.path.insert(0, packages)
    sys.dont_write_bytecode = True
    restore_asyncio()
    if find_spec("trio"):
        import_trio()
    return int(import_module("pytest").main(["-p", "no:cacheprovider", *arguments]))
