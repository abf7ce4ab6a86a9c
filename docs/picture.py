"""Draws `page.png`, the picture of the page in the README: `python docs/picture.py`.

It needs Chromium, and Playwright and Pillow from PyPI. What is shown is the policy of
`examples/orders.py`, with the keyboard's work done: a cell is open.
"""

from __future__ import annotations

import io
import runpy
import shutil
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from bylaws.views import Matrix
from bylaws.views.page import page

ROOT = Path(__file__).parent.parent
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync"]
WIDTH, HEIGHT, COLORS = 1120, 690, 96


def picture(text: str) -> bytes:
    """A page as a PNG, with the move PAID -> SHIPPED open."""
    with tempfile.TemporaryDirectory() as directory, sync_playwright() as playwright:
        file = Path(directory) / "page.html"
        file.write_text(text, "ascii")
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=[*FLAGS, "--force-color-profile=srgb"]
        )
        tab = browser.new_page(
            viewport={"width": WIDTH, "height": HEIGHT},
            color_scheme="light",
            device_scale_factor=1.5,
        )
        tab.goto(file.as_uri())
        tab.get_by_label("PAID to SHIPPED").click()
        tab.mouse.move(0, 0)
        drawn = tab.screenshot()
        browser.close()
    small = io.BytesIO()
    image = Image.open(io.BytesIO(drawn)).convert("RGB")
    image.quantize(COLORS, dither=Image.Dither.NONE).save(small, "PNG", optimize=True)
    return small.getvalue()


if __name__ == "__main__":
    example = runpy.run_path(str(ROOT / "examples" / "orders.py"))
    drawn = picture(page(Matrix.of(example["orders"])))
    (ROOT / "docs" / "page.png").write_bytes(drawn)
    print(f"docs/page.png: {len(drawn):,} bytes")
