"""Observers: what a run costs that is observed, and that one which is not pays nothing.

Run `python -m benchmarks.observing`; with `--write` it puts them into the README of the benchmarks.
"Without an SDK" is the API of OpenTelemetry alone; the SDK gives its spans to no exporter, and sums
its metrics up.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from enum import Enum

from benchmarks.harness import Rounds, measure, options, rounds_of, write_section
from benchmarks.machine import facts
from benchmarks.processes import Part, rows_of
from benchmarks.rows import Row, ratio, shown
from benchmarks.running import driven, running
from benchmarks.subjects import Text, async_silent, coroutine_rules, function_rules, policy, silent
from bylaws import AsyncPolicy, Policy
from bylaws.observers import LogRuns, Observer, RunRecord, RunStart, at_end, observed


def start_alone(_: RunStart) -> None:
    """Be an observer that wants no end."""


def end(_: RunRecord) -> None:
    """Be an end that does nothing."""


def not_logging() -> Observer:
    """Log to a logger that is enabled for none of the levels."""
    logger = logging.getLogger("benchmark.off")
    logger.setLevel(logging.CRITICAL)
    return LogRuns(logger)


def logging_to_nobody() -> Observer:
    """Log to a handler that drops what it is given."""
    logger = logging.getLogger("benchmark.on")
    logger.setLevel(logging.INFO)
    logger.propagate = False
    logger.addHandler(logging.NullHandler())
    return LogRuns(logger)


def without_sdk() -> Observer:
    """Tell the API of OpenTelemetry."""
    from bylaws.observers.otel import Telemetry  # noqa: PLC0415 (needs the extra)

    return Telemetry()


def with_sdk() -> Observer:
    """Tell the SDK of OpenTelemetry."""
    from opentelemetry.sdk.metrics import MeterProvider  # noqa: PLC0415 (needs the extra)
    from opentelemetry.sdk.metrics.export import InMemoryMetricReader  # noqa: PLC0415
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415

    from bylaws.observers.otel import Telemetry  # noqa: PLC0415

    reader = InMemoryMetricReader()
    return Telemetry(tracer_provider=TracerProvider(), meter_provider=MeterProvider([reader]))


def rules() -> Policy[Enum, None]:
    """Ten function rules that do nothing."""
    return policy(function_rules([silent() for _ in range(10)], Text))


def unobserved(rounds: Rounds) -> list[Row]:
    """A policy that was observed elsewhere, itself, against one that never was."""
    plain, mine = rules(), rules()
    observed(mine, at_end(end)).run(None, Text.A, Text.B)
    time = measure({"mine": running(mine), "plain": running(plain)}, rounds, operations=2)
    what = (
        "plain run, 10 function rules, not observed, though a copy is, against one without copies"
    )
    return [ratio(what, time["mine"], time["plain"], 1.02, 1.1)]


def by_observer(rounds: Rounds) -> list[Row]:
    """Each of the ready observers, and empty ones, against the run that nobody observes."""
    made: dict[str, Observer] = {
        "one that wants no end": start_alone,
        "one that does nothing at the end": at_end(end),
        "LogRuns, its levels not enabled": not_logging(),
        "LogRuns, a handler that drops it": logging_to_nobody(),
        "Telemetry without an SDK": without_sdk(),
        "Telemetry with the SDK": with_sdk(),
    }
    sides = {what: running(observed(rules(), observer)) for what, observer in made.items()}
    time = measure({"plain": running(rules()), **sides}, rounds, operations=2)
    return [
        ratio(f"the same, observed by {what}, against not observed", time[what], time["plain"])
        for what in made
    ]


def in_arun(rounds: Rounds) -> list[Row]:
    """An async run with an empty observer."""
    plain = AsyncPolicy[Enum, None](
        *coroutine_rules([async_silent() for _ in range(10)], Text), name="benchmark"
    )
    watched = observed(plain, at_end(end))
    a, b = Text.A, Text.B

    async def run_plain(loops: Iterable[object]) -> None:
        for _ in loops:
            await plain.arun(None, a, b)

    async def run_watched(loops: Iterable[object]) -> None:
        for _ in loops:
            await watched.arun(None, a, b)

    time = measure({work.__name__: driven(work) for work in (run_plain, run_watched)}, rounds)
    what = "async run, 10 coroutine function rules, observed by one that does nothing at the end"
    return [ratio(f"{what}, against not observed", time["run_watched"], time["run_plain"])]


PARTS: Sequence[Part] = (unobserved, by_observer, in_arun)


def main(*given: str) -> None:
    """Measure it, with the options given, or else those of the command line."""
    parser = options(__doc__)
    parser.add_argument(
        "--write", action="store_true", help="put the results into benchmarks/README.md"
    )
    arguments = parser.parse_args(given or None)
    rounds = rounds_of(arguments)
    text = f"{facts('opentelemetry-sdk')}\n\n{shown(rows_of('observing', rounds))}"
    print(text)
    if arguments.write and not rounds.quick:
        write_section("observing", text)


if __name__ == "__main__":
    main()
