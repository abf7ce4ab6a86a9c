"""The exit codes."""

from __future__ import annotations

from typing import Final

FINE: Final = 0
FOUND: Final = 1
"""There are differences, or findings."""
WRONG: Final = 2
"""The command cannot do what is asked. A crash is this too, so that 1 says one thing only."""
