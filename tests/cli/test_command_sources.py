"""Sources: what a person names a policy by."""

from __future__ import annotations

import json
import os
import sys

import pytest

from tests.cli.conftest import ORDERS, Project

PREFECT = """
from enum import Enum


class StateType(Enum):
    PENDING = 1
    RUNNING = 2


class FromPending:
    FROM_STATES = {StateType.PENDING}
    TO_STATES = {StateType.RUNNING}

    async def before_transition(self, initial_state, proposed_state, context):
        raise AssertionError


class FlowPolicy:
    @staticmethod
    def priority():
        return [FromPending]


class Unfinished:
    @staticmethod
    def priority():
        raise NotImplementedError


class Task:
    def priority(self):
        raise AssertionError
"""


def names(project: Project, *sources: str) -> list[str]:
    """The policies that `next` tells of."""
    run = project.run("next", "none", *sources, "--format", "json")
    assert run.code == 0, run.err
    return [each["policy"] for each in json.loads(run.out)]


def test_an_attribute_is_a_policy(shop: Project) -> None:
    """`module:attribute` is the policy there."""
    assert shop.run("next", "PAID", "shop.orders:orders").out == "SHIPPED\n"


@pytest.mark.parametrize(
    "source",
    ["shop.more:make", "shop.more:Made", "shop.more:Holder.orders", "shop.more:there"],
)
def test_what_makes_one_is_called(shop: Project, source: str) -> None:
    """A function or class without required arguments is called; a path and a module lead to it."""
    shop.module(
        "shop.more",
        "import shop.orders as there\n"
        "def make(really=True): return there.orders\n"
        "class Made(type(there.orders)[there.S]):\n"
        "    def priority(self): return ()\n"
        "    name = 'made'\n"
        "class Holder:\n    orders = there.orders\n",
    )
    assert len(names(shop, source)) == 1


def test_a_package_is_all_that_is_in_it(shop: Project) -> None:
    """Every policy below a package is found once, whoever imports it; `__main__` stays alone."""
    shop.module("shop.__main__", "raise SystemExit(3)")
    shop.module(
        "shop.more",
        "from shop.orders import orders as again, S\n"
        "from bylaws import AsyncPolicy, Policy\n"
        "_hidden = Policy[S](name='hidden')\n"
        "class Needs(Policy[S]):\n"
        "    def __init__(self, what): super().__init__()\n"
        "    def priority(self): return ()\n"
        "class Base(Policy[S]): pass\n"
        "class Made(Policy[S]):\n"
        "    def priority(self): return ()\n"
        "made = Made()\n",
    )
    assert sorted(names(shop, "shop")) == ["Made", "Refunds", "orders"]
    assert sorted(names(shop)) == ["Made", "Refunds", "orders"]


def test_a_policy_is_there_once(shop: Project) -> None:
    """One that is found by two sources, being imported by a module, is one policy."""
    shop.module("shop.user", "from shop.orders import orders as imported")
    assert names(shop, "shop.orders", "shop.user", "shop.orders:orders") == ["orders"]


def test_prefects_classes_are_read(shop: Project) -> None:
    """A class with a `priority()` of classes is a policy: found if that is static, as Prefect's."""
    shop.module("flows", PREFECT)
    shop.module("static", PREFECT.partition("class Unfinished")[0])
    assert names(shop, "flows:FlowPolicy") == ["FlowPolicy"]
    assert names(shop, "static") == ["FlowPolicy"]
    run = shop.run("explain", "PENDING", "RUNNING", "flows:Unfinished")
    assert run.code == 2
    assert run.err.startswith("bylaws: flows:Unfinished makes no policy:\nTraceback")
    assert "raise NotImplementedError" in run.err


def test_a_module_in_a_cycle_need_not_come_first(shop: Project) -> None:
    """One that can only be imported after the module that asks it is imported after that."""
    shop.module("shop.first", "import shop.second\nfrom shop.orders import orders")
    shop.module("shop.second", "from shop.first import orders")
    assert names(shop, "shop.first:orders") == ["orders"]


def test_a_cycle_without_a_beginning_is_an_error(shop: Project) -> None:
    """Where no order helps, the first error is shown; what is missing for another reason, too."""
    shop.module("shop.first", "from shop.second import orders")
    shop.module("shop.second", "from shop.first import orders")
    shop.module("shop.third", "from shop.orders import nothing")
    for name, asked in (("first", "orders' from partially initialized module 'shop.first"),
                        ("third", "nothing' from 'shop.orders")):  # fmt: skip
        run = shop.run("next", "none", f"shop.{name}")
        assert run.code == 2
        assert run.err.startswith(f"bylaws: shop.{name} does not import:\nTraceback")
        assert f"cannot import name '{asked}" in run.err.splitlines()[-1]
        assert "direct cause" not in run.err
        assert "During handling" not in run.err


