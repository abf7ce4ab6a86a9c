"""Ignores: read from comments alone, at a definition or a statement, with a name and a reason."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bylaws.lint.catalogue import CHECKS
from bylaws.lint.finding import Finding, Place
from bylaws.lint.ignores import (
    REASON,
    Addition,
    Ignores,
    additions,
    read_ignores,
    write_additions,
)
from bylaws.lint.syntax import Files, Syntax

SOURCE: Final = '''\
# bylaws: ignore[far] not right above

# bylaws: ignore[one] right above
import x

# bylaws: ignore[above] in a comment above
# and another comment
@decorated  # bylaws: ignore[decorator] beside it
@decorated(  # bylaws: ignore[decorator-too] beside it
    1,
)
def hook(
    transition,  # bylaws: ignore[argument] in the definition
) -> None:  # bylaws: ignore[colon] at its end
    # bylaws: ignore[body] of the statement below
    transition.add(  # bylaws: ignore[statement] its first line
        1,
    )  # bylaws: ignore[end] its last line
    if transition:  # bylaws: ignore[condition] of the if
        return  # bylaws: ignore[inner] of the return


class Rule(Base):  # bylaws: ignore[class, class-too] of the class
    """# bylaws: ignore[string] in a string"""
    x = "# bylaws: ignore[text] in a text"; y = """
    """  # bylaws: ignore[after-text] after a text of two lines

    def hook(self): ...


match x:  # bylaws: ignore[match] of the match
    case 1:  # bylaws: ignore[case] on a line of its own
        pass
'''


def ignores(text: str) -> Ignores:
    """Those in a text."""
    return Ignores("x.py", Syntax(text.splitlines(keepends=True)))


def line_of(text: str) -> int:
    """The line of the source that begins so."""
    lines = SOURCE.splitlines()
    return next(at for at, line in enumerate(lines, 1) if line.strip().startswith(text))


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("import x", "one"),
        ("@decorated  #", "above decorator decorator-too argument colon"),
        ("def hook(", "above decorator decorator-too argument colon"),
        (") -> None", "above decorator decorator-too argument colon"),
        ("transition.add(", "body statement end"),
        ("1,", "above decorator decorator-too argument colon"),
        ("if transition", "condition"),
        ("return", "inner"),
        ("class Rule", "class class-too"),
        ('x = "', "after-text"),
        ("def hook(self)", ""),
        ("match x", "match"),
        ("case 1", "case"),
        ("pass", ""),
    ],
)
def test_where_one_applies(text: str, names: str) -> None:
    """On the lines of a statement or of a definition, and in comment lines right above."""
    found = ignores(SOURCE)
    assert found.malformed == []
    at = found.at(line_of(text))
    assert [name for each in at for name in each.names] == names.split()


def test_what_is_read() -> None:
    """The place, the names and the reason, in the order of the lines."""
    found = ignores(SOURCE).found
    assert [each.place.line for each in found] == sorted(each.place.line for each in found)
    assert found[0].place == Place("x.py", 1)
    assert found[0].names == ("far",)
    assert found[0].reason == "not right above"
    assert not {"string", "text"} & {name for each in found for name in each.names}


@pytest.mark.parametrize(
    ("comment", "names", "reason"),
    [
        ("# bylaws: ignore[a] why", ("a",), "why"),
        ("#bylaws:ignore[a]why", ("a",), "why"),
        ("#: bylaws: ignore[a] why", None, ""),
        ("## Bylaws : ignore [ a , b-c,a ]  why not? ", ("a", "b-c"), "why not?"),
        ("# noqa: E501 # bylaws: ignore[a] see #12  # fmt: skip", ("a",), "see #12"),
        ("# bylaws: ignore[a] \u05e9\u05dc\u05d5\u05dd", ("a",), "\u05e9\u05dc\u05d5\u05dd"),
        ("# a sentence with bylaws: ignore[a] in it", None, ""),
        ("# bylaws: rules for states", None, ""),
        ("# bylaws", None, ""),
        ("# bylaws ignore what no rule governs", None, ""),
        ("# bylaw rules[0]", None, ""),
    ],
)
def test_what_is_one(comment: str, names: tuple[str, ...] | None, reason: str) -> None:
    """Blanks do not matter, and other comments of the line are left to others."""
    found = ignores(f"x = 1  {comment}\n")
    assert found.malformed == []
    assert [(each.names, each.reason) for each in found.found] == (
        [] if names is None else [(names, reason)]
    )


@pytest.mark.parametrize(
    ("comment", "message"),
    [
        ("# bylaws ignore[a] why", "this does not begin `bylaws:`, so nothing is ignored"),
        ("# bylaw: ignore[a] why", "this does not begin `bylaws:`, so nothing is ignored"),
        ("# bylaws: ignore", "this ignore names no check, and there is none for all"),
        ("# bylaws: ignore because", "this ignore names no check, and there is none for all"),
        ("# bylaws: ignore[a", "this ignore names no check, and there is none for all"),
        ("# bylaws: ignore[] why", "this ignore names no check, or an empty one"),
        ("# bylaws: ignore[a,] why", "this ignore names no check, or an empty one"),
        ("# bylaws: ignore[*] why", "'*' is no name of a check"),
        ("# bylaws: ignore[never_fires] why", "'never_fires' is no name of a check"),
        ("# bylaws: ignore[a]", "this ignore gives no reason: say why"),
        ("# bylaws: ignore[a] - ", "this ignore gives no reason: say why"),
        ("# bylaws: ignore[a] TODO: say why", "the reason of this ignore is still the placeholder"),
        ("# bylaws: ignore[a]  # why", "this ignore gives no reason: say why"),
        ("# bylaws: ignroe[a] why", "'ignroe' is not known here"),
        ("# bylaws: IGNORE[a] why", "'IGNORE' is not known here"),
        ("# bylaws: allow[a] why", "'allow' is not known here"),
    ],
)
def test_what_is_malformed(comment: str, message: str) -> None:
    """It says what is wrong, and how it is written."""
    found = ignores(f"\n{comment}\n")
    assert found.found == []
    [wrong] = found.malformed
    assert wrong.place == Place("x.py", 2)
    assert wrong.message.startswith(message)
    assert "why" in wrong.message or "# bylaws: ignore[name] reason" in wrong.message


@pytest.mark.parametrize(
    "text",
    [
        "# bylaws: ignore[a] why\nx = (",
        "# bylaws: ignore[a] why\n  x\n y",
        "# bylaws: ignore[a] why\n'''",
        "x = 1 +  # bylaws: ignore[a] why",
    ],
)
def test_what_does_not_parse(text: str) -> None:
    """What comes before the end of what can be read counts, on its own line."""
    found = ignores(text)
    assert [each.names for each in found.found] == [("a",)]
    assert found.at(1) == found.found


