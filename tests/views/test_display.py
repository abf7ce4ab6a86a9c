"""Words: names on one line, sets, and what entries answer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bylaws.views import EntryFacts, Matrix, StateEnum, StateSet, StateSpace
from bylaws.views.display import answers, capped, counted, items, sentence, shown, summary
from bylaws.views.matrix import VERDICTS, VerdictName
from tests.views.drawn import sets, spaces
from tests.views.hostile import NAMES

SPACE = StateSpace((StateEnum("S", ("A", "B", "C", "D")), StateEnum("T", ("X",))))


@given(st.sampled_from(NAMES) | st.text(), st.integers(5, 100))
def test_a_name_is_shown_on_one_line(name: str, most: int) -> None:
    """Nothing of it moves a cursor or turns the text; it is encodable, and not without end."""
    text = shown(name, most)
    assert text
    assert text.replace("\u200d", "").replace("\u200c", "").isprintable()
    assert text.strip("\u200c\u200d") == text
    assert len(text.encode()) <= 10 * most
    if name.isprintable() and 0 < len(name) <= most:
        assert text == name


@given(st.data())
def test_the_items_of_a_set_are_the_set(data: st.DataObject) -> None:
    """Put together they are it, exactly."""
    space = data.draw(spaces())
    states = data.draw(sets(space))
    mask = 0
    for item in items(space, states):
        if item.word:
            mask |= space.masks_of_enums[str(item.name)]
            mask &= ~space.mask(StateSet((), item.but))
        else:
            mask |= space.mask(StateSet((), (item.name,)))
    assert mask == space.mask(states)
    assert len(items(space, states)) <= len(states.every) + len(states.states)


@pytest.mark.parametrize(
    ("states", "text"),
    [
        (["S.A"], "S.A"),
        (["S.A", "S.B"], "S.A, S.B"),
        (["S.A", "S.B", "S.C", None], "every S (but S.D), None"),
        (["S.A", "S.B", "S.C", "S.D", "T.X"], "every S, every T"),
    ],
)
def test_a_set_is_named_in_few_words(states: list[str | None], text: str) -> None:
    """Of an enum that it has most of, what it lacks is named."""
    assert sentence(SPACE, SPACE.set_of(states)) == text
    assert sentence(SPACE, None) == "every S, every T, None"


def test_long_lists_are_capped() -> None:
    """The last words say how many are left out."""
    assert capped("ABC", 3) == ["A", "B", "C"]
    assert capped("ABCD", 3) == ["A", "B", "2 more"]


def test_what_an_entry_answers() -> None:
    """In words, all verdicts being anything, and a refusal always being one."""
    states = SPACE.set_of(["S.A"])
    told: dict[str, tuple[VerdictName, ...] | None] = {
        "anything": None,
        "never answers": (),
        "proceed": ("proceed",),
        "proceed, reject or abort": ("proceed", "reject", "abort"),
        "always reject or delay": ("reject", "delay"),
    }
    for text, verdicts in told.items():
        assert answers(EntryFacts("a", "rule", states, states, verdicts)) == text
    assert answers(EntryFacts("a", "rule", states, states, VERDICTS)) == "anything"
    assert answers(EntryFacts("a", "rule", states, states, legal=())) == "legal moves only"
    assert answers(EntryFacts("a", "transform", verdicts=())) == "transform"


def test_a_summary_counts() -> None:
    """Rules, transforms, states and enums."""
    states = SPACE.set_of(["S.A"])
    entry = EntryFacts("a", "rule", states, states)
    transform = EntryFacts("b", "transform", verdicts=())
    both = Matrix("m", SPACE, (entry, transform))
    assert summary(both) == "1 rule, 1 transform; 5 states of S and T, and None"
    assert summary(Matrix("m", StateSpace((), ("A",)), ())) == "0 rules; 1 state, and None"
    assert counted(1_000, "line") == "1,000 lines"
