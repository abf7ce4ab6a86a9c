"""The plain store: one winner, one history."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import (
    Connection,
    Engine,
    RowMapping,
    create_engine,
    event,
    insert,
    null,
    select,
    update,
)

from bylaws import (
    Aborted,
    Accepted,
    Delayed,
    Rejected,
    Rule,
    Transition,
    Verdict,
    proceed,
    reject,
    rule,
)
from bylaws.observers import RunRecord, at_end, observed
from bylaws.store import ConflictError, NoRowError, Seen, Store, StoreError, UnconfirmedError
from bylaws.views import Matrix, policy_version
from tests.store.shop import (
    BARE,
    HISTORY,
    LEGAL,
    POLICY,
    Audit,
    Base,
    Order,
    S,
    Work,
    audits,
    bare,
    busy,
    fill,
    lost,
    orders,
    records,
    seen,
)


@given(wishes=st.lists(st.sampled_from(S)))
def test_every_history_is_a_legal_chain(wishes: list[S]) -> None:
    """Versions count up from 1, each row begins where the last ended, state is where that ended."""
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    fill(engine)
    store = bare(engine, record="all")
    outcomes = [store.move(1, wish) for wish in wishes]
    kept = list(store.history(1, page=3))
    written = [record for record in kept if record.to_state is not None]
    assert [record.intended for record in kept] == wishes
    assert [record.outcome for record in kept] == [type(o).__name__.lower() for o in outcomes]
    assert [record.version for record in written] == list(range(1, len(written) + 1))
    assert [record.from_state for record in written] == [
        None,
        *[record.to_state for record in written],
    ][:-1] or not written
    assert seen(engine) == (written[-1].to_state if written else None, len(written))
    assert all(LEGAL.legal[record.from_state] >= {record.to_state} for record in written)
    engine.dispose()


def test_an_accepted_move_is_written_with_what_hooks_wrote(engine: Engine) -> None:
    """State, version, record and what hooks wrote on the connection stand together."""
    fill(engine, state=S.NEW)
    store = orders(engine, policy_version="12ab")
    taken: list[str] = []
    outcome = store.move(
        1,
        S.PAID,
        context=lambda row, connection: Work(row, connection, taken=taken),
        data={"user": "ann"},
    )
    assert outcome == Accepted(S.PAID)
    assert seen(engine) == (S.PAID, 1)
    assert audits(engine) == ["check_total", "decided Accepted"]
    assert taken == ["taken", "after Accepted"]
    (record,) = store.history(1)
    assert record.subject == "1"
    assert (record.version, record.from_state, record.intended, record.to_state) == (
        1,
        S.NEW,
        S.PAID,
        S.PAID,
    )
    assert (record.outcome, record.refused_by, record.reason) == ("accepted", None, None)
    assert (record.policy, record.policy_version) == ("orders", "12ab")
    assert record.data == {"user": "ann"}
    assert record.time.tzinfo is UTC
    assert abs(datetime.now(UTC) - record.time) < timedelta(minutes=1)


@pytest.mark.parametrize(
    ("total", "outcome", "kept"),
    [
        (-1, Rejected[S](None, "stay"), ("rejected", "stay")),
        (-2, Delayed(5, "later"), ("delayed", "later")),
        (-3, Aborted("never"), ("aborted", "never")),
    ],
)
def test_a_refused_move_writes_nothing_but_its_record(
    engine: Engine, total: int, outcome: object, kept: object
) -> None:
    """What hooks wrote falls; the refusal is in the history that is to have all of them."""
    fill(engine, state=S.NEW, total=total)
    taken: list[str] = []
    for record_all in (False, True, True):
        store = orders(engine, record="all" if record_all else "changes")
        assert outcome == store.move(
            1, S.PAID, context=lambda row, connection: Work(row, connection, taken=taken)
        )
    assert "taken" not in taken
    assert seen(engine) == (S.NEW, 0)
    assert audits(engine) == []
    first, second = orders(engine).history(1)
    assert (first.outcome, first.reason) == (second.outcome, second.reason) == kept
    assert (first.version, first.to_state, first.refused_by) == (None, None, "check_total")


def test_a_redirect_is_written(engine: Engine) -> None:
    """The state that a rule proposes is committed, and the record says who proposed it."""
    fill(engine, state=S.NEW, total=0)
    store = orders(engine)
    assert store.move(1, S.PAID, context=Work) == Rejected(S.LOST, "nothing to pay")
    assert seen(engine) == (S.LOST, 1)
    (record,) = store.history(1)
    assert (record.intended, record.to_state, record.outcome) == (S.PAID, S.LOST, "rejected")
    assert (record.refused_by, record.reason) == ("check_total", "nothing to pay")


def test_the_same_state_again_is_a_version_of_its_own(engine: Engine) -> None:
    """A move to the state that the row is in counts as one."""
    fill(engine, state=S.PAID)
    assert bare(engine).move(1, S.PAID) == Accepted(S.PAID)
    assert seen(engine) == (S.PAID, 1)


def test_after_sides_run_when_it_is_committed_and_the_connection_is_back(url: object) -> None:
    """An after side may move on at once, with the one connection that the pool has."""
    engine = create_engine(str(url), pool_size=1, max_overflow=0, pool_timeout=1)
    fill(engine, state=S.NEW)
    store = orders(engine)
    found: list[object] = []

    class Then(list[str]):
        def append(self, text: str) -> None:
            if text == "after Accepted":
                found.extend([seen(engine), store.move(1, S.SENT, context=Work)])

    store.move(1, S.PAID, context=lambda row, connection: Work(row, connection, taken=Then()))
    assert found == [(S.PAID, 1), Accepted(S.SENT)]
    engine.dispose()


def outrun(engine: Engine) -> None:
    """Another writer moves the order meanwhile."""
    with engine.begin() as connection:
        connection.execute(update(Order).values(state=S.LOST, version=Order.version + 1))


def read_only(row: object, connection: object) -> None:
    """Nothing."""


class Racing:
    """A context for a race: the audit would lock SQLite, so nothing is written before it."""

    def __init__(self, engine: Engine, times: int) -> None:
        self.engine = engine
        self.left = times
        self.taken: list[str] = []

    def __call__(self, row: object, connection: object) -> Work:
        if self.left:
            self.left -= 1
            outrun(self.engine)
        return _Quiet(row, connection, taken=self.taken)  # type: ignore[arg-type]


class _Quiet(Work):
    def write(self, text: str) -> None:
        """Nothing."""


def test_another_writer_in_between_is_a_conflict(engine: Engine) -> None:
    """It says what was expected and found; what was taken is given back; nothing is written."""
    fill(engine, state=S.NEW)
    race = Racing(engine, 1)
    with pytest.raises(ConflictError) as caught:
        orders(engine, record="all").move(1, S.PAID, context=race)
    error = caught.value
    assert (error.key, error.expected, error.found) == (1, Seen(S.NEW, 0), Seen(S.LOST, 1))
    assert str(error) == "1: expected S.NEW at version 0, found S.LOST at version 1"
    assert str(pickle.loads(pickle.dumps(error))) == str(error)
    assert race.taken == ["after Delayed"]
    assert seen(engine) == (S.LOST, 1)
    assert records(engine) == 0


def test_a_row_that_is_gone_is_a_conflict(engine: Engine) -> None:
    """Its state is then not found."""
    fill(engine, state=S.NEW)

    def context(row: object, connection: object) -> Work:
        with engine.begin() as other:
            other.execute(Order.__table__.delete())  # type: ignore[attr-defined]
        return _Quiet(row, connection)  # type: ignore[arg-type]

    with pytest.raises(ConflictError, match="found no row") as caught:
        orders(engine).move(1, S.PAID, context=context)
    assert caught.value.found is None


def test_on_conflict_makes_a_refusal_of_it(engine: Engine) -> None:
    """The refusal is the outcome, and is recorded where all is."""
    fill(engine, state=S.NEW)
    refuse = {"on_conflict": lost}
    for store in (orders(engine, **refuse), orders(engine, record="all", **refuse)):
        with engine.begin() as connection:
            connection.execute(update(Order).values(state=S.NEW))
        assert store.move(1, S.PAID, context=Racing(engine, 1)) == Aborted("lost 1")
    (record,) = orders(engine).history(1)
    assert (record.outcome, record.refused_by, record.reason) == ("aborted", "commit", "lost 1")
    assert record.version is None


@pytest.mark.parametrize("answer", [None, reject(S.LOST, reason="another state")])
def test_what_on_conflict_may_answer(engine: Engine, answer: Any) -> None:
    """A refusal without a state: anything else would tell the run that it was written."""
    fill(engine, state=S.NEW)
    race = Racing(engine, 1)

    def answering(conflict: ConflictError) -> Any:
        return answer

    with pytest.raises(StoreError, match=r"on_conflict= answered .*: it has to be delay") as caught:
        orders(engine, on_conflict=answering).move(1, S.PAID, context=race)
    assert caught.value.key == 1
    assert (seen(engine), race.taken) == ((S.LOST, 1), [])


def test_attempts_run_the_whole_policy_again(engine: Engine) -> None:
    """Reading included: the third finds the row as it is, and what it is refused, it is."""
    fill(engine, state=S.NEW)
    race = Racing(engine, 2)
    outcome = orders(engine).move(1, S.PAID, context=race, attempts=3)
    assert isinstance(outcome, Aborted)  # it is lost by now
    assert race.taken == ["after Delayed", "after Aborted", "after Aborted"][: len(race.taken)]


def test_attempts_end(engine: Engine) -> None:
    """The last conflict is raised."""
    fill(engine, state=S.NEW)

    def context(row: object, connection: object) -> Work:
        with engine.begin() as other:
            other.execute(update(Order).values(version=Order.version + 1))
        return _Quiet(row, connection)  # type: ignore[arg-type]

    with pytest.raises(ConflictError) as caught:
        orders(engine).move(1, S.PAID, context=context, attempts=3)
    assert caught.value.found == Seen(S.NEW, 3)
    store = orders(engine, on_conflict=busy)
    assert store.move(1, S.PAID, context=context, attempts=2) == Delayed(1, "busy")


def test_add_keeps_the_first_state(engine: Engine) -> None:
    """A row that is added goes through the rules, and its first state is in the history."""
    store = orders(engine)
    key, outcome = store.add({"total": 7}, S.NEW, context=Work)
    assert outcome == Accepted(S.NEW)
    assert seen(engine) == (S.NEW, 1)
    assert audits(engine) == ["decided Accepted"]
    (record,) = store.history(key)
    assert (record.version, record.from_state, record.to_state) == (1, None, S.NEW)
    with engine.connect() as connection:
        nothing = select(HISTORY.c.id).where(HISTORY.c.data.is_(null()))
        assert connection.scalars(nothing).all() == [1]  # no JSON null
    assert store.move(key, S.PAID, context=Work) == Accepted(S.PAID)
    assert [record.version for record in store.history(key)] == [1, 2]


def test_a_refused_add_leaves_no_row(engine: Engine) -> None:
    """It is recorded only if its key was given: else there is none to record it under."""
    store = orders(engine, record="all")
    assert store.add({"total": 7}, S.PAID, context=Work) == (
        None,
        Aborted("None -> S.PAID is no legal move: from there only to NEW"),
    )
    assert records(engine) == 0
    assert store.add({"id": 5}, S.PAID, context=Work)[0] is None
    (record,) = store.history(5)
    assert (record.from_state, record.intended, record.version) == (None, S.PAID, None)
    with pytest.raises(NoRowError):
        store.move(5, S.NEW, context=Work)


def test_histories_come_in_pages(engine: Engine) -> None:
    """Each page takes a connection when it is due, and gives it back; other rows are not in it."""
    engine.dispose()
    narrow = create_engine(engine.url, pool_size=1, max_overflow=0, pool_timeout=1)
    store = bare(narrow)
    for key in (1, 2):
        fill(narrow, state=S.PAID, key=key)
    for _ in range(7):
        store.move(1, S.PAID)
        store.move(2, S.PAID)
    for page in (1, 3, 7, 8):
        pages = store.history(1, page=page)
        first = next(pages)
        assert seen(narrow, 2) == (S.PAID, 7)  # the pool has its connection
        assert [first.version, *[record.version for record in pages]] == [1, 2, 3, 4, 5, 6, 7]
    assert list(store.history(3)) == []
    narrow.dispose()


def test_the_clock_may_jump(engine: Engine) -> None:
    """Versions say the order, times do not; they are in UTC, whatever zone the clock is in."""
    fill(engine, state=S.PAID)
    start = datetime(2020, 3, 29, 1, 30, 0, 123456, tzinfo=UTC)
    times = [start, start - timedelta(days=400), start + timedelta(hours=1)]
    shown = iter([time.astimezone(timezone(timedelta(hours=5.5))) for time in times])
    store = bare(engine, clock=lambda: next(shown))
    for _ in times:
        store.move(1, S.PAID)
    assert [(record.version, record.time) for record in store.history(1)] == list(
        enumerate(times, 1)
    )
    assert all(record.time.tzinfo is UTC for record in store.history(1))


def test_what_commit_raises_and_the_database_answered_was_not_written(engine: Engine) -> None:
    """Errors of hooks and of the database go out as they are, and nothing is written."""
    fill(engine, state=S.NEW)
    taken: list[str] = []

    def fail() -> None:
        raise LookupError("in a hook")

    with pytest.raises(LookupError, match="in a hook"):
        orders(engine).move(1, S.PAID, context=lambda r, c: Work(r, c, fail, taken))
    assert taken == []
    assert (seen(engine), audits(engine)) == ((S.NEW, 0), [])


@pytest.mark.parametrize("written", [True, False])
def test_a_commit_that_is_not_confirmed_says_so(url: object, *, written: bool) -> None:
    """The rules are told that nothing was written; whether it was, the history says."""
    engine = create_engine(str(url))
    fill(engine, state=S.NEW)
    store, taken = orders(engine), list[str]()
    commit = engine.dialect.do_commit

    def lose(connection: object) -> None:
        if written:
            commit(connection)  # type: ignore[arg-type]
        raise ConnectionResetError("the line is cut")

    def context(row: object, connection: object) -> Work:
        setattr(engine.dialect, "do_commit", lose)  # noqa: B010
        return Work(row, connection, taken=taken)  # type: ignore[arg-type]

    with pytest.raises(UnconfirmedError, match="1: COMMIT of version 1 was not") as caught:
        store.move(1, S.PAID, context=context, data={"request": 7})
    setattr(engine.dialect, "do_commit", commit)  # noqa: B010
    assert isinstance(caught.value.__cause__, ConnectionResetError)
    assert taken == []
    kept = [record.data for record in store.history(1) if record.version == caught.value.version]
    assert kept == ([{"request": 7}] if written else [])
    assert pickle.loads(pickle.dumps(caught.value)).version == 1
    engine.dispose()


def test_a_store_works_without_a_history(engine: Engine) -> None:
    """State and version are written all the same."""
    fill(engine, state=S.NEW)
    assert bare(engine, history=None).move(1, S.PAID) == Accepted(S.PAID)
    assert seen(engine) == (S.PAID, 1)
    assert records(engine) == 0


def test_a_move_is_a_fixed_number_of_statements(engine: Engine) -> None:
    """One SELECT, one UPDATE, one INSERT, in one transaction."""
    fill(engine, state=S.NEW)
    told: list[str] = []

    def execute(*got: Any) -> None:
        told.append(got[2].split()[0])

    def commit(_: object) -> None:
        told.append("COMMIT")

    def rollback(_: object) -> None:
        told.append("ROLLBACK")

    for name, tell in (
        ("before_cursor_execute", execute),
        ("commit", commit),
        ("rollback", rollback),
    ):
        event.listen(engine, name, tell)
    bare(engine).move(1, S.PAID)
    assert told == ["SELECT", "UPDATE", "INSERT", "COMMIT"]


def test_policies_that_are_composed_or_observed(engine: Engine) -> None:
    """The history has the names that the views have, of rules of one name too."""

    def made(answer: Verdict[S]) -> Rule[S, object]:
        @rule(from_states={S.NEW}, to_states={S.PAID})
        def check(t: Transition[S, S]) -> Verdict[S]:
            return answer

        return check

    both = made(proceed()), made(reject(reason="no"))
    told: list[RunRecord] = []
    policy = observed(BARE.inserting(*both, after=LEGAL), at_end(told.append))
    fill(engine, state=S.NEW)
    store = Store(
        engine,
        policy,
        key=Order.id,
        state=Order.state,
        version=Order.version,
        history=HISTORY,
        record="all",
        policy_version=policy_version(Matrix.of(policy)),
    )
    assert store.move(1, S.PAID) == Rejected(None, "no")
    (record,) = store.history(1)
    assert record.refused_by == told[0].refused_by == "check #2"
    assert record.refused_by in [entry.name for entry in Matrix.of(policy).entries]
    assert (record.policy, record.policy_version) == ("bare", policy_version(Matrix.of(policy)))


def test_observers_are_told_of_each_attempt(engine: Engine) -> None:
    """A lost race is to them a refusal of the commit, whatever the caller gets."""
    told: list[RunRecord] = []
    columns: Any = {"key": Order.id, "state": Order.state, "version": Order.version}
    store = Store(engine, observed(POLICY, at_end(told.append)), **columns)
    fill(engine, state=S.NEW)

    def overtaken(row: RowMapping, connection: Connection) -> Work:
        connection.rollback()  # so that SQLite lets another write
        with engine.begin() as another:
            another.execute(update(Order).values(version=Order.version + 1))
        return Work(row, connection)

    with pytest.raises(ConflictError):
        store.move(1, S.PAID, context=overtaken, attempts=2)
    assert [(record.came_to, record.refused_by) for record in told] == [("delayed", "commit")] * 2


def test_row_makes_what_the_context_is_made_of(engine: Engine) -> None:
    """The context's function is given the user's own row; without one, that is the context."""
    fill(engine, state=S.NEW, total=9)
    made: list[object] = []
    store = Store(
        engine,
        BARE,
        key=Order.id,
        state=Order.state,
        version=Order.version,
        row=lambda row: Order(**row),
    )
    store.move(1, S.PAID, context=lambda order, connection: made.append(order.total))
    assert made == [9]
    assert store.move(1, S.SENT) == Accepted(S.SENT)
    with engine.begin() as connection:
        connection.execute(insert(Audit).values(text=str(HISTORY)))
