"""What `import bylaws` costs beyond the modules that are there anyway, in fresh interpreters.

Run `python -m benchmarks.importing`.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.harness import Rounds, options, rounds_of
from benchmarks.processes import Part, rows_of
from benchmarks.rows import Row, shown

PROGRAM = """
import sys, enum, typing, typing_extensions
from time import perf_counter_ns
there = set(sys.modules)
start = perf_counter_ns()
import bylaws
elapsed = perf_counter_ns() - start
loaded = set(sys.modules) - there
print(elapsed, *sorted(name for name in loaded if name.partition(".")[0] != "bylaws"))
"""


def imports(rounds: Rounds) -> list[Row]:
    """The one figure about importing: of modules compiled before, into a directory of their own."""
    with TemporaryDirectory() as cache:
        answers = [_import(cache) for _ in range(1 + rounds.count)][1:]
    times = [int(answer[0]) / 1e6 for answer in answers]
    beside = ", ".join(answers[0][1:]) or "nothing else"
    what = f"import bylaws after enum, typing, typing_extensions (it also loads: {beside})"
    return [Row(what, median(times), 2, 4, "ms", min(times))]


def _import(cache: str) -> list[str]:
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": cache}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    command = [sys.executable, "-c", PROGRAM]
    done = subprocess.run(  # noqa: S603
        command, check=True, capture_output=True, text=True, env=environment
    )
    return done.stdout.split()


PARTS: Sequence[Part] = (imports,)

if __name__ == "__main__":
    print(shown(rows_of("importing", rounds_of(options(__doc__).parse_args()))))
