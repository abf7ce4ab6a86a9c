# pyright: reportUnnecessaryTypeIgnoreComment=true
"""What is carried to its end: what `to_its_end` and `shielded` take, and where it goes then."""

from __future__ import annotations

from asyncio import CancelledError
from enum import Enum
from functools import partial
from typing import assert_type

from bylaws import AsyncPolicy, Delay, Outcome, Transition, delay
from bylaws.aio import shielded, to_its_end


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


@shielded
async def give_back(lease: str) -> bool:
    return bool(lease)


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

    assert_type(await give_back("lease"), bool)
    await give_back(1)  # type: ignore[arg-type]  # a wrong argument to what is shielded
    shielded(plain)  # type: ignore[arg-type]  # a plain function that is to be shielded


def take_lease(t: Transition[S, S, Row]) -> None:
    t.add_cleanup(give_back, "lease")
    t.add_cleanup(give_back, 1)  # type: ignore[arg-type]  # a wrong argument to a shielded cleanup
