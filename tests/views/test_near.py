"""Hints at names: what was probably meant, at a bounded cost."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

import pytest

from bylaws.views import MatrixError, StateSpace, read_lock
from bylaws.views.focus import focus_on
from bylaws.views.near import near
from tests.views.real import orders

DOTTED = "\u0130b"  # casefolded it is longer


def test_the_case_does_not_matter() -> None:
    """The names come as they are written, whichever is in capitals."""
    assert near("payd", ["NEW", "PAID"]) == "; near it: PAID"
    assert near("PAYD", ["new", "paid"]) == "; near it: paid"
    assert near("xyz", ["NEW", "PAID"]) == ""
    assert "near it: PAID" in str(StateSpace((), ("NEW", "PAID")).unknown("paid"))
    with pytest.raises(MatrixError, match="near it: PAID"):
        focus_on(orders(), "paid")


def test_the_likely_one_of_many_is_found() -> None:
    """Where not all are looked at, those with the same first letter are."""
    names = [*[f"OTHER_{at}" for at in range(1_000)], "PAID"]
    assert near("paid", names) == "; near it: PAID"


def test_a_hostile_lock_gets_no_long_comparison(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 1,000 states of 290 letters 200 are compared at most, by 60 letters."""
    asked: list[tuple[str, Sequence[str]]] = []

    def counted(word: str, names: Sequence[str], n: int, cutoff: float) -> list[str]:
        asked.append((word, names))
        return []

    monkeypatch.setattr(difflib, "get_close_matches", counted)
    states = "".join([f'  "{at:04}{DOTTED * 143}"\n' for at in range(1_000)])
    rule = f"rule r\n  from {'ab' * 143}\n  to None\n  answers proceed\n"
    with pytest.raises(MatrixError, match="there is no state"):
        read_lock(f"bylaws lock 1\n\npolicy p\n\nstates\n{states}\n{rule}")
    ((word, names),) = asked
    assert len(names) <= 200
    assert max(map(len, [word, *names])) <= 60
