"""Findings for a terminal, in the order of files and lines, in colour where there is any.

Needs rich: `pip install 'bylaws[views]'`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from rich.console import Console
from rich.text import Text

from bylaws.lint.finding import SEVERITIES, Finding, Severity
from bylaws.views.display import counted, shown
from bylaws.views.terminal import encodable

COLOURS: Final[Mapping[Severity, str]] = {
    "error": "bold red",
    "warning": "yellow",
    "note": "cyan",
}
LONGEST: Final = 1_000
"""A message that is longer, because names are, is cut in its middle."""


def show(findings: Iterable[Finding], *, console: Console | None = None) -> None:
    """Print findings, and how many there are.

    By default to the standard output: in colour on a terminal without `NO_COLOR`.
    """
    console = Console() if console is None else console
    for line in lines(findings):
        console.print(encodable(line, console.encoding), soft_wrap=True, highlight=False)


def write_text(findings: Iterable[Finding]) -> str:
    """As `show` prints it, without colours."""
    return "".join([f"{line.plain}\n" for line in lines(findings)])


def lines(findings: Iterable[Finding]) -> list[Text]:
    """As `show` prints it. The first line of each begins `FILE:LINE: `, as editors look for it."""
    listed = in_order(findings)
    found: list[Text] = []
    for finding in listed:
        found += _of(finding)
    numbers = dict.fromkeys(SEVERITIES, 0)
    for finding in listed:
        numbers[finding.severity] += 1
    told = [counted(number, severity) for severity, number in numbers.items() if number]
    total = counted(len(listed), "finding") if listed else "no findings"
    return [*found, Text(f"{total}: {', '.join(told)}" if told else total, style="bold")]


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """By file and line; last, by their policies, those whose place is not known."""

    def place(finding: Finding) -> tuple[object, ...]:
        at = finding.place
        return (1, finding.policy, 0) if at is None else (0, at.file, at.line)

    return sorted(findings, key=place)


def _of(finding: Finding) -> list[Text]:
    at = finding.place
    if at is None:
        where = f"policy {shown(finding.policy, LONGEST)}"
    else:
        where = f"{shown(at.file, LONGEST)}:{at.line}"
        where = f"./{where}" if where.startswith(":") else where  # a log may take :: for a command
    head = Text.assemble(
        f"{where}: ",
        (finding.severity, COLOURS[finding.severity]),
        f": {shown(finding.message, LONGEST)}  ",
        (f"[{finding.check}]", "dim"),
    )
    moves = f": {shown(finding.where, LONGEST)}" if finding.moves else ""
    rest = [
        f"in {shown(finding.policy, LONGEST)}{moves}",
        f"why: {shown(finding.why, LONGEST)}",
        f"mend: {shown(finding.mend, LONGEST)}",
    ]
    return [head, *[Text(f"    {text}", style="dim") for text in rest]]
