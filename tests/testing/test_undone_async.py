"""`assert_undone_async`, on asyncio and trio: every leak of the zoo, and none of the twins."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial

import pytest
import trio

from bylaws.testing import LeakError, assert_undone_async
from tests.testing.async_zoo import ASYNC_ZOO, AsyncCase, AsyncPair
from tests.testing.zoo import S, fresh


async def undone(case: AsyncCase) -> int:
    """How many strikes a case has."""
    return await assert_undone_async(
        case.policy,
        S.NEW,
        S.PAID,
        context=fresh,
        observe=case.observe,
        commit=case.commit,
    )


def on_asyncio(case: AsyncCase) -> int:
    return asyncio.run(undone(case))


def on_trio(case: AsyncCase) -> int:
    return trio.run(partial(undone, case))


LOOPS = {"asyncio": on_asyncio, "trio": on_trio}
CASES = [
    pytest.param(pair, run, id=f"{loop}: {name}")
    for loop, run in LOOPS.items()
    for name, pair in ASYNC_ZOO.items()
    if loop == "asyncio" or pair.trio
]
on_both = pytest.mark.parametrize(("pair", "run"), CASES)


@on_both
def test_every_leak_is_found(pair: AsyncPair, run: Callable[[AsyncCase], int]) -> None:
    """A leaky rule is told, with at least one strike that shows it."""
    with pytest.raises(LeakError) as caught:
        run(pair.leaky)
    assert caught.value.leaks


@on_both
def test_no_mended_twin_is_accused(pair: AsyncPair, run: Callable[[AsyncCase], int]) -> None:
    """A rule that gives back, whatever happens, passes."""
    assert run(pair.mended) > 0
