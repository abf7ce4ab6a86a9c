"""The verbs: what each prints, and when it finds something."""

from __future__ import annotations

import json
import os
import re

import pytest

from bylaws.views import EntryFacts, Matrix, StateEnum, StateSet, StateSpace, write_lock
from bylaws.views.schema import SCHEMA
from tests.cli.conftest import ORDERS, REFUNDS, WITHOUT_VAN, Project

# --------------------------------------------------------------------------------------------------
# explain, next, schema
# --------------------------------------------------------------------------------------------------


def test_explain_prints_what_the_core_does(shop: Project) -> None:
    """`explain` has the lines of `policy.explain()`; states are called as there, or for short."""
    shown = """\
orders: PAID -> SHIPPED
  1  moves       fires
  2  take_money  no: only when leaving NEW and entering PAID
  3  take_van    fires
"""
    for states in (("PAID", "SHIPPED"), ("S.PAID", "S.SHIPPED")):
        assert shop.run("explain", *states, "shop.orders:orders").out == shown


def test_explain_asks_those_that_have_the_states(shop: Project) -> None:
    """Of several policies those answer that have the states; if none has, all say why."""
    assert shop.run("explain", "ASKED", "none").out.startswith("Refunds: ASKED -> None\n")
    both = shop.run("explain", "none", "none").out
    assert re.findall(r"^\w+: None -> None$", both, re.MULTILINE) == [
        "orders: None -> None",
        "Refunds: None -> None",
    ]
    run = shop.run("explain", "ASKD", "S.PIAD")
    assert (run.code, run.out) == (2, "")
    assert run.err == (
        "bylaws: orders: there is no state 'ASKD'; near it: PAID\n"
        "Refunds: there is no state 'ASKD'; near it: ASKED\n"
    )


def test_one_long_name_moves_no_other_line(shop: Project) -> None:
    """The column of names is as wide as they are, but no wider than sixty."""
    shop.module("long", ORDERS.replace("take_van", "take_van" * 100))
    lines = shop.run("explain", "NEW", "PAID", "long").out.splitlines()
    assert lines[2] == f"  2  {'take_money':<60}  fires"
    assert lines[3].startswith(f"  3  {'take_van' * 100}  no: ")


def test_explain_as_json(shop: Project) -> None:
    """As JSON it has the entries, whether each fires, the code of the reason, and the sentence."""
    (data,) = json.loads(shop.run("explain", "none", "PAID", "shop.orders", "--format=json").out)
    assert (data["policy"], data["from"], data["to"]) == ("orders", None, "PAID")
    assert data["entries"][0]["reason"] == "forbidden"
    assert data["entries"][2] == {
        "name": "take_van",
        "fires": False,
        "reason": "both_states",
        "sentence": "no: only when leaving PAID and entering SHIPPED",
    }


def test_next_is_for_scripts(shop: Project) -> None:
    """A state a line; under the names of the policies where there are several; or JSON."""
    assert shop.run("next", "NEW").out == "PAID\n"
    assert shop.run("next", "SHIPPED").out == ""
    assert shop.run("next", "none").out == "orders:\n  NEW\nRefunds:\n  ASKED\n"
    assert json.loads(shop.run("next", "NEW", "--format", "json").out) == [
        {"policy": "orders", "from": "NEW", "next": ["PAID"]}
    ]


def test_names_do_not_steer_the_terminal(shop: Project) -> None:
    """What a name has of control characters is escaped, in explanations and in differences."""
    nasty = ORDERS.replace('name="orders"', r'name="\x1b[2J\n\u202eorders"')
    nasty = nasty.replace("\norders =", "\ntake_van.name = 'a\\nb\\x07'\norders =")
    shop.module("shop.orders", nasty)
    run = shop.run("explain", "PAID", "SHIPPED", "shop.orders")
    assert "\\u001b[2J\\n\\u202eorders: PAID -> SHIPPED" in run.out
    assert "a\\nb\\u0007" in run.out
    run = shop.run("diff", os.devnull, "shop.orders")
    assert "a\\nb\\u0007" in run.out
    assert run.out.replace("\n", "").isprintable()


