"""The ratios that bylaws promises, each beside what it aims at and what it may not exceed.

Run `python -m benchmarks.ratios`; with `--write` it puts them into the README of the benchmarks.
"""

from __future__ import annotations

from benchmarks import compiling, importing, lookup, running, tracing
from benchmarks.harness import options, rounds_of, write_section
from benchmarks.machine import facts
from benchmarks.rows import shown


def main(*given: str) -> None:
    """Measure everything that is promised, with the options given, or else those of the command line."""
    parser = options(__doc__)
    parser.add_argument(
        "--write", action="store_true", help="put the results into benchmarks/README.md"
    )
    arguments = parser.parse_args(given or None)
    rounds = rounds_of(arguments)
    rows = [row for part in (lookup, compiling, running, importing) for row in part.rows(rounds)]
    results = f"{facts('automat')}\n\n{shown(rows)}\n\n{tracing.shown(rounds)}"
    print(results)
    if arguments.write and not rounds.quick:
        write_section("ratios", results)


if __name__ == "__main__":
    main()
