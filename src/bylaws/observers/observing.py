"""Observing: a policy of the same class, whose runs are told to observers.

Its class is made for it, with that of the policy between two others: `_Inner`, right above the
library's own runs, so that where a class of the user's overrides `run` each of them is told; and
`_Outer`, above all, which keeps compositions, copies and pickles observed. A policy that is not
observed has neither.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from copy import deepcopy
from threading import local
from types import new_class
from typing import Any, ClassVar, SupportsIndex, TypeVar, cast

from bylaws import AsyncPolicy, Outcome, Policy, StateLike
from bylaws.observers.facts import Facts, taken_apart
from bylaws.observers.records import Phase, RunStart
from bylaws.observers.telling import Observer, Telling
from bylaws.policy import StateT
from bylaws.state import C_contra
from bylaws.verdict import Answer

PolicyT = TypeVar("PolicyT", bound=AsyncPolicy[Any, Any])


def observed(policy: PolicyT, *observers: Observer) -> PolicyT:
    """A policy of the same class that tells the observers about each of its runs.

    A copy: `policy` itself is not touched, and stays as fast as it was. The first observer is told
    first that a run starts and last that it has ended, so that it encloses the others; of a policy
    that is observed already they come after those it has. Compositions, copies and pickles (of
    observers that can be pickled) are observed too; `deepcopy` shares the observers.

    An `Exception` of an observer is logged (logger `bylaws`), the run goes on, and the others are
    told. Anything else (`KeyboardInterrupt`) goes out when all have been told: from the start of a
    run before any hook is called, from its end when all is finished and written.

    `TypeError` for what is no policy, and for an observer that cannot be called, or is a class.
    """
    if not isinstance(cast("object", policy), AsyncPolicy):
        raise TypeError(
            f"observed() was given {policy!r} as a policy: give one that is made, as Orders(), "
            "and for a rule Policy[S](rule)."
        )
    for observer in cast("tuple[object, ...]", observers):
        if not callable(observer) or isinstance(observer, type):
            raise TypeError(
                f"observed() was given {observer!r} as an observer: give a function that takes "
                "the start of a run and returns what to call at its end, or an object of that kind."
            )
    if not observers:
        return policy
    kind: type[Any] = type(policy)
    if issubclass(kind, _Outer):  # once more
        observers = (*kind.bylaws_observers, *observers)
        kind = kind.bylaws_kind
    return cast("PolicyT", _copied(policy, _observing(kind, observers)))


def _observing(kind: type[Any], observers: tuple[Observer, ...]) -> type[Any]:
    """The class of a policy of this class that is observed."""
    bases: list[Any] = [_PlainInner if issubclass(kind, Policy) else _Inner]
    if kind not in (Policy, AsyncPolicy):
        bases.insert(0, kind)
    attributes: dict[str, object] = {
        "__module__": kind.__module__,
        "__qualname__": kind.__qualname__,
        "__doc__": kind.__doc__,
        "__orig_bases__": (kind,),  # where the type arguments are: ours say nothing of them
        "__slots__": (),
        "bylaws_kind": kind,
        "bylaws_observers": observers,
    }
    return new_class(kind.__name__, (_Outer, *bases), {}, lambda body: body.update(attributes))


def _copied(policy: AsyncPolicy[Any, Any], kind: type[Any]) -> AsyncPolicy[Any, Any]:
    """A copy that is of another class of the same layout."""
    library: Any = AsyncPolicy  # whatever else the policy's class defines
    make, (attributes, *rest) = library.__reduce__(policy)
    attributes.pop("bylaws_facts", None)
    made: AsyncPolicy[Any, Any] = make(attributes, *rest)
    object.__setattr__(made, "__class__", kind)  # also where it is a frozen dataclass
    return made


class _Left(local):
    """What last went out of a run of this thread: the exception, the entry, and the phase."""

    origin: tuple[BaseException | None, object, Phase | None] = None, None, None


_left = _Left()


def _taken(error: BaseException) -> tuple[Phase | None, object]:
    """The phase and the entry that an exception came from, right after it went out of a run."""
    left, entry, phase = _left.origin
    _left.origin = None, None, None
    if isinstance(left, GeneratorExit) and isinstance(error, GeneratorExit) and left is not error:
        # A coroutine that is closed closes what it awaits, with a GeneratorExit of its own each.
        for note in getattr(left, "__notes__", ()):
            error.add_note(note)
        return phase, entry
    # Python makes a RuntimeError of a StopIteration that leaves a coroutine.
    return (phase, entry) if left is error or left is error.__cause__ else (None, None)


def _as_observed(observers: tuple[Observer, ...], composed: AsyncPolicy[Any, Any]) -> object:
    if isinstance(composed, _Outer):  # by a method of the user's that calls another one
        return composed
    return observed(composed, *observers)


class _Outer(AsyncPolicy[StateT, C_contra]):
    """What stands before the class of an observed policy."""

    __slots__ = ()
    bylaws_kind: ClassVar[type[Any]]
    bylaws_observers: ClassVar[tuple[Observer, ...]]

    def __init_subclass__(cls) -> None:
        """Do nothing: that of the policy's class is for classes that its author writes."""

    def on_exception(self, error: BaseException, entry: object, hook: str) -> None:
        try:
            super().on_exception(error, entry, hook)
        finally:
            _left.origin = error, entry, cast("Phase", hook)

    def inserting(self, *new: Any, before: Any = None, after: Any = None) -> Any:
        """As that of the policy's class, and observed."""
        return _as_observed(
            self.bylaws_observers, super().inserting(*new, before=before, after=after)
        )

    def replacing(self, old: Any, *new: Any) -> Any:
        """As that of the policy's class, and observed."""
        return _as_observed(self.bylaws_observers, super().replacing(old, *new))

    def without(self, *old: Any) -> Any:
        """As that of the policy's class, and observed."""
        return _as_observed(self.bylaws_observers, super().without(*old))

    def __reduce_ex__(self, protocol: SupportsIndex) -> tuple[object, ...]:
        return observed, (_copied(self, self.bylaws_kind), *self.bylaws_observers)

    def __deepcopy__(self, memo: dict[int, Any]) -> AsyncPolicy[StateT, C_contra]:
        return observed(deepcopy(_copied(self, self.bylaws_kind), memo), *self.bylaws_observers)


