"""The README: its commands print what it shows, its snippets run and type-check in one go."""

from __future__ import annotations
import __future__

import re
import shlex
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path
from types import ModuleType
from unittest.mock import Mock

import pytest

from tests.pages import assert_it_type_checks, blocks, python_of

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = blocks(README)
CONSOLES = [
    tuple(text.removeprefix("$ ").split("\n", 1)) for kind, text in BLOCKS if kind == "console"
]
PROSE = re.sub(r"^```\w+\n.*?^```$", "", README, flags=re.MULTILINE | re.DOTALL)
CODE = python_of(README)


@pytest.mark.spawns
@pytest.mark.parametrize(("command", "shown"), CONSOLES, ids=[command for command, _ in CONSOLES])
def test_commands_print_what_is_shown(command: str, shown: str) -> None:
    """Each console block is a command of the repository with the whole of what it prints."""
    program, *arguments = shlex.split(command)
    assert program == "python"
    run = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert run.stdout == shown


def test_the_first_program_is_an_example() -> None:
    """The program on the first screen is `examples/orders.py`, without its docstring."""
    first = next(text for kind, text in BLOCKS if kind == "python")
    assert (ROOT / "examples" / "orders.py").read_text(encoding="utf-8").endswith(f'"""\n\n{first}')


def execute(text: str, program: ModuleType) -> None:
    """Execute a snippet in a module."""
    flags = __future__.annotations.compiler_flag
    exec(compile(text, "README.md", "exec", flags=flags), vars(program))


@pytest.fixture
def program(monkeypatch: pytest.MonkeyPatch) -> Generator[ModuleType]:
    """The module that the snippets are executed in; the databases that they open are closed."""
    sqlalchemy = pytest.importorskip("sqlalchemy", reason="needs the extra: test")
    module = ModuleType("readme")
    monkeypatch.setitem(sys.modules, "readme", module)
    yield module
    for value in vars(module).values():
        if isinstance(value, sqlalchemy.Engine):
            value.dispose()


def test_snippets_print_what_is_shown(
    program: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    """The snippets run as one program; what is printed is in the text blocks behind them."""
    for kind, text in BLOCKS:
        if kind == "python":
            capsys.readouterr()
            execute(text, program)
        elif kind == "text":
            assert capsys.readouterr().out == text


@pytest.mark.spawns
def test_snippets_are_one_script(tmp_path: Path) -> None:
    """The snippets in one file, run as a script, print it all, the first program's too."""
    pytest.importorskip("sqlalchemy", reason="needs the extra: test")
    script = tmp_path / "readme.py"
    script.write_text(CODE, encoding="utf-8")
    run = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True)
    shown = "".join(text for kind, text in BLOCKS if kind == "text")
    assert run.stdout == CONSOLES[0][1] + shown


LOST_RACE = """
with Session(engine) as session:
    stale = Parcel(state=S.PAID)
    session.add(stale)
    session.commit()
    session.refresh(stale)
    session.expunge(stale)
    session.execute(update(Parcel).where(Parcel.id == stale.id).values(state=S.CANCELLED))
    session.commit()
    lines = len(session.scalars(select(Audit)).all())
    lost = send(session, stale, S.SHIPPED)
    assert lost == Delayed(0.1, "another was faster")
    assert lost.refused_by == "commit"
    assert session.scalar(select(Parcel.state).where(Parcel.id == stale.id)) is S.CANCELLED
    assert len(session.scalars(select(Audit)).all()) == lines
"""


def test_the_recipe_loses_a_race(program: ModuleType) -> None:
    """Who is not the fastest is delayed, and neither state nor audit row is written."""
    execute(CODE, program)
    execute(LOST_RACE, program)


FAILED_COMMIT = """
with Session(engine) as session:
    waiting = Parcel(state=S.PAID)
    session.add(waiting)
    session.commit()
    key, lines = waiting.id, len(session.scalars(select(Audit)).all())
    commits, engine.dialect.do_commit = engine.dialect.do_commit, Mock(side_effect=OSError("busy"))
    with pytest.raises(OSError, match="busy"):
        send(session, waiting, S.SHIPPED)
    engine.dialect.do_commit = commits
with Session(engine) as session:
    session.add(Parcel(state=S.NEW))
    session.commit()
    assert session.get(Parcel, key).state is S.PAID
    assert len(session.scalars(select(Audit)).all()) == lines
"""


def test_a_commit_that_fails_is_not_made_by_who_comes_next(program: ModuleType) -> None:
    """The transaction that SQLite, busy, still has open is rolled back with its connection."""
    vars(program).update(pytest=pytest, Mock=Mock)
    execute(CODE, program)
    execute(FAILED_COMMIT, program)


def test_snippets_type_check(tmp_path: Path) -> None:
    """The snippets, as one program, pass `mypy --strict`."""
    assert_it_type_checks(CODE, tmp_path)


def test_ci_runs_the_test_command() -> None:
    """The command that passes the tests is the one that CI starts with."""
    commands = [text.strip() for kind, text in BLOCKS if kind == "sh"]
    tests = [command for command in commands if "pytest" in command]
    assert len(tests) == 1
    assert tests[0] in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def test_links_lead_somewhere() -> None:
    """Every relative link of the README is a file of the repository."""
    for target in re.findall(r"\]\((?!https?:)([^)#\s]+)\)", PROSE):
        assert (ROOT / target).exists(), target
