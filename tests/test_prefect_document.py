"""The page on Prefect: the difference between two releases is what the command prints."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from bylaws.cli.start import main
from bylaws.views import read_lock

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "docs" / "prefect.md").read_text(encoding="utf-8")
VERSION = re.findall(r"to Prefect (\S+)\. bylaws", TEXT)[0]


def test_the_difference_is_what_the_command_prints(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is read off the two locks, and is a finding."""
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("COLUMNS", "200")
    (block,) = re.findall(r"^```console\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
    command, _, told = block.partition("\n")
    program, *arguments = shlex.split(command.removeprefix("$ "))
    assert program == "bylaws"
    assert main(arguments) == 1
    assert capsys.readouterr().out == told


@pytest.mark.parametrize("version", ["3.6.0", VERSION])
def test_a_lock_has_all_nine(version: str) -> None:
    """Of each release."""
    lock = (ROOT / "tests" / "data" / f"prefect-{version}.lock").read_bytes()
    assert len(read_lock(lock)) == 9


def test_one_release_is_spoken_of() -> None:
    """In the report and in the commands."""
    assert f"prefect=={VERSION} " in TEXT
    assert f"\nPrefect {VERSION}; 100 pairs" in TEXT


def test_links_lead_somewhere() -> None:
    """Every relative link of the page has a file."""
    for link in re.findall(r"\]\(([^)#:]+)\)", TEXT):
        assert (ROOT / "docs" / link).exists(), link
