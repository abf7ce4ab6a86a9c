"""Whether the tests beside this one have run."""

from __future__ import annotations

import os
from importlib.util import find_spec

import pytest


def test_prefect_is_here() -> None:
    """Prefect can be imported, or the tests that need it are skipped."""
    if find_spec("prefect") is None:
        assert not os.environ.get("BYLAWS_PREFECT"), "Prefect is not installed"
        pytest.skip("Prefect is not installed: .ci/prefect has an environment for it")
