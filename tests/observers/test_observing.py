"""Observed policies: their runs are those of the policy, and told, whatever is made of them.

The laws compare with runs that nobody observes: what is called, the outcome, the exception, its
notes, and what is logged.
"""

from __future__ import annotations

import asyncio
import copy
import pickle
import re
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, ClassVar

import pytest
from hypothesis import given, settings

from bylaws import (
    Abort,
    AsyncPolicy,
    BaseRule,
    Entry,
    HookError,
    Outcome,
    Policy,
    PolicyError,
    StateError,
    StateLike,
    Transition,
    Verdict,
    abort,
    rule,
    states,
)
from bylaws.observers import LogRuns, RunRecord, at_end, observed
from bylaws.views import Matrix, policy_version
from tests.cast import Book, Good, Mine, Row, S, first, from_a, good, last, other, spoken
from tests.model import (
    COMMITS,
    FLAVOURED,
    SCRIPTS,
    STATES,
    Pause,
    Script,
    State,
    async_policy_of,
    drive,
    logged,
    policy_of,
    strike_arun,
    watch_arun,
    watch_run,
)

# --------------------------------------------------------------------------------------------------
# Laws
# --------------------------------------------------------------------------------------------------


def told(records: list[RunRecord], seen: Any) -> None:
    """One record was told, and it says what was seen of the run."""
    (record,) = records
    assert record.outcome == seen.outcome
    assert record.duration >= 0
    if record.error is None:
        assert (record.phase, record.entry, record.entry_name) == (None, None, None)
        assert len(record.trace.lines) == len(record.entry_names) + (record.refused_by == "commit")
    elif not isinstance(record.error, StateError):
        where = record.phase if record.entry is None else f"{record.entry_name}.{record.phase}"
        assert seen.notes[0].startswith(f"in {where}, scripts: ")
        assert (record.entry is None) == (record.phase == "commit")


@given(SCRIPTS, STATES, STATES, COMMITS)
def test_an_observed_run_is_the_run(
    entries: list[Script], from_state: State | None, to_state: State | None, commit: str | None
) -> None:
    """A plain run does the same, and its record says so, with the place that the notes name."""
    plain = [script.plain() for script in entries]
    records: list[RunRecord] = []
    policy = observed(policy_of(plain), at_end(records.append))
    seen = watch_run(plain, from_state, to_state, commit, policy)
    assert seen == watch_run(plain, from_state, to_state, commit)
    told(records, seen)


@given(SCRIPTS, STATES, STATES, COMMITS, FLAVOURED)
def test_an_observed_arun_is_the_arun(
    entries: list[Script],
    from_state: State | None,
    to_state: State | None,
    commit: str | None,
    commit_is: Any,
) -> None:
    """An async run does the same, and its record says so."""
    records: list[RunRecord] = []
    policy = observed(async_policy_of(entries), at_end(records.append))
    seen = watch_arun(entries, from_state, to_state, commit, commit_is, policy)
    assert seen == watch_arun(entries, from_state, to_state, commit, commit_is)
    told(records, seen)


@settings(max_examples=20)
@given(SCRIPTS)
def test_a_struck_arun_is_told_once(entries: list[Script]) -> None:
    """An async run that is cancelled or closed at any await does the same, and is told once."""
    for what in ("cancel", "close"):
        at = 0
        while (expected := strike_arun(entries, "fine", (at, what))).struck:
            records: list[RunRecord] = []
            policy = observed(async_policy_of(entries), at_end(records.append))
            strike = strike_arun(entries, "fine", (at, what), policy=policy)
            for each in (strike, expected):  # as close() throws it, without a text
                notes = each.seen.notes
                each.seen.notes = [
                    re.sub("(GeneratorExit): .* (in )", r"\1 \2", it) for it in notes
                ]
            assert strike == expected
            told(records, strike.seen)
            at += 1


# --------------------------------------------------------------------------------------------------
# Where an exception came from
# --------------------------------------------------------------------------------------------------

SHARED = ValueError("made once")


class FrozenError(Exception):
    """Takes no attributes, and holds its notes back."""

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(name)

    def __getattribute__(self, name: str) -> Any:
        if name == "__notes__":
            raise AttributeError(name)
        return super().__getattribute__(name)


