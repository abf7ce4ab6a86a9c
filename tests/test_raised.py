"""What goes out of a run that raised, and in which form."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from bylaws import AsyncPolicy, BaseRule, Policy, Transition, Verdict, rule, states
from tests.cast import S
from tests.model import Pause, drive


def test_one_exception_that_two_hooks_raise_goes_out_as_it_is() -> None:
    """The same exception, raised again by a cleanup, is one exception and not two."""
    error = ValueError("once")

    class Twice(BaseRule[S, S, None]):
        from_states = states(S.A)
        to_states = states(S.B)

        def before_transition(self, transition: Transition[S, S, None], /) -> Verdict[S] | None:
            raise error

        def cleanup(self, transition: Transition[S, S, None], /) -> None:
            raise error

    policy = Policy[S, None](Twice())
    runs: list[Callable[[], object]] = [
        lambda: policy.run(None, S.A, S.B),
        lambda: drive(policy.arun(None, S.A, S.B)),
    ]
    for run in runs:
        with pytest.raises(ValueError, match="once") as caught:
            run()
        assert caught.value is error
        assert error.__context__ is None
        assert error.__cause__ is None


def test_stop_iteration_goes_out_of_arun_as_python_has_it() -> None:
    """It goes out of `run` as it is, out of `arun` as a RuntimeError (PEP 479); both clean up."""
    log: list[str] = []

    @rule(from_states=states(S.A), to_states=states(S.B))
    def stops(t: Transition[S, S, None]) -> None:
        t.add_cleanup(log.append, "undone")
        raise StopIteration("early")

    policy = Policy[S, None](stops)
    with pytest.raises(StopIteration, match="early"):
        policy.run(None, S.A, S.B)
    with pytest.raises(RuntimeError, match="raised StopIteration"):
        drive(policy.arun(None, S.A, S.B))
    assert log == ["undone", "undone"]


# --------------------------------------------------------------------------------------------------
# Causes, notes, and exceptions that are odd
# --------------------------------------------------------------------------------------------------


class Raises(BaseRule[S, S, object]):
    from_states = states(S.A)
    to_states = states(S.B)

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def after_transition(self, transition: Transition[S, S, object], /) -> None:
        raise self.error

    def cleanup(self, transition: Transition[S, S, object], /) -> None:
        raise self.error


def test_a_cause_goes_before_what_was_raised_beside() -> None:
    """A cause that an interrupt had stays the first, told by identity, unless it went out too."""
    disk, net = OSError("disk"), OSError("net")
    for cause, expected in (
        (None, [disk, net]),
        (net, [disk, net]),
        (OSError("disk"), ["cause", disk, net]),
    ):
        leave = KeyboardInterrupt()
        leave.__cause__ = cause
        with pytest.raises(KeyboardInterrupt) as caught:
            Policy[S, object](Raises(net), Raises(disk), Raises(leave)).run(None, S.A, S.B)
        beside: Any = caught.value.__cause__
        assert list(map(id, beside.exceptions)) == [
            id(cause if it == "cause" else it) for it in expected
        ]


@dataclass(unsafe_hash=True)
class EqualError(Exception):
    """All with a number are equal."""

    number: int


def test_an_equal_cause_is_another() -> None:
    """A cause that only equals what went out too is named beside it."""
    one, two, leave = EqualError(1), EqualError(1), KeyboardInterrupt()
    leave.__cause__ = one
    with pytest.raises(KeyboardInterrupt) as caught:
        Policy[S, object](Raises(leave), Raises(two)).run(None, S.A, S.B)
    beside: Any = caught.value.__cause__
    assert list(map(id, beside.exceptions)) == [id(one), id(two)]


def test_a_cause_that_went_out_too_is_named_once() -> None:
    """What goes out bare has the others as its cause, and one that was its cause already once."""
    disk = OSError("disk")

    class Failing(BaseRule[S, S, object]):
        from_states = states(S.A)
        to_states = states(S.B)

        def after_transition(self, transition: Transition[S, S, object], /) -> None:
            raise disk

    @rule(from_states={S.A}, to_states={S.B})
    def leave(t: Transition[S, S, object]) -> None:
        def interrupt() -> None:
            raise KeyboardInterrupt from disk

        t.add_after(interrupt)

    with pytest.raises(KeyboardInterrupt) as caught:
        Policy[S, object](leave, Failing()).run(None, S.A, S.B)
    beside: Any = caught.value.__cause__
    assert beside.exceptions == (disk,)


def test_notes_of_an_exception_stay() -> None:
    """What is raised after the commit is noted behind the notes that it had."""
    error = OSError("disk")
    error.add_note("mine")
    with pytest.raises(OSError, match="disk"):
        Policy[S, object](Raises(error)).run(None, S.A, S.B, commit=lambda _state, _outcome: None)
    assert error.__notes__ == ["mine", "bylaws: raised after the commit of S.B, which stands."]


@dataclass(frozen=True)
class FrozenError(Exception):
    """An exception that lets nobody set its attributes."""

    text: str


class FrozenExit(KeyboardInterrupt):
    """One that goes out bare."""

    def __setattr__(self, name: str, value: object) -> None:
        raise FrozenError(name)


def test_exceptions_that_are_frozen_go_out_as_they_are() -> None:
    """An exception whose attributes cannot be set is noted, and given its cause, all the same."""
    error, leave = FrozenError("disk"), FrozenExit()

    class Failing(BaseRule[S, S, object]):
        from_states = states(S.A)
        to_states = states(S.B)

        def __init__(self, failure: BaseException) -> None:
            self.failure = failure

        def after_transition(self, transition: Transition[S, S, object], /) -> None:
            raise self.failure

    with pytest.raises(FrozenError) as caught:
        Policy[S, object](Failing(error)).run(None, S.A, S.B, commit=lambda _state, _outcome: None)
    assert caught.value is error
    assert error.__notes__ == ["bylaws: raised after the commit of S.B, which stands."]
    with pytest.raises(FrozenExit) as left:
        Policy[S, object](Failing(error), Failing(leave)).run(None, S.A, S.B)
    assert left.value is leave
    beside: Any = leave.__cause__
    assert beside.exceptions == (error,)


# --------------------------------------------------------------------------------------------------
# Closing
# --------------------------------------------------------------------------------------------------


@rule(from_states={S.A}, to_states={S.B})
async def hold(_: Transition[S, S, object]) -> None:
    await Pause()


def test_closing_alone_goes_out_as_it_is() -> None:
    """The `GeneratorExit` is the same, without a note; beside an interrupt it is its context."""
    running = AsyncPolicy[S, object](hold).arun(None, S.A, S.B)
    running.send(None)
    closer = GeneratorExit()
    with pytest.raises(GeneratorExit) as caught:
        running.throw(closer)
    assert caught.value is closer
    assert not hasattr(closer, "__notes__")
    running = AsyncPolicy[S, object](Raises(KeyboardInterrupt()), hold).arun(None, S.A, S.B)
    running.send(None)
    with pytest.raises(KeyboardInterrupt) as left:
        running.close()
    assert isinstance(left.value.__context__, GeneratorExit)
