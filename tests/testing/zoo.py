"""A zoo of small leaky rules, each beside its mended twin. `async_zoo` has the async ones.

What a rule takes is mostly one of the world's slots, and the world is made anew for every run.
"""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from threading import Lock
from typing import Final, TypeAlias

from bylaws import (
    Abort,
    Aborted,
    Accepted,
    AnyTransition,
    BaseRule,
    BaseTransform,
    Delayed,
    Entry,
    Outcome,
    Policy,
    Transition,
    Verdict,
    abort,
    proceed,
    rule,
    states,
)


class S(Enum):
    """Two states are enough."""

    NEW = "new"
    PAID = "paid"


@dataclass
class World:
    """What the rules take from."""

    slots: list[str] = field(default_factory=lambda: ["amber", "blue", "green"])
    seats: dict[str, str] = field(default_factory=lambda: {"front": "Ann"})
    told: list[str] = field(default_factory=list[str])
    lock: Lock = field(default_factory=Lock)
    database: sqlite3.Connection | None = None
    folder: Path = field(default_factory=lambda: Path(FOLDER.name))
    state: S = S.NEW

    def give(self, slot: str) -> None:
        """Give a slot back."""
        self.slots.append(slot)
        self.slots.sort()


FOLDER: Final[tempfile.TemporaryDirectory[str]] = tempfile.TemporaryDirectory()
STOCK: Final[list[str]] = []
OPEN: Final[list[sqlite3.Connection]] = []
Move: TypeAlias = Transition[S, S, World]
Commit: TypeAlias = Callable[[World, S, Outcome[S]], Abort | None]


def fresh() -> World:
    """A world of its own, with all that is global as in the beginning."""
    STOCK[:] = ["amber", "blue", "green"]
    os.environ.pop("BYLAWS_ZOO", None)
    for file in Path(FOLDER.name).iterdir():
        file.unlink()
    return World()


def stored() -> World:
    """A world with a database."""
    world = fresh()
    while OPEN:
        OPEN.pop().close()
    world.database = sqlite3.connect(":memory:", isolation_level=None)
    OPEN.append(world.database)
    world.database.execute("CREATE TABLE leases (slot TEXT)")
    return world


def slots(world: World) -> object:
    """What most of the rules take from."""
    return world.slots


@dataclass(frozen=True)
class Case:
    """What `assert_undone` is asked about."""

    policy: Policy[S, World]
    observe: Callable[[World], object] = slots
    context: Callable[[], World] = fresh
    commit: Commit | None = None


@dataclass(frozen=True)
class Pair:
    """A leaky rule, and its mended twin."""

    leaky: Case
    mended: Case


def before(hook: Callable[[Move], Verdict[S] | None]) -> Policy[S, World]:
    """A policy of one rule, which is a function."""
    return Policy[S, World](rule(from_states={S.NEW}, to_states={S.PAID})(hook))


def of(*entries: Entry[S, World]) -> Policy[S, World]:
    """A policy of these entries."""
    return Policy[S, World](*entries)


def notify(world: World) -> None:
    """Something harmless that could fail."""
    world.told.append("notified")


# Taken before registered.


def takes_first(t: Move) -> None:
    slot = t.context.slots.pop(0)
    t.add_cleanup(t.context.give, slot)


def takes_in_one(t: Move) -> None:
    t.add_cleanup(t.context.give, t.context.slots.pop(0))


# Registered before taken.


def registers_first(t: Move) -> None:
    t.add_cleanup(t.context.give, "amber")
    t.context.slots.remove("amber")


def registers_what_was_taken(t: Move) -> None:
    taken: list[str] = []
    t.add_cleanup(give_all, t.context, taken)
    taken.append(t.context.slots.pop(0))


def give_all(world: World, taken: list[str]) -> None:
    while taken:
        world.give(taken.pop())


# Given back twice.


class GivesTwice(BaseRule[S, S, World]):
    from_states, to_states = states(S.NEW), states(S.PAID)

    def before_transition(self, t: Move, /) -> None:
        t.add_cleanup(t.context.give, t.context.slots.pop(0))

    def cleanup(self, t: Move, /) -> None:
        t.context.give("amber")


