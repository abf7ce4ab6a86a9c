"""JSON: facts for other programs, in a documented format with a version and a schema.

A file is data: reading it runs nothing. Whatever the bytes, reading them takes bounded time and
memory, and ends with a `Matrix` or a `MatrixError`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final, TypeAlias, cast

from bylaws.views.errors import MatrixError
from bylaws.views.matrix import HOOKS, MOST_ENTRIES, VERDICTS, EntryFacts, Matrix
from bylaws.views.states import MOST_STATES, StateEnum, StateSet, StateSpace

JSON: TypeAlias = "Mapping[str, JSON] | list[JSON] | str | int | None"
"""What the format is made of: there are no fractions and no booleans in it."""

VERSION: Final = 1
MOST_CHARACTERS: Final = 1 << 23
MOST_CONTAINERS: Final = 200_000
MOST_ITEMS: Final = 500_000


def plain(matrix: Matrix) -> dict[str, JSON]:
    """A matrix as JSON values: what `write_json` writes, and `SCHEMA` describes."""
    return {
        "bylaws": "matrix",
        "version": VERSION,
        "policy": matrix.name,
        "enums": [{"name": enum.name, "members": [*enum.members]} for enum in matrix.space.enums],
        "others": [*matrix.space.others],
        "entries": [_plain_entry(entry) for entry in matrix.entries],
    }


def _plain_entry(entry: EntryFacts) -> dict[str, JSON]:
    legal = entry.legal
    return {
        "name": entry.name,
        "kind": entry.kind,
        "from": _plain_set(entry.from_states),
        "to": _plain_set(entry.to_states),
        "verdicts": None if entry.verdicts is None else [*entry.verdicts],
        "hooks": [*entry.hooks],
        "awaits": [*entry.awaits],
        "legal": None
        if legal is None
        else [{"from": state, "to": _plain_set(to)} for state, to in legal],
        "doc": entry.doc,
        "file": entry.file,
        "line": entry.line,
    }


def _plain_set(states: StateSet | None) -> JSON:
    return None if states is None else {"every": [*states.every], "states": [*states.states]}


def write_json(matrix: Matrix) -> str:
    """As JSON text in ASCII, an entry a line, so that a difference of two files can be read."""
    data = plain(matrix)
    entries = cast("list[JSON]", data.pop("entries"))
    head = [f" {json.dumps(key)}: {json.dumps(value)}," for key, value in data.items()]
    lines = ",\n".join([f"  {json.dumps(entry)}" for entry in entries])
    body = f"\n{lines}\n " if entries else ""
    return "\n".join(["{", *head, f' "entries": [{body}]', "}", ""])


def read_json(text: str | bytes) -> Matrix:
    """What `write_json` wrote. `MatrixError` for anything else."""
    data = _object(parsed(text), "the file")
    if data.get("bylaws") != "matrix":
        raise MatrixError('this is no matrix of bylaws: it has no "bylaws": "matrix"')
    version = data.get("version")
    if not isinstance(version, int) or version < 1:
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
    if line is not None and not isinstance(line, int):
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


def _state(data: JSON) -> str | None:
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


def _closed(properties: Mapping[str, JSON], about: str) -> dict[str, JSON]:
    """The schema of an object with exactly these properties."""
    return {
        "type": "object",
        "description": about,
        "properties": properties,
        "required": [*properties],
        "additionalProperties": False,
    }


_TEXTS: Final[dict[str, JSON]] = {"type": "array", "items": {"type": "string"}}
_SET: Final[dict[str, JSON]] = {"$ref": "#/$defs/set"}
_SET_OR_NULL: Final[dict[str, JSON]] = {"anyOf": [{"type": "null"}, _SET]}
_STATE: Final[dict[str, JSON]] = {"type": ["string", "null"]}

SCHEMA: Final[Mapping[str, JSON]] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "What a policy of bylaws does, version 1",
    **_closed(
        {
            "bylaws": {"const": "matrix"},
            "version": {"const": VERSION},
            "policy": {"type": "string", "description": "The policy's name."},
            "enums": {
                "type": "array",
                "items": {"$ref": "#/$defs/enum"},
                "description": "The enums of states. A state is called by its member's name; "
                "where there are two enums or more, as ENUM.MEMBER.",
            },
            "others": {**_TEXTS, "description": "States that are in no enum's list."},
            "entries": {
                "type": "array",
                "items": {"$ref": "#/$defs/entry"},
                "maxItems": MOST_ENTRIES,
                "description": "The entries, the most important first. For a move fire, in this "
                "order, the transforms, and the rules both of whose sets have their end of it.",
            },
        },
        f"At most {MOST_STATES} states. Keys and values that are not described here are errors.",
    ),
    "$defs": {
        "enum": _closed(
            {"name": {"type": "string"}, "members": _TEXTS},
            "An enum: the names of its members in the order of definition.",
        ),
        "set": _closed(
            {"every": _TEXTS, "states": {"type": "array", "items": _STATE}},
            "A set of states: all members of the enums in `every`, and those in `states` besides, "
            "in the order of the states; null, no state, is the last.",
        ),
        "move": _closed(
            {"from": _STATE, "to": _SET}, "What a state may become, by an entry made by moves()."
        ),
        "entry": _closed(
            {
                "name": {"type": "string", "description": "No two entries have the same."},
                "kind": {"enum": ["rule", "transform"]},
                "from": _SET_OR_NULL,
                "to": _SET_OR_NULL,
                "verdicts": {
                    "anyOf": [
                        {"type": "null"},
                        {"type": "array", "items": {"enum": [*VERDICTS]}, "uniqueItems": True},
                    ],
                    "description": "What it may answer; null: anything. Without proceed in it, it "
                    "never lets a move pass. A transform answers nothing: [].",
                },
                "hooks": {
                    "type": "array",
                    "items": {"enum": [*HOOKS]},
                    "uniqueItems": True,
                    "description": "The hooks that do something.",
                },
                "awaits": {
                    "type": "array",
                    "items": {"enum": [*HOOKS]},
                    "uniqueItems": True,
                    "description": "Those of them that are async.",
                },
                "legal": {
                    "anyOf": [
                        {"type": "null"},
                        {"type": "array", "items": {"$ref": "#/$defs/move"}},
                    ],
                    "description": "Of an entry made by moves(): it always refuses what is not "
                    "here, and nothing else. null for other entries.",
                },
                "doc": {
                    "type": ["string", "null"],
                    "description": "The first line of its docstring.",
                },
                "file": {"type": ["string", "null"], "description": "Where it is defined."},
                "line": {"type": ["integer", "null"]},
            },
            "A rule or a transform. `from` and `to` are null for a transform alone.",
        ),
    },
}
"""The JSON schema of a matrix."""
