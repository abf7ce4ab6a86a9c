"""Telling: each observer once at the start and once at the end, and none can break a run."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from functools import partial
from itertools import product
from typing import Any

import pytest

from bylaws import AsyncPolicy, Outcome, Policy, Transition, rule
from bylaws.observers import Observer, RunRecord, RunStart, at_end, observed
from tests.cast import OUTCOMES, S, answering, good
from tests.model import Pause, drive, logged

Order = list[str]


def telling(
    order: Order,
    name: str,
    at_start: BaseException | None = None,
    at_the_end: BaseException | None = None,
) -> Observer:
    """An observer that writes down when it is told, and then raises what it is to raise."""

    def end(record: RunRecord) -> None:
        order.append(f"{name} {record.came_to}")
        if at_the_end is not None:
            raise at_the_end

    def start(_: RunStart) -> Callable[[RunRecord], None]:
        order.append(f"{name} starts")
        if at_start is not None:
            raise at_start
        return end

    return start


def writing(order: Order) -> Policy[S, BaseException | None]:
    """A policy whose rule writes down that it is called, and raises its context."""

    @rule(from_states={S.A}, to_states={S.B})
    def hook(t: Transition[S, S, BaseException | None]) -> None:
        order.append("hook")
        if t.context is not None:
            raise t.context

    return Policy[S, BaseException | None](hook, name="orders")


def in_run(policy: Policy[S, Any], context: Any = None) -> Outcome[S]:
    """Run from A to B."""
    return policy.run(context, S.A, S.B)


def in_arun(policy: Policy[S, Any], context: Any = None) -> Outcome[S]:
    """The same in `arun`."""
    return drive(policy.arun(context, S.A, S.B))


both = pytest.mark.parametrize("run", [in_run, in_arun])


@both
def test_the_first_encloses_the_others(run: Any) -> None:
    """Starts are told in order, before any hook, and ends in reverse, after everything."""
    order: Order = []
    run(observed(writing(order), telling(order, "a"), telling(order, "b")))
    assert order == ["a starts", "b starts", "hook", "b accepted", "a accepted"]


@both
def test_it_is_told_what_the_caller_gets(run: Any) -> None:
    """The outcome itself, and the exception itself."""
    records: list[RunRecord] = []
    policy = observed(answering, at_end(records.append))
    outcomes = [run(policy, number) for number in range(len(OUTCOMES))]
    assert outcomes == OUTCOMES
    assert [each.outcome for each in records] == outcomes
    assert all(each.outcome is outcome for each, outcome in zip(records, outcomes, strict=True))
    error = KeyError()
    with pytest.raises(KeyError) as caught:
        run(observed(writing([]), at_end(records.append)), error)
    assert records[-1].error is caught.value is error


@both
def test_no_end_is_asked_for(run: Any) -> None:
    """Whoever returns `None` at the start is told nothing at the end."""
    starts: list[RunStart] = []
    run(observed(writing([]), starts.append))
    assert [(each.policy, each.move) for each in starts] == [("orders", "S.A -> S.B")]
    assert not isinstance(starts[0], RunRecord)
    with pytest.raises(KeyError):
        run(observed(writing([]), starts.append), KeyError())
    assert len(starts) == 2


ERROR = ValueError("of an observer")


@both
@pytest.mark.parametrize("context", [None, KeyError()])
def test_an_observer_that_raises_breaks_nothing(
    run: Any, context: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """At the start or the end: the run is as ever, the others are told, the error is logged."""
    order: Order = []
    policy = observed(
        writing(order),
        telling(order, "a"),
        telling(order, "b", at_start=ERROR),
        telling(order, "c", at_the_end=ERROR),
        telling(order, "d"),
    )
    if context is None:
        assert run(policy).state is S.B
    else:
        with pytest.raises(KeyError) as caught:
            run(policy, context)
        assert caught.value is context
        assert caught.value.__context__ is None
    end = "accepted" if context is None else "raised"
    starts = ["a starts", "b starts", "c starts", "d starts"]
    assert order == [*starts, "hook", f"d {end}", f"c {end}", f"a {end}"]
    text = "orders: the observer start raised ValueError; the run is not touched by it"
    assert [(each.name, each.levelno, each.getMessage()) for each in caplog.records] == [
        ("bylaws", logging.ERROR, text),
        ("bylaws", logging.ERROR, text),
    ]
    assert all(each.exc_info and each.exc_info[1] is ERROR for each in caplog.records)


def test_its_name_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """An observer is called as entries are: its `name`, its function's, or its class's."""

    class Counts:
        def __call__(self, start: RunStart) -> None:
            raise ERROR

    class Named(Counts):
        name = "the counter"

    def audit(record: RunRecord) -> None:
        raise ERROR

    policy = observed(writing([]), Counts(), Named(), at_end(audit), at_end(partial(audit)))
    policy.run(None, S.A, S.B)
    assert [each.getMessage().split(" raised")[0] for each in caplog.records] == [
        "orders: the observer Counts",
        "orders: the observer the counter",
        "orders: the observer partial",
        "orders: the observer audit",
    ]


def test_what_logging_raises_breaks_nothing() -> None:
    """A log filter that raises, in its turn, is not worth the run either."""

    def filtered(_: logging.LogRecord) -> bool:
        raise ERROR

    logger = logging.getLogger("bylaws")
    logger.addFilter(filtered)
    try:
        policy = observed(writing([]), telling([], "a", ERROR), telling([], "b", None, ERROR))
        assert policy.run(None, S.A, S.B).state is S.B  # type: ignore[union-attr]  # accepted
    finally:
        logger.removeFilter(filtered)


@both
def test_an_interrupt_at_the_start_starts_no_run(run: Any) -> None:
    """It goes out, no hook is called, and who has been told of the start is told of it."""
    order: Order = []
    records: list[RunRecord] = []
    error = KeyboardInterrupt()
    policy = observed(
        writing(order),
        at_end(records.append),
        telling(order, "a"),
        telling(order, "b", at_start=error),
        telling(order, "c"),
    )
    with pytest.raises(KeyboardInterrupt) as caught:
        run(policy)
    assert caught.value is error
    assert order == ["a starts", "b starts", "a raised"]
    assert (records[0].error, records[0].phase, records[0].entry) == (error, None, None)


EXITS = [KeyboardInterrupt(), SystemExit(), asyncio.CancelledError(), ERROR]


def urgency(error: BaseException | None) -> int:
    """As of the exceptions of a run."""
    if isinstance(error, KeyboardInterrupt | SystemExit):
        return 0
    return 1 if isinstance(error, asyncio.CancelledError) else 2 if error else 3


@both
@pytest.mark.parametrize(("mine", "first", "second"), [*product([None, *EXITS], EXITS, EXITS)])
def test_an_interrupt_at_the_end_goes_out_when_all_are_told(
    run: Any, mine: BaseException | None, first: BaseException, second: BaseException
) -> None:
    """The most urgent goes out, the run's before the observers'; an `Exception` of theirs never."""
    order: Order = []
    policy = observed(
        writing(order),
        telling(order, "a"),
        telling(order, "b", at_the_end=second),
        telling(order, "c", at_the_end=first),
    )
    theirs = [error for error in (first, second) if not isinstance(error, Exception)]
    expected = min([mine, *theirs], key=urgency)
    left: BaseException | None = None
    with logged():
        try:
            run(policy, mine)
        except BaseException as error:
            left = error
    assert left is expected
    assert [each[0] for each in order] == ["a", "b", "c", "h", "c", "b", "a"]


@pytest.mark.parametrize("made", ["start", "end"])
def test_an_async_observer_is_told_that_it_cannot_be(
    made: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Observers are plain functions; a coroutine is closed, and the mistake logged."""

    async def waits(_: object) -> None: ...

    observer: Any = waits if made == "start" else at_end(waits)  # type: ignore[arg-type]  # the mistake
    observed(writing([]), observer).run(None, S.A, S.B)
    (record,) = caplog.records
    assert record.exc_info
    assert "it returned a coroutine" in str(record.exc_info[1])
    assert "observers are plain functions, for arun() too" in str(record.exc_info[1])


