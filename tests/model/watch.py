"""Runs of entries that play their scripts, and what is seen of them."""

from __future__ import annotations

from asyncio import CancelledError
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, TypeVar, cast

from bylaws import AsyncPolicy, HookError
from tests.model.contract import Call, Seen, Shape
from tests.model.players import World, async_policy_of, policy_of
from tests.model.script import Act, Flavour, Script, State

T = TypeVar("T")


def shape_of(error: BaseException) -> Shape:
    """An exception as labels, in the form that `predict` puts it."""
    several = _inside(error)
    if several:
        assert type(error) is not BaseExceptionGroup, (
            "an exception that is no Exception goes out in a group"
        )
        assert error.__cause__ is None
        return ("group", *(_label(each) for each in several))
    rest = _inside(error.__cause__)
    if rest:
        return ("bare", _label(error, cause=False), *(_label(each) for each in rest))
    return _label(error)


def _inside(error: object) -> tuple[BaseException, ...]:
    """The exceptions of a group."""
    return getattr(error, "exceptions", ())


def _label(error: BaseException, *, cause: bool = True) -> str:
    assert not _inside(error), "groups are not nested"
    if isinstance(error, HookError):
        return f"HookError@{getattr(error.entry, 'at', '')}.{error.hook}"
    own = f" from {_label(error.__cause__)}" if cause and error.__cause__ else ""
    return f"{type(error).__name__}@{error.args[0] if error.args else ''}{own}"


def _raised(calls: list[Call], error: BaseException) -> Seen:
    notes = getattr(error, "__notes__", [])
    assert all("commit" in note for note in notes)
    assert len(notes) <= 1
    for each in (*_inside(error), *_inside(error.__cause__)):
        assert not hasattr(each, "__notes__"), "the note is on what goes out, and only there"
    return Seen(calls, None, shape_of(error), bool(notes))


def watch_run(
    scripts: Sequence[Script], from_state: State | None, to_state: State | None, commit: Act | None
) -> Seen:
    """What is seen of a plain run of entries that play these scripts, which have to be plain."""
    world = World(scripts, from_state, to_state)
    try:
        outcome = policy_of(scripts).run(world, from_state, to_state, commit=world.commit(commit))
    except BaseException as error:
        return _raised(world.calls, error)
    return Seen(world.calls, outcome)


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
    try:
        outcome = drive(
            policy.arun(world, from_state, to_state, commit=world.commit(commit, commit_is))
        )
    except BaseException as error:
        return _raised(world.calls, error)
    return Seen(world.calls, outcome)


def drive(running: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end by hand: no event loop, and every exception comes through."""
    while True:
        try:
            running.send(None)
        except StopIteration as stop:
            return cast("T", stop.value)


What: TypeAlias = Literal["cancel", "close"]


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
) -> Strike:
    """Run from NEW to OPEN; cancel, or close, at the awaits of these numbers, from 0 on."""
    world = World(scripts, State.NEW, State.OPEN)
    running = async_policy_of(scripts).arun(
        world, State.NEW, State.OPEN, commit=world.commit(commit, commit_is)
    )
    at = 0
    due = dict(strikes)
    struck: list[tuple[str, str]] = []
    try:
        running.send(None)
        while True:
            what = due.get(at)
            at += 1
            if what is None:
                running.send(None)
                continue
            struck.append(
                (world.suspended, "CancelledError" if what == "cancel" else "GeneratorExit")
            )
            if what == "close":
                running.close()
                return Strike(Seen(world.calls), struck, at)
            running.throw(CancelledError(world.suspended))
    except StopIteration as stop:
        return Strike(Seen(world.calls, stop.value), struck, at)
    except BaseException as error:
        return Strike(_raised(world.calls, error), struck, at)