@given(st.text())
def test_any_text_is_read(text: str) -> None:
    """Without an error."""
    found = ignores(f"x = 1  # bylaws: ignore{text}\n{text}")
    for line in range(5):
        found.at(line)


NAMES: Final = st.lists(st.sampled_from([*CHECKS]), min_size=1, unique=True)


@given(NAMES, st.text(alphabet=st.characters(exclude_characters="#\n\r\0", codec="utf-8")))
def test_what_is_written_is_read(names: list[str], reason: str) -> None:
    """The names and the reason come back."""
    text = f"# bylaws: ignore[{', '.join(names)}] so: {reason}\n"
    found = ignores(text)
    if len(text.splitlines()) == 1:  # a reason is a part of one line
        assert [(each.names, each.reason) for each in found.found] == [
            (tuple(names), f"so: {reason}".strip())
        ]


def finding(check: str, place: Place | None) -> Finding:
    """A finding there."""
    return Finding(check, "error", "policy", (), (), place, "message", "why", "mend")


def test_they_are_ready_to_paste(tmp_path: Path) -> None:
    """A line for each definition or statement; once pasted, each finding is ignored."""
    path = tmp_path / "rules.py"
    path.write_text(SOURCE, encoding="utf-8")
    file = str(path)
    findings = [
        finding("same-name", Place(file, line_of("def hook("))),
        finding("never-fires", Place(file, line_of(") -> None"))),
        finding("never-fires", Place(file, line_of(") -> None"))),
        finding("dropped-verdict", Place(file, line_of("transition.add("))),
        finding("shadowed", Place(file, line_of("class Rule"))),
        finding("unreached-state", None),
    ]
    added = additions(findings, Files())
    assert added == [
        Addition(
            Place(file, line_of("@decorated  #")),
            f"# bylaws: ignore[never-fires, same-name] {REASON}",
        ),
        Addition(
            Place(file, line_of("transition.add(")),
            f"    # bylaws: ignore[dropped-verdict] {REASON}",
        ),
        Addition(Place(file, line_of("class Rule")), f"# bylaws: ignore[shadowed] {REASON}"),
    ]
    assert write_additions(added).splitlines()[:2] == [f"above {added[0].place}", added[0].comment]
    lines = list[str](SOURCE.splitlines(keepends=True))
    for each in reversed(added):
        comment = each.comment.replace(REASON, "until May")
        lines.insert(each.place.line - 1, f"{comment}\n")
    path.write_text("".join(lines), encoding="utf-8")
    read = read_ignores(file, Files())
    for moved, each in enumerate(added, 1):
        names = [name for one in read.at(each.place.line + moved) for name in one.names]
        assert set(names) >= set(each.comment.partition("[")[2].partition("]")[0].split(", "))


def test_a_file_that_is_gone_has_none() -> None:
    """A comment for it has no indentation; it has no ignores."""
    assert read_ignores("gone.py", Files()).found == []
    [added] = additions([finding("shadowed", Place("gone.py", 3))], Files())
    assert added == Addition(Place("gone.py", 3), f"# bylaws: ignore[shadowed] {REASON}")
