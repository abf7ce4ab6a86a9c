"""What it costs to record what tests exercise: what it adds to a run, and that nothing stays of it.

Run `python -m benchmarks.recording`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import Enum

from benchmarks.harness import Rounds, measure, options, own, rounds_of
from benchmarks.processes import Part, rows_of
from benchmarks.rows import Row, ratio, shown
from benchmarks.subjects import Text, function_rules, policy, silent
from bylaws import Policy, Transition, Verdict, delay, rule
from bylaws.testing import Seen
from bylaws.testing.coverage.recorder import recorder
from bylaws.testing.coverage.targets import Target, subject_of


@rule(from_states={Text.A}, to_states={Text.B})
def late(_: Transition[Text, Text, object]) -> Verdict[Text]:
    """Refuse."""
    return delay(1, reason="later")


def accepted_runs(rounds: Rounds) -> list[Row]:
    """A run of ten rules that all proceed."""
    return _rows(policy(function_rules([silent() for _ in range(10)], Text)), rounds)


def refused_runs(rounds: Rounds) -> list[Row]:
    """A run of ten rules of which the last one refuses."""
    rules = function_rules([silent() for _ in range(9)], Text)
    return _rows(policy([*rules, late]), rounds)


PARTS: Sequence[Part] = (accepted_runs, refused_runs)


def _rows(governed: Policy[Enum, None], rounds: Rounds) -> list[Row]:
    a, b = Text.A, Text.B
    target = Target(governed, Seen(subject_of(governed)))

    def run(loops: Iterable[object]) -> None:
        for _ in loops:
            governed.run(None, a, b)

    def run_recorded(loops: Iterable[object]) -> None:
        recorder.begin(target)
        for _ in loops:
            governed.run(None, a, b)
        recorder.end(target)

    before = measure({"before": own(run)}, rounds)["before"]
    time = measure({"on": own(run_recorded), "off": own(run)}, rounds)
    added = time["on"].minus(time["off"])
    what = f"a run of 10 function rules that is {type(governed.run(None, a, b)).__name__.lower()}"
    sides = (time["on"].median, time["off"].median)
    return [
        Row(
            f"{what}: what recording adds",
            *(added.median / 1_000, 1.5, 2, "µs", added.best / 1_000, sides),
        ),
        ratio(f"{what}, after a recording, against before", time["off"], before, 1.05, 1.2),
    ]


if __name__ == "__main__":
    print(shown(rows_of("recording", rounds_of(options(__doc__).parse_args()))))
