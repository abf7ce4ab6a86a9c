"""The plugin: what pytest offers where bylaws is installed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

import bylaws.testing.plugin  # so that it is not loaded in the runs below, and unloaded again
from bylaws import Policy
from bylaws.testing import combine, read_coverage
from bylaws.testing.coverage.processes import VARIABLE
from tests.views.tools import missing

pytest_plugins = ["pytester"]

SHOP = """
    from enum import Enum
    from bylaws import Delay, Policy, Proceed, Transition, delay, proceed, rule

    class S(Enum):
        NEW = "new"
        PAID = "paid"

    @rule(from_states={S.NEW}, to_states={S.PAID})
    def pays(t: Transition[S, S, int]) -> Proceed | Delay:
        return delay(t.context, reason="later") if t.context else proceed()

    orders = Policy[S, int](pays, name="orders")

    def make():
        return orders

    nothing = None
"""
TESTS = """
    from shop import S, orders

    run = orders.run  # a bound method, taken while tests are collected

    def test_paid():
        assert run(0, S.NEW, S.PAID).state is S.PAID

    def test_later():
        assert orders.run(5, S.NEW, S.PAID).seconds == 5
"""


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A project with a policy of two items, and tests that exercise both."""
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.delenv(VARIABLE, raising=False)
    pytester.makepyfile(shop=SHOP, test_shop=TESTS)
    pytester.syspathinsert()
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    return pytester


def run(project: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    """Run the tests of the project."""
    return project.runpytest_inprocess("-p", "pytest_bylaws", *arguments)


def test_all_is_exercised(project: pytest.Pytester) -> None:
    """A line says so; afterwards nothing is left of the recording."""
    result = run(project, "--bylaws-cov", "shop:orders", "--bylaws-cov-fail-under", "100")
    assert result.ret == 0
    result.stdout.fnmatch_lines(
        ["*coverage of a policy*", "shop:orders: 2 of 2 exercised, in 1 of 1 kind of moves (2 *"]
    )
    assert "run" not in vars(Policy)
    assert VARIABLE not in os.environ


def test_less_than_was_asked_for(project: pytest.Pytester) -> None:
    """The suite fails though its tests pass, and the holes are listed."""
    arguments = ["--bylaws-cov=shop:orders", "--bylaws-cov-fail-under=50.1", "-k", "later"]
    result = run(project, *arguments)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(
        [
            "shop:orders: 1 of 2 exercised, in 1 of 1 kind of moves (1 run)",
            " A orders.run(context, S.NEW, S.PAID)",
            "*pays never proceeded",
            "FAIL shop:orders: 1 of 2 are less than 50.1 %",
        ]
    )
    arguments[1] = "--bylaws-cov-fail-under=50"
    assert run(project, *arguments).ret == 0


def test_a_suite_that_is_stopped(project: pytest.Pytester) -> None:
    """What was exercised until then is told."""
    project.makepyfile(
        test_wrong="""
        from shop import S, orders

        def test_wrong():
            assert not orders.run(0, S.NEW, S.PAID)

        def test_later():
            orders.run(5, S.NEW, S.PAID)
        """
    )
    result = run(project, "-x", "test_wrong.py", "--bylaws-cov=shop:orders")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["shop:orders: 1 of 2 exercised, *"])


def test_several_policies(project: pytest.Pytester) -> None:
    """Each has its report and has to reach what was asked for; compositions are the policy too."""
    project.makepyfile(
        stores="""
        from shop import S, orders
        from bylaws import Policy

        empty = Policy[S, int](name="empty")
        orders = orders.without()
        """,
        test_stores="""
        from shop import S
        from stores import orders

        def test_paid():
            assert orders.run(0, S.NEW, S.PAID).state is S.PAID
        """,
    )
    names = ["shop:orders", "stores:orders", "stores:empty"]
    options = [f"--bylaws-cov={name}" for name in (*names, names[0])]
    result = run(project, "test_stores.py", *options, "--bylaws-cov-fail-under=51")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(
        [
            *["shop:orders: 1 of 2 exercised, *", "stores:orders: 1 of 2 exercised, *"],
            *["stores:empty: 0 of 0 exercised, *", "FAIL shop:orders: *", "FAIL stores:orders: *"],
        ]
    )


