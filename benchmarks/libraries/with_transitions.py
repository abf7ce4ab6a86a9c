"""transitions: its `Machine` and its `AsyncMachine`, with an enum."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from typing import Any

from benchmarks.harness import Side
from benchmarks.libraries.common import Contender, State, Work, async_hook, hook, on_a_loop


def _moves(hooks: list[Any]) -> list[dict[str, Any]]:
    return [
        {"trigger": "flip", "source": State.OFF, "dest": State.ON, "before": hooks},
        {"trigger": "flip", "source": State.ON, "dest": State.OFF, "before": hooks},
    ]


def plain(hooks: int) -> Side:
    """A `Machine` with `before` callbacks, which are given the event."""
    machine: Any = import_module("transitions").Machine
    moves = _moves([hook() for _ in range(hooks)])
    model: Any = machine(
        states=State, initial=State.OFF, transitions=moves, auto_transitions=False, send_event=True
    )

    def side(loops: Iterable[object]) -> None:
        for _ in loops:
            model.flip()
            model.flip()

    return side


def waiting(hooks: int) -> Side:
    """An `AsyncMachine`."""
    machine: Any = import_module("transitions.extensions.asyncio").AsyncMachine
    moves = _moves([async_hook() for _ in range(hooks)])

    async def work() -> Work:
        model: Any = machine(
            states=State,
            initial=State.OFF,
            transitions=moves,
            auto_transitions=False,
            send_event=True,
        )

        async def side(loops: Iterable[object]) -> None:
            for _ in loops:
                await model.flip()
                await model.flip()

        return side

    return on_a_loop(work)


CONTENDER = Contender(
    "transitions",
    plain,
    waiting,
    "more: triggers by name, conditions, callbacks of states and of the machine, an event object; "
    "less: it has no verdict that delays or redirects, and undoes nothing",
)
