# pyright: reportUnnecessaryTypeIgnoreComment=true
"""Commits that are carried to their end: what `to_its_end` takes, and where what it makes goes."""

from __future__ import annotations

from asyncio import CancelledError
from enum import Enum
from functools import partial
from typing import assert_type

from bylaws import AsyncPolicy, Delay, Outcome, delay
from bylaws.aio import to_its_end


class S(Enum):
    NEW = 1
    PAID = 2


class Row:
    """Something with a write of its own."""

    async def save(self, state: S) -> None: ...

    @to_its_end
    async def commit(self, state: S, outcome: Outcome[S]) -> Delay | None:
        return delay(1, reason="another was faster") if state is S.NEW else None


async def write(row: Row, state: S, outcome: Outcome[S]) -> None: ...


@to_its_end
async def take(lease: str, *, wait: bool = False) -> bool:
    return wait and bool(lease)


def plain(state: S, outcome: Outcome[S]) -> None: ...


async def use(policy: AsyncPolicy[S, Row], row: Row) -> None:
    await policy.arun(row, S.NEW, S.PAID, commit=row.commit)
    await policy.arun(row, S.NEW, S.PAID, commit=to_its_end(partial(write, row)))
    await policy.arun(row, S.NEW, S.PAID, commit=to_its_end(lambda state, _: row.save(state)))

    assert_type(
        await row.commit(S.NEW, await policy.arun(row, None, S.NEW)), Delay | CancelledError | None
    )
    assert_type(await take("lease"), bool | CancelledError)
    await take(1)  # type: ignore[arg-type]  # a wrong argument to a write that goes to its end
    await policy.arun(row, S.NEW, S.PAID, commit=take)  # type: ignore[arg-type]  # another function as a commit
    to_its_end(plain)  # type: ignore[arg-type]  # a plain write that is to go to its end
    taken: bool = await take("a")  # type: ignore[assignment]  # an answer whose cancellation is forgotten
