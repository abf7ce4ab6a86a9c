"""Hooks as they are written: which functions they are, and where these are to be read."""

from __future__ import annotations

import linecache
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from bylaws.lint.dropped import dropped_verdicts
from bylaws.lint.hooks import Reader
from tests.lint.written import PRELUDE, Writer

DROPS = """
class Rule(Base):
    def before_transition(self, transition):
        abort(reason="no")  # <-


"""


def lines_of(entry: object) -> list[int]:
    """Where it drops verdicts."""
    return [spot.place.line for spot in dropped_verdicts(entry, Reader())]


def test_of_several_lambdas_on_a_line_each_is_its_own(writer: Writer) -> None:
    """They are told apart by their columns, one inside of the other too."""
    module = writer.module("""
a, b = rule(**on)(lambda t: (1, [t])), rule(**on)(lambda t: (2, [t]))
outer = rule(**on)(lambda t: lambda t: (3, [t]))
inner = rule(**on)(outer.__wrapped__(None))
one = rule(**on)(lambda t: (4, [t])); other = rule(**on)(lambda u: (5, [u]))
""")
    reader = Reader()

    def columns(entry: object) -> list[int]:
        return [hook.node.col_offset for hook in reader.hooks(entry)]

    line = "a, b = rule(**on)(lambda t: (1, [t])), rule(**on)(lambda t: (2, [t]))"
    assert columns(module.a) == [line.index("lambda")]
    assert columns(module.b) == [line.rindex("lambda")]
    line = "outer = rule(**on)(lambda t: lambda t: (3, [t]))"
    assert columns(module.outer) == [line.index("lambda")]
    assert columns(module.inner) == [line.rindex("lambda")]
    line = "one = rule(**on)(lambda t: (4, [t])); other = rule(**on)(lambda u: (5, [u]))"
    assert columns(module.one) == [line.index("lambda")]
    assert columns(module.other) == [line.rindex("lambda")]


def test_two_functions_on_one_line_are_not_told_apart(writer: Writer) -> None:
    """Nor need they be: what is not sure is silent."""
    module = writer.module("""
if True: exec("pass"); f = lambda t: t; g = f
class A(Base):
    before_transition = (lambda self, t: abort(reason="no")) if S else (lambda self, t: None)
""")
    assert lines_of(module.A()) == []


def test_any_encoding_is_read(writer: Writer) -> None:
    """As Python reads it: by its cookie, or its mark."""
    text = "# -*- coding: latin-1 -*-\n" + PRELUDE + "name = '\xe9\xff'\n" + DROPS
    module = writer.module(text, prelude="", encoding="latin-1")
    assert lines_of(module.Rule()) == writer.marked(module)
    module = writer.module("name = '\xe9\u4e2d'\n" + DROPS, encoding="utf-8-sig")
    assert lines_of(module.Rule()) == writer.marked(module)


def test_modules_in_archives_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By their loader."""
    with zipfile.ZipFile(tmp_path / "rules.zip", "w") as archive:
        archive.writestr("zipped_rules.py", PRELUDE + DROPS)
    monkeypatch.setattr(sys, "path", [str(tmp_path / "rules.zip"), *sys.path])
    module: Any = __import__("zipped_rules")
    try:
        [spot] = dropped_verdicts(module.Rule(), Reader())
    finally:
        del sys.modules["zipped_rules"]
    assert spot.place.file.endswith("rules.zip/zipped_rules.py")
    assert spot.place.line == (PRELUDE + DROPS).split("\n").index(DROPS.split("\n")[3]) + 1


def test_what_is_written_in_a_notebook_is_read() -> None:
    """What `linecache` knows, it knows for this too."""
    text = PRELUDE + DROPS
    lines = list[str](text.splitlines(keepends=True))
    linecache.cache["<cell 1>"] = len(text), None, lines, "<cell 1>"
    scope: dict[str, Any] = {"__name__": "__main__"}
    try:
        exec(compile(text, "<cell 1>", "exec"), scope)
        [spot] = dropped_verdicts(scope["Rule"](), Reader())
    finally:
        del linecache.cache["<cell 1>"]
    assert str(spot.place).startswith("<cell 1>:")


@pytest.mark.parametrize("text", ["def (", "x = (" * 200, "\x00", ""])
def test_a_file_that_became_another_is_silent(text: str, writer: Writer) -> None:
    """What does not parse any more, or has nothing there, has no hooks."""
    module = writer.module(DROPS)
    Path(module.__file__).write_text(text, encoding="utf-8")
    assert lines_of(module.Rule()) == []


def test_a_file_that_is_edited_is_read_again(writer: Writer) -> None:
    """By a reader that comes later."""
    module = writer.module(DROPS)
    assert lines_of(module.Rule()) == writer.marked(module)
    path = Path(module.__file__)
    path.write_text(path.read_text(encoding="utf-8").replace("abort(", "print("), encoding="utf-8")
    assert lines_of(module.Rule()) == []


def test_a_file_is_parsed_once(writer: Writer) -> None:
    """Whatever is asked of it."""
    module = writer.module(DROPS)
    reader = Reader()
    entry = module.Rule()
    assert reader.hooks(entry) is reader.hooks(entry)
    assert reader.files.of(module.__file__) is reader.files.of(module.__file__)


def test_relative_imports_inside_of_hooks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are looked up in the module's own package; what was never imported means nothing."""
    package = tmp_path / "with_verdicts"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "words.py").write_text("from bylaws import abort as stop", encoding="utf-8")
    text = """
import with_verdicts.words


@rule(**on)
def entry(t):
    from .words import stop
    from ... import beyond
    from .never import nothing
    stop(reason="no")
    beyond()
    nothing()
"""
    (package / "rules.py").write_text(PRELUDE + text, encoding="utf-8")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    rules: Any = __import__("with_verdicts.rules").rules
    assert len(lines_of(rules.entry)) == 1
    for name in [name for name in sys.modules if name.startswith("with_verdicts")]:
        del sys.modules[name]
