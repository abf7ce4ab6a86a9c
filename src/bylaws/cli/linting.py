"""`lint`: what is worth knowing about policies and no error."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from typing import Final

from bylaws.cli.chosen import chosen
from bylaws.cli.codes import FINE, FOUND
from bylaws.cli.output import of_ending, to_stdout, write
from bylaws.cli.project import Project, find_project
from bylaws.cli.sources import Sourced
from bylaws.lint import SEVERITIES, Finding, Place, ProjectIgnore, lint
from bylaws.lint.formats import formatted
from bylaws.lint.ignores import additions, write_additions
from bylaws.lint.ignoring import ABOUT_IGNORES, write_project_ignores
from bylaws.lint.syntax import Files
from bylaws.views.sources import shown_file

ENDINGS: Final = {".json": "json", ".sarif": "sarif", ".txt": "text"}


def of_file(output: str | None) -> str:
    """The format that the ending of a file says; text without one."""
    return of_ending(output, ENDINGS)


def linted(
    sources: Sequence[str], policy: str | None, fail_on: str, form: str, output: str | None
) -> int:
    """Write the findings; the exit code says if any is as grave as `fail_on`, or graver."""
    _, findings = _found(sources, policy)
    write(
        _on_stdout(findings) if form == "text" and to_stdout(output) else formatted(findings, form),
        output,
    )
    return _code(findings, fail_on)


def linted_too(sources: Sequence[str], policy: str | None, *, aside: bool) -> int:
    """The same in text after something else; `aside` of it, on stderr."""
    _, findings = _found(sources, policy)
    if aside:
        print(formatted(findings, "text"), end="", file=sys.stderr)
    else:
        write(_on_stdout(findings), None)
    return _code(findings, "warning")


def ignores_to_add(sources: Sequence[str], policy: str | None, output: str | None) -> int:
    """Write what would ignore the findings: comments and, where there is no source, a table."""
    found, findings = _found(sources, policy)
    named = [each for each in findings if each.check not in ABOUT_IGNORES]
    live = {each.matrix.name for each in found if each.live is not None}
    here = [each for each in named if each.place is not None and each.policy in live]
    more = find_project().listing
    table = write_project_ignores([each for each in named if each not in here], more=more)
    head = "in pyproject.toml, under [tool.bylaws.lint]\n" if table else ""
    if table and more:
        head = "# in pyproject.toml, into the list `ignore` under [tool.bylaws.lint]\n"
    write(f"{write_additions(additions(here, Files()))}{head}{table}", output)
    return FINE


def _found(
    sources: Sequence[str], policy: str | None
) -> tuple[tuple[Sourced, ...], tuple[Finding, ...]]:
    """The policies, and what lint finds. Of some policies the ignores of others do not count."""
    found = chosen(sources, policy)
    names = {each.matrix.name for each in found}
    ignores = _ignores(find_project())
    if sources or policy is not None:
        ignores = [each for each in ignores if each.policy in names]
    return found, lint(*[each.live or each.matrix for each in found], ignores=ignores)


def _ignores(project: Project) -> list[ProjectIgnore]:
    if project.file is None:
        return []
    lines = project.file.read_text(encoding="utf-8").splitlines()
    table = [at for at, line in enumerate(lines, 1) if re.match(r"\s*\[+tool\.bylaws\.lint", line)]
    place = Place(shown_file(str(project.file)), table[0] if table else 1)
    return [
        ProjectIgnore(each["check"], each["policy"], each["at"], each["reason"], place)
        for each in project.ignores
    ]


def _on_stdout(findings: Sequence[Finding]) -> str:
    """In colour if stdout is a terminal that wants some."""
    from rich.console import Console  # noqa: PLC0415

    from bylaws.lint.terminal import show  # noqa: PLC0415

    console = Console()
    with console.capture() as captured:
        show(findings, console=console)
    return captured.get()


def _code(findings: Sequence[Finding], fail_on: str) -> int:
    counting = SEVERITIES[: SEVERITIES.index(fail_on) + 1] if fail_on in SEVERITIES else ()
    return FOUND if any(each.severity in counting for each in findings) else FINE
