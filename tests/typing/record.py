"""Record which mistakes the type checkers report: this rewrites the tables of README.md.

`python tests/typing/record.py --check` writes nothing. It fails if mypy or pyright misses a mistake
that it is expected to report, reports one that it is expected to miss, or reports anything on
correct code; it says, and does not fail, if pyrefly or ty reports anything else than what is
recorded.

A mistake is a line with a marker and a label. The marker says who is expected to report it:

    wrong()  # type: ignore[arg-type]  # mypy and pyright
    wrong()  # pyright: ignore[reportArgumentType]  # pyright alone
    wrong()  # type: ignore[arg-type]  # mypy alone: (without reportUnnecessaryTypeIgnoreComment)
    wrong()  # missed: by both

All checkers run over copies without markers. A report belongs to a mistake if it is anywhere in the
same statement.
"""

from __future__ import annotations

import argparse
import ast
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from difflib import unified_diff
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
FOLDER = HERE.relative_to(ROOT).as_posix()
README = HERE / "README.md"
BEGIN, END = "<!-- recorded by record.py: begin -->", "<!-- recorded by record.py: end -->"

MARKER = re.compile(r"  # (?:(type|pyright): ignore\[[\w, -]+\]  # (mypy alone: )?|missed: )(.+)$")
ANY_IGNORE = re.compile(r"# (type|pyright|mypy|ty|pyrefly): ?ignore")
BINDING = ("mypy", "pyright")


@dataclass(frozen=True)
class Mistake:
    """A line that is wrong on purpose."""

    file: str
    statement: tuple[int, int]
    label: str
    expected: frozenset[str]


@dataclass(frozen=True)
class Report:
    """An error that a checker reports."""

    file: str
    line: int
    code: str


@dataclass
class Findings:
    """What one checker made of the files."""

    reported: set[Mistake] = field(default_factory=set[Mistake])
    false: list[Report] = field(default_factory=list[Report])


def from_mypy(output: str) -> Iterator[Report]:
    for line in output.splitlines():
        found: dict[str, Any] = json.loads(line)
        if found["severity"] == "error":
            yield Report(Path(found["file"]).name, found["line"], found["code"] or "syntax")


def from_pyright(output: str) -> Iterator[Report]:
    for found in json.loads(output)["generalDiagnostics"]:
        if found["severity"] == "error":
            yield Report(
                Path(found["file"]).name,
                found["range"]["start"]["line"] + 1,
                found.get("rule", "syntax"),
            )


def from_pyrefly(output: str) -> Iterator[Report]:
    for found in json.loads(output)["errors"]:
        if found["severity"] == "error":
            yield Report(Path(found["path"]).name, found["line"], found["name"])


def from_ty(output: str) -> Iterator[Report]:
    for found in json.loads(output):
        if found["severity"] in ("major", "critical", "blocker"):
            place = found["location"]
            yield Report(
                Path(place["path"]).name, place["positions"]["begin"]["line"], found["check_name"]
            )


CHECKERS: dict[str, tuple[list[str], Callable[[str], Iterator[Report]]]] = {
    "mypy": (["mypy", "--output=json"], from_mypy),
    "pyright": (["pyright", "--outputjson"], from_pyright),
    # typing has @override from 3.12 on, so examples for 3.11 go without it
    "pyrefly": (
        ["pyrefly", "check", "--ignore=missing-override-decorator", "--output-format=json"],
        from_pyrefly,
    ),
    "ty": (["ty", "check", "--output-format=gitlab"], from_ty),
}


def mistakes_in(file: Path) -> Iterator[Mistake]:
    text = file.read_text(encoding="utf-8")
    statements = sorted(
        map(own_lines, statements_of(ast.parse(text))), key=lambda lines: lines[1] - lines[0]
    )
    for at, line in enumerate(text.splitlines(), 1):
        found = MARKER.search(line)
        if found is None:
            if ANY_IGNORE.search(line):
                raise SystemExit(
                    f"{file.name}:{at}: an ignore needs its code and, after it, a label"
                )
            continue
        by, alone, label = found.groups()
        expected = {"type": BINDING[:1] if alone else BINDING, "pyright": BINDING[1:], None: ()}[by]
        statement = next(lines for lines in statements if lines[0] <= at <= lines[1])
        yield Mistake(file.name, statement, label, frozenset(expected))


def statements_of(tree: ast.AST) -> Iterator[ast.stmt]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.stmt))


def own_lines(statement: ast.stmt) -> tuple[int, int]:
    """The lines of a statement without those of its body; with its decorators."""
    decorators: list[ast.expr] = getattr(statement, "decorator_list", [])
    body: list[ast.stmt] = getattr(statement, "body", [])
    first = min([statement.lineno, *(decorator.lineno for decorator in decorators)])
    last = (
        max(statement.lineno, body[0].lineno - 1)
        if body
        else statement.end_lineno or statement.lineno
    )
    return first, last


