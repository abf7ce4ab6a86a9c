"""Rules and transforms: the protocols that a policy takes, the bases to subclass, and `@rule`."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Iterable, Sequence
from collections.abc import Set as AbstractSet
from enum import Enum
from functools import partial
from typing import (
    TYPE_CHECKING,
    Any,
    Final,
    Generic,
    Literal,
    Never,
    Protocol,
    Self,
    TypeAlias,
    cast,
    final,
)

from bylaws.outcome import Outcome
from bylaws.state import C, C_contra, F, S_co, T
from bylaws.transition import AnyTransition, Transition
from bylaws.verdict import Verdict

if sys.version_info >= (3, 13):
    from typing import TypeVar
else:
    from typing_extensions import TypeVar

# The bases are protocols to the type checkers alone, which so report a forgotten `to_states`. When
# the program runs they are plain classes: super().__init__() goes on to the next base, and
# isinstance is told by the class.
if TYPE_CHECKING:
    from typing import Protocol as Base
    from typing import runtime_checkable as told_by_class
else:
    from typing import Generic as Base

    def told_by_class(base):
        """Mark for the checkers what isinstance can tell."""
        return base


# What a hook may return. With a default (PEP 696), for a hook whose result no checker knows.
Result: TypeAlias = "Verdict[Enum | None] | None | Awaitable[Verdict[Enum | None] | None]"
R = TypeVar("R", bound=Result, default=None)
R_co = TypeVar("R_co", bound=Result, covariant=True, default=None)


class AsyncRule(Protocol[S_co, C_contra]):
    """What an `AsyncPolicy` lists: as `Rule`, each hook plain or async."""

    @property
    def from_states(self) -> frozenset[S_co | None]:
        """The states that it governs moves from."""
        ...

    @property
    def to_states(self) -> frozenset[S_co | None]:
        """The states that it governs moves to."""
        ...

    def before_transition(
        self, transition: Transition[Never, Never, C_contra], /
    ) -> Verdict[S_co | None] | Awaitable[Verdict[S_co | None] | None] | None:
        """Answer with a verdict, before anything happens; `None` is the same as `proceed()`.

        It may take things for the transition: what it adds with `add_cleanup` is called if the
        transition does not happen after all, also if this hook itself refuses or raises after it.
        """
        ...

    def after_transition(
        self, transition: Transition[Never, Never, C_contra], /
    ) -> Awaitable[None] | None:
        """The transition happened; called once, if this rule let it go on."""
        ...

    def cleanup(self, transition: Transition[Never, Never, C_contra], /) -> Awaitable[None] | None:
        """It did not happen, whatever the reason; called once, if this rule let it go on."""
        ...


class Rule(AsyncRule[S_co, C_contra], Protocol[S_co, C_contra]):
    """What a `Policy` lists: a rule over some of its states, and its context or a wider one.

    So it is covariant in the states and contravariant in the context. Hooks are called only for
    transitions from one of `from_states` to one of `to_states`; that is why an implementation may
    declare its parameter as narrowly as its sets are: `Transition[S, S | None, Order]`.
    """

    def before_transition(
        self, transition: Transition[Never, Never, C_contra], /
    ) -> Verdict[S_co | None] | None:
        """Answer with a verdict; see `AsyncRule`."""
        ...

    def after_transition(self, transition: Transition[Never, Never, C_contra], /) -> None:
        """The transition happened; called once, if this rule let it go on."""
        ...

    def cleanup(self, transition: Transition[Never, Never, C_contra], /) -> None:
        """It did not happen, whatever the reason; called once, if this rule let it go on."""
        ...


class AsyncTransform(Protocol[C_contra]):
    """Universal bookkeeping: as `Transform`, each hook plain or async."""

    @property
    def universal(self) -> Literal[True]:
        """What tells a transform from a rule."""
        ...

    def before_transition(self, transition: AnyTransition[C_contra], /) -> Awaitable[None] | None:
        """Prepare, at this entry's place in the order, also when a rule before it has refused."""
        ...

    def after_transition(
        self, transition: AnyTransition[C_contra], outcome: Outcome[Enum], /
    ) -> Awaitable[None] | None:
        """Finish, on every outcome. After an exception only what `add_cleanup` added is called."""
        ...


