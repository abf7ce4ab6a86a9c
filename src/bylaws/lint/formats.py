"""The formats of findings by their codes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from bylaws.lint.finding import Finding
from bylaws.views import MatrixError

FORMATS: Final = ("text", "json", "sarif", "github")
"""text is for people, without colours, and needs rich; github is for the log of a workflow."""


def formatted(findings: Iterable[Finding], code: str) -> str:
    """Findings in one of `FORMATS`. `MatrixError` for any other code, or for text without rich."""
    # Each is imported where it is asked for: rich alone takes longer than most of them.
    match code:
        case "text":
            try:
                from bylaws.lint import terminal  # noqa: PLC0415
            except ModuleNotFoundError as error:
                if (error.name or "").partition(".")[0] != "rich":
                    raise
                need = "the format 'text' needs rich: pip install 'bylaws[views]'"
                raise MatrixError(need) from error
            return terminal.write_text(findings)
        case "json":
            from bylaws.lint.interchange import write_json  # noqa: PLC0415

            return write_json(findings)
        case "sarif":
            from bylaws.lint.sarif import write_sarif  # noqa: PLC0415

            return write_sarif(findings)
        case "github":
            from bylaws.lint.annotations import write_annotations  # noqa: PLC0415

            return write_annotations(findings)
        case _:
            known = ", ".join(FORMATS)
            raise MatrixError(f"there is no format {code!r}; the formats are: {known}")
