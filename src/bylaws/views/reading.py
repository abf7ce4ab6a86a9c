"""Reading a policy: its facts, by the core's public API alone. No hook is called."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from bylaws import (
    Abort,
    AsyncBaseRule,
    AsyncBaseTransform,
    BaseRule,
    BaseTransform,
    Delay,
    FunctionRule,
    Moves,
    Proceed,
    Reject,
)
from bylaws.promises import promised
from bylaws.views.matrix import HOOKS, EntryFacts, Hook, Matrix, VerdictName
from bylaws.views.sources import Sources
from bylaws.views.states import State, StateEnum, StateSet, StateSpace, free

if TYPE_CHECKING:
    from bylaws.policy import AsyncPolicy
    from bylaws.state import C, S

RULE_HOOKS: Final[tuple[Hook, ...]] = ("before_transition", "after_transition", "cleanup")
TRANSFORM_HOOKS: Final[tuple[Hook, ...]] = ("before_transition", "on_decision", "after_transition")
NO_OPS: Final = frozenset(
    vars(base)[name]
    for base in (BaseRule, AsyncBaseRule, BaseTransform, AsyncBaseTransform, FunctionRule, Moves)
    for name in HOOKS
    if name in vars(base) and (base, name) != (Moves, "before_transition")
)
KINDS: Final[Mapping[type, VerdictName]] = {
    Proceed: "proceed",
    Reject: "reject",
    Delay: "delay",
    Abort: "abort",
}
IS_ASYNC: Final = inspect.CO_COROUTINE | inspect.CO_ITERABLE_COROUTINE


def read_policy(policy: AsyncPolicy[S, C]) -> Matrix:
    """What a policy does."""
    names = [line.name for line in policy.explain(None, None).lines]
    entries: list[Any] = list(policy.entries)
    spaces = naming_of(policy)
    seen = Sources()
    return Matrix(
        policy.name,
        spaces.space,
        tuple(
            [_facts(entry, name, spaces, seen) for entry, name in zip(entries, names, strict=True)]
        ),
    )


def naming_of(policy: AsyncPolicy[S, C]) -> Naming:
    """What its states are called in its matrix."""
    entries: list[Any] = list(policy.entries)
    rules = [entry for entry in entries if getattr(entry, "universal", None) is not True]
    # The enums that the policy was declared over are told by what is left without its rules.
    declared = policy.without(*rules).next_states(None)
    sets = [states for rule in rules for states in (rule.from_states, rule.to_states)]
    return Naming([declared, *sets])


class Naming:
    """What the states of a policy are called: each state of `sets`, and all members of its enum.

    The space has the enums in the order in which they are met.
    """

    def __init__(self, sets: Iterable[Iterable[object]]) -> None:
        met: dict[type, dict[Any, None]] = {}
        for states in {id(states): states for states in sets}.values():
            # A set has no order: in that of their classes' names.
            ordered = sorted(states, key=_class_of) if isinstance(states, AbstractSet) else states
            for state in ordered:
                if state is not None:
                    met.setdefault(type(state), {})[state] = None
        enums = [kind for kind in met if issubclass(kind, Enum)]
        several = len(enums) > 1
        calls = _unlike(enums)
        self._names: dict[int, State] = {}
        self._kept: list[object] = []
        found: list[StateEnum] = []
        others: list[tuple[object, str]] = []
        for enum in enums:
            listed = list({id(each): each for each in enum.__members__.values()}.values())
            found.append(StateEnum(calls[enum], tuple([member.name for member in listed])))
            prefix = f"{calls[enum]}." if several else ""
            for member in listed:
                self._name(member, f"{prefix}{member.name}")
            known = set(map(id, listed))
            others += _by_name(
                [(state, f"{prefix}{state.name}") for state in met[enum] if id(state) not in known]
            )
        plain = [kind for kind in met if kind not in enums]
        others += _by_name([(state, str(state)) for kind in plain for state in met[kind]])
        taken = set(self._names.values())
        for state, name in others:
            self._name(state, free(name, taken))
        self.space: Final = StateSpace(
            tuple(found), tuple([str(self._names[id(state)]) for state, _ in others])
        )

    def _name(self, state: object, name: str) -> None:
        self._names[id(state)] = name
        self._kept.append(state)  # so that no other object gets its id

    def named(self, states: Iterable[object]) -> StateSet:
        """A set of states by their names."""
        return self.space.set_of([self.name(state) for state in states])

    def members(self) -> Mapping[State, object]:
        """The states themselves by their names."""
        named = {self._names[id(state)]: state for state in self._kept}
        return {name: named.get(name) for name in self.space.states}

    def name(self, state: object) -> State:
        """The name of one state."""
        return None if state is None else self._names[id(state)]


def _by_name(states: list[tuple[object, str]]) -> list[tuple[object, str]]:
    return sorted(states, key=lambda pair: pair[1])  # a set has no order that would stay the same


def _class_of(state: object) -> tuple[str, str]:
    kind = type(state)
    return kind.__qualname__, kind.__module__


def _unlike(enums: list[type[Enum]]) -> dict[type[Enum], str]:
    """A name for each enum, as short as tells it from the others."""
    ways: list[Callable[[type[Enum]], str]] = [
        lambda enum: enum.__name__,
        lambda enum: enum.__qualname__,
        lambda enum: f"{enum.__module__}.{enum.__qualname__}",
    ]
    for way in ways:
        names = {enum: way(enum) for enum in enums}
        members = [f"{names[enum]}.{name}" for enum in enums for name in enum.__members__]
        if len(set(names.values())) == len(enums) and len(set(members)) == len(members):
            return names
    taken: set[State] = set()
    return {enum: free(enum.__name__, taken) for enum in enums}


def _facts(entry: Any, name: str, names: Naming, seen: Sources) -> EntryFacts:
    universal = getattr(entry, "universal", None) is True
    hooks = hooks_of(entry, TRANSFORM_HOOKS if universal else RULE_HOOKS)
    awaits: tuple[Hook, ...] = tuple(
        [hook for hook, function in hooks.items() if is_async(function)]
    )
    doc, file, line = seen.of(entry)
    if universal:
        return EntryFacts(
            name, "transform", None, None, (), tuple(hooks), awaits, None, doc, file, line
        )
    before = hooks.get("before_transition")
    return EntryFacts(
        name,
        "rule",
        names.named(entry.from_states),
        names.named(entry.to_states),
        ("proceed",) if before is None else verdicts_of(before),
        tuple(hooks),
        awaits,
        _legal(entry, names),
        doc,
        file,
        line,
    )


def hooks_of(entry: object, names: Iterable[Hook]) -> dict[Hook, Callable[..., object]]:
    """The hooks that do something, as they are called."""
    found: dict[Hook, Callable[..., object]] = {}
    direct = issubclass(type(entry), FunctionRule)
    for name in names:
        wrapped = direct and name == "before_transition"
        hook: object = getattr(entry, "__wrapped__" if wrapped else name, None)
        if callable(hook) and getattr(hook, "__func__", None) not in NO_OPS:
            found[name] = hook
    return found


def is_async(hook: Callable[..., object]) -> bool:
    """Whether calling it gives something to await, as far as its code says."""
    while isinstance(hook, partial):
        hook = hook.func
    call = getattr(type(hook), "__call__", None)  # noqa: B004 (its code, not whether it has one)
    code: Any = getattr(hook, "__code__", None) or getattr(call, "__code__", None)
    return bool(getattr(code, "co_flags", 0) & IS_ASYNC)


def verdicts_of(hook: Callable[..., object]) -> tuple[VerdictName, ...] | None:
    """What it may answer, by its annotation; `None` if that does not say."""
    verdicts = promised(hook)
    if verdicts is None:
        return None
    return tuple([name for kind, name in KINDS.items() if kind in verdicts])


def _legal(entry: Any, names: Naming) -> tuple[tuple[State, StateSet], ...] | None:
    if not issubclass(type(entry), Moves):
        return None
    legal: Mapping[Any, frozenset[Any]] = entry.legal
    named = {names.name(state): names.named(to) for state, to in legal.items() if to}
    return tuple([(state, named[state]) for state in names.space.states if state in named])
