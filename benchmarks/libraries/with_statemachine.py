"""python-statemachine, 2 or 3, whichever is installed."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable
from importlib import import_module
from typing import Any

from benchmarks.harness import Side
from benchmarks.libraries.common import Contender, Work, on_a_loop


def _chart(hooks: list[Callable[..., object]]) -> Any:
    library: Any = import_module("statemachine")
    off, on = library.State(initial=True), library.State()
    named = {f"hook_{at}": hook for at, hook in enumerate(hooks)}
    flip = off.to(on, before=list(named)) | on.to(off, before=list(named))
    body = {"off": off, "on": on, "flip": flip, **named}
    return type(library.StateMachine)("Chart", (library.StateMachine,), body)()


def plain(hooks: int) -> Side:
    """A `StateMachine` with methods as `before` callbacks; their one argument is injected."""

    def make() -> Callable[..., None]:
        def nothing(self: object, source: object) -> None:  # noqa: ARG001
            return None

        return nothing

    chart = _chart([make() for _ in range(hooks)])

    def side(loops: Iterable[object]) -> None:
        for _ in loops:
            chart.flip()
            chart.flip()

    return side


def waiting(hooks: int) -> Side:
    """The same with async callbacks, at least one, without which it has no async engine."""

    def make() -> Callable[..., Coroutine[Any, Any, None]]:
        async def nothing(self: object, source: object) -> None:  # noqa: ARG001
            return None

        return nothing

    async def work() -> Work:
        chart = _chart([make() for _ in range(hooks)])
        await chart.activate_initial_state()

        async def side(loops: Iterable[object]) -> None:
            for _ in loops:
                await chart.flip()
                await chart.flip()

        return side

    return on_a_loop(work)


CONTENDER = Contender(
    "python-statemachine",
    plain,
    waiting,
    "more: a queue of events, guards, callbacks of states, arguments injected by name; "
    "less: it has no verdict that delays or redirects, and undoes nothing",
    least=1,
)
