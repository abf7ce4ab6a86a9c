"""Runs of entries that play their scripts, and what is seen of them."""

from __future__ import annotations

import logging
import re
from asyncio import CancelledError
from collections.abc import Callable, Coroutine, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, TypeVar, cast

from bylaws import AsyncPolicy, HookError, Outcome, Policy
from tests.model.contract import Line, Seen
from tests.model.players import World, async_policy_of, policy_of
from tests.model.script import Act, Flavour, Script, State

T = TypeVar("T")


class _Records(logging.Handler):
    """Keeps what is logged."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep it."""
        self.records.append(record)


def watched(world: World, running: Callable[[], Outcome[State]]) -> Seen:
    """What is seen of a run."""
    outcome: Outcome[State] | None = None
    left: BaseException | None = None
    with logged() as errors:
        try:
            outcome = running()
        except BaseException as error:
            left = error
    seen = Seen(world.calls, outcome, logged=[label_of(each) for each in errors])
    if outcome is not None:
        lines = [(it.name, it.did, it.verdict, it.due) for it in outcome.trace.lines]
        seen.trace = cast("list[Line]", lines)
    if left is not None:
        seen.raised, seen.notes = label_of(left), notes_of(left)
    assert not any(hasattr(each, "__notes__") for each in errors), "what goes out has the notes"
    return seen


@contextmanager
def logged() -> Generator[list[BaseException]]:
    """The exceptions that bylaws logs meanwhile; they are logged with all that belongs to it."""
    errors: list[BaseException] = []
    handler, logger = _Records(), logging.getLogger("bylaws")
    logger.addHandler(handler)
    logger.propagate = False  # or pytest prints the traceback of each
    try:
        yield errors
    finally:
        logger.propagate = True
        logger.removeHandler(handler)
        for record in handler.records:
            assert record.levelno == logging.ERROR
            assert record.exc_info
            error = record.exc_info[1]
            assert isinstance(error, Exception)
            assert type(error).__name__ in record.getMessage()
            errors.append(error)


def label_of(error: BaseException) -> str:
    """An exception as a label, as `predict` puts it."""
    assert not isinstance(error, BaseExceptionGroup)
    if isinstance(error, HookError):
        entry = "" if error.entry is None else f"{getattr(error.entry, 'at', '')}."
        return f"HookError@{entry}{error.hook}"
    assert error.__context__ is None
    own = f" from {label_of(error.__cause__)}" if error.__cause__ else ""
    return f"{type(error).__name__}@{error.args[0] if error.args else ''}{own}"


def notes_of(error: BaseException) -> list[str]:
    """Its notes; what a HookError says is left out."""
    notes: list[str] = getattr(error, "__notes__", [])
    return [
        re.sub(r"(?s)^(also raised.*: HookError): .* in (\S+)$", r"\1 in \2", it) for it in notes
    ]


def watch_run(
    scripts: Sequence[Script],
    from_state: State | None,
    to_state: State | None,
    commit: Act | None,
    policy: Policy[State, World] | None = None,
) -> Seen:
    """What is seen of a plain run of entries that play these scripts, which have to be plain."""
    world = World(scripts, from_state, to_state)
    policy = policy or policy_of(scripts)
    return watched(
        world, lambda: policy.run(world, from_state, to_state, commit=world.commit(commit))
    )


def watch_arun(
    scripts: Sequence[Script],
    from_state: State | None,
    to_state: State | None,
    commit: Act | None,
    commit_is: Flavour = "plain",
    policy: AsyncPolicy[State, World] | None = None,
) -> Seen:
    """What is seen of an async run of entries that play these scripts."""
    world = World(scripts, from_state, to_state)
    policy = policy or async_policy_of(scripts)
    write = world.commit(commit, commit_is)
    return watched(world, lambda: drive(policy.arun(world, from_state, to_state, commit=write)))


def drive(running: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end by hand: no event loop, and every exception comes through."""
    while True:
        try:
            running.send(None)
        except StopIteration as stop:
            return cast("T", stop.value)


What: TypeAlias = Literal["cancel", "close"]
THROWN: dict[What, type[BaseException]] = {"cancel": CancelledError, "close": GeneratorExit}


@dataclass
class Strike:
    """What was seen of an async run that something was thrown into, and where."""

    seen: Seen
    struck: list[tuple[str, str]]
    awaits: int


def strike_arun(
    scripts: Sequence[Script],
    commit: Act | None,
    *strikes: tuple[int, What],
    commit_is: Flavour = "async",
    policy: AsyncPolicy[State, World] | None = None,
) -> Strike:
    """Run from NEW to OPEN; cancel, or close, at the awaits of these numbers, from 0 on."""
    world = World(scripts, State.NEW, State.OPEN)
    running = (policy or async_policy_of(scripts)).arun(
        world, State.NEW, State.OPEN, commit=world.commit(commit, commit_is)
    )
    at = 0
    due = dict(strikes)
    struck: list[tuple[str, str]] = []

    def struck_run() -> Outcome[State]:
        nonlocal at
        try:
            running.send(None)
            while True:
                what = due.get(at)
                at += 1
                if what is None:
                    running.send(None)
                    continue
                struck.append((world.suspended, THROWN[what].__name__))
                # As close() does, which would swallow it: so it is seen to go out.
                running.throw(THROWN[what](world.suspended))
                assert what != "close", "it awaits though it is closed"
        except StopIteration as stop:
            return cast("Outcome[State]", stop.value)

    return Strike(watched(world, struck_run), struck, at)
