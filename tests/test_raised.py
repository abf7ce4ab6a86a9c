"""What goes out of a run that raised, as it is, what it is told, and what is logged beside it."""

from __future__ import annotations

import asyncio
import gc
import logging
import sqlite3
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, NoReturn, TypeAlias
from weakref import ref

import pytest

from bylaws import (
    AnyTransition,
    AsyncPolicy,
    BaseRule,
    BaseTransform,
    Entry,
    Outcome,
    Policy,
    StateError,
    Transition,
    Verdict,
    rule,
    states,
)
from tests.cast import S
from tests.model import Pause, drive, logged

Commit: TypeAlias = "Callable[[S, Outcome[S]], BaseException | None]"
Run: TypeAlias = "Callable[..., Outcome[S]]"


def in_run(*entries: Entry[S, object], commit: Commit | None = None) -> Outcome[S]:
    """Run from A to B."""
    return Policy[S, object](*entries, name="orders").run(None, S.A, S.B, commit=commit)


def in_arun(*entries: Entry[S, object], commit: Commit | None = None) -> Outcome[S]:
    """The same in `arun`, driven by hand."""
    policy = Policy[S, object](*entries, name="orders")
    return drive(policy.arun(None, S.A, S.B, commit=commit))


both = pytest.mark.parametrize("run", [in_run, in_arun])


class Raises(BaseRule[S, S, object]):
    """Raises, or calls what raises, where it is told to."""

    from_states = states(S.A)
    to_states = states(S.B)

    def __init__(self, error: BaseException | Callable[[], object], *where: str) -> None:
        self.error = error
        self.where = where or ("after_transition", "cleanup")

    def fail(self, where: str) -> None:
        if where in self.where:
            if not isinstance(self.error, BaseException):
                self.error()
            else:
                raise self.error

    def before_transition(self, transition: Transition[S, S, object], /) -> Verdict[S] | None:
        for adds, method in (
            (transition.add_after, "add_after"),
            (transition.add_cleanup, "add_cleanup"),
        ):
            if method in self.where:
                adds(self.fail, method)
        self.fail("before_transition")
        return None

    def after_transition(self, transition: Transition[S, S, object], /) -> None:
        self.fail("after_transition")

    def cleanup(self, transition: Transition[S, S, object], /) -> None:
        self.fail("cleanup")


def write(_state: S, _outcome: Outcome[S]) -> None:
    """Commit."""


# --------------------------------------------------------------------------------------------------
# Which goes out
# --------------------------------------------------------------------------------------------------


@both
def test_a_busy_database_is_known_again(run: Run) -> None:
    """A commit and a cleanup that both meet it: `except` knows it, and so does a retry."""
    tries: list[Exception] = []

    def busy(*_: object) -> NoReturn:
        raise sqlite3.OperationalError("database is locked")

    def retry() -> None:
        for _ in range(3):
            try:
                run(Raises(busy, "cleanup", "add_cleanup"), commit=busy)
            except sqlite3.OperationalError as error:
                tries.append(error)

    with logged() as errors:
        retry()
    assert [type(error) for error in [*tries, *errors]] == [sqlite3.OperationalError] * 9
    assert tries[0].__notes__ == [
        "in commit, orders: S.A -> S.B",
        "also raised, and logged: OperationalError: database is locked in Raises.add_cleanup",
        "also raised, and logged: OperationalError: database is locked in Raises.cleanup",
    ]


URGENT: Final[list[tuple[list[BaseException], int]]] = [
    # What is raised, in this order, and which of it goes out.
    ([ValueError("1"), OSError("2"), KeyError("3")], 0),
    ([ValueError("1"), asyncio.CancelledError("2"), KeyError("3")], 1),
    ([asyncio.CancelledError("1"), GeneratorExit("2"), ValueError("3")], 0),
    ([GeneratorExit("1"), asyncio.CancelledError("2"), ValueError("3")], 0),
    ([ValueError("1"), asyncio.CancelledError("2"), KeyboardInterrupt("3")], 2),
    ([SystemExit("1"), KeyboardInterrupt("2"), asyncio.CancelledError("3")], 0),
    ([BaseException("1"), SystemExit("2"), KeyboardInterrupt("3")], 1),
    ([ExceptionGroup("1", [ValueError()]), BaseExceptionGroup("2", [SystemExit()])], 1),
]