class Transform(AsyncTransform[C_contra], Protocol[C_contra]):
    """Universal bookkeeping: fires on every transition and gives no verdict.

    It may also have a hook `on_decision(transition, outcome)`, see `BaseTransform`.
    """

    @property
    def universal(self) -> Literal[True]:  # as above, again for pyrefly
        """What tells a transform from a rule."""
        ...

    def before_transition(self, transition: AnyTransition[C_contra], /) -> None:
        """Prepare, at this entry's place in the order, also when a rule before it has refused."""
        ...

    def after_transition(
        self, transition: AnyTransition[C_contra], outcome: Outcome[Enum], /
    ) -> None:
        """Finish, on every outcome. After an exception only what `add_cleanup` added is called."""
        ...


if TYPE_CHECKING:
    # Where a generic rule is made inside of a policy, Policy[S, C](Closed(S)), mypy takes the type
    # arguments of Closed from what is wanted: of a Rule alone, Never. An open rule, over members
    # of any enum, says otherwise; two answers are none, so mypy looks at Closed's arguments.
    # An open rule is a rule, so it lets nothing in; and because of a result that nobody can make,
    # no checker drops it for that. (`Any` for `Never` in Rule lets Closed(Other) in as well.)
    @final
    class Nobody:
        """Nothing is of this class."""

        def __new__(cls) -> Never:
            raise TypeError("there are no instances of this class")

    class AsyncOpenRule(Protocol[S_co, C_contra]):
        """An `AsyncRule` with hooks that take the states of any enum."""

        @property
        def from_states(self) -> frozenset[S_co | None]: ...
        @property
        def to_states(self) -> frozenset[S_co | None]: ...
        def before_transition(
            self, transition: Transition[Enum, Enum, C_contra], /
        ) -> Verdict[S_co | None] | Awaitable[Verdict[S_co | None] | None] | None: ...
        def after_transition(
            self, transition: Transition[Enum, Enum, C_contra], /
        ) -> Awaitable[None] | None: ...
        def cleanup(
            self, transition: Transition[Enum, Enum, C_contra], /
        ) -> Awaitable[None] | Nobody | None: ...

    class OpenRule(Protocol[S_co, C_contra]):
        """A `Rule` with hooks that take the states of any enum."""

        @property
        def from_states(self) -> frozenset[S_co | None]: ...
        @property
        def to_states(self) -> frozenset[S_co | None]: ...
        def before_transition(
            self, transition: Transition[Enum, Enum, C_contra], /
        ) -> Verdict[S_co | None] | None: ...
        def after_transition(self, transition: Transition[Enum, Enum, C_contra], /) -> None: ...
        def cleanup(self, transition: Transition[Enum, Enum, C_contra], /) -> Nobody | None: ...

    Entry: TypeAlias = Rule[S_co, C_contra] | Transform[C_contra] | OpenRule[S_co, C_contra]
    AsyncEntry: TypeAlias = (
        AsyncRule[S_co, C_contra] | AsyncTransform[C_contra] | AsyncOpenRule[S_co, C_contra]
    )
else:
    # Classes that stand for the unions, because CPython 3.13.0 cannot subscript one with its
    # default left out: Entry[S].
    class Entry(Generic[S_co, C_contra]):
        """What a `Policy` lists: a rule or a transform."""

    class AsyncEntry(Generic[S_co, C_contra]):
        """What an `AsyncPolicy` lists: a rule or a transform, each hook plain or async."""


EntryClass: TypeAlias = type[AsyncRule[Enum, Never]] | type[AsyncTransform[Never]]
"""A class of which exactly one instance is listed, where a composition is told what to find."""

AnyRule: TypeAlias = AsyncRule[Enum, Never] | type[AsyncRule[Enum, Never]]
"""What `runs_after` names: a rule, or a class of rules, over any states and any context."""


@told_by_class
class BaseRule(Base[F, T, C_contra]):
    """To subclass, for a rule with several hooks or constructor arguments.

    Declare both sets, write some hooks. The type parameters are what the sets hold (with `None`, if
    it is in one) and the context; the hook may propose states of both:
    `class TakeSlot(BaseRule[S, S, Order])`.
    """

    if TYPE_CHECKING:  # what a pydantic model would take for fields of its own
        from_states: frozenset[F]
        to_states: frozenset[T]
        runs_after: tuple[AnyRule, ...] = ()
    else:
        runs_after = ()

    def before_transition(self, transition: Transition[F, T, C_contra], /) -> Verdict[F | T] | None:
        """Answer with a verdict, before anything happens; `None` is the same as `proceed()`.

        What it adds with `transition.add_cleanup` is called if the transition does not happen after
        all, also if this hook itself refuses or raises after it.
        """
        return None

    def after_transition(self, transition: Transition[F, T, C_contra], /) -> None:
        """The transition happened; called once, if this rule let it go on."""
        return

    def cleanup(self, transition: Transition[F, T, C_contra], /) -> None:
        """It did not happen, whatever the reason; called once, if this rule let it go on.

        Not after its own refusal: what the hook had taken by then it adds with `add_cleanup`.
        """
        return


