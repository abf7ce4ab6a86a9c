"""Formats: what the views make of matrices and of differences. They are imported when asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from bylaws.cli.chosen import for_those_that_can
from bylaws.cli.errors import InputError
from bylaws.cli.output import of_ending, to_stdout, visible
from bylaws.cli.pairs import Pair
from bylaws.cli.sources import Sourced
from bylaws.views.matrix import Matrix

if TYPE_CHECKING:
    from bylaws.views.focus import Focus

ENDINGS: Final = {
    ".csv": "csv",
    ".dot": "dot",
    ".gv": "dot",
    ".html": "html",
    ".json": "json",
    ".lock": "lock",
    ".md": "md",
    ".mmd": "mermaid",
    ".txt": "text",
}
JOINED: Final = ("text", "md", "lock")
"""In these formats several policies follow each other."""
UNFOCUSED: Final = ("json", "html", "lock")
"""These have all of a policy."""


def of_file(output: str | None) -> str:
    """The format that the ending of a file says; text without one."""
    return of_ending(output, ENDINGS)


def matrices_as(
    form: str, policies: Sequence[Sourced], focus: str | None, output: str | None
) -> str:
    """What policies do, in a format. With a focus, those of them that have it."""
    if form not in JOINED:
        _one(form, [each.matrix.name for each in policies])
    matrices = [each.matrix for each in policies]
    if focus is not None:
        if form in UNFOCUSED:
            raise InputError(f"{form} has all of a policy: leave out --focus")
        from bylaws.views.focus import focus_on  # noqa: PLC0415

        focused = for_those_that_can(policies, lambda matrix: focus_on(matrix, focus))
        return "\n".join([_formatted(matrix, form, output, at) for matrix, at in focused])
    if form == "lock":
        from bylaws.views import write_lock  # noqa: PLC0415

        return write_lock(matrices)
    return "\n".join([_formatted(matrix, form, output) for matrix in matrices])


def _one(form: str, names: Sequence[str]) -> None:
    if len(names) != 1:
        listed = f"name one with --policy: {', '.join(names)}" if names else "there is none"
        raise InputError(f"{form} is for one policy; {listed}")


def _formatted(matrix: Matrix, form: str, output: str | None, focus: Focus | None = None) -> str:
    if form == "json":
        return matrix.to_json()
    if form == "html":
        from bylaws.views.page import page  # noqa: PLC0415

        return page(matrix)
    if form == "text" and to_stdout(output):
        return _on_stdout(matrix, focus)
    from bylaws.views.formats import formatted  # noqa: PLC0415

    return formatted(matrix, form, focus)


def _on_stdout(matrix: Matrix, focus: Focus | None) -> str:
    """As wide as stdout is, and in colour if that is a terminal that wants some."""
    from rich.console import Console  # noqa: PLC0415

    from bylaws.views.terminal import show  # noqa: PLC0415

    console = Console()
    with console.capture() as captured:
        show(matrix, focus, console=console)
    return captured.get()


def differences_as(form: str, pairs: Sequence[Pair]) -> str:
    """What is different, in a format."""
    if form not in DIFFERENCES:
        raise InputError(f"a difference is not made as {form}, but as {', '.join(DIFFERENCES)}")
    return DIFFERENCES[form](pairs)


def _as_text(pairs: Sequence[Pair]) -> str:
    """A line each; of several policies under their names."""
    if len(pairs) == 1 and pairs[0].presence == "both":
        return "\n".join(_lines_of(pairs[0]))
    found: list[str] = []
    for pair in pairs:
        found += [visible(pair.title), *[f"  {line}" for line in _lines_of(pair)]]
    return "\n".join(found)


def _lines_of(pair: Pair) -> list[str]:
    """As `str(difference)`, a line each whatever the names are."""
    lines = pair.shown.lines
    width = max([len(line.kind) for line in lines], default=0)
    texts = [f"{line.kind:<{width}}  {visible(pair.told(line))}" for line in lines]
    summary = () if pair.weighed is None else pair.weighed.summary()
    return [*(texts or ["the same"]), *map(visible, summary)]


def _as_markdown(pairs: Sequence[Pair]) -> str:
    """Fit for a comment: all of it is not longer than one may be."""
    from bylaws.views.markdown import MOST_BYTES, code, write_difference  # noqa: PLC0415

    changed = [pair for pair in pairs if pair or pair.weighed is not None]
    parts: list[str] = []
    left = MOST_BYTES - 1_000
    for at, pair in enumerate(changed):
        part = write_difference(pair.shown, most=left // (len(changed) - at))
        if pair.presence != "both":
            heading, end, rest = part.partition("\n")
            part = f"{heading} is {pair.presence}{end}{rest}"
        left -= len(part.encode()) + 1
        parts.append(part)
    same = [code(pair.name) for pair in pairs if pair not in changed]
    if same:
        listed = ", ".join(same[:10]) if len(same) <= 10 else f"{len(same):,} policies"
        parts.append(f"The same: {listed}.\n")
    return "\n".join(parts)


def _as_json(pairs: Sequence[Pair]) -> str:
    _one("json", [pair.name for pair in pairs])
    return pairs[0].shown.to_json()


def _as_html(pairs: Sequence[Pair]) -> str:
    _one("html", [pair.name for pair in pairs])
    from bylaws.views.page import page  # noqa: PLC0415

    return page(pairs[0].shown)


DIFFERENCES: Final[Mapping[str, Callable[[Sequence[Pair]], str]]] = {
    "text": _as_text,
    "md": _as_markdown,
    "json": _as_json,
    "html": _as_html,
}