@both
@pytest.mark.parametrize(("errors", "at"), URGENT)
def test_the_most_urgent_goes_out(errors: list[BaseException], at: int, run: Run) -> None:
    """An interrupt or exit before all else, then what is no `Exception`; of a kind the first."""
    out = errors[at]
    with logged() as lost, pytest.raises(type(out)) as caught:
        run(*[Raises(error) for error in reversed(errors)], commit=write)
    assert caught.value is out
    assert lost == [it for it in errors if isinstance(it, Exception) and it is not out]
    first, *others = out.__notes__
    assert first.endswith(".after_transition, orders: S.A -> S.B; the commit of S.B stands")
    assert len(others) == len(errors) - 1
    for note, error in zip(others, [it for it in errors if it is not out], strict=True):
        said = "also raised, and logged" if isinstance(error, Exception) else "also raised"
        assert note.startswith(f"{said}: {type(error).__name__}: {error} in Raises #")
    for error in errors:
        vars(error).clear()  # they are raised again


@both
def test_one_exception_that_two_hooks_raise_goes_out_as_it_is(run: Run) -> None:
    """The same exception, raised again by a cleanup, is one exception and not two."""
    error = ValueError("once")
    with logged() as errors, pytest.raises(ValueError, match="once") as caught:
        run(Raises(error), Raises(error, "before_transition", "add_cleanup"))
    assert caught.value is error
    assert error.__context__ is None
    assert error.__cause__ is None
    assert error.__notes__ == ["in Raises #2.before_transition, orders: S.A -> S.B"]
    assert not errors


@dataclass(unsafe_hash=True)
class EqualError(Exception):
    """All with a number are equal."""

    number: int


@both
def test_an_equal_exception_is_another(run: Run) -> None:
    """What only equals the one that goes out is logged."""
    one, two = EqualError(1), EqualError(1)
    with logged() as errors, pytest.raises(EqualError) as caught:
        run(Raises(two), Raises(one))
    assert caught.value is one
    assert [error is two for error in errors] == [True]


def test_stop_iteration_goes_out_of_arun_as_python_has_it() -> None:
    """It goes out of `run` as it is, out of `arun` as a RuntimeError (PEP 479); both clean up."""
    log: list[str] = []

    @rule(from_states=states(S.A), to_states=states(S.B))
    def stops(t: Transition[S, S, object]) -> None:
        t.add_cleanup(log.append, "undone")
        raise StopIteration("early")

    with pytest.raises(StopIteration, match="early"):
        in_run(stops)
    with pytest.raises(RuntimeError, match="raised StopIteration"):
        in_arun(stops)
    assert log == ["undone", "undone"]


# --------------------------------------------------------------------------------------------------
# Causes and contexts
# --------------------------------------------------------------------------------------------------


def fails_while_handling() -> NoReturn:
    """Raise an exception inside of an `except` block."""
    try:
        raise KeyError("the hook's")
    except KeyError:
        raise LookupError("what goes out")  # noqa: B904 (that it has no cause is what is tried)


def fails_from() -> NoReturn:
    """Raise it from the one that is handled."""
    try:
        raise KeyError("the hook's")
    except KeyError as error:
        raise LookupError("what goes out") from error


def fails_from_none() -> NoReturn:
    """Raise it from nothing."""
    try:
        raise KeyError("the hook's")
    except KeyError:
        raise LookupError("what goes out") from None


