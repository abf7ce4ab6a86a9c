"""OpenTelemetry: a span a run, how long runs take, and who refuses. Needs the extra `otel`."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar, Token
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pickle import PicklingError
from typing import Final, final

try:
    from opentelemetry import context, metrics, trace
    from opentelemetry.context import Context
    from opentelemetry.trace import Span, SpanKind, StatusCode
except ModuleNotFoundError as _error:
    raise ModuleNotFoundError(
        "bylaws.observers.otel needs OpenTelemetry: pip install 'bylaws[otel]'", name=_error.name
    ) from _error

from bylaws.observers.records import RunRecord, RunStart
from bylaws.state import show

BUCKETS: Final = (
    0.0001,
    0.0005,
    0.001,
    0.0025,
    0.005,
    0.01,
    0.025,
    0.05,
    0.1,
    0.25,
    0.5,
    1.0,
    2.5,
    5.0,
    10.0,
)
"""The advice for `bylaws.run.duration`: seconds, from a run of quick rules to one that waits."""

VERDICTS: Final = {"rejected": "reject", "delayed": "delay", "aborted": "abort"}

# Set where a span is made current: that a value can be reset tells that this is the same Context.
_here: Final[ContextVar[None]] = ContextVar("bylaws run")


@final
class Telemetry:
    """An observer that tells OpenTelemetry: one INTERNAL span `run {policy}` a run, and metrics.

    While the hooks run the span is the current one, so that theirs nest in it. Nothing is made for
    a single rule.

    | attribute                |          |                                                        |
    |--------------------------|----------|--------------------------------------------------------|
    | `bylaws.policy.name`     | at start | for samplers too, as the next three                    |
    | `bylaws.policy.version`  | at start | twelve hex digits of what it does                      |
    | `bylaws.transition.from` | at start | the state that it was in: `S.NEW`; `None` as text      |
    | `bylaws.transition.to`   | at start | the intended state                                     |
    | `bylaws.outcome`         | at end   | accepted, rejected, delayed or aborted                 |
    | `bylaws.state`           | at end   | the state of the outcome, if it has one                |
    | `bylaws.rules`           | at end   | the names of all that fires, transforms too, in order  |
    | `bylaws.rule.name`       | at end   | the rule that refused; `commit`, if that did           |
    | `bylaws.reason`          | at end   | why, with `reasons`                                    |
    | `error.type`             | at end   | the class of the exception that goes out               |
    | `bylaws.phase`           | at end   | the hook, or callback, that raised it, or `commit`     |
    | `bylaws.entry.name`      | at end   | the entry that it belongs to                           |

    An exception makes the status an error, without a description unless `reasons`, and is no event
    of the span; a cancellation, or a coroutine that is closed, leaves the status unset.

    The histogram `bylaws.run.duration` (seconds) has the attributes `bylaws.policy.name` and
    `bylaws.outcome` or `error.type`; the counter `bylaws.rule.refusals`, of runs that came to a
    refusal, `bylaws.policy.name`, `bylaws.rule.name` (as above) and `bylaws.verdict` (reject, delay
    or abort); with `metric_states` both have the two states as well. A redirect that the commit
    then refuses to write counts as the commit's refusal alone, as in the outcome.
    """

    def __init__(
        self,
        *,
        tracer_provider: trace.TracerProvider | None = None,
        meter_provider: metrics.MeterProvider | None = None,
        reasons: bool = False,
        metric_states: bool = False,
    ) -> None:
        """Without providers those of the program are used, also if they are set later.

        `reasons` may hold personal data: those of refusals, the texts of exceptions.
        """
        self._given = tracer_provider, meter_provider
        self._reasons = reasons
        self._metric_states = metric_states
        self._tracer = trace.get_tracer("bylaws", _version(), tracer_provider)
        meter = metrics.get_meter("bylaws", _version() or "", meter_provider)
        self._durations = meter.create_histogram(
            "bylaws.run.duration",
            unit="s",
            description="How long runs of policies take.",
            explicit_bucket_boundaries_advisory=BUCKETS,
        )
        self._refusals = meter.create_counter(
            "bylaws.rule.refusals",
            unit="{refusal}",
            description="Runs of policies that came to a refusal, by the rule that refused.",
        )

    def __call__(self, start: RunStart) -> Callable[[RunRecord], None]:
        """Start the span, and make it the current one."""
        span = self._tracer.start_span(
            f"run {start.policy}",
            kind=SpanKind.INTERNAL,
            attributes={
                "bylaws.policy.name": start.policy,
                "bylaws.policy.version": start.version,
                "bylaws.transition.from": show(start.from_state),
                "bylaws.transition.to": show(start.to_state),
            },
            record_exception=False,
            set_status_on_exception=False,
        )
        here = _here.set(None)
        current = context.attach(trace.set_span_in_context(span))
        return partial(self._end, span, current, here)

    def _end(
        self, span: Span, current: Token[Context], here: Token[None], record: RunRecord
    ) -> None:
        try:
            if span.is_recording():
                self._describe(span, record)
            self._measure(record)  # while the span is current, for exemplars
        finally:
            try:
                _here.reset(here)
            except ValueError:
                pass  # a coroutine that is closed from elsewhere, where the span is not current
            else:
                context.detach(current)
            span.end()

    def _describe(self, span: Span, record: RunRecord) -> None:
        attributes: dict[str, str | None] = {"bylaws.rule.name": record.refused_by}
        reason = record.reason
        if record.error is None:
            attributes["bylaws.outcome"] = record.came_to
            attributes["bylaws.state"] = None if record.state is None else show(record.state)
        else:
            attributes["error.type"] = _type_of(record.error)
            attributes["bylaws.phase"] = record.phase
            attributes["bylaws.entry.name"] = record.entry_name
            if record.came_to == "raised":
                span.set_status(StatusCode.ERROR, str(record.error) if self._reasons else None)
        if self._reasons:
            attributes["bylaws.reason"] = reason
        span.set_attributes({key: value for key, value in attributes.items() if value is not None})
        span.set_attribute("bylaws.rules", record.entry_names)

    def _measure(self, record: RunRecord) -> None:
        attributes = {"bylaws.policy.name": record.policy}
        if self._metric_states:
            attributes["bylaws.transition.from"] = show(record.from_state)
            attributes["bylaws.transition.to"] = show(record.to_state)
        ended: dict[str, str] = {"bylaws.outcome": record.came_to}
        if record.error is not None:
            ended = {"error.type": _type_of(record.error)}
        self._durations.record(record.duration, attributes | ended)
        refused_by = record.refused_by
        if refused_by is not None:
            verdict = VERDICTS[record.came_to]
            refusal = {"bylaws.rule.name": refused_by, "bylaws.verdict": verdict}
            self._refusals.add(1, attributes | refusal)

    def __reduce__(self) -> tuple[object, ...]:
        if self._given != (None, None):
            raise PicklingError(
                "A Telemetry that was given providers cannot be pickled: they hold connections and "
                "threads. Leave them out, and set those of the program in each process."
            )
        made = partial(Telemetry, reasons=self._reasons, metric_states=self._metric_states)
        return made, ()


def _type_of(error: BaseException) -> str:
    kind = type(error)
    name = kind.__qualname__
    return name if kind.__module__ == "builtins" else f"{kind.__module__}.{name}"


def _version() -> str | None:
    try:
        return version("bylaws")
    except PackageNotFoundError:  # not installed, but found on the path
        return None
