"""JSON: facts for other programs, in a documented format with a version and a schema.

A file is data: reading it runs nothing. Whatever the bytes, reading them takes bounded time and
memory, and ends with a `Matrix` or a `MatrixError`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final, cast

from bylaws.views.difference import Difference
from bylaws.views.errors import MatrixError
from bylaws.views.matrix import MOST_ENTRIES, EntryFacts, Matrix
from bylaws.views.schema import JSON, SCHEMA, VERSION
from bylaws.views.states import State, StateEnum, StateSet, StateSpace

MOST_CHARACTERS: Final = 1 << 23
MOST_CONTAINERS: Final = 200_000
MOST_ITEMS: Final = 500_000


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
        "lines": [
            {
                "kinds": [*line.kinds],
                "effect": line.effect,
                "entries": [*line.entries],
                "from": plain_set(line.from_states),
                "to": plain_set(line.to_states),
                "witness": line.witness and {"from": line.witness[0], "to": line.witness[1]},
                "sentence": line.sentence,
                "after": line.after,
            }
            for line in change.lines
        ],
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


def write_json(value: Matrix | Difference) -> str:
    """As JSON text in ASCII; an entry, or a line of the difference, is one line of it."""
    if isinstance(value, Matrix):
        return _written(plain(value), "entries")
    return _written(plain_difference(value), "lines")


def _written(data: dict[str, JSON], last: str) -> str:
    items = cast("list[JSON]", data.pop(last))
    head = [f" {json.dumps(key)}: {json.dumps(value)}," for key, value in data.items()]
    lines = ",\n".join([f"  {json.dumps(item)}" for item in items])
    body = f"\n{lines}\n " if items else ""
    return "\n".join(["{", *head, f' "{last}": [{body}]', "}", ""])


def read_json(text: str | bytes) -> Matrix:
    """What `write_json` wrote. `MatrixError` for anything else."""
    data = _object(parsed(text), "the file")
    if data.get("bylaws") != "matrix":
        raise MatrixError('this is no matrix of bylaws: it has no "bylaws": "matrix"')
    version = data.get("version")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise MatrixError(f"its version is {str(version)[:40]!r}, which is none")
    if version > VERSION:
        raise MatrixError(
            f"it has version {version}, and this bylaws reads up to {VERSION}: update"
        )
    _keys(data, SCHEMA, "the file")
    enums = [
        StateEnum(_text(enum, "name"), tuple(_strings(enum, "members")))
        for enum in [_known(item, "enum", "an enum") for item in _list(data, "enums")]
    ]
    space = StateSpace(tuple(enums), tuple(_strings(data, "others")))
    items = _list(data, "entries")
    if len(items) > MOST_ENTRIES:
        raise MatrixError(f"it has {len(items):,} entries; {MOST_ENTRIES:,} are the most")
    entries = [_entry(_known(item, "entry", "an entry")) for item in items]
    return Matrix(_text(data, "policy"), space, tuple(entries))


def parsed(text: str | bytes) -> JSON:
    """JSON text as values, within bounds. Duplicate keys and fractions are errors."""
    if len(text) > MOST_CHARACTERS:
        raise MatrixError(f"it is longer than {MOST_CHARACTERS:,} characters")
    try:
        source = text.decode("utf-8-sig") if isinstance(text, bytes) else text
    except UnicodeDecodeError as error:
        raise MatrixError("it is no UTF-8 text") from error
    # Each list costs 20 times its characters in memory, so they are counted before they are made.
    if source.count("[") + source.count("{") > MOST_CONTAINERS or source.count(",") > MOST_ITEMS:
        raise MatrixError("it has too many items")
    try:
        value: JSON = json.loads(
            source,
            object_pairs_hook=_unlike_keys,
            parse_int=_small,
            parse_float=_no_number,
            parse_constant=_no_number,
        )
    except json.JSONDecodeError as error:
        raise MatrixError(f"it is no JSON: {error.msg}", error.lineno) from error
    except RecursionError as error:
        raise MatrixError("it is nested too deeply") from error
    return value


def _unlike_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise MatrixError("an object has a key twice")
    return found


def _small(digits: str) -> int:
    if len(digits) > 15:
        raise MatrixError(f"the number {digits[:15]}... is too large")
    return int(digits)


def _no_number(text: str) -> object:
    raise MatrixError(f"{text[:40]} is no whole number")


def _entry(data: Mapping[str, JSON]) -> EntryFacts:
    verdicts = None if data["verdicts"] is None else tuple(_strings(data, "verdicts"))
    legal = None
    if data["legal"] is not None:
        pairs = [_known(item, "move", "a legal move") for item in _list(data, "legal")]
        legal = tuple([(_state(pair["from"]), _set(pair["to"])) for pair in pairs])
    line = data["line"]
    if line is not None and (not isinstance(line, int) or isinstance(line, bool)):
        raise MatrixError("the line of an entry is no number")
    # What is no kind, verdict or hook, or not in order, the matrix refuses.
    return EntryFacts(
        _text(data, "name"),
        cast("Any", _text(data, "kind")),
        None if data["from"] is None else _set(data["from"]),
        None if data["to"] is None else _set(data["to"]),
        cast("Any", verdicts),
        cast("Any", tuple(_strings(data, "hooks"))),
        cast("Any", tuple(_strings(data, "awaits"))),
        legal,
        None if data["doc"] is None else _text(data, "doc"),
        None if data["file"] is None else _text(data, "file"),
        line,
    )


def _set(data: JSON) -> StateSet:
    known = _known(data, "set", "a set")
    return StateSet(
        tuple(_strings(known, "every")), tuple([_state(each) for each in _list(known, "states")])
    )


def _state(data: JSON) -> State:
    if data is None or isinstance(data, str):
        return data
    raise MatrixError("a state is neither a string nor null")


def _known(data: JSON, definition: str, what: str) -> Mapping[str, JSON]:
    found = _object(data, what)
    definitions = cast("Mapping[str, Mapping[str, JSON]]", SCHEMA["$defs"])
    _keys(found, definitions[definition], what)
    return found


def _keys(data: Mapping[str, JSON], schema: Mapping[str, JSON], what: str) -> None:
    wanted = cast("list[str]", schema["required"])
    missing = [key for key in wanted if key not in data]
    if missing:
        raise MatrixError(f"{what} has no {missing[0]!r}")
    strange = [key for key in data if key not in wanted]
    if strange:
        raise MatrixError(f"{what} has {strange[0][:40]!r}, which is not known here")


def _object(data: JSON, what: str) -> Mapping[str, JSON]:
    if isinstance(data, dict):
        return data
    raise MatrixError(f"{what} is no JSON object")


def _list(data: Mapping[str, JSON], key: str) -> list[JSON]:
    value = data[key]
    if isinstance(value, list):
        return value
    raise MatrixError(f"{key!r} is no list")


def _text(data: Mapping[str, JSON], key: str) -> str:
    value = data[key]
    if isinstance(value, str):
        return value
    raise MatrixError(f"{key!r} is no string")


def _strings(data: Mapping[str, JSON], key: str) -> list[str]:
    found = _list(data, key)
    if not all(isinstance(each, str) for each in found):
        raise MatrixError(f"{key!r} has items that are no strings")
    return cast("list[str]", found)
