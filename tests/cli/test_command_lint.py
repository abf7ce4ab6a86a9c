"""`bylaws lint`, and `bylaws check --lint`."""

from __future__ import annotations

import json
import sys
import tomllib
from pathlib import Path

import pytest

from bylaws.lint.interchange import SCHEMA
from tests.cli.conftest import ORDERS, POLICIES, Project

LATE = """
@rule(from_states={S.PAID}, to_states={S.SHIPPED})
def close_the_books(t: Transition[S, S]) -> Abort:
    raise AssertionError("no hook is called")


orders = """
SHADOWED = (
    ORDERS.replace("import Policy", "import Abort, Policy")
    .replace("orders = ", LATE.lstrip())
    .replace("take_money, take_van", "take_money, close_the_books, take_van")
)
NOTED = ORDERS.replace('SHIPPED = "shipped"', 'SHIPPED = "shipped"\n    LOST = "lost"').replace(
    'raise AssertionError("no hook is called")', "return proceed()"
)


@pytest.fixture
def wrong(shop: Project) -> Project:
    """The shop, with a rule that is shadowed."""
    shop.module("shop.orders", SHADOWED)
    return shop


def test_nothing_is_found(shop: Project) -> None:
    """Where there is nothing to say, the code is 0."""
    for form in ("text", "json", "sarif", "github"):
        assert shop.run("lint", "--format", form).code == 0
    assert shop.run("lint").out == "no findings\n"
    assert shop.run("check", "--lint").code == 2
    shop.run("lock")
    run = shop.run("check", "--lint")
    assert (run.code, run.err) == (0, "")
    assert run.out.endswith("no findings\n")


def test_what_is_found(wrong: Project) -> None:
    """A finding is told with its place, and the code is 1."""
    run = wrong.run("lint")
    assert run.code == 1
    assert "src/shop/orders.py:" in run.out
    assert "shadowed" in run.out
    assert "take_van is never asked: close_the_books, before it, lets none" in run.out
    (finding,) = json.loads(wrong.run("lint", "--format", "json").out)["findings"]
    assert (finding["check"], finding["policy"]) == ("shadowed", "orders")
    assert wrong.run("lint", "--policy", "Refunds").code == 0
    assert wrong.run("lint", "shop.refunds").code == 0
    wrong.run("lint", "-o", "lint.sarif")
    assert json.loads((wrong.root / "lint.sarif").read_text())["version"] == "2.1.0"
    wrong.run("lint", "-o", "lint.txt")
    assert (wrong.root / "lint.txt").read_text() == run.out
    assert wrong.run("lint", "--format", "github").out.startswith("::warning file=src/shop")


def test_the_schema(empty: Project) -> None:
    """The schema of findings is printed."""
    assert json.loads(empty.run("schema", "findings").out) == SCHEMA


def test_what_counts(shop: Project) -> None:
    """Notes do not count, if it is not said that they do; the rest does, if it is not said."""
    shop.module("shop.orders", NOTED)
    assert "unreached-state" in shop.run("lint").out
    codes = {
        each: shop.run("lint", "--fail-on", each).code
        for each in ("error", "warning", "note", "nothing")
    }
    assert codes == {"error": 0, "warning": 0, "note": 1, "nothing": 0}
    shop.module("shop.orders", SHADOWED)
    for name in [name for name in sys.modules if name.startswith("shop")]:
        del sys.modules[name]
    assert shop.run("lint", "--fail-on", "warning").code == 1
    assert shop.run("lint", "--fail-on", "error").code == 0


def test_check_lints_too(wrong: Project) -> None:
    """`check --lint` is both, and fails for either; text is aside of another format on stdout."""
    wrong.run("lock")
    run = wrong.run("check", "--lint")
    assert run.code == 1
    assert "shadowed" in run.out
    run = wrong.run("check", "--lint", "--policy", "orders", "--format", "json")
    assert run.code == 1
    assert json.loads(run.out)["lines"] == []
    assert "shadowed" in run.err
    run = wrong.run("check", "--lint", "-o", "difference.md")
    assert "shadowed" in run.out
    assert wrong.run("check").code == 0


def test_a_matrix_is_linted(wrong: Project) -> None:
    """A lock and JSON give what can be told from them."""
    wrong.run("lock")
    run = wrong.run("lint", "bylaws.lock")
    assert run.code == 1
    assert "take_van is never asked" in run.out


def test_policies_that_are_made(wrong: Project) -> None:
    """What makes a policy is called once, and its policy is linted live."""
    made = "\n\nprint('made')\n\n\ndef make():\n    print('called')\n    return orders\n"
    wrong.file("made.py", SHADOWED + made)
    run = wrong.run("lint", "made:make")
    assert run.code == 1
    assert run.err.count("called") == 1
    assert "made.py:" in run.out