@both
@pytest.mark.parametrize("fails", [fails_while_handling, fails_from, fails_from_none])
@pytest.mark.parametrize(
    "where",
    ["before_transition", "commit", "after_transition", "add_after", "cleanup", "add_cleanup"],
)
def test_what_goes_out_keeps_its_own_context(
    where: str, fails: Callable[[], NoReturn], run: Run
) -> None:
    """A hook raises inside an `except`, while the caller is inside another: all three are there."""

    def commit(_state: S, _outcome: Outcome[S]) -> None:
        if where == "commit":
            fails()
        if where in ("cleanup", "add_cleanup"):
            raise ConnectionError("which has no context but the caller's")

    def caller(kind: type[BaseException]) -> BaseException:
        try:
            raise OSError("the caller's")
        except OSError as error:
            try:
                run(Raises(fails, where), Raises(lambda: None), commit=commit)
            except kind as out:
                own.append(error.__context__)
                return out
        raise AssertionError

    own: list[object] = []

    if where in ("cleanup", "add_cleanup"):
        with logged() as errors:
            out = caller(ConnectionError)
        assert isinstance(out.__context__, OSError)
        (error,) = errors
    else:
        error = caller(LookupError)
    assert isinstance(error, LookupError)
    assert isinstance(error.__context__, KeyError)
    assert isinstance(error.__context__.__context__, OSError)
    assert error.__cause__ is (error.__context__ if fails is fails_from else None)
    assert error.__suppress_context__ is (fails is not fails_while_handling)
    text = "".join(traceback.format_exception(error))
    assert own == [None]
    for each in ("what goes out", *["the hook's", "the caller's"] * (fails is not fails_from_none)):
        assert each in text


@both
def test_an_exception_that_is_being_handled_goes_out_again(run: Run) -> None:
    """A hook may raise what the caller of the run is handling: it gets no context, nor a cycle."""
    outer = OSError("the caller's")

    def caller() -> None:
        try:
            raise outer
        except OSError:
            run(Raises(outer))

    with pytest.raises(OSError, match="the caller's") as caught:
        caller()
    assert caught.value is outer
    assert outer.__context__ is None


@both
def test_no_context_is_made_where_there_was_none(run: Run) -> None:
    """What a commit answers with was never raised: the caller's exception is none of its own."""
    answer = ConnectionError("after it was written")

    def commit(_state: S, _outcome: Outcome[S]) -> BaseException:
        return answer

    def caller() -> None:
        try:
            raise OSError("the caller's")
        except OSError:
            run(Raises(lambda: None), commit=commit)

    with pytest.raises(ConnectionError) as caught:
        caller()
    assert caught.value is answer
    assert answer.__context__ is None


@both
@pytest.mark.parametrize("answers", [False, True])
def test_what_went_out_is_let_go(answers: bool, run: Run) -> None:
    """Nothing of the run is in a cycle with the exceptions: they go when the last name does."""

    class FailureError(Exception):
        """Can be referred to weakly."""

    def fails() -> None:
        raise FailureError

    def commit(_state: S, _outcome: Outcome[S]) -> BaseException | None:
        return FailureError() if answers else None

    kept: list[ref[BaseException]] = []
    gc.disable()
    try:
        with logged() as errors:
            try:
                run(*[Raises(fails), Raises(fails)] * (not answers), commit=commit)
            except FailureError as error:
                kept.append(ref(error))
        assert len(errors) == (0 if answers else 1)
        kept += [ref(error) for error in errors]
        errors.clear()
        assert not any(each() for each in kept)
    finally:
        gc.enable()


# --------------------------------------------------------------------------------------------------
# Notes, and the log
# --------------------------------------------------------------------------------------------------


class Decides(BaseTransform[object]):
    """Raises when it is told the decision."""

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def on_decision(self, _: AnyTransition[object], outcome: Outcome[Any], /) -> None:
        raise self.error


@both
def test_a_note_says_where_it_came_from(run: Run) -> None:
    """It names entry and hook, policy and move, and after a commit what stands."""

    def noted(entry: Entry[S, object], commit: Commit | None = None) -> list[str]:
        with pytest.raises(OSError, match="disk") as caught:
            run(entry, commit=commit)
        return caught.value.__notes__

    def fails(*_: object) -> NoReturn:
        raise OSError("disk")

    move = "orders: S.A -> S.B"
    assert noted(Raises(fails, "before_transition")) == [f"in Raises.before_transition, {move}"]
    assert noted(Raises(fails, "add_after")) == [f"in Raises.add_after, {move}"]
    assert noted(Decides(OSError("disk")), write) == [f"in Decides.on_decision, {move}"]
    assert noted(Raises(fails, "-"), fails) == [f"in commit, {move}"]
    assert noted(Raises(fails), write) == [
        f"in Raises.after_transition, {move}; the commit of S.B stands"
    ]


