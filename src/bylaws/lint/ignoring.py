"""Ignoring: what comments and the project ignore is left out, and what ignores nothing is found.

An ignore is judged only where all is known that it may be about: in a rule of the policies that are
linted, or outside of all definitions.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from bylaws.lint.catalogue import CHECKS
from bylaws.lint.finding import Finding, Place
from bylaws.lint.ignores import REASON, Ignore, Ignores, read_ignores
from bylaws.lint.subject import Subject, place_of
from bylaws.lint.syntax import Files, Syntax
from bylaws.views.near import near

ABOUT_IGNORES: Final = ("unused-ignore", "wrong-ignore")
"""The checks of the ignores themselves; they cannot be ignored."""


@dataclass(frozen=True, slots=True)
class ProjectIgnore:
    """What pyproject.toml ignores, all of it required.

    Attributes:
        check: the check.
        policy: the policy's name.
        at: the entry or, where it is about states, the states, as findings name them.
        reason: why.
        place: where it is written.

    """

    check: str
    policy: str
    at: str
    reason: str
    place: Place | None = None


def write_project_ignores(
    findings: Iterable[Finding], reason: str = REASON, *, more: bool = False
) -> str:
    """What goes under `[tool.bylaws.lint]` in pyproject.toml to ignore these findings.

    With `more`, what goes into the list that is there.
    """
    lines: dict[str, None] = {}
    for finding in findings:
        values = (finding.check, finding.policy, finding.about, reason)
        named = zip(("check", "policy", "at", "reason"), map(_toml, values), strict=True)
        lines[f"    {{ {', '.join([f'{key} = {text}' for key, text in named])} }},\n"] = None
    listed = "".join(lines)
    return f"ignore = [\n{listed}]\n" if lines and not more else listed


def _toml(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


class Ignoring:
    """The ignores of some policies, and which of them have ignored something.

    Matrices without live entries have no comments: their files may be of another time.
    """

    def __init__(
        self, subjects: Iterable[Subject], files: Files, ignores: Iterable[ProjectIgnore]
    ) -> None:
        self._files: Final = files
        self._listed: Final = list(ignores)
        self._comments: Final[dict[str, Ignores]] = {}
        self._policies: Final[dict[str, str]] = {}  # of each file, the first
        self._entries: Final[dict[tuple[str, str], Place]] = {}
        self._live: Final[set[str]] = set()
        self._used: Final[set[object]] = set()
        for subject in subjects:
            for entry, _ in subject.entries:
                self._live.add(subject.matrix.name)
                place = place_of(entry)
                if place is not None:
                    self._entries[subject.matrix.name, entry.name] = place
                    self._policies.setdefault(place.file, subject.matrix.name)
                    self._read(place.file)

    def _read(self, file: str) -> Ignores:
        if file not in self._comments:
            self._comments[file] = read_ignores(file, self._files)
        return self._comments[file]

    def ignores(self, finding: Finding) -> bool:
        """Whether a finding is ignored: by a comment at its place, or its rule, or the project."""
        rule = self._entries.get((finding.policy, finding.about))
        live = finding.policy in self._live
        places = {place for place in (finding.place, rule) if live and place is not None}
        by: list[object] = [
            (ignore, finding.check)
            for place in places
            for ignore in self._read(place.file).at(place.line)
            if finding.check in ignore.names
        ]
        named = finding.check, finding.policy, finding.about
        by += [
            each
            for each in self._listed
            if (each.check, each.policy, each.at) == named and _lack(each) is None
        ]
        self._used.update(by)
        return bool(by)

    def found(self) -> Iterator[Finding]:
        """What is wrong with the ignores, once all findings have been asked for."""
        for file, comments in self._comments.items():
            policy = self._policies.get(file, "")
            for wrong in comments.malformed:
                yield _wrong(policy, wrong.place, wrong.message)
            for ignore in comments.found:
                judged = self._is_judged(ignore, comments, self._files.of(file))
                for name in ignore.names:
                    if name not in CHECKS or name in ABOUT_IGNORES:
                        yield _wrong(policy, ignore.place, _unknown(name))
                    elif judged and (ignore, name) not in self._used:
                        yield _unused(policy, ignore.place, f"there is no {name} here to ignore")
        for each in self._listed:
            if each.check not in CHECKS or each.check in ABOUT_IGNORES:
                yield _wrong(each.policy, each.place, _unknown(each.check))
            elif (lack := _lack(each)) is not None:
                yield _wrong(each.policy, each.place, lack)
            elif each not in self._used:
                told = f"there is no {each.check} at {each.at} of {each.policy} to ignore"
                yield _unused(each.policy, each.place, told)

    def _is_judged(self, ignore: Ignore, comments: Ignores, syntax: Syntax) -> bool:
        """Whether it is at, or in, a rule that is linted, or in no definition at all."""
        around = [node for node in _definitions(syntax) if _is_around(node, ignore, comments)]
        heads = [syntax.part(node.lineno) for node in around]
        return not around or any(
            first <= place.line <= last
            for first, last in heads
            for place in self._entries.values()
            if place.file == ignore.place.file
        )


def less_ignored(
    findings: Sequence[Finding],
    subjects: Iterable[Subject],
    files: Files,
    ignores: Iterable[ProjectIgnore],
) -> list[Finding]:
    """The findings that are not ignored, and what is wrong with the ignores."""
    ignoring = Ignoring(subjects, files, ignores)
    return [*[each for each in findings if not ignoring.ignores(each)], *ignoring.found()]


def _definitions(syntax: Syntax) -> list[ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]:
    functions = [node for nodes in syntax.functions.values() for node in nodes]
    classes = [node for nodes in syntax.classes.values() for node in nodes]
    return [*[node for node in functions if not isinstance(node, ast.Lambda)], *classes]


def _is_around(
    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, ignore: Ignore, comments: Ignores
) -> bool:
    inside = node.lineno <= ignore.place.line <= (node.end_lineno or node.lineno)
    return inside or ignore in comments.at(node.lineno)


def _lack(ignore: ProjectIgnore) -> str | None:
    """What is wrong with its reason."""
    which = f"the ignore of {ignore.check} at {ignore.at}"
    reason = ignore.reason.strip()
    if reason == REASON:
        return f"the reason of {which} is still the placeholder: say why"
    return None if reason else f"{which} gives no reason"


def _unknown(name: str) -> str:
    if name in ABOUT_IGNORES:
        return f"{name} cannot be ignored"
    return f"there is no check {name!r}{near(name, CHECKS)}"


def _wrong(policy: str, place: Place | None, message: str) -> Finding:
    mend = "Write `# bylaws: ignore[name] reason`, or in pyproject.toml check, policy, at, reason."
    return _finding("wrong-ignore", policy, place, message, mend)


def _unused(policy: str, place: Place | None, message: str) -> Finding:
    return _finding("unused-ignore", policy, place, message, "Take it out.")


def _finding(check: str, policy: str, place: Place | None, message: str, mend: str) -> Finding:
    known = CHECKS[check]
    return Finding(check, known.severity, policy, (), (), place, message, known.why, mend)