def test_what_is_no_end_is_told_so(caplog: pytest.LogCaptureFixture) -> None:
    """What a start returned that cannot be called is a logged `TypeError`."""

    def observer(_: RunStart) -> Any:
        return 1

    observed(writing([]), observer).run(None, S.A, S.B)
    (record,) = caplog.records
    assert record.exc_info
    assert str(record.exc_info[1]) == (
        "it returned a int, where a function to be called at the end, or None is wanted"
    )


def test_a_coroutine_that_never_began_is_not_told() -> None:
    """What is closed before its first step was no run."""
    order: Order = []
    observed(writing(order), telling(order, "a")).arun(None, S.A, S.B).close()
    assert order == []


@pytest.mark.parametrize("how", ["close", "cancel", "drop"])
def test_a_coroutine_that_is_closed_is_told_once(how: str) -> None:
    """Closed, cancelled, or dropped while it waits: `cancelled`, with the hook that was waiting."""
    order: Order = []
    records: list[RunRecord] = []

    @rule(from_states={S.A}, to_states={S.B})
    async def waits(_: Transition[S, S, object]) -> None:
        await Pause()

    policy = observed(AsyncPolicy[S](good, waits), telling(order, "a"), at_end(records.append))
    running = policy.arun(None, S.A, S.B)
    running.send(None)
    if how == "cancel":
        with pytest.raises(asyncio.CancelledError):
            running.throw(asyncio.CancelledError())
    elif how == "close":
        running.close()
    del running
    assert order == ["a starts", "a cancelled"]
    assert (records[0].phase, records[0].entry) == ("before_transition", waits)
