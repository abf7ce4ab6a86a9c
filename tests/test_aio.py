"""What goes on to its end: what a run is told of a write, and what becomes of the cancellation.

Nothing here waits for time to pass: who has to be somewhere says so with an event, and timeouts are
rescheduled to now.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import subprocess
import sys
import weakref
from asyncio import CancelledError, Task
from contextlib import suppress
from contextvars import ContextVar
from enum import Enum
from functools import partial
from itertools import product
from selectors import DefaultSelector
from types import coroutine
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeAlias, TypeVar

import pytest

from bylaws import (
    Accepted,
    AsyncPolicy,
    Delay,
    Outcome,
    Transition,
    abort,
    delay,
    reject,
    rule,
    states,
)
from bylaws.aio import shielded, to_its_end

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Generator

T = TypeVar("T")
Ending: TypeAlias = "Callable[[], BaseException | Delay | None]"


class S(Enum):
    """States."""

    NEW = "new"
    PAID = "paid"


class Row:
    """A row that is written slowly; `ending` is how the write ends: it answers, or raises."""

    def __init__(self, ending: Ending = lambda: None) -> None:
        self.ending = ending
        self.begun = asyncio.Event()
        self.land = asyncio.Event()
        self.landed = asyncio.Event()
        self.leave = asyncio.Event()
        self.last: Callable[[], object] = lambda: None
        """What the write does in its last step."""
        self.written = False
        self.log: list[str] = []

    async def write(self, state: S, _outcome: Outcome[S]) -> BaseException | Delay | None:
        """Land when told to, if it is to be written at all, and end when told to."""
        self.begun.set()
        await self.land.wait()
        self.written = self.ending in (written, adds)
        self.landed.set()
        await self.leave.wait()
        self.last()
        return self.ending()

    def go(self) -> None:
        """Let it land and end."""
        self.land.set()
        self.leave.set()

    async def cancelled(self, when: str, cancel: Callable[[], object]) -> None:
        """Let it land and end, and call `cancel` before, beside or after that, as WHENS has it."""
        await self.begun.wait()
        if when == "landed before":
            self.land.set()
            await self.landed.wait()
            cancel()
            await ticks()
        elif when == "landed meanwhile":
            cancel()
        elif when == "landed after":
            cancel()
            await ticks()
            assert not self.landed.is_set()
        else:
            self.last = cancel
        self.go()


def written() -> None:
    """Be written."""


def adds() -> BaseException:
    """Be written, and add an exception to that."""
    return ConnectionLostError("after the commit")


def refuses() -> Delay:
    """Answer that nothing was written."""
    return delay(1, reason="another was faster")


def fails() -> NoReturn:
    """Fail, with a context."""
    try:
        raise KeyError("no session")
    except KeyError:
        raise ConnectionLostError("before the commit") from None


class ConnectionLostError(Exception):
    """What a database raises."""


WHENS: Final = ("landed before", "landed meanwhile", "landed after", "ended meanwhile")
"""When a write lands, seen from the cancellation; the last one is cancelled in its last step."""
ENDINGS: Final[tuple[Ending, ...]] = (written, adds, refuses, fails)
whenever = pytest.mark.parametrize("when", WHENS)
however = pytest.mark.parametrize(("ending", "when"), list(product(ENDINGS, WHENS)))


async def ticks() -> None:
    """Let everybody go as far as they get by themselves; be struck by what was left behind."""
    for _ in range(20):
        await asyncio.sleep(0)


def later(call: Callable[[], object], turns: int = 2) -> None:
    """Call in so many turns of the loop."""
    loop = asyncio.get_running_loop()
    if turns:
        loop.call_soon(later, call, turns - 1)
    else:
        loop.call_soon(call)


def this_task() -> Task[object]:
    """The task that this is called in."""
    task = asyncio.current_task()
    assert task is not None
    return task


def expire(timeout: asyncio.Timeout) -> None:
    """Let a timeout come now."""
    timeout.reschedule(asyncio.get_running_loop().time())


async def caught(running: Awaitable[object]) -> BaseException:
    """What goes out."""
    try:
        await running
    except BaseException as error:
        return error
    raise AssertionError("nothing was raised")


@rule(from_states=states(S.NEW), to_states=states(S.PAID))
async def hold(t: Transition[S, S, Row]) -> None:
    """Say which side was called, and that it was not cancelled."""

    async def side(name: str) -> None:
        t.context.log.append(name)
        await ticks()
        t.context.log.append("done")

    t.add_after(side, "after")
    t.add_cleanup(side, "cleanup")


POLICY: Final = AsyncPolicy[S, Row](hold)


def arun(row: Row, policy: AsyncPolicy[S, Row] = POLICY) -> Coroutine[Any, Any, Outcome[S]]:
    """A run that writes the row."""
    return policy.arun(row, S.NEW, S.PAID, commit=to_its_end(row.write))


def as_it_ended(row: Row, side: str = "done") -> bool:
    """Whether the run has called what is due, up to its end."""
    called = ["after" if row.ending in (written, adds) else "cleanup", "done"]
    return row.log == called[: called.index(side) + 1] and row.written == (called[0] == "after")


def run(main: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run `main`, and see that asyncio does not complain, as about exceptions that nobody heard."""
    complaints: list[dict[str, Any]] = []

    async def watched() -> T:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, complaint: complaints.append(complaint))
        try:
            return await main()
        finally:
            gc.collect()

    try:
        return asyncio.run(watched())
    finally:
        gc.collect()
        assert not complaints


