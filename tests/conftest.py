"""The options of the test suite, and how many examples a property is tried on.

The tests of a module are in the file of its name or of its plural; laws, which hypothesis draws
examples for, stand first. Named otherwise:

    test_values       verdict, outcome
    test_table        what finds a cell: the table, an enum's members, what is planned
    test_checks       what is wrong with entries; errors
    test_composition  policy: inserting, replacing, without; `runs_after`
    test_runs         run; also test_faults (exhaustively), test_cancellation, test_concurrency

What they share: `cast` (states and entries), `zoo` (enums of every kind, policies over them),
`model` (what a run has to do).
"""

from __future__ import annotations

import os
import sys

import pytest
from hypothesis import HealthCheck, settings

SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]
CI = bool(os.environ.get("CI"))
settings.register_profile(
    "fast", max_examples=60, deadline=None, derandomize=CI, suppress_health_check=SLOW
)
settings.register_profile(
    "thorough", max_examples=2_000, deadline=None, derandomize=CI, suppress_health_check=SLOW
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Offer `--exhaustive` and `--update-golden`."""
    parser.addoption(
        "--exhaustive",
        action="store_true",
        help="try every combination of faults (minutes), and 2,000 examples of each property",
    )
    parser.addoption(
        "--update-golden",
        action="store_true",
        help="write tests/views/golden anew, where the views have changed as they were meant to",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Choose the profile; `--hypothesis-profile` still has the last word."""
    if not config.getoption("--hypothesis-profile", default=None):
        settings.load_profile("thorough" if config.getoption("--exhaustive") else "fast")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what starts threads or processes where there are none."""
    if sys.platform == "emscripten" and item.get_closest_marker("spawns"):
        pytest.skip("starts threads or processes")


@pytest.fixture(scope="session")
def exhaustive(request: pytest.FixtureRequest) -> bool:
    """Whether `--exhaustive` was given."""
    return bool(request.config.getoption("--exhaustive"))
