"""The ratios that bylaws promises, each beside what it aims at and what it may not exceed.

Run `python -m benchmarks.ratios`; with `--write` it puts them into the README of the benchmarks.
"""

from __future__ import annotations

from benchmarks import interpreters, tracing
from benchmarks.harness import options, rounds_of, write_section
from benchmarks.machine import facts
from benchmarks.processes import rows_of
from benchmarks.rows import shown

MODULES = ("lookup", "compiling", "replacing", "running", "importing", "recording")


def main(*given: str) -> None:
    """Measure all that is promised, with the options given, or else those of the command line."""
    parser = options(__doc__)
    parser.add_argument(
        "--write", action="store_true", help="put the results into benchmarks/README.md"
    )
    arguments = parser.parse_args(given or None)
    rounds = rounds_of(arguments)
    rows = [row for module in MODULES for row in rows_of(module, rounds)]
    parts = {"ratios": f"{facts('automat')}\n\n{shown(rows)}\n\n{tracing.shown(rounds)}"}
    parts["interpreters"] = interpreters.shown(rounds, rows)
    print("\n\n".join(parts.values()))
    if arguments.write and not rounds.quick:
        for name, text in parts.items():
            write_section(name, text)


if __name__ == "__main__":
    main()
