"""Rectangles: exactly the region, and the fewest."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from bylaws.views.rectangles import rectangles
from bylaws.views.states import bits


def made_up(pairs: list[tuple[int, int]], height: int) -> list[int]:
    """The region that rectangles make up."""
    region = [0] * height
    for froms, tos in pairs:
        for at in bits(froms):
            region[at] |= tos
    return region


def fewest(region: list[int]) -> int:
    """How many are needed, by trying all sets of largest rectangles."""
    largest: set[tuple[int, int]] = set()
    for froms in range(1, 1 << len(region)):
        tos = -1
        for at in bits(froms):
            tos &= region[at]
        if tos:
            largest.add((sum(1 << at for at, row in enumerate(region) if not tos & ~row), tos))
    return next(
        count
        for count in range(len(region) + 1)
        if any(made_up([*some], len(region)) == region for some in combinations(largest, count))
    )


@given(st.lists(st.integers(0, 15), max_size=4))
def test_they_are_the_fewest(region: list[int]) -> None:
    """Of a small region no other rectangles are fewer."""
    found = rectangles(region)
    assert made_up(found, len(region)) == region
    assert len(found) == fewest(region)


@given(st.lists(st.integers(0, 2**90 - 1), max_size=90))
def test_they_make_up_the_region(region: list[int]) -> None:
    """Of any region they are all of it and nothing else, and not more than its rows."""
    found = rectangles(region)
    assert made_up(found, len(region)) == region
    assert len(found) <= len(region)


@given(st.lists(st.tuples(st.integers(1, 2**70 - 1), st.integers(1, 2**70 - 1)), max_size=2))
def test_what_few_make_up_takes_no_more(pairs: list[tuple[int, int]]) -> None:
    """Two rectangles come back as two at most, however many states they have."""
    assert len(rectangles(made_up(pairs, 70))) <= len(pairs)


def test_what_taking_the_most_first_misses() -> None:
    """Where the greedy way takes one more, the fewest are found."""
    for region in ([13, 3, 7, 12], [14, 8, 7, 25, 3], [13, 3, 7, 12, 12]):
        assert len(rectangles(region)) == fewest(region)


@given(st.lists(st.integers(0, 31), min_size=5, max_size=5))
def test_five_rows(region: list[int]) -> None:
    """The fewest of a region of five by five."""
    assert len(rectangles(region)) == fewest(region)