class _Inner(AsyncPolicy[StateT, C_contra]):
    """What stands behind the class of an observed policy, and before the library's own."""

    __slots__ = ()
    bylaws_observers: ClassVar[tuple[Observer, ...]]
    bylaws_facts: Facts | None = None

    async def arun(
        self,
        context: C_contra,
        from_state: StateT | StateLike[StateT] | None,
        to_state: StateT | StateLike[StateT] | None,
        *,
        commit: Callable[[StateT, Outcome[StateT]], Awaitable[Answer] | Answer] | None = None,
    ) -> Outcome[StateT]:
        telling = _started(self, context, from_state, to_state)
        try:
            outcome = await super().arun(context, from_state, to_state, commit=commit)
        except BaseException as error:
            telling.raised(error, *_taken(error))
            raise
        telling.returned(outcome)
        return outcome


def _started(
    policy: _Inner[Any, Any], context: object, from_state: object, to_state: object
) -> Telling:
    facts = policy.bylaws_facts
    if facts is None:
        facts = Facts()
        object.__setattr__(policy, "bylaws_facts", facts)
    start = RunStart(policy, facts, context, taken_apart(from_state), taken_apart(to_state))
    return Telling(start, policy.bylaws_observers)


class _PlainInner(_Inner[StateT, C_contra], Policy[StateT, C_contra]):
    """As `_Inner`, of a plain policy."""

    __slots__ = ()

    def run(
        self,
        context: C_contra,
        from_state: StateT | StateLike[StateT] | None,
        to_state: StateT | StateLike[StateT] | None,
        *,
        commit: Callable[[StateT, Outcome[StateT]], Answer] | None = None,
    ) -> Outcome[StateT]:
        telling = _started(self, context, from_state, to_state)
        try:
            outcome = super().run(context, from_state, to_state, commit=commit)
        except BaseException as error:
            telling.raised(error, *_taken(error))
            raise
        telling.returned(outcome)
        return outcome
