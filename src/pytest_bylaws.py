"""The pytest plugin of bylaws, as far as it is always loaded: it imports nothing of bylaws.

It stands beside the package because to import a module inside of one is to import that too, for
everybody who has bylaws installed, and before coverage measures it. The rest is in
`bylaws.testing.plugin`, which is imported when an option asks for it.
"""

from __future__ import annotations

import os

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Offer the options."""
    group = parser.getgroup("bylaws", "policies (bylaws)")
    group.addoption(
        "--bylaws-cov",
        action="append",
        default=[],
        metavar="PACKAGE.MODULE:ATTRIBUTE",
        help="record which verdicts and sides of a policy the tests exercise; may be repeated",
    )
    group.addoption(
        "--bylaws-cov-fail-under",
        metavar="N",
        help="fail if of any of these policies less than N percent is exercised",
    )
    group.addoption(
        "--bylaws-cov-report",
        action="append",
        default=[],
        metavar="FILE",
        help="write the report to FILE, in the format of its ending: .txt, .md, .html, or .json "
        "for the data to combine; may be repeated",
    )
    group.addoption(
        "--bylaws-update",
        action="store_true",
        help="let assert_locked write the lock instead of comparing with it; never in CI",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Start what the options ask for."""
    asked = [
        name
        for name in ("bylaws_cov", "bylaws_cov_fail_under", "bylaws_cov_report", "bylaws_update")
        if config.getoption(name)
    ]
    if config.getoption("bylaws_update") and os.environ.get("CI"):
        raise pytest.UsageError(
            "--bylaws-update is refused: CI is set, and nothing is accepted in CI. Run it where "
            "you develop, review the difference, and commit the lock."
        )
    if asked:
        from bylaws.testing.plugin import start  # noqa: PLC0415 (asked for)

        start(config)


def pytest_assertrepr_compare(op: str, left: object, right: object) -> list[str] | None:
    """Show an outcome that is not the expected one with its trace."""
    if op != "==" or "bylaws.outcome" not in {type(left).__module__, type(right).__module__}:
        return None
    from bylaws.testing.traced import compared  # noqa: PLC0415 (an outcome is there, so bylaws is)

    return compared(left, right)