def test_schema(shop: Project) -> None:
    """`schema` prints the JSON schema of a matrix."""
    assert json.loads(shop.run("schema").out) == SCHEMA


# --------------------------------------------------------------------------------------------------
# show
# --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["text", "md", "csv", "json", "mermaid", "dot", "html", "lock"])
def test_every_format_is_there(shop: Project, form: str) -> None:
    """`--format` and the ending of a file come to the same."""
    ending = {"text": "txt", "mermaid": "mmd"}.get(form, form)
    run = shop.run("show", "shop.orders:orders", "--format", form)
    assert (run.code, run.err) == (0, "")
    assert "take_van" in run.out
    assert shop.run("show", "shop.orders:orders", "-o", f"a.{ending}").out == ""
    assert (shop.root / f"a.{ending}").read_text(encoding="utf-8") == run.out
    over = shop.run("show", "shop.orders:orders", "--format", form, "--output", "b.csv")
    assert (over.code, (shop.root / "b.csv").read_text(encoding="utf-8")) == (0, run.out)


def test_several_policies_follow_each_other(shop: Project) -> None:
    """In `text`, `md` and `lock`; other formats want one, and say which there are."""
    for form in ("text", "md", "lock"):
        out = shop.run("show", "--format", form).out
        assert "orders" in out
        assert "Refunds" in out
    run = shop.run("show", "--format", "csv")
    assert run.err == "bylaws: csv is for one policy; name one with --policy: orders, Refunds\n"
    assert shop.run("show", "--format", "csv", "--policy", "orders").code == 0


def test_the_focus_is_a_state_or_a_rule(shop: Project) -> None:
    """`--focus` shows less; what it is not found in is left out, and a typo gets a hint."""
    part = shop.run("show", "--focus", "take_van").out
    assert "take_van" in part
    assert "Refunds" not in part
    assert "ASKED" in shop.run("show", "--focus", "ASKED", "-o", "-").out
    run = shop.run("show", "shop.orders", "--focus", "take_vam")
    assert run.code == 2
    assert "near it: take_van" in run.err
    assert shop.run("show", "shop.orders", "--focus", "PAID", "--format", "json").err == (
        "bylaws: json has all of a policy: leave out --focus\n"
    )


# --------------------------------------------------------------------------------------------------
# diff
# --------------------------------------------------------------------------------------------------


def test_nothing_changed(shop: Project) -> None:
    """What is the same says so and is no finding."""
    shop.run("show", "shop.orders:orders", "-o", "o.json")
    run = shop.run("diff", "o.json", "shop.orders:orders")
    assert (run.code, run.out, run.err) == (0, "the same\n", "")


@pytest.fixture
def edited(shop: Project) -> Project:
    """The shop; `old.lock` has a van, the code has none any more."""
    shop.run("lock", "--lock", "old.lock")
    shop.module("gone", WITHOUT_VAN)
    shop.file("pyproject.toml", '[tool.bylaws]\npolicies = ["gone", "shop.refunds"]\n')
    return shop


def test_a_difference_is_a_finding(edited: Project) -> None:
    """What is different is printed under each policy's name; the new side is the project's."""
    run = edited.run("diff", "old.lock")
    assert (run.code, run.err) == (1, "")
    assert "orders\n  opens  PAID -> SHIPPED: " in run.out
    assert "Refunds\n  the same\n" in run.out
    one = edited.run("diff", "old.lock", "--policy", "orders")
    assert one.code == 1
    assert one.out.startswith("opens  PAID -> SHIPPED: ")


