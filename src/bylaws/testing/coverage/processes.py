"""Recording a suite: its policies by where they are, in this process and in those it starts.

Each process that was started leaves a part in a directory, which is named in the environment. One
that was forked goes on recording by itself; any other calls `record_subprocess()` at its start.
"""

from __future__ import annotations

import atexit
import importlib
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from bylaws.policy import AsyncPolicy
from bylaws.testing.coverage.datafile import combine, put_together, write_atomically, write_coverage
from bylaws.testing.coverage.exercised import Seen
from bylaws.testing.coverage.recorder import recorder
from bylaws.testing.coverage.targets import Target, subject_of
from bylaws.testing.errors import CoverageError
from bylaws.views.near import near

VARIABLE: Final = "BYLAWS_COVERAGE"
"""JSON, a list: the directory for the parts, then the policies. Set while a suite is recorded."""

_suites: Final[list[Suite]] = []
"""Those of this process."""


class Suite:
    """Policies that are recorded from `begin` to `end`, in this process and in its children.

    Children know of it from its making to its end. `child`: it is of one, and leaves a part.
    """

    def __init__(self, directory: Path, sources: Sequence[str], *, child: bool = False) -> None:
        self._directory = directory
        self._sources = sources
        self._targets: list[Target] = []
        self._child = child
        self._before = os.environ.get(VARIABLE)
        os.environ[VARIABLE] = json.dumps([str(directory), *sources])
        _suites.append(self)

    def begin(self) -> None:
        """Find the policies, and record them. `CoverageError` for one that is not there."""
        policies = [policy_at(source) for source in self._sources]
        for policy, source in zip(policies, self._sources, strict=True):
            target = Target(policy, Seen(subject_of(policy, source)))
            target.seen.settled_by(recorder.settle)
            self._targets.append(target)
            recorder.begin(target)
        _follow_forks()

    def end(self) -> None:
        """Record no longer."""
        for target in self._targets:
            recorder.end(target)
        _suites.remove(self)
        if self._before is None:
            os.environ.pop(VARIABLE, None)
        else:
            os.environ[VARIABLE] = self._before

    def own(self) -> tuple[Seen, ...]:
        """What was exercised in this process."""
        return tuple([target.seen for target in self._targets])

    def take_parts(self) -> tuple[Seen, ...]:
        """What its children have left, and take that away."""
        found: dict[str, Seen] = {}
        for part in sorted(self._directory.glob("*.json")):
            put_together(found, combine(part))
            part.unlink()
        return tuple(found.values())

    def restart(self) -> None:
        """Go on in a process that was forked: its part begins with nothing."""
        self._child = True
        policies = [(target.policy, target.seen.subject) for target in self._targets]
        self._targets = [Target(policy, Seen(subject)) for policy, subject in policies]
        for target in self._targets:
            target.seen.settled_by(recorder.settle)
        atexit.register(self.leave)

    def leave(self) -> None:
        """Leave the part of a child, if anything was run; once."""
        coverage = self.own()
        if self._child and any(seen.runs or seen.raised for seen in coverage):
            self._child = False
            file = self._directory / f"{uuid4().hex}.json"
            write_atomically(file, write_coverage(coverage))

    @property
    def targets(self) -> Sequence[Target]:
        """What is recorded."""
        return self._targets


def record_subprocess() -> None:
    """Record in this process, if a suite that is recorded has started it; else do nothing.

    For the first lines of a program that tests start. What was exercised is written when the
    process ends as Python processes do; one that is killed leaves nothing.
    """
    told = os.environ.get(VARIABLE)
    if told and not _suites:
        directory, *sources = json.loads(told)
        suite = Suite(Path(directory), sources, child=True)
        suite.begin()
        atexit.register(suite.leave)


def policy_at(source: str) -> AsyncPolicy[Any, Any]:
    """The policy at `package.module:attribute`, or what that makes without arguments."""
    name, colon, attribute = source.partition(":")
    if not colon or not attribute:
        raise CoverageError(f"{source!r} names no policy: write package.module:attribute")
    try:
        module = importlib.import_module(name)
        value: Any = module
        for part in attribute.split("."):
            if not hasattr(value, part):
                known = [each for each in vars(module) if not each.startswith("_")]
                raise CoverageError(f"{name} has no {attribute!r}{near(attribute, known)}")
            value = getattr(value, part)
        if not _is_policy(value) and callable(value):
            value = value()
    except CoverageError:
        raise
    except Exception as error:
        raise CoverageError(f"there is no policy at {source}: {error!r}") from error
    if not _is_policy(value):
        raise CoverageError(f"{source} is no policy: it is a {type(value).__name__}")
    policy: AsyncPolicy[Any, Any] = value
    return policy


def _is_policy(value: object) -> bool:
    return isinstance(value, AsyncPolicy)


def _follow_forks() -> None:
    """See to it, once, that what was forked goes on recording."""
    if hasattr(os, "fork") and not _following:
        from multiprocessing import util  # noqa: PLC0415 (slow, and few record suites)

        os.register_at_fork(after_in_child=_forked)
        # Its children run neither what atexit has nor finalizers of before the fork.
        util.register_after_fork(_following, _finish_with_multiprocessing)
        _following.add(True)


class _Following(set[bool]):
    """Whether forks are followed; a class of its own, so that it can be referred to weakly."""


_following: Final = _Following()


def _forked() -> None:
    if _suites:
        recorder.forget()
        for suite in _suites:
            suite.restart()
        recorder.aim(tuple([target for suite in _suites for target in suite.targets]))


def _finish_with_multiprocessing(_: object) -> None:
    from multiprocessing.util import Finalize  # noqa: PLC0415 (it is loaded)

    for suite in _suites:
        Finalize(None, suite.leave, exitpriority=0)
