"""OpenTelemetry: what the real SDK gets, in memory, of runs in tasks, threads and one another."""

from __future__ import annotations

import asyncio
import contextvars
import pickle
import re
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from importlib.metadata import PackageNotFoundError
from typing import Any, NoReturn

import pytest

pytest.importorskip("opentelemetry.sdk", reason="needs the extra: test")

from opentelemetry import context, trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import Decision, Sampler, SamplingResult
from opentelemetry.trace import SpanKind, StatusCode

from bylaws import AsyncPolicy, Delay, Outcome, Policy, Transition, delay, rule
from bylaws.observers import observed
from bylaws.observers.otel import BUCKETS, Telemetry
from bylaws.views import Matrix, policy_version
from tests.cast import Book, S, answering, good
from tests.model import Pause, drive

EMPTY = Resource({})  # nothing is detected, which takes threads


class Collected:
    """A telemetry with an SDK, and what it collected."""

    def __init__(self, sampler: Sampler | None = None, **options: bool) -> None:
        self.exporter = InMemorySpanExporter()
        self.reader = InMemoryMetricReader()
        tracers = TracerProvider(sampler=sampler, resource=EMPTY, shutdown_on_exit=False)
        tracers.add_span_processor(SimpleSpanProcessor(self.exporter))
        self.tracer = tracers.get_tracer("mine")
        self.telemetry = Telemetry(
            tracer_provider=tracers,
            meter_provider=MeterProvider([self.reader], resource=EMPTY, shutdown_on_exit=False),
            **options,
        )

    @property
    def spans(self) -> Sequence[ReadableSpan]:
        """Those that have ended, in that order."""
        return self.exporter.get_finished_spans()

    def named(self, name: str) -> ReadableSpan:
        """The span of that name."""
        (span,) = [each for each in self.spans if each.name == name]
        return span

    def metrics(self) -> dict[str, Any]:
        """What is measured, by name."""
        data: Any = self.reader.get_metrics_data()
        return {
            metric.name: metric
            for resource in data.resource_metrics
            for scope in resource.scope_metrics
            for metric in scope.metrics
        }

    def points(self, name: str) -> list[tuple[dict[str, Any], Any]]:
        """The attributes and the number of each point of a metric."""
        return [
            (dict(point.attributes), getattr(point, "value", getattr(point, "count", None)))
            for point in self.metrics()[name].data.data_points
        ]


@pytest.fixture
def collected() -> Collected:
    """A telemetry with an SDK."""
    return Collected()


@pytest.fixture(autouse=True)
def _no_span_is_left_current() -> Iterator[None]:
    """After each test the context is as it was."""
    before = context.get_current()
    yield
    assert context.get_current() is before or context.get_current() == before


@rule(from_states={S.A}, to_states={S.B})
def raises(t: Transition[S, S, BaseException]) -> NoReturn:
    """Raise the context."""
    raise t.context


@rule(from_states={S.A}, to_states={S.B})
def calls(t: Transition[S, S, Callable[[], object]]) -> None:
    """Call the context."""
    t.context()


def parent(span: ReadableSpan) -> int | None:
    """The id of the span that it is in."""
    return span.parent.span_id if span.parent else None


def identity(span: ReadableSpan) -> int:
    """Its id."""
    found = span.get_span_context()
    assert found
    return found.span_id


VERSION = policy_version(Matrix.of(answering))
AT_START: dict[str, object] = {
    "bylaws.policy.name": "moves",
    "bylaws.policy.version": VERSION,
    "bylaws.transition.from": "S.A",
    "bylaws.transition.to": "S.B",
}
RULES = ("first", "spoken", "last")


@pytest.mark.parametrize(
    ("number", "at_end"),
    [
        (0, {"bylaws.outcome": "accepted", "bylaws.state": "S.B"}),
        (
            1,
            {
                "bylaws.outcome": "rejected",
                "bylaws.state": "S.A",
                "bylaws.rule.name": "spoken",
            },
        ),
        (2, {"bylaws.outcome": "rejected", "bylaws.rule.name": "spoken"}),
        (4, {"bylaws.outcome": "delayed", "bylaws.rule.name": "spoken"}),
        (5, {"bylaws.outcome": "aborted", "bylaws.rule.name": "spoken"}),
    ],
)
def test_a_run_is_one_span(collected: Collected, number: int, at_end: dict[str, object]) -> None:
    """Of the kind INTERNAL, without events, and with the attributes of its outcome."""
    observed(answering, collected.telemetry).run(number, S.A, S.B)
    (span,) = collected.spans
    assert (span.name, span.kind, span.events) == ("run moves", SpanKind.INTERNAL, ())
    assert span.status.status_code is StatusCode.UNSET
    assert dict(span.attributes or {}) == {**AT_START, **at_end, "bylaws.rules": RULES}
    assert span.instrumentation_scope
    assert span.instrumentation_scope.name == "bylaws"


