"""The HTML page of 1,000 states x 300 rules: its size, how long it takes to make, and to use.

Run `python -m benchmarks.viewing`; it needs Chromium, and Playwright from PyPI. "Open" is until the
document is complete; the rest until the next frame after it is drawn. It is to be below 2 MB, and
each act below 200 ms, on a quiet machine.
"""

from __future__ import annotations

import random
import statistics
import tempfile
import time
from pathlib import Path
from typing import Final

from playwright.sync_api import Page

from benchmarks.harness import options, table
from bylaws.views import EntryFacts, Matrix, StateEnum, StateSet, StateSpace
from bylaws.views.page import page
from tests.views.browser import chromium, why_not

STATES, RULES = 1_000, 300
TYPE: Final = "const s = document.getElementById('search'); s.focus(); s.value = {!r}; "
CHANGED: Final = "s.dispatchEvent(new Event('input'));"
ENTER: Final = "s.dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter'}));"
KEY: Final = "document.activeElement.dispatchEvent(new KeyboardEvent('keydown', %s));"
ACTS: Final = {
    "search: type a name": TYPE.format("rule_2") + CHANGED,
    "search: a rule's cells": TYPE.format("rule_17") + CHANGED + ENTER,
    "search: a state": TYPE.format("STATE_500") + CHANGED + ENTER,
    "cell: with a click": "document.querySelector('#grid td[data-row]').click();",
    "cell: the next, with an arrow key": KEY % "{key: 'ArrowRight', bubbles: true}",
    "cell: the last, with Ctrl+End": KEY % "{key: 'End', ctrlKey: true, bubbles: true}",
}
TIMED: Final = """() => new Promise(done => {
    const start = performance.now();
    %s
    requestAnimationFrame(() => setTimeout(() => done(performance.now() - start)));
})"""


def large() -> Matrix:
    """A matrix of which no two states behave alike: nothing of it can be folded."""
    dice = random.Random(1)  # noqa: S311 (no secret)
    space = StateSpace((StateEnum("S", tuple([f"STATE_{at}" for at in range(STATES)])),))

    def some() -> StateSet:
        return space.set_of(dice.sample(space.states, STATES // 3))

    listed = [
        EntryFacts(
            f"rule_{at}", "rule", some(), some(), doc=f"Rule {at}.", file="orders.py", line=at
        )
        for at in range(RULES)
    ]
    return Matrix("large", space, tuple(listed))


def used(tab: Page, address: str) -> dict[str, float]:
    """How many milliseconds each act takes in a page that was just opened."""
    tab.goto("about:blank")
    tab.goto(address)
    opened: float = tab.evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd")
    tab.wait_for_timeout(500)
    found: dict[str, float] = {"open": opened}
    for what, act in ACTS.items():
        found[what] = tab.evaluate(TIMED % act)
        tab.wait_for_timeout(200)
    return found


def shown(rounds: int) -> str:
    """The table."""
    matrix = large()
    start = time.perf_counter()
    text = page(matrix)
    made = (time.perf_counter() - start) * 1_000
    with tempfile.TemporaryDirectory() as directory, chromium() as browser:
        file = Path(directory) / "page.html"
        file.write_text(text, "ascii")
        tab = browser.new_page(viewport={"width": 1400, "height": 900})
        found = [used(tab, file.as_uri()) for _ in range(rounds)]
    rows = [["made by Python, once", f"{made:.0f} ms", ""]]
    for what in found[0]:
        times = [each[what] for each in found]
        rows.append([what, f"{statistics.median(times):.0f} ms", f"{min(times):.0f} ms"])
    return f"{len(text):,} characters\n\n{table(['what', 'median', 'quickest'], rows)}"


if __name__ == "__main__":
    reason = why_not()
    quick = options(__doc__).parse_args().quick
    print(reason or shown(2 if quick else 11))
