"""Covers: the fewest sets that make up another."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from bylaws.lint.cover import few_cover, smallest_cover

parts = st.lists(st.integers(0, 2**10 - 1), max_size=9)


def union(masks: list[int]) -> int:
    """All that is in any of them."""
    found = 0
    for mask in masks:
        found |= mask
    return found


@given(parts, st.integers(0, 2**10 - 1))
def test_the_smallest_is_the_smallest(masks: list[int], some: int) -> None:
    """It covers, no smaller one does, and it is said to be the smallest; few are a cover, too."""
    whole = union(masks) & some
    found, exact = smallest_cover(whole, masks)
    assert exact
    assert not whole & ~union([masks[at] for at in found])
    assert [*found] == sorted(set(found))
    if found:
        assert all(whole & ~union([*some]) for some in combinations(masks, len(found) - 1))
    assert not whole & ~union([masks[at] for at in few_cover(whole, masks)])


@given(parts, st.integers(1, 40))
def test_where_it_takes_too_long(masks: list[int], looks: int) -> None:
    """With few looks it still covers, none can be left out, and it is not said to be smallest."""
    whole = union(masks)
    found, exact = smallest_cover(whole, masks, looks)
    assert not whole & ~union([masks[at] for at in found])
    for left_out in found:
        assert whole & ~union([masks[at] for at in found if at != left_out])
    best = smallest_cover(whole, masks)[0]
    assert len(best) == len(found) or not exact


def test_what_is_found_too_late() -> None:
    """What is taken first may not be needed in the end: then it is left out, without looking on."""
    masks, whole = [0b011110, 0b000111, 0b111000], 0b111111
    assert few_cover(whole, masks) == (0, 1, 2)
    assert smallest_cover(whole, masks) == ((1, 2), True)
    assert smallest_cover(whole, masks, 1) == ((1, 2), False)
