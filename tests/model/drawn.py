"""Scripts as hypothesis draws them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from hypothesis import strategies as st

from tests.model.players import is_possible
from tests.model.script import (
    ANYWHERE,
    BREAKS,
    CAUSED,
    FLAVOURS,
    RAISES,
    REFUSES,
    REFUSES_TO_WRITE,
    THEN,
    Script,
    State,
)

ENDS: Final = st.sampled_from(["fine"] * 10 + [*RAISES, *CAUSED, "junk"])
COMMITS: Final = st.sampled_from(
    [None, *["fine"] * 10, *RAISES, *CAUSED, *REFUSES_TO_WRITE * 2, *THEN, "redirect", "junk"]
)
SETS: Final = st.one_of(
    st.just(ANYWHERE), st.frozensets(st.sampled_from([*State, None]), min_size=1)
)
STATES: Final = st.sampled_from([State.NEW, State.OPEN, State.SHUT, None])
HOOKS: Final = st.one_of(ENDS, ENDS, ENDS, st.none())
FLAVOURED: Final = st.sampled_from(FLAVOURS)
PASSING: Final = ["proceed", "nothing"] * 8


def scripts_that(before: Sequence[str]) -> st.SearchStrategy[Script]:
    """Scripts with these answers of a rule's before hook."""

    def made(universal: bool, answer: str | None, *rest: Any) -> Script:
        if universal and answer in ("proceed", *REFUSES):
            answer = "nothing"
        script = Script(universal, answer, *rest)
        return script if universal else replace(script, decide=None)

    return st.builds(
        made,
        st.sampled_from([False, False, True]),
        st.one_of(st.sampled_from(before), st.none())
        if len(before) > 40
        else st.sampled_from(before),
        st.lists(st.tuples(st.sampled_from(["add_after", "add_cleanup"]), ENDS), max_size=3).map(
            tuple
        ),
        HOOKS,
        HOOKS,
        HOOKS,
        SETS,
        SETS,
        FLAVOURED,
        FLAVOURED,
        FLAVOURED,
        FLAVOURED,
        FLAVOURED,
    ).filter(is_possible)


ANSWERS: Final = [*PASSING, *REFUSES, *RAISES, *CAUSED, *BREAKS]
SCRIPTS: Final = st.one_of(
    st.lists(scripts_that(ANSWERS), max_size=6),
    st.lists(scripts_that([*PASSING, *REFUSES]), max_size=6),
    st.lists(scripts_that(PASSING), max_size=6),
)
