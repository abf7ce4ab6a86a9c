"""bylaws against the field: other libraries doing the same work, tables by hand, growth.

Run `python -m benchmarks.field`; with `--write` it puts tables and chart into the README of the
benchmarks. Environments for libraries that this one cannot hold are made in a temporary directory,
or kept with `--environments`.
"""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks import growth
from benchmarks.chart import draw
from benchmarks.contest import HOOKS
from benchmarks.environments import UnavailableError, here, python_with, started
from benchmarks.harness import (
    README,
    Rounds,
    nanoseconds,
    options,
    rounds_of,
    table,
    write_section,
)
from benchmarks.machine import facts
from benchmarks.processes import middle

CHART = README.with_name("field.svg")

# The name that is shown, the module of benchmarks.libraries, and what to install for it (None: it
# is installed here).
CONTENDERS = (
    ("by hand", "by_hand", None),
    ("automat, TypeMachineBuilder", "with_type_machine", None),
    ("automat, MethodicalMachine", "with_methodical_machine", None),
    ("transitions", "with_transitions", None),
    ("python-statemachine 2", "with_statemachine", "python-statemachine>=2,<3"),
    ("python-statemachine 3", "with_statemachine", "python-statemachine>=3,<4"),
    ("Prefect's rules", "with_prefect", "prefect>=3"),
)
KINDS = ("plain", "async")


def contests(directory: Path, rounds: Rounds) -> dict[str, dict[str, Any] | str]:
    """What each contest found, the median over fresh processes, or why there was none."""
    found: dict[str, dict[str, Any] | str] = {}
    for name, module, requirement in CONTENDERS:
        try:
            python = (
                here()
                if requirement is None
                else python_with(requirement, directory / name.replace(" ", "-"))
            )
            command = ["benchmarks.contest", module]
            answers = [started(command, python, rounds.quick) for _ in range(rounds.processes)]
            found[name] = middle(answers)
        except UnavailableError as reason:
            found[name] = f"not measured: {reason}"
        print(f"{name}: {'measured' if isinstance(found[name], dict) else found[name]}", flush=True)
    return found


def transitions(found: dict[str, dict[str, Any] | str], kind: str) -> str:
    """The table of governed transitions: beside each time, how many times that of bylaws it is."""
    rows: list[list[str]] = []
    for name, figures in found.items():
        if isinstance(figures, str):
            rows.append([name, *["-"] * (len(HOOKS) + 1), figures])
        elif figures[kind]:
            cells = [figures[kind].get(str(hooks)) for hooks in HOOKS]
            times = [f"{nanoseconds(cell[0])} ({cell[2]:.2f}x)" if cell else "-" for cell in cells]
            rows.append([name, figures["version"], *times, figures["also"]])
    mine = _bylaws(found, kind)
    times = [nanoseconds(mine[hooks]) if hooks in mine else "-" for hooks in HOOKS]
    rows.insert(
        0,
        [
            "bylaws",
            version("bylaws"),
            *times,
            "looks at the states, asks for verdicts, undoes, commits",
        ],
    )
    head = [
        f"{kind} transition",
        "version",
        *[f"{hooks} hook{'' if hooks == 1 else 's'}" for hooks in HOOKS],
        "beside the work it does",
    ]
    return table(head, rows)


def _bylaws(found: dict[str, dict[str, Any] | str], kind: str) -> dict[int, float]:
    """What bylaws took beside the hooks by hand."""
    figures = found["by hand"]
    return (
        {}
        if isinstance(figures, str)
        else {int(hooks): mine for hooks, (_, mine, _) in figures[kind].items()}
    )


def curves(found: dict[str, dict[str, Any] | str], kind: str) -> dict[str, dict[int, float]]:
    """What the chart shows: for each library, how many times as long as bylaws, by hooks."""
    drawn: dict[str, dict[int, float]] = {"bylaws": dict.fromkeys(HOOKS, 1.0)}
    for name, figures in found.items():
        if not isinstance(figures, str) and figures[kind]:
            drawn[name] = {int(hooks): times for hooks, (_, _, times) in figures[kind].items()}
    return drawn


def main(*given: str) -> None:
    """Measure the field, with the options given, or else those of the command line."""
    parser = options(__doc__)
    parser.add_argument(
        "--write", action="store_true", help="put the results into benchmarks/README.md"
    )
    parser.add_argument(
        "--environments",
        type=Path,
        help="keep the environments that are made here, for the next time",
    )
    arguments = parser.parse_args(given or None)
    rounds = rounds_of(arguments)
    with TemporaryDirectory() as temporary:
        found = contests(arguments.environments or Path(temporary), rounds)
    tables = [transitions(found, kind) for kind in KINDS]
    parts = {"field": "\n\n".join([facts(), *tables, "![The same as a chart](field.svg)"])}
    for name, text in growth.tables(rounds).items():
        parts[name] = f"{facts()}\n\n{text}"
    print("\n\n".join(parts.values()))
    if arguments.write and not rounds.quick:
        draw({kind: curves(found, kind) for kind in KINDS}, CHART)
        for name, text in parts.items():
            write_section(name, text)


if __name__ == "__main__":
    main()
