"""What a run has to do: the contract written down in the most naive way, and entries that play what a script says.

`predict` is the model. It knows nothing of the engine: it walks through the scripts of the entries one by one, as the
contract puts it, and says what has to be seen: the calls in their order, the outcome, or the exception that goes out.
`watch_run` and `watch_arun` put the same scripts to a real policy and say what was seen. A test compares the two.
"""

from __future__ import annotations

from asyncio import CancelledError
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import cache, lru_cache
from types import coroutine, new_class
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, TypeVar, cast

from bylaws import (
    Aborted,
    Accepted,
    AsyncBaseRule,
    AsyncBaseTransform,
    AsyncEntry,
    AsyncPolicy,
    Delayed,
    Entry,
    HookError,
    Outcome,
    Policy,
    Rejected,
    Transition,
    Verdict,
    abort,
    delay,
    every,
    proceed,
    reject,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Generator, Sequence

T = TypeVar("T")


class State(Enum):
    """The states of all scripts. All but one are falsy, which must not matter."""

    NEW = "new"
    OPEN = "open"
    SHUT = "shut"

    def __bool__(self) -> bool:
        return self is State.SHUT


class Foreign(Enum):
    """States of another enum, with names that `State` has too."""

    NEW = "new"
    SHUT = "shut"


class Row:
    """A state-like: a state with a payload."""

    def __init__(self, state: State) -> None:
        self.type = state


class Boom(Exception):  # noqa: N818 (short, for it is in every failure that pytest prints)
    """The exception of a script."""


class OwnCauseError(Exception):
    """What an exception of a script was raised from, where it was."""


ANYWHERE: Final[frozenset[State | None]] = every(State) | {None}
ROW: Final = Row(State.SHUT)

# What a hook, a callback or commit may do: it ends normally ("fine"), or raises one of these, maybe `from` a cause.
Act: TypeAlias = str
RAISES: Final[dict[Act, type[BaseException]]] = {
    "error": Boom,
    "interrupt": KeyboardInterrupt,
    "cancel": CancelledError,
    "exit": SystemExit,
}
CAUSED: Final = {f"{act} from": kind for act, kind in RAISES.items()}
# What a before hook may do beside: let it pass, refuse, or answer what nobody may answer.
PASSES: Final = ("nothing", "proceed")
REFUSES: Final[dict[Act, Outcome[State]]] = {
    "redirect": Rejected(State.SHUT, "redirect"),
    "redirect to a row": Rejected(State.SHUT, "redirect to a row", ROW),
    "redirect to where it is": Rejected(State.NEW, "redirect to where it is"),
    "stay": Rejected(None, "stay"),
    "delay": Delayed(2.5, "delay"),
    "abort": Aborted("abort"),
}
BREAKS: Final = ("junk", "foreign")

# How a hook is written. All but "plain" are for `arun` only, and suspend once before they act.
#   async: an `async def`; later: a plain function that returns what has an `__await__`; generator: `types.coroutine`.
Flavour: TypeAlias = Literal["plain", "async", "later", "generator"]
FLAVOURS: Final[tuple[Flavour, ...]] = ("plain", "async", "later", "generator")
What: TypeAlias = Literal["cancel", "close"]
Adder: TypeAlias = Literal["add_after", "add_cleanup"]


@dataclass(frozen=True)
class Script:
    """What one entry does. A hook that is `None` is one that it does not implement."""

    universal: bool = False
    before: Act | None = "nothing"
    adds: tuple[tuple[Adder, Act], ...] = ()
    """The callbacks that its before hook adds ahead of what it does, each with what the callback does."""
    after: Act | None = "fine"
    cleanup: Act | None = "fine"
    from_states: frozenset[State | None] = ANYWHERE
    to_states: frozenset[State | None] = ANYWHERE
    before_is: Flavour = "plain"
    after_is: Flavour = "plain"
    cleanup_is: Flavour = "plain"
    adds_are: Flavour = "plain"

    def plain(self) -> Script:
        """The same with plain hooks and callbacks alone."""
        return replace(
            self, before_is="plain", after_is="plain", cleanup_is="plain", adds_are="plain"
        )


# ---------------------------------------------------------------------------------------------------------------------
# What is seen of a run
# ---------------------------------------------------------------------------------------------------------------------

# A call: its label ("0.before_transition", "0.add_after.2": the third callback that entry 0 added, "commit"), and what
# it was given beside the transition: a transform's after hook the outcome, commit the state and the outcome.
Call: TypeAlias = tuple[str, object]
# An exception by its label, such as "Boom@0.cleanup"; or a group of several, or one with others as its cause.
Shape: TypeAlias = str | tuple[str, ...]


@dataclass
class Seen:
    """What is seen of a run: all of it."""

    calls: list[Call]
    outcome: Outcome[State] | None = None
    raised: Shape | None = None
    noted: bool = False
    """Whether what was raised says that the commit stands."""


def shape_of(error: BaseException) -> Shape:
    """An exception as labels, in the form that `predict` puts it."""
    several = _inside(error)
    if several:
        assert type(error) is not BaseExceptionGroup, (
            "an exception that is no Exception goes out in a group"
        )
        assert error.__cause__ is None
        return ("group", *(_label(each) for each in several))
    rest = _inside(error.__cause__)
    if rest:
        return ("bare", _label(error, cause=False), *(_label(each) for each in rest))
    return _label(error)


def _inside(error: object) -> tuple[BaseException, ...]:
    """The exceptions of a group."""
    return getattr(error, "exceptions", ())


def _label(error: BaseException, *, cause: bool = True) -> str:
    assert not _inside(error), "groups are not nested"
    if isinstance(error, HookError):
        return f"HookError@{getattr(error.entry, 'at', '')}.{error.hook}"
    own = f" from {_label(error.__cause__)}" if cause and error.__cause__ else ""
    return f"{type(error).__name__}@{error.args[0] if error.args else ''}{own}"


def _raised(calls: list[Call], error: BaseException) -> Seen:
    notes = getattr(error, "__notes__", [])
    assert all("commit" in note for note in notes)
    assert len(notes) <= 1
    for each in (*_inside(error), *_inside(error.__cause__)):
        assert not hasattr(each, "__notes__"), "the note is on what goes out, and only there"
    return Seen(calls, None, shape_of(error), bool(notes))


# ---------------------------------------------------------------------------------------------------------------------
# The model
# ---------------------------------------------------------------------------------------------------------------------


def predict(
    scripts: Sequence[Script],
    from_state: State | None,
    to_state: State | None,
    commit: Act | None,
    struck: Sequence[tuple[str, str]] = (),
) -> Seen:
    """What has to be seen of a run in which every entry plays its script.

    `struck` are the awaits that something was thrown in at: the label of the call that was suspended (with " early" if
    a before hook had not added its callbacks yet), and the name of what was thrown.
    """
    thrown = dict(struck)
    calls: list[Call] = []
    raised: list[str] = []

    def happens(label: str, act: Act, given: object = None) -> bool:
        """One call. Whether it ended normally."""
        calls.append((label, given))
        if label in thrown:
            raised.append(f"{thrown[label]}@{label}")
        elif act in RAISES:
            raised.append(f"{RAISES[act].__name__}@{label}")
        elif act in CAUSED:
            raised.append(f"{CAUSED[act].__name__}@{label} from OwnCauseError@{label}")
        else:
            return True
        return False

    def finishes(label: str, hook: str, act: Act, flavour: Flavour, given: object = None) -> None:
        """One side's call, which may not be possible any more."""
        if flavour != "plain" and any(each.startswith("GeneratorExit@") for each in raised):
            if flavour == "later":  # a plain function up to what it returns
                calls.append((label, given))
            raised.append(f"HookError@{hook}")
        elif happens(label, act, given) and act == "junk":
            raised.append(f"HookError@{hook}")

    # 1. The entries that are selected. 2. Their before hooks; those of rules that come after the one that spoke are not
    # called. `begun` are the entries whose turn came, with the callbacks that they added.
    outcome: Outcome[State] = Accepted(to_state)
    refused = False
    begun: list[tuple[int, Script, list[tuple[str, str, Act]]]] = []
    for at, script in enumerate(scripts):
        selected = script.universal or (
            from_state in script.from_states and to_state in script.to_states
        )
        if not selected or (refused and not script.universal):
            continue
        added: list[tuple[str, str, Act]] = []
        begun.append((at, script, added))
        if script.before is None:
            continue
        label = f"{at}.before_transition"
        if f"{label} early" in thrown:
            calls.append((label, None))
            raised.append(f"{thrown[f'{label} early']}@{label} early")
            break
        added += [
            (method, f"{at}.{method}.{number}", act)
            for number, (method, act) in enumerate(script.adds)
        ]
        if not happens(label, script.before):
            break
        if script.before in BREAKS or (script.universal and script.before != "nothing"):
            raised.append(f"HookError@{label}")
            break
        if script.before in REFUSES:
            refused = True
            outcome = REFUSES[script.before]

    # 3. The commit.
    committed = False
    if (
        not raised
        and commit is not None
        and isinstance(outcome, Accepted | Rejected)
        and outcome.state is not None
    ):
        committed = happens("commit", commit, (outcome.state, outcome))

    # 4. The unwinding, last in first out.
    excepted = bool(raised)
    for at, script, added in reversed(begun):
        happened = not excepted and (script.universal or not refused)
        for method, label, act in reversed(added):
            if method == ("add_after" if happened else "add_cleanup"):
                finishes(label, f"{at}.{method}", "fine" if act == "junk" else act, script.adds_are)
        if happened and script.after is not None:
            label = f"{at}.after_transition"
            finishes(
                label, label, script.after, script.after_is, outcome if script.universal else None
            )
        if not happened and not script.universal and script.cleanup is not None:
            label = f"{at}.cleanup"
            finishes(label, label, script.cleanup, script.cleanup_is)

    # What goes out. Being closed is no news to whoever closed it.
    raised = [each for each in raised if not each.startswith("GeneratorExit@")]
    if not raised:
        return Seen(calls, None if struck else outcome)
    return Seen(calls, None, _going_out(raised), committed)


def _going_out(raised: list[str]) -> Shape:
    if len(raised) == 1:
        return raised[0]
    leaving = [each for each in raised if each.startswith(("KeyboardInterrupt@", "SystemExit@"))]
    leaving += [each for each in raised if each.startswith("CancelledError@")]
    if not leaving:
        return ("group", *raised)
    bare, _, own_cause = leaving[0].partition(" from ")
    return (
        "bare",
        bare,
        *([own_cause] if own_cause else []),
        *(each for each in raised if each != leaving[0]),
    )


# ---------------------------------------------------------------------------------------------------------------------
# The players
# ---------------------------------------------------------------------------------------------------------------------


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
        return 7 if act == "junk" else None

    def answer(self, at: int, label: str, act: Act) -> object:
        """Answer what the script says, as a before hook does."""
        if act in RAISES or act in CAUSED or act == "junk":
            return self.act(label, act)
        if act == "foreign":
            return reject(Foreign.SHUT, reason=act)
        verdicts: dict[Act, Verdict[State]] = {
            "proceed": proceed(),
            "redirect": reject(State.SHUT, reason=act),
            "redirect to a row": reject(ROW, reason=act),
            "redirect to where it is": reject(State.NEW, reason=act),
            "stay": reject(reason=act),
            "delay": delay(2.5, reason=act),
            "abort": abort(reason=act),
        }
        verdict = self.said[at] = verdicts.get(act)
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


def _side(name: Literal["after_transition", "cleanup"], flavour: Flavour) -> Callable[..., object]:
    """A hook of one of the sides; an `async def`, or a `types.coroutine`, really is one."""

    def arguments(
        self: Any, transition: Transition[Any, Any, World], *given: Any
    ) -> tuple[World, str, Any, Act]:
        world = transition.context
        world.check(transition)
        world.given += given
        at: int = self.at
        script = world.scripts[at]
        act = (script.after if name == "after_transition" else script.cleanup) or "fine"
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
    frozenset[State | None],
    frozenset[State | None],
]


