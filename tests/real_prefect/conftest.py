"""What needs Prefect itself: `.ci/prefect` runs it, in an environment that has it.

Where there is none these tests are left out, and one is skipped that says so; with
`BYLAWS_PREFECT` set that is a failure.
"""

from __future__ import annotations

import os
from importlib import import_module
from importlib.util import find_spec

import pytest

HERE = find_spec("prefect") is not None
if HERE:
    import_module("prefect.server.models")  # before the policies: their imports are in a cycle

collect_ignore_glob = [] if HERE or os.environ.get("BYLAWS_PREFECT") else ["test_real_*.py"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let Prefect, and what it imports, warn."""
    for item in items:
        if "test_real_" in item.nodeid:
            item.add_marker(pytest.mark.filterwarnings("default"))