@told_by_class
class AsyncBaseRule(Base[F, T, C_contra]):
    """As `BaseRule`, with hooks that are all async."""

    if TYPE_CHECKING:  # what a pydantic model would take for fields of its own
        from_states: frozenset[F]
        to_states: frozenset[T]
        runs_after: tuple[AnyRule, ...] = ()
    else:
        runs_after = ()

    async def before_transition(
        self, transition: Transition[F, T, C_contra], /
    ) -> Verdict[F | T] | None:
        """Answer with a verdict, before anything happens; `None` is the same as `proceed()`.

        What it adds with `transition.add_cleanup` is called if the transition does not happen after
        all, also if this hook itself refuses or raises after it.
        """
        return None

    async def after_transition(self, transition: Transition[F, T, C_contra], /) -> None:
        """The transition happened; called once, if this rule let it go on."""
        return

    async def cleanup(self, transition: Transition[F, T, C_contra], /) -> None:
        """It did not happen, whatever the reason; called once, if this rule let it go on.

        Not after its own refusal: what the hook had taken by then it adds with `add_cleanup`.
        """
        return


@told_by_class
class BaseTransform(Base[C_contra]):
    """To subclass, for a transform: hooks that do nothing yet."""

    @property
    def universal(self) -> Literal[True]:
        """What tells a transform from a rule."""
        return True

    def before_transition(self, transition: AnyTransition[C_contra], /) -> None:
        """Prepare, at this entry's place in the order, also when a rule before it has refused."""
        return

    def on_decision(self, transition: AnyTransition[C_contra], outcome: Outcome[Enum], /) -> None:
        """The decision is made, whatever it is, and nothing is written yet.

        For what belongs into the transaction of the commit, or a second look at a run that writes
        nothing. An exception is as one of a before hook. A commit that refuses still changes the
        outcome after this.
        """
        return

    def after_transition(
        self, transition: AnyTransition[C_contra], outcome: Outcome[Enum], /
    ) -> None:
        """Finish, on every outcome. After an exception only what `add_cleanup` added is called."""
        return


@told_by_class
class AsyncBaseTransform(Base[C_contra]):
    """As `BaseTransform`, with hooks that are all async."""

    @property
    def universal(self) -> Literal[True]:
        """What tells a transform from a rule."""
        return True

    async def before_transition(self, transition: AnyTransition[C_contra], /) -> None:
        """Prepare, at this entry's place in the order, also when a rule before it has refused."""
        return

    async def on_decision(
        self, transition: AnyTransition[C_contra], outcome: Outcome[Enum], /
    ) -> None:
        """The decision is made, whatever it is, and nothing is written yet.

        For what belongs into the transaction of the commit, or a second look at a run that writes
        nothing. An exception is as one of a before hook. A commit that refuses still changes the
        outcome after this.
        """
        return

    async def after_transition(
        self, transition: AnyTransition[C_contra], outcome: Outcome[Enum], /
    ) -> None:
        """Finish, on every outcome. After an exception only what `add_cleanup` added is called."""
        return


BASES: Final[tuple[type, ...]] = (BaseRule, AsyncBaseRule, BaseTransform, AsyncBaseTransform)


