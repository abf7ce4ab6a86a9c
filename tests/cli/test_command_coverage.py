"""`bylaws coverage`: data files of parallel jobs, put together."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bylaws.cli.start import main
from bylaws.testing import Seen
from bylaws.testing.coverage.targets import subject_of
from tests.testing.shop import later
from tests.testing.test_coverage import everything, some


@pytest.fixture
def jobs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The files of three jobs."""
    monkeypatch.chdir(tmp_path)
    Path("a.json").write_text(some().to_json())
    Path("b.json").write_text(everything().to_json())
    Path("c.json").write_text(Seen(subject_of(later, "shop:later")).to_json())
    return tmp_path


def test_one_file(jobs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The report; and a finding if it is less than was asked for, by the counts."""
    assert main(["coverage", "a.json"]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("orders: 8 of 13 exercised")
    assert not err
    assert main(["coverage", "a.json", "--fail-under", "61.54"]) == 1
    assert capsys.readouterr().err == "orders: 8 of 13 are less than 61.54 %\n"
    assert main(["coverage", "a.json", "--fail-under", "61.53"]) == 0


def test_files_are_put_together(jobs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What one has not the other has; the format is that of the ending."""
    assert main(["coverage", "a.json", "b.json", "--fail-under=100", "-o", "all.md"]) == 0
    assert "13 of 13 exercised" in Path("all.md").read_text(encoding="utf-8")
    assert main(["coverage", "a.json", "c.json", "--policy=shop:later", "-o", "later.html"]) == 0
    assert "never run" in Path("later.html").read_text(encoding="utf-8")
    assert main(["coverage", "a.json", "c.json", "--format", "json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["policies"]) == 2


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["d.json"], "there is no file d.json"),
        (["a.json", "--fail-under=x"], "'x' is no percentage"),
        (["a.json", "c.json", "--format=html"], "a page is about one policy"),
        (
            ["a.json", "--policy=order"],
            "no coverage of 'order'; near it: orders; there are: orders",
        ),
        (["a.json", "-o", "a.csv"], "coverage is not shown as csv, but as text, md, html, json"),
        ([__file__], "it is no data file of bylaws"),
    ],
)
def test_what_cannot_be_done(
    jobs: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], why: str
) -> None:
    """It is an error of input, told in a line."""
    assert main(["coverage", *arguments]) == 2
    assert why in capsys.readouterr().err