class Fails(BaseRule[S, S, "Callable[[], object]"]):
    """Calls its context in one of its hooks, or callbacks."""

    from_states = states(S.A)
    to_states = states(S.B)

    def __init__(self, where: str, name: str = "fails") -> None:
        self.where = where
        self.name = name

    def hook(self, where: str, transition: Transition[S, S, Callable[[], object]]) -> None:
        if self.where == where:
            transition.context()

    def before_transition(self, transition: Any, /) -> Verdict[S] | None:
        if self.where.startswith("add_"):
            getattr(transition, self.where)(transition.context)
        self.hook("before_transition", transition)
        return None

    def after_transition(self, transition: Any, /) -> None:
        self.hook("after_transition", transition)

    def cleanup(self, transition: Any, /) -> None:
        self.hook("cleanup", transition)


def fail(error: BaseException) -> Any:
    """Raise it."""
    raise error


def refuses_to_write(_: S, __: Outcome[S]) -> Abort:
    """Be a commit that has the cleanup sides called."""
    return abort(reason="no")


@pytest.mark.parametrize("error", [SHARED, FrozenError(), KeyboardInterrupt(), StopIteration(1)])
@pytest.mark.parametrize(
    "where", ["before_transition", "after_transition", "add_after", "add_cleanup", "cleanup"]
)
def test_phase_and_entry_are_exact_whatever_is_raised(where: str, error: BaseException) -> None:
    """Also for an exception that is shared by runs, or frozen, or that no coroutine can raise."""
    fails, cast = Fails(where), partial(fail, error)
    records: list[RunRecord] = []
    policy = observed(Policy[S, Any](good, fails, name="orders"), at_end(records.append))
    commit = refuses_to_write if "clean" in where else None
    with pytest.raises(type(error)):
        policy.run(cast, S.A, S.B, commit=commit)
    with pytest.raises((type(error), RuntimeError)):
        drive(policy.arun(cast, S.A, S.B, commit=commit))
    assert [(each.phase, each.entry, each.entry_name) for each in records] == [
        (where, fails, "fails")
    ] * 2
    assert records[0].error is error
    assert records[1].error is error or isinstance(error, StopIteration)


def test_a_shared_exception_of_nested_runs_is_told_for_each() -> None:
    """The inner run tells its own entry, the outer one the entry whose hook ran the inner one."""
    records: list[RunRecord] = []
    tell = at_end(records.append)
    inner = observed(Policy[S, Any](Fails("after_transition", "inner"), name="inner"), tell)
    outer = observed(Policy[S, Any](Fails("before_transition", "outer"), name="outer"), tell)
    nest: Any = partial(outer.run, partial(inner.run, partial(fail, SHARED), S.A, S.B), S.A, S.B)
    thrice = observed(Policy[S, Any](Fails("add_after", "thrice"), name="thrice"), tell)
    with pytest.raises(ValueError, match="made once") as caught:
        thrice.run(nest, S.A, S.B)
    assert caught.value is SHARED
    assert [(each.policy, each.phase, each.entry_name) for each in records] == [
        ("inner", "after_transition", "inner"),
        ("outer", "before_transition", "outer"),
        ("thrice", "add_after", "thrice"),
    ]


def test_the_most_urgent_exception_is_the_one_that_is_told() -> None:
    """Of several the record has the one that goes out, and the entry of that one."""
    records: list[RunRecord] = []

    def interrupt() -> None:
        raise KeyboardInterrupt

    @rule(from_states={S.A}, to_states={S.B})
    def slow(t: Transition[S, S, object]) -> None:
        t.add_cleanup(interrupt)

    policy = observed(
        Policy[S, Any](slow, Fails("before_transition"), name="orders"), at_end(records.append)
    )
    with logged(), pytest.raises(KeyboardInterrupt):
        policy.run(partial(fail, ValueError()), S.A, S.B)
    assert (records[0].phase, records[0].entry) == ("add_cleanup", slow)


def test_a_commit_has_a_phase_and_no_entry() -> None:
    """Whether it raises, or has written and answers with an exception, or breaks its contract."""
    records: list[RunRecord] = []
    policy = observed(Policy[S](good), at_end(records.append))
    error = ValueError()
    answers: list[Callable[..., Any]] = [lambda *_: fail(error), lambda *_: error, lambda *_: 1]
    for commit in answers:
        with pytest.raises((ValueError, HookError)):
            policy.run(None, S.A, S.B, commit=commit)
    assert [(each.phase, each.entry, each.entry_name) for each in records] == [
        ("commit", None, None)
    ] * 3


