"""Findings as hypothesis draws them: with any names, also those that mean something to a format."""

from __future__ import annotations

from typing import Final

from hypothesis import strategies as st

from bylaws.lint.catalogue import CHECKS
from bylaws.lint.finding import Finding, Place
from bylaws.views.states import StateEnum, StateSpace
from tests.views.hostile import NAMES

HOSTILE: Final = [
    *NAMES,
    *["::error::x", "::stop-commands::x", "%0A", "%25", "a,b=c:d", "##[error]x", "##vso[x]"],
    *["{0}", "{{0}}", "}{", "[x](http://example.com)", "[x](0)", "\\[x\\]", "\u2028", "\x85"],
]


def texts() -> st.SearchStrategy[str]:
    """Any text."""
    return st.one_of(st.sampled_from(HOSTILE), st.text(), st.characters())


def files() -> st.SearchStrategy[str]:
    """Paths, relative and absolute."""
    part = st.text(min_size=1, alphabet=st.characters(exclude_characters="/\0\\"))
    common = st.sampled_from(
        ["shop/orders.py", "/abs/x.py", "a b/\xe9#?%:.py", "<cell 1>", "::x.py"]
    )
    return st.one_of(common, st.lists(part, min_size=1, max_size=3).map("/".join))


@st.composite
def findings(draw: st.DrawFn) -> Finding:
    """A finding."""
    check = CHECKS[draw(st.sampled_from([*CHECKS]))]
    names = draw(st.lists(texts(), min_size=1, max_size=3, unique=True))
    space = StateSpace((StateEnum("S", tuple(names)),))
    sets = st.lists(st.sampled_from([*names, None]), min_size=1).map(space.set_of)
    return Finding(
        check.name,
        check.severity,
        draw(texts()),
        tuple(draw(st.lists(texts(), max_size=2))),
        tuple(draw(st.lists(st.tuples(sets, sets), max_size=4))),
        draw(st.none() | st.builds(Place, files(), st.integers(1, 10_000))),
        draw(texts()),
        check.why,
        draw(texts()),
    )


LISTS: Final = st.lists(findings(), max_size=4)