class GivesOnce(GivesTwice):
    def cleanup(self, t: Move, /) -> None:
        notify(t.context)


# A cleanup that raises.


def gives_back_and_fails(world: World, slot: str) -> None:
    world.give(slot)
    raise OSError("the line is dead")


def dial(world: World) -> None:
    raise OSError("the line is dead")


def fails_before_it_gives_back(world: World, slot: str) -> None:
    dial(world)
    world.give(slot)


def cleanup_raises_early(t: Move) -> None:
    t.add_cleanup(fails_before_it_gives_back, t.context, t.context.slots.pop(0))


def cleanup_raises_late(t: Move) -> None:
    t.add_cleanup(gives_back_and_fails, t.context, t.context.slots.pop(0))


# A commit that lands and raises.


def lands_and_tells(world: World, state: S, outcome: Outcome[S]) -> None:
    world.state = state
    notify(world)


def tells_and_lands(world: World, state: S, outcome: Outcome[S]) -> None:
    with suppress(Exception):
        notify(world)
    world.state = state


def of_state(world: World) -> object:
    return [world.slots, world.state]


# A commit that writes, and then refuses.


def writes_and_refuses(world: World, state: S, outcome: Outcome[S]) -> Abort | None:
    world.state = state
    try:
        notify(world)
    except Exception:
        return abort(reason="cannot be told")
    return None


def refuses_and_takes_back(world: World, state: S, outcome: Outcome[S]) -> Abort | None:
    world.state, was = state, world.state
    try:
        notify(world)
    except Exception:
        world.state = was
        return abort(reason="cannot be told")
    return None


# Global state.


def takes_globally(t: Move) -> None:
    global_slot = STOCK.pop()
    notify(t.context)
    t.add_cleanup(STOCK.append, global_slot)


def takes_globally_in_one(t: Move) -> None:
    t.add_cleanup(
        STOCK.append,
        STOCK.pop(),
    )
    notify(t.context)


def stock(world: World) -> object:
    return STOCK  # as it is: what is observed is copied


# An environment variable.


def sets_a_variable(t: Move) -> None:
    os.environ["BYLAWS_ZOO"] = "open"
    t.add_cleanup(os.environ.pop, "BYLAWS_ZOO", None)


def sets_a_variable_last(t: Move) -> None:
    t.add_cleanup(os.environ.pop, "BYLAWS_ZOO", None)
    os.environ["BYLAWS_ZOO"] = "open"


def variable(world: World) -> object:
    return {"variable": os.environ.get("BYLAWS_ZOO")}


# A file.


def writes_a_file(t: Move) -> None:
    path = t.context.folder / "label"
    path.write_text("shipped")
    t.add_cleanup(path.unlink)


def writes_a_file_last(t: Move) -> None:
    path = t.context.folder / "label"
    t.add_cleanup(path.unlink, missing_ok=True)
    path.write_text("shipped")


def files(world: World) -> object:
    return sorted(path.name for path in world.folder.iterdir())


# A row in a database.


def connection(world: World) -> sqlite3.Connection:
    assert world.database is not None
    return world.database


def inserts_a_row(t: Move) -> None:
    database = connection(t.context)
    inserted = database.execute("INSERT INTO leases VALUES ('red')").lastrowid
    t.add_cleanup(database.execute, "DELETE FROM leases WHERE rowid = ?", [inserted])


def inserts_a_row_by_name(t: Move) -> None:
    database = connection(t.context)
    t.add_cleanup(database.execute, "DELETE FROM leases WHERE slot = 'red'")
    database.execute("INSERT INTO leases VALUES ('red')")


def rows(world: World) -> object:
    return connection(world).execute("SELECT count(*) FROM leases").fetchone()


# A lock.


class HoldsTheLock(BaseRule[S, S, World]):
    from_states, to_states = states(S.NEW), states(S.PAID)

    def before_transition(self, t: Move, /) -> None:
        t.context.lock.acquire()
        t.add_after(t.context.lock.release)