def test_a_refusing_commit_is_who_refused(collected: Collected) -> None:
    """`bylaws.rule.name` is then `commit`, as `trace.refused_by` is; a redirect counts no more."""

    def commit(state: S, outcome: Outcome[S]) -> Delay:
        return delay(1, reason="another was faster")

    observed(answering, collected.telemetry).run(1, S.A, S.B, commit=commit)
    (span,) = collected.spans
    assert dict(span.attributes or {}) == {
        **AT_START,
        "bylaws.outcome": "delayed",
        "bylaws.rule.name": "commit",
        "bylaws.rules": RULES,
    }
    refusal = {
        "bylaws.policy.name": "moves",
        "bylaws.rule.name": "commit",
        "bylaws.verdict": "delay",
    }
    assert collected.points("bylaws.rule.refusals") == [(refusal, 1)]


class OwnError(Exception):
    """With a class of its own."""


@pytest.mark.parametrize(
    ("error", "kind", "status"),
    [
        (ValueError("secret"), "ValueError", StatusCode.ERROR),
        (OwnError("secret"), f"{OwnError.__module__}.OwnError", StatusCode.ERROR),
        (KeyboardInterrupt("secret"), "KeyboardInterrupt", StatusCode.ERROR),
        (asyncio.CancelledError(), "asyncio.exceptions.CancelledError", StatusCode.UNSET),
    ],
)
def test_an_exception_is_an_error_and_a_cancellation_none(
    collected: Collected, error: BaseException, kind: str, status: StatusCode
) -> None:
    """Both have their class, phase and entry; neither is an event, nor tells its text."""
    policy = observed(Policy[S, BaseException](raises, name="orders"), collected.telemetry)
    with pytest.raises(type(error)):
        policy.run(error, S.A, S.B)
    (span,) = collected.spans
    assert (span.status.status_code, span.status.description) == (status, None)
    assert span.events == ()
    attributes = dict(span.attributes or {})
    assert "bylaws.outcome" not in attributes
    assert attributes["error.type"] == kind
    assert attributes["bylaws.phase"] == "before_transition"
    assert attributes["bylaws.entry.name"] == "raises"
    assert attributes["bylaws.rules"] == ("raises",)
    told = {"bylaws.policy.name": "orders", "error.type": kind}
    assert collected.points("bylaws.run.duration") == [(told, 1)]
    assert "bylaws.rule.refusals" not in collected.metrics()


def test_the_metrics(collected: Collected) -> None:
    """How long runs take by outcome, in the buckets advised; refusals by rule and verdict."""
    policy = observed(answering, collected.telemetry)
    for number in (0, 0, 1, 2, 4, 5):
        policy.run(number, S.A, S.B)
    name = {"bylaws.policy.name": "moves"}
    assert collected.points("bylaws.run.duration") == [
        ({**name, "bylaws.outcome": "accepted"}, 2),
        ({**name, "bylaws.outcome": "rejected"}, 2),
        ({**name, "bylaws.outcome": "delayed"}, 1),
        ({**name, "bylaws.outcome": "aborted"}, 1),
    ]
    name["bylaws.rule.name"] = "spoken"
    assert collected.points("bylaws.rule.refusals") == [
        ({**name, "bylaws.verdict": "reject"}, 2),
        ({**name, "bylaws.verdict": "delay"}, 1),
        ({**name, "bylaws.verdict": "abort"}, 1),
    ]
    durations = collected.metrics()["bylaws.run.duration"]
    assert durations.unit == "s"
    assert tuple(durations.data.data_points[0].explicit_bounds) == BUCKETS
    assert sorted(BUCKETS) == [*BUCKETS]


