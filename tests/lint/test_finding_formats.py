"""The formats of findings: whatever the names are, what is written is one finding after another."""

from __future__ import annotations

import builtins
import json
from collections.abc import Callable, Sequence
from io import StringIO
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import example, given

from bylaws.lint.finding import Finding, Place
from bylaws.lint.formats import FORMATS, formatted
from bylaws.lint.interchange import SCHEMA, plain, write_json
from bylaws.views import MatrixError, StateEnum, StateSpace
from tests.lint.drawn_findings import LISTS

SPACE = StateSpace((StateEnum("S", ("NEW", "PAID")),))
MOVES = ((SPACE.set_of(["NEW"]), SPACE.set_of(["PAID", None])),)
DROPPED = Finding(
    "dropped-verdict",
    "error",
    "orders",
    ("take_van",),
    (),
    Place("shop/orders.py", 31),
    "take_van calls delay(), and does not return it",
    "A verdict counts when it is returned.",
    "Return the verdict.",
)
SHADOWED = Finding(
    "partly-shadowed",
    "note",
    "orders",
    ("load_van", "moves"),
    MOVES,
    Place("shop/orders.py", 12),
    "moves refuses before load_van is asked",
    "For these moves its hooks are never called.",
    "Take the moves out of its sets.",
)
UNREACHED = Finding(
    "unreached-state",
    "warning",
    "orders",
    (),
    (),
    None,
    "LOST is entered by no legal move",
    "Nothing ever gets there.",
    "Take it out, or add a move.",
)


def test_text_is_in_the_order_of_lines() -> None:
    """Each begins with its place; last comes what has none, and how many there are."""
    assert (
        formatted([DROPPED, UNREACHED, SHADOWED], "text")
        == """\
shop/orders.py:12: note: moves refuses before load_van is asked  [partly-shadowed]
    in orders: NEW -> PAID, None
    why: For these moves its hooks are never called.
    mend: Take the moves out of its sets.
shop/orders.py:31: error: take_van calls delay(), and does not return it  [dropped-verdict]
    in orders
    why: A verdict counts when it is returned.
    mend: Return the verdict.
policy orders: warning: LOST is entered by no legal move  [unreached-state]
    in orders
    why: Nothing ever gets there.
    mend: Take it out, or add a move.
3 findings: 1 error, 1 warning, 1 note
"""
    )
    assert formatted([], "text") == "no findings\n"
    assert formatted([DROPPED, DROPPED], "text").endswith("\n2 findings: 2 errors\n")


@given(LISTS)
def test_text_has_its_lines_whatever_the_names(found: list[Finding]) -> None:
    """Four for each, and the last; none is a command to a terminal or to GitHub."""
    text = formatted(found, "text")
    assert len(text.split("\n")) == 4 * len(found) + 2
    joined = text.replace("\u200c", "").replace("\u200d", "")  # inside of emoji and words
    assert not [line for line in joined.split("\n") if not line.isprintable()]
    assert not [line for line in text.split("\n") if line.strip().startswith("::")]


def test_text_has_colours_where_there_are_any(capsys: pytest.CaptureFixture[str]) -> None:
    """On a terminal; a terminal that knows ASCII alone is sent no other."""
    from rich.console import Console  # noqa: PLC0415

    from bylaws.lint.terminal import show  # noqa: PLC0415

    file = StringIO()
    show([DROPPED], console=Console(file=file, force_terminal=True, color_system="standard"))
    assert "\x1b[1;31merror\x1b[0m" in file.getvalue()
    show([DROPPED])
    assert capsys.readouterr().out == formatted([DROPPED], "text")


@given(LISTS)
def test_json_is_as_its_schema_says(found: list[Finding]) -> None:
    """In ASCII, a line for each; what is read is what was found."""
    jsonschema: Any = pytest.importorskip("jsonschema")
    text = write_json(found)
    assert text.isascii()
    assert len(text.splitlines()) == (len(found) and len(found) + 1) + 5
    data: Any = json.loads(text)
    assert data == plain(found)
    validator: Any = jsonschema.Draft202012Validator
    validator.check_schema(SCHEMA)
    validator(SCHEMA).validate(data)
    for finding, read in zip(found, data["findings"], strict=True):
        assert (read["check"], read["message"], read["mend"]) == (
            finding.check,
            finding.message,
            finding.mend,
        )
        assert read["line"] == (finding.place and finding.place.line)


