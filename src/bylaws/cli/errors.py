"""Errors that teach: what the command cannot do, and what was probably meant."""

from __future__ import annotations

import os
import sysconfig
import traceback
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import bylaws

_OWN: Final = f"{Path(bylaws.__file__).parent}{os.sep}"
_LIBRARIES: Final = tuple(
    [sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")]
)


class InputError(Exception):
    """What whoever calls the command can mend. Its text is all that is shown."""


def users(paths: Iterable[str]) -> list[str]:
    """Those of the paths that are not in the libraries."""
    return [path for path in paths if not path.startswith(_LIBRARIES)]


def shortened(error: BaseException) -> str:
    """A traceback with the user's own frames only.

    If there are none, it has all but those that import things and those of bylaws.
    """
    told = traceback.TracebackException.from_exception(error)
    _shorten(told)
    return "".join(told.format()).rstrip()


def _shorten(told: traceback.TracebackException) -> None:
    outside = [frame for frame in told.stack if not _machinery(frame.filename)]
    own = [frame for frame in outside if users([frame.filename])]
    told.stack = traceback.StackSummary.from_list(own or outside)
    for other in (told.__cause__, told.__context__, *(told.exceptions or ())):
        if other is not None:
            _shorten(other)


def _machinery(file: str) -> bool:
    return file.startswith((_OWN, "<frozen importlib")) or Path(file).parent.name == "importlib"