def _build(script: Script) -> Build:
    return (
        script.universal,
        None if script.before is None else script.before_is,
        None if script.after is None else script.after_is,
        None if script.cleanup is None or script.universal else script.cleanup_is,
        script.from_states,
        script.to_states,
    )


@cache
def _class_of(
    universal: bool, before: Flavour | None, after: Flavour | None, cleanup: Flavour | None
) -> Callable[[], Any]:
    hooks: dict[str, Callable[..., object]] = {}
    if before is not None:
        hooks["before_transition"] = BEFORE[before]
    if after is not None:
        hooks["after_transition"] = _side("after_transition", after)
    if cleanup is not None:
        hooks["cleanup"] = _side("cleanup", cleanup)
    base: Any = AsyncBaseTransform if universal else AsyncBaseRule
    return new_class("PlaysItsScript", (base,), exec_body=lambda namespace: namespace.update(hooks))


def entry_of(at: int, script: Script) -> AsyncEntry[State, World]:
    """An entry that plays `world.scripts[at]`, with the hooks that the script has."""
    return _entry(at, _build(script))


def _entry(at: int, build: Build) -> AsyncEntry[State, World]:
    universal, before, after, cleanup, from_states, to_states = build
    entry = _class_of(universal, before, after, cleanup)()
    entry.at = at
    if not universal:
        entry.from_states, entry.to_states = from_states, to_states
    return cast("AsyncEntry[State, World]", entry)


