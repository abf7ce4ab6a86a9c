"""Findings as SARIF 2.1.0, for code scanning and other readers of that standard."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Final
from urllib.parse import quote

from bylaws.lint.catalogue import CHECKS, Check
from bylaws.lint.finding import Finding, Place
from bylaws.views.schema import JSON

SCHEMA: Final = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
DOCS: Final = "https://example.org/bylaws/docs/lint"
"""Where the pages of the checks are, beside each other."""
FINGERPRINT: Final = "bylawsFinding/v1"
BASE: Final = "%SRCROOT%"


def write_sarif(findings: Iterable[Finding]) -> str:
    """As a SARIF log of one run, in ASCII."""
    return json.dumps(plain_sarif(findings), indent=1) + "\n"


def plain_sarif(findings: Iterable[Finding]) -> dict[str, JSON]:
    """As JSON values.

    A result has a fingerprint of what was found in which policy, without the line: it stays the
    same when code above it is edited.
    """
    numbers: dict[str, int] = {}
    results: list[JSON] = [_result(finding, numbers) for finding in findings]
    driver: dict[str, JSON] = {
        "name": "bylaws",
        "semanticVersion": version("bylaws"),
        "rules": [_rule(check) for check in CHECKS.values()],
    }
    about = "The directory that the paths are relative to: where bylaws was started."
    run: dict[str, JSON] = {
        "tool": {"driver": driver},
        "originalUriBaseIds": {BASE: {"description": {"text": about}}},
        "results": results,
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(check: Check) -> JSON:
    return {
        "id": check.name,
        "shortDescription": {"text": _literal(check.summary)},
        "fullDescription": {"text": _literal(f"{check.summary} {check.why}")},
        "helpUri": f"{DOCS}/{check.name}.md",
        "help": {"text": _literal(check.why)},
        "defaultConfiguration": {"level": check.severity},
    }


def _result(finding: Finding, numbers: dict[str, int]) -> JSON:
    told = f"{finding.message}: {finding.where}" if finding.moves else finding.message
    logical: list[JSON] = [
        {"name": name, "fullyQualifiedName": f"{_valid(finding.policy)}.{name}"}
        for name in dict.fromkeys(map(_valid, finding.entries))  # no two may be the same
    ]
    location: dict[str, JSON] = {}
    if finding.place is not None:
        location["physicalLocation"] = {
            "artifactLocation": _artifact(finding.place),
            "region": {"startLine": finding.place.line},
        }
    location["logicalLocations"] = logical or [{"name": _valid(finding.policy)}]
    return {
        "ruleId": finding.check,
        "ruleIndex": [*CHECKS].index(finding.check),
        "level": finding.severity,
        "message": {"text": _literal(f"{told}. {finding.mend}")},
        "locations": [location],
        "partialFingerprints": {FINGERPRINT: _fingerprint(finding, numbers)},
        "properties": {"policy": _valid(finding.policy)},
    }


def _artifact(place: Place) -> JSON:
    path = Path(place.file)
    if path.is_absolute():
        return {"uri": f"file://{'' if path.drive else '/'}{_quoted(path.as_posix().lstrip('/'))}"}
    return {"uri": _quoted(path.as_posix()), "uriBaseId": BASE}


def _quoted(path: str) -> str:
    try:
        return quote(os.fsencode(path))
    except UnicodeEncodeError:  # it names no file
        return quote(_valid(path))


def _fingerprint(finding: Finding, numbers: dict[str, int]) -> str:
    """What is the same for the same finding; of several that say the same, each has a number."""
    said = [finding.check, finding.policy, [*finding.entries], finding.message, finding.where]
    digest = sha256(json.dumps(said).encode()).hexdigest()[:32]
    numbers[digest] = numbers.get(digest, 0) + 1
    return f"{digest}:{numbers[digest]}"


def _literal(text: str) -> str:
    """A text that has no placeholders, and no links but those that say so."""
    return _valid(text).replace("{", "{{").replace("}", "}}").replace("](", "] (")


def _valid(text: str) -> str:
    """A text without halves of characters."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
