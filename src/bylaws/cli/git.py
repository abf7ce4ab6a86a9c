"""A file as it is in another revision. Nothing of it is checked out or imported."""

from __future__ import annotations

import subprocess

from bylaws.cli.errors import InputError


def blob(text: str) -> bytes:
    """What `REV:PATH` names, as git reads it: from the top of the repository; `./PATH` from here.

    `:PATH` is what is staged.
    """
    if text.startswith("-"):
        raise InputError(f"{text} is no REV:PATH")
    try:
        run = subprocess.run(  # noqa: S603 (no shell, and the revision cannot be an option)
            ["git", "cat-file", "blob", text],  # noqa: S607 (whichever git there is)
            capture_output=True,
            check=False,
        )
    except OSError as error:
        raise InputError(f"{text}: there is no git here ({error})") from error
    if run.returncode:
        said = run.stderr.decode(errors="replace").strip()
        raise InputError(f"{text} cannot be read from git: {said}")
    return run.stdout
