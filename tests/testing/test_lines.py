"""Lines: who is told of them, and that everybody else's tracing is as it was."""

from __future__ import annotations

import contextlib
import inspect
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import CodeType, FrameType, SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from bylaws.testing import StrikeError, assert_undone
from bylaws.testing.errors import HangError
from bylaws.testing.striking.lines import Lines, Traced, lines
from bylaws.testing.striking.watch import Watch
from tests.testing.zoo import S, before, fresh, slots, takes_in_one

if TYPE_CHECKING:
    from _typeshed import TraceFunction

ROOT = Path(__file__).parent.parent.parent
HERE = __file__


class Heard:
    """Who listens."""

    def __init__(self, raises_at: int | None = None) -> None:
        self.functions: list[str] = []
        self.lines: list[int] = []
        self.hung = False
        self._raises_at = raises_at

    def started(self, frame: FrameType, /) -> None:
        """A function begins."""
        self.functions.append(frame.f_code.co_name)

    def line(self, frame: FrameType, number: int, /) -> None:
        """A line is about to be executed."""
        self.lines.append(number - frame.f_code.co_firstlineno)
        if frame.f_code is tells.__code__ and self.lines[-1] == self._raises_at:
            raise StrikeError

    def seconds_left(self) -> float:
        """So much longer may it take."""
        return 0.05

    def cut_off(self) -> None:
        """It has taken too long."""
        self.hung = True


def is_here(code: CodeType) -> bool:
    return code.co_filename == HERE


def tells() -> str:
    first = "one"
    second = "two"
    return first + second + str(os.sep)


def heard_while(listening: Lines, call: Callable[[], object]) -> None:
    """Call something, and listen."""
    former = sys.gettrace()
    listening.open()
    trace = listening.on(needed=True)
    try:
        if trace is not None:
            sys.settrace(trace)
        call()
    finally:
        if trace is not None:
            sys.settrace(former)
        listening.off()
        listening.close()


def test_lines_are_told() -> None:
    """Of the files that are asked for, and in their order."""
    heard = Heard()
    listening = lines(is_here, heard)
    heard_while(listening, tells)
    tells()
    assert "tells" in heard.functions
    assert heard.lines[:3] == [1, 2, 3]


@pytest.mark.spawns
def test_other_threads_are_left_alone() -> None:
    """Only lines of the thread that listens are told."""
    heard = Heard()
    listening = lines(is_here, heard)

    def elsewhere() -> None:
        thread = threading.Thread(target=tells)
        thread.start()
        thread.join()

    heard_while(listening, elsewhere)
    assert "tells" not in heard.functions


def test_a_trace_function_is_called_by_hand() -> None:
    """It follows the functions that are asked for, and tells a start from a coroutine going on."""
    heard = Heard()
    traced = Traced(is_here, heard)
    traced.open()
    frame = inspect.currentframe()
    assert frame is not None
    follow = traced.called(frame, "call", None)
    assert follow is not None
    assert heard.functions == []  # it has begun long ago
    for event in ("line", "return"):
        assert follow(frame, event, None) is not None
    assert len(heard.lines) == 1
    outside = frame.f_back
    assert outside is not None
    assert traced.called(outside, "call", None) is None
    traced.close()


def test_a_trace_function_sees_a_function_begin() -> None:
    """A frame that stands on the line of its `def` begins."""
    heard = Heard()
    code = tells.__code__
    frame = SimpleNamespace(f_code=code, f_lineno=code.co_firstlineno)
    Traced(is_here, heard).called(cast("FrameType", frame), "call", None)
    assert heard.functions == ["tells"]


@pytest.mark.spawns
def test_what_hangs_where_nothing_is_traced_any_more_is_cut_off() -> None:
    """A tracer that raises is taken off; what is executed then is watched, also a second time."""
    heard = Heard(raises_at=2)
    traced = Traced(is_here, heard)
    caught: list[BaseException] = []

    def hangs() -> None:
        try:
            tells()
        except StrikeError:
            for _ in range(2):
                try:
                    while True:
                        pass
                except HangError as error:
                    caught.append(error)

    heard_while(traced, hangs)
    assert (len(caught), heard.hung) == (2, True)


@pytest.mark.spawns
def test_a_trace_function_that_raises_is_watched() -> None:
    """From there to where nothing is to be told any more."""
    heard = Heard(raises_at=0)
    traced = Traced(is_here, heard)
    code = tells.__code__
    frame = cast("FrameType", SimpleNamespace(f_code=code, f_lineno=code.co_firstlineno))

    def hangs() -> None:
        try:
            traced.inside(frame, "line", None)
        except StrikeError:
            while True:
                pass

    with pytest.raises(HangError):
        hangs()
    traced.off()
    assert heard.hung
    tells()


