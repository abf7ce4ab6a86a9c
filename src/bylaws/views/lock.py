"""The lock: what policies do as a text to commit, to review, and to compare a program with.

A block an entry, in priority order, with an empty line between, so that two branches that edit
different rules merge; nothing in it that another edit would change: no numbers, no dates, no paths.
The cells follow from it, so they are not in it. Reading one runs nothing.

    bylaws lock 1

    policy orders

    enum S
      NEW
      PAID

    rule needs_total
      from every S, None
      to PAID
      answers proceed, abort
      hooks before_transition, async cleanup
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Final

from bylaws.views.errors import MatrixError
from bylaws.views.matrix import EntryFacts, Matrix
from bylaws.views.names import quoted, set_items

VERSION: Final = 1
HEAD: Final = "bylaws lock"
ABOUT: Final = "# What each policy does. Written by `bylaws lock`, compared by `bylaws check`."
WIDTH: Final = 100
"""A list that is longer stands below its word, an item a line."""


def write_lock(matrices: Iterable[Matrix]) -> str:
    """The text of a lock: sorted by the policies' names. `MatrixError` if two have the same."""
    listed = sorted(matrices, key=lambda matrix: matrix.name)
    for one, other in pairwise(listed):
        if one.name == other.name:
            raise MatrixError(f"two policies are called {one.name!r}: give one of them a name")
    blocks = [_block(matrix) for matrix in listed]
    return "\n".join([f"{HEAD} {VERSION}\n{ABOUT}\n", *blocks])


def policy_version(matrix: Matrix) -> str:
    """Twelve hex digits of what the policy does, for histories: of its block in a lock."""
    return hashlib.sha256(_block(matrix).encode("utf-8")).hexdigest()[:12]


def _block(matrix: Matrix) -> str:
    parts = [f"policy {quoted(matrix.name)}\n"]
    parts += [
        _part(f"enum {quoted(enum.name)}", map(quoted, enum.members)) for enum in matrix.space.enums
    ]
    if matrix.space.others:
        parts.append(_part("states", map(quoted, matrix.space.others)))
    parts += [_entry(entry) for entry in matrix.entries]
    return "\n".join(parts)


def _part(head: str, lines: Iterable[str]) -> str:
    return "".join([f"{head}\n", *[f"  {line}\n" for line in lines]])


def _entry(entry: EntryFacts) -> str:
    lines: list[str] = []
    if entry.from_states is not None and entry.to_states is not None:
        lines += _listed("from", set_items(entry.from_states))
        lines += _listed("to", set_items(entry.to_states))
        verdicts = ["anything"] if entry.verdicts is None else [*entry.verdicts]
        lines += _listed("answers", verdicts or ["nothing"])
    if entry.legal is not None:
        lines.append("legal")
        for state, to in entry.legal:
            named = "None" if state is None else quoted(state)
            lines.append(f"  {named} -> {', '.join(set_items(to))}")
    hooks = [f"async {hook}" if hook in entry.awaits else hook for hook in entry.hooks]
    if hooks:
        lines += _listed("hooks", hooks)
    return _part(f"{entry.kind} {quoted(entry.name)}", lines)


def _listed(word: str, listed: Sequence[str]) -> list[str]:
    line = f"{word} {', '.join(listed)}"
    return [line] if len(line) + 2 <= WIDTH else [word, *[f"  {item}" for item in listed]]
