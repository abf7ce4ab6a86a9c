"""Policies: made as values or as subclasses, and what they list."""

from __future__ import annotations

import re
from typing import Any

import pytest

from bylaws import AsyncPolicy, Entry, Policy, PolicyError
from tests.cast import Good, S, from_a, good


def test_a_subclass_is_asked_for_its_entries_once() -> None:
    """What `priority()` returned when the policy was made is what it returns ever after."""

    class Orders(Policy[S, object]):
        def __init__(self, *rules: Entry[S, object]) -> None:
            self.rules, self.asked = rules, 0
            super().__init__()

        def priority(self) -> tuple[Entry[S, object], ...]:
            self.asked += 1
            return (*self.rules, Good())

    orders = Orders(good)
    assert orders.priority() is orders.priority()
    assert orders.asked == 1
    assert repr(orders) == "<Orders Orders: good, Good>"


def test_a_subclass_may_call_the_method_that_it_shadows() -> None:
    """`super().priority()` answers with the entries that the policy was made of."""
    policy = Policy[S, object](from_a)
    assert AsyncPolicy[S, object].priority(policy) == (from_a,)


def test_what_priority_returns_has_to_be_a_tuple() -> None:
    """A list, a single rule or nothing is a fault that shows it."""
    for wrong in (None, good, [good]):

        class Wrong(Policy[S, object]):
            def priority(self) -> Any:
                return wrong  # noqa: B023

        with pytest.raises(
            PolicyError,
            match=re.escape(f"its priority() returned {wrong!r}: return the entries as a"),
        ):
            Wrong()


def test_a_subclass_without_priority_is_a_fault() -> None:
    """A subclass without `priority()`, or one that is given entries too, is refused."""

    class Forgot(Policy[S, object]):
        pass

    class Twice(Policy[S, object]):
        def priority(self) -> tuple[Entry[S, object], ...]:
            return (good,)

    with pytest.raises(
        PolicyError,
        match=r"Forgot cannot be made:\n  - its class defines no priority\(\): write it",
    ):
        Forgot()
    with pytest.raises(
        PolicyError,
        match=r"Twice cannot be made:\n  - entries are given, but its class defines prio",
    ):
        Twice(good)
