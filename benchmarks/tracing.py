"""What a trace costs: nothing in the run, which records nothing, and its making when asked for.

Run `python -m benchmarks.tracing`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from benchmarks.harness import Rounds, measure, nanoseconds, options, own, rounds_of, table
from benchmarks.processes import Part, found
from benchmarks.subjects import Text, function_rules, policy, silent


def traces(rounds: Rounds) -> list[tuple[str, float, float]]:
    """A run that is never asked for its trace, one that is, and the trace alone."""
    governed = policy(function_rules([silent() for _ in range(10)], Text))
    a, b = Text.A, Text.B
    outcome = governed.run(None, a, b)

    def run(loops: Iterable[object]) -> None:
        for _ in loops:
            governed.run(None, a, b)

    def run_and_trace(loops: Iterable[object]) -> None:
        for _ in loops:
            _ = governed.run(None, a, b).trace

    def trace(loops: Iterable[object]) -> None:
        for _ in loops:
            _ = outcome.trace

    time = measure({"never": own(run), "asked": own(run_and_trace), "alone": own(trace)}, rounds)
    rest = time["asked"].minus(time["alone"])
    never = time["never"]
    rows = {
        "plain run, 10 function rules (StrEnum), never asked for its trace": never,
        "the same, asked for it at once": time["asked"],
        "the trace alone, of an outcome that was kept": time["alone"],
        "what is left for the run that is asked: the second less the third": rest,
    }
    return [(what, timing.median, timing.times(never)) for what, timing in rows.items()]


PARTS: Sequence[Part] = (traces,)


def shown(rounds: Rounds) -> str:
    """The table of them."""
    return table(
        ["what", "time", "against the run"],
        [
            [what, nanoseconds(time), f"{times:.2f}x"]
            for what, time, times in found("tracing", rounds)[0]
        ],
    )


if __name__ == "__main__":
    print(shown(rounds_of(options(__doc__).parse_args())))
