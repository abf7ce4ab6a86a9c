"""Fuzz what reads bytes: `python tests/views/fuzz.py SECONDS` fails on anything but `MatrixError`.

Needs atheris (`pip install atheris`), which has wheels for some Pythons only. What made it fail is
written to a file `crash-...` in the working directory, and more than two seconds are a failure too.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any, Final

MOST_BYTES: Final = 1 << 14
WORDS: Final = (
    *(
        "bylaws lock 1\\x0A",
        "\\x0A\\x0Apolicy ",
        "\\x0A\\x0Aenum S\\x0A  ",
        "\\x0A\\x0Astates\\x0A  ",
    ),
    *(
        "\\x0A\\x0Arule ",
        "\\x0A\\x0Atransform ",
        "\\x0A  from ",
        "\\x0A  to ",
        "\\x0A  answers ",
        "\\x0A  legal",
    ),
    *("\\x0A  hooks ", "\\x0A    ", "every S, None", " -> ", "proceed, abort", "async cleanup"),
    *('\\"matrix\\"', '\\"version\\":1', '\\"every\\":[', '\\"states\\":[null]', '\\"legal\\":[]'),
)
"""What a mutation may put in, as libFuzzer reads it."""


def seeds() -> Iterator[str]:
    """A lock and JSON of a few small policies."""
    views: Any = import_module("bylaws.views")
    space = views.StateSpace((views.StateEnum("S", ("NEW", "PAID")),), ("a, b",))
    some, every = views.StateSet((), ("NEW", None)), views.StateSet(("S",))
    rule = views.EntryFacts("one", "rule", some, every, ("proceed", "abort"), ("cleanup",))
    legal = replace(rule, name="legal", legal=(("NEW", some), (None, every)))
    odd = replace(rule, name='"\u2028\n', verdicts=None, awaits=("cleanup",))
    transform = views.EntryFacts("t", "transform", verdicts=())
    for entries in ((), (rule,), (legal, transform), (odd, rule)):
        matrix = views.Matrix("p", space, entries)
        yield views.write_lock([matrix])
        yield matrix.to_json()


def main() -> None:
    """Fuzz for so many seconds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("seconds", type=int, help="how long")
    seconds = parser.parse_args().seconds
    atheris: Any = import_module("atheris")
    with atheris.instrument_imports(include=["bylaws.views"]):
        views: Any = import_module("bylaws.views")
        import_module("bylaws.views.interchange")

    def read(data: bytes) -> None:
        with suppress(views.MatrixError):
            for matrix in views.read_lock(data):
                if views.read_lock(views.write_lock([matrix])) != (matrix,):
                    raise AssertionError("the lock does not come back")
        with suppress(views.MatrixError):
            matrix = views.Matrix.from_json(data)
            if views.Matrix.from_json(matrix.to_json()) != matrix:
                raise AssertionError("the JSON does not come back")

    with tempfile.TemporaryDirectory() as folder:
        corpus, words = Path(folder, "corpus"), Path(folder, "words")
        corpus.mkdir()
        for at, text in enumerate(seeds()):
            (corpus / f"seed-{at}").write_text(text, encoding="utf-8")
        words.write_text("".join([f'"{word}"\n' for word in WORDS]), encoding="ascii")
        flags = [f"-max_total_time={seconds}", f"-max_len={MOST_BYTES}", f"-dict={words}"]
        flags += ["-timeout=2", f"-seed={random.randrange(1 << 31)}", str(corpus)]
        atheris.Setup([sys.argv[0], *flags], read)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
