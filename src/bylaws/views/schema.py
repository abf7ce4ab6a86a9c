"""The JSON schemas of what other programs read: a matrix, and a difference of two."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypeAlias, get_args

from bylaws.views.difference import KINDS, Effect
from bylaws.views.matrix import HOOKS, MOST_ENTRIES, VERDICTS
from bylaws.views.states import MOST_STATES

JSON: TypeAlias = "Mapping[str, JSON] | list[JSON] | str | int | None"
"""What the formats are made of: there are no fractions in them, and no booleans."""

VERSION: Final = 1
"""It grows when a reader of the old format would misunderstand the new one."""


def closed(properties: Mapping[str, JSON], about: str) -> dict[str, JSON]:
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
_SPACE: Final[dict[str, JSON]] = {
    "enums": {
        "type": "array",
        "items": {"$ref": "#/$defs/enum"},
        "description": "The enums of states. A state is called by its member's name; "
        "where there are two enums or more, as ENUM.MEMBER.",
    },
    "others": {**_TEXTS, "description": "States that are in no enum's list."},
}
_DEFINED: Final[dict[str, JSON]] = {
    "enum": closed(
        {"name": {"type": "string"}, "members": _TEXTS},
        "An enum: the names of its members in the order of definition.",
    ),
    "set": closed(
        {"every": _TEXTS, "states": {"type": "array", "items": _STATE}},
        "A set of states: all members of the enums in `every`, and those in `states` besides, "
        "in the order of the states; null, no state, is the last.",
    ),
    "move": closed({"from": _STATE, "to": _SET}, "What a state may become, by moves()."),
}

SCHEMA: Final[Mapping[str, JSON]] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "What a policy of bylaws does, version 1",
    **closed(
        {
            "bylaws": {"const": "matrix"},
            "version": {"const": VERSION},
            "policy": {"type": "string", "description": "The policy's name."},
            **_SPACE,
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
        **_DEFINED,
        "entry": closed(
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

_LINE: Final[dict[str, JSON]] = {
    "kinds": {
        "type": "array",
        "items": {"enum": [*KINDS]},
        "minItems": 1,
        "uniqueItems": True,
        "description": "What it comes to, the gravest first.",
    },
    "effect": {"enum": [*get_args(Effect)], "description": "What happened."},
    "entries": {**_TEXTS, "description": "The entry, then those it is about too."},
    "from": _SET,
    "to": {**_SET, "description": "Empty, as is `from`, where no move is changed."},
    "witness": {
        "anyOf": [{"type": "null"}, closed({"from": _STATE, "to": _STATE}, "One of the moves.")]
    },
    "sentence": {"type": "string", "description": "In words, without the moves."},
    "after": {
        "type": ["string", "null"],
        "description": "Of an entry added or moved: what it stands right after.",
    },
}


def _of_difference(
    name: str, figures: Mapping[str, JSON], of_line: Mapping[str, JSON], order: str
) -> Mapping[str, JSON]:
    """The schema of a difference, which may have figures, and its lines too."""
    about = "What is so for all moves from a set to a set."
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"What an edit of a policy of bylaws changes, {name}version 1",
        **closed(
            {
                "bylaws": {"const": "weighed difference" if figures else "difference"},
                "version": {"const": VERSION},
                "old": {"type": "string", "description": "The old policy's name."},
                "new": {"type": "string", "description": "The new policy's name."},
                **_SPACE,
                **figures,
                "lines": {
                    "type": "array",
                    "items": {"$ref": "#/$defs/line"},
                    "description": f"What is changed, {order}; nothing is if there is none.",
                },
            },
            "The states are those of both policies, called as in the new one.",
        ),
        "$defs": {**_DEFINED, "line": closed({**_LINE, **of_line}, about)},
    }


DIFFERENCE: Final = _of_difference("", {}, {}, "the gravest first")
"""The JSON schema of a difference."""

_MOVES: Final[dict[str, JSON]] = {"type": "integer", "minimum": 0}

WEIGHED: Final = _of_difference(
    "with recorded moves, ",
    {
        "touched": {**_MOVES, "description": "So many recorded moves meet a line or more."},
        "total": {**_MOVES, "description": "So many were counted."},
        "unknown": {
            "type": "array",
            "items": closed(
                {
                    "from": _STATE,
                    "to": _STATE,
                    "moves": _MOVES,
                    "refused_by": {"type": ["string", "null"]},
                },
                "Moves by their names as they were recorded, and who refused them, if it is known.",
            ),
            "description": "Those of them with a state that neither policy has.",
        },
    },
    {
        "moves": {**_MOVES, "description": "So many recorded moves would have met it."},
        "refused": {
            "type": ["integer", "null"],
            "minimum": 0,
            "description": "So many of them the entry has refused; null if it cannot have, or if "
            "no count says who refused.",
        },
        "place": {
            "type": "integer",
            "minimum": 1,
            "description": "Its place among the lines without weights.",
        },
    },
    "the gravest kind first, of one kind what meets the most moves",
)
"""The JSON schema of a weighed difference."""
