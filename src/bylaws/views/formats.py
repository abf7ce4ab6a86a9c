"""The formats by their codes: what `format(matrix, "md")` gives, and the command offers."""

from __future__ import annotations

from typing import Final

from bylaws.views.errors import MatrixError
from bylaws.views.focus import Focus
from bylaws.views.matrix import Matrix

FORMATS: Final = ("text", "md", "csv", "json", "mermaid", "dot")
"""text is for a terminal of 80 columns, without colours, and needs rich."""


def formatted(matrix: Matrix, code: str, focus: Focus | None = None) -> str:
    """A matrix in one of `FORMATS`; `""` is `str(matrix)`. `MatrixError` for any other code.

    JSON is all of the matrix, whatever the focus. `text` without rich is a `MatrixError` too.
    """
    # Each is imported where it is asked for: rich alone takes longer than most of them.
    match code:
        case "text":
            try:
                from bylaws.views import terminal  # noqa: PLC0415
            except ModuleNotFoundError as error:
                if (error.name or "").partition(".")[0] != "rich":
                    raise
                need = "the format 'text' needs rich: pip install 'bylaws[views]'"
                raise MatrixError(need) from error
            return terminal.write_text(matrix, focus)
        case "md":
            from bylaws.views import markdown  # noqa: PLC0415

            return markdown.write_markdown(matrix, focus)
        case "csv":
            from bylaws.views import separated  # noqa: PLC0415

            return separated.write_csv(matrix, focus)
        case "mermaid":
            from bylaws.views import mermaid  # noqa: PLC0415

            return mermaid.write_mermaid(matrix, focus)
        case "dot":
            from bylaws.views import dot  # noqa: PLC0415

            return dot.write_dot(matrix, focus)
        case "json":
            return matrix.to_json()
        case "":
            return str(matrix)
        case _:
            known = ", ".join(FORMATS)
            raise MatrixError(f"there is no format {code!r}; the formats are: {known}")