# ----------------------------------------------------------------------------------------------
# What the write came to, cancelled or not
# ----------------------------------------------------------------------------------------------


def test_a_write_that_nobody_cancels() -> None:
    """The run is as it would be without."""

    async def main() -> None:
        row = Row(written)
        row.go()
        assert await arun(row) == Accepted(S.PAID)
        assert as_it_ended(row)

    run(main)


def test_a_write_that_raises() -> None:
    """Without a cancellation its exception goes out as it is, and all is undone."""

    async def main() -> None:
        row = Row(fails)
        row.go()
        error = await caught(arun(row))
        assert isinstance(error, ConnectionLostError)
        assert isinstance(error.__context__, KeyError)
        names: list[str] = []
        traceback = error.__traceback__
        while traceback is not None:
            names.append(traceback.tb_frame.f_code.co_name)
            traceback = traceback.tb_next
        assert names[0] == "caught"
        assert names[-2:] == ["write", "fails"]
        assert as_it_ended(row)

    run(main)


def test_written_then_an_exception() -> None:
    """A write may itself answer with an exception: the state stands, and that goes out."""

    async def main() -> None:
        row = Row(adds)
        row.go()
        assert isinstance(await caught(arun(row)), ConnectionLostError)
        assert as_it_ended(row)

    run(main)


@however
def test_cancelled_while_it_writes(
    ending: Ending, when: str, caplog: pytest.LogCaptureFixture
) -> None:
    """All sides that are due run undisturbed, then the very cancellation goes out, and is spent."""

    async def main() -> None:
        row = Row(ending)

        async def body() -> None:
            error = await caught(arun(row))
            assert isinstance(error, CancelledError)
            assert error.args == ("enough",)
            assert as_it_ended(row)
            assert this_task().cancelling() == 1
            await ticks()
            notes = [note for note in getattr(error, "__notes__", ()) if "the write" in note]
            assert notes == [f"bylaws: the write that it waited for {noted}."] * bool(noted)

        task = asyncio.create_task(body())
        await row.cancelled(when, lambda: task.cancel("enough"))
        await task

    noted = ""
    if ending is adds:
        noted = "answered with ConnectionLostError('after the commit')"
    elif ending is fails:
        noted = "raised ConnectionLostError('before the commit')"
    run(main)
    assert len(caplog.records) == bool(noted)
    for record in caplog.records:
        assert (record.name, record.levelno) == ("bylaws", logging.ERROR)
        assert record.getMessage() == (
            f"A write {'raised' if ending is fails else 'answered with'} an exception, "
            "and its caller was cancelled meanwhile."
        )
        assert record.exc_info
        assert isinstance(record.exc_info[1], ConnectionLostError)


