"""The data file: what parts of a suite have exercised, to be put together. JSON, and no program.

{"bylaws coverage": 1, "policies": [{
  "source": "shop.orders:orders",             where the policy is; its name if that is not known
  "called": "orders.run(order, {})",          how a run of it is written
  "matrix": {...},                            what it does, as `bylaws show --format json` has it
  "callbacks": {"take_van": ["cleanup"]},     rules that add callbacks, and for which sides
  "raised": 0,                                runs that raised
  "seen": [{                                  for each kind of moves that was run
    "from": "PAID", "to": "SHIPPED", "runs": 3,               one of its moves; null is no state
    "entries": {"take_van": {"proceed": 2, "cleanup": 1, "delay": 1}}
  }]
}]}
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, Final, cast

from bylaws.testing.coverage.exercised import Seen, Subject
from bylaws.testing.coverage.possible import DID, SIDES, Item, What
from bylaws.testing.errors import CoverageError
from bylaws.views.errors import MatrixError
from bylaws.views.matrix import Matrix

KEY: Final = "bylaws coverage"
VERSION: Final = 1


def write_coverage(coverage: Iterable[Seen]) -> str:
    """The text of a data file."""
    return json.dumps({KEY: VERSION, "policies": [_data(seen) for seen in coverage]}, indent=1)


def read_coverage(text: str | bytes) -> tuple[Seen, ...]:
    """What a data file says. `CoverageError` for anything else."""
    try:
        data: Any = json.loads(text)
        if data[KEY] != VERSION:
            raise CoverageError(
                f"it has version {data[KEY]!r}, and this bylaws reads {VERSION}: "
                "write it again, or update bylaws"
            )
        return tuple([_seen(each) for each in data["policies"]])
    except (KeyError, TypeError, AttributeError, ValueError, RecursionError) as error:
        if isinstance(error, CoverageError):
            raise
        raise CoverageError(f"it is no data file of bylaws: {error!r}"[:300]) from error


def combine(*files: str | os.PathLike[str]) -> tuple[Seen, ...]:
    """Put the data files of parallel jobs together: the policies of all, each once.

    `CoverageError`, naming the file, for what cannot be read, or is about another version of a
    policy; `OSError` for a file that is not there.
    """
    found: dict[str, Seen] = {}
    for file in files:
        try:
            put_together(found, read_coverage(Path(file).read_bytes()))
        except CoverageError as error:
            raise CoverageError(f"{os.fspath(file)}: {error}") from error
    return tuple(found.values())


def put_together(found: dict[str, Seen], more: Iterable[Seen]) -> None:
    """Add the counts of a part to those found so far, which are kept by their sources."""
    for seen in more:
        known = found.setdefault(seen.subject.source, seen)
        if known is not seen:
            known.add(seen)


def write_atomically(path: Path, text: str) -> None:
    """Write a file so that nobody ever finds half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(
        "w", encoding="utf-8", newline="\n", dir=path.parent, prefix=f".{path.name}.", delete=False
    ) as file:
        try:
            file.write(text)
        except BaseException:
            file.close()
            Path(file.name).unlink()
            raise
    Path(file.name).replace(path)


def _data(seen: Seen) -> dict[str, object]:
    subject = seen.subject
    entries: dict[str, dict[str, dict[str, int]]] = {}
    for item, count in seen.counts.items():
        entries.setdefault(item.kind, {}).setdefault(item.entry, {})[item.what] = count
    kinds: list[object] = []
    for kind, runs in seen.runs.items():
        source, to = subject.witnesses[kind][1]
        kinds.append({"from": source, "to": to, "runs": runs, "entries": entries.get(kind, {})})
    return {
        "source": subject.source,
        "called": subject.called,
        "matrix": json.loads(subject.matrix.to_json()),
        "callbacks": {name: [*sides] for name, sides in subject.callbacks.items()},
        "raised": seen.raised,
        "seen": kinds,
    }


def _seen(data: Mapping[str, Any]) -> Seen:
    try:
        matrix = Matrix.from_json(json.dumps(data["matrix"]))
    except MatrixError as error:
        raise CoverageError(f"its matrix cannot be read: {error}") from error
    callbacks = {
        name: tuple([side for side in SIDES if side in sides])
        for name, sides in cast("Mapping[str, list[str]]", data["callbacks"]).items()
    }
    subject = Subject(matrix, callbacks, str(data["source"]), str(data["called"]))
    seen = Seen(subject)
    seen.count_raised(_number(data["raised"]))
    names = {entry.name for entry in matrix.entries}
    for each in data["seen"]:
        kind = subject.folded.plan(each["from"], each["to"]).label
        seen.count(kind, {}, _number(each["runs"]))
        for name, counts in each["entries"].items():
            for what, count in counts.items():
                if name not in names or what not in DID:
                    raise CoverageError(f"it counts what cannot be: {name!r}, {what!r}"[:200])
                seen.count_item(Item(kind, name, cast("What", what)), _number(count))
    return seen


def _number(value: object) -> int:
    if type(value) is not int or value < 0:
        raise CoverageError(f"it has no number where one belongs, but {value!r}"[:200])
    return value