def test_reports_are_written(project: pytest.Pytester) -> None:
    """By their endings; also what makes a policy can be named; the parts add up."""
    for name in ("later", "paid"):
        files = [f"out/{name}{ending}" for ending in (".txt", ".md", ".html", ".json")]
        options = [f"--bylaws-cov-report={file}" for file in files]
        result = run(project, "--bylaws-cov=shop:make", "-k", name, *options)
        assert result.ret == 0
        assert "| `NEW` | \u00b7 | A? |" in Path("out", f"{name}.md").read_text("utf-8")
        assert "1 of 2 exercised" in Path("out", f"{name}.txt").read_text()
        assert "1 of 2 exercised" in Path("out", f"{name}.html").read_text()
        assert json.loads(Path("out", f"{name}.json").read_text())["bylaws coverage"] == 1
    (seen,) = combine("out/later.json", "out/paid.json")
    assert not seen.holes()


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (["--bylaws-cov-fail-under=5"], "which policy? Name it: --bylaws-cov package.module:attr"),
        (["--bylaws-cov-report=a.md"], "which policy?"),
        (["--bylaws-cov=shop:orders", "--bylaws-cov-report=a.svg"], "the endings are: .txt, .md,"),
        (
            ["--bylaws-cov=a:b", "--bylaws-cov=a:c", "--bylaws-cov-report=a.html"],
            "a page is about one policy",
        ),
        (["--bylaws-cov=shop:orders", "--bylaws-cov-fail-under=101"], "'101' is no percentage"),
        (["--bylaws-cov=shop"], "'shop' names no policy: write package.module:attribute"),
        (["--bylaws-cov=shop:"], "'shop:' names no policy"),
        (["--bylaws-cov=shop:order"], "shop has no 'order'; near it: orders"),
        (["--bylaws-cov=shap:orders"], "there is no policy at shap:orders: ModuleNotFoundError"),
        (["--bylaws-cov=shop:nothing"], "shop:nothing is no policy: it is a NoneType"),
    ],
)
def test_what_cannot_be_meant(project: pytest.Pytester, options: list[str], why: str) -> None:
    """It is an error of usage, which says what to write."""
    result = run(project, *options)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert why in result.stderr.str() + result.stdout.str()
    assert "run" not in vars(Policy)


def test_collecting_alone_records_nothing(project: pytest.Pytester) -> None:
    """There is nothing to report then."""
    result = run(project, "--bylaws-cov=shop:orders", "--collect-only")
    assert result.ret == 0
    result.stdout.no_fnmatch_line("*coverage of a policy*")


def test_outcomes_are_shown_with_their_traces(project: pytest.Pytester) -> None:
    """In a failed assertion, without any option."""
    project.makepyfile(
        test_wrong="""
        from bylaws import Accepted
        from shop import S, orders

        def test_wrong():
            assert orders.run(5, S.NEW, S.PAID) == Accepted(S.PAID)
        """
    )
    result = run(project, "test_wrong.py")
    result.stdout.fnmatch_lines(
        ["E *assert Delayed(seconds=5*", "E *the trace:", "E * 1  pays  delay by 5 s: later*"]
    )


LOCKED = """
    from bylaws.testing import assert_locked
    from shop import orders

    def test_locked():
        assert_locked("bylaws.lock", orders)
"""


