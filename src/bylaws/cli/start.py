"""Where the command starts and ends: what goes wrong becomes a text and an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from typing import Final

from bylaws.cli.codes import FINE, WRONG

DEBUG: Final = "BYLAWS_DEBUG"
"""With this environment variable, an error shows where it comes from."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; what it returns is the exit code. Arguments: those of the process."""
    _escape_what_cannot_be_written()
    if find_spec("cyclopts") is None:
        print("bylaws: the command needs the extra: pip install 'bylaws[cli]'", file=sys.stderr)
        return WRONG
    from bylaws.cli.app import app  # noqa: PLC0415 (needs cyclopts)

    try:
        code: object = app(
            sys.argv[1:] if arguments is None else arguments,
            exit_on_error=False,
            print_error=False,
            result_action="return_value",
        )
    except Exception as error:
        _tell(error)
        return WRONG
    return code if isinstance(code, int) else FINE


def _tell(error: Exception) -> None:
    """What is wrong, on stderr: where it comes from too, if nobody but bylaws can mend it."""
    from cyclopts.exceptions import CycloptsError  # noqa: PLC0415 (for errors alone)

    from bylaws.cli.errors import InputError  # noqa: PLC0415
    from bylaws.views.errors import MatrixError  # noqa: PLC0415

    expected = isinstance(error, InputError | MatrixError | CycloptsError | OSError)
    if not expected or os.environ.get(DEBUG):
        import traceback  # noqa: PLC0415

        traceback.print_exception(error)
    text = str(error) if expected else "this is a fault of bylaws itself: please report it"
    print(f"bylaws: {text}", file=sys.stderr)


def _escape_what_cannot_be_written() -> None:
    """Names may hold what the encoding of a terminal has not: it is escaped then."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if callable(reconfigure):
            reconfigure(errors="backslashreplace")