def test_ignores(wrong: Project) -> None:
    """What is printed by `--add-ignores` ignores what was found, once it says why."""
    run = wrong.run("lint", "--add-ignores")
    assert run.code == 0
    above, comment = run.out.splitlines()
    file, _, line = above.removeprefix("above ").rpartition(":")
    lines = (wrong.root / file).read_text().splitlines()
    for reason, code in [("TODO: say why", 1), ("until May", 0)]:
        mended = [*lines]
        mended.insert(int(line) - 1, comment.replace("TODO: say why", reason))
        wrong.module("shop.orders", "\n".join(mended))
        for name in [name for name in sys.modules if name.startswith("shop")]:
            del sys.modules[name]
        run = wrong.run("lint")
        assert run.code == code
        assert ("is still the placeholder" in run.out) is bool(code)
    assert wrong.run("lint").code == 0
    assert wrong.run("lint", "--add-ignores").out == ""


def test_ignores_of_the_project(wrong: Project) -> None:
    """What has no source is ignored in pyproject.toml; one of another policy is not judged."""
    wrong.run("lock")
    run = wrong.run("lint", "--add-ignores", "bylaws.lock")
    head, _, table = run.out.partition("\n")
    assert head == "in pyproject.toml, under [tool.bylaws.lint]"
    assert tomllib.loads(table)["ignore"][0]["at"] == "take_van"
    wrong.file("pyproject.toml", f"{POLICIES}\n[tool.bylaws.lint]\n{table}")
    run = wrong.run("lint")
    assert run.code == 1
    assert "the ignore of shadowed at take_van is still the placeholder: say why" in run.out
    table = table.replace("TODO: say why", "until May")
    wrong.file("pyproject.toml", f"{POLICIES}\n[tool.bylaws.lint]\n{table}")
    assert wrong.run("lint").code == 0
    assert wrong.run("lint", "shop.refunds").out == "no findings\n"
    wrong.module("shop.orders", ORDERS)
    for name in [name for name in sys.modules if name.startswith("shop")]:
        del sys.modules[name]
    run = wrong.run("lint")
    assert run.code == 1
    assert "pyproject.toml:4" in run.out
    assert "there is no shadowed at take_van of orders to ignore" in run.out
    table = f"{POLICIES}lint = {{ ignore = [{{ check = 'a', policy = 'b', at = 'c' }}] }}\n"
    wrong.file("pyproject.toml", table)
    assert "pyproject.toml:1" in wrong.run("lint").out


@pytest.mark.parametrize("listed", ["", "{ check = 'a', policy = 'b', at = 'c' },"])
def test_ignores_into_the_list_of_the_project(wrong: Project, listed: str) -> None:
    """Where the project has a list, items are printed that go into it, with a comment on where."""
    wrong.run("lock")
    wrong.file("pyproject.toml", f"{POLICIES}\n[tool.bylaws.lint]\nignore = [{listed}]\n")
    out = wrong.run("lint", "--add-ignores", "bylaws.lock").out
    head, _, items = out.partition("\n")
    assert head == "# in pyproject.toml, into the list `ignore` under [tool.bylaws.lint]"
    assert items.startswith("    { check =")
    read = tomllib.loads(f"ignore = [{listed}\n{out}]")["ignore"]
    assert [each["at"] for each in read][-1] == "take_van"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("lint = 1", "tool.bylaws.lint is no table"),
        ("lint = { ignores = [] }", "[tool.bylaws.lint] has no key 'ignores'; near it: ignore"),
        ("lint = { ignore = 1 }", "ignore of [tool.bylaws.lint] has to be a list of tables"),
        ("lint = { ignore = [1] }", "ignore of [tool.bylaws.lint] has to be a list of tables"),
        ("lint = { ignore = [{ entry = 'a' }] }", "an ignore of [tool.bylaws.lint] has no key"),
        (
            "lint = { ignore = [{ check = 'same-name', policy = 'p', reason = 'r' }] }",
            "an ignore of [tool.bylaws.lint] has no at; it takes a text for each of check, policy",
        ),
    ],
)
def test_a_table_that_means_nothing(empty: Project, text: str, told: str) -> None:
    """What is wrong with the table is said."""
    empty.file("pyproject.toml", f"[tool.bylaws]\npolicies = []\n{text}\n")
    run = empty.run("lint")
    assert run.code == 2
    assert told in run.err


def test_without_a_project(empty: Project) -> None:
    """A source needs no project."""
    empty.file("here.py", ORDERS)
    assert empty.run("lint", "here").code == 0
    assert not Path("pyproject.toml").exists()