@pytest.mark.parametrize("given", ["a", Mine.A, Row(Mine.A)])
def test_a_state_error_has_neither(given: Any) -> None:
    """Nothing had begun: the record has no phase, no entry, and nothing that fires."""
    records: list[RunRecord] = []
    policy = observed(Policy[S](good, name="orders"), at_end(records.append))
    with pytest.raises(StateError):
        policy.run(None, S.A, given)
    with pytest.raises(StateError):
        policy.run(None, given, S.B)
    for record in records:
        assert (record.phase, record.entry, record.entry_name) == (None, None, None)
        assert record.entry_names == ()
        assert record.came_to == "raised"


def test_coroutines_that_are_driven_by_hand_in_turns_do_not_mix() -> None:
    """Two runs of one thread and one context, each suspended while the other goes on."""
    records: list[RunRecord] = []

    @rule(from_states={S.A}, to_states={S.B})
    async def waits(t: Transition[S, S, Exception]) -> None:
        await Pause()
        raise t.context

    class Also(AsyncPolicy[S, Exception]):
        """Another entry."""

        def priority(self) -> Any:
            return (from_a, waits)

    policies = [observed(AsyncPolicy[S, Exception](waits), at_end(records.append)), Also()]
    policies[1] = observed(policies[1], at_end(records.append))
    errors = [ValueError(), KeyError()]
    runs = [policy.arun(error, S.A, S.B) for policy, error in zip(policies, errors, strict=True)]
    for run in runs:
        run.send(None)
    for run, error in zip(reversed(runs), reversed(errors), strict=True):
        with pytest.raises(type(error)):
            run.send(None)
    assert [each.error for each in records] == errors[::-1]
    assert all(each.entry is waits for each in records)


def test_a_subclass_is_told_of_exceptions_too() -> None:
    """`on_exception` of a policy's own class is called; what it raises is logged, and harms not."""
    calls: list[tuple[BaseException, object, str]] = []

    class Tells(Policy[S, Any]):
        def priority(self) -> tuple[Entry[S, Any], ...]:
            return (Fails("before_transition"),)

        def on_exception(self, error: BaseException, entry: object, hook: str) -> None:
            calls.append((error, entry, hook))
            raise LookupError

    records: list[RunRecord] = []
    plain = Tells()
    policy = observed(plain, at_end(records.append))
    for each in (plain, policy):
        with logged() as errors, pytest.raises(ValueError, match="made once"):
            each.run(partial(fail, SHARED), S.A, S.B)
        assert [type(error) for error in errors] == [LookupError]
    assert calls == [(SHARED, plain.entries[0], "before_transition")] * 2
    assert (records[0].phase, records[0].entry) == ("before_transition", plain.entries[0])


# --------------------------------------------------------------------------------------------------
# What stays as it is
# --------------------------------------------------------------------------------------------------


class Orders(Policy[S, int]):
    """A class of the user's, with a dependency, and a slot beside its attributes."""

    __slots__ = ("slot",)
    made: ClassVar[list[str]] = []

    def __init__(self, dependency: str) -> None:
        self.dependency = dependency
        self.slot = f"{dependency} in a slot"
        super().__init__(name="orders")

    def __init_subclass__(cls, *, wanted: str) -> None:
        cls.made.append(wanted)

    def priority(self) -> tuple[Entry[S, int], ...]:
        return (first, spoken, last)

    def hello(self) -> str:
        return f"hello {self.dependency}"


class Twice(Policy[S, int]):
    """A class that overrides `run`: it tries again."""

    def priority(self) -> tuple[Entry[S, int], ...]:
        return (first, spoken, last)

    def run(
        self,
        context: int,
        from_state: S | StateLike[S] | None,
        to_state: S | StateLike[S] | None,
        *,
        commit: Any = None,
    ) -> Outcome[S]:
        super().run(context, from_state, to_state, commit=commit)
        return super().run(0, from_state, to_state, commit=commit)

    def without(self, *old: Any) -> Any:
        return self.replacing(old[0])


@dataclass(frozen=True)
class Data(Policy[S, int]):
    """A policy that is a dataclass, which nobody's `__init__` made yet."""

    entry: Entry[S, int]

    def priority(self) -> tuple[Entry[S, int], ...]:
        return (self.entry,)


class Tell:
    """An observer that can be pickled, and tells into a list of the process."""

    records: ClassVar[list[RunRecord]] = []

    def __call__(self, start: object) -> Callable[[RunRecord], None]:
        return Tell.records.append


@pytest.fixture(autouse=True)
def _nothing_told() -> None:
    Tell.records.clear()


def runs_are_told(policy: Policy[S, int], times: int = 1) -> None:
    """One run of it is told."""
    Tell.records.clear()
    policy.run(0, S.A, S.B)
    assert len(Tell.records) == times