def test_what_a_module_prints_is_no_output(shop: Project) -> None:
    """What user code prints on its way goes to stderr."""
    shop.module(
        "loud",
        "print('hello')\nfrom shop.orders import orders\n"
        "def make():\n  print('you')\n  return orders",
    )
    run = shop.run("next", "PAID", "loud:make")
    assert (run.out, run.err) == ("SHIPPED\n", "hello\nyou\n")


def test_a_file_is_told_by_what_is_in_it(shop: Project) -> None:
    """JSON and locks are read, whatever the files are called; a byte order mark does no harm."""
    shop.run("show", "shop.orders", "--output", "o.json")
    shop.run("lock", "--lock", "some:file")
    shop.file("bom", b"\xef\xbb\xbf" + (shop.root / "o.json").read_bytes())
    assert names(shop, "o.json") == names(shop, "bom") == ["orders"]
    assert names(shop, "some:file", "./o.json") == ["Refunds", "orders", "orders"]


def test_nothing_is_no_policy(shop: Project) -> None:
    """`/dev/null` has no policies: git gives it for a side that is not there."""
    assert shop.run("show", os.devnull, "--format", "json").err == (
        "bylaws: json is for one policy; there is none\n"
    )
    assert shop.run("next", "PAID", os.devnull).err == "bylaws: there is no policy\n"


def test_one_of_several_is_chosen(shop: Project) -> None:
    """`--policy` chooses by name; a name that is none is an error with those that are."""
    assert shop.run("next", "none", "--policy", "orders").out == "NEW\n"
    run = shop.run("next", "none", "--policy", "order")
    told = "no policy is called 'order'; near it: orders; they are: orders, Refunds"
    assert run.err == f"bylaws: {told}\n"
    assert shop.run("next", "none", os.devnull, "--policy", "x").err == (
        "bylaws: no policy is called 'x'; there are none\n"
    )


@pytest.mark.spawns
def test_git_has_other_revisions(shop: Project) -> None:
    """`REV:PATH` is a file in git, from the top or, with `./`, from here, or what is staged."""
    shop.run("lock")
    shop.git("init", "-q", "-b", "main")
    shop.git("add", "bylaws.lock")
    assert names(shop, ":bylaws.lock") == ["Refunds", "orders"]
    shop.git("commit", "-qm", "lock")
    shop.module("shop.orders", "raise AssertionError('imported')")
    (shop.root / "bylaws.lock").unlink()
    for source in ("main:bylaws.lock", "HEAD:./bylaws.lock", "main^{commit}:bylaws.lock"):
        assert names(shop, source) == ["Refunds", "orders"]
    run = shop.run("show", "main:other.lock")
    assert run.code == 2
    assert run.err.startswith("bylaws: main:other.lock cannot be read from git: fatal: path")


