"""The project: what `[tool.bylaws]` says, and what goes before it."""

from __future__ import annotations

import pytest

from tests.cli.conftest import ORDERS, POLICIES, Project


def test_the_nearest_table_counts(shop: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is looked for upwards; policies, lock and `src` are those of its directory."""
    shop.file("part/pyproject.toml", "[project]\nname = 'part'\n")
    shop.file("part/deep/keep", "")
    monkeypatch.chdir(shop.root / "part" / "deep")
    assert shop.run("next", "PAID").out == "SHIPPED\n"
    assert shop.run("lock").err == "wrote ../../bylaws.lock: Refunds, orders\n"
    shop.file("part/pyproject.toml", "[tool.bylaws]\npolicies = ['own', 'facts.json']\nlock = 'l'")
    shop.file("part/src/own.py", ORDERS)
    shop.run("show", "own", "-o", "../facts.json")
    assert shop.run("next", "none").out == "orders:\n  NEW\n" * 2
    assert shop.run("check").err == "bylaws: there is no ../l; this writes it: bylaws lock\n"


def test_arguments_go_first(shop: Project) -> None:
    """Sources and `--lock` go before the table."""
    assert shop.run("next", "none", "shop.orders:orders").out == "NEW\n"
    shop.file("pyproject.toml", f"{POLICIES}lock = 'mine.lock'\n")
    assert shop.run("lock").err.startswith("wrote mine.lock:")
    assert shop.run("lock", "--lock", "other.lock").err.startswith("wrote other.lock:")


def test_without_a_project(empty: Project) -> None:
    """Without policies anywhere, the error says how to name them; the lock is `bylaws.lock`."""
    for verb in (["show"], ["lock"], ["check"], ["next", "PAID"], ["diff", "/dev/null"]):
        run = empty.run(*verb)
        assert run.code == 2
        assert "which policy?" in run.err
    empty.file("here.py", ORDERS)
    assert empty.run("lock", "here").err == "wrote bylaws.lock: orders\n"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[tool", "cannot be read: "),
        (b"\xff", "cannot be read: "),
        ("tool = 1", "which policy?"),
        ("[tool]\nbylaws = 1", "tool.bylaws is no table"),
        ("[tool.bylaws]\npolicy = 1", "has no key 'policy'; near it: policies"),
        (
            "[tool.bylaws]\npolicies = 'shop'",
            "policies of [tool.bylaws] has to be a list of strings",
        ),
        ("[tool.bylaws]\npolicies = [1]", "policies of [tool.bylaws] has to be a list of strings"),
        ("[tool.bylaws]\nlock = 1", "lock of [tool.bylaws] has to be a string"),
    ],
)
def test_a_table_that_means_nothing(empty: Project, text: str | bytes, told: str) -> None:
    """What is wrong with pyproject.toml is said with its path."""
    empty.file("pyproject.toml", text)
    run = empty.run("show")
    assert run.code == 2
    assert told in run.err
