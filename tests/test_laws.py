"""The laws: what holds for every policy, every pair of states and every run. Examples are drawn by hypothesis."""

from __future__ import annotations

import pickle
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from enum import Enum, IntEnum, StrEnum
from itertools import product
from random import Random
from threading import Barrier
from types import coroutine
from typing import TYPE_CHECKING, Any, Final, TypeAlias, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bylaws import (
    Aborted,
    Accepted,
    AsyncBaseRule,
    AsyncEntry,
    AsyncPolicy,
    BaseRule,
    BaseTransform,
    Delayed,
    Entry,
    Fault,
    FunctionRule,
    HookError,
    Outcome,
    Policy,
    PolicyError,
    Proceed,
    Reason,
    Rejected,
    StateError,
    Trace,
    Transition,
    Verdict,
    abort,
    delay,
    proceed,
    reject,
    rule,
    states,
)
from bylaws._plan import Plan
from tests.model import (
    ANYWHERE,
    BREAKS,
    CAUSED,
    FLAVOURS,
    PASSES,
    RAISES,
    REFUSES,
    ROW,
    Foreign,
    Script,
    State,
    World,
    async_policy_of,
    drive,
    entry_of,
    is_possible,
    policy_of,
    predict,
    watch_arun,
    watch_run,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from bylaws import AnyTransition

S: TypeAlias = State
AnyPolicy: TypeAlias = Policy[Enum, None]
AnyEntry: TypeAlias = Entry[Enum, None]

# ---------------------------------------------------------------------------------------------------------------------
# The table and explanations, against a naive scan
# ---------------------------------------------------------------------------------------------------------------------


class Plain(Enum):
    """Falsy values, and an alias."""

    ZERO = 0
    EMPTY = ""
    FALSE = None
    ONE = 1
    ALSO_ONE = 1  # noqa: PIE796 (an alias)


class OtherPlain(Enum):
    """The names and the values of `Plain`, which are other states all the same."""

    ZERO = 0
    EMPTY = ""
    FALSE = None
    ONE = 1


class Text(StrEnum):
    """Strings, one of them empty."""

    EMPTY = ""
    ONE = "text one"
    TWO = "text two"
    ALSO_TWO = "text two"


class OldText(str, Enum):  # noqa: UP042 (the old way is what is tried)
    """Strings as enums had them before `StrEnum`."""

    ONE = "old one"
    TWO = "old two"
    THREE = "old three"


class Number(IntEnum):
    """Integers; zero is falsy."""

    ZERO = 0
    ONE = 1
    TWO = 2
    ALSO_TWO = 2


class MoreNumbers(IntEnum):
    """The names of `Number`, other values."""

    ZERO = 10
    ONE = 11
    TWO = 12


class Hashed(Enum):
    """Members with an equality and a hash of their own: two of them share the hash."""

    ONE = "a"
    TWO = "b"
    THREE = "c"

    def __hash__(self) -> int:
        return 7


class Made(IntEnum):
    """Makes up members that are not listed."""

    LISTED = 100

    @classmethod
    def _missing_(cls, value: object) -> Made:
        member = int.__new__(cls, cast("int", value))
        member._name_ = f"MADE_{value}"
        member._value_ = cast("int", value)
        return member


class MadePlain(Enum):
    """The same with members that hash in Python."""

    LISTED = "listed"

    @classmethod
    def _missing_(cls, value: object) -> MadePlain:
        member = object.__new__(cls)
        member._name_ = "MADE"
        member._value_ = cast("str", value)
        return member


MADE_UP: Final[dict[type[Enum], Enum]] = {Made: Made(7), MadePlain: MadePlain("made up")}


def functional(kind: Callable[..., Any], count: int, prefix: str) -> type[Enum]:
    """An enum of the functional API."""
    names = [f"M{number}" for number in range(count)]
    values = [number + 1_000 if kind is IntEnum else f"{prefix}{number}" for number in range(count)]
    return cast("type[Enum]", kind(f"{prefix}{count}", dict(zip(names, values, strict=True))))


ENUMS: Final[list[type[Enum]]] = [
    Plain,
    OtherPlain,
    Text,
    OldText,
    Number,
    MoreNumbers,
    Hashed,
    Made,
    MadePlain,
    functional(Enum, 1, "Single"),
    functional(Enum, 9, "Functional"),
    functional(StrEnum, 5, "Strings"),
    functional(IntEnum, 5, "Integers"),
]


@dataclass(frozen=True)
class Row:
    """A state-like. Equal to others, so that nothing may look it up by itself."""

    type: Enum


class Unhashable:
    """A state-like that cannot be hashed, and is falsy."""

    __hash__ = None  # type: ignore[assignment]

    def __init__(self, state: Enum) -> None:
        self.type = state

    def __bool__(self) -> bool:
        return False


class Note(BaseTransform[None]):
    """A transform."""

    def after_transition(self, transition: AnyTransition[None], outcome: Outcome[Enum], /) -> None:
        """Do nothing, but not the base's nothing."""


def governs(from_states: frozenset[Enum | None], to_states: frozenset[Enum | None]) -> AnyEntry:
    """A rule over these states."""

    @rule(from_states=from_states, to_states=to_states)
    def governed(_: Transition[Enum | None, Enum | None, None]) -> None:
        return None

    return governed


def naive(
    entries: Sequence[AnyEntry], from_state: Enum | None, to_state: Enum | None
) -> list[AnyEntry]:
    """What fires, by looking at every set of every entry, at every member by identity."""
    return [
        entry
        for entry in entries
        if isinstance(entry, Note)
        or (has(entry, "from_states", from_state) and has(entry, "to_states", to_state))
    ]


def has(entry: object, side: str, state: Enum | None) -> bool:
    """Whether a set of an entry has a state, by identity."""
    return any(each is state for each in getattr(entry, side))


def mentions(entry: AnyEntry, member: Enum) -> bool:
    """Whether one of the sets of an entry has a member."""
    return not isinstance(entry, Note) and (
        has(entry, "from_states", member) or has(entry, "to_states", member)
    )


@dataclass(frozen=True)
class Drawn:
    """A policy with what it is made of."""

    entries: list[AnyEntry]
    members: list[Enum]
    policy: AnyPolicy


@st.composite
def policies(draw: st.DrawFn) -> Drawn:
    """Policies of 0 to 12 rules and transforms over one or two enums."""
    enums = draw(st.lists(st.sampled_from(ENUMS), min_size=1, max_size=2, unique=True))
    members: list[Enum] = [member for enum in enums for member in enum]
    members += [MADE_UP[enum] for enum in enums if enum in MADE_UP and draw(st.booleans())]
    if len(members) != len(set(members)):  # equal members of two enums cannot be in one policy
        members = list(enums[0])
    sets = st.frozensets(st.sampled_from([*members, None]), min_size=1)
    entry: st.SearchStrategy[AnyEntry] = st.one_of(st.builds(governs, sets, sets), st.builds(Note))
    entries = draw(st.lists(entry, max_size=12))
    mentioned = {type(member) for each in entries for member in members if mentions(each, member)}
    if mentioned:  # the policy is over these enums; one without any is over all
        members = [member for member in members if type(member) in mentioned]
    return Drawn(entries, members, Policy(*entries))


def pairs(members: Sequence[Enum]) -> list[tuple[Enum | None, Enum | None]]:
    """All pairs of states, `None` among them."""
    return [(one, other) for one in [*members, None] for other in [*members, None]]


@given(policies())
def test_the_table_is_a_naive_scan(drawn: Drawn) -> None:
    """For every pair of states the table has what a scan of all sets finds, in priority order."""
    for from_state, to_state in pairs(drawn.members):
        found = drawn.policy.compile_transition_rules(from_state, to_state)
        assert isinstance(found, tuple)
        assert list(map(id, found)) == list(map(id, naive(drawn.entries, from_state, to_state)))


@given(policies(), st.sampled_from([Row, Unhashable]))
def test_a_state_like_is_its_state(drawn: Drawn, carry: Callable[[Enum], Row]) -> None:
    """A state-like on either side, or on both, finds what its state finds, and explains it in the same words."""

    def carried(state: Enum | None) -> Any:
        return None if state is None else carry(state)

    for from_state, to_state in pairs(drawn.members):
        expected = drawn.policy.compile_transition_rules(from_state, to_state)
        for one, other in (
            (carried(from_state), to_state),
            (from_state, carried(to_state)),
            (carried(from_state), carried(to_state)),
        ):
            assert drawn.policy.compile_transition_rules(one, other) == expected
            assert drawn.policy.explain(one, other) == drawn.policy.explain(from_state, to_state)
            outcome = drawn.policy.run(None, one, other)
            assert isinstance(outcome, Accepted)
            assert outcome.state is to_state


@given(policies())
def test_explain_agrees_with_the_table(drawn: Drawn) -> None:
    """An explanation lists every entry once in priority order, each reason right, and selects what the table does."""
    for from_state, to_state in pairs(drawn.members):
        explanation = drawn.policy.explain(from_state, to_state)
        assert explanation.from_state is from_state
        assert explanation.to_state is to_state
        assert [id(entry) for entry, _ in explanation.entries] == [
            id(entry) for entry in drawn.entries
        ]
        selected = [entry for entry, reason in explanation.entries if reason is Reason.SELECTED]
        assert tuple(selected) == drawn.policy.compile_transition_rules(from_state, to_state)
        for entry, reason in explanation.entries:
            if isinstance(entry, Note):
                assert reason is Reason.SELECTED
                continue
            leaves, enters = (
                has(entry, "from_states", from_state),
                has(entry, "to_states", to_state),
            )
            assert (
                reason
                is {
                    (True, True): Reason.SELECTED,
                    (False, True): Reason.FROM_STATE,
                    (True, False): Reason.TO_STATE,
                    (False, False): Reason.BOTH_STATES,
                }[leaves, enters]
            )
        assert len(str(explanation).splitlines()) == 1 + max(1, len(drawn.entries))


def table_of(policy: Any) -> Any:
    """The table behind a policy, to see what is filled."""
    return policy._table


@pytest.mark.parametrize("kind", [Enum, StrEnum, IntEnum], ids=["Enum", "StrEnum", "IntEnum"])
@pytest.mark.parametrize("seed", range(3))
def test_a_large_table_is_a_naive_scan(
    kind: Callable[..., Any], seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A table of more than 4,096 cells is filled as it is used, each cell once, with what a scan finds."""
    random = Random(seed)
    enum = functional(kind, 130, f"Large{seed}")
    entries: list[AnyEntry] = [Note()]
    orders = [random.sample(range(130), 130), random.sample(range(130), 130)]
    for bit in range(7):  # every state is told apart from every other, on both sides
        sides = [
            frozenset(
                member for member, number in zip(enum, order, strict=True) if number >> bit & 1
            )
            for order in orders
        ]
        entries.insert(random.randrange(len(entries) + 1), governs(sides[0] | {None}, sides[1]))
    told_apart = {
        side: {
            tuple(has(entry, side, member) for entry in entries if not isinstance(entry, Note))
            for member in enum
        }
        for side in ("from_states", "to_states")
    }
    assert len(told_apart["from_states"]) * len(told_apart["to_states"]) > 4_096
    policy: AnyPolicy = Policy(*entries)
    members = [*enum, None]
    asked = [(random.choice(members), random.choice(members)) for _ in range(400)]
    assert not table_of(policy)._plans
    for _ in range(2):
        for from_state, to_state in asked:
            found = policy.compile_transition_rules(from_state, to_state)
            assert list(found) == naive(entries, from_state, to_state)
            explained = policy.explain(from_state, to_state).entries
            assert [entry for entry, reason in explained if reason is Reason.SELECTED] == list(
                found
            )
            assert [
                line.entry for line in policy.run(None, from_state, to_state).trace.entries
            ] == list(found)
        assert len(table_of(policy)._plans) <= len(asked)
        monkeypatch.setattr(
            table_of(policy), "find", pytest.fail
        )  # what was asked for once is at hand


@pytest.mark.spawns
def test_threads_that_fill_a_cell_at_once_share_its_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two threads that both find a cell empty, and both fill it, go on with one plan, and so with one tuple."""
    enum = functional(Enum, 130, "Shared")
    members = list(enum)
    entries = [
        governs(frozenset(members[at::7]), frozenset(members[at : at + 65])) for at in range(65)
    ]
    policy: AnyPolicy = Policy(*entries)
    assert not table_of(policy)._plans
    both = Barrier(2, timeout=10)

    def plan(steps: tuple[Any, ...]) -> Plan:
        both.wait()
        return Plan(steps)

    monkeypatch.setattr("bylaws._table.Plan", plan)
    pair = members[0], members[64]
    with ThreadPoolExecutor(2) as threads:
        asked = [threads.submit(policy.compile_transition_rules, *pair) for _ in range(2)]
        one, other = (each.result() for each in asked)
    assert one is other is policy.compile_transition_rules(*pair)
    assert list(one) == naive(entries, *pair)


def test_a_member_that_an_enum_makes_up() -> None:
    """A member that `_missing_` makes up is governed by the rules whose sets have it, and by no others."""
    made, other = Made(5), Made(6)
    entry, note = governs(frozenset({made}), frozenset({Made.LISTED})), Note()
    policy: AnyPolicy = Policy(entry, note)
    assert policy.compile_transition_rules(made, Made.LISTED) == (entry, note)
    assert policy.compile_transition_rules(other, Made.LISTED) == (note,)
    assert policy.compile_transition_rules(made, other) == (note,)


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
    """A policy over `Enum` itself, or over an enum that others extend, takes what the types let it take."""
    note = Note()
    policy: AnyPolicy = Policy[argument, None](note)  # type: ignore[valid-type]
    assert policy.compile_transition_rules(Extended.ONE, Extended.TWO) == (note,)


# ---------------------------------------------------------------------------------------------------------------------
# Runs, against the model
# ---------------------------------------------------------------------------------------------------------------------

ENDS: Final = st.sampled_from(["fine"] * 10 + [*RAISES, *CAUSED, "junk"])
COMMITS: Final = st.sampled_from([None, *["fine"] * 6, *RAISES, *CAUSED, "junk"])
SETS: Final = st.one_of(
    st.just(ANYWHERE), st.frozensets(st.sampled_from([*State, None]), min_size=1)
)
STATES: Final = st.sampled_from([State.NEW, State.OPEN, State.SHUT, None])
HOOKS: Final = st.one_of(ENDS, ENDS, ENDS, st.none())
FLAVOURED: Final = st.sampled_from(FLAVOURS)
PASSING: Final = ["proceed", "nothing"] * 8


def scripts(before: Sequence[str]) -> st.SearchStrategy[Script]:
    """Scripts with these answers of a rule's before hook."""

    def made(universal: bool, answer: str | None, *rest: Any) -> Script:
        if universal and answer in ("proceed", *REFUSES):
            answer = "nothing"
        return Script(universal, answer, *rest)

    return st.builds(
        made,
        st.sampled_from([False, False, True]),
        st.one_of(st.sampled_from(before), st.none())
        if len(before) > 40
        else st.sampled_from(before),
        st.lists(st.tuples(st.sampled_from(["add_after", "add_cleanup"]), ENDS), max_size=3).map(
            tuple
        ),
        HOOKS,
        HOOKS,
        SETS,
        SETS,
        FLAVOURED,
        FLAVOURED,
        FLAVOURED,
        FLAVOURED,
    ).filter(is_possible)


ANSWERS: Final = [*PASSING, *REFUSES, *RAISES, *CAUSED, *BREAKS]
SCRIPTS: Final = st.one_of(
    st.lists(scripts(ANSWERS), max_size=6),
    st.lists(scripts([*PASSING, *REFUSES]), max_size=6),
    st.lists(scripts(PASSING), max_size=6),
)


@given(SCRIPTS, STATES, STATES, COMMITS)
def test_run_does_what_the_model_says(
    entries: list[Script], from_state: State | None, to_state: State | None, commit: str | None
) -> None:
    """A plain run makes the calls, and comes to the outcome or the exception, that the contract gives."""
    plain = [script.plain() for script in entries]
    assert watch_run(plain, from_state, to_state, commit) == predict(
        plain, from_state, to_state, commit
    )


@given(SCRIPTS, STATES, STATES, COMMITS, FLAVOURED)
def test_arun_does_what_the_model_says(
    entries: list[Script],
    from_state: State | None,
    to_state: State | None,
    commit: str | None,
    commit_is: Any,
) -> None:
    """An async run does the same whichever hooks are plain, async or return something awaitable."""
    expected = predict(entries, from_state, to_state, commit)
    assert watch_arun(entries, from_state, to_state, commit, commit_is) == expected


@given(SCRIPTS, STATES, STATES, COMMITS)
def test_run_and_arun_agree(
    entries: list[Script], from_state: State | None, to_state: State | None, commit: str | None
) -> None:
    """`run` and `arun` of one plain policy are seen to do the same, whatever the model says."""
    plain = [script.plain() for script in entries]
    seen = watch_arun(plain, from_state, to_state, commit, policy=policy_of(plain))
    assert seen == watch_run(plain, from_state, to_state, commit)


@given(SCRIPTS, STATES, STATES)
def test_the_trace_tells_what_the_hooks_saw(
    entries: list[Script], from_state: State | None, to_state: State | None
) -> None:
    """What a trace says of each entry (what it did, answered, and was finished by) is what the hooks wrote down."""
    good = [
        replace(
            script,
            before=script.before if script.before in (*PASSES, *REFUSES) else "nothing",
            adds=(),
        )
        for script in entries
    ]
    good = [replace(script.plain(), after="fine", cleanup="fine") for script in good]
    world = World(good, from_state, to_state)
    policy = policy_of(good)
    outcome = policy.run(world, from_state, to_state)
    called = {label for label, _ in world.calls}
    trace = outcome.trace
    assert [line.entry for line in trace.entries] == list(
        policy.compile_transition_rules(from_state, to_state)
    )
    speaker: object = None
    for line in trace.entries:
        at: int = getattr(line.entry, "at", -1)
        assert (line.did == "nullified") == (f"{at}.before_transition" not in called)
        assert (line.due == "after") == (f"{at}.after_transition" in called)
        assert (line.due == "cleanup") == (f"{at}.cleanup" in called)
        assert (line.due is None) == (line.did == "nullified")
        if good[at].universal or line.did == "nullified":
            assert line.verdict is None
        else:
            assert line.verdict == (world.said[at] or proceed())
            assert (line.did == "spoke") == (not isinstance(line.verdict, Proceed))
        if line.did == "spoke":
            speaker = line.entry
    assert trace.speaker is speaker
    assert (speaker is None) == isinstance(outcome, Accepted)
    assert trace == outcome.trace
    assert len(str(trace).splitlines()) == max(1, len(trace.entries))


@given(SCRIPTS, STATES, STATES, COMMITS)
def test_asking_for_the_trace_changes_nothing(
    entries: list[Script], from_state: State | None, to_state: State | None, commit: str | None
) -> None:
    """A run whose commit and hooks ask for the trace, and for their text, is the run that it is without."""

    class Peeks(World):
        def called(self, label: str, given: object = None) -> None:
            super().called(label, given)
            for outcome in self.given:
                assert str(outcome.trace)
                assert (outcome.trace.speaker is None) == isinstance(outcome, Accepted)

    plain = [script.plain() for script in entries]
    expected = predict(plain, from_state, to_state, commit)
    world = Peeks(plain, from_state, to_state)
    try:
        outcome: Outcome[State] | None = policy_of(plain).run(
            world, from_state, to_state, commit=world.commit(commit)
        )
    except BaseException:
        assert expected.raised is not None
        outcome = None
    assert world.calls == expected.calls
    assert outcome == expected.outcome


@given(SCRIPTS, STATES, STATES)
def test_every_begun_rule_is_finished_exactly_once(
    entries: list[Script], from_state: State | None, to_state: State | None
) -> None:
    """Counted, not modelled: a rule with both hooks has one of them called once if it began, and none if it did not."""
    plain = [
        replace(script.plain(), after=script.after or "fine", cleanup=script.cleanup or "fine")
        for script in entries
    ]
    plain = [
        replace(script, before=script.before or "nothing", universal=False) for script in plain
    ]
    calls = [label for label, _ in watch_run(plain, from_state, to_state, "fine").calls]
    finished = [
        label.split(".")[0] for label in calls if label.endswith(("after_transition", "cleanup"))
    ]
    begun = [label.split(".")[0] for label in calls if label.endswith("before_transition")]
    assert finished == begun[::-1]


def test_one_exception_that_two_hooks_raise_goes_out_as_it_is() -> None:
    """The same exception, raised again by a cleanup, is one exception and not two."""
    error = ValueError("once")

    class Raises(BaseRule[S, S, None]):
        from_states = states(S.NEW)
        to_states = states(S.OPEN)

        def before_transition(self, transition: Transition[S, S, None], /) -> Verdict[S] | None:
            raise error

        def cleanup(self, transition: Transition[S, S, None], /) -> None:
            raise error

    policy = Policy[S, None](Raises())
    runs: list[Callable[[], object]] = [
        lambda: policy.run(None, S.NEW, S.OPEN),
        lambda: drive(policy.arun(None, S.NEW, S.OPEN)),
    ]
    for run in runs:
        with pytest.raises(ValueError, match="once") as caught:
            run()
        assert caught.value is error
        assert error.__context__ is None
        assert error.__cause__ is None


def test_stop_iteration_goes_out_of_arun_as_python_has_it() -> None:
    """A StopIteration goes out of `run` as it is, out of `arun` as a RuntimeError (PEP 479), and both clean up."""
    log: list[str] = []

    @rule(from_states=states(S.NEW), to_states=states(S.OPEN))
    def stops(t: Transition[S, S, None]) -> None:
        t.add_cleanup(log.append, "undone")
        raise StopIteration("early")

    policy = Policy[S, None](stops)
    with pytest.raises(StopIteration, match="early"):
        policy.run(None, S.NEW, S.OPEN)
    with pytest.raises(RuntimeError, match="raised StopIteration"):
        drive(policy.arun(None, S.NEW, S.OPEN))
    assert log == ["undone", "undone"]


async def _nothing() -> None:
    return None


class Awaits:
    """An awaitable that can be closed, and says so."""

    closed = 0

    def __await__(self) -> Generator[Any, Any, None]:
        """Be done."""
        return _nothing().__await__()

    def close(self) -> None:
        """Count."""
        self.closed += 1


@coroutine
def _old_style() -> Generator[Any, Any, None]:
    yield


@pytest.mark.parametrize(
    "where", ["before_transition", "after_transition", "cleanup", "add_after", "add_cleanup"]
)
@pytest.mark.parametrize(
    "make", [_nothing, Awaits, _old_style], ids=["coroutine", "object", "generator"]
)
def test_an_awaitable_in_a_plain_run(where: str, make: Callable[[], Any]) -> None:
    """`run` awaits nothing: what would have to be awaited is closed, and a HookError names where it came from."""
    log: list[str] = []
    made: list[Any] = []

    def awaitable() -> Any:
        made.append(make())
        return made[-1]

    class Gives(BaseRule[S, S, str]):
        from_states = states(S.NEW)
        to_states = states(S.OPEN)

        def before_transition(self, transition: Transition[S, S, str], /) -> Verdict[S] | None:
            transition.add_cleanup(log.append, "undone")
            if where == "add_after":
                transition.add_after(awaitable)
            if where == "add_cleanup":
                transition.add_cleanup(awaitable)
            if where == "before_transition":
                return cast("Verdict[S]", awaitable())
            return abort(reason="cleans up") if where in ("cleanup", "add_cleanup") else None

        def after_transition(self, transition: Transition[S, S, str], /) -> None:
            return cast("None", awaitable()) if where == "after_transition" else None

        def cleanup(self, transition: Transition[S, S, str], /) -> None:
            return cast("None", awaitable()) if where == "cleanup" else None

    entry = Gives()
    with pytest.raises(HookError, match=f"Gives.{where}") as caught:
        Policy[S, str](entry).run("", S.NEW, S.OPEN)
    assert caught.value.entry is entry
    assert caught.value.hook == where
    assert len(made) == 1
    if make is Awaits:
        assert made[0].closed == 1
    elif make is _nothing:
        assert made[0].cr_frame is None
    assert log == ([] if where in ("after_transition", "add_after") else ["undone"])


def test_an_async_commit_in_a_plain_run() -> None:
    """`run` cannot await a commit: that is a HookError, the commit is taken to have failed, and the rules clean up."""
    log: list[str] = []

    @rule(from_states=states(S.NEW), to_states=states(S.OPEN))
    def take(t: Transition[S, S, None]) -> None:
        t.add_cleanup(log.append, "undone")
        t.add_after(log.append, "done")

    async def commit(_state: S, _outcome: Outcome[S]) -> None:
        raise AssertionError("nothing awaits it")

    with pytest.raises(HookError) as caught:
        Policy[S, None](take).run(None, S.NEW, S.OPEN, commit=commit)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    assert (caught.value.entry, caught.value.hook) == (None, "commit")
    assert not hasattr(caught.value, "__notes__")
    assert log == ["undone"]


@pytest.mark.parametrize(
    "verdict", [Proceed(), pickle.loads(pickle.dumps(proceed()))], ids=["made", "unpickled"]
)
def test_any_proceed_is_a_proceed(verdict: Proceed) -> None:
    """A `Proceed` lets the transition go on, and is told in the trace, however it was made."""

    @rule(from_states=states(S.NEW), to_states=states(S.OPEN))
    def first(_: Transition[S, S, None]) -> Verdict[S]:
        return verdict

    @rule(from_states=states(S.NEW), to_states=states(S.OPEN))
    def second(_: Transition[S, S, None]) -> Verdict[S]:
        return abort(reason="asked")

    assert verdict == proceed()
    assert Policy[S, None](first, second).run(None, S.NEW, S.OPEN) == Aborted("asked")


@pytest.mark.parametrize(
    "verdict",
    [reject(S.SHUT, reason="r"), reject(ROW, reason="r"), delay(1, reason="r"), abort(reason="r")],
)
def test_an_unpickled_verdict_is_a_verdict(verdict: Verdict[S]) -> None:
    """A verdict that comes out of a pickle is the verdict that went in."""
    copy = pickle.loads(pickle.dumps(verdict))
    if (
        getattr(verdict, "payload", None) is None
    ):  # a payload is the user's, and may not equal its copy
        assert copy == verdict

    @rule(from_states=states(S.NEW), to_states=states(S.OPEN))
    def says(t: Transition[S, S, Verdict[S]]) -> Verdict[S]:
        return t.context

    policy = Policy[S, Verdict[S]](says)
    assert type(policy.run(copy, S.NEW, S.OPEN)) is type(policy.run(verdict, S.NEW, S.OPEN))


# ---------------------------------------------------------------------------------------------------------------------
# Composition, against lists
# ---------------------------------------------------------------------------------------------------------------------


@given(st.data())
def test_composition_is_what_lists_do(data: st.DataObject) -> None:
    """Inserting, replacing and leaving out do to the entries what they do to a list, and leave the policy as it is."""
    made = 0

    def fresh(many: int) -> list[Any]:
        nonlocal made
        scripts_ = data.draw(st.lists(scripts(PASSING), max_size=many))
        made += len(scripts_)
        return [entry_of(made - len(scripts_) + at, script) for at, script in enumerate(scripts_)]

    listed = fresh(4)
    policy = AsyncPolicy[State, World](*listed, name="composed")
    for _ in range(data.draw(st.integers(1, 4))):
        before = list(listed)
        how = (
            data.draw(st.sampled_from(["before", "after", "replacing", "without"]))
            if listed
            else "without"
        )
        at = data.draw(st.integers(0, max(0, len(listed) - 1)))
        if how == "without":
            gone = data.draw(st.sets(st.sampled_from(range(len(listed))))) if listed else set[int]()
            composed = policy.without(*[listed[each] for each in gone])
            listed = [entry for number, entry in enumerate(listed) if number not in gone]
        else:
            new, target = fresh(3), listed[at]
            if how == "before":
                composed = policy.inserting(*new, before=target)
                listed = [*listed[:at], *new, *listed[at:]]
            elif how == "after":
                composed = policy.inserting(*new, after=target)
                listed = [*listed[: at + 1], *new, *listed[at + 1 :]]
            else:
                composed = policy.replacing(target, *new)
                listed = [*listed[:at], *new, *listed[at + 1 :]]
        assert list(map(id, policy.priority())) == list(map(id, before))
        assert list(map(id, composed.priority())) == list(map(id, listed))
        same = AsyncPolicy[State, World](*listed)
        for from_state, to_state in product([*State, None], repeat=2):
            found = composed.compile_transition_rules(from_state, to_state)
            assert found == same.compile_transition_rules(from_state, to_state)
            assert (
                composed.explain(from_state, to_state).entries
                == same.explain(from_state, to_state).entries
            )
        with pytest.raises(StateError):
            composed.compile_transition_rules(cast("Any", Foreign.NEW), None)
        policy = composed


@rule(from_states=states(S.NEW), to_states=states(S.OPEN))
def passes(t: Transition[S, S, list[str]]) -> Verdict[S]:
    """Pass, and undo what was noted."""
    t.context.append("passes")
    t.add_cleanup(t.context.append, "undone")
    return proceed()


@rule(from_states=states(S.NEW, S.OPEN), to_states=states(S.OPEN, S.SHUT))
def waits(t: Transition[S, S, list[str]]) -> Verdict[S]:
    """Come back later."""
    t.context.append("waits")
    return delay(5, reason="later")


@rule(from_states=states(S.NEW, S.OPEN), to_states=states(S.OPEN, S.SHUT))
async def waits_async(t: Transition[S, S, list[str]]) -> Verdict[S]:
    """The same, async."""
    t.context.append("waits")
    return delay(5, reason="later")


def test_what_composition_makes_is_plain_if_all_entries_are() -> None:
    """Composing a plain policy with plain entries is a `Policy`, with an async one an `AsyncPolicy`."""
    policy = Policy[S, list[str]](passes)
    assert type(policy.inserting(waits, after=passes)) is Policy
    assert type(policy.inserting(waits_async, before=passes)) is AsyncPolicy
    assert type(policy.replacing(passes, waits_async)) is AsyncPolicy
    assert type(policy.without(passes)) is Policy
    assert type(AsyncPolicy[S, list[str]](waits_async, passes).without(waits_async)) is AsyncPolicy


@pytest.mark.parametrize("how", ["before", "after", "replacing", "without"])
def test_composition_wants_its_targets_listed(how: str) -> None:
    """What is not listed cannot be composed around: an equal entry is another one."""
    policy = Policy[S, list[str]](passes)
    twin = FunctionRule(passes.__wrapped__, passes.from_states, passes.to_states)
    compositions: dict[str, Callable[[], object]] = {
        "before": lambda: policy.inserting(waits, before=twin),
        "after": lambda: policy.inserting(waits, after=twin),
        "replacing": lambda: policy.replacing(twin, waits),
        "without": lambda: policy.without(passes, twin),
    }
    with pytest.raises(PolicyError, match="passes is not listed") as caught:
        compositions[how]()
    assert [fault.entry for fault in caught.value.faults] == [twin]
    assert policy.priority() == (passes,)


# ---------------------------------------------------------------------------------------------------------------------
# Pickles
# ---------------------------------------------------------------------------------------------------------------------


class Listed(BaseRule[S, S, list[str]]):
    """A rule with an attribute, to be pickled."""

    from_states = states(S.SHUT)
    to_states = states(S.OPEN)

    def __init__(self, word: str) -> None:
        self.word = word

    def before_transition(self, transition: Transition[S, S, list[str]], /) -> Verdict[S] | None:
        """Write the word down, and propose another state."""
        transition.context.append(self.word)
        return reject(S.NEW, reason=self.word)


class Noted(BaseTransform[list[str]]):
    """A transform, to be pickled."""

    def after_transition(
        self, transition: AnyTransition[list[str]], outcome: Outcome[Enum], /
    ) -> None:
        """Write the outcome down."""
        transition.context.append(repr(outcome))


class Declared(Policy[S, list[str]]):
    """A policy as a subclass, to be pickled."""

    asked = 0

    def priority(self) -> tuple[Entry[S, list[str]], ...]:
        """Count how often it is asked."""
        Declared.asked += 1
        return (Noted(), passes, waits)


FUNCTIONS: Final[tuple[FunctionRule[S, S, list[str], Any], ...]] = (passes, waits, waits_async)
PROTOCOLS: Final = range(2, pickle.HIGHEST_PROTOCOL + 1)


@given(
    st.permutations([*FUNCTIONS, Listed("one"), Listed("two"), Noted()]),
    st.integers(0, 6),
    st.sampled_from(PROTOCOLS),
    st.booleans(),
)
def test_a_policy_comes_out_of_a_pickle_as_it_went_in(
    entries: list[AsyncEntry[S, list[str]]], count: int, protocol: int, composed: bool
) -> None:
    """An unpickled policy lists, finds and does the same; rules of functions are the very same ones."""
    kind: Any = AsyncPolicy if waits_async in entries[:count] else Policy
    policy: AsyncPolicy[S, list[str]] = kind[S, list[str]](*entries[:count], name="travels")
    if composed:
        policy = policy.without(*entries[: count // 2])
    copy: AsyncPolicy[S, list[str]] = pickle.loads(pickle.dumps(policy, protocol))
    assert type(copy) is type(policy)
    assert repr(copy) == repr(policy)
    for one, other in zip(policy.priority(), copy.priority(), strict=True):
        assert one is other if isinstance(one, FunctionRule) else vars(one) == vars(other)
    for from_state, to_state in product([*S, None], repeat=2):
        assert str(copy.explain(from_state, to_state)) == str(policy.explain(from_state, to_state))
        logs: tuple[list[str], list[str]] = ([], [])
        outcome = drive(policy.arun(logs[0], from_state, to_state))
        assert drive(copy.arun(logs[1], from_state, to_state)) == outcome
        assert logs[0] == logs[1]
    with pytest.raises(StateError):
        copy.explain(cast("Any", Foreign.NEW), S.NEW)


def test_a_pickled_subclass_keeps_its_entries_and_is_not_asked_again() -> None:
    """What `priority()` gave when the policy was made is what its copy has."""
    policy = Declared()
    asked = Declared.asked
    copy: Declared = pickle.loads(pickle.dumps(policy))
    assert type(copy) is Declared
    assert Declared.asked == asked
    assert copy.run([], S.NEW, S.OPEN) == policy.run([], S.NEW, S.OPEN) == Delayed(5, "later")
    with pytest.raises(StateError):
        copy.run([], cast("Any", Foreign.NEW), S.OPEN)


@given(SCRIPTS, STATES, STATES)
def test_an_outcome_comes_out_of_a_pickle_equal(
    entries: list[Script], from_state: State | None, to_state: State | None
) -> None:
    """An unpickled outcome is equal, hashes the same, and has a trace without entries: the policy does not travel."""
    good = [
        replace(script.plain(), before="nothing", after="fine", cleanup="fine", adds=())
        for script in entries
    ]
    good = [
        replace(
            one,
            before=other.before
            if other.before in REFUSES and other.before != "redirect to a row"
            else "proceed",
        )
        for one, other in zip(good, entries, strict=True)
    ]
    good = [replace(one, before="nothing") if one.universal else one for one in good]
    outcome = policy_of(good).run(World(good, from_state, to_state), from_state, to_state)
    for protocol in PROTOCOLS:
        copy: Outcome[State] = pickle.loads(pickle.dumps(outcome, protocol))
        assert type(copy) is type(outcome)
        assert copy == outcome
        assert hash(copy) == hash(outcome)
        assert repr(copy) == repr(outcome)
        assert copy.trace == Trace(())


@pytest.mark.parametrize(
    "outcome", [Accepted(S.NEW), Rejected[S](None, "r"), Delayed(float("inf"), "r"), Aborted("r")]
)
def test_an_outcome_that_no_run_made_has_an_empty_trace(outcome: Outcome[S]) -> None:
    """An outcome that was made by hand, as in a user's tests, has a trace without entries, whatever is in it."""
    assert outcome.trace == Trace(())
    assert str(outcome.trace) == "  no entries"


def test_a_payload_travels_with_its_outcome() -> None:
    """The state-like that a rejection proposed is in the unpickled outcome too."""
    copy: Rejected[S] = pickle.loads(pickle.dumps(Rejected(S.SHUT, "moved", Row(S.SHUT))))
    assert copy == Rejected(S.SHUT, "moved", Row(S.SHUT))
    assert copy.payload is not None
    assert copy.payload.type is S.SHUT


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_errors_come_out_of_a_pickle_with_their_attributes(protocol: int) -> None:
    """An unpickled error has its text and its attributes, notes included."""
    errors: list[Any] = []
    for attempt in (
        lambda: Policy[S, list[str]](passes, passes, waits, waits),
        lambda: Policy[S, list[str]](passes).explain(cast("Any", Foreign.NEW), None),
        lambda: Policy[S, list[str]](passes).run(cast("Any", None), S.NEW, S.OPEN),
        lambda: Policy[S, list[str]](
            cast("Any", governs(frozenset({S.NEW}), frozenset({S.OPEN})))
        ).without(waits),
        lambda: reject(cast("Any", "shut"), reason="r"),
    ):
        with pytest.raises((PolicyError, StateError, AttributeError)) as caught:
            attempt()
        errors.append(caught.value)
    errors.append(HookError("broke", waits, "cleanup"))
    errors[-1].add_note("a note")
    for error in errors:
        copy: Any = pickle.loads(pickle.dumps(error, protocol))
        assert type(copy) is type(error)
        assert copy.args == error.args
        assert getattr(copy, "__notes__", []) == getattr(error, "__notes__", [])
        if isinstance(error, PolicyError):
            assert [(fault.entry, str(fault)) for fault in copy.faults] == [
                (f.entry, str(f)) for f in error.faults
            ]
            assert all(isinstance(fault, Fault) for fault in copy.faults)
            assert copy.faults
        elif isinstance(error, StateError):
            assert copy.state == error.state
        elif isinstance(error, HookError):
            assert (copy.entry, copy.hook) == (error.entry, error.hook)


# ---------------------------------------------------------------------------------------------------------------------
# Foreign states
# ---------------------------------------------------------------------------------------------------------------------


class Letters(StrEnum):
    """States that equal strings."""

    A = "a"
    B = "b"


class OtherLetters(StrEnum):
    """Others that equal those."""

    A = "a"
    B = "b"


class Untyped:
    """Something whose `type` is no state."""

    type = "a"


STRANGERS: Final = [
    Foreign.NEW,
    OtherLetters.A,
    "a",
    "A",
    0,
    False,
    "",
    Letters,
    Untyped(),
    Row(OtherLetters.A),
    object(),
]


@pytest.mark.parametrize("stranger", STRANGERS, ids=repr)
@pytest.mark.parametrize("side", ["from", "to", "both"])
@pytest.mark.parametrize("listed", ["rules", "transforms", "rules over two enums"])
def test_a_foreign_state_changes_nothing(stranger: Any, side: str, listed: str) -> None:
    """A state that is none of the policy's is a StateError that has it, and no hook is called, nor commit."""
    log: list[str] = []

    class Watches(BaseTransform[None]):
        def before_transition(self, transition: AnyTransition[None], /) -> None:
            log.append("before")

        def after_transition(
            self, transition: AnyTransition[None], outcome: Outcome[Enum], /
        ) -> None:
            log.append("after")

    @rule(from_states=states(Letters.A, None), to_states=states(Letters.A, None))
    def letters(_: Transition[Letters | None, Letters | None, None]) -> None:
        log.append("rule")

    @rule(from_states=states(Number.ONE), to_states=states(Number.ONE))
    def numbers(_: Transition[Number, Number, None]) -> None:
        log.append("rule")

    rules: dict[str, list[Any]] = {
        "rules": [letters],
        "transforms": [],
        "rules over two enums": [numbers, letters],
    }
    policy = Policy[Letters, None](Watches(), *rules[listed])

    def commit(_state: Letters, _outcome: Outcome[Letters]) -> None:
        log.append("commit")

    asks: list[Callable[[Any, Any], object]] = [
        policy.compile_transition_rules,
        policy.explain,
        lambda one, other: policy.run(None, one, other, commit=commit),
        lambda one, other: drive(policy.arun(None, one, other, commit=commit)),
    ]
    from_state, to_state = (
        stranger if side != "to" else Letters.A,
        stranger if side != "from" else Letters.A,
    )
    for ask in asks:
        with pytest.raises(StateError) as caught:
            ask(from_state, to_state)
        carried = stranger.type if isinstance(stranger, Row) else stranger
        assert caught.value.state is carried
    assert not log


@given(SCRIPTS, st.sampled_from([Foreign.NEW, "NEW", Row(Foreign.SHUT)]), STATES, st.booleans())
def test_a_refused_state_calls_no_hook(
    entries: list[Script], stranger: Any, state: State | None, turned: bool
) -> None:
    """Whatever a policy lists, a run from or to a state that is none of its own calls nothing."""
    pair = (state, stranger) if turned else (stranger, state)
    world = World(entries, None, None)
    with pytest.raises(StateError):
        drive(async_policy_of(entries).arun(world, *pair, commit=world.commit("fine")))
    assert not world.calls


def test_a_state_that_no_rule_mentions_has_the_transforms_alone() -> None:
    """A member of the policy's enum that no rule mentions is fine: only transforms fire."""
    log: list[str] = []
    policy = Policy[S, list[str]](Noted(), passes)
    assert policy.run(log, None, S.SHUT) == Accepted(S.SHUT)
    assert log == ["Accepted(state=<State.SHUT: 'shut'>)"]


class AsyncListed(AsyncBaseRule[S, S, None]):
    """An async rule."""

    from_states = states(S.NEW)
    to_states = states(S.OPEN)

    async def cleanup(self, transition: Transition[S, S, None], /) -> None:
        """Be async."""


def test_a_plain_policy_refuses_async_hooks() -> None:
    """What only `arun` can call is not let into a policy that has `run`."""
    with pytest.raises(PolicyError, match=r"async cleanup\(\)"):
        Policy[S, None](cast("Any", AsyncListed()))
