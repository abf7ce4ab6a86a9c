"""The small print: details of the contract that a small slip would change unnoticed by the other tests."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from enum import Enum, IntEnum, IntFlag, StrEnum
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import pytest

from bylaws import (
    Accepted,
    AnyTransition,
    AsyncPolicy,
    BaseRule,
    BaseTransform,
    Delayed,
    Entry,
    Explanation,
    FunctionRule,
    HookError,
    Policy,
    PolicyError,
    Reason,
    StateError,
    Traced,
    Transition,
    Verdict,
    delay,
    reject,
    rule,
    states,
)
from bylaws.rules import AnyRule

if TYPE_CHECKING:
    from collections.abc import Generator


class S(Enum):
    A = 1
    B = 2
    C = 3


class Text(StrEnum):
    A = "a"
    B = "b"


class OtherText(StrEnum):
    A = "a"


class Mine(Enum):
    A = 1


@dataclass(frozen=True)
class Same(BaseRule[S, S, object]):
    """All of them are equal."""

    from_states = states(S.A)
    to_states = states(S.B)

    def before_transition(self, transition: Transition[S, S, object], /) -> Verdict[S] | None:
        return None


class Book(BaseTransform[object]):
    def before_transition(self, transition: AnyTransition[object], /) -> None: ...


class Raises(BaseRule[S, S, object]):
    from_states = states(S.A)
    to_states = states(S.B)

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def after_transition(self, transition: Transition[S, S, object], /) -> None:
        raise self.error

    def cleanup(self, transition: Transition[S, S, object], /) -> None:
        raise self.error


@rule(from_states={S.A}, to_states={S.B})
def good(_: Transition[S, S, object]) -> None: ...


def late(*after: AnyRule) -> FunctionRule[S, S, object, None]:
    """A rule that runs after others."""

    @rule(from_states={S.A}, to_states={S.B}, runs_after=after)
    def late(_: Transition[S, S, object]) -> None: ...

    return late


def faults(*entries: Any) -> list[str]:
    with pytest.raises(PolicyError) as caught:
        Policy[Any, object](*entries)
    return [str(fault) for fault in caught.value.faults]


# ---------------------------------------------------------------------------------------------------------------------
# Entries are told by identity
# ---------------------------------------------------------------------------------------------------------------------


def test_equal_entries_are_two() -> None:
    """Rules that are equal are listed, found and left out each for itself."""
    one, two, book = Same(), Same(), Book()
    policy = Policy[S, object](one, good, two)
    assert one == two
    assert policy.without(two).priority()[0] is one
    assert len(policy.without(two).priority()) == 2
    assert policy.inserting(book, after=two).priority()[-1] is book


def test_what_stood_in_for_a_rule_stands_in_for_it_alone() -> None:
    """`runs_after` follows a rule through all that replaced it, also where equal rules, or the rule itself, did."""
    one, two, new = Same(), Same(), late()
    policy = Policy[S, object](one).replacing(one, new).replacing(new, two).replacing(two, new)
    for named in (one, two, new):
        with pytest.raises(PolicyError, match="has to run after late"):
            policy.inserting(late(named), before=new)
    assert policy.inserting(late(late()), before=new).priority()[-1] is new


def test_equal_rules_keep_an_order_of_their_own() -> None:
    """A rule is not put after itself by its class, nor after one that is only equal to what it names."""
    kind: Any = type("Own", (Same,), {})
    kind.runs_after = (kind,)
    assert len(faults(kind(), kind())) == 1
    assert len(Policy[S, object](late(Same()), Same()).priority()) == 2
    one, two, first, last = Same(), Same(), late(), late()
    policy = Policy[S, object](one).replacing(one, first).replacing(first, two).replacing(two, last)
    with pytest.raises(PolicyError, match="has to run after late"):
        policy.inserting(late(one), before=last)


def test_the_shorter_mend_is_named() -> None:
    """Of moving one up and moving the other down, an error names what leaves fewer rules out of order."""
    needed = late()
    between = late()
    early = late(needed)
    assert "move late up, before late" in faults(early, needed)[0]
    first = [
        early,
        late(early),
        needed,
    ]  # moving `early` down would put it behind what runs after it
    assert "move late up" in faults(*first)[0]
    last = [early, between, late(between, early), needed]
    assert "move late up" in faults(*last)[0]
    one, two = late(), late()
    up, down = faults(late(one, two), one, two)
    assert "move late up" in up
    assert "move late down" in down
    one = late(two)
    assert "move late up" in faults(late(one), one, two)[0]
    pinned = late(between)
    waits = late(pinned)
    assert "move late down" in faults(waits, between, pinned)[0]


# ---------------------------------------------------------------------------------------------------------------------
# Checks
# ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("hook", ["before_transition", "after_transition", "cleanup"])
def test_a_slip_is_one_letter_or_two_neighbours(hook: str) -> None:
    """Two neighbours that are swapped are a typo; those and another letter are not, nor is a private method."""
    for at in range(len(hook) - 1):
        swapped = hook[:at] + hook[at + 1] + hook[at] + hook[at + 2 :]
        for name, wrong in (
            (swapped, swapped != hook),
            (swapped + "x", swapped == hook),
            (f"_{hook}", False),
        ):
            kind: Any = type("Odd", (Same,), {name: Same.cleanup})
            if wrong:
                assert f"has a method {name}()" in faults(kind())[0]
            else:
                assert len(Policy[S, object](kind()).priority()) == 1


def test_a_fault_is_reported_once() -> None:
    """A Flag that is equal to a member of an enum is one fault; so is a wrong `runs_after` among other rules."""

    class F(IntFlag):
        X = 1

    class N(IntEnum):
        ONE = 1

    def leaving(member: Enum) -> Any:
        @rule(from_states=states(member), to_states=states(S.A))
        def leaving(_: Transition[Enum, S, object]) -> None: ...

        return leaving

    assert len(faults(leaving(F.X), leaving(N.ONE))) == 1
    for wrong in (good, 7):
        kind: Any = type("Odd", (Same,), {"runs_after": wrong})
        assert ["runs_after that is no tuple" in text for text in faults(kind(), good)] == [True]
    bare: Any = type("Bare", (), {"from_states": states(S.A), "to_states": states(S.A)})
    assert "has no method before_transition()" in faults(bare())[0]
    named: Any = type("Odd", (Same,), {"runs_after": "good"})
    assert "but 'good': write" in faults(named())[0]


# ---------------------------------------------------------------------------------------------------------------------
# Lookups and explanations
# ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("enum", [S, Text])
def test_small_tables_are_at_hand(enum: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Members of the first enum, and `None`, take the fast way from the first time on."""

    @rule(from_states={enum.A}, to_states={enum.B, None})
    def moves(_: Transition[Any, Any, object]) -> None: ...

    policy: Any = Policy[Any, object](moves)
    monkeypatch.setattr(policy._table, "find", pytest.fail)
    assert (
        policy.compile_transition_rules(enum.A, enum.B)
        == policy.compile_transition_rules(enum.A, None)
        == (moves,)
    )
    assert (
        policy.compile_transition_rules(None, enum.A)
        == policy.compile_transition_rules(enum.B, enum.A)
        == ()
    )
    assert policy.run(None, enum.A, None) == Accepted(None)


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


