"""Names, pages and tests in step: each check has a page whose code fires, and is silent."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from bylaws.lint import CHECKS, ProjectIgnore
from bylaws.lint.formats import FORMATS
from bylaws.lint.ignoring import ABOUT_IGNORES
from bylaws.lint.linting import RUNS
from tests.lint.pages import ROOT, blocks, found, told
from tests.lint.zoo import FIRES, SILENT

INDEX = (ROOT / "docs" / "lint.md").read_text(encoding="utf-8")
HEADINGS = ["Avoid", "Prefer", "Why", "Configure"]
FROM_SOURCE = {"dropped-verdict", "shared-state-written", "transform-cleanup-only"}
"""Those of which more cases are in the tests of what reads the source."""


def page(name: str) -> str:
    """The page of a check."""
    return (ROOT / "docs" / "lint" / f"{name}.md").read_text(encoding="utf-8")


def test_every_check_has_all() -> None:
    """There is a function, a page and a line of the index for each check, and for nothing else."""
    assert [*RUNS] == [name for name in CHECKS if name not in ABOUT_IGNORES]
    assert {file.stem for file in (ROOT / "docs" / "lint").iterdir()} == {*CHECKS}
    rows = re.findall(r"^\| \[(.*?)\]\(lint/(.*?)\.md\) \| (\w+) \| (.*) \|$", INDEX, re.MULTILINE)
    assert rows == [
        (name, name, check.severity, check.summary[0].lower() + check.summary[1:-1])
        for name, check in CHECKS.items()
    ]


def test_every_check_is_tried() -> None:
    """There are cases of each check in the zoo, beside those of its page."""
    assert {*FIRES} | FROM_SOURCE | {*ABOUT_IGNORES} == {*CHECKS}
    assert {*SILENT} | {"dropped-verdict", "shared-state-written", *ABOUT_IGNORES} == {*CHECKS}


@pytest.mark.parametrize("name", CHECKS)
def test_a_page_says_what_it_has_to(name: str) -> None:
    """Every page has the four parts, in order, with the summary and the reason of its check."""
    text, check = page(name), CHECKS[name]
    assert text.startswith(f"# {name}\n\n{check.summary} Severity: {check.severity}.\n")
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == HEADINGS
    assert f"## Why\n\n{check.why}\n" in text


@pytest.mark.parametrize("name", CHECKS)
def test_what_a_page_avoids_is_found(name: str, tmp_path: Path) -> None:
    """The first code of a page is found as it says; the second is not, and nothing else in it."""
    avoid, prefer = blocks(page(name), "python")[:2]
    findings = [each for each in found(avoid, tmp_path) if each.check == name]
    assert findings
    assert blocks(page(name), "text") == ["".join(map(told, findings))]
    assert not found(prefer, tmp_path)


@pytest.mark.parametrize("name", CHECKS)
def test_what_a_page_ignores_is_ignored(name: str, tmp_path: Path) -> None:
    """The comment and the table of a page ignore what its first code has; both are used."""
    avoid, _, *comments = blocks(page(name), "python")
    tables = blocks(page(name), "toml")
    assert bool(tables) is (name not in ABOUT_IGNORES)
    for table in tables:
        entries = tomllib.loads(table)["tool"]["bylaws"]["lint"]["ignore"]
        left = found(avoid, tmp_path, [ProjectIgnore(**each) for each in entries])
        assert not {each.check for each in left} & {name, *ABOUT_IGNORES}
    for comment in comments:
        (finding,) = [each for each in found(avoid, tmp_path) if each.check == name]
        assert finding.place is not None
        lines = Path(finding.place.file).read_text(encoding="utf-8").splitlines(keepends=True)
        line = lines[finding.place.line - 1]
        indent = line[: len(line) - len(line.lstrip())]
        lines.insert(finding.place.line - 1, f"{indent}{comment}")
        text = "".join(lines).partition('CANCELLED = "cancelled"\n')[2]
        assert not {each.check for each in found(text, tmp_path)} & {name, *ABOUT_IGNORES}


def test_the_index() -> None:
    """The index has every format, and what it ignores is ignored."""
    for form in FORMATS:
        assert f"`{form}`" in INDEX or f"`--format {form}`" in INDEX
    (table,) = blocks(INDEX, "toml")
    (entry,) = tomllib.loads(table)["tool"]["bylaws"]["lint"]["ignore"]
    assert ProjectIgnore(**entry).check in CHECKS


def test_links_lead_somewhere() -> None:
    """Every link is a file; the README leads to the index."""
    texts = {ROOT / "docs" / "lint.md": INDEX}
    texts |= {ROOT / "docs" / "lint" / f"{name}.md": page(name) for name in CHECKS}
    for file, text in texts.items():
        prose = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
        for target in re.findall(r"\]\(((?!https?:)[^)#\s]+)\)", prose):
            assert (file.parent / target).exists(), target
    assert "(docs/lint.md)" in (ROOT / "README.md").read_text(encoding="utf-8")
