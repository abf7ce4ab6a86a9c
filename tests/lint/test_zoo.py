"""The zoo: what fires, and what does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from bylaws.lint import CHECKS, lint
from tests.lint.pages import found, policies
from tests.lint.zoo import FIRES, SILENT, Fires


@pytest.mark.parametrize(
    ("name", "case"), [(name, case) for name, cases in FIRES.items() for case in cases]
)
def test_it_fires(name: str, case: Fires, tmp_path: Path) -> None:
    """The check finds it, says so, and where and why."""
    findings = [each for each in found(case.text, tmp_path) if each.check == name]
    (finding, *_) = [each for each in findings if case.told in each.message]
    assert finding.where == (case.where or finding.where)
    assert (finding.severity, finding.why) == (CHECKS[name].severity, CHECKS[name].why)
    assert finding.mend.endswith(".")


@pytest.mark.parametrize(
    ("name", "text"), [(name, text) for name, texts in SILENT.items() for text in texts]
)
def test_it_stays_silent(name: str, text: str, tmp_path: Path) -> None:
    """The check finds nothing in any policy of the module."""
    listed = policies(text, tmp_path)
    assert listed
    for policy in listed:
        assert name not in [each.check for each in lint(policy)], policy.name