class Mixin: ...


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


class Nameless:
    """Says to be a member, and is like none."""

    __class__ = S  # type: ignore[assignment]
    _sort_order_ = "first"


def test_what_only_says_to_be_a_member_needs_no_name() -> None:
    """It is refused, and shown as what it is."""
    liar: Any = Nameless()
    policy = Policy[S, object](good)
    for ask in (policy.compile_transition_rules, policy.explain, partial(policy.run, None)):
        with pytest.raises(StateError, match=r"Nameless object.*, which is no enum member"):
            ask(liar, S.B)


class Row:
    """A state-like that is equal to everything."""

    type = S.A

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = None  # type: ignore[assignment]


def test_a_state_like_is_told_by_identity() -> None:
    """One that is equal to everything is proposed as itself."""
    row = Row()
    verdict = reject(row, reason="r")
    assert verdict.state is S.A
    assert verdict.payload is row


class Typed(Enum):
    X = 1

    @property
    def type(self) -> Mine:
        return Mine.A


def test_a_member_is_its_own_state() -> None:
    """A member whose `type` is a member of another enum stands for itself."""
    verdict: Any = reject(Typed.X, reason="r")
    assert (verdict.state, verdict.payload) == (Typed.X, None)
    assert Policy[Enum, object](Book()).run(None, None, Typed.X) == Accepted(Typed.X)


