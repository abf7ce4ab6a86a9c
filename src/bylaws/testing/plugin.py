"""The pytest plugin, as far as it is asked for: the coverage of policies, and accepting locks."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any, Final

import pytest

from bylaws.testing.coverage.datafile import (
    put_together,
    read_coverage,
    write_atomically,
    write_coverage,
)
from bylaws.testing.coverage.exercised import Seen, wanted
from bylaws.testing.coverage.processes import VARIABLE, Suite
from bylaws.testing.coverage.recorder import recorder
from bylaws.testing.coverage.showing import as_text, formatted, summary
from bylaws.testing.differing import acceptance
from bylaws.testing.errors import CoverageError

ENDINGS: Final = {".txt": "text", ".md": "md", ".html": "html", ".json": "json"}
OUTPUT: Final = "bylaws_coverage"


def start(config: pytest.Config) -> None:
    """Do what the options ask for. `pytest.UsageError` for what they cannot mean."""
    listed: Any = config.getoption("bylaws_cov")
    sources: list[str] = [*dict.fromkeys(listed)]
    least: str | None = config.getoption("bylaws_cov_fail_under")
    files: Any = config.getoption("bylaws_cov_report")
    reports = [Path(each) for each in files]
    if config.getoption("bylaws_update"):
        config.pluginmanager.register(Accepting(), "bylaws-accepting")
    if not sources and (least is not None or reports):
        raise pytest.UsageError("which policy? Name it: --bylaws-cov package.module:attribute")
    for each in reports:
        if each.suffix not in ENDINGS:
            known = ", ".join(ENDINGS)
            raise pytest.UsageError(f"--bylaws-cov-report {each}: the endings are: {known}")
        if each.suffix == ".html" and len(sources) > 1:
            raise pytest.UsageError(f"--bylaws-cov-report {each}: a page is about one policy")
    if least is not None:
        try:
            wanted(least)
        except CoverageError as error:
            raise pytest.UsageError(f"--bylaws-cov-fail-under: {error}") from error
    if sources and not config.getoption("collectonly"):
        coverage = Coverage(config, sources, least, reports)
        config.pluginmanager.register(coverage, "bylaws-coverage")


class Accepting:
    """While it is registered, locks are written."""

    def __init__(self) -> None:
        acceptance.on = True
        acceptance.written.clear()

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say what was written."""
        for file in acceptance.written:
            terminalreporter.write_line(f"bylaws: wrote {file}")

    def pytest_unconfigure(self) -> None:
        """Compare again."""
        acceptance.on = False


class Coverage:
    """The coverage of policies in one session; with pytest-xdist in each worker, put together."""

    def __init__(
        self,
        config: pytest.Config,
        sources: Sequence[str],
        least: str | None,
        reports: Sequence[Path],
    ) -> None:
        self._worker: dict[str, Any] | None = getattr(config, "workeroutput", None)
        told = os.environ.get(VARIABLE) if self._worker is not None else None
        self._made = None if told else tempfile.mkdtemp(prefix="bylaws-")
        self._suite = Suite(Path(self._made or json.loads(str(told))[0]), sources)
        self._least = least
        self._reports = reports
        self._seen: dict[str, Seen] = {}
        self._failing: list[str] = []
        # From here on, so that what tests keep as `run = orders.run` is noticed.
        recorder.hold()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Generator[None, object, object]:
        """Record while tests run, to their end or until they are stopped."""
        try:
            self._suite.begin()
        except CoverageError as error:
            raise pytest.UsageError(f"--bylaws-cov: {error}") from error
        try:
            return (yield)
        finally:
            if self._worker is None:
                self._finish(session)
            else:
                self._worker[OUTPUT] = write_coverage(self._suite.own())

    def _finish(self, session: pytest.Session) -> None:
        put_together(self._seen, self._suite.own())
        put_together(self._seen, self._suite.take_parts())
        if self._least is not None:
            self._failing = [
                f"{seen.subject.source}: {seen.covered:,} of {seen.total:,} are less than "
                f"{self._least} %"
                for seen in self._seen.values()
                if not seen.reaches(self._least)
            ]
            session.testsfailed += len(self._failing)
        for file in self._reports:
            form = ENDINGS[file.suffix]
            write_atomically(file, formatted([*self._seen.values()], form))

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take what a worker of pytest-xdist has exercised; one that crashed has left nothing."""
        output: dict[str, Any] = getattr(node, "workeroutput", {})
        if OUTPUT in output:
            put_together(self._seen, read_coverage(output[OUTPUT]))

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the reports, and what is less than was asked for."""
        for seen in self._seen.values():
            terminalreporter.section("coverage of a policy")
            if seen.holes() or seen.unexpected:
                terminalreporter.write(as_text(seen))
            else:
                terminalreporter.write_line(f"{seen.subject.source}: {summary(seen)}")
        for line in self._failing:
            terminalreporter.write_line(f"FAIL {line}", red=True)

    def pytest_unconfigure(self) -> None:
        """Leave everything as it was."""
        self._suite.end()
        recorder.release()
        if self._made is not None:
            shutil.rmtree(self._made, ignore_errors=True)
