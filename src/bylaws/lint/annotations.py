"""Findings as annotations of GitHub Actions: a workflow command each, on a line of its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from bylaws.lint.finding import Finding, Severity

LEVELS: Final[Mapping[Severity, str]] = {
    "error": "error",
    "warning": "warning",
    "note": "notice",
}


def write_annotations(findings: Iterable[Finding]) -> str:
    """As the commands that a step prints; the runner turns them into annotations."""
    return "".join([f"{_annotation(finding)}\n" for finding in findings])


def _annotation(finding: Finding) -> str:
    at = finding.place
    properties = {"file": at.file, "line": str(at.line)} if at is not None else {}
    properties["title"] = f"{finding.check} in {finding.policy}"
    listed = ",".join([f"{key}={_property(value)}" for key, value in properties.items()])
    told = f"{finding.message}: {finding.where}" if finding.moves else finding.message
    text = f"{told}\n{finding.why}\n{finding.mend}"
    return f"::{LEVELS[finding.severity]} {listed}::{_data(text)}"


def _data(text: str) -> str:
    """What stands after the second `::`; a line end would end the command."""
    text = text.encode("utf-8", "replace").decode()
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    """What stands after a `=`, where a colon or a comma would end it."""
    return _data(text).replace(":", "%3A").replace(",", "%2C")