def test_policies_that_are_new_or_gone(shop: Project) -> None:
    """A policy on one side alone is told of, with all its entries, and is a finding."""
    run = shop.run("diff", os.devnull, "shop.orders")
    assert run.code == 1
    assert run.out.startswith("orders (new)\n  ")
    run = shop.run("diff", "shop", "shop.refunds")
    assert run.code == 1
    assert "Refunds\n  the same\norders (gone)\n  " in run.out
    run = shop.run("diff", "shop", "shop.orders", "--policy", "Refunds", "--format", "md")
    assert run.code == 1
    assert run.out.startswith("### `Refunds` is gone\n\n")
    shop.module(
        "none", "from bylaws import Policy\nfrom shop.orders import S\nno = Policy[S](name='no')"
    )
    run = shop.run("diff", os.devnull, "none")
    assert (run.code, run.out) == (1, "no (new)\n  the same\n")
    assert shop.run("diff", os.devnull, "none", "--fail-on", "loosens").code == 0
    run = shop.run("diff", os.devnull, "none", "--only", "PAID -> NEW")
    assert (run.code, run.err) == (1, "no is new, which is a finding\n")


def test_two_names_of_one_policy_are_compared(shop: Project) -> None:
    """One policy on each side is compared, whatever the names; several are told by name."""
    shop.module("renamed", ORDERS.replace('"orders"', '"sales"'))
    run = shop.run("diff", "shop.orders", "renamed")
    assert (run.code, run.out) == (0, "the same\n")
    shop.module("twice", f"{ORDERS}again = Policy[S](name='orders')\n")
    run = shop.run("diff", os.devnull, "twice")
    assert run.code == 2
    assert "two policies are called 'orders': twice:orders and twice:again" in run.err


@pytest.mark.parametrize(
    ("flags", "code"),
    [
        (["--only", "PAID -> SHIPPED"], 0),
        (["--only", "NEW, PAID -> every S, None"], 0),
        (["--only", "* -> NEW", "--only=PAID -> *"], 0),
        (["--only", "NEW -> PAID"], 1),
        (["--only", "ASKED -> GIVEN"], 1),
        (["--fail-on", "opens"], 1),
        (["--fail-on", "loosens,reorders", "--fail-on", "opens"], 1),
        (["--fail-on", "loosens,reorders"], 0),
        (["--fail-on", "any"], 1),
        (["--fail-on", "nothing"], 0),
        (["--only", "PAID -> SHIPPED", "--fail-on", "opens"], 1),
        (["--only", "PAID -> SHIPPED", "--fail-on", "tightens"], 0),
        (["--only", "NEW -> PAID", "--fail-on", "nothing"], 1),
        (["--only", "NEW -> PAID", "--fail-on", "opens"], 1),
    ],
)
def test_flags_say_what_is_a_finding(edited: Project, flags: list[str], code: int) -> None:
    """`--only` makes what is outside a finding, `--fail-on` kinds; what is one goes to stderr."""
    run = edited.run("diff", "old.lock", *flags)
    assert run.code == code, run.err
    assert "opens" in run.out
    told = "orders: 1 of the changes is a finding:\n  opens  PAID -> SHIPPED: "
    assert run.err.startswith(told) if code else run.err == ""


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        (["--only", "PIAD -> NEW"], "--only: there is no state 'PIAD'; near it: PAID"),
        (["--only", "PAID"], "--only: 'PAID' names no moves"),
        (["--fail-on", "losens"], "--fail-on: there is no kind 'losens'; near it: loosens"),
        (["--fail-on", "x"], "there is no kind 'x'; the kinds are: opens, loosens, closes"),
        (["--output", "x.csv"], "a difference is not made as csv, but as text, md"),
        (["--format", "html"], "html is for one policy; name one with --policy: orders, Refunds"),
    ],
)
def test_flags_that_mean_nothing(edited: Project, flags: list[str], told: str) -> None:
    """A misspelt state, kind or format is an error that says what was probably meant."""
    run = edited.run("diff", "old.lock", *flags)
    assert (run.code, run.out) == (2, "")
    assert told in run.err


def test_a_difference_as_markdown(edited: Project) -> None:
    """Each policy that is changed, and in one line those that are not."""
    run = edited.run("diff", "old.lock", "--format", "md")
    assert run.code == 1
    assert "### `orders`" in run.out
    assert run.out.endswith("\nThe same: `Refunds`.\n")