def test_reasons_and_texts_are_opt_in() -> None:
    """With `reasons` a span has that of the refusal, or the text of the exception."""
    collected = Collected(reasons=True)
    observed(answering, collected.telemetry).run(4, S.A, S.B)
    with pytest.raises(ValueError, match="secret"):
        observed(Policy[S, Any](raises), collected.telemetry).run(ValueError("secret"), S.A, S.B)
    refused, raised = collected.spans
    assert (refused.attributes or {})["bylaws.reason"] == "later"
    assert raised.status.description == "secret"
    assert not any(
        "reason" in key for attributes, _ in every_point(collected) for key in attributes
    )


def every_point(collected: Collected) -> list[tuple[dict[str, Any], Any]]:
    """The points of both metrics."""
    return [*collected.points("bylaws.run.duration"), *collected.points("bylaws.rule.refusals")]


def test_states_of_metrics_are_opt_in() -> None:
    """With `metric_states` both metrics have the move."""
    collected = Collected(metric_states=True)
    observed(answering, collected.telemetry).run(5, S.A, S.B)
    for attributes, _ in every_point(collected):
        assert attributes["bylaws.transition.from"] == "S.A"
        assert attributes["bylaws.transition.to"] == "S.B"


class Samples(Sampler):
    """Drops what a policy of a name runs, and writes down what it is asked about."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []

    def should_sample(
        self,
        parent_context: Any,
        trace_id: int,
        name: str,
        kind: Any = None,
        attributes: Any = None,
        links: Any = None,
        trace_state: Any = None,
    ) -> SamplingResult:
        self.asked.append(dict(attributes or {}))
        drop: bool = self.asked[-1].get("bylaws.transition.to") == "S.B"
        return SamplingResult(Decision.DROP if drop else Decision.RECORD_AND_SAMPLE, attributes)

    def get_description(self) -> str:
        return "samples"


def test_a_sampler_sees_the_attributes_of_the_start() -> None:
    """It decides by them; a run that it drops is measured all the same."""
    sampler = Samples()
    collected = Collected(sampler)
    policy = observed(answering, collected.telemetry)
    policy.run(0, S.A, S.B)
    policy.run(0, S.A, S.C)
    assert sampler.asked[0] == AT_START
    assert [(each.attributes or {})["bylaws.transition.to"] for each in collected.spans] == ["S.C"]
    assert [count for _, count in collected.points("bylaws.run.duration")] == [2]


# --------------------------------------------------------------------------------------------------
# Nesting
# --------------------------------------------------------------------------------------------------


def test_spans_of_hooks_and_commits_nest(collected: Collected) -> None:
    """What a hook or the commit starts is in the span of the run; what follows is not."""

    def commit(state: S, outcome: Outcome[S]) -> None:
        with collected.tracer.start_as_current_span("commit"):
            pass

    def hook() -> None:
        with collected.tracer.start_as_current_span("hook"):
            pass

    policy = observed(Policy[S, Any](calls, name="orders"), collected.telemetry)
    with collected.tracer.start_as_current_span("request"):
        policy.run(hook, S.A, S.B, commit=commit)
        with collected.tracer.start_as_current_span("then"):
            pass
    run = collected.named("run orders")
    request = identity(collected.named("request"))
    assert [parent(collected.named(name)) for name in ("hook", "commit")] == [identity(run)] * 2
    assert [parent(run), parent(collected.named("then"))] == [request] * 2


def test_nested_runs_nest(collected: Collected) -> None:
    """A run in a hook of a run is in its span, and after it the outer one is current again."""
    inner = observed(Policy[S, Any](calls, name="inner"), collected.telemetry)
    outer = observed(Policy[S, Any](calls, name="outer"), collected.telemetry)

    def hook() -> None:
        for _ in range(2):
            inner.run(lambda: None, S.A, S.B)

    outer.run(hook, S.A, S.B)
    *inners, last = collected.spans
    assert (last.name, parent(last)) == ("run outer", None)
    assert [(each.name, parent(each)) for each in inners] == [("run inner", identity(last))] * 2


@rule(from_states={S.A}, to_states={S.B})
async def awaits(t: Transition[S, S, Any]) -> None:
    """Await the context, in the middle of others."""
    await asyncio.sleep(0)
    await t.context()
    await asyncio.sleep(0)


@pytest.mark.parametrize("how", ["gather", "group", "tasks"])
def test_spans_nest_under_tasks(collected: Collected, how: str) -> None:
    """Runs that take turns in tasks each have the span that its task began in, and their own."""
    policy = observed(AsyncPolicy[S, Any](awaits, name="orders"), collected.telemetry)

    def work(at: int) -> Any:
        async def hook() -> None:
            with collected.tracer.start_as_current_span(f"hook {at}"):
                await asyncio.sleep(0)

        async def request() -> None:
            with collected.tracer.start_as_current_span(f"request {at}"):
                await policy.arun(hook, S.A, S.B)

        return request()

    async def main() -> None:
        with collected.tracer.start_as_current_span("main"):
            if how == "gather":
                await asyncio.gather(*map(work, range(5)))
            elif how == "group":
                async with asyncio.TaskGroup() as group:
                    for at in range(5):
                        group.create_task(work(at))
            else:
                await asyncio.wait([asyncio.create_task(work(at)) for at in range(5)])

    asyncio.run(main())
    spans = {identity(each): each for each in collected.spans}
    assert len(spans) == 16
    for at in range(5):
        run = spans[parent(collected.named(f"hook {at}")) or 0]
        assert run.name == "run orders"
        assert parent(run) == identity(collected.named(f"request {at}"))
        assert parent(collected.named(f"request {at}")) == identity(collected.named("main"))


def test_a_task_that_a_hook_starts_is_in_the_run(collected: Collected) -> None:
    """Also where it ends after the run."""

    async def later() -> None:
        await asyncio.sleep(0.001)
        with collected.tracer.start_as_current_span("later"):
            pass

    async def main() -> None:
        tasks: list[asyncio.Task[None]] = []

        async def hook() -> None:
            tasks.append(asyncio.create_task(later()))

        policy = observed(AsyncPolicy[S, Any](awaits, name="orders"), collected.telemetry)
        await policy.arun(hook, S.A, S.B)
        assert not trace.get_current_span().is_recording()
        await tasks[0]

    asyncio.run(main())
    assert parent(collected.named("later")) == identity(collected.named("run orders"))


@pytest.mark.spawns
def test_threads_have_spans_of_their_own(collected: Collected) -> None:
    """A run in a thread is in no span of another one; what its hooks start is in its own."""
    meet = threading.Barrier(3)
    policy = observed(Policy[S, Any](calls, name="orders"), collected.telemetry)

    def work(at: int) -> None:
        def hook() -> None:
            meet.wait(5)  # all runs are open
            with collected.tracer.start_as_current_span(f"hook {at}"):
                meet.wait(5)

        with collected.tracer.start_as_current_span(f"request {at}"):
            policy.run(hook, S.A, S.B)

    threads = [threading.Thread(target=work, args=(at,)) for at in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    spans = {identity(each): each for each in collected.spans}
    for at in range(3):
        run = spans[parent(collected.named(f"hook {at}")) or 0]
        assert parent(run) == identity(collected.named(f"request {at}"))


# --------------------------------------------------------------------------------------------------
# Closed, cancelled
# --------------------------------------------------------------------------------------------------


@rule(from_states={S.A}, to_states={S.B})
async def pauses(_: Transition[S, S, object]) -> None:
    """Wait for whoever drives it."""
    await Pause()


def pausing(collected: Collected) -> AsyncPolicy[S, object]:
    """A policy whose runs wait once."""
    return observed(AsyncPolicy[S](pauses, name="orders"), collected.telemetry)


def test_a_cancelled_run_ends_its_span(collected: Collected) -> None:
    """In a task: the span of the caller is current again, and the status is unset."""

    async def main() -> None:
        policy = observed(AsyncPolicy[S, Any](awaits, name="orders"), collected.telemetry)
        with collected.tracer.start_as_current_span("request") as request:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.001):
                    await policy.arun(lambda: asyncio.sleep(60), S.A, S.B)
            assert trace.get_current_span() is request

    asyncio.run(main())
    run = collected.named("run orders")
    assert (run.attributes or {})["error.type"] == "asyncio.exceptions.CancelledError"
    assert run.status.status_code is StatusCode.UNSET


@pytest.mark.parametrize("where", ["same", "fresh", "copy"])
def test_a_coroutine_that_is_closed_ends_its_span(
    collected: Collected, where: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Closed in the same context its caller's span is current again; another one is left alone."""
    running = pausing(collected).arun(None, S.A, S.B)
    mine = contextvars.copy_context()
    mine.run(running.send, None)
    before = mine.run(context.get_current)
    elsewhere = {
        "same": mine,
        "fresh": contextvars.Context(),
        "copy": mine.copy(),
    }[where]
    there = elsewhere.run(context.get_current)
    elsewhere.run(running.close)
    (span,) = collected.spans
    assert (span.attributes or {})["error.type"] == "GeneratorExit"
    assert (span.attributes or {})["bylaws.phase"] == "before_transition"
    assert span.status.status_code is StatusCode.UNSET
    after = elsewhere.run(context.get_current)
    if where == "same":
        assert after == context.get_current() != before
    else:
        assert after == there
    assert not caplog.records, "no token was reset in another context"