def test_the_task_of_a_cancelled_run_is_cancelled() -> None:
    """A task that is a run, and nothing else, counts as cancelled."""

    async def main() -> None:
        row = Row()
        task = asyncio.create_task(arun(row))
        await row.cancelled("landed after", task.cancel)
        await asyncio.wait([task])
        assert task.cancelled()

    run(main)


@whenever
def test_cancelled_three_times(when: str) -> None:
    """However often it is cancelled, it waits; the first goes out, all are counted and spent."""

    async def main() -> None:
        row = Row(written)

        async def body() -> None:
            error = await caught(arun(row, AsyncPolicy[S, Row]()))
            assert error.args == ("first",)
            assert this_task().cancelling() == 3
            assert row.written
            await ticks()

        def cancel() -> None:
            task.cancel("first")
            if when in ("landed before", "landed after"):
                later(lambda: task.cancel("second"), 4)
                later(lambda: task.cancel("third"), 8)
            else:  # it will have ended by then
                task.cancel("second")
                task.cancel("third")

        task = asyncio.create_task(body())
        await row.cancelled(when, cancel)
        await task

    run(main)


def test_cancelled_before_it_begins() -> None:
    """A cancellation that is due when the commit is called comes out of it: no write is begun."""

    async def main() -> None:
        row = Row(fails)
        row.go()

        @rule(from_states=states(S.NEW), to_states=states(S.PAID))
        def cancel(t: Transition[S, S, Row]) -> None:
            this_task().cancel("enough")

        error = await caught(arun(row, AsyncPolicy[S, Row](hold, cancel)))
        assert error.args == ("enough",)
        assert not row.begun.is_set()
        assert as_it_ended(row)

    run(main)


@pytest.mark.parametrize(
    "answer",
    [refuses(), abort(reason="gone"), reject(reason="stay"), KeyboardInterrupt(), SystemExit()],
    ids=lambda answer: type(answer).__name__,
)
def test_other_answers(answer: object) -> None:
    """A refusal makes way for a cancellation, which is raised; an interrupt does not."""

    @to_its_end
    async def write(go: asyncio.Event) -> object:
        begun.set()
        await go.wait()
        return answer

    begun = asyncio.Event()

    async def main() -> None:
        go = asyncio.Event()
        task = asyncio.create_task(write(go))
        await begun.wait()
        task.cancel()
        go.set()
        await asyncio.wait([task])
        if isinstance(answer, BaseException):
            assert task.result() is answer
        else:
            assert task.cancelled()
        assert await write(go) is answer

    run(main)


def test_an_exception_that_cannot_be_shown() -> None:
    """What stands does not depend on whether what was added to it can be told."""

    class UnspeakableError(Exception):
        """One that has no text."""

        def __repr__(self) -> str:
            raise ValueError("no text")

    async def main() -> None:
        begun, go = asyncio.Event(), asyncio.Event()

        @to_its_end
        async def write() -> BaseException:
            begun.set()
            await go.wait()
            return UnspeakableError()

        task = asyncio.create_task(write())
        await begun.wait()
        task.cancel()
        go.set()
        assert isinstance(await task, CancelledError)

    run(main)


@pytest.mark.parametrize("too", [False, True], ids=["alone", "with its caller"])
def test_a_write_that_is_cancelled_itself(too: bool) -> None:
    """It is taken to have written nothing; the caller's cancellation goes out, if there is one."""

    def ending() -> NoReturn:
        raise CancelledError("by the driver")

    async def main() -> None:
        row = Row(ending)

        async def body() -> None:
            error = await caught(arun(row))
            assert error.args == ("enough" if too else "by the driver",)
            assert this_task().cancelling() == too
            assert as_it_ended(row)

        task = asyncio.create_task(body())
        await row.cancelled("landed after", lambda: too and task.cancel("enough"))
        await task

    run(main)


