"""Golden files: what the views write of two real policies, kept as files.

`pytest --update-golden` writes them anew; what has changed is then seen in `git diff`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

FILES: Final = Path(__file__).parent / "golden"


def compare(request: pytest.FixtureRequest, name: str, text: str) -> None:
    """The text is what the file has; with `--update-golden` the file gets it."""
    file = FILES / name
    if request.config.getoption("--update-golden"):
        file.write_text(text, "utf-8", newline="\n")
    assert file.read_text("utf-8") == text, "if it is meant so: pytest --update-golden"
