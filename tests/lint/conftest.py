"""What the tests of lint share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lint.written import Writer


@pytest.fixture
def writer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Writer:
    """Writes into the test's own directory."""
    return Writer(tmp_path, monkeypatch)