def copy_without_markers(files: Iterable[Path], into: Path) -> None:
    """A project of the same configuration and sources, with the files without their markers."""
    for name in ("mypy.ini", "pyproject.toml"):
        shutil.copy(ROOT / name, into)
    for name in ("src", "stubs"):
        shutil.copytree(ROOT / name, into / name, ignore=shutil.ignore_patterns("__pycache__"))
    copies = into / FOLDER
    copies.mkdir(parents=True)
    for file in files:
        lines = file.read_text(encoding="utf-8").splitlines()
        (copies / file.name).write_text(
            "".join(MARKER.sub("", line) + "\n" for line in lines), encoding="utf-8"
        )


def run(checker: str, project: Path, mistakes: Iterable[Mistake]) -> Findings:
    command, parse = CHECKERS[checker]
    done = subprocess.run(
        [*command, FOLDER], cwd=project, capture_output=True, text=True, check=False
    )
    try:
        reports = list(parse(done.stdout))
    except ValueError:
        raise SystemExit(f"{checker} failed:\n{done.stdout}{done.stderr}") from None
    findings = Findings()
    for report in sorted(set(reports), key=lambda report: (report.file, report.line)):
        meant = [
            m
            for m in mistakes
            if m.file == report.file and m.statement[0] <= report.line <= m.statement[1]
        ]
        findings.reported.update(meant)
        if not meant:
            findings.false.append(report)
    return findings


def version(checker: str) -> str:
    shown = subprocess.run([checker, "--version"], capture_output=True, text=True, check=True)
    found = re.search(r"\d+(\.\d+)+", shown.stdout)
    return found.group() if found else "?"


def unexpected(findings: dict[str, Findings], mistakes: Iterable[Mistake]) -> Iterator[str]:
    """Where mypy and pyright differ from what the markers say."""
    for checker in BINDING:
        for mistake in mistakes:
            expected, reported = checker in mistake.expected, mistake in findings[checker].reported
            if expected != reported:
                what = "misses" if expected else "reports what it is marked to miss"
                yield f"{mistake.file}:{mistake.statement[0]}: {checker} {what}: {mistake.label}"
        for report in findings[checker].false:
            place = f"{report.file}:{report.line}"
            yield f"{place}: {checker} reports an error in correct code: {report.code}"


def tables(findings: dict[str, Findings], mistakes: list[Mistake]) -> Iterator[str]:
    columns = "|---|" + "---|" * len(CHECKERS)
    yield row("", *(f"{checker} {version(checker)}" for checker in CHECKERS))
    yield columns
    yield row(
        "mistakes reported",
        *(f"{len(findings[checker].reported)} of {len(mistakes)}" for checker in CHECKERS),
    )
    yield row(
        "false reports on correct code",
        *(str(len(findings[checker].false)) for checker in CHECKERS),
    )
    by_file: dict[str, list[Mistake]] = defaultdict(list)
    for mistake in mistakes:
        by_file[mistake.file].append(mistake)
    for file, rows in by_file.items():
        yield from ("", f"### {file}", "", row("mistake", *CHECKERS), columns)
        for mistake in rows:
            found = (mistake in findings[checker].reported for checker in CHECKERS)
            yield row(mistake.label, *("reported" if it else "**missed**" for it in found))
    false = [(checker, report) for checker in CHECKERS for report in findings[checker].false]
    if false:
        yield from ("", "### False reports", "", row("line", "checker", "code"), "|---|---|---|")
        for checker, report in false:
            line = (
                (HERE / report.file)
                .read_text(encoding="utf-8")
                .splitlines()[report.line - 1]
                .strip()
            )
            yield row(f"{report.file}: `{line.replace('|', chr(92) + '|')}`", checker, report.code)


def row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def main() -> int:
    parser = argparse.ArgumentParser(
        description="Record which mistakes the type checkers report, in README.md."
    )
    parser.add_argument(
        "--check", action="store_true", help="write nothing; say what differs from the record"
    )
    check: bool = parser.parse_args().check
    files = sorted(HERE.glob("check_*.py"))
    mistakes = [mistake for file in files for mistake in mistakes_in(file)]
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder).resolve()
        copy_without_markers(files, project)
        findings = {checker: run(checker, project, mistakes) for checker in CHECKERS}
    wrong = list(unexpected(findings, mistakes))
    for line in wrong:
        print(line)
    for checker, found in findings.items():
        print(
            f"{checker}: {len(found.reported)} of {len(mistakes)} mistakes reported, "
            f"{len(found.false)} false reports"
        )
    page = README.read_text(encoding="utf-8")
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    recorded = "\n".join(tables(findings, mistakes))
    new = f"{before}{BEGIN}\n\n{recorded}\n\n{END}{after}"
    if not check:
        README.write_text(new, encoding="utf-8")
    elif new != page:
        print(
            *unified_diff(
                page.splitlines(), new.splitlines(), "recorded", "found", n=0, lineterm=""
            ),
            sep="\n",
        )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
