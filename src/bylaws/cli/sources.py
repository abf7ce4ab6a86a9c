"""Sources: what a person names a policy by, and the matrices that it stands for."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from bylaws.cli.errors import InputError
from bylaws.views.errors import MatrixError
from bylaws.views.matrix import Matrix
from bylaws.views.near import near

if TYPE_CHECKING:
    from bylaws.policy import AsyncPolicy

Kind: TypeAlias = Literal["nothing", "file", "git", "module"]

SUFFIXES: Final = (".json", ".lock")
LONGEST: Final = 1 << 26
"""So many bytes of a file are read; what is longer is damaged for those who read it."""


@dataclass(frozen=True, slots=True)
class Sourced:
    """A policy and where it is from.

    Attributes:
        where: the file, `REV:PATH`, or `package.module:attribute`.
        matrix: what it does.
        value: what is there in a module: the policy, or what makes one.
        live: the policy itself; `None` for a file, and for one of another library.

    """

    where: str
    matrix: Matrix
    value: object = None
    live: AsyncPolicy[Any, Any] | None = None


def load(texts: Iterable[str], base: Path | None = None) -> tuple[Sourced, ...]:
    """The policies that these sources stand for, each once.

    A relative file is relative to `base`.
    """
    found: list[Sourced] = []
    for text in texts:
        for each in _load(text, base or Path()):
            if each.value is None or all(each.value is not other.value for other in found):
                found.append(each)
    return tuple(found)


def kind_of(text: str, base: Path) -> Kind:
    """What a source is, told by its text and by which files there are.

    What is a file is one, whatever it is called. `LEFT:RIGHT` is in git if the left side cannot be
    a module's name, or the right side looks like a file: it has a slash, or ends as a lock does.
    """
    if text == os.devnull:  # what git gives for a side that is not there
        return "nothing"
    if (base / text).is_file():
        return "file"
    left, colon, right = text.partition(":")
    if colon and (_like_a_file(right) or not all(map(str.isidentifier, left.split(".")))):
        return "git"
    return "module" if colon or not _like_a_file(text) else "file"


def _like_a_file(text: str) -> bool:
    return "/" in text or os.sep in text or text.endswith(SUFFIXES)


def _load(text: str, base: Path) -> list[Sourced]:
    kind = kind_of(text, base)
    if kind == "nothing":
        return []
    left, colon, right = text.partition(":")
    if colon and left.endswith(".py") and kind != "file" and (base / left).is_file():
        name = _as_imported(left)
        raise InputError(f"{text}: a policy is named by its module, as imported: {name}:{right}")
    if kind == "module":
        from bylaws.cli.modules import policies_at  # noqa: PLC0415 (a file needs none of it)

        return [Sourced(where, read[0], value, read[1]) for where, value, read in policies_at(text)]
    if kind == "git":
        from bylaws.cli.git import blob  # noqa: PLC0415 (starts processes)

        data = blob(text)
    else:
        data = _read(base / text, text)
    try:
        return [Sourced(text, matrix) for matrix in read(data)]
    except MatrixError as error:
        raise InputError(f"{text}: {error}") from error


def _read(file: Path, text: str) -> bytes:
    if file.suffix == ".py":
        raise InputError(f"{text}: a module is named as it is imported: {_as_imported(text)}")
    if file.is_dir():
        raise InputError(f"{text}: a package is named as it is imported: {_as_imported(text)}")
    try:
        with file.open("rb") as stream:
            return stream.read(LONGEST)
    except FileNotFoundError as error:
        there = file.parent.iterdir() if file.parent.is_dir() else ()
        hint = near(file.name, [each.name for each in there])
        raise InputError(f"there is no file {text}{hint}") from error


def _as_imported(path: str) -> str:
    """What the module or the package that is there is probably imported as."""
    name = ".".join(Path(path).with_suffix("").parts)
    return name.removeprefix("src.").removesuffix(".__init__")


def read(data: bytes) -> tuple[Matrix, ...]:
    """The matrices in what a file holds: JSON if it starts as that does, else a lock."""
    if data.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"{":
        return (Matrix.from_json(data),)
    from bylaws.views import read_lock  # noqa: PLC0415

    return tuple(read_lock(data))