def test_a_lock_is_accepted(project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """With `--bylaws-update` it is written and the test passes; never in CI."""
    project.makepyfile(test_locked=LOCKED)
    assert run(project, "test_locked.py").ret == 1
    result = run(project, "test_locked.py", "--bylaws-update")
    assert result.ret == 0
    result.stdout.fnmatch_lines([f"bylaws: wrote {Path.cwd() / 'bylaws.lock'}"])
    assert run(project, "test_locked.py").ret == 0
    Path("bylaws.lock").unlink()
    monkeypatch.setenv("CI", "true")
    result = run(project, "test_locked.py", "--bylaws-update")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "--bylaws-update is refused: CI is set" in result.stderr.str()
    assert not Path("bylaws.lock").exists()


def test_a_lock_is_the_one_of_the_project(
    project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Started from a directory of tests, the lock is the one that `bylaws check` reads."""
    root = Path.cwd()
    monkeypatch.setattr(sys, "path", [str(root), *sys.path])
    project.makepyfile(test_locked=LOCKED)
    (root / "pyproject.toml").write_text("[tool.bylaws]\n")
    (root / "tests").mkdir()
    (root / "tests" / "pyproject.toml").write_text("[project]\n")
    monkeypatch.chdir(root / "tests")
    result = run(project, "../test_locked.py")
    result.stdout.fnmatch_lines([f"E *there is no {root / 'bylaws.lock'}; to accept it: pytest *"])
    assert run(project, "../test_locked.py", "--bylaws-update").ret == 0
    assert run(project, "../test_locked.py").ret == 0
    assert (root / "bylaws.lock").is_file()
    assert not (root / "tests" / "bylaws.lock").exists()


@pytest.mark.spawns
def test_it_imports_nothing_of_bylaws() -> None:
    """Until an option asks for it, or an outcome is compared."""
    code = "import pytest_bylaws, sys; print([n for n in sys.modules if n.startswith('bylaws')])"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("told", [True, False])
def test_a_worker_hands_its_counts_over(
    project: pytest.Pytester, told: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As pytest-xdist has it: they are in its output, and it reports nothing itself."""
    output: dict[str, str] = {}

    class Worker:
        @pytest.hookimpl(tryfirst=True)
        def pytest_configure(self, config: pytest.Config) -> None:
            worker: Any = config
            worker.workeroutput = output

    if told:
        monkeypatch.setenv(VARIABLE, json.dumps([str(tmp_path), "shop:orders"]))
    plugins = ["-p", "pytest_bylaws", "--bylaws-cov=shop:orders"]
    inline: Any = project
    assert inline.inline_run(*plugins, plugins=[Worker()]).ret == 0
    (seen,) = read_coverage(output["bylaws_coverage"])
    assert not seen.holes()
    assert (VARIABLE in os.environ) == told


def test_workers_are_put_together(
    project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What they hand over is added; one that crashed has handed nothing over."""
    run(project, "--bylaws-cov=shop:orders", "--bylaws-cov-report=all.json")

    class Node:
        workeroutput = {"bylaws_coverage": Path("all.json").read_text()}

    class Nodes:
        def pytest_runtest_protocol(self, item: pytest.Item) -> bool:
            coverage = item.config.pluginmanager.get_plugin("bylaws-coverage")
            assert isinstance(coverage, bylaws.testing.plugin.Coverage)
            coverage.pytest_testnodedown(Node())
            coverage.pytest_testnodedown(object())
            return True

    plugins = ["-p", "pytest_bylaws", "--bylaws-cov=shop:orders", "--bylaws-cov-report=two.json"]
    inline: Any = project
    inline.inline_run(*plugins, plugins=[Nodes()])
    (seen,) = combine("two.json")
    assert sum(seen.runs.values()) == 4
    assert not seen.holes()


@pytest.mark.spawns
def test_with_xdist(project: pytest.Pytester) -> None:
    """What the workers have exercised is put together."""
    if find_spec("xdist") is None:
        missing("there is no pytest-xdist: pip install pytest-xdist")
    arguments = ["--bylaws-cov=shop:orders", "--bylaws-cov-fail-under=100", "-n2"]
    result = project.runpytest_subprocess("-p", "pytest_bylaws", *arguments)
    assert result.ret == 0
    result.stdout.fnmatch_lines(["shop:orders: 2 of 2 exercised, in 1 of 1 kind of moves (2 runs)"])


@pytest.mark.spawns
def test_with_processes(project: pytest.Pytester) -> None:
    """Forked ones go on recording by themselves, others when they say so; each leaves a part."""
    project.makepyfile(
        child="""
        from bylaws.testing import record_subprocess

        record_subprocess()
        record_subprocess()

        from shop import S, orders

        orders.run(0, S.NEW, S.PAID)
        """,
        test_shop="""
        import multiprocessing
        import os
        import subprocess
        import sys

        import pytest
        from shop import S, orders

        def later():
            orders.run(5, S.NEW, S.PAID)

        @pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
        def test_forked():
            orders.run(5, S.NEW, S.PAID)
            child = multiprocessing.get_context("fork").Process(target=later)
            child.start()
            child.join()
            assert child.exitcode == 0

        def test_started():
            subprocess.run([sys.executable, "child.py"], check=True)
        """,
    )
    arguments = ["--bylaws-cov=shop:orders", "--bylaws-cov-fail-under=100"]
    result = project.runpytest_subprocess("-p", "pytest_bylaws", *arguments)
    assert result.ret == 0
    result.stdout.fnmatch_lines(["shop:orders: 2 of 2 exercised, in 1 of 1 kind of moves (3 runs)"])
