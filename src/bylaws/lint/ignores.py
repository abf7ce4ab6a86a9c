"""Ignores: `# bylaws: ignore[never-fires] reason`, read from comments alone, and written.

One is at a finding if it stands on a line of the same statement, or of the same rule's definition
(from the first decorator to the colon), or in comment lines of their own right above.
"""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final

from bylaws.lint.finding import Finding, Place
from bylaws.lint.syntax import Files, Syntax
from bylaws.views.sources import shown_file

REASON: Final = "TODO: say why"
"""The reason of an ignore that is written: none as yet, to be replaced by one."""

FORM: Final = "# bylaws: ignore[name] reason"

_MARK: Final = re.compile(
    r"#+\s*(?P<mark>bylaws?\s*:?)\s*(?P<word>[\w-]+)(?P<rest>.*)", re.IGNORECASE | re.DOTALL
)
_HINT: Final = re.compile(r"#\s*bylaws?\b", re.IGNORECASE)
_REST: Final = re.compile(r"\s*\[(?P<names>[^\[\]]*)\](?P<reason>.*)", re.DOTALL)
_NAME: Final = re.compile(r"[a-z]+(-[a-z]+)*")


@dataclass(frozen=True, slots=True)
class Ignore:
    """A comment that says which findings are to be ignored here, and why.

    Attributes:
        place: where the comment stands.
        names: the checks, each once.
        reason: why; there always is one.

    """

    place: Place
    names: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Malformed:
    """A comment that was meant to be an ignore, and is none.

    Attributes:
        place: where it stands.
        message: what is wrong with it.

    """

    place: Place
    message: str


class Ignores:
    """The ignores in one file.

    Attributes:
        found: those that are well-formed, in the order of the lines.
        malformed: those that are not.

    """

    def __init__(self, file: str, syntax: Syntax) -> None:
        self.found: Final[list[Ignore]] = []
        self.malformed: Final[list[Malformed]] = []
        self._syntax = syntax
        self._at: dict[int, list[Ignore]] = {}
        self._alone: set[int] = set()  # lines that have a comment and nothing else
        for line, text, alone in _comments(syntax.lines):
            if alone:
                self._alone.add(line)
            place = Place(shown_file(file), line)
            for part in _parts(text):
                read = _read(part, place)
                if isinstance(read, Ignore):
                    self.found.append(read)
                    self._at.setdefault(line, []).append(read)
                elif read is not None:
                    self.malformed.append(read)

    def at(self, line: int) -> list[Ignore]:
        """Those that are at a statement, or at a definition, one of whose lines this is."""
        if not self._at:
            return []
        first, last = self._syntax.part(line)
        lines = [*range(first, last + 1)]
        above = first - 1
        while above in self._alone:
            lines.insert(0, above)
            above -= 1
        return [each for line in lines for each in self._at.get(line, [])]


def read_ignores(file: str, files: Files, scope: Mapping[str, object] | None = None) -> Ignores:
    """The ignores in a file, which is named as in `Place`, or as its code names it."""
    return Ignores(file, files.of(file, scope))


def _comments(lines: Sequence[str]) -> Iterator[tuple[int, str, bool]]:
    """Each comment with its line, and whether nothing else stands on that."""
    if not any(map(_HINT.search, lines)):  # most files: tokens take long
        return
    try:
        for token in tokenize.generate_tokens(io.StringIO("".join(lines)).readline):
            if token.type == tokenize.COMMENT:
                line, column = token.start
                yield line, token.string, not lines[line - 1][:column].strip()
    except (tokenize.TokenError, SyntaxError, ValueError):  # what no Python reads
        return


def _parts(comment: str) -> list[str]:
    """The parts of a comment that has several, as `# noqa # bylaws: ...  # fmt: skip`."""
    return re.split(r"(?<=\s)(?=#\s|#+\w+:)", comment)  # not at the # of #12


def _read(comment: str, place: Place) -> Ignore | Malformed | None:
    match = _MARK.fullmatch(comment)
    if match is None or not _is_meant(match["mark"], match["word"], match["rest"]):
        return None
    if not _is_right(match["mark"]):
        return Malformed(
            place, f"this does not begin `bylaws:`, so nothing is ignored: write {FORM}"
        )
    rest = _REST.fullmatch(match["rest"])
    if match["word"] != "ignore":
        return Malformed(place, f"{match['word']!r} is not known here: write {FORM}")
    if rest is None:
        told = "this ignore names no check, and there is none for all"
        return Malformed(place, f"{told}: write {FORM}")
    names = [name.strip() for name in rest["names"].split(",")]
    for name in names:
        if not name:
            return Malformed(place, f"this ignore names no check, or an empty one: write {FORM}")
        if not _NAME.fullmatch(name):
            return Malformed(place, f"{name!r} is no name of a check: write {FORM}")
    reason = rest["reason"].strip()
    if not re.search(r"\w", reason):
        return Malformed(place, "this ignore gives no reason: say why, after the bracket")
    if reason == REASON:
        return Malformed(place, "the reason of this ignore is still the placeholder: say why")
    return Ignore(place, tuple(dict.fromkeys(names)), reason)


def _is_right(mark: str) -> bool:
    return re.fullmatch(r"bylaws\s*:", mark, re.IGNORECASE) is not None


def _is_meant(mark: str, word: str, rest: str) -> bool:
    """Whether it is no sentence about bylaws: the word is nearly `ignore`, or has a bracket.

    Where the mark is wrong, both.
    """
    near = SequenceMatcher(None, word.lower(), "ignore").ratio() >= 0.75
    bracket = rest.lstrip().startswith("[")
    return near or bracket if _is_right(mark) else near and bracket


# --------------------------------------------------------------------------------------------------
# Written
# --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Addition:
    """A line to paste, right above the line of a file that it is for.

    Attributes:
        place: the line that it goes above: the first one of a definition or a statement.
        comment: the line, indented as that is, without a newline.

    """

    place: Place
    comment: str


def additions(findings: Iterable[Finding], files: Files, reason: str = REASON) -> list[Addition]:
    """The ignores for findings, one for each definition or statement, in the order of the lines.

    A finding without a place has none: it is ignored in `[tool.bylaws.lint]`.
    """
    names: dict[Place, dict[str, None]] = {}
    for finding in findings:
        if finding.place is not None:
            first, _ = files.of(finding.place.file).part(finding.place.line)
            names.setdefault(Place(finding.place.file, first), {})[finding.check] = None
    found: list[Addition] = []
    for place in sorted(names, key=lambda place: (place.file, place.line)):
        lines = files.of(place.file).lines
        line = lines[place.line - 1] if place.line <= len(lines) else ""
        indent = line[: len(line) - len(line.lstrip())].strip("\n")
        listed = ", ".join(sorted(names[place]))
        found.append(Addition(place, f"{indent}# bylaws: ignore[{listed}] {reason}"))
    return found


def write_additions(added: Iterable[Addition]) -> str:
    """As text: each with the place that it goes above."""
    return "".join([f"above {each.place}\n{each.comment}\n" for each in added])
