"""Fitting: texts in so many columns of a terminal, where some signs take two, or none."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.cells import cell_len, set_cell_size


def separated(texts: Iterable[str]) -> list[str]:
    """With a comma after each but the last."""
    listed = list(texts)
    return [*[f"{each}," for each in listed[:-1]], listed[-1]]


def wrapped(words: Sequence[str], room: int) -> list[str]:
    """Words in lines of at most so many columns; a word that is longer is cut in its middle."""
    found: list[str] = []
    line = ""
    for each in words:
        word = cut(each, room)
        longer = f"{line} {word}" if line else word
        if line and cell_len(longer) > room:
            found.append(line)
            line = word
        else:
            line = longer
    return [*found, line]


def cut(text: str, room: int) -> str:
    """A text of at most so many columns: of one that is wider its beginning and its end."""
    if cell_len(text) <= room:
        return text
    end = room // 3
    tail = text[len(text) - end :]
    while cell_len(tail) > end:
        tail = tail[1:]
    return f"{set_cell_size(text, room - cell_len(tail) - 1).rstrip()}\u2026{tail}"


def fit(text: str, room: int) -> str:
    """A text that is exactly so wide."""
    return text + " " * (room - cell_len(text))