# ----------------------------------------------------------------------------------------------
# Timeouts, groups and loops
# ----------------------------------------------------------------------------------------------


@however
def test_a_timeout_around_a_run(ending: Ending, when: str) -> None:
    """It gives its TimeoutError, whatever the write came to, and leaves nothing behind."""

    async def main() -> None:
        row, timeout = Row(ending), asyncio.timeout(None)

        async def body() -> None:
            async with timeout:
                await arun(row)

        beside = asyncio.create_task(row.cancelled(when, partial(expire, timeout)))
        error = await caught(body())
        assert isinstance(error, TimeoutError)
        assert isinstance(error.__cause__, CancelledError)
        assert this_task().cancelling() == 0
        await ticks()
        await beside
        assert as_it_ended(row)

    run(main)


def test_a_timeout_around_a_timeout() -> None:
    """When both come while it writes the outer one has its way, and nothing is left behind."""

    async def main() -> None:
        row, outer, inner = Row(written), asyncio.timeout(None), asyncio.timeout(None)
        inside: list[type[BaseException]] = []

        async def body() -> None:
            async with inner:
                await arun(row)

        async def around() -> None:
            async with outer:
                error = await caught(body())
                inside.append(type(error))
                raise error

        def cancel() -> None:
            expire(inner)
            later(partial(expire, outer))

        beside = asyncio.create_task(row.cancelled("landed after", cancel))
        assert isinstance(await caught(around()), TimeoutError)
        assert inside == [CancelledError]
        assert this_task().cancelling() == 0
        await ticks()
        await beside
        assert as_it_ended(row)

    run(main)


def test_a_timeout_inside_the_write() -> None:
    """It cancels the write's own task, and comes to what the write makes of it."""

    async def main() -> None:
        row = Row(fails)

        async def write(_state: S, _outcome: Outcome[S]) -> None:
            async with asyncio.timeout(0):
                await row.land.wait()

        running = POLICY.arun(row, S.NEW, S.PAID, commit=to_its_end(write))
        assert isinstance(await caught(running), TimeoutError)
        assert as_it_ended(row)

    run(main)


@whenever
@pytest.mark.parametrize("inside", ["a task of it", "its body"])
def test_a_group_of_tasks(when: str, inside: str) -> None:
    """When one task fails while another writes the group reports that failure, and nothing else."""

    async def main() -> None:
        row, failing = Row(written), asyncio.Event()

        async def fail() -> None:
            await failing.wait()
            raise ValueError("the other task")

        async def body() -> None:
            async with asyncio.TaskGroup() as group:
                group.create_task(fail())
                if inside == "its body":
                    await arun(row)
                else:
                    group.create_task(arun(row))
                await ticks()

        beside = asyncio.create_task(row.cancelled(when, failing.set))
        error = await caught(body())
        exceptions: tuple[Exception, ...] = getattr(error, "exceptions", ())
        assert [str(each) for each in exceptions] == ["the other task"]
        await ticks()
        await beside
        assert as_it_ended(row)

    run(main)


@however
def test_a_loop_of_runs(ending: Ending, when: str) -> None:
    """A loop that is cancelled in its second round ends in it, though it goes on after errors."""

    async def main() -> None:
        rows = [Row(written), Row(ending), *[Row(written) for _ in range(198)]]
        for row in rows:
            if row is not rows[1]:
                row.go()

        async def loop() -> None:
            for row in rows:
                with suppress(ConnectionLostError):
                    await arun(row)

        task = asyncio.create_task(loop())
        await rows[1].cancelled(when, task.cancel)
        await asyncio.wait([task])
        assert task.cancelled()
        assert [row.begun.is_set() for row in rows].count(True) == 2
        assert as_it_ended(rows[1])

    run(main)


# ----------------------------------------------------------------------------------------------
# The write's task
# ----------------------------------------------------------------------------------------------