@pytest.mark.spawns
def test_what_ends_in_time_is_not_cut_off() -> None:
    """Nothing is raised after the end, though it was about to be."""
    long = Watch(float("inf"), nobody_calls_this)
    long.start()
    long.end()
    for spins in range(200):
        watch = Watch(0, str)
        with contextlib.suppress(HangError):
            watch.start()
            for _ in range(spins):
                pass
        watch.end()
        tells()


def nobody_calls_this() -> None:
    raise AssertionError


def nobody(frame: FrameType, event: str, argument: object) -> None:
    """A trace function of somebody else's."""


@pytest.mark.parametrize("needed", [True, False])
@pytest.mark.parametrize("somebody", [nobody, None], ids=["a former one", "none"])
def test_a_former_trace_function_goes_on(needed: bool, somebody: TraceFunction | None) -> None:
    """Unless the lines are needed."""
    traced = Traced(is_here, Heard())
    former = sys.gettrace()
    sys.settrace(somebody)
    try:
        trace = traced.on(needed=needed)
    finally:
        sys.settrace(former)
    assert (trace is None) is (somebody is not None and not needed)


def test_it_leaves_the_tracing_as_it_was() -> None:
    """After all strikes the trace function, and the tools of monitoring, are what they were."""
    former = sys.gettrace()
    tools = tools_in_use()
    sys.settrace(nobody)
    try:
        assert undone() == 13
        assert sys.gettrace() is nobody
    finally:
        sys.settrace(former)
    assert tools_in_use() == tools


def undone() -> int:
    return assert_undone(before(takes_in_one), S.NEW, S.PAID, context=fresh, observe=slots)


def tools_in_use() -> list[str | None]:
    found: list[str | None] = []
    if sys.version_info >= (3, 12):
        found += [sys.monitoring.get_tool(tool) for tool in range(6)]
    return found


if sys.version_info >= (3, 12):

    def test_it_traces_where_all_tools_are_taken() -> None:
        """Where others monitor with all that there is, it is done by tracing."""
        taken: list[int] = []
        for tool in range(6):
            with contextlib.suppress(ValueError):
                sys.monitoring.use_tool_id(tool, "somebody else")
                taken.append(tool)
        try:
            assert isinstance(lines(is_here, Heard()), Traced)
            assert undone() == 13
        finally:
            for tool in taken:
                sys.monitoring.free_tool_id(tool)


COVERED = """
from bylaws.testing import LeakError, assert_undone
from tests.testing.zoo import ZOO, S, fresh
for pair in ZOO.values():
    for case in (pair.leaky, pair.mended):
        try:
            assert_undone(case.policy, S.NEW, S.PAID, context=case.context, observe=case.observe,
                          commit=case.commit)
        except LeakError as error:
            print(error.strikes, len(error.leaks))
"""


@pytest.mark.spawns
@pytest.mark.parametrize("way", ["alone", "coverage", "debugger"])
def test_it_finds_the_same_under_coverage_and_in_a_debugger(way: str, tmp_path: Path) -> None:
    """Whoever else traces, every leak is found, and coverage still sees what cleans up."""
    program = tmp_path / "covered.py"
    program.write_text(COVERED, encoding="utf-8")
    command = {
        "alone": [],
        "coverage": ["-m", "coverage", "run", "--source=tests.testing", "--data-file=data"],
        "debugger": ["-m", "pdb", "-c", "continue"],
    }[way]
    path = os.pathsep.join([str(ROOT), *sys.path])
    environment = {**os.environ, "PYTHONPATH": path, "COVERAGE_PROCESS_START": ""}
    run = subprocess.run(
        [sys.executable, *command, str(program)],
        capture_output=True,
        text=True,
        check=True,
        env=environment,
        cwd=tmp_path,
        input="quit\n",
        timeout=120,
    )
    found = [line for line in run.stdout.splitlines() if line[:1].isdigit()]
    assert len(found) == 28
    assert found == [line for line in found if not line.endswith(" 0")]
    if way == "coverage":
        report = subprocess.run(
            [sys.executable, "-m", "coverage", "report", "--data-file=data", "-m"],
            capture_output=True,
            text=True,
            check=False,
            env=environment,
            cwd=tmp_path,
        )
        (line,) = [line for line in report.stdout.splitlines() if "testing/zoo.py" in line]
        assert int(line.split()[2]) < 12, line  # what nobody comes by without a strike
