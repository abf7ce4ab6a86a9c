"""`diff --weigh`: a CSV or a database says how many moves a change would have met."""

from __future__ import annotations

import io
import json
import os
import sys
from typing import Any

import pytest

from tests.cli.conftest import WITHOUT_VAN, Project

COUNTS = """\
from,to,count,refused_by
PAID,SHIPPED,12121,
PAID,SHIPPED,310,take_van
,NEW,5000,
LOST,NEW,2,
"""
LINE = "opens  PAID -> SHIPPED: take_van is gone; met by 12,431 moves, 310 refused by it\n"
SUMMARY = (
    "12,431 of 17,433 recorded moves meet what is changed\n"
    "2 are of states that neither policy has: LOST -> NEW (2)\n"
)


@pytest.fixture
def edited(shop: Project) -> Project:
    """The shop, and `gone`, the same without its van; what was counted is in `counts.csv`."""
    shop.module("gone", WITHOUT_VAN)
    shop.file("counts.csv", COUNTS)
    return shop


def weigh(edited: Project, *flags: str, source: str = "counts.csv") -> Any:
    """What `diff` says of the van that is gone."""
    return edited.run("diff", "shop.orders:orders", "gone:orders", "--weigh", source, *flags)


def test_counts_are_of_a_file(edited: Project) -> None:
    """Each line says how many moves met it, and behind all of them stands how many that are."""
    run = weigh(edited)
    assert (run.code, run.out, run.err) == (1, LINE + SUMMARY, "")
    limited = weigh(edited, "--only", "NEW -> *")
    assert limited.err == f"orders: 1 of the changes is a finding:\n  {LINE}"
    same = edited.run("diff", "gone", "gone", "--policy", "orders", "--weigh", "counts.csv")
    assert same.out.startswith("the same\n0 of 17,433 recorded moves meet")


def test_counts_are_of_stdin(edited: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """With `-` another program may have counted."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(COUNTS.encode())))
    assert weigh(edited, source="-").out == LINE + SUMMARY
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"")))
    assert weigh(edited, source="-").err.startswith("bylaws: --weigh: stdin: there is nothing")


def test_every_format_has_the_figures(edited: Project) -> None:
    """Markdown, JSON, which is as its schema says, and the page; one that is new has them too."""
    markdown = weigh(edited, "--format", "md").out
    assert "| `take_van` is gone |  | 12,431 | 310 |\n" in markdown
    data = json.loads(weigh(edited, "--format", "json").out)
    assert (data["touched"], data["total"], data["lines"][0]["moves"]) == (12_431, 17_433, 12_431)
    jsonschema = pytest.importorskip("jsonschema")
    jsonschema.validate(data, json.loads(edited.run("schema", "weighed").out))
    weigh(edited, "-o", "x.html")
    assert "met by 12,431 moves" in (edited.root / "x.html").read_text(encoding="utf-8")
    flags = ("--policy", "orders", "--weigh", "counts.csv")
    new = edited.run("diff", "shop.refunds", "gone", *flags)
    assert new.out.startswith("orders (new)\n  ")
    assert "moves is new (as NEW -> NEW); met by 17,431 moves\n" in new.out
    same = edited.run("diff", "gone", "gone:orders", *flags, "--format", "md")
    assert "The same: no move and no entry is changed.\n\n0 of 17,433 recorded" in same.out


def test_names_do_not_steer_the_terminal(edited: Project) -> None:
    """What is counted may be called anything."""
    edited.file("odd.csv", 'from,to,count\n"\x1b[2J",NEW,1\n')
    assert "has: \\u001b[2J -> NEW (1)\n" in weigh(edited, source="odd.csv").out


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("nowhere.csv", "--weigh: there is no file nowhere.csv"),
        ("wrong.csv", "--weigh: wrong.csv: line 2: '1.5' is no number of moves: "),
        ("sqlite:///nowhere.db", "--weigh: there is no file 'nowhere.db'"),
        ("sqlite://", "--weigh: there is no file ''"),
        ("sqlite+aiosqlite:///nowhere.db", "for asyncio: name a plain driver; one is like"),
        ("nothing://me:secret@there/x", "--weigh: nothing: Can't load plugin: "),
        ("sqlite://me:secret@there:port/x", "--weigh: this is no URL of a database; one is like"),
        ("sqlite:///counts.csv", "--weigh: sqlite:///counts.csv: file is not a database"),
        ("sqlite:///file:nowhere?mode=ro&uri=true", "unable to open database file"),
    ],
)
def test_what_cannot_be_read_is_told(edited: Project, source: str, told: str) -> None:
    """The error says what it is, and what would do; no password is in it, and no file is made."""
    pytest.importorskip("aiosqlite" if "aiosqlite" in source else "sqlalchemy")
    edited.file("wrong.csv", "from,to,count\nNEW,PAID,1.5\n")
    run = weigh(edited, source=source)
    assert (run.code, run.out) == (2, "")
    assert told in run.err
    assert "secret" not in run.err
    assert not (edited.root / "nowhere.db").exists()


def test_a_database_needs_its_library(edited: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without SQLAlchemy a CSV is read all the same, and a database says what to install."""
    monkeypatch.setitem(sys.modules, "sqlalchemy", None)
    assert weigh(edited).out == LINE + SUMMARY
    assert weigh(edited, source="sqlite:///x.db").err == (
        "bylaws: --weigh with a database needs SQLAlchemy: pip install 'bylaws[sqlalchemy]'\n"
    )


def test_several_policies_are_not_weighed_at_once(edited: Project) -> None:
    """Nobody knows which of them the moves were of."""
    edited.run("lock", "--lock", "old.lock")
    run = edited.run("diff", "old.lock", "shop", "--weigh", "counts.csv")
    assert run.err == (
        "bylaws: --weigh is for one policy; name one with --policy: orders, Refunds\n"
    )
    run = edited.run("diff", os.devnull, os.devnull, "--weigh", "counts.csv")
    assert run.err == "bylaws: --weigh is for one policy; there is none\n"
