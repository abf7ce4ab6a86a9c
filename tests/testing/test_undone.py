"""`assert_undone`: it finds every leak of the zoo, and accuses none of the mended twins."""

from __future__ import annotations

import pytest

from bylaws.testing import LeakError, assert_undone
from tests.testing.zoo import ZOO, Case, Pair, S

zoo = pytest.mark.parametrize("pair", ZOO.values(), ids=ZOO)


def undone(case: Case) -> int:
    """How many strikes a case has."""
    return assert_undone(
        case.policy,
        S.NEW,
        S.PAID,
        context=case.context,
        observe=case.observe,
        commit=case.commit,
    )


@zoo
def test_every_leak_is_found(pair: Pair) -> None:
    """A leaky rule is told, with at least one strike that shows it."""
    with pytest.raises(LeakError) as caught:
        undone(pair.leaky)
    assert caught.value.leaks
    assert len(caught.value.leaks) <= caught.value.strikes


@zoo
def test_no_mended_twin_is_accused(pair: Pair) -> None:
    """A rule that gives back, whatever happens, passes."""
    assert undone(pair.mended) > 0