def test_context_variables() -> None:
    """The write sees the caller's; what it sets stays in its own task."""
    request: ContextVar[str] = ContextVar("request")

    @to_its_end
    async def write() -> str:
        seen = request.get()
        request.set("the write's")
        return seen

    async def main() -> None:
        request.set("the caller's")
        assert await write() == "the caller's"
        assert request.get() == "the caller's"

    run(main)


def test_the_end_of_asyncio_run_waits_for_a_write() -> None:
    """The tasks that are left then are cancelled, but not those of writes, which they wait for."""

    async def main() -> tuple[Row, Task[Outcome[S]]]:
        row = Row(written)
        task = asyncio.create_task(arun(row))
        await row.begun.wait()
        later(row.go, 50)
        return row, task

    row, task = run(main)
    assert task.cancelled()
    assert as_it_ended(row)


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit])
def test_an_interrupt_inside_a_write(kind: type[BaseException]) -> None:
    """It ends the loop, as out of any task, and the run is cleaned up while the loop shuts down."""

    def ending() -> NoReturn:
        raise kind

    row: list[Row] = []

    async def main() -> None:
        row.append(Row(ending))
        row[0].go()
        await arun(row[0])

    with pytest.raises(kind):
        run(main)
    assert as_it_ended(row[0])


def test_a_run_that_is_closed_while_it_writes() -> None:
    """It cannot wait, and is taken to have written nothing. The write goes on by itself."""

    @coroutine
    def close(running: Coroutine[Any, Any, object], row: Row) -> Generator[None]:
        while running.send(None) is None:
            yield
        while not row.begun.is_set():
            yield
        running.close()

    async def main() -> None:
        row = Row(written)

        @rule(from_states=states(S.NEW), to_states=states(S.PAID))
        def hold_plainly(t: Transition[S, S, Row]) -> None:
            t.add_cleanup(row.log.append, "cleanup")

        await close(arun(row, AsyncPolicy[S, Row](hold_plainly)), row)
        assert row.log == ["cleanup"]
        row.go()
        await ticks()
        assert row.written

    run(main)


def test_nothing_is_kept_alive() -> None:
    """What is raised, answered or cancelled with goes with its last user, not by the collector."""
    kept: list[weakref.ref[object]] = []

    class Thing:
        """Something that can be referred to weakly."""

        def __init__(self) -> None:
            kept.append(weakref.ref(self))

    async def raises() -> object:
        raise ConnectionLostError(Thing())

    async def answers() -> object:
        return ConnectionLostError(Thing())

    async def is_cancelled() -> object:
        raise CancelledError(Thing())

    async def use(
        whole: Callable[..., Any], write: Callable[[], Awaitable[object]], cancels: bool
    ) -> None:
        begun, go = asyncio.Event(), asyncio.Event()

        async def slowly() -> object:
            begun.set()
            await go.wait()
            return await write()

        async def caller() -> None:
            with suppress(ConnectionLostError, CancelledError):
                await whole(slowly)()

        task = asyncio.create_task(caller())
        await begun.wait()
        if cancels:
            task.cancel(Thing())
            await ticks()
        go.set()
        await task

    async def main() -> None:
        gc.collect()
        gc.disable()
        try:
            for whole, write, cancels in product(
                (to_its_end, shielded), (raises, answers, is_cancelled), (False, True)
            ):
                await use(whole, write, cancels)
                await ticks()
                assert kept
                assert [ref for ref in kept if ref()] == [], (whole, write, cancels)
        finally:
            gc.enable()

    logger = logging.getLogger("bylaws")
    logger.disabled = True  # its records would be kept by pytest
    try:
        run(main)
    finally:
        logger.disabled = False