@final
class FunctionRule(Generic[F, T, C_contra, R_co]):
    """A function that became a rule: what `@rule(...)` makes of it, its before hook."""

    def __init__(
        self,
        hook: Callable[[Transition[F, T, C_contra]], R_co],
        from_states: AbstractSet[F],
        to_states: AbstractSet[T],
        runs_after: Iterable[AnyRule] = (),
    ) -> None:
        self.from_states: Final[frozenset[F]] = _frozen(from_states)
        self.to_states: Final[frozenset[T]] = _frozen(to_states)
        self.runs_after: Final[tuple[AnyRule, ...]] = _listed(runs_after)
        self.__wrapped__: Final[Callable[[Transition[F, T, C_contra]], R_co]] = hook
        # What is no function, a partial one for one, may have none of these.
        named: Any = hook
        while isinstance(named, partial):
            named = cast("partial[object]", named).func
        self.__name__: Final[str] = getattr(named, "__name__", type(named).__name__)
        self.__qualname__: str = getattr(named, "__qualname__", self.__name__)
        self.__module__ = getattr(named, "__module__", __name__)
        self.__doc__ = getattr(named, "__doc__", None)

    def before_transition(self, transition: Transition[F, T, C_contra], /) -> R_co:
        """Call the function."""
        return self.__wrapped__(transition)

    def after_transition(self, transition: Transition[F, T, C_contra], /) -> None:
        """Do nothing; what is to be done the function adds with `add_after`."""
        return

    def cleanup(self, transition: Transition[F, T, C_contra], /) -> None:
        """Do nothing; what is to be undone the function adds with `add_cleanup`."""
        return

    def __reduce__(self) -> str | tuple[object, ...]:
        """Pickle by name, as functions do; for cloudpickle by value where functions are."""
        found: object = sys.modules.get(self.__module__)
        for part in self.__qualname__.split("."):
            found = getattr(found, part, None)
        # cloudpickle takes functions of __main__, and those without a name to import, by value, but
        # asks no other object: that it is at work is told by whose code called this.
        caller = sys._getframe(1)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] (documented)
        by_value = "cloudpickle" in str(caller.f_globals.get("__name__"))
        if found is self and not (by_value and self.__module__ == "__main__"):
            return self.__qualname__
        if by_value:
            hook, references = self.__wrapped__, self.runs_after
            return FunctionRule, (hook, self.from_states, self.to_states, references)
        from pickle import PicklingError  # noqa: PLC0415 (whoever pickles has it loaded)

        raise PicklingError(
            f"The rule {self.__qualname__} cannot be pickled: rules travel by name, and "
            f"{self.__module__} does not have it under that name. Define it at the top level of a "
            "module, under the name of its function, or use cloudpickle."
        )

    def __deepcopy__(self, memo: object) -> Self:
        return self  # as functions do

    def __repr__(self) -> str:
        return f"<rule {self.__qualname__}>"


class rule(Generic[F, T]):  # noqa: N801 (a decorator, used as a function is)
    """Make a rule of a function, plain or async: it becomes the before hook.

    The two sets hold the states that it governs moves from and to, and `None` for "no state". Their
    types are inferred. Where two enums meet, or Literals are to narrow inside the hook, write them:
    `@rule[S | Mine, S](...)`, `@rule[Literal[S.NEW], Literal[S.PAID]](...)`.

    `runs_after` names rules, or classes of rules, that have to stand before this one wherever both
    are listed. Other decorators go below this one: what it makes is a rule, no function.
    """

    def __init__(
        self,
        *,
        from_states: AbstractSet[F],
        to_states: AbstractSet[T],
        runs_after: Iterable[AnyRule] = (),
    ) -> None:
        self._from_states = from_states
        self._to_states = to_states
        self._runs_after = runs_after

    def __call__(self, hook: Callable[[Transition[F, T, C]], R], /) -> FunctionRule[F, T, C, R]:
        return FunctionRule(hook, self._from_states, self._to_states, self._runs_after)


def name_of(entry: object) -> str:
    """What texts call an entry: its `name`, or that of its function, or of its class."""
    for attribute in ("name", "__name__"):
        name: object = getattr(entry, attribute, None)
        if isinstance(name, str):
            return name
    return type(entry).__name__


def names_of(entries: Sequence[object]) -> list[str]:
    """What texts call the entries of one policy: different ones of the same name are numbered."""
    names = {id(entry): name_of(entry) for entry in entries}
    taken = set(names.values())
    if len(taken) < len(names):
        numbers: dict[str, int] = {}
        once: set[str] = set()
        twice: set[str] = set()
        for name in names.values():
            (twice if name in once else once).add(name)
        for key, name in names.items():
            while name in twice and names[key] in taken:
                numbers[name] = numbers.get(name, 0) + 1
                names[key] = f"{name} #{numbers[name]}"
            taken.add(names[key])
    return [names[id(entry)] for entry in entries]


def _frozen(members: Any) -> Any:
    """A frozenset of a set. What the types forbid is left as it is, for the policy to report."""
    return frozenset(members) if issubclass(type(members), AbstractSet) else members


def _listed(references: Any) -> Any:
    """A tuple of an iterable. What the types forbid is left as it is, for the policy to report."""
    iterates = hasattr(references, "__iter__") and not issubclass(type(references), str | type)
    return tuple(references) if iterates else references
