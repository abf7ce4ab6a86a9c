"""Chromium, to look at what the views write for it.

A test that needs it, or another program, is skipped with the reason where it is missing, or fails
if `BYLAWS_ALL_TOOLS` is set, as in `.ci/run`.
"""

from __future__ import annotations

import shutil
from collections.abc import Generator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from playwright.sync_api import Browser

FLAGS: Final = [
    "--headless",
    "--no-sandbox",  # it does not start for root otherwise
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def why_not() -> str | None:
    """What there is not; `None` if a browser can be started."""
    if find_spec("playwright") is None:
        return "there is no playwright: pip install playwright"
    if shutil.which("chromium") is None:
        return "there is no chromium: apt-get install chromium"
    return None


@contextmanager
def chromium() -> Generator[Browser]:
    """A browser. To be left before a loop of asyncio runs: Playwright has one of its own."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 (it may be missing)

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()