class LetsTheLockGo(HoldsTheLock):
    def before_transition(self, t: Move, /) -> None:
        t.add_cleanup(release, t.context.lock)
        t.context.lock.acquire()
        t.add_after(release, t.context.lock)


def release(lock: Lock) -> None:
    if lock.locked():
        lock.release()


def locked(world: World) -> object:
    return world.lock.locked()


# A context manager that is entered.


class Transaction(AbstractContextManager[None]):
    """Takes a slot for good, unless an exception or a rollback comes in between."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.slot: str | None = None

    def __enter__(self) -> None:
        self.slot = self.world.slots.pop(0)

    def __exit__(self, kind: object, error: object, traceback: object, /) -> None:
        if error is not None:
            self.rollback()

    def rollback(self) -> None:
        """Give the slot back."""
        slot, self.slot = self.slot, None
        if slot is not None:
            self.world.give(slot)


def exits_as_if_all_went_well(t: Move) -> None:
    transaction = Transaction(t.context)
    t.add_cleanup(transaction.__exit__, None, None, None)
    transaction.__enter__()


def rolls_back(t: Move) -> None:
    transaction = Transaction(t.context)
    t.add_cleanup(transaction.rollback)
    transaction.__enter__()


# A context manager with a hole before its try.


@contextmanager
def hasty(world: World) -> Generator[str]:
    slot = world.slots.pop(0)
    notify(world)
    try:
        yield slot
    finally:
        world.give(slot)


@contextmanager
def careful(world: World) -> Generator[str]:
    slots: list[str] = []
    try:
        slots.append(world.slots.pop(0))
        notify(world)
        yield slots[0]
    finally:
        give_all(world, slots)


def looks_hastily(t: Move) -> None:
    with hasty(t.context) as slot:
        t.context.told.append(slot)


def looks_carefully(t: Move) -> None:
    with careful(t.context) as slot:
        t.context.told.append(slot)


# A hole between two lines, both of which take.


def takes_two(t: Move) -> None:
    first, second = t.context.slots.pop(0), t.context.slots.pop(0)
    t.add_cleanup(t.context.give, first)
    t.add_cleanup(t.context.give, second)


def takes_one_after_the_other(t: Move) -> None:
    t.add_cleanup(t.context.give, t.context.slots.pop(0))
    t.add_cleanup(t.context.give, t.context.slots.pop(0))


# Several in a loop, registered after it.


def takes_in_a_loop(t: Move) -> None:
    taken: list[str] = []
    for _ in range(2):
        taken.append(t.context.slots.pop(0))  # noqa: PERF401 (a loop on purpose)
    t.add_cleanup(give_all, t.context, taken)


def registers_in_a_loop(t: Move) -> None:
    for _ in range(2):
        t.add_cleanup(t.context.give, t.context.slots.pop(0))


# A helper in the package that takes, and may fail before it returns.


def taken_and_told(world: World) -> str:
    slot = world.slots.pop(0)
    notify(world)
    return slot


def told_and_taken(world: World) -> str:
    notify(world)
    return world.slots.pop(0)


def helped_badly(t: Move) -> None:
    t.add_cleanup(t.context.give, taken_and_told(t.context))


def helped_well(t: Move) -> None:
    t.add_cleanup(t.context.give, told_and_taken(t.context))


# A leak in a finally.


def leaks_in_finally(t: Move) -> None:
    slot = ""
    try:
        slot = t.context.slots.pop(0)
    finally:
        notify(t.context)
        t.add_cleanup(t.context.give, slot)


def registers_in_the_try(t: Move) -> None:
    try:
        t.add_cleanup(t.context.give, t.context.slots.pop(0))
    finally:
        notify(t.context)


# A with block around what takes: nothing comes in between its end and the return.


def taken_unlocked(world: World) -> str:
    world.lock.acquire()
    slot = world.slots.pop(0)
    world.lock.release()
    return slot


def taken_locked(world: World) -> str:
    with world.lock:
        return world.slots.pop(0)


def takes_unlocked(t: Move) -> None:
    t.add_cleanup(t.context.give, taken_unlocked(t.context))


def takes_locked(t: Move) -> None:
    t.add_cleanup(t.context.give, taken_locked(t.context))


def locked_and_slots(world: World) -> object:
    return {"locked": world.lock.locked(), "slots": world.slots}


# A class rule that takes, and refuses without giving back.


class Refuses(BaseRule[S, S, World]):
    from_states, to_states = states(S.NEW), states(S.PAID)

    def before_transition(self, t: Move, /) -> Verdict[S]:
        slot = t.context.slots.pop(0)
        try:
            notify(t.context)
        except Exception:
            return abort(reason="cannot be told")
        finally:
            t.context.told.append(slot)
        return proceed()

    def cleanup(self, t: Move, /) -> None:
        t.context.give(t.context.told[-1])


class RefusesAndGivesBack(Refuses):
    def before_transition(self, t: Move, /) -> Verdict[S]:
        t.add_cleanup(t.context.give, t.context.slots.pop(0))
        try:
            notify(t.context)
        except Exception:
            return abort(reason="cannot be told")
        return proceed()

    def cleanup(self, t: Move, /) -> None:
        notify(t.context)


# A class rule without a cleanup.


class NeverGivesBack(BaseRule[S, S, World]):
    from_states, to_states = states(S.NEW), states(S.PAID)

    def before_transition(self, t: Move, /) -> None:
        t.context.slots.remove("amber")

    def after_transition(self, t: Move, /) -> None:
        t.context.give("amber")


class GivesBackInCleanup(NeverGivesBack):
    def cleanup(self, t: Move, /) -> None:
        t.context.give("amber")


# A class rule that gives back in its cleanup hook, which is not called when it raises itself.


class RaisesAfterTaking(GivesBackInCleanup):
    def before_transition(self, t: Move, /) -> None:
        t.context.slots.remove("amber")
        notify(t.context)


class RaisesBeforeTaking(GivesBackInCleanup):
    def before_transition(self, t: Move, /) -> None:
        notify(t.context)
        t.context.slots.remove("amber")


# What was there before is lost.


def takes_a_seat(t: Move) -> None:
    t.add_cleanup(t.context.seats.pop, "front", None)
    t.context.seats["front"] = "Bob"


def takes_a_seat_for_a_while(t: Move) -> None:
    t.add_cleanup(t.context.seats.update, {"front": t.context.seats["front"]})
    t.context.seats["front"] = "Bob"


def seats(world: World) -> object:
    return world.seats


# One of two is given back.


def gives_one_back(t: Move) -> None:
    taken = [t.context.slots.pop(0) for _ in range(1)]
    t.add_cleanup(t.context.give, taken[0])
    t.context.slots.pop(0)


def gives_both_back(t: Move) -> None:
    takes_one_after_the_other(t)


# Transforms: what they took they give back on a refusal and on an exception.


class UndoesAfterExceptionsOnly(BaseTransform[World]):
    def before_transition(self, t: AnyTransition[World], /) -> None:
        t.add_cleanup(t.context.give, t.context.slots.pop(0))


class UndoesAfterRefusalsOnly(BaseTransform[World]):
    def before_transition(self, t: AnyTransition[World], /) -> None:
        t.context.slots.remove("amber")

    def after_transition(self, t: AnyTransition[World], outcome: Outcome[Enum], /) -> None:
        if not isinstance(outcome, Accepted):
            t.context.give("amber")


class UndoesAlways(UndoesAfterRefusalsOnly):
    def before_transition(self, t: AnyTransition[World], /) -> None:
        t.add_cleanup(t.context.give, t.context.slots.pop(0))


class ForgetsAborts(UndoesAlways):
    def after_transition(self, t: AnyTransition[World], outcome: Outcome[Enum], /) -> None:
        if not isinstance(outcome, Accepted | Aborted):
            t.context.give("amber")


class ForgetsDelays(UndoesAlways):
    def after_transition(self, t: AnyTransition[World], outcome: Outcome[Enum], /) -> None:
        if not isinstance(outcome, Accepted | Delayed):
            t.context.give("amber")


# A transform that takes in its decision, and may fail there.


class DecidesHastily(BaseTransform[World]):
    def on_decision(self, t: AnyTransition[World], outcome: Outcome[Enum], /) -> None:
        if isinstance(outcome, Accepted):
            t.context.slots.remove("amber")
            notify(t.context)


class DecidesCarefully(DecidesHastily):
    def before_transition(self, t: AnyTransition[World], /) -> None:
        t.add_cleanup(self.give_back, t.context)

    def give_back(self, world: World) -> None:
        if "amber" not in world.slots:
            world.give("amber")

    def after_transition(self, t: AnyTransition[World], outcome: Outcome[Enum], /) -> None:
        if not isinstance(outcome, Accepted):  # a commit that refuses comes after the decision
            self.give_back(t.context)


ZOO: Final[dict[str, Pair]] = {
    "taken before registered": Pair(Case(before(takes_first)), Case(before(takes_in_one))),
    "registered before taken": Pair(
        Case(before(registers_first)), Case(before(registers_what_was_taken))
    ),
    "given back twice": Pair(Case(of(GivesTwice())), Case(of(GivesOnce()))),
    "a cleanup that raises": Pair(
        Case(before(cleanup_raises_early)), Case(before(cleanup_raises_late))
    ),
    "a commit that lands and raises": Pair(
        Case(before(takes_in_one), of_state, commit=lands_and_tells),
        Case(before(takes_in_one), of_state, commit=tells_and_lands),
    ),
    "a commit that lands and refuses": Pair(
        Case(before(takes_in_one), of_state, commit=writes_and_refuses),
        Case(before(takes_in_one), of_state, commit=refuses_and_takes_back),
    ),
    "global state": Pair(
        Case(before(takes_globally), stock), Case(before(takes_globally_in_one), stock)
    ),
    "an environment variable": Pair(
        Case(before(sets_a_variable), variable), Case(before(sets_a_variable_last), variable)
    ),
    "a file": Pair(Case(before(writes_a_file), files), Case(before(writes_a_file_last), files)),
    "a row": Pair(
        Case(before(inserts_a_row), rows, stored), Case(before(inserts_a_row_by_name), rows, stored)
    ),
    "a lock": Pair(Case(of(HoldsTheLock()), locked), Case(of(LetsTheLockGo()), locked)),
    "a context manager entered": Pair(
        Case(before(exits_as_if_all_went_well)), Case(before(rolls_back))
    ),
    "a context manager with a hole": Pair(
        Case(before(looks_hastily)), Case(before(looks_carefully))
    ),
    "between two lines": Pair(Case(before(takes_two)), Case(before(takes_one_after_the_other))),
    "in a loop": Pair(Case(before(takes_in_a_loop)), Case(before(registers_in_a_loop))),
    "in a helper": Pair(Case(before(helped_badly)), Case(before(helped_well))),
    "in a finally": Pair(Case(before(leaks_in_finally)), Case(before(registers_in_the_try))),
    "without a with": Pair(
        Case(before(takes_unlocked), locked_and_slots), Case(before(takes_locked), locked_and_slots)
    ),
    "takes and refuses": Pair(Case(of(Refuses())), Case(of(RefusesAndGivesBack()))),
    "no cleanup": Pair(Case(of(NeverGivesBack())), Case(of(GivesBackInCleanup()))),
    "takes and raises": Pair(Case(of(RaisesAfterTaking())), Case(of(RaisesBeforeTaking()))),
    "what was there before": Pair(
        Case(before(takes_a_seat), seats), Case(before(takes_a_seat_for_a_while), seats)
    ),
    "one of two": Pair(Case(before(gives_one_back)), Case(before(gives_both_back))),
    "a transform, after exceptions only": Pair(
        Case(of(UndoesAfterExceptionsOnly())), Case(of(UndoesAlways()))
    ),
    "a transform, after refusals only": Pair(
        Case(of(UndoesAfterRefusalsOnly())), Case(of(UndoesAlways()))
    ),
    "a transform that forgets aborts": Pair(Case(of(ForgetsAborts())), Case(of(UndoesAlways()))),
    "a transform that forgets delays": Pair(Case(of(ForgetsDelays())), Case(of(UndoesAlways()))),
    "a decision": Pair(Case(of(DecidesHastily())), Case(of(DecidesCarefully()))),
}
