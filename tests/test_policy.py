"""Policies: made as values or as subclasses, and what they list."""

from __future__ import annotations

import pickle
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import Enum
from typing import Any, Generic, TypeVar, get_origin
from unittest.mock import create_autospec

import pytest

from bylaws import Accepted, AsyncPolicy, Entry, Policy, PolicyError, StateError
from tests.cast import Good, Mine, S, from_a, good, late

StateT = TypeVar("StateT", bound=Enum)


def test_a_subclass_is_asked_for_its_entries_once() -> None:
    """What `priority()` returned when the policy was made are its entries ever after."""

    class Orders(Policy[S, object]):
        def __init__(self, *rules: Entry[S, object]) -> None:
            self.rules, self.asked = rules, 0
            super().__init__()

        def priority(self) -> tuple[Entry[S, object], ...]:
            self.asked += 1
            return (*self.rules, Good())

    orders = Orders(good)
    assert orders.entries is orders.entries
    assert orders.asked == 1
    assert orders.compile_transition_rules(S.A, S.B) == orders.entries
    assert repr(orders) == "<Orders Orders: good, Good>"


def test_a_subclass_may_call_the_method_that_it_shadows() -> None:
    """`super().priority()` answers with the entries that the policy was made of."""
    policy = Policy[S, object](from_a)
    assert AsyncPolicy[S, object].priority(policy) == (from_a,)


def test_what_priority_returns_has_to_be_a_tuple() -> None:
    """A list, a single rule or nothing is a fault that shows it, of many entries the first."""
    many = [late() for _ in range(1_000)]
    for wrong in (None, good, [good], many):

        class Wrong(Policy[S, object]):
            def priority(self) -> Any:
                return wrong  # noqa: B023

        came = repr(wrong) if wrong is not many else f"{wrong!r:.200}..."
        with pytest.raises(PolicyError) as caught:
            Wrong()
        assert [str(fault) for fault in caught.value.faults] == [
            f"its priority() returned {came}: return the entries as a tuple."
        ]


def test_priority_has_to_be_a_method() -> None:
    """A tuple, or a rule, that stands where the method should is a fault that says so."""
    for wrong in ((good,), good):
        kind: Any = type("Wrong", (Policy,), {"priority": wrong})
        with pytest.raises(PolicyError) as caught:
            kind()
        assert [str(fault) for fault in caught.value.faults] == [
            f"its priority is {wrong!r}: define a method that returns the entries as a tuple."
        ]


def test_priority_may_ask_what_the_policy_is_called() -> None:
    """While it is asked, the policy has its name, and no entries yet."""
    asked: list[object] = []

    class Curious(Policy[S, object]):
        def priority(self) -> tuple[Entry[S, object], ...]:
            asked.extend([self.name, self.entries, repr(self), super().priority()])
            return (good,)

    assert Curious(name="curious").entries == (good,)
    assert asked == ["curious", (), "<Curious curious: no entries>", ()]


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


def test_a_subclass_may_have_a_lookup_of_its_own() -> None:
    """What it defines is what is called; runs still go by the table."""

    class Counts(Policy[S, object]):
        asked = 0

        def priority(self) -> tuple[Entry[S, object], ...]:
            return (good,)

        def compile_transition_rules(self, from_state: Any, to_state: Any) -> tuple[Any, ...]:
            Counts.asked += 1
            return super().compile_transition_rules(from_state, to_state)

    assert Counts().compile_transition_rules(S.A, S.B) == (good,)
    assert Counts.asked == 1
    assert Counts().run(None, S.A, S.B) == Accepted(S.B)


@dataclass
class Generic1(Policy[StateT, object], Generic[StateT]):
    """A policy of any states that is a dataclass."""

    limit: int = 0

    def priority(self) -> tuple[Any, ...]:
        return ()


def test_a_policy_knows_its_type_arguments() -> None:
    """As Python tells them, which a dataclass keeps until it is made."""
    assert get_origin(Policy[S, object](good).__orig_class__) is Policy
    policy = Generic1[S](limit=3)
    assert policy.run(None, S.A, S.B) == Accepted(S.B)
    stranger: Any = Mine.A
    with pytest.raises(StateError, match="Generic1 is a policy over S; as from_state"):
        policy.explain(stranger, None)


def test_a_policy_may_be_mocked() -> None:
    """What is not made for a class itself does not get in the way of looking at it."""
    mocked: Any = create_autospec(Policy, instance=True)
    mocked.run.return_value = Accepted(S.B)
    assert mocked.run(None, S.A, S.B) == Accepted(S.B)


class Unready:
    """A dependency that is ready at the second try."""

    tries = 0

    def gate(self) -> Entry[S]:
        self.tries += 1
        if self.tries == 1:
            raise ConnectionError("not ready")
        return good


@dataclass
class OnFirstUse(Policy[S]):
    """A policy that is made on first use."""

    unready: Unready

    def priority(self) -> tuple[Entry[S], ...]:
        return (self.unready.gate(),)


def test_a_policy_that_could_not_be_made_has_no_entries_yet() -> None:
    """If priority() raises on first use the policy is made on the next; until then it is not."""
    policy = OnFirstUse(Unready())
    with pytest.raises(ConnectionError, match="not ready"):
        policy.explain(S.A, S.B)
    travelled: OnFirstUse = pickle.loads(pickle.dumps(policy))
    assert travelled.entries == policy.entries == (good,)


@pytest.mark.spawns
def test_a_policy_is_made_once_for_all_threads() -> None:
    """Threads that use one first together wait for the first, and see the same entries."""
    begun, go = threading.Event(), threading.Event()

    @dataclass
    class Slow(Policy[S]):
        made: list[Entry[S]]

        def priority(self) -> tuple[Entry[S], ...]:
            begun.set()
            go.wait()
            self.made.append(Good())
            return (self.made[-1],)

    policy = Slow([])
    with ThreadPoolExecutor(3) as pool:
        first = pool.submit(lambda: policy.entries)
        begun.wait()
        others = [pool.submit(lambda: policy.compile_transition_rules(S.A, S.B)) for _ in range(2)]
        go.set()
        seen = {first.result(), *(other.result() for other in others)}
    assert seen == {(policy.made[0],)}
    assert len(policy.made) == 1
