"""Programs that read back what the views write, and are not Python packages.

A test that needs one which is missing is skipped with the reason, or fails if `BYLAWS_ALL_TOOLS` is
set, as in `.ci/run`.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Final, NoReturn

import pytest

MERMAID: Final = Path("build/mermaid/node_modules/mermaid/dist/mermaid.min.js")
"""Where `.ci/run` has npm put the package."""


def missing(what: str) -> NoReturn:
    """Skip the test, or fail."""
    if os.environ.get("BYLAWS_ALL_TOOLS"):
        pytest.fail(what)
    pytest.skip(what)


def program(*names: str) -> str:
    """Where the first of these programs is that there is."""
    for name in names:
        found = shutil.which(name)
        if found is not None:
            return found
    missing(f"there is no {' and no '.join(names)}")


def mermaid() -> Path:
    """Mermaid, to be loaded in a browser."""
    path = Path(os.environ.get("BYLAWS_MERMAID", MERMAID))
    if not path.exists():
        missing(f"there is no {path}: npm install --prefix build/mermaid mermaid")
    return path
