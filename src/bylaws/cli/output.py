"""Where what a verb has to say goes to."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from bylaws.cli.errors import InputError

STDOUT: Final = "-"


def to_stdout(output: str | None) -> bool:
    """Whether an output is stdout: it is not given, or `-`."""
    return output in (None, STDOUT)


def of_ending(output: str | None, formats: Mapping[str, str]) -> str:
    """The format that the ending of an output says; text if it has none, or is stdout."""
    ending = Path(output or "").suffix.lower()
    if not ending:
        return "text"
    if ending not in formats:
        known = ", ".join(formats)
        raise InputError(f"--output {output}: the endings are: {known}; else say the --format")
    return formats[ending]


def write(text: str, output: str | None) -> None:
    """Write a text, with a newline at its end, to a file or to stdout."""
    text = text if not text or text.endswith("\n") else f"{text}\n"
    if output is not None and output != STDOUT:
        if output.startswith(STDOUT):
            raise InputError(f"{output} is no file to write; if it is, name it ./{output}")
        Path(output).write_text(text, encoding="utf-8", newline="\n")
        return
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:  # who reads has enough, as `head` has
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # Python flushes at its end


def as_json(data: object) -> str:
    """As JSON for people and programs, in ASCII."""
    return json.dumps(data, indent=1)


def visible(text: str) -> str:
    """A text for one line of a terminal: what cannot be seen, or steers it, is escaped."""
    if text.isprintable():
        return text
    return "".join([sign if sign.isprintable() else json.dumps(sign)[1:-1] for sign in text])