@pytest.mark.skipif(sys.version_info < (3, 12), reason="asyncio has no eager tasks")
@pytest.mark.parametrize("waits", [False, True])
def test_eager_tasks(waits: bool) -> None:
    """A loop that starts tasks at once, and perhaps ends them so, makes no difference."""

    async def main() -> None:
        factory: Any = vars(asyncio)["eager_task_factory"]
        asyncio.get_running_loop().set_task_factory(factory)
        row = Row(written)
        if waits:
            task = asyncio.create_task(arun(row))
            await row.cancelled("landed after", task.cancel)
            assert isinstance(await caught(task), CancelledError)
        else:
            row.go()
            assert await arun(row) == Accepted(S.PAID)
        assert as_it_ended(row)

    run(main)


def test_as_a_decorator() -> None:
    """It keeps the name and the docstring of what it decorates, and a method stays one."""

    class Lease:
        """Something to take."""

        taken = False

        @to_its_end
        async def take(self, *, anew: bool) -> bool:
            """Take it."""
            return self.taken or anew

    async def main() -> None:
        assert await Lease().take(anew=True) is True
        assert await Lease().take(anew=False) is False

    assert (Lease.take.__name__, Lease.take.__doc__) == ("take", "Take it.")
    run(main)


# ----------------------------------------------------------------------------------------------
# shielded: what is no commit
# ----------------------------------------------------------------------------------------------

DUES: Final = ("due already", "before it begins", "meanwhile", "twice", "never")
"""When the caller of what is shielded is cancelled."""


@pytest.mark.parametrize("ending", [written, fails])
@pytest.mark.parametrize("due", DUES)
def test_what_is_shielded_is_done(due: str, ending: Callable[[], None]) -> None:
    """Whenever the caller is cancelled: it begins and ends, and then the cancellation goes out."""

    async def main() -> None:
        begun, go, done = asyncio.Event(), asyncio.Event(), list[str]()

        @shielded
        async def work(result: str) -> str:
            begun.set()
            await go.wait()
            done.append(result)
            ending()
            return result

        async def caller() -> str:
            if due == "due already":
                this_task().cancel("first")
            return await work("result")

        task = asyncio.create_task(caller())
        if due == "before it begins":
            await asyncio.sleep(0)  # the caller waits for what has not begun
            assert not begun.is_set()
            task.cancel("first")
        await begun.wait()
        if due in ("meanwhile", "twice"):
            task.cancel("first")
            await ticks()
        if due == "twice":
            task.cancel("second")
            await ticks()
        assert not done
        go.set()
        quiet = due == "never" and ending is written
        came = await task if quiet else await caught(task)
        assert done == ["result"]
        if due == "never":
            assert came == "result" if quiet else isinstance(came, ConnectionLostError)
        else:
            assert isinstance(came, CancelledError)
            assert came.args == ("first",)
            assert len(getattr(came, "__notes__", [])) == (ending is fails)
        assert this_task().cancelling() == 0

    run(main)


def test_a_shielded_cleanup_is_done_by_who_is_cancelled_twice() -> None:
    """The first cancellation strikes the commit; the second is due when the cleanup begins."""

    async def main() -> None:
        slots = ["slot"]

        @shielded
        async def give_back(slot: str) -> None:
            await asyncio.sleep(0)
            slots.append(slot)

        @rule(from_states=states(S.NEW), to_states=states(S.PAID))
        def take(t: Transition[S, S, None]) -> None:
            t.add_cleanup(give_back, slots.pop())

        async def write(_state: S, _outcome: Outcome[S]) -> None:
            try:
                this_task().cancel("first")
                await asyncio.sleep(0)
            finally:
                this_task().cancel("second")

        policy = AsyncPolicy[S, None](take)
        task = asyncio.create_task(policy.arun(None, S.NEW, S.PAID, commit=write))
        error = await caught(task)
        assert (error.args, slots) == (("first",), ["slot"])

    run(main)


def test_a_timeout_around_what_is_shielded() -> None:
    """It waits to the end, and is a timeout then; the next await is not struck."""

    async def main() -> None:
        done: list[str] = []

        @shielded
        async def work() -> None:
            expire(timeout)
            await ticks()
            done.append("done")

        timeout = asyncio.timeout(None)

        async def within() -> None:
            async with timeout:
                await work()

        assert isinstance(await caught(within()), TimeoutError)
        assert done == ["done"]
        await ticks()
        assert this_task().cancelling() == 0

    run(main)