def test_explanations_compare_by_all_that_they_say() -> None:
    """Two explanations are equal if policy, states and reasons are; reason codes are stable."""
    assert [reason.value for reason in Reason] == [
        "selected",
        "from_state",
        "to_state",
        "both_states",
    ]
    policy, other = Policy[S, object](good, name="p"), Policy[S, object](good, name="q")
    said = policy.explain(S.A, S.B)
    assert said == policy.explain(S.A, S.B) != other.explain(S.A, S.B)
    assert policy.explain(S.B, S.B) != policy.explain(S.C, S.B)
    assert policy.explain(S.A, S.A) != policy.explain(S.A, S.C)
    assert said != policy.without(good).explain(S.A, S.B)
    assert (
        str(Policy[Text, object]().explain(Text.A, Text.B)).splitlines()[0]
        == "Policy: Text.A -> Text.B"
    )
    assert repr(Policy[S, object]()) == "<Policy Policy: no entries>"
    match said:
        case Explanation(name, from_state, to_state, entries):
            assert (name, from_state, to_state, entries) == (
                "p",
                S.A,
                S.B,
                ((good, Reason.SELECTED),),
            )


def test_names_in_an_explanation_are_sorted_by_enum() -> None:
    """States of two enums stand together, each enum's in the order of their definition."""

    class Aa(Enum):
        X = 1
        Y = 2

    class Bb(Enum):
        P = 1
        Q = 2

    @rule[Aa | Bb, Aa](from_states={Aa.Y, Aa.X, Bb.Q, Bb.P}, to_states={Aa.X})
    def moves(_: Transition[Aa | Bb, Aa, object]) -> None: ...

    assert "only when leaving X, Y, P, Q" in str(Policy[Aa | Bb, object](moves).explain(None, Aa.X))


# ---------------------------------------------------------------------------------------------------------------------
# Runs
# ---------------------------------------------------------------------------------------------------------------------


def test_equal_members_of_two_enums_are_two_outcomes() -> None:
    """An outcome that was kept has the member that the run was given, not one that is equal or has its name."""
    for policy in (Policy[Enum, object](Book()), Policy[Enum, object]()):
        for state in (Text.A, Text.B, OtherText.A, Text.B, Text.A):
            for outcome in (
                policy.run(None, None, state),
                asyncio.run(policy.arun(None, None, state)),
            ):
                assert isinstance(outcome, Accepted)
                assert outcome.state is state
    plain, later = Policy[Enum, object](Book()), AsyncPolicy[Enum, object](Book())
    for state in (Text.A, OtherText.A):  # one right after the other
        for outcome in (plain.run(None, None, state), asyncio.run(later.arun(None, None, state))):
            assert isinstance(outcome, Accepted)
            assert outcome.state is state


def test_what_a_commit_and_a_callback_return_is_dropped() -> None:
    """Only hooks have to return nothing; a generator that a callback returns is not awaited either."""
    written: list[object] = []

    def generate() -> Generator[None, None, None]:
        yield

    def commit(*given: object) -> Any:
        written.append(given)
        return 7

    @rule(from_states={S.A}, to_states={S.B})
    def adds(t: Transition[S, S, object]) -> None:
        t.add_after(generate)

    policy = Policy[S, object](adds)
    outcome = policy.run(None, S.A, S.B, commit=commit)
    assert outcome == asyncio.run(policy.arun(None, S.A, S.B, commit=commit)) == Accepted(S.B)
    assert written == [(S.B, outcome)] * 2


def test_no_time_is_a_delay_too() -> None:
    """`delay(0)` is a refusal like any; less than that is an error that says what came."""

    @rule(from_states={S.A}, to_states={S.B})
    def at_once(_: Transition[S, S, object]) -> Verdict[S]:
        return delay(0, reason="r")

    assert Policy[S, object](at_once).run(None, S.A, S.B) == Delayed(0, "r")
    with pytest.raises(ValueError, match=r"at least 0, not -1$"):
        delay(-1, reason="r")


