"""Differences as assertions: what an edit of a policy may change, and what the lock says."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from bylaws.testing.coverage.datafile import write_atomically
from bylaws.views.difference import Line, difference, told
from bylaws.views.lock import write_lock
from bylaws.views.matrix import Matrix
from bylaws.views.names import set_items
from bylaws.views.nearest import nearest_table
from bylaws.views.reading import naming_of
from bylaws.views.unlock import read_lock

if TYPE_CHECKING:
    from bylaws.policy import AsyncPolicy
    from bylaws.state import C, S
    from bylaws.views.states import State


class Acceptance:
    """Whether locks are written instead of compared, as `--bylaws-update` has it; what was."""

    def __init__(self) -> None:
        self.on = False
        self.written: dict[str, None] = {}


acceptance: Final = Acceptance()


def assert_only_changes(
    old: AsyncPolicy[S, C] | Matrix,
    new: AsyncPolicy[S, C] | Matrix,
    *,
    from_states: AbstractSet[S | None] | None = None,
    to_states: AbstractSet[S | None] | None = None,
) -> None:
    """Assert that of two policies only moves from these states to those are different.

    One of the two sets may be left out, for all states; with none of them nothing may differ. What
    is changed elsewhere is the message, gravest first. An entry that fires for no move, or names
    alone, are no difference here. The old one may be a matrix, read from a lock or from JSON.
    """
    one, other = _matrix_of(old), _matrix_of(new)
    found = difference(one, other)
    names: dict[int, State] = {}
    for policy in (old, new):
        if not isinstance(policy, Matrix):
            named = naming_of(policy).members()
            names |= {id(state): name for name, state in named.items()}

    def meant(states: AbstractSet[S | None] | None) -> str:
        if states is None:
            return "*"
        listed = [names.get(id(state), getattr(state, "name", None)) for state in states]
        return ", ".join(set_items(found.space.set_of(listed)))

    some = (
        from_states or to_states if None in (from_states, to_states) else from_states and to_states
    )
    left = found.outside([f"{meant(from_states)} -> {meant(to_states)}"] if some else [])
    if left:
        head = f"{one.name} -> {other.name}" if one.name != other.name else one.name
        where = f"{_shown(from_states)} -> {_shown(to_states)}"
        raise AssertionError(f"{head} changes outside of {where}:\n{_lines(left)}")


def assert_locked(path: str | os.PathLike[str], *policies: AsyncPolicy[Any, Any]) -> None:
    """Assert that policies do what their lock file says, and that it has no others.

    `bylaws lock` writes it, or pytest with `--bylaws-update`; then it is written here, and nothing
    is compared. The difference is the message. A relative path is relative to the pyproject.toml
    that `bylaws check` reads: the nearest upwards with `[tool.bylaws]`, else the working directory.
    `MatrixError` for a file that is no lock, and for a pyproject.toml that cannot be read.
    """
    file = _absolute(Path(path))
    matrices = [Matrix.of(policy) for policy in policies]
    text = write_lock(matrices)
    if acceptance.on:
        if not file.is_file() or file.read_text(encoding="utf-8") != text:
            write_atomically(file, text)
            acceptance.written[str(file)] = None
        return
    how = "to accept it: pytest --bylaws-update"
    if not file.is_file():
        raise AssertionError(f"there is no {file}; {how}")
    old = {matrix.name: matrix for matrix in read_lock(file.read_bytes())}
    wrong = list(_changed(old, {matrix.name: matrix for matrix in matrices}))
    if wrong:
        raise AssertionError("\n".join([f"{file} is not what the policies do; {how}", *wrong]))


def _absolute(path: Path) -> Path:
    if path.is_absolute():
        return path
    here = Path.cwd()
    found = nearest_table(here)
    return (here if found is None else found[0].parent) / path


def _changed(old: Mapping[str, Matrix], new: Mapping[str, Matrix]) -> Iterable[str]:
    for name in sorted({*old, *new}):
        if name not in new:
            yield f"{name} is in the lock, and not among the policies"
        elif name not in old:
            yield f"{name} is not in the lock"
        else:
            found = difference(old[name], new[name])
            if found:
                yield f"{name}:\n{_lines(found.lines)}"


def _lines(lines: Iterable[Line]) -> str:
    return "\n".join([f"  {line.kind}  {told(line)}" for line in lines])


def _shown(states: AbstractSet[Any] | None) -> str:
    if states is None:
        return "every state"
    return ", ".join(sorted([getattr(state, "name", "None") for state in states])) or "no state"


def _matrix_of(policy: AsyncPolicy[S, C] | Matrix) -> Matrix:
    return policy if isinstance(policy, Matrix) else Matrix.of(policy)
