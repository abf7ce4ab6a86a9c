"""Type arguments: which enums a policy is over."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Annotated, Any, Generic, Literal, TypeVar

import pytest

from bylaws import AsyncPolicy, Entry, Policy, StateError
from tests.cast import Book, Mine, S, Text, from_a, good
from tests.zoo import Note

StateT = TypeVar("StateT", bound=Enum)
ContextT = TypeVar("ContextT")


class ByLiteral(Policy[Literal[S.A, S.B], object]):
    def priority(self) -> tuple[Entry[Literal[S.A, S.B], object], ...]:
        return ()


class Generic1(Policy[StateT, ContextT]):
    def priority(self) -> tuple[Entry[StateT, ContextT], ...]:
        return ()


class Generic2(Generic1[Mine | StateT, object], Generic[ContextT, StateT]):
    pass


class Mixin:
    pass


class Derived(Mixin, Generic2[int, S]):
    pass


AnyPolicy: Any = Policy
AnyGeneric: Any = Generic1


@pytest.mark.parametrize(
    ("make", "admitted", "refused"),
    [
        (Policy[S, object], [S.A], [Mine.A]),
        (Policy[S | Mine, object], [S.A, Mine.A], [Text.A]),
        (AsyncPolicy[S, object], [S.A], [Mine.A]),
        (AnyPolicy, [S.A, Mine.A, Text.A], []),
        (lambda: AnyPolicy(from_a), [S.A], [Mine.A, Text.A]),
        (lambda: Policy["S | Mine", object](from_a), [S.A], [Text.A]),
        (ByLiteral, [S.B], [Mine.A]),
        (Generic1[S, int], [S.A], [Mine.A]),
        (AnyGeneric, [S.A, Mine.A], []),
        (Generic2[int, S], [S.A, Mine.A], [Text.A]),
        (Derived, [S.A, Mine.A], [Text.A]),
        (lambda: Policy[S | Mine, object](from_a).without(from_a), [S.A, Mine.A], [Text.A]),
    ],
)
def test_the_enums_of_a_policy(
    make: Callable[[], Any], admitted: list[Enum], refused: list[Enum]
) -> None:
    """Those of its type arguments, however derived, and of its rules; any, if it has neither."""
    policy = make()
    for state in admitted:
        for _ in range(2):
            assert policy.compile_transition_rules(state, state) == ()
    for state in refused:
        with pytest.raises(StateError):
            policy.compile_transition_rules(None, state)


def test_a_refusal_names_the_enums_once() -> None:
    """Those of the rules and of the type arguments, or any."""
    asked: Any = Mine.A
    for policy in (Policy[S, object](good), Policy[S, object](Book())):
        with pytest.raises(StateError, match="Policy is a policy over S; as from_state"):
            policy.explain(asked, None)
    unsaid: Any = Policy
    with pytest.raises(StateError, match="Policy is a policy over S; as from_state"):
        unsaid(good).explain(asked, None)
    free: Any = Policy[Any, object](Book())
    with pytest.raises(StateError, match="Policy is a policy over any enum; as from_state"):
        free.explain("x", None)


class Orders(Policy[S, object]):
    def priority(self) -> tuple[Entry[S, object], ...]:
        return (good,)


class Special(Mixin, Orders): ...


def test_a_subclass_of_a_policy_class_has_its_states() -> None:
    """The enums come from the bases that say them, whatever stands between."""
    stranger: Any = Mine.A
    with pytest.raises(StateError):
        Special().explain(stranger, None)
    assert Special().compile_transition_rules(S.A, S.B) == (good,)


class OverAnything(Policy[S, Annotated[int, []]]):
    def priority(self) -> tuple[Entry[S, Annotated[int, []]], ...]:
        return (good,)


def test_a_context_may_be_annotated_with_anything() -> None:
    """Only the states are read of the type arguments; others need not even be hashable."""
    assert OverAnything().compile_transition_rules(S.A, S.B) == (good,)


class Base(Enum):
    """An enum without members, which others extend."""

    @property
    def title(self) -> str:
        """A title."""
        return self.name.title()


class Extended(Base):
    """States of it."""

    ONE = 1
    TWO = 2


@pytest.mark.parametrize("argument", [Enum, Base, Extended], ids=lambda argument: argument.__name__)
def test_a_policy_over_a_wider_enum_takes_the_members_of_a_narrower_one(
    argument: type[Enum],
) -> None:
    """A policy over `Enum`, or over one that others extend, takes what the types let it take."""
    note = Note()
    policy: Policy[Enum, None] = Policy[argument, None](note)  # type: ignore[valid-type]
    assert policy.compile_transition_rules(Extended.ONE, Extended.TWO) == (note,)
