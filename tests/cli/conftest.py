"""A project in a directory of its own, and the command run in it."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bylaws.cli.start import main

ORDERS = '''
"""A shop."""

from enum import Enum

from bylaws import Policy, Transition, Verdict, every, moves, proceed, rule


class S(Enum):
    NEW = "new"
    PAID = "paid"
    SHIPPED = "shipped"


legal = moves({None: {S.NEW}, S.NEW: {S.PAID}, S.PAID: {S.SHIPPED}})


@rule(from_states={S.NEW}, to_states={S.PAID})
def take_money(t: Transition[S, S]) -> Verdict[S]:
    raise AssertionError("no hook is called")


@rule(from_states={S.PAID}, to_states={S.SHIPPED})
def take_van(t: Transition[S, S]) -> Verdict[S]:
    raise AssertionError("no hook is called")


orders = Policy[S](legal, take_money, take_van, name="orders")
'''

WITHOUT_VAN = ORDERS.replace(", take_van, name", ", name")

REFUNDS = """
from enum import Enum

from bylaws import Policy, moves


class R(Enum):
    ASKED = 1
    GIVEN = 2


class Refunds(Policy[R]):
    def priority(self):
        return (moves({None: {R.ASKED}, R.ASKED: {R.GIVEN}}),)
"""

ALONE = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
    "GIT_AUTHOR_NAME": "a",
    "GIT_AUTHOR_EMAIL": "a@example.org",
    "GIT_COMMITTER_NAME": "a",
    "GIT_COMMITTER_EMAIL": "a@example.org",
}
"""Git with nothing of this machine's configuration."""

POLICIES = '[tool.bylaws]\npolicies = ["shop"]\n'


@dataclass(frozen=True)
class Run:
    """What came of a run of the command."""

    code: int
    out: str
    err: str


class Project:
    """A project in a directory of its own."""

    def __init__(self, root: Path, run: Callable[..., Run]) -> None:
        self.root = root
        self.run = run
        """Run the command in this process."""

    def module(self, name: str, text: str) -> None:
        """Write a module into `src`, as `shop.orders`."""
        self.file(f"src/{name.replace('.', '/')}.py", text)

    def file(self, path: str, text: str | bytes) -> None:
        """Write a file."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode() if isinstance(text, str) else text)

    def process(
        self, *arguments: str, env: dict[str, str] | None = None, stdin: str | None = None
    ) -> Run:
        """Run the command in a process of its own."""
        return self.program(sys.executable, "-m", "bylaws", *arguments, env=env)

    def git(self, *arguments: str, env: dict[str, str] | None = None) -> str:
        """Run git, with nothing of this machine's configuration; what it prints."""
        run = self.program("git", *arguments, env=ALONE | (env or {}))
        assert run.code == 0, run.err
        return run.out

    def program(self, *command: str, env: dict[str, str] | None = None) -> Run:
        """Run a program in the project's directory."""
        run = subprocess.run(
            command,
            cwd=self.root,
            env={**os.environ, "COLUMNS": "80", "PYTHONIOENCODING": "utf-8", **(env or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        return Run(run.returncode, run.stdout, run.stderr)


@pytest.fixture
def empty(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Project]:
    """A project without anything in it."""

    def run(*arguments: str) -> Run:
        importlib.invalidate_caches()
        capsys.readouterr()
        code = main(arguments)
        told = capsys.readouterr()
        return Run(code, told.out, told.err)

    root = tmp_path / "project"
    root.mkdir()
    monkeypatch.chdir(root)
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("BYLAWS_DEBUG", raising=False)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)  # a file may change within a second
    before = {*sys.modules}
    yield Project(root, run)
    for name, module in [*sys.modules.items()]:
        if name not in before and str(getattr(module, "__file__", "")).startswith(str(root)):
            del sys.modules[name]


@pytest.fixture
def shop(empty: Project) -> Project:
    """A shop with two policies, named in its pyproject.toml."""
    empty.module("shop.__init__", "")
    empty.module("shop.orders", ORDERS)
    empty.module("shop.refunds", REFUNDS)
    empty.file("pyproject.toml", POLICIES)
    return empty