def test_there_may_be_no_git(shop: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where git cannot be started, that is said; what looks like an option is no revision."""
    monkeypatch.setenv("PATH", str(shop.root))
    assert "main:x.lock: there is no git here" in shop.run("show", "main:x.lock").err
    assert shop.run("show", "--", "--batch:x.lock").err == "bylaws: --batch:x.lock is no REV:PATH\n"


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("shap", "there is no module shap; near it: shop"),
        ("shop.ordres", "there is no module shop.ordres; near it: orders"),
        ("shop.orders.orders", "no package; what is in it is shop.orders:orders"),
        ("shop.qqq", "there is no module shop.qqq. The working directory and its src are"),
        ("qqq:qqq", "there is no module qqq. The working directory and its src are importable"),
        (
            "shop.orders:order",
            "shop.orders has no 'order'; near it: orders\npolicies there: orders",
        ),
        ("shop.orders:S.X", "shop.orders has no 'S.X'"),
        ("shop.refunds:R", "it is a EnumType\npolicies there: Refunds"),
        ("shop.orders:take_van", "neither a policy nor makes one without arguments"),
        ("shop.plain:make", "shop.plain:make() makes no policy, but a int\npolicies there: none"),
        ("shop.plain:soon", "shop.plain:soon() makes no policy, but a coroutine"),
        ("shop.plain", "there is no policy in shop.plain"),
        ("no such", "'no such' is neither a file nor a module"),
        ("src/shop/orders.py", "a module is named as it is imported: shop.orders"),
        ("src/shop/orders.py:orders", "by its module, as imported: shop.orders:orders\n"),
        ("./src/shop/__init__.py:orders", "by its module, as imported: shop:orders\n"),
        ("there.py:orders", "by its module, as imported: there:orders\n"),
        ("src/shop", "src/shop: a package is named as it is imported: shop\n"),
        ("src/shop/", "src/shop/: a package is named as it is imported: shop\n"),
        ("bylaws.lok/", "there is no file bylaws.lok/"),
        ("o/p.json", "there is no file o/p.json"),
        ("old.json", "there is no file old.json; near it: new.json"),
        ("new.json", "new.json: line 1: it is no JSON"),
        ("foreign.lock", "foreign.lock: line 1: "),
    ],
)
def test_errors_teach(shop: Project, source: str, told: str) -> None:
    """What is wrong with a source is said in a line or two, with what was probably meant."""
    shop.module("shop.plain", "int = int\ndef make(): return 1\nasync def soon(): return 1")
    shop.file("there.py", ORDERS)
    shop.file("new.json", "{")
    shop.file("foreign.lock", "[[package]]")
    run = shop.run("next", "none", source)
    assert run.code == 2
    assert told in run.err
    assert "Traceback" not in run.err
    assert len(run.err.splitlines()) < 4


def test_a_module_that_does_not_import_shows_why(shop: Project) -> None:
    """Its own traceback is shown, with the user's frames only, those of causes too."""
    shop.module(
        "shop.broken",
        "import importlib\n"
        "def load():\n"
        "    try:\n"
        "        importlib.import_module('shop.nothing')\n"
        "    except ImportError as error:\n"
        "        raise ValueError('no good') from error\n"
        "load()\n",
    )
    run = shop.run("next", "none", "shop.broken")
    assert run.code == 2
    assert run.err.startswith("bylaws: shop.broken does not import:\nTraceback")
    assert "ModuleNotFoundError: No module named 'shop.nothing'" in run.err
    assert run.err.endswith("ValueError: no good\n")
    files = {line.split('"')[1] for line in run.err.splitlines() if line.startswith("  File ")}
    assert files == {str(shop.root / "src/shop/broken.py")}


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("import not_installed", "ModuleNotFoundError: No module named 'not_installed'"),
        ("raise SystemExit(0)", "SystemExit: 0"),
        ("def", "SyntaxError: invalid syntax"),
        ("from bylaws import Policy\nPolicy(1)", "PolicyError: The policy Policy cannot be made:"),
        ("from enum import Enum\nEnum('S', 1)", "Enum('S', 1)"),
        ("raise ExceptionGroup('two', [ValueError(1), KeyError(2)])", "KeyError: 2"),
    ],
)
def test_whatever_stops_an_import_is_told(shop: Project, code: str, told: str) -> None:
    """A missing dependency, an exit, a typo, a policy that cannot be made: no frame of bylaws."""
    shop.module("shop.broken", code)
    run = shop.run("next", "none", "shop.broken")
    assert run.code == 2
    assert told in run.err
    assert "bylaws/" not in run.err
    assert "importlib" not in run.err


def test_a_library_that_fails_by_itself_shows_its_frames(
    shop: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where no frame is the user's, all are shown but those that import."""
    monkeypatch.setattr("bylaws.cli.errors._LIBRARIES", (str(shop.root),))
    shop.module("shop.broken", "1 / 0")
    run = shop.run("next", "none", "shop.broken")
    assert f'File "{shop.root / "src/shop/broken.py"}", line 1' in run.err


def test_what_makes_a_policy_may_fail(shop: Project) -> None:
    """An exception of what is called, or of a policy made on first use, is told likewise."""
    shop.module(
        "shop.late",
        "from dataclasses import dataclass\n"
        "from bylaws import Policy\n"
        "from shop.orders import S\n"
        "def make(): 1 / 0\n"
        "@dataclass\n"
        "class Late(Policy[S]):\n"
        "    what: int = 1\n"
        "    def priority(self): return (1,)\n"
        "late = Late()\n",
    )
    run = shop.run("next", "none", "shop.late:make")
    assert run.err.startswith("bylaws: shop.late:make() makes no policy:\nTraceback")
    assert run.err.endswith("ZeroDivisionError: division by zero\n")
    assert "bylaws/" not in run.err
    run = shop.run("next", "none", "shop.late:late")
    assert run.err.startswith("bylaws: shop.late:late makes no policy:\n")
    assert "PolicyError" in run.err


def test_src_goes_first(empty: Project) -> None:
    """Modules of `src` are found, then those of the working directory; afterwards none is."""
    empty.file("here.py", ORDERS)
    empty.file("src/here.py", ORDERS.replace('"orders"', '"of src"'))
    before = [*sys.path]
    assert names(empty, "here") == ["of src"]
    assert sys.path == before


def test_interrupted(shop: Project) -> None:
    """Ctrl-C while a module is imported is neither a finding nor an error."""
    shop.module("slow", "raise KeyboardInterrupt")
    with pytest.raises(SystemExit, match="130"):
        shop.run("next", "none", "slow")
