"""What the benchmarks are about: states of every kind and size, idle rules, policies of them."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable, Sequence
from enum import Enum, EnumType, StrEnum
from random import Random
from typing import Any, Final, TypeAlias

from benchmarks.harness import Side
from bylaws import (
    AsyncBaseRule,
    AsyncRule,
    BaseRule,
    BaseTransform,
    Entry,
    Policy,
    Rule,
    Transition,
    Verdict,
    every,
    proceed,
    rule,
)

Context: TypeAlias = None
Move: TypeAlias = Transition[Enum | None, Enum | None, Context]
Hook: TypeAlias = Callable[[Move], Verdict[Enum] | None]
AsyncHook: TypeAlias = Callable[[Move], Coroutine[Any, Any, Verdict[Enum] | None]]


class Text(StrEnum):
    """Ten states that hash in C."""

    A = "a"
    B = "b"
    C = "c"
    D = "d"
    E = "e"
    F = "f"
    G = "g"
    H = "h"
    I = "i"  # noqa: E741
    J = "j"


class Plain(Enum):
    """Ten states that hash in Python."""

    A = "a"
    B = "b"
    C = "c"
    D = "d"
    E = "e"
    F = "f"
    G = "g"
    H = "h"
    I = "i"  # noqa: E741
    J = "j"


KINDS: Final[dict[str, type[Enum]]] = {"StrEnum": Text, "Enum": Plain}


def make_enum(base: type[Enum], size: int) -> type[Enum]:
    """An enum with so many members."""
    names = [(f"STATE_{at}", f"state {at}") for at in range(size)]
    return EnumType.__call__(base, f"{base.__name__}{size}", names=names)


class Quiet(BaseRule[Enum | None, Enum | None, Context]):
    """A rule with a before hook and an after hook that do nothing."""

    def __init__(
        self, from_states: frozenset[Enum | None], to_states: frozenset[Enum | None]
    ) -> None:
        self.from_states = from_states
        self.to_states = to_states

    def before_transition(
        self, _transition: Transition[Enum | None, Enum | None, Context], /
    ) -> None:
        """Proceed."""

    def after_transition(
        self, _transition: Transition[Enum | None, Enum | None, Context], /
    ) -> None:
        """Do nothing."""


class Prepares(BaseTransform[Context]):
    """A transform with a before hook that does nothing."""

    def before_transition(
        self, _transition: Transition[Enum | None, Enum | None, Context], /
    ) -> None:
        """Do nothing."""


class AsyncQuiet(AsyncBaseRule[Enum | None, Enum | None, Context]):
    """The same with async hooks."""

    def __init__(
        self, from_states: frozenset[Enum | None], to_states: frozenset[Enum | None]
    ) -> None:
        self.from_states = from_states
        self.to_states = to_states

    async def before_transition(
        self, _transition: Transition[Enum | None, Enum | None, Context], /
    ) -> None:
        """Proceed."""

    async def after_transition(
        self, _transition: Transition[Enum | None, Enum | None, Context], /
    ) -> None:
        """Do nothing."""


def silent() -> Hook:
    """A new hook that proceeds without a word."""

    def hook(_transition: Move) -> None:
        return None

    return hook


def async_silent() -> AsyncHook:
    """A new async hook that proceeds without a word."""

    async def hook(_transition: Move) -> None:
        return None

    return hook


def proceeding() -> Hook:
    """A new hook that says `proceed()`."""

    def hook(_transition: Move) -> Verdict[Enum]:
        return proceed()

    return hook


def function_rules(hooks: Sequence[Hook], states: type[Enum]) -> list[Rule[Enum, Context]]:
    """A rule of each function, for every move."""
    return [rule(from_states=every(states), to_states=every(states))(hook) for hook in hooks]


def coroutine_rules(
    hooks: Sequence[AsyncHook], states: type[Enum]
) -> list[AsyncRule[Enum, Context]]:
    """The same of async functions."""
    return [rule(from_states=every(states), to_states=every(states))(hook) for hook in hooks]


def scattered(
    states: type[Enum], count: int, share: float, seed: int = 1
) -> list[Rule[Enum, Context]]:
    """Rules over sets drawn at random, each of that share of the states."""
    draw = Random(seed)  # noqa: S311
    members = list(states)
    size = max(1, round(len(members) * share))

    def some() -> frozenset[Enum | None]:
        return frozenset(draw.sample(members, size))

    return [Quiet(some(), some()) for _ in range(count)]


def policy(entries: Sequence[Entry[Enum, Context]]) -> Policy[Enum, Context]:
    """A policy of them."""
    return Policy[Enum, Context](*entries, name="benchmark")


def pairs(states: type[Enum], count: int, seed: int = 2) -> list[tuple[Enum, Enum]]:
    """Random moves."""
    draw = Random(seed)  # noqa: S311
    members = list(states)
    return [(draw.choice(members), draw.choice(members)) for _ in range(count)]


def making(entries: Sequence[Entry[Enum, Context]]) -> Side:
    """A side that makes a policy of them."""

    def side(loops: Iterable[object]) -> None:
        for _ in loops:
            policy(entries)

    return side
