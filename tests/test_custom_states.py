"""The two small examples: what they print is what they say."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.spawns

EXAMPLES = Path(__file__).parent.parent / "examples"


def printed(name: str) -> list[str]:
    """The lines that an example prints."""
    done = subprocess.run(
        [sys.executable, EXAMPLES / name], capture_output=True, text=True, check=True
    )
    return done.stdout.splitlines()


def test_custom_states() -> None:
    """A team's own rules stand where they were put, and decide about its own states."""
    assert printed("custom_states.py") == [
        "orders, with an eye on fraud: Fraud.SUSPECTED -> Core.SHIPPED",
        "  1  moves                fires",
        "  2  refuse_empty_orders  no: only when leaving NEW and entering PAID",
        "  3  hold_suspects        no: only when leaving PAID",
        "  4  order_from_supplier  fires",
        "Accepted(state=<Core.SHIPPED: 3>)",
        "Delayed(seconds=600, reason='ordered from the supplier')",
        "Rejected(state=<Fraud.SUSPECTED: 1>, reason='dear, and goes abroad')",
        "Accepted(state=<Core.SHIPPED: 3>)",
        "Aborted(reason='Fraud.SUSPECTED -> Core.PAID is no legal move: "
        "from there only to SHIPPED')",
    ]


def test_typestate() -> None:
    """Readers are told of pages that are there, and of nothing else."""
    assert printed("typestate.py") == [
        "Aborted(reason='two reviewers have to approve') []",
        "Accepted(state=<Article.PUBLISHED: 3>) ['On bylaws']",
        "Accepted(state=<Article.RETRACTED: 4>) ['On bylaws', 'On bylaws (retracted)']",
    ]
