"""Names that mean something to some format, or to a terminal, and a matrix of them."""

from __future__ import annotations

from typing import Final

from bylaws.views import EntryFacts, Matrix, StateEnum, StateSpace

NAMES: Final = [
    *['"', "'", "\\", "`", "|", "a|b", "a\\|b", "\\N", "&amp;", "&#35;", "#35;", "#quot;", "$x$"],
    *["<b>bold</b>", "<script>alert(1)</script>", "</table>", "-->", "--> x", "[*]", "%%", "{x}"],
    *["one\ntwo", "\r\n", "\ttab", "\x1b[31mred", "\x00", "a;b", "a:b", ":smile:", "@someone"],
    *["#1", "http://example.com", "www.example.com", "*a*", "_a_", "__a__", "~~a~~", "1. a"],
    *["- a", "# a", "``", "`a`", " a ", "a  b", "end", "note", "state", "graph", "None", "every S"],
    *["\u202eabc", "\u05e9\u05dc\u05d5\u05dd", "\u0627\u0644", "\U0001f642", "\u65e5\u672c"],
    *["\U0001f469\u200d\U0001f467", "e\u0301", "\ud800", "\ufeff", "\xa0", "x" * 200, ""],
    *["=1+1", "a,b", '"quoted"', "${x}", "{{x}}", "fa:fa-car", "A -> B", "(a)", "a_b", "\u2026"],
]


def of(names: list[str]) -> Matrix:
    """A matrix whose states, entries and policy are called so, each state with a row of its own."""
    space = StateSpace((StateEnum(names[0], tuple(names)),))
    listed = [
        EntryFacts(
            name,
            "rule",
            space.set_of([name, names[0]]),
            space.set_of([*names[at : at + 2], None]),
            ("abort",) if at == 1 else None,
            ("before_transition",),
            ("before_transition",) if at == 2 else (),
            doc=name,
            file=name,
            line=at,
        )
        for at, name in enumerate(names)
    ]
    return Matrix(names[0], space, tuple(listed))


GROUPS: Final = [of(NAMES[at : at + 8]) for at in range(0, len(NAMES), 8)]
"""Matrices of a few of them each, all of them in some."""

LONG: Final = of(["x" * 10_000, "<|`" * 5_000, "A"])
"""Names of 10,000 characters and more; apart, since hypothesis takes long to print them."""
