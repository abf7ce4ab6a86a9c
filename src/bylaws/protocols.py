"""Protocols: what a policy lists, rules and transforms. Any object of the right shape is one."""

from __future__ import annotations

from collections.abc import Awaitable
from enum import Enum
from typing import TYPE_CHECKING, Generic, Literal, Never, Protocol, TypeAlias, final

from bylaws.outcome import Outcome
from bylaws.state import C_contra, S_co
from bylaws.transition import AnyTransition, Transition
from bylaws.verdict import Verdict


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


EntryClass: TypeAlias = "type[AsyncRule[Enum, Never] | AsyncTransform[Never]]"
"""A class of which exactly one instance is listed, where a composition is told what to find."""

AnyRule: TypeAlias = "AsyncRule[Enum, Never] | type[AsyncRule[Enum, Never]]"
"""What `runs_after` names: a rule, or a class of rules, over any states and any context."""