def test_what_the_schema_refuses() -> None:
    """An unknown key, another version, a line below 1."""
    jsonschema: Any = pytest.importorskip("jsonschema")
    validator: Any = jsonschema.Draft202012Validator(SCHEMA)
    data: Any = json.loads(write_json([SHADOWED]))
    edits: list[Callable[[Any], Any]] = [
        lambda value: value.update(version=2),
        lambda value: value.update(more=1),
        lambda value: value["findings"][0].update(line=0),
        lambda value: value["findings"][0].update(severity="fatal"),
        lambda value: value["findings"][0].pop("why"),
        lambda value: value["findings"][0]["moves"][0].pop("to"),
    ]
    for edit in edits:
        value = json.loads(json.dumps(data))
        edit(value)
        assert not validator.is_valid(value)


def test_annotations() -> None:
    """One command each, with a level, a place and a title."""
    assert formatted([DROPPED, SHADOWED, UNREACHED], "github") == (
        "::error file=shop/orders.py,line=31,title=dropped-verdict in orders::"
        "take_van calls delay(), and does not return it%0A"
        "A verdict counts when it is returned.%0AReturn the verdict.\n"
        "::notice file=shop/orders.py,line=12,title=partly-shadowed in orders::"
        "moves refuses before load_van is asked: NEW -> PAID, None%0A"
        "For these moves its hooks are never called.%0ATake the moves out of its sets.\n"
        "::warning title=unreached-state in orders::LOST is entered by no legal move%0A"
        "Nothing ever gets there.%0ATake it out, or add a move.\n"
    )


def command(line: str) -> tuple[str, dict[str, str], str]:
    """A line as the runner of GitHub takes it apart."""
    assert line.startswith("::")
    head, _, data = line[2:].partition("::")
    name, _, listed = head.partition(" ")
    pairs = [each.partition("=") for each in listed.split(",")]

    def plain_property(text: str) -> str:
        return plain_data(text.replace("%3A", ":").replace("%2C", ","))

    def plain_data(text: str) -> str:
        return text.replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%")

    return name, {key: plain_property(value) for key, _, value in pairs}, plain_data(data)


@given(LISTS)
@example([DROPPED])
def test_annotations_come_back(found: list[Finding]) -> None:
    """Whatever the names, a runner reads one command for each, with the words that were given."""
    lines = formatted(found, "github").split("\n")
    assert lines.pop() == ""
    assert len(lines) == len(found)
    for finding, line in zip(found, lines, strict=True):
        assert "\r" not in line
        _, properties, data = command(line)
        told = f"{finding.message}: {finding.where}" if finding.moves else finding.message
        expected = f"{told}\n{finding.why}\n{finding.mend}".encode("utf-8", "replace").decode()
        assert data == expected
        title = f"{finding.check} in {finding.policy}".encode("utf-8", "replace").decode()
        assert properties.pop("title") == title
        if finding.place is not None:
            file = finding.place.file.encode("utf-8", "replace").decode()
            assert properties == {"file": file, "line": str(finding.place.line)}


@pytest.mark.parametrize("code", FORMATS)
def test_each_format_takes_any_iterable(code: str) -> None:
    """A generator, and nothing at all."""
    assert formatted((each for each in [DROPPED, SHADOWED]), code) == formatted(
        [DROPPED, SHADOWED], code
    )
    assert formatted([], code) is not None


def test_an_unknown_format() -> None:
    """The error names those that there are."""
    with pytest.raises(MatrixError, match="no format 'xml'; the formats are: text, json, sarif"):
        formatted([], "xml")


@pytest.mark.parametrize(
    ("missing", "error"), [("rich.console", MatrixError), ("elsewhere", ModuleNotFoundError)]
)
def test_text_needs_rich(
    missing: str, error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without it the error says what to install; another missing module is said as it is."""
    real = builtins.__import__

    def without(
        name: str, scope: Any = None, local: Any = None, names: Sequence[str] = (), level: int = 0
    ) -> object:
        if name == "bylaws.lint" and "terminal" in (names or ()):
            raise ModuleNotFoundError(name=missing)
        return real(name, scope, local, names, level)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(error):
        formatted([], "text")


def test_paths_are_quoted() -> None:
    """What has a meaning in a URI has none here."""
    data: Any = json.loads(formatted([DROPPED], "sarif"))
    [location] = data["runs"][0]["results"][0]["locations"]
    assert unquote(location["physicalLocation"]["artifactLocation"]["uri"]) == "shop/orders.py"