@both
def test_notes_of_an_exception_stay(run: Run) -> None:
    """A note of the run comes behind those that it had."""
    error = OSError("disk")
    error.add_note("mine")
    with pytest.raises(OSError, match="disk"):
        run(Raises(error))
    assert error.__notes__ == ["mine", "in Raises.after_transition, orders: S.A -> S.B"]


def test_runs_in_runs_note_where_they_were() -> None:
    """What goes out of both has a note of each, the inner first."""

    def inner() -> None:
        Policy[S, object](Raises(OSError("disk")), name="inner").run(None, S.A, S.B)

    with pytest.raises(OSError, match="disk") as caught:
        in_run(Raises(inner, "before_transition"))
    assert caught.value.__notes__ == [
        "in Raises.after_transition, inner: S.A -> S.B",
        "in Raises.before_transition, orders: S.A -> S.B",
    ]


def test_the_others_are_logged_with_their_tracebacks(caplog: pytest.LogCaptureFixture) -> None:
    """Logger `bylaws`, level ERROR, what, where and beside which; `%` means nothing in it."""

    def undo() -> None:
        raise ValueError("100 %s of it")

    with pytest.raises(OSError, match="disk"):
        in_run(Raises(undo), Raises(OSError("disk"), "before_transition"))
    (record,) = caplog.records
    assert (record.name, record.levelno) == ("bylaws", logging.ERROR)
    assert record.getMessage() == (
        "orders: S.A -> S.B: ValueError: 100 %s of it in Raises #1.cleanup, "
        "beside the OSError that goes out"
    )
    assert record.exc_info
    assert [frame.name for frame in traceback.extract_tb(record.exc_info[2])][-1] == "undo"