def test_a_comment_is_not_too_long(shop: Project) -> None:
    """All policies together stay below what GitHub takes; those that are the same are counted."""
    states = StateSpace((StateEnum("S", tuple([f"state_{at}" for at in range(200)])),))
    many = [
        EntryFacts(f"rule_{at}", "rule", StateSet((), (f"state_{at}",)), StateSet(("S",)))
        for at in range(200)
    ]
    names = [f"policy_{at}" for at in range(20)]
    shop.file("new.lock", write_lock([Matrix(name, states, tuple(many)) for name in names]))
    shop.file("old.lock", write_lock([Matrix(name, states, ()) for name in names]))
    run = shop.run("diff", "old.lock", "new.lock", "--format", "md")
    assert run.out.count("### ") == 20
    assert 40_000 < len(run.out.encode()) < 65_536
    same = shop.run("diff", "old.lock", "old.lock", "--format", "md")
    assert (same.code, same.out) == (0, "The same: 20 policies.\n")


def test_a_difference_as_json(edited: Project) -> None:
    """As JSON it is what the schema says, of one policy."""
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads(edited.run("schema", "difference").out)
    run = edited.run("diff", "old.lock", "--format", "json", "--policy", "orders")
    data = json.loads(run.out)
    jsonschema.validate(data, schema)
    assert (run.code, data["lines"][0]["sentence"]) == (1, "take_van is gone")
    run = edited.run("diff", "old.lock", "--format", "json")
    assert run.err.startswith("bylaws: json is for one policy; name one with --policy: orders, ")


def test_a_difference_as_a_page(edited: Project) -> None:
    """As HTML two policies stand beside each other."""
    run = edited.run("diff", "old.lock", "--policy", "orders", "-o", "x.html")
    assert run.code == 1
    assert "take_van" in (edited.root / "x.html").read_text(encoding="utf-8")


# --------------------------------------------------------------------------------------------------
# The endings of outputs
# --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("verb", ["show", "lint", "check"])
def test_an_ending_that_means_nothing(shop: Project, verb: str) -> None:
    """It is refused with those that do, and nothing is written; with `--format` any will do."""
    shop.run("lock")
    run = shop.run(verb, "-o", "x.pdf")
    assert (run.code, run.out) == (2, "")
    assert run.err.startswith("bylaws: --output x.pdf: the endings are: .")
    assert run.err.endswith(", .txt; else say the --format\n")
    assert not (shop.root / "x.pdf").exists()
    for output in (["x.pdf", "--format", "text"], ["x.TXT"], ["x"]):
        assert shop.run(verb, "-o", *output).code == 0
        assert (shop.root / output[0]).is_file()
    assert shop.run(verb, "-o", "-").out


# --------------------------------------------------------------------------------------------------
# lock, check
# --------------------------------------------------------------------------------------------------


def test_lock_and_check(shop: Project) -> None:
    """`lock` writes; `check` compares, prints the difference and what accepts it."""
    run = shop.run("check")
    assert (run.code, run.out) == (2, "")
    assert run.err == "bylaws: there is no bylaws.lock; this writes it: bylaws lock\n"
    run = shop.run("lock")
    assert (run.code, run.out, run.err) == (0, "", "wrote bylaws.lock: Refunds, orders\n")
    run = shop.run("check")
    assert (run.code, run.out, run.err) == (0, "orders\n  the same\nRefunds\n  the same\n", "")
    shop.module("shop.other", WITHOUT_VAN)
    shop.file("pyproject.toml", '[tool.bylaws]\npolicies = ["shop.other", "shop.refunds"]\n')
    run = shop.run("check")
    assert run.code == 1
    assert "opens  PAID -> SHIPPED" in run.out
    assert run.err == (
        "bylaws.lock is not what the policies do; to accept the difference: bylaws lock\n"
    )
    assert shop.run("lock").code == 0
    assert shop.run("check").code == 0


