"""Differences and locks as assertions."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bylaws import Abort, Policy, Transition, abort, every, rule, states
from bylaws.cli.locking import write_down
from bylaws.testing import assert_locked, assert_only_changes
from bylaws.testing.differing import acceptance
from bylaws.views import Matrix, MatrixError, read_lock, write_lock
from tests.cast import Mine, answering
from tests.testing.shop import Order, S, load, note, orders, take_van


@rule(from_states={S.PAID}, to_states={S.SHIPPED, S.NEW})
def never_back(_: Transition[S, S, Order]) -> Abort:
    """Refuse."""
    return abort(reason="never")


EDITED = orders.inserting(never_back, before=note)


def test_a_change_inside_of_what_may_change() -> None:
    """It passes; a set that is left out is every state."""
    assert_only_changes(orders, EDITED, from_states={S.PAID}, to_states={S.SHIPPED, S.NEW})
    assert_only_changes(orders, EDITED, from_states={S.PAID})
    assert_only_changes(orders, EDITED, from_states=states(S.PAID, None), to_states=every(S))
    assert_only_changes(orders, EDITED, to_states={S.SHIPPED, S.NEW})
    assert_only_changes(orders, orders.without())
    assert_only_changes(Matrix.of(orders), EDITED, from_states={S.PAID})
    assert_only_changes(orders, Matrix.of(EDITED), from_states={S.PAID})
    assert_only_changes(Matrix.of(orders), Matrix.of(EDITED), from_states={S.PAID})


@pytest.mark.parametrize(
    "meant",
    [
        {},
        {"to_states": {S.SHIPPED}},
        {"from_states": {S.NEW, None}},
        {"from_states": set[S](), "to_states": {S.SHIPPED, S.NEW}},
        {"from_states": {S.PAID}, "to_states": set[S]()},
    ],
    ids=["nothing may", "to another", "from others", "from none", "to none"],
)
def test_a_change_outside(meant: dict[str, Any]) -> None:
    """The message is what is changed elsewhere, the gravest first."""
    with pytest.raises(AssertionError, match=r"orders changes outside of .* -> .*:") as caught:
        assert_only_changes(orders, EDITED, **meant)
    assert "closes  PAID -> " in str(caught.value)


def test_the_message_has_the_sets() -> None:
    """They are named in it, and the policies where these are called otherwise."""
    with pytest.raises(AssertionError) as caught:
        assert_only_changes(orders, EDITED, to_states={S.SHIPPED, None})
    head, line = str(caught.value).splitlines()
    assert head == "orders changes outside of every state -> None, SHIPPED:"
    assert line.startswith("  closes  PAID -> NEW: ")
    with pytest.raises(AssertionError, match="orders -> more changes outside of no state -> "):
        assert_only_changes(
            orders, Policy[S, Order](*EDITED.entries, name="more"), from_states=set[S]()
        )


def test_a_state_that_neither_has() -> None:
    """It is an error, with the nearest names."""
    foreign: Any = {Mine.A}
    with pytest.raises(MatrixError, match="there is no state 'A'"):
        assert_only_changes(orders, EDITED, from_states=foreign)


def test_what_is_locked(tmp_path: Path) -> None:
    """It passes while the policies do what the lock says, whoever wrote it."""
    file = tmp_path / "bylaws.lock"
    file.write_text(write_lock([Matrix.of(orders), Matrix.of(answering)]))
    assert_locked(file, answering, orders)
    assert_locked(str(file), orders, answering)
    write_down(["tests.testing.shop:orders"], str(file))
    assert_locked(file, orders)


def test_what_is_not_what_the_lock_says(tmp_path: Path) -> None:
    """The message is the difference, policy by policy, and how to accept it."""
    file = tmp_path / "bylaws.lock"
    with pytest.raises(AssertionError, match=r"there is no .*; to accept it: pytest --bylaws-upd"):
        assert_locked(file, orders)
    file.write_text(write_lock([Matrix.of(orders), Matrix.of(answering)]))
    with pytest.raises(AssertionError) as caught:
        assert_locked(file, EDITED)
    lines = str(caught.value).splitlines()
    assert lines[0] == f"{file} is not what the policies do; to accept it: pytest --bylaws-update"
    assert lines[1] == "moves is in the lock, and not among the policies"
    assert lines[2] == "orders:"
    assert lines[3].startswith("  closes  PAID -> NEW, SHIPPED: ")
    file.write_text(write_lock([]))
    with pytest.raises(AssertionError, match="orders is not in the lock"):
        assert_locked(file, orders)
    file.write_text("no lock")
    with pytest.raises(MatrixError, match="line 1: this is no lock"):
        assert_locked(file, orders)


def test_accepting_writes_the_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then nothing is compared; what is the same already is not written."""
    monkeypatch.setattr(acceptance, "on", True)
    monkeypatch.setattr(acceptance, "written", {})
    file = tmp_path / "locks" / "bylaws.lock"
    assert_locked(file, EDITED)
    assert [*acceptance.written] == [str(file)]
    assert "never_back" in [entry.name for entry in read_lock(file.read_text())[0].entries]
    acceptance.written.clear()
    assert_locked(file, EDITED)
    assert not acceptance.written
    assert_locked(file, orders)
    assert [matrix.name for matrix in read_lock(file.read_text())] == ["orders"]


def test_names_alone_are_in_the_lock_and_no_change_of_moves() -> None:
    """A rule that is called otherwise changes no move."""
    matrix = Matrix.of(orders)
    entries = [
        replace(entry, name="Loads") if entry.name == "Load" else entry for entry in matrix.entries
    ]
    assert_only_changes(orders, replace(matrix, entries=tuple(entries)))
    assert {load, take_van} <= {*orders.entries}