@pytest.mark.parametrize("kind", [ValueError, RecursionError])
def test_a_log_that_fails_takes_nothing_away(kind: type[Exception]) -> None:
    """What goes out does so, with its notes, though the logging of another raises."""

    class Fails(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            raise kind("the log is full")

    handler, logger = Fails(), logging.getLogger("bylaws")
    logger.addHandler(handler)
    logger.propagate = False
    try:
        with pytest.raises(OSError, match="disk") as caught:
            in_run(Raises(KeyError("key")), Raises(OSError("disk"), "before_transition"))
    finally:
        logger.propagate = True
        logger.removeHandler(handler)
    assert len(caught.value.__notes__) == 2


# --------------------------------------------------------------------------------------------------
# Exceptions that are odd
# --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class FrozenError(Exception):
    """An exception that lets nobody set its attributes."""

    text: str


class FrozenExit(SystemExit):
    """Neither does it."""

    def __setattr__(self, name: str, value: object) -> None:
        raise FrozenError(name)


class SlottedError(Exception):
    """Its attributes have slots."""

    __slots__ = ("text",)


class NotelessError(Exception):
    """Its notes cannot be set."""

    @property
    def notes(self) -> list[str]:
        raise FrozenError("notes")


setattr(NotelessError, "__notes__", NotelessError.notes)  # noqa: B010 (no checker takes it)


class NoneNotedError(Exception):
    """Its notes are none."""

    __notes__: Any = None


class TupleNotedError(Exception):
    """Its notes are no list."""

    __notes__: Any = ("mine",)


class UnequalNote:
    """Cannot be compared."""

    def __eq__(self, other: object) -> bool:
        raise FrozenError("compared")

    __hash__ = None  # type: ignore[assignment]


class OddNotedError(Exception):
    """A note of it cannot be compared."""

    __notes__: Any = [UnequalNote()]


class SilentError(Exception):
    """It cannot be shown."""

    def __str__(self) -> str:
        raise FrozenError("shown")

    __repr__ = __str__


class LoudError(Exception):
    """Showing it takes no end."""

    def __str__(self) -> str:
        return str(self)

    __repr__ = __str__


class NotStrError(Exception):
    """It is not shown as a string."""

    def __str__(self) -> Any:
        return 7  # noqa: PLE0307 (that is what is odd)


ODD: Final[list[BaseException]] = [
    FrozenError("disk"),
    FrozenExit(3),
    SlottedError("disk"),
    NotelessError("disk"),
    NoneNotedError("disk"),
    TupleNotedError("disk"),
    OddNotedError("disk"),
    SilentError("disk"),
    LoudError("disk"),
    NotStrError("disk"),
    ExceptionGroup("disk", [FrozenError("disk")]),
    UnicodeDecodeError("utf-8", b"disk", 0, 1, "odd"),
]


@both
@pytest.mark.parametrize("error", ODD, ids=lambda error: type(error).__name__)
def test_an_odd_exception_goes_out_as_it_is(error: BaseException, run: Run) -> None:
    """Whatever it makes of notes and of being shown; with its own context, and notes if it can."""

    def caller() -> None:
        try:
            raise KeyError("the caller's")
        except KeyError:
            run(Raises(ValueError("beside")), Raises(error, "before_transition"), commit=write)

    with logged() as errors, pytest.raises(type(error)) as caught:
        caller()
    assert caught.value is error
    assert isinstance(error.__context__, KeyError)
    assert [type(each) for each in errors] == [ValueError]
    if not isinstance(error, NotelessError | OddNotedError):
        mine = ["mine"] * isinstance(error, TupleNotedError)
        assert error.__notes__ == [
            *mine,
            "in Raises #2.before_transition, orders: S.A -> S.B",
            "also raised, and logged: ValueError: beside in Raises #1.cleanup",
        ]
        BaseException.__setattr__(error, "__notes__", mine)


@both
@pytest.mark.parametrize("error", ODD, ids=lambda error: type(error).__name__)
def test_an_odd_exception_that_does_not_go_out(error: BaseException, run: Run) -> None:
    """It is logged, and named as far as it lets itself be shown."""
    with logged() as errors, pytest.raises(KeyboardInterrupt) as caught:
        run(Raises(error), Raises(KeyboardInterrupt(), "before_transition"))
    assert errors == ([error] if isinstance(error, Exception) else [])
    said = "also raised, and logged" if errors else "also raised"
    note = caught.value.__notes__[1]
    assert note.startswith(f"{said}: {type(error).__name__}")
    assert note.endswith(" in Raises #1.cleanup")


def test_notes_do_not_grow_without_bound() -> None:
    """What is made once, and raised again and again, is told what is new up to a bound."""
    once = OSError("made once")
    with logged():
        for number in range(1_000):
            with pytest.raises(OSError, match="made once"):
                in_run(Raises(ValueError(number)), Raises(once, "before_transition"))
    assert once.__notes__[:2] == [
        "in Raises #2.before_transition, orders: S.A -> S.B",
        "also raised, and logged: ValueError: 0 in Raises #1.cleanup",
    ]
    assert len(once.__notes__) < 100


# --------------------------------------------------------------------------------------------------
# The recursion limit
# --------------------------------------------------------------------------------------------------


class Slot:
    """A rule with hooks that call nothing: where the first can be called, so can the others."""

    from_states = states(S.A)
    to_states = states(S.B)

    def __init__(self) -> None:
        self.taken = self.done = self.undone = 0

    def before_transition(self, _: Transition[S, S, object], /) -> None:
        self.taken += 1

    def after_transition(self, _: Transition[S, S, object], /) -> None:
        self.done += 1

    def cleanup(self, _: Transition[S, S, object], /) -> None:
        self.undone += 1

    def seen(self) -> tuple[int, int, int]:
        """How often each was called."""
        return self.taken, self.done, self.undone

    def reset(self) -> None:
        """Forget it."""
        self.taken = self.done = self.undone = 0


class SlotWithCallbacks(Slot):
    """The same with callbacks."""

    def before_transition(self, transition: Transition[S, S, object], /) -> None:
        transition.add_after(super().after_transition, transition)
        transition.add_cleanup(super().cleanup, transition)
        self.taken += 1

    def after_transition(self, _: Transition[S, S, object], /) -> None: ...
    def cleanup(self, _: Transition[S, S, object], /) -> None: ...


class SlotInC(Slot):
    """The same with hooks that are implemented in C, which 3.11 counts as calls of their own."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: tuple[list[object], list[object], list[object]] = [], [], []
        before, after, undo = self.calls
        self.before_transition = before.append  # type: ignore[method-assign]
        self.after_transition = after.append  # type: ignore[method-assign]
        self.cleanup = partial(undo.append)  # type: ignore[method-assign]

    def seen(self) -> tuple[int, int, int]:
        before, after, undo = self.calls
        return len(before), len(after), len(undo)

    def reset(self) -> None:
        for each in self.calls:
            each.clear()


class Shallow(Exception):  # noqa: N818 (it is none that goes out)
    """Raised instead of recursing, to warm up."""


class Endless:
    """Shows itself by showing itself, in C; is hashed by hashing itself, in Python."""

    cold = True

    def __repr__(self) -> str:
        if not self.cold:
            raise Shallow
        return repr(self)

    def __call__(self, *_: object) -> None:
        if not self.cold:
            raise Shallow
        self()


endless = Endless()
made_once = OSError("made once")


def raises_made_once(*_: object) -> NoReturn:
    """Raise what needs no room to be made."""
    raise made_once


def with_room(room: int, call: Callable[[], object]) -> BaseException | None:
    """Call it with so little room left below the recursion limit; what it raised."""
    limit = sys.getrecursionlimit()
    lowest = 1
    while True:
        try:
            sys.setrecursionlimit(lowest)
            break
        except RecursionError:
            lowest += 1
    sys.setrecursionlimit(lowest + room)
    try:
        call()
    except BaseException as error:
        return error
    finally:
        sys.setrecursionlimit(limit)
    return None


# A coroutine that was made with the last room there was can neither be awaited nor closed.
at_the_limit = pytest.mark.filterwarnings(
    "ignore:coroutine .* was never awaited:RuntimeWarning",
    "ignore::pytest.PytestUnraisableExceptionWarning",
)


class Recurses(BaseTransform[object]):
    """Recurses when it is told the decision or the outcome."""

    def __init__(self, where: str, how: Callable[..., object]) -> None:
        self.where = where
        self.how = how

    def on_decision(self, _: AnyTransition[object], outcome: Outcome[Any], /) -> None:
        if self.where == "on_decision":
            self.how()

    def after_transition(self, _: AnyTransition[object], outcome: Outcome[Any], /) -> None:
        if self.where == "told":
            self.how()


HOWS: Final[dict[str, Callable[..., object]]] = {
    "in Python": endless,
    "in C": partial(repr, endless),
    "made once": raises_made_once,
}
WHERES: Final = [
    "before_transition",
    "on_decision",
    "commit",
    "after_transition",
    "add_after",
    "told",
]


@at_the_limit
@both
@pytest.mark.parametrize("slot", [Slot, SlotWithCallbacks, SlotInC])
@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize("where", WHERES)
def test_obligations_are_kept_at_the_recursion_limit(
    where: str, how: str, slot: Callable[[], Slot], run: Run
) -> None:
    """However little room is left, what was taken is kept or given back, and it goes out."""
    slots = [slot(), slot()]
    call = HOWS[how]
    rule_of: Any = slots[0], Raises(call, where), slots[1], Recurses(where, call)
    policy = Policy[S, object](*rule_of, name="orders")
    written: list[S] = []

    def commit(state: S, _outcome: Outcome[S]) -> None:
        if where == "commit":
            call()
        written.append(state)

    def start() -> object:
        if run is in_run:
            return policy.run(None, S.A, S.B, commit=commit)
        return drive(policy.arun(None, S.A, S.B, commit=commit))

    went_out: set[str] = set()
    for room in range(40):
        endless.cold = False
        for _ in range(2):
            with logged(), suppress(Shallow, OSError):
                start()
        endless.cold = True
        for each in slots:
            each.reset()
        written.clear()
        with logged():
            error = with_room(room, start)
        if any(each.taken for each in slots) or slot is SlotInC:
            for each in slots:
                gone = (1, 1, 0) if written else (1, 0, 1)
                assert each.seen() in ((0, 0, 0), gone), room
        went_out.add(type(error).__name__)
        vars(made_once).clear()
    assert went_out == {"RecursionError", *["OSError"] * (how == "made once")}


@at_the_limit
@pytest.mark.parametrize("slot", [Slot, SlotWithCallbacks, SlotInC])
@pytest.mark.parametrize("inner", [in_run, in_arun])
def test_runs_in_runs_up_to_the_recursion_limit(slot: Callable[[], Slot], inner: Run) -> None:
    """Each run, however near to the limit, gives back what it took; the RecursionError goes out."""
    again = True

    @rule(from_states={S.A}, to_states={S.B})
    def run_again(_: Transition[S, S, object]) -> None:
        if again:
            start()

    slots = [slot(), slot()]
    entries: Any = slots[0], run_again, slots[1]
    policy = Policy[S, object](*entries)

    def start() -> object:
        if inner is in_run:
            return policy.run(None, S.A, S.B)
        return drive(policy.arun(None, S.A, S.B))

    for room in range(100, 112):
        again = False
        start()
        again = True
        for each in slots:
            each.reset()
        error = with_room(room, start)
        assert type(error) is RecursionError
        taken, done, undone = slots[0].seen()
        assert taken > 3
        assert (done, undone) == (0, taken)
        assert slots[1].seen() == (0, 0, 0)


@at_the_limit
@both
def test_a_commit_that_answers_with_an_exception_at_the_recursion_limit(run: Run) -> None:
    """It has written, and so the after sides are called, however little room is left."""
    slot = Slot()
    entries: Any = (slot,)
    policy = Policy[S, object](*entries)
    written = 0

    def commit(_state: S, _outcome: Outcome[S]) -> BaseException:
        nonlocal written
        written += 1
        return made_once

    def start() -> object:
        if run is in_run:
            return policy.run(None, S.A, S.B, commit=commit)
        return drive(policy.arun(None, S.A, S.B, commit=commit))

    for room in range(20):
        with pytest.raises(OSError, match="made once"):
            start()
        slot.reset()
        written = 0
        error = with_room(room, start)
        assert slot.seen() in ((0, 0, 0), (1, 1, 0) if written else (1, 0, 1))
        assert not written or error is made_once
        vars(made_once).clear()


# --------------------------------------------------------------------------------------------------
# Closing
# --------------------------------------------------------------------------------------------------


@rule(from_states={S.A}, to_states={S.B})
async def hold(_: Transition[S, S, object]) -> None:
    await Pause()


def test_closing_alone_goes_out_as_it_is() -> None:
    """The `GeneratorExit` that was thrown in is the one that goes out."""
    running = AsyncPolicy[S, object](hold).arun(None, S.A, S.B)
    running.send(None)
    closer = GeneratorExit()
    with pytest.raises(GeneratorExit) as caught:
        running.throw(closer)
    assert caught.value is closer
    assert closer.__context__ is None


@pytest.mark.parametrize("fails", [None, LookupError("of the policy's own class")])
@pytest.mark.parametrize("where", ["before_transition", "after_transition", "add_after", "commit"])
def test_a_policy_is_told_what_goes_out(where: str, fails: Exception | None) -> None:
    """`on_exception` of its class has the exception, whose it is and the hook; it cannot harm."""
    told: list[tuple[BaseException, object, str]] = []
    error = OSError("made once")
    entry = Raises(error, where)

    class Told(Policy[S, object]):
        def priority(self) -> tuple[Entry[S, object], ...]:
            return (entry,)

        def on_exception(self, error: BaseException, entry: object, hook: str) -> None:
            told.append((error, entry, hook))
            if fails is not None:
                raise fails

    def commit(_: S, __: Outcome[S]) -> None:
        if where == "commit":
            raise error

    policy = Told()
    with logged() as errors:
        with pytest.raises(OSError, match="made once"):
            policy.run(None, S.A, S.B, commit=commit)
        with pytest.raises(OSError, match="made once"):
            drive(policy.arun(None, S.A, S.B, commit=commit))
    assert told == [(error, None if where == "commit" else entry, where)] * 2
    assert errors == ([] if fails is None else [fails, fails])
    with pytest.raises(StateError):
        policy.run(None, S.A, "a")  # type: ignore[arg-type]  # the mistake
    assert len(told) == 2