@lru_cache(maxsize=1_000)
def _policy_of(builds: tuple[Build, ...]) -> Policy[State, World]:
    return Policy[State, World](
        *(cast("Entry[State, World]", _entry(at, build)) for at, build in enumerate(builds))
    )


@lru_cache(maxsize=1_000)
def _async_policy_of(builds: tuple[Build, ...]) -> AsyncPolicy[State, World]:
    return AsyncPolicy[State, World](*(_entry(at, build) for at, build in enumerate(builds)))


def policy_of(scripts: Sequence[Script]) -> Policy[State, World]:
    """A plain policy of entries that play these scripts. Scripts that differ in their acts alone share one."""
    return _policy_of(tuple(map(_build, scripts)))


def async_policy_of(scripts: Sequence[Script]) -> AsyncPolicy[State, World]:
    """As `policy_of`, with hooks of all flavours."""
    return _async_policy_of(tuple(map(_build, scripts)))


def is_possible(script: Script) -> bool:
    """Whether it implements a hook, as every entry has to."""
    return any(hook is not None for hook in _build(script)[1:4])


# ---------------------------------------------------------------------------------------------------------------------
# Watching
# ---------------------------------------------------------------------------------------------------------------------


def watch_run(
    scripts: Sequence[Script], from_state: State | None, to_state: State | None, commit: Act | None
) -> Seen:
    """What is seen of a plain run of entries that play these scripts, which have to be plain."""
    world = World(scripts, from_state, to_state)
    try:
        outcome = policy_of(scripts).run(world, from_state, to_state, commit=world.commit(commit))
    except BaseException as error:
        return _raised(world.calls, error)
    return Seen(world.calls, outcome)