def test_a_transform_is_traced_without_a_verdict() -> None:
    """It proceeds, and its after side is due."""
    book = Book()
    assert Policy[S, object](book).run(None, S.A, S.B).trace.entries == (
        Traced(book, "proceeded", None, "after"),
    )


def test_a_hook_error_names_the_hook_of_a_run_without_callbacks() -> None:
    """The name is that of the hook, and its entry comes along."""

    class Answers(Same):
        def after_transition(self, transition: Transition[S, S, object], /) -> Any:
            return 3

    entry = Answers()
    with pytest.raises(
        HookError, match=r"Answers\.after_transition returned 3: it has to return None"
    ) as caught:
        Policy[S, object](entry).run(None, S.A, S.B)
    assert (caught.value.entry, caught.value.hook) == (entry, "after_transition")


def test_a_transition_that_is_made_by_hand_takes_no_callbacks() -> None:
    """No hook is running on it."""
    transition = Transition(S.A, S.B, None)
    for add in (transition.add_after, transition.add_cleanup):
        with pytest.raises(HookError, match="no before hook of this transition was running"):
            add(print)


def test_a_cause_goes_before_what_was_raised_beside() -> None:
    """A cause that an interrupt had stays its first cause, told by identity, unless it went out too."""
    disk, net = OSError("disk"), OSError("net")
    for cause, expected in (
        (None, [disk, net]),
        (net, [disk, net]),
        (OSError("disk"), ["cause", disk, net]),
    ):
        leave = KeyboardInterrupt()
        leave.__cause__ = cause
        with pytest.raises(KeyboardInterrupt) as caught:
            Policy[S, object](Raises(net), Raises(disk), Raises(leave)).run(None, S.A, S.B)
        beside: Any = caught.value.__cause__
        assert list(map(id, beside.exceptions)) == [
            id(cause if it == "cause" else it) for it in expected
        ]


@dataclass(unsafe_hash=True)
class EqualError(Exception):
    """All with a number are equal."""

    number: int


def test_an_equal_cause_is_another() -> None:
    """A cause that only equals what went out too is named beside it."""
    one, two, leave = EqualError(1), EqualError(1), KeyboardInterrupt()
    leave.__cause__ = one
    with pytest.raises(KeyboardInterrupt) as caught:
        Policy[S, object](Raises(leave), Raises(two)).run(None, S.A, S.B)
    beside: Any = caught.value.__cause__
    assert list(map(id, beside.exceptions)) == [id(one), id(two)]


def test_a_pickle_has_nothing_compiled() -> None:
    """What a policy works out when it is made is worked out again, and not carried along."""
    carried: dict[str, object] = Policy[S, object](good).__getstate__()
    assert set(carried) <= {"_name", "_entries", "_replaced", "_arguments", "__orig_class__"}


def test_notes_of_an_exception_stay() -> None:
    """What is raised after the commit is noted behind the notes that it had."""
    error = OSError("disk")
    error.add_note("mine")
    with pytest.raises(OSError, match="disk"):
        Policy[S, object](Raises(error)).run(None, S.A, S.B, commit=lambda _state, _outcome: None)
    assert error.__notes__ == ["mine", "bylaws: raised after the commit of S.B, which stands."]


class Pause:
    def __await__(self) -> Generator[None, None, None]:
        yield


@rule(from_states={S.A}, to_states={S.B})
async def hold(_: Transition[S, S, object]) -> None:
    await Pause()


def test_closing_alone_goes_out_as_it_is() -> None:
    """The `GeneratorExit` is the same, without a note; beside an interrupt it is that one's context."""
    running = AsyncPolicy[S, object](hold).arun(None, S.A, S.B)
    running.send(None)
    closer = GeneratorExit()
    with pytest.raises(GeneratorExit) as caught:
        running.throw(closer)
    assert caught.value is closer
    assert not hasattr(closer, "__notes__")
    running = AsyncPolicy[S, object](Raises(KeyboardInterrupt()), hold).arun(None, S.A, S.B)
    running.send(None)
    with pytest.raises(KeyboardInterrupt) as left:
        running.close()
    assert isinstance(left.value.__context__, GeneratorExit)
