"""Findings as JSON for other programs, in a documented format with a version and a schema."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Final

from bylaws.lint.catalogue import CHECKS
from bylaws.lint.finding import SEVERITIES, Finding
from bylaws.views.plain import plain_set
from bylaws.views.schema import JSON, closed

VERSION: Final = 1
"""It grows when a reader of the old format would misunderstand the new one."""


def plain(findings: Iterable[Finding]) -> dict[str, JSON]:
    """Findings as JSON values, which `SCHEMA` describes."""
    return {
        "bylaws": "findings",
        "version": VERSION,
        "findings": [_plain_finding(finding) for finding in findings],
    }


def write_json(findings: Iterable[Finding]) -> str:
    """As JSON text in ASCII; a finding is one line of it."""
    lines = ",\n".join([f"  {json.dumps(_plain_finding(finding))}" for finding in findings])
    body = f"\n{lines}\n " if lines else ""
    return f'{{\n "bylaws": "findings",\n "version": {VERSION},\n "findings": [{body}]\n}}\n'


def _plain_finding(finding: Finding) -> dict[str, JSON]:
    at = finding.place
    return {
        "check": finding.check,
        "severity": finding.severity,
        "policy": finding.policy,
        "entries": [*finding.entries],
        "moves": [{"from": plain_set(one), "to": plain_set(to)} for one, to in finding.moves],
        "file": None if at is None else at.file,
        "line": None if at is None else at.line,
        "message": finding.message,
        "why": finding.why,
        "mend": finding.mend,
    }


_TEXT: Final[dict[str, JSON]] = {"type": "string"}
_SET: Final[dict[str, JSON]] = {"$ref": "#/$defs/set"}

SCHEMA: Final[Mapping[str, JSON]] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "What lint finds in policies of bylaws, version 1",
    **closed(
        {
            "bylaws": {"const": "findings"},
            "version": {"const": VERSION},
            "findings": {"type": "array", "items": {"$ref": "#/$defs/finding"}},
        },
        "Keys and values that are not described here are errors; a check may be new.",
    ),
    "$defs": {
        "set": closed(
            {
                "every": {"type": "array", "items": _TEXT},
                "states": {"type": "array", "items": {"type": ["string", "null"]}},
            },
            "A set of states: all members of the enums in `every`, and those in `states` besides; "
            "null, no state, is the last.",
        ),
        "finding": closed(
            {
                "check": {**_TEXT, "examples": [*CHECKS], "description": "What found it."},
                "severity": {"enum": [*SEVERITIES]},
                "policy": {**_TEXT, "description": "The policy's name."},
                "entries": {
                    "type": "array",
                    "items": _TEXT,
                    "description": "The entries, the one that it is about first.",
                },
                "moves": {
                    "type": "array",
                    "items": closed({"from": _SET, "to": _SET}, "All moves from a set to a set."),
                    "description": "The moves that it is about.",
                },
                "file": {
                    "type": ["string", "null"],
                    "description": "Where it is; relative to the working directory if in it.",
                },
                "line": {"type": ["integer", "null"], "minimum": 1},
                "message": {**_TEXT, "description": "What was found, without the moves."},
                "why": {**_TEXT, "description": "Why it matters."},
                "mend": {**_TEXT, "description": "What to do about it."},
            },
            "One thing that is worth knowing about a policy.",
        ),
    },
}
"""The JSON schema of findings."""