def watch_arun(
    scripts: Sequence[Script],
    from_state: State | None,
    to_state: State | None,
    commit: Act | None,
    commit_is: Flavour = "plain",
    policy: AsyncPolicy[State, World] | None = None,
) -> Seen:
    """What is seen of an async run of entries that play these scripts."""
    world = World(scripts, from_state, to_state)
    policy = policy or async_policy_of(scripts)
    try:
        outcome = drive(
            policy.arun(world, from_state, to_state, commit=world.commit(commit, commit_is))
        )
    except BaseException as error:
        return _raised(world.calls, error)
    return Seen(world.calls, outcome)


def drive(running: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end by hand, which needs no event loop and lets every exception through."""
    while True:
        try:
            running.send(None)
        except StopIteration as stop:
            return cast("T", stop.value)


@dataclass
class Strike:
    """What was seen of an async run that something was thrown into, and where."""

    seen: Seen
    struck: list[tuple[str, str]]
    awaits: int


def strike_arun(
    scripts: Sequence[Script],
    commit: Act | None,
    *strikes: tuple[int, What],
    commit_is: Flavour = "async",
) -> Strike:
    """Run from NEW to OPEN, throwing in a cancellation, or closing, at the awaits of these numbers (counted from 0)."""
    world = World(scripts, State.NEW, State.OPEN)
    running = async_policy_of(scripts).arun(
        world, State.NEW, State.OPEN, commit=world.commit(commit, commit_is)
    )
    at = 0
    due = dict(strikes)
    struck: list[tuple[str, str]] = []
    try:
        running.send(None)
        while True:
            what = due.get(at)
            at += 1
            if what is None:
                running.send(None)
                continue
            struck.append(
                (world.suspended, "CancelledError" if what == "cancel" else "GeneratorExit")
            )
            if what == "close":
                running.close()
                return Strike(Seen(world.calls), struck, at)
            running.throw(CancelledError(world.suspended))
    except StopIteration as stop:
        return Strike(Seen(world.calls, stop.value), struck, at)
    except BaseException as error:
        return Strike(_raised(world.calls, error), struck, at)
