"""A suite in several processes: what those that it starts leave, and who puts it together."""

from __future__ import annotations

import atexit
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bylaws import Policy
from bylaws.testing import read_coverage, record_subprocess
from bylaws.testing.coverage import processes
from bylaws.testing.coverage.processes import VARIABLE, Suite
from tests.testing.shop import Order, S, orders

SOURCE = "tests.testing.shop:orders"


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No suite is around, and none is left."""
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setattr(processes, "_suites", [])
    yield
    for suite in [*vars(processes)["_suites"]]:
        suite.end()
    assert "run" not in vars(Policy)


@pytest.fixture
def at_exit(monkeypatch: pytest.MonkeyPatch) -> list[Callable[[], object]]:
    """What is to be called when the process ends, which it does not."""
    calls: list[Callable[[], object]] = []
    monkeypatch.setattr(atexit, "register", calls.append)
    return calls


def ship() -> None:
    """A run."""
    orders.run(Order(), S.PAID, S.SHIPPED)


def runs(suite: Suite) -> int:
    """How many runs of this process it knows."""
    return sum(sum(seen.runs.values()) for seen in suite.own())


def test_a_suite_is_told_to_children(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From its making to its end, by the environment; what was there is put back."""
    outer = Suite(tmp_path, [SOURCE])
    inner = Suite(tmp_path / "inner", [])
    assert json.loads(os.environ[VARIABLE]) == [str(tmp_path / "inner")]
    inner.end()
    assert json.loads(os.environ[VARIABLE]) == [str(tmp_path), SOURCE]
    outer.begin()
    ship()
    assert runs(outer) == 1
    outer.leave()  # this is no child
    assert outer.take_parts() == ()
    assert not [*tmp_path.iterdir()]
    outer.end()
    assert VARIABLE not in os.environ


def test_a_process_that_was_started(tmp_path: Path, at_exit: list[Callable[[], object]]) -> None:
    """It records if it is told to, once, and leaves a part if it ran anything."""
    record_subprocess()
    assert not at_exit
    os.environ[VARIABLE] = json.dumps([str(tmp_path), SOURCE])
    record_subprocess()
    record_subprocess()
    assert len(at_exit) == 1
    at_exit[0]()
    assert not [*tmp_path.iterdir()]
    ship()
    at_exit[0]()
    at_exit[0]()
    (part,) = tmp_path.iterdir()
    assert sum(read_coverage(part.read_bytes())[0].runs.values()) == 1


def test_a_process_that_was_forked(tmp_path: Path, at_exit: list[Callable[[], object]]) -> None:
    """It begins with nothing, goes on recording, and leaves a part that the first one takes."""
    forked: Any = vars(processes)["_forked"]
    finish: Any = vars(processes)["_finish_with_multiprocessing"]
    forked()  # nothing is recorded
    suite = Suite(tmp_path, [SOURCE])
    suite.begin()
    before = suite.targets
    ship()
    forked()
    assert runs(suite) == 0
    ship()
    finish(None)
    assert runs(suite) == 1
    from multiprocessing import util  # noqa: PLC0415 (of no use in WebAssembly)

    util._run_finalizers(0)  # type: ignore[attr-defined]  # noqa: SLF001 (at the end of a child)
    at_exit[0]()
    (seen,) = suite.take_parts()
    assert sum(seen.runs.values()) == 1
    assert not [*tmp_path.iterdir()]
    assert len(before) == len(suite.targets)