def test_a_hook_that_leaves_a_span_current_does_not_leave_it_so(collected: Collected) -> None:
    """After the run the context is that of before, whatever a hook attached and forgot."""
    policy = observed(Policy[S, Any](calls, name="orders"), collected.telemetry)
    before = context.get_current()

    def hook() -> None:
        context.attach(trace.set_span_in_context(collected.tracer.start_span("forgotten")))

    policy.run(hook, S.A, S.B)
    assert context.get_current() is before


def test_a_span_that_cannot_be_described_is_ended(
    collected: Collected, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """What the SDK, or a name, raises is logged as of any observer, and no span is left open."""

    class Unnamed(Book):
        @property
        def name(self) -> str:
            return "book"

    policy = observed(Policy[S](good, Unnamed(), name="orders"), collected.telemetry)

    def fails(*_: object, **__: object) -> NoReturn:
        raise RuntimeError

    monkeypatch.setattr("bylaws.observers.otel.show", fails)
    policy.run(None, S.A, S.B)  # at the start: there is no span
    assert not collected.spans
    monkeypatch.undo()
    monkeypatch.setattr("opentelemetry.sdk.trace.Span.set_attributes", fails)
    policy.run(None, S.A, S.B)
    assert [each.name for each in collected.spans] == ["run orders"]
    assert [each.getMessage() for each in caplog.records] == [
        "orders: the observer Telemetry raised RuntimeError; the run is not touched by it"
    ] * 2


# --------------------------------------------------------------------------------------------------
# Without an SDK, and on the way
# --------------------------------------------------------------------------------------------------


def test_without_an_sdk_nothing_happens() -> None:
    """The program's providers are used, which do nothing until there are some."""
    policy = observed(answering, Telemetry())
    assert policy.run(0, S.A, S.B) == answering.run(0, S.A, S.B)
    assert policy.run(5, S.A, S.B) == answering.run(5, S.A, S.B)
    assert drive(policy.arun(1, S.A, S.B)) == answering.run(1, S.A, S.B)


def test_it_travels_without_providers(collected: Collected) -> None:
    """A pickle has its options; with providers it says why not."""
    travelled = pickle.loads(pickle.dumps(Telemetry(reasons=True)))
    assert isinstance(travelled, Telemetry)
    assert vars(travelled)["_reasons"] is True
    with pytest.raises(pickle.PicklingError, match="set those of the program in each process"):
        pickle.dumps(observed(answering, collected.telemetry))


def test_it_is_made_where_bylaws_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Found on the path alone, it has no version to tell."""

    def missing(_: str) -> NoReturn:
        raise PackageNotFoundError

    monkeypatch.setattr("bylaws.observers.otel.version", missing)
    collected = Collected()
    observed(answering, collected.telemetry).run(0, S.A, S.B)
    (span,) = collected.spans
    assert span.instrumentation_scope
    assert not span.instrumentation_scope.version


def test_the_documented_attributes_are_all_there() -> None:
    """The table of the docstring names what the module sets."""
    assert Telemetry.__doc__
    source = sys.modules[Telemetry.__module__].__file__
    assert source
    with open(source, encoding="utf-8") as file:  # noqa: PTH123 (a file of the package)
        set_ = {*re.findall(r'"((?:bylaws|error)\.[a-z_.]+)"', file.read())}
    table = {*re.findall(r"`((?:bylaws|error)\.[a-z_.]+)`", Telemetry.__doc__)}
    assert set_ == table


def test_without_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names the extra, and the module that is missing."""
    monkeypatch.delitem(sys.modules, "bylaws.observers.otel")
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    told = r"bylaws\.observers\.otel needs OpenTelemetry: pip install 'bylaws\[otel\]'"
    with pytest.raises(ModuleNotFoundError, match=told) as caught:
        import_module("bylaws.observers.otel")
    assert caught.value.name == "opentelemetry"
