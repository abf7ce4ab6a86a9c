"""The hooks in a loop, and an assignment: what any library adds to."""

from __future__ import annotations

from collections.abc import Iterable

from benchmarks.harness import Side
from benchmarks.libraries.common import Contender, State, Subject, Work, async_hook, hook, on_a_loop


def plain(hooks: int) -> Side:
    """A loop over the hooks, and an assignment."""
    subject, befores = Subject(), [hook() for _ in range(hooks)]
    off, on = State.OFF, State.ON

    def side(loops: Iterable[object]) -> None:
        for _ in loops:
            for before in befores:
                before(subject)
            subject.state = on
            for before in befores:
                before(subject)
            subject.state = off

    return side


def waiting(hooks: int) -> Side:
    """The same with async hooks."""
    subject, befores = Subject(), [async_hook() for _ in range(hooks)]
    off, on = State.OFF, State.ON

    async def side(loops: Iterable[object]) -> None:
        for _ in loops:
            for before in befores:
                await before(subject)
            subject.state = on
            for before in befores:
                await before(subject)
            subject.state = off

    async def work() -> Work:
        return side

    return on_a_loop(work)


CONTENDER = Contender(
    "",
    plain,
    waiting,
    "less: it looks at no state, asks for no verdict, undoes nothing (and bylaws does)",
)
