"""What `assert_undone` cannot be asked about is told as such, and not as a leak."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
from collections.abc import Callable
from enum import Enum
from itertools import count
from pathlib import Path
from time import monotonic
from types import MappingProxyType
from unittest.mock import Mock

import pytest

from bylaws import (
    AnyTransition,
    AsyncPolicy,
    BaseRule,
    BaseTransform,
    Outcome,
    Policy,
    Verdict,
    abort,
    proceed,
    reject,
    rule,
    states,
)
from bylaws.testing import LeakError, SetupError, assert_undone, assert_undone_async
from tests.testing.zoo import Commit, Move, S, World, before, fresh, slots, takes_in_one

ROOT = Path(__file__).parent.parent.parent
FINE = before(takes_in_one)


def told(
    policy: Policy[S, World] = FINE,
    context: Callable[[], World] = fresh,
    observe: Callable[[World], object] = slots,
    commit: Commit | None = None,
) -> SetupError:
    """The error of a question that cannot be asked."""
    with pytest.raises(SetupError) as caught:
        assert_undone(policy, S.NEW, S.PAID, context=context, observe=observe, commit=commit)
    return caught.value


def test_a_context_that_is_the_same_twice() -> None:
    """A context that is always the same object shares all its state."""
    world = fresh()
    error = told(context=lambda: world)
    assert error.problem == "context"
    assert str(error) == (
        "Policy: S.NEW -> S.PAID: context() gave the same object twice: "
        "make a new one in every call."
    )


def test_a_context_that_shares_state() -> None:
    """What observe sees of a second context has to be what it saw of the first."""
    shared = ["amber", "blue"]
    error = told(context=lambda: World(slots=shared))
    assert error.problem == "context"
    assert str(error) == (
        "Policy: S.NEW -> S.PAID: context() shares state between its calls: after one run "
        "observed ['blue'] instead of ['amber', 'blue']. Make anew, in every call, all that "
        "observe looks at."
    )


def test_a_context_may_be_nothing() -> None:
    """`None` may be given every time: there is nothing to share."""

    @rule(from_states={S.NEW}, to_states={S.PAID})
    def nothing(t: object) -> None: ...

    policy = Policy[S](nothing)
    assert assert_undone(policy, S.NEW, S.PAID, context=lambda: None, observe=repr) > 0


def test_an_observe_that_is_not_repeatable() -> None:
    """It has to answer in the same way to the same question."""
    number = count()
    error = told(observe=lambda _: {"number": next(number)})
    assert error.problem == "observe"
    assert str(error) == (
        "Policy: S.NEW -> S.PAID: observe(context) is not repeatable: number == 1 instead of 0."
    )


class Bare:
    """Equals nothing but itself."""


class Uncopied:
    """Equals what holds the same, and cannot be copied."""

    def __init__(self, world: World) -> None:
        self.world = world

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Uncopied) and self.world.slots == other.world.slots

    def __hash__(self) -> int:
        return hash(Uncopied)

    def __deepcopy__(self, memo: object) -> object:
        raise TypeError("it holds a connection")


BARE = Bare()


THEMSELVES: list[tuple[Callable[[World], object], str]] = [
    (lambda _: BARE, "a Bare"),
    (lambda world: world.lock, "a lock"),
    (lambda world: {"lock": world.lock}, "a lock"),
]


@pytest.mark.parametrize(("observe", "what"), THEMSELVES)
def test_an_observe_that_gives_the_thing_itself(
    observe: Callable[[World], object], what: str
) -> None:
    """What equals only itself is as before whatever happens, and never as in another context."""
    error = told(observe=observe)
    assert error.problem == "observe"
    assert str(error) == (
        f"Policy: S.NEW -> S.PAID: observe(context) gave {what}, which equals nothing but itself: "
        "give what it holds."
    )


def test_an_observe_of_what_cannot_be_copied() -> None:
    """It would change along with what was kept of it."""
    things: dict[int, Uncopied] = {}

    def observe(world: World) -> object:
        return [things.setdefault(id(world), Uncopied(world))]

    error = told(observe=observe)
    assert error.problem == "observe"
    assert str(error).endswith(
        "gave an Uncopied, which cannot be copied (it holds a connection): give what it holds."
    )
    assert_undone(FINE, S.NEW, S.PAID, context=fresh, observe=Uncopied)  # each time another


def test_an_observe_may_give_things_that_stay() -> None:
    """Of what is held by others it may well be asked whether it is still the same one."""
    assert assert_undone(FINE, S.NEW, S.PAID, context=fresh, observe=lambda _: {"owner": BARE})


VIEWS: list[Callable[[World], object]] = [
    lambda world: world.seats.keys(),
    lambda world: world.seats.items(),
    lambda world: world.seats.values(),
    lambda world: {"seats": MappingProxyType(world.seats)},
]


@pytest.mark.parametrize("observe", VIEWS)
def test_views_of_a_dict_are_kept_as_they_were(observe: Callable[[World], object]) -> None:
    """A view shows what is there by now, so it is the present content that is kept."""

    def sits_down(t: Move) -> None:
        t.context.seats["back"] = "Bob"

    with pytest.raises(LeakError) as caught:
        assert_undone(before(sits_down), S.NEW, S.PAID, context=fresh, observe=observe)
    assert len(caught.value.leaks) == caught.value.strikes - 1  # the line before it is clean


def test_an_observe_that_raises() -> None:
    """Its exception is its own, and the cause."""
    error = told(observe=lambda world: world.seats["back"])
    assert error.problem == "observe"
    assert str(error) == "observe(context) raises: KeyError: 'back'."
    assert isinstance(error.__cause__, KeyError)


def test_an_observe_that_raises_after_a_strike() -> None:
    """It says after which."""

    def breaks(t: Move) -> None:
        t.add_cleanup(t.context.seats.clear)

    error = told(before(breaks), observe=lambda world: world.seats["front"])
    assert str(error) == (
        "observe(context) raises after another entry after breaks that rejects: KeyError: 'front'."
    )


def test_an_observe_that_cannot_be_compared() -> None:
    """What it gives has to be comparable."""

    class Sulky:
        def __eq__(self, other: object) -> bool:
            raise RuntimeError("not now")

        __hash__ = None  # type: ignore[assignment]

    error = told(observe=lambda _: Sulky())
    assert error.problem == "observe"
    assert "cannot be compared: RuntimeError: not now" in str(error)


REFUSALS: dict[str, Verdict[S]] = {
    "aborted": abort(reason="no"),
    "redirected": reject(S.NEW, reason="no"),
}


@pytest.mark.parametrize("verdict", REFUSALS.values(), ids=REFUSALS)
def test_a_transition_that_is_refused_anyway(verdict: Verdict[S]) -> None:
    """Nothing can be shown of a transition that does not happen; the trace says who refuses."""

    def refuses(t: Move) -> Verdict[S]:
        return verdict

    error = told(before(refuses))
    assert error.problem == "refused"
    assert "it is refused without any strike" in str(error)
    assert "1  refuses  " in str(error)


def test_a_transition_that_raises_anyway() -> None:
    """What a hook raises by itself is the cause."""

    def raises(t: Move) -> None:
        raise LookupError("no such order")

    error = told(before(raises))
    assert error.problem == "raised"
    assert "it raises without any strike: LookupError: no such order." in str(error)
    assert isinstance(error.__cause__, LookupError)


def test_what_is_none_of_its_business_goes_out() -> None:
    """Ctrl-C, and what a test framework raises, is not an answer of the run."""

    def interrupted(t: Move) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        assert_undone(before(interrupted), S.NEW, S.PAID, context=fresh, observe=slots)

    async def whole() -> None:
        policy: AsyncPolicy[S, World] = before(interrupted)
        with pytest.raises(KeyboardInterrupt):
            await assert_undone_async(policy, S.NEW, S.PAID, context=fresh, observe=slots)

    asyncio.run(whole())


class Waits(BaseRule[S, S, World]):
    from_states, to_states = states(S.NEW), states(S.PAID)

    def before_transition(self, t: Move, /) -> Verdict[S]:
        return proceed()


def put_over() -> Policy[S, World]:
    waits = Waits()
    vars(waits)["before_transition"] = takes_in_one
    return Policy[S, World](waits)


def put_over_a_function() -> Policy[S, World]:
    taking = rule(from_states={S.NEW}, to_states={S.PAID})(takes_in_one)
    policy = Policy[S, World](taking)
    vars(taking)["before_transition"] = takes_in_one
    return policy


def mocked_hook() -> Policy[S, World]:
    waits = Waits()
    policy = Policy[S, World](waits)
    vars(waits)["cleanup"] = Mock()
    return policy


def mocked_function() -> Policy[S, World]:
    return before(Mock(return_value=None, __name__="nothing"))


def mocked_entry() -> Policy[S, World]:
    entry = Mock(universal=False, name="fake", runs_after=())
    entry.from_states, entry.to_states = states(S.NEW), states(S.PAID)
    entry.name = "fake"
    entry.before_transition.return_value = None
    return Policy[S, World](entry)


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (put_over, "Waits.before_transition was patched: it is not the one of Waits."),
        (put_over_a_function, "takes_in_one.before_transition was patched: it is not the one of"),
        (mocked_hook, "Waits.cleanup is a mock: it takes nothing, and gives nothing back."),
        (mocked_entry, "fake is a mock: its hooks take nothing, and give nothing back."),
        (mocked_function, "nothing.before_transition is a mock"),
    ],
)
def test_a_policy_whose_hooks_are_patched(made: Callable[[], Policy[S, World]], said: str) -> None:
    """A hook that is a mock, or was put over the one of its class, shows nothing."""
    error = told(made())
    assert error.problem == "patched"
    assert said in str(error)


def test_a_run_that_does_not_repeat_itself() -> None:
    """A strike that never comes is told: what it would have shown is not known."""
    number = count()

    def takes_turns(t: Move) -> None:
        if next(number) == 1:
            t.context.told.append("the second run")
        t.add_cleanup(t.context.give, t.context.slots.pop(0))

    error = told(before(takes_turns))
    assert error.problem == "unrepeatable"
    assert "1 strikes never came" in str(error)
    assert "in takes_turns, between next() and append" in str(error)


def test_a_leak_that_context_does_not_renew() -> None:
    """All leaks are told, and that later strikes began with what the earlier ones left."""
    shared = ["amber", "blue"]

    def takes(t: Move) -> None:
        slot = shared.pop()
        t.add_after(shared.append, slot)
        t.add_cleanup(t.context.told.append, slot)

    with pytest.raises(LeakError) as caught:
        assert_undone(before(takes), S.NEW, S.PAID, context=fresh, observe=lambda _: shared)
    assert "context() does not make anew what leaked, so later strikes found" in str(caught.value)
    assert "strikes never came, because the run took another course" in str(caught.value)


def test_a_transition_that_hangs_without_a_strike() -> None:
    """Its lines are executed for too long: nothing can be shown of it."""
    number = count()

    def spins(t: Move) -> None:
        until = monotonic() + 5 * (next(number) == 1)
        while monotonic() < until:
            t.context.told.append("spinning")

    with pytest.raises(SetupError, match=r"does not end within 0\.2 s, without any strike") as e:
        assert_undone(before(spins), S.NEW, S.PAID, context=fresh, observe=slots, seconds=0.2)
    assert e.value.problem == "raised"


HANGS = """
from __future__ import annotations
import sys
from bylaws.testing import assert_undone, LeakError
from tests.testing.zoo import Move, S, before, fresh, slots

