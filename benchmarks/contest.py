"""One library against bylaws, in turns, in this process: prints JSON for `benchmarks.field`.

Run `python -m benchmarks.contest with_transitions`, where that library is installed.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib import import_module

from benchmarks.harness import Rounds, Side, measure, options, rounds_of
from benchmarks.libraries import with_bylaws
from benchmarks.libraries.common import Contender

HOOKS = (0, 1, 5, 10)


def compared(
    its: Callable[[int], Side], mine: Callable[[int], Side], rounds: Rounds, least: int
) -> dict[str, object]:
    """By number of hooks: the nanoseconds of both, and how many times as long the other takes."""
    figures: dict[str, object] = {}
    for hooks in HOOKS:
        if hooks >= least:
            time = measure({"its": its(hooks), "mine": mine(hooks)}, rounds, operations=2)
            figures[str(hooks)] = [
                time["its"].median,
                time["mine"].median,
                time["its"].times(time["mine"]),
            ]
    return figures


def main() -> None:
    """Measure the library that the command line names."""
    parser = options(__doc__)
    parser.add_argument("library", help="a module of benchmarks.libraries")
    arguments = parser.parse_args()
    rounds = rounds_of(arguments)
    contender: Contender = import_module(f"benchmarks.libraries.{arguments.library}").CONTENDER
    found: dict[str, object] = {
        "version": contender.version,
        "also": contender.also,
        "plain": {},
        "async": {},
    }
    if contender.plain is not None:
        found["plain"] = compared(contender.plain, with_bylaws.plain, rounds, 0)
    if contender.waiting is not None:
        found["async"] = compared(contender.waiting, with_bylaws.waiting, rounds, contender.least)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