def test_without_observers_it_is_the_policy_itself() -> None:
    """`observed(policy)` is `policy`."""
    policy = Policy[S](good)
    assert observed(policy) is policy


def test_the_policy_itself_is_not_touched() -> None:
    """Its own runs are not told, and its class is as it was."""
    policy = Policy[S, int](first)
    runs_are_told(observed(policy, Tell()))
    runs_are_told(policy, 0)
    assert type(policy) is Policy


def test_a_subclass_keeps_its_class_attributes_and_slots() -> None:
    """It is an instance of the user's class, which is not told of a new subclass."""
    policy = observed(Orders("db"), Tell())
    assert isinstance(policy, Orders)
    assert (policy.hello(), policy.slot, policy.name) == ("hello db", "db in a slot", "orders")
    assert type(policy).__name__ == "Orders"
    assert repr(policy) == repr(Orders("db"))
    assert Orders.made == []
    runs_are_told(policy)


def test_an_override_of_run_is_run_and_each_run_in_it_told() -> None:
    """What is observed are the runs of the library, which the override calls."""
    policy = observed(Twice(), Tell())
    assert policy.run(5, S.A, S.B) == Twice().run(5, S.A, S.B)
    assert [record.came_to for record in Tell.records] == ["aborted", "accepted"]


def test_dataclasses_are_observed() -> None:
    """Also one that nobody's `__init__` made yet, and what `replace` makes of it."""
    policy = observed(Data(first), Tell())
    runs_are_told(policy)
    runs_are_told(replace(policy, entry=last))
    assert replace(policy, entry=last).entries == (last,)
    assert isinstance(policy, Data)


def test_the_states_are_those_of_the_policy() -> None:
    """With type arguments or without, or of a class: it refuses a foreign one in the same words."""

    class Bare(Policy):  # type: ignore[type-arg]  # as some will write it
        def priority(self) -> Any:
            return (good,)

    policies: list[Any] = [Policy[S](good), Policy[S](), Orders("db"), Bare()]
    policies += [Policy(good), Policy()]
    for policy in policies:
        watched: Any = observed(policy, Tell())
        assert watched.entries == policy.entries
        texts: list[str] = []
        for each in (policy, watched):
            try:
                texts.append(str(each.explain(Mine.A, Mine.A)))
            except StateError as error:
                texts.append(str(error))
        assert texts[0] == texts[1]
        assert watched.explain(S.A, S.B) == policy.explain(S.A, S.B)
        assert watched.next_states(S.A) == policy.next_states(S.A)
        assert Matrix.of(watched) == Matrix.of(policy)


def test_compositions_are_observed() -> None:
    """What is inserted, replaced or left out makes a policy that tells the same observers, once."""
    policy = observed(Policy[S, int](first, last, name="orders"), Tell())
    runs_are_told(policy.inserting(spoken, after=first))
    runs_are_told(policy.replacing(last, other))
    runs_are_told(policy.without(first).without(last))
    runs_are_told(observed(Orders("db"), Tell()).without(first))
    assert isinstance(policy.inserting(spoken, after=first), Policy)
    with pytest.raises(PolicyError):
        policy.without(other)


def test_a_composition_by_a_method_of_the_users_is_told_once() -> None:
    """Its class calls one method of composition in another: the observers are not doubled."""
    policy = observed(Twice(), Tell()).without(last)
    runs_are_told(policy)
    assert policy.entries == (first, spoken)


def test_what_takes_an_async_rule_is_an_async_policy() -> None:
    """A composition with an async rule has no `run`, and its `arun` is told."""

    @rule(from_states={S.A}, to_states={S.B})
    async def later(_: Transition[S, S, int]) -> None: ...

    policy = observed(Policy[S, int](first), Tell()).inserting(later, after=first)
    assert isinstance(policy, AsyncPolicy)
    assert not isinstance(policy, Policy)
    assert drive(policy.arun(0, S.A, S.B)).state is S.B  # type: ignore[union-attr]  # accepted
    assert len(Tell.records) == 1


def test_observed_once_more_the_observers_are_added() -> None:
    """`observed(observed(policy, a), b)` is as `observed(policy, a, b)`, in one class more."""
    order: list[str] = []

    def telling(name: str) -> Callable[[object], Callable[[object], None]]:
        def start(_: object) -> Callable[[object], None]:
            order.append(f"{name} starts")
            return lambda _: order.append(f"{name} ends")

        return start

    policy = observed(observed(Policy[S](good), telling("a")), telling("b"), telling("c"))
    policy.run(None, S.A, S.B)
    assert order == ["a starts", "b starts", "c starts", "c ends", "b ends", "a ends"]
    assert len(type(policy).__mro__) == len(type(observed(Policy[S](good), Tell())).__mro__)


