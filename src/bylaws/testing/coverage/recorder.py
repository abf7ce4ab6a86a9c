"""Recording: runs are counted while somebody looks, by the kind of move and by who refused.

While it is on, `Policy.run` and `AsyncPolicy.arun` are replaced by functions around them; when the
last recording ends they are put back. Off, nothing is left of it. What a run costs meanwhile is a
lookup and an addition: what it comes to is worked out when somebody reads.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from enum import Enum
from functools import wraps
from threading import RLock
from typing import Any, Final, TypeAlias, cast, final

from bylaws.outcome import Accepted, Outcome
from bylaws.policy import AsyncPolicy, Policy
from bylaws.state import C, S, as_state
from bylaws.testing.coverage.exercised import Seen
from bylaws.testing.coverage.targets import Target, subject_of

MOST: Final = 256
"""So many policies are kept at a time, with what was counted of them: a test may make thousands."""

BARE: Final = (Enum, type(None))
"""What a state is that no state-like carries."""

# Runs that are alike: how many, the two states, and the outcome of one of them.
Alike: TypeAlias = "list[Any]"


@final
class Lens:
    """A policy that was run, the targets that it is one of, and its runs that are not added yet."""

    __slots__ = ("alike", "policy", "raised", "targets")

    def __init__(self, policy: object, targets: list[tuple[Target, dict[int, str]]]) -> None:
        self.policy: Final[object] = policy  # kept, so that no other gets its id
        self.targets: Final[list[tuple[Target, dict[int, str]]]] = targets
        self.alike: dict[tuple[object, ...], Alike] = {}
        self.raised: int = 0


@final
class Recorder:
    """All recordings of the process. A run counts when it ends, for those that are on then."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._lenses: dict[int, Lens] = {}
        self._targets: tuple[Target, ...] = ()
        self._held = 0
        self._put_back: Callable[[], None] = nothing

    def count(
        self, policy: AsyncPolicy[Any, Any], source: object, to: object, outcome: Outcome[Any]
    ) -> None:
        """Add a run that had an outcome."""
        key: tuple[object, ...] = id(source), id(to)
        if type(outcome) is not Accepted:
            by = outcome.refused_by
            key = (*key, id(by), type(outcome))
            if type(by) is str:  # the commit; what a rule has said before it counts too
                said = next(line.verdict for line in outcome.trace.lines if line.did == "refused")
                key = (*key, type(said))
        with self._lock:
            lens = self._lenses.get(id(policy)) or self._look_at(policy)
            if lens.targets:
                alike = lens.alike.get(key)
                if alike is None:
                    lens.alike[key] = [1, source, to, outcome]
                else:
                    alike[0] += 1

    def count_raised(self, policy: AsyncPolicy[Any, Any]) -> None:
        """Add a run that raised."""
        with self._lock:
            lens = self._lenses.get(id(policy)) or self._look_at(policy)
            lens.raised += 1

    def settle(self) -> None:
        """Work out what the runs came to that are not added yet, and add it."""
        with self._lock:
            for lens in self._lenses.values():
                alike, lens.alike = lens.alike, {}
                raised, lens.raised = lens.raised, 0
                for target, entries in lens.targets:
                    target.seen.count_raised(raised)
                    for times, source, to, outcome in alike.values():
                        target.add(entries, source, to, outcome, times)

    def begin(self, target: Target) -> None:
        """Count for this target too, from now on."""
        with self._lock:
            self.aim((*self._targets, target))
            self.hold()

    def end(self, target: Target) -> None:
        """Count for it no longer."""
        with self._lock:
            self.settle()
            self.aim(tuple([each for each in self._targets if each is not target]))
            self.release()

    def aim(self, targets: tuple[Target, ...]) -> None:
        """Count for these from now on."""
        with self._lock:
            self.settle()
            self._lenses = {}
            self._targets = targets

    def hold(self) -> None:
        """Put the functions around `run` and `arun`, if they are not there yet."""
        with self._lock:
            self._held += 1
            if self._held == 1:
                self._put_back = put_around(self)

    def release(self) -> None:
        """Take them away, if nobody else holds them."""
        with self._lock:
            self._held -= 1
            if not self._held:
                self._put_back()

    def forget(self) -> None:
        """Forget what is not added yet: the runs of the process that this one was forked from."""
        self._lock = RLock()  # another thread may have had it
        self._lenses = {}

    def _look_at(self, policy: AsyncPolicy[Any, Any]) -> Lens:
        if len(self._lenses) >= MOST:
            self.settle()
            self._lenses = {}
        known = [(target, target.entries_of(policy)) for target in self._targets]
        lens = Lens(policy, [(each, entries) for each, entries in known if entries is not None])
        self._lenses[id(policy)] = lens
        return lens


def put_around(recorder: Recorder) -> Callable[[], None]:
    """Replace `Policy.run` and `AsyncPolicy.arun`. Gives what puts back what was there."""
    plain = cast("Any", Policy).run
    asynchronous = cast("Any", AsyncPolicy).arun

    @wraps(plain)
    def run(
        self: Policy[Any, Any], context: Any, from_state: Any, to_state: Any, *, commit: Any = None
    ) -> Outcome[Any]:
        source, to = from_state, to_state
        if not (issubclass(type(source), BARE) and issubclass(type(to), BARE)):
            source, to = as_state(source), as_state(to)  # a commit may change what carries them
        try:
            outcome: Outcome[Any] = plain(self, context, from_state, to_state, commit=commit)
        except BaseException:
            recorder.count_raised(self)
            raise
        recorder.count(self, source, to, outcome)
        return outcome

    @wraps(asynchronous)
    async def arun(
        self: AsyncPolicy[Any, Any],
        context: Any,
        from_state: Any,
        to_state: Any,
        *,
        commit: Any = None,
    ) -> Outcome[Any]:
        source, to = from_state, to_state
        if not (issubclass(type(source), BARE) and issubclass(type(to), BARE)):
            source, to = as_state(source), as_state(to)
        try:
            outcome: Outcome[Any] = await asynchronous(
                self, context, from_state, to_state, commit=commit
            )
        except BaseException:
            recorder.count_raised(self)
            raise
        recorder.count(self, source, to, outcome)
        return outcome

    restoring = [_set(Policy, "run", run), _set(AsyncPolicy, "arun", arun)]

    def put_back() -> None:
        for restore in restoring:
            restore()

    return put_back


def _set(kind: type, name: str, value: object) -> Callable[[], None]:
    """Set an attribute of a class. Gives what restores it, unless it was set again since."""
    had = name in vars(kind)
    before: object = vars(kind).get(name)
    setattr(kind, name, value)

    def restore() -> None:
        if vars(kind).get(name) is value:
            if had:
                setattr(kind, name, before)
            else:
                delattr(kind, name)

    return restore


def nothing() -> None:
    """Nothing is to be put back."""


recorder: Final = Recorder()
"""The one of this process."""


@contextmanager
def recording(policy: AsyncPolicy[S, C]) -> Generator[Seen]:
    """Count what the runs of a policy exercise, of its copies and of compositions of it.

    A composition is a policy that lists all of its entries, or is called the same and lists half of
    them. Runs of all threads and tasks count, when they end; a run that raises has no outcome and
    counts as one that raised. What had taken `policy.run` before, as a bound method, goes
    unnoticed. Recordings may be nested and may overlap.
    """
    target = Target(policy, Seen(subject_of(policy)))
    target.seen.settled_by(recorder.settle)
    recorder.begin(target)
    try:
        yield target.seen
    finally:
        recorder.end(target)
