"""The reference of the command: it has every verb and flag, and what it says to do works."""

from __future__ import annotations

import os
import re
import stat
import sys
import tomllib
from itertools import product
from pathlib import Path
from typing import Final

import pytest

from bylaws.cli.app import app
from bylaws.cli.formats import DIFFERENCES, ENDINGS
from bylaws.views import KINDS
from tests import pages
from tests.cli.conftest import ALONE, ORDERS, WITHOUT_VAN, Project

ROOT = Path(__file__).parent.parent.parent
TEXT = (ROOT / "docs" / "command.md").read_text(encoding="utf-8")
BLOCKS = pages.blocks(TEXT)


def blocks(kind: str) -> list[str]:
    """The blocks of a language."""
    return [text for each, text in BLOCKS if each == kind]


GH: Final = """\
#!/bin/sh
if [ "$1 $2" = "api --paginate" ]; then printf %s "$OLD"; exit; fi
echo "$@" >> gh.txt
cat comment.md >> gh.txt
"""
"""What stands for GitHub's program; the comments that there are already are in `OLD`."""


@pytest.fixture
def committed(shop: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """The shop in git, with its lock, and `bylaws` as a program; then an edit, locked."""
    script = shop.root.parent / "bin" / "bylaws"
    script.parent.mkdir()
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m bylaws "$@"\n', encoding="utf-8")
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{script.parent}{os.pathsep}{os.environ['PATH']}")
    shop.run("lock")
    shop.git("init", "-q", "-b", "main")
    shop.git("add", ".")
    shop.git("commit", "-qm", "before")
    shop.module("shop.orders", WITHOUT_VAN)
    assert shop.program("bylaws", "lock").code == 0
    return shop


def test_every_flag_is_in_the_reference() -> None:
    """The reference names every verb with what it takes, and every flag."""
    for verb in (
        "show",
        "explain",
        "next",
        "diff",
        "lock",
        "check",
        "lint",
        "coverage",
        "schema",
    ):
        assert f"`bylaws {verb}" in TEXT
        for argument in app[verb].assemble_argument_collection():
            for name in argument.names:
                if name.startswith("-"):
                    assert re.search(rf"`{name}\b", TEXT), name


def test_every_kind_is_in_the_reference() -> None:
    """The kinds of changes and the formats are those that there are."""
    assert ", ".join([f"`{kind}`" for kind in KINDS]) in TEXT
    assert ", ".join([f"`{form}`" for form in DIFFERENCES]) in TEXT
    for ending in ENDINGS:
        assert f"`{ending}`" in TEXT


def test_the_table_is_one(shop: Project) -> None:
    """The table of the reference is understood."""
    (text,) = blocks("toml")
    shop.file("pyproject.toml", text)
    assert tomllib.loads(text)["tool"]["bylaws"]["lock"] == "bylaws.lock"
    assert shop.run("lock").err == "wrote bylaws.lock: Refunds, orders\n"


@pytest.mark.spawns
def test_git_shows_the_difference(committed: Project) -> None:
    """With the lines of the reference `git diff` shows the matrix, then what `diff` does."""
    textconv, command = blocks("sh")
    assert "-rule take_van\n" in committed.git("diff", "--", "bylaws.lock")
    assert committed.program("sh", "-ec", textconv).code == 0
    shown = committed.git("diff", "--", "bylaws.lock")
    assert re.search(r"^- .*take_van .*PAID -> SHIPPED$", shown, re.MULTILINE)
    assert "rule take_van" not in shown
    assert committed.program("sh", "-ec", command).code == 0
    assert committed.git("diff", "--", "bylaws.lock") == (
        "Refunds\n  the same\norders\n  opens  PAID -> SHIPPED: take_van is gone\n"
    )
    committed.git("rm", "-q", "--cached", "bylaws.lock")
    committed.git("add", "-f", ".gitattributes")
    gone = committed.git("diff", "--cached", "--", "bylaws.lock")
    assert gone.startswith("Refunds (gone)\n")


@pytest.mark.spawns
def test_git_shows_conflicts(committed: Project) -> None:
    """A lock with conflicts is shown as it is: git does not die of it."""
    committed.git("checkout", "-qb", "edited")
    committed.git("commit", "-qam", "after")
    committed.git("checkout", "-q", "main")
    committed.module("shop.orders", ORDERS.replace("to_states={S.SHIPPED}", "to_states={S.NEW}"))
    assert committed.program("bylaws", "lock").code == 0
    committed.git("commit", "-qam", "another")
    textconv, command = blocks("sh")
    assert committed.program("sh", "-ec", textconv).code == 0
    assert committed.program("git", "merge", "-q", "edited", env=ALONE).code == 1
    assert "++<<<<<<< HEAD\n" in committed.git("diff", "bylaws.lock")
    assert "+<<<<<<< HEAD\n" in committed.git("diff", "HEAD", "--", "bylaws.lock")
    assert committed.program("sh", "-ec", command).code == 0
    assert "++<<<<<<< HEAD\n" in committed.git("diff", "bylaws.lock")
    assert "+<<<<<<< HEAD\n" in committed.git("diff", "HEAD", "--", "bylaws.lock")
    assert committed.git("diff", "HEAD..edited", "--", "bylaws.lock").startswith("Refunds\n")


@pytest.mark.spawns
@pytest.mark.skipif(sys.platform == "win32", reason="needs a POSIX shell")
def test_the_workflow(committed: Project, tmp_path: Path) -> None:
    """The step of the workflow writes the summary and the comment, with and without an old lock."""
    (workflow,) = [text for text in blocks("yaml") if "GITHUB_STEP_SUMMARY" in text]
    steps = re.findall(r"^        run: \|\n((?:          .*\n)+)", workflow, re.MULTILINE)
    (step,) = [re.sub(r"^ {10}", "", text, flags=re.MULTILINE) for text in steps]
    assert re.findall(r"- run: (.*)", workflow)[-1] == "bylaws check"
    gh = tmp_path / "bin" / "gh"
    gh.write_text(GH, encoding="utf-8")
    gh.chmod(0o755)
    committed.git("commit", "-qam", "after")
    changed, new = ("HEAD^", "take_van` is gone"), ("HEAD^^^", "### `orders` is new\n")
    for (base, told), old in product((changed, new), ("", "41\n42\n")):
        env = {"BASE": base, "NUMBER": "7", "GITHUB_STEP_SUMMARY": "summary.md"}
        env |= {"GITHUB_REPOSITORY": "a/b", "OLD": old}
        run = committed.program("bash", "-e", "-c", step, env=env)
        assert run.code == 0, run.err
        summary = (committed.root / "summary.md").read_text(encoding="utf-8")
        assert told in summary
        comment = (committed.root / "gh.txt").read_text(encoding="utf-8")
        where = "api --silent -X PATCH repos/a/b/issues/comments/41" if old else "pr comment 7"
        assert comment.startswith(where)
        assert comment.endswith(f"\n<!-- bylaws -->\n{summary}")
        (committed.root / "summary.md").unlink()
        (committed.root / "gh.txt").unlink()


@pytest.mark.spawns
def test_the_hooks(committed: Project) -> None:
    """What the hooks of pre-commit run finds a lock that was not written again, and a finding."""
    text = (ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8")
    hooks = re.split(r"^- id: (.*)\n", text, flags=re.MULTILINE)[1:]
    entries: list[list[str]] = []
    for name, hook in zip(hooks[::2], hooks[1::2], strict=True):
        assert f"      - id: {name}\n" in blocks("yaml")[0]
        (entry,) = re.findall(r"^  entry: (.*)$", hook, re.MULTILINE)
        assert re.search(r"^  always_run: true\b", hook, re.MULTILINE)
        assert "files:" not in hook.replace("pass_filenames: false", "")
        entries.append(entry.split())
    check, lint = entries
    assert [committed.program(*each).code for each in (check, lint)] == [0, 0]
    committed.git("checkout", "-q", "bylaws.lock")
    assert committed.program(*check).code == 1
    committed.module("shop.orders", f"{WITHOUT_VAN}\n# bylaws: ignore[shadowed]\n")
    assert committed.program(*lint).code == 1