@pytest.mark.spawns
def test_the_package_does_not_import_it() -> None:
    """Who does not use asyncio does not import it."""
    code = "import sys, bylaws; print({'bylaws.aio', 'asyncio'} & {*sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


# ----------------------------------------------------------------------------------------------
# anyio, and trio
# ----------------------------------------------------------------------------------------------


@however
def test_a_scope_of_anyio(ending: Ending, when: str) -> None:
    """On asyncio it catches its cancellation, in that round, and leaves nothing behind."""
    anyio = pytest.importorskip("anyio", reason="needs the extra: test")

    async def main() -> None:
        row, following = Row(ending), Row()
        with anyio.CancelScope() as scope:
            beside = asyncio.create_task(row.cancelled(when, scope.cancel))
            for each in (row, following):
                with suppress(ConnectionLostError):
                    await arun(each)
        await beside
        assert scope.cancelled_caught
        assert this_task().cancelling() == 0
        await ticks()
        assert not following.begun.is_set()
        # The scope cancels anew at each await, so also in the side, which suspends.
        assert as_it_ended(row, row.log[0])

    run(main)


def test_a_scope_of_anyio_that_is_cancelled_already() -> None:
    """In it no write is begun."""
    anyio = pytest.importorskip("anyio", reason="needs the extra: test")

    async def main() -> None:
        row = Row()
        with anyio.CancelScope() as scope:
            scope.cancel()
            await arun(row, AsyncPolicy[S, Row]())
        assert scope.cancelled_caught
        await ticks()
        assert not row.begun.is_set()

    run(main)


@pytest.mark.parametrize("first", ["scope", "timeout"])
@pytest.mark.parametrize("outer", ["scope", "timeout"])
def test_a_scope_of_anyio_and_a_timeout(first: str, outer: str) -> None:
    """Both come while it writes: the outer one has its way, and nothing is left behind."""
    anyio = pytest.importorskip("anyio", reason="needs the extra: test")

    async def main() -> None:
        row, timeout, scope = Row(written), asyncio.timeout(None), anyio.CancelScope()

        async def timeout_inside() -> None:
            with scope:
                with suppress(TimeoutError):
                    async with timeout:
                        await arun(row, AsyncPolicy[S, Row]())
                await ticks()
            assert scope.cancelled_caught

        async def scope_inside() -> None:
            async with timeout:
                with scope:
                    await arun(row, AsyncPolicy[S, Row]())
                await ticks()

        def cancel() -> None:
            calls = [scope.cancel, partial(expire, timeout)]
            calls[first == "timeout"]()
            later(calls[first == "scope"])

        beside = asyncio.create_task(row.cancelled("landed after", cancel))
        if outer == "scope":
            await timeout_inside()
        else:
            assert isinstance(await caught(scope_inside()), TimeoutError)
        await beside
        assert this_task().cancelling() == 0
        await ticks()
        assert row.written

    run(main)


class Idle(DefaultSelector):
    """What a loop polls with. It calls back when the loop is idle; one that spins never is."""

    def __init__(self) -> None:
        super().__init__()
        self.polls = 0
        self.when_idle: Callable[[], object] | None = None

    def select(self, timeout: float | None = None) -> Any:
        """Poll."""
        if self.when_idle is not None:
            self.polls += 1
            if timeout != 0:
                self.when_idle()
                self.when_idle, timeout = None, 0
            assert self.polls < 1_000, "it spins"
        return super().select(timeout)


