"""Entries that play what a script says, with hooks that are written in every way."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Generator, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from types import coroutine, new_class
from typing import Any, Final, Literal, TypeAlias, cast

from bylaws import (
    AsyncBaseRule,
    AsyncBaseTransform,
    AsyncEntry,
    AsyncPolicy,
    Entry,
    Outcome,
    Policy,
    Transition,
    Verdict,
    proceed,
    reject,
)
from tests.model.contract import POLICY, Call
from tests.model.script import (
    CAUSED,
    RAISES,
    THEN,
    VERDICTS,
    Act,
    Flavour,
    Foreign,
    OwnCauseError,
    Script,
    State,
)


@dataclass(eq=False)
class World:
    """The context of a run: it has the scripts, and writes down what is called."""

    scripts: Sequence[Script]
    from_state: State | None
    to_state: State | None
    calls: list[Call] = field(default_factory=list[Call])
    said: dict[int, Verdict[State] | None] = field(
        default_factory=dict[int, "Verdict[State] | None"]
    )
    """What each before hook answered."""
    given: list[Outcome[State]] = field(default_factory=list["Outcome[State]"])
    """Every outcome that a hook or commit was given."""
    suspended: str = ""
    """The label of the call that is suspended."""

    def called(self, label: str, given: object = None) -> None:
        """Write a call down."""
        self.calls.append((label, given))

    def act(self, label: str, act: Act) -> object:
        """Do what the script says."""
        if act in RAISES:
            raise RAISES[act](label)
        if act in CAUSED:
            raise CAUSED[act](label) from OwnCauseError(label)
        if act in THEN:
            return THEN[act](label)
        return 7 if act == "junk" else VERDICTS.get(act)

    def answer(self, at: int, label: str, act: Act) -> object:
        """Answer what the script says, as a before hook does."""
        if act in RAISES or act in CAUSED or act == "junk":
            return self.act(label, act)
        if act == "foreign":
            return reject(Foreign.SHUT, reason=act)
        verdict = self.said[at] = proceed() if act == "proceed" else VERDICTS.get(act)
        return verdict

    def add(self, at: int, transition: Transition[Any, Any, Any]) -> None:
        """Add the callbacks of the script, with arguments of both kinds."""
        script = self.scripts[at]
        for number, (method, act) in enumerate(script.adds):
            add = transition.add_after if method == "add_after" else transition.add_cleanup
            add(PLAY[script.adds_are], self, f"{at}.{method}.{number}", act=act)

    async def pause(self, label: str) -> None:
        """Suspend once."""
        self.suspended = label
        await Pause()
        self.suspended = ""

    def check(self, transition: Transition[Any, Any, Any]) -> None:
        """Every hook is given the transition that is intended."""
        assert transition.from_state is self.from_state
        assert transition.to_state is self.to_state
        assert transition.context is self

    def commit(
        self, act: Act | None, flavour: Flavour = "plain"
    ) -> Callable[[State, Outcome[State]], Any] | None:
        """A commit that plays its act."""

        def write(state: State, outcome: Outcome[State]) -> Any:
            self.given.append(outcome)
            return PLAY[flavour](self, "commit", (state, outcome), act=act or "fine")

        return None if act is None else write


class Pause:
    """Suspends once, under asyncio as when driven by hand."""

    def __await__(self) -> Generator[None, None, None]:
        """Yield to whoever drives."""
        yield


class Later:
    """Something with `__await__` and nothing else."""

    def __init__(self, make: Callable[[], Coroutine[Any, Any, object]]) -> None:
        self._make = make

    def __await__(self) -> Generator[Any, Any, object]:
        """Run what was made."""
        return self._make().__await__()


def _play(world: World, label: str, given: object = None, *, act: Act) -> object:
    world.called(label, given)
    return world.act(label, act)


async def _rest(world: World, label: str, act: Act) -> object:
    await world.pause(label)
    return world.act(label, act)


async def _play_async(world: World, label: str, given: object = None, *, act: Act) -> object:
    world.called(label, given)
    return await _rest(world, label, act)


def _play_later(world: World, label: str, given: object = None, *, act: Act) -> object:
    world.called(label, given)
    return Later(lambda: _rest(world, label, act))


@coroutine
def _play_generator(
    world: World, label: str, given: object = None, *, act: Act
) -> Generator[Any, Any, object]:
    world.called(label, given)
    return (yield from _rest(world, label, act).__await__())


PLAY: Final[dict[Flavour, Callable[..., object]]] = {
    "plain": _play,
    "async": _play_async,
    "later": _play_later,
    "generator": _play_generator,
}


async def _begin(self: Any, transition: Transition[Any, Any, World]) -> object:
    at: int = self.at
    world = transition.context
    label = f"{at}.before_transition"
    await world.pause(f"{label} early")
    world.add(at, transition)
    await world.pause(label)
    return world.answer(at, label, world.scripts[at].before or "nothing")


def _before(self: Any, transition: Transition[Any, Any, World]) -> object:
    at: int = self.at
    world = transition.context
    label = f"{at}.before_transition"
    world.check(transition)
    world.called(label)
    world.add(at, transition)
    return world.answer(at, label, world.scripts[at].before or "nothing")


async def _before_async(self: Any, transition: Transition[Any, Any, World]) -> object:
    transition.context.check(transition)
    transition.context.called(f"{self.at}.before_transition")
    return await _begin(self, transition)


def _before_later(self: Any, transition: Transition[Any, Any, World]) -> object:
    transition.context.check(transition)
    transition.context.called(f"{self.at}.before_transition")
    return Later(lambda: _begin(self, transition))


@coroutine
def _before_generator(
    self: Any, transition: Transition[Any, Any, World]
) -> Generator[Any, Any, object]:
    transition.context.check(transition)
    transition.context.called(f"{self.at}.before_transition")
    return (yield from _begin(self, transition).__await__())


BEFORE: Final[dict[Flavour, Callable[..., object]]] = {
    "plain": _before,
    "async": _before_async,
    "later": _before_later,
    "generator": _before_generator,
}


def _hook(
    name: Literal["after_transition", "cleanup", "on_decision"], flavour: Flavour
) -> Callable[..., object]:
    """A hook other than the first; an `async def`, or a `types.coroutine`, really is one."""

    def arguments(
        self: Any, transition: Transition[Any, Any, World], *given: Any
    ) -> tuple[World, str, Any, Act]:
        world = transition.context
        world.check(transition)
        world.given += given
        at: int = self.at
        script = world.scripts[at]
        acts = {
            "after_transition": script.after,
            "cleanup": script.cleanup,
            "on_decision": script.decide,
        }
        act = acts[name] or "fine"
        return world, f"{at}.{name}", given[0] if given else None, act

    def plain(self: Any, transition: Transition[Any, Any, World], *given: Any) -> object:
        world, label, outcome, act = arguments(self, transition, *given)
        return PLAY[flavour](world, label, outcome, act=act)

    async def in_async(self: Any, transition: Transition[Any, Any, World], *given: Any) -> object:
        world, label, outcome, act = arguments(self, transition, *given)
        return await _play_async(world, label, outcome, act=act)

    @coroutine
    def in_generator(
        self: Any, transition: Transition[Any, Any, World], *given: Any
    ) -> Generator[Any, Any, object]:
        world, label, outcome, act = arguments(self, transition, *given)
        return (yield from _play_async(world, label, outcome, act=act).__await__())

    return {"plain": plain, "later": plain, "async": in_async, "generator": in_generator}[flavour]


# What of a script makes the entry; the rest is looked up in the context when it plays.
Build: TypeAlias = tuple[
    bool,
    Flavour | None,
    Flavour | None,
    Flavour | None,
    Flavour | None,
    frozenset[State | None],
    frozenset[State | None],
]


def _build(script: Script) -> Build:
    return (
        script.universal,
        None if script.before is None else script.before_is,
        None if script.after is None else script.after_is,
        None if script.cleanup is None or script.universal else script.cleanup_is,
        None if script.decide is None or not script.universal else script.decide_is,
        script.from_states,
        script.to_states,
    )


@cache
def _class_of(
    universal: bool,
    before: Flavour | None,
    after: Flavour | None,
    cleanup: Flavour | None,
    decide: Flavour | None,
) -> Callable[[], Any]:
    hooks: dict[str, Callable[..., object]] = {}
    if before is not None:
        hooks["before_transition"] = BEFORE[before]
    if after is not None:
        hooks["after_transition"] = _hook("after_transition", after)
    if cleanup is not None:
        hooks["cleanup"] = _hook("cleanup", cleanup)
    if decide is not None:
        hooks["on_decision"] = _hook("on_decision", decide)
    base: Any = AsyncBaseTransform if universal else AsyncBaseRule
    return new_class("PlaysItsScript", (base,), exec_body=lambda namespace: namespace.update(hooks))


def entry_of(at: int, script: Script) -> AsyncEntry[State, World]:
    """An entry that plays `world.scripts[at]`, with the hooks that the script has."""
    return _entry(at, _build(script))


def _entry(at: int, build: Build) -> AsyncEntry[State, World]:
    universal, *hooks, from_states, to_states = build
    entry: Any = _class_of(universal, *hooks)()
    entry.at, entry.name = at, f"e{at}"
    if not universal:
        entry.from_states, entry.to_states = from_states, to_states
    return cast("AsyncEntry[State, World]", entry)


@lru_cache(maxsize=1_000)
def _policy_of(builds: tuple[Build, ...]) -> Policy[State, World]:
    return Policy[State, World](
        *(cast("Entry[State, World]", _entry(at, build)) for at, build in enumerate(builds)),
        name=POLICY,
    )


@lru_cache(maxsize=1_000)
def _async_policy_of(builds: tuple[Build, ...]) -> AsyncPolicy[State, World]:
    return AsyncPolicy[State, World](
        *(_entry(at, build) for at, build in enumerate(builds)), name=POLICY
    )


def policy_of(scripts: Sequence[Script]) -> Policy[State, World]:
    """A plain policy of entries that play these scripts. What differs in acts alone shares one."""
    return _policy_of(tuple(map(_build, scripts)))


def async_policy_of(scripts: Sequence[Script]) -> AsyncPolicy[State, World]:
    """As `policy_of`, with hooks of all flavours."""
    return _async_policy_of(tuple(map(_build, scripts)))


def is_possible(script: Script) -> bool:
    """Whether it implements a hook, as every entry has to."""
    return any(hook is not None for hook in _build(script)[1:5])
