"""Outcomes in failed assertions: what is not the expected one is shown with its trace."""

from __future__ import annotations

from typing import Any

from bylaws.outcome import Traceable


def compared(left: object, right: object) -> list[str] | None:
    """The lines for `assert left == right`; `None` unless one of them is the outcome of a run."""
    outcomes = [each for each in (left, right) if isinstance(each, Traceable)]
    traced = [each for each in outcomes if each.trace.lines]
    if not traced:
        return None
    lines = [f"{left!r} == {right!r}"]
    if type(left) is type(right):
        kind: Any = type(left)
        for name in kind.__match_args__:
            one, other = getattr(left, name), getattr(right, name)
            if one != other:
                lines.append(f"{name}: {one!r} != {other!r}")
    for each in traced:
        of = "" if len(traced) == 1 else f" of the {'left' if each is left else 'right'} one"
        lines += [f"the trace{of}:", *str(each.trace).splitlines()]
    return lines
