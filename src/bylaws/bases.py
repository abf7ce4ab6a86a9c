"""Bases: to subclass, for rules and transforms with several hooks or constructor arguments."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Final, Literal

from bylaws.outcome import Outcome
from bylaws.protocols import AnyRule
from bylaws.state import C_contra, F, T
from bylaws.transition import AnyTransition, Transition
from bylaws.verdict import Verdict

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