def test_waiting_does_not_spin() -> None:
    """A cancelled scope of anyio leaves the loop alone until the write has ended."""
    anyio = pytest.importorskip("anyio", reason="needs the extra: test")
    selector = Idle()

    async def main() -> None:
        row = Row(written)

        async def write(state: S, outcome: Outcome[S]) -> None:
            scope.cancel()
            selector.when_idle = row.go
            await row.write(state, outcome)

        policy = AsyncPolicy[S, Row]()
        with anyio.CancelScope() as scope:
            await policy.arun(row, S.NEW, S.PAID, commit=to_its_end(write))
        assert scope.cancelled_caught
        assert row.written

    with asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(selector)) as runner:
        runner.run(main())


def test_what_is_shielded_begins_in_a_cancelled_scope_of_anyio() -> None:
    """Though the scope cancels at every await: once is enough, and the loop does not spin."""
    anyio = pytest.importorskip("anyio", reason="needs the extra: test")
    selector, done = Idle(), list[str]()

    async def main() -> None:
        go = asyncio.Event()

        @shielded
        async def work() -> None:
            selector.when_idle = go.set
            await go.wait()
            done.append("done")

        with anyio.CancelScope() as scope:
            scope.cancel()
            await work()
            done.append("never")
        assert scope.cancelled_caught
        await ticks()
        assert this_task().cancelling() == 0

    with asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(selector)) as runner:
        runner.run(main())
    assert done == ["done"]


def test_what_is_shielded_on_trio() -> None:
    """There it raises before anything is begun, and says what to do."""
    trio = pytest.importorskip("trio", reason="needs the extra: test")
    done: list[str] = []

    async def work() -> None:
        done.append("done")

    with pytest.raises(RuntimeError, match=r"shielded\(\) is for tasks of asyncio\. On trio"):
        trio.run(shielded(work))
    assert not done


def test_on_trio() -> None:
    """There it raises before anything is written, and says what to do; the run is cleaned up."""
    trio = pytest.importorskip("trio", reason="needs the extra: test")
    log: list[str] = []

    @rule(from_states=states(S.NEW), to_states=states(S.PAID))
    def take(t: Transition[S, S, None]) -> None:
        t.add_cleanup(log.append, "given back")

    async def write(_state: S, _outcome: Outcome[S]) -> None:
        log.append("written")

    async def main() -> None:
        policy = AsyncPolicy[S, None](take)
        with pytest.raises(RuntimeError, match=r"tasks of asyncio\. On trio"):
            await policy.arun(None, S.NEW, S.PAID, commit=to_its_end(write))

    trio.run(main)
    assert log == ["given back"]


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_shielded_scope_instead(backend: str) -> None:
    """On trio, and against anyio, the write may shield itself; the next await is struck."""
    anyio = pytest.importorskip("anyio", reason="needs the extra: test")
    pytest.importorskip(backend, reason="needs the extra: test")
    log: list[str] = []

    @rule(from_states=states(S.NEW), to_states=states(S.PAID))
    def take(t: Transition[S, S, None]) -> None:
        t.add_after(log.append, "kept")
        t.add_cleanup(log.append, "given back")

    async def main() -> None:
        policy = AsyncPolicy[S, None](take)
        with anyio.CancelScope() as scope:

            async def commit(_state: S, _outcome: Outcome[S]) -> None:
                with anyio.CancelScope(shield=True):
                    scope.cancel()
                    await anyio.sleep(0)
                    log.append("written")

            for _ in range(200):
                await policy.arun(None, S.NEW, S.PAID, commit=commit)
                await anyio.sleep(0)
        assert scope.cancelled_caught

    anyio.run(main, backend=backend)
    assert log == ["written", "kept"]


def test_without_anyio_it_waits_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nobody has imported anyio there are no scopes of it to keep out."""
    monkeypatch.delitem(sys.modules, "anyio")

    async def main() -> None:
        begun, go = asyncio.Event(), asyncio.Event()

        async def write() -> None:
            begun.set()
            await go.wait()

        task = asyncio.create_task(to_its_end(write)())
        await begun.wait()
        for _ in range(2):
            task.cancel()
            await asyncio.sleep(0)
        go.set()
        assert isinstance(await task, asyncio.CancelledError)

    asyncio.run(main())