@pytest.mark.parametrize(
    "policy", [Policy[S, int](first, last), Orders("db"), Data(first), Twice()], ids=repr
)
def test_copies_and_pickles_are_observed(policy: Policy[S, int]) -> None:
    """They are of the user's class, with its attributes, and tell the observers."""
    watched = observed(policy, Tell())
    watched.run(0, S.A, S.B)
    times = len(Tell.records)
    copies = [copy.copy(watched), copy.deepcopy(watched), pickle.loads(pickle.dumps(watched))]
    for copied in copies:
        kind: Any = type(policy)
        assert isinstance(copied, kind)
        runs_are_told(copied, times)
        assert getattr(copied, "dependency", "") == getattr(policy, "dependency", "")
        assert getattr(copied, "slot", "") == getattr(policy, "slot", "")
        assert copied.name == policy.name
        assert Tell.records[0].version == observed_version(policy)


def observed_version(policy: Policy[S, int]) -> str:
    """The version that the views give."""
    return policy_version(Matrix.of(policy))


def test_what_cannot_be_pickled_is_an_observer() -> None:
    """An observer that pickle does not take is named by pickle itself; the logger travels."""
    with pytest.raises((pickle.PicklingError, AttributeError), match="lambda"):
        pickle.dumps(observed(Policy[S, int](first), lambda _: None))
    assert pickle.loads(pickle.dumps(observed(Policy[S, int](first), LogRuns())))


def test_deepcopy_shares_the_observers() -> None:
    """They are no part of the value: a lock or a connection in one is not copied."""
    lock = threading.Lock()

    def locking(_: object) -> Callable[[RunRecord], None]:
        lock.acquire()
        return lambda _: lock.release()

    copied = copy.deepcopy(observed(Policy[S](good), locking))
    copied.run(None, S.A, S.B)
    assert not lock.locked()


@pytest.mark.parametrize("wrong", [good, Policy, Mine, None])
def test_what_is_no_policy_is_refused(wrong: Any) -> None:
    """A rule, or a class of policies, is a `TypeError` that says what to give."""
    with pytest.raises(TypeError, match=r"as a policy: give one that is made"):
        observed(wrong, print)


@pytest.mark.parametrize("wrong", [1, None, "log", Tell])
def test_what_is_no_observer_is_refused(wrong: Any) -> None:
    """What cannot be called, or is a class, is a `TypeError` that says what to give."""
    with pytest.raises(TypeError, match="give a function that takes the start of a run"):
        observed(Policy[S](good), wrong)


@pytest.mark.spawns
def test_threads_share_an_observed_policy() -> None:
    """Each of the runs of many threads is told, with the entry of its own exception."""
    records: list[RunRecord] = []
    policy = observed(
        Policy[S, Any](Fails("before_transition"), Good(), Book()), at_end(records.append)
    )
    errors = [ValueError(number) for number in range(40)]

    def work(mine: Sequence[Exception]) -> None:
        for error in mine:
            with pytest.raises(ValueError, match=str(error)):
                policy.run(partial(fail, error), S.A, S.B)

    threads = [threading.Thread(target=work, args=(errors[at::4],)) for at in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {id(each.error) for each in records} == {id(error) for error in errors}
    assert all(each.entry is policy.entries[0] for each in records)


def test_tasks_share_an_observed_policy() -> None:
    """Each of the runs of many tasks is told, with the entry and the phase of its own exception."""
    records: list[RunRecord] = []

    @rule(from_states={S.A}, to_states={S.B})
    async def waits(t: Transition[S, S, Any]) -> None:
        await asyncio.sleep(0)
        t.add_cleanup(t.context)
        await asyncio.sleep(0)
        t.context()

    policy = observed(AsyncPolicy[S, Any](from_a, waits), at_end(records.append))

    async def main() -> list[Any]:
        runs = [policy.arun(partial(fail, ValueError(at)), S.A, S.B) for at in range(20)]
        runs.append(policy.arun(partial(fail, SHARED), S.A, S.B))
        return await asyncio.gather(*runs, return_exceptions=True)

    with logged():
        raised = asyncio.run(main())
    assert {id(each.error) for each in records} == {id(error) for error in raised}
    assert all((each.entry, each.phase) == (waits, "before_transition") for each in records)
