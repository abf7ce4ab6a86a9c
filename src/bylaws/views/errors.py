"""What the views raise."""

from __future__ import annotations

from typing import Final


class MatrixError(ValueError):
    """Facts that do not fit together, or a text that cannot be read as facts.

    `line` is the line of the text that is wrong, the first being 1, where it is known.
    """

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message if line is None else f"line {line}: {message}")
        self.line: Final[int | None] = line