@pytest.mark.parametrize("form", ["json", "html"])
def test_check_may_be_of_one_policy(shop: Project, form: str) -> None:
    """With `--policy` formats for one policy serve; what accepts writes all of them."""
    shop.run("lock")
    shop.module("shop.orders", WITHOUT_VAN)
    shop.file("pyproject.toml", '[tool.bylaws]\npolicies = ["shop.refunds", "changed"]\n')
    shop.module("changed", WITHOUT_VAN)
    run = shop.run("check", "--format", form)
    told = f"bylaws: {form} is for one policy; name one with --policy: Refunds, orders\n"
    assert (run.code, run.out, run.err) == (2, "", told)
    run = shop.run("check", "--format", form, "--policy", "orders")
    assert run.code == 1
    assert "take_van is gone" in run.out
    assert run.err.endswith("; to accept the difference: bylaws lock\n")
    run = shop.run("check", "--format", form, "--policy", "Refunds")
    assert (run.code, run.err) == (0, "")
    run = shop.run("check", "--policy", "order")
    assert run.err == (
        "bylaws: no policy is called 'order'; near it: orders; they are: Refunds, orders\n"
    )
    shop.run("lock", "shop.refunds")
    run = shop.run("check", "--policy", "orders")
    assert run.code == 1
    assert run.out.startswith("orders (new)\n")


def test_check_counts_a_name(shop: Project) -> None:
    """A policy that is called otherwise is gone, and another is new: the lock names it."""
    shop.run("lock", "shop.orders")
    shop.module("sales", ORDERS.replace('"orders"', '"sales"'))
    run = shop.run("check", "sales")
    assert run.code == 1
    assert re.findall(r"^\w+ \(\w+\)", run.out, re.MULTILINE) == ["sales (new)", "orders (gone)"]
    assert run.err.endswith(
        ": bylaws lock sales\n"
        "that takes orders out of the lock; to keep what is there, name its source too\n"
    )


def test_the_command_that_accepts_repeats_the_arguments(shop: Project) -> None:
    """Sources and `--lock` are in it, quoted for a shell; it takes no other out of the lock."""
    shop.run("lock")
    shop.module("changed", WITHOUT_VAN)
    run = shop.run("check", "changed", "shop.refunds")
    assert (run.code, run.err.splitlines()[1:]) == (1, [])
    assert run.err.endswith(": bylaws lock changed shop.refunds\n")
    run = shop.run("check", "changed")
    assert "\nthat takes Refunds out of the lock; " in run.err
    run = shop.run("check", "shop.orders:orders", "--lock", "my lock")
    assert run.err.endswith(": bylaws lock shop.orders:orders '--lock=my lock'\n")
    shop.run("lock", "shop.orders:orders", "--lock", "my lock")
    assert shop.run("check", "shop.orders:orders", "--lock", "my lock", "-o", "x.md").code == 0
    assert (shop.root / "x.md").read_text(encoding="utf-8") == "The same: `orders`.\n"


def test_a_lock_may_be_printed(shop: Project) -> None:
    """`--lock -` prints the lock, as `show --format lock` does."""
    out = shop.run("lock", "--lock", "-").out
    assert out.startswith("bylaws lock 1\n")
    assert out == shop.run("show", "--format", "lock").out
    assert not (shop.root / "-").exists()


def test_two_policies_of_one_name_have_no_lock(shop: Project) -> None:
    """A lock tells policies by their names."""
    shop.module("twice", f"{REFUNDS}again = Policy[R](name='Refunds')\n")
    run = shop.run("lock", "twice")
    assert run.code == 2
    assert "two policies are called 'Refunds': twice:again and twice:Refunds;" in run.err


def test_a_lock_that_was_merged_wrongly(shop: Project) -> None:
    """What is wrong with a lock is told with its file and its line."""
    shop.run("lock")
    file = shop.root / "bylaws.lock"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("rule take_money", "<<<<<<< ours\nrule take_money"), "utf-8")
    run = shop.run("check")
    assert run.code == 2
    assert re.match(r"bylaws: bylaws\.lock: line \d+: .*merge", run.err)