def spins(t: Move) -> None:
    t.add_cleanup(spin)

def spin() -> None:
    while True:
        pass

try:
    assert_undone(before(spins), S.NEW, S.PAID, context=fresh, observe=slots, seconds=0.2)
except LeakError as error:
    print(error)
"""


@pytest.mark.spawns
def test_a_handler_of_a_strike_that_hangs_is_cut_off() -> None:
    """Also where the error of the strike has taken Python's tracing off."""

    def waits_for_ever(t: Move) -> None:
        try:
            t.context.told.append("it")
        except Exception:
            while True:
                pass

    policy = before(waits_for_ever)
    with pytest.raises(LeakError) as caught:
        assert_undone(policy, S.NEW, S.PAID, context=fresh, observe=slots, seconds=0.2)
    (leak,) = caught.value.leaks
    assert (leak.hung, leak.strike.kind) == (True, "line")


@pytest.mark.spawns
def test_a_strike_that_hangs_is_cut_off(tmp_path: Path) -> None:
    """Lines that are executed for too long are left by an exception, and the strike is named."""
    program = tmp_path / "hangs.py"
    program.write_text(HANGS, encoding="utf-8")
    path = os.pathsep.join([str(ROOT), *sys.path])
    run = subprocess.run(
        [sys.executable, str(program)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": path},
        timeout=60,
    )
    assert run.stdout == (
        "Policy: S.NEW -> S.PAID is not undone after 1 of 1 strikes (and no more were tried):\n\n"
        "another entry after spins that rejects: hangs, and was cut off\n"
    )


class Rests(BaseTransform[World]):
    def after_transition(self, t: AnyTransition[World], outcome: Outcome[Enum], /) -> None: ...


def test_what_does_not_fire_is_not_struck() -> None:
    """A policy without entries has only a commit that can fail; a transform is an entry."""
    bare = Policy[S, World]()
    assert assert_undone(bare, S.NEW, S.PAID, context=fresh, observe=slots) == 5
    rests = Policy[S, World](Rests())
    assert assert_undone(rests, S.NEW, S.PAID, context=fresh, observe=slots) == 12


def test_nothing_need_be_written() -> None:
    """To no state there is no commit, and the decision is the end of what comes before."""

    @rule(from_states={S.NEW}, to_states={None})
    def leaves(t: AnyTransition[World]) -> None:
        t.add_cleanup(t.context.give, t.context.slots.pop(0))
        t.add_after(fails, t.context)

    def fails(world: World) -> None:
        if len(world.told) > 2:
            raise OSError

    policy = Policy[S, World](leaves)
    assert assert_undone(policy, S.NEW, None, context=fresh, observe=slots) == 9

    @rule(from_states={None}, to_states={None})
    def stays(t: AnyTransition[World]) -> None: ...

    policy = Policy[S, World](stays)
    assert assert_undone(policy, None, None, context=fresh, observe=slots) == 7


def test_a_state_may_come_with_a_payload() -> None:
    """State-likes go in where states go in."""

    class Row:
        type = S.NEW

    assert assert_undone(FINE, Row(), S.PAID, context=fresh, observe=slots) == 13


def test_what_stands_after_a_failing_after_side() -> None:
    """The transition happened, so nothing is asserted of what went wrong after it."""

    class Breaks(BaseRule[S, S, World]):
        from_states, to_states = states(S.NEW), states(S.PAID)

        def before_transition(self, t: Move, /) -> None:
            t.add_cleanup(t.context.give, t.context.slots.pop(0))
            with contextlib.suppress(Exception):
                t.context.told.append("no strike")

        def after_transition(self, t: Move, /) -> None:
            if not t.context.told:
                raise OSError("nobody was told")

    policy = Policy[S, World](Breaks())
    assert assert_undone(policy, S.NEW, S.PAID, context=fresh, observe=slots) > 0


def test_a_rule_may_redirect_when_it_is_struck() -> None:
    """What it proposes is another transition: nothing is asserted of it."""

    def falls_back(t: Move) -> Verdict[S]:
        try:
            t.context.told.append("paid")
        except Exception:
            t.context.slots.clear()
            return reject(S.NEW, reason="cannot be told")
        return proceed()

    assert assert_undone(before(falls_back), S.NEW, S.PAID, context=fresh, observe=slots) > 0
