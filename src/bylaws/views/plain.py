"""JSON: facts for other programs, in a documented format with a version and a schema."""

from __future__ import annotations

import json
from typing import cast

from bylaws.views.counts import Count
from bylaws.views.difference import Difference, Line
from bylaws.views.matrix import EntryFacts, Matrix
from bylaws.views.schema import JSON, VERSION
from bylaws.views.states import StateSet, StateSpace
from bylaws.views.weighing import Weighed


def plain(matrix: Matrix) -> dict[str, JSON]:
    """A matrix as JSON values: what `write_json` writes, and `schema.SCHEMA` describes."""
    return {
        "bylaws": "matrix",
        "version": VERSION,
        "policy": matrix.name,
        **_plain_space(matrix.space),
        "entries": [_plain_entry(entry) for entry in matrix.entries],
    }


def plain_difference(change: Difference) -> dict[str, JSON]:
    """A difference as JSON values, which `schema.DIFFERENCE` describes."""
    return {
        "bylaws": "difference",
        "version": VERSION,
        "old": change.old.name,
        "new": change.new.name,
        **_plain_space(change.space),
        "lines": [_plain_line(line) for line in change.lines],
    }


def plain_weighed(weighed: Weighed) -> dict[str, JSON]:
    """A weighed difference as JSON values, which `schema.WEIGHED` describes."""
    places = {line: at for at, line in enumerate(weighed.difference.lines, 1)}
    lines: list[JSON] = []
    for line in weighed.lines:
        weight = weighed.weight(line)
        figures = {"moves": weight.moves, "refused": weight.refused, "place": places[line]}
        lines.append({**_plain_line(line), **figures})
    return {
        **plain_difference(weighed.difference),
        "bylaws": "weighed difference",
        "touched": weighed.touched,
        "total": weighed.total,
        "unknown": [_plain_count(count) for count in weighed.unknown],
        "lines": lines,
    }


def _plain_line(line: Line) -> dict[str, JSON]:
    return {
        "kinds": [*line.kinds],
        "effect": line.effect,
        "entries": [*line.entries],
        "from": plain_set(line.from_states),
        "to": plain_set(line.to_states),
        "witness": line.witness and {"from": line.witness[0], "to": line.witness[1]},
        "sentence": line.sentence,
        "after": line.after,
    }


def _plain_count(count: Count) -> dict[str, JSON]:
    return {
        "from": count.from_state,
        "to": count.to_state,
        "moves": count.moves,
        "refused_by": count.refused_by,
    }


def _plain_space(space: StateSpace) -> dict[str, JSON]:
    enums: list[JSON] = [{"name": enum.name, "members": [*enum.members]} for enum in space.enums]
    return {"enums": enums, "others": [*space.others]}


def _plain_entry(entry: EntryFacts) -> dict[str, JSON]:
    legal = entry.legal
    return {
        "name": entry.name,
        "kind": entry.kind,
        "from": plain_set(entry.from_states),
        "to": plain_set(entry.to_states),
        "verdicts": None if entry.verdicts is None else [*entry.verdicts],
        "hooks": [*entry.hooks],
        "awaits": [*entry.awaits],
        "legal": None
        if legal is None
        else [{"from": state, "to": plain_set(to)} for state, to in legal],
        "doc": entry.doc,
        "file": entry.file,
        "line": entry.line,
    }


def plain_set(states: StateSet | None) -> JSON:
    """A set of states as JSON values."""
    return None if states is None else {"every": [*states.every], "states": [*states.states]}


def write_json(value: Matrix | Difference | Weighed) -> str:
    """As JSON text in ASCII; an entry, or a line of the difference, is one line of it."""
    if isinstance(value, Matrix):
        return _written(plain(value), "entries")
    if isinstance(value, Weighed):
        return _written(plain_weighed(value), "lines")
    return _written(plain_difference(value), "lines")


def _written(data: dict[str, JSON], last: str) -> str:
    items = cast("list[JSON]", data.pop(last))
    head = [f" {json.dumps(key)}: {json.dumps(value)}," for key, value in data.items()]
    lines = ",\n".join([f"  {json.dumps(item)}" for item in items])
    body = f"\n{lines}\n " if items else ""
    return "\n".join(["{", *head, f' "{last}": [{body}]', "}", ""])
