"""automat: its older `MethodicalMachine`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from types import FunctionType
from typing import Any, cast

from automat import MethodicalMachine

from benchmarks.harness import Side
from benchmarks.libraries.common import Contender


def plain(hooks: int) -> Side:
    """A `MethodicalMachine` with an output for each hook."""
    made: Any = MethodicalMachine
    machine = made()
    flip = machine.input()(_named(_unwritten, "flip"))
    off = machine.state(initial=True)(_named(_unwritten, "off"))
    on = machine.state()(_named(_unwritten, "on"))
    outputs = [machine.output()(_named(_does_nothing, f"output_{at}")) for at in range(hooks)]
    off.upon(flip, enter=on, outputs=outputs)
    on.upon(flip, enter=off, outputs=outputs)
    flips: Any = type("Flips", (), {"machine": machine, "flip": flip, "off": off, "on": on})()

    def side(loops: Iterable[object]) -> None:
        for _ in loops:
            flips.flip()
            flips.flip()

    return side


def _unwritten(self: object) -> None:
    """A method without a body, as automat wants it."""


def _does_nothing(self: object) -> None:  # noqa: ARG001
    return None


def _named(method: Callable[[Any], None], name: str) -> FunctionType:
    """The same under another name, by which automat tells them apart."""
    return FunctionType(cast("FunctionType", method).__code__, {}, name)


CONTENDER = Contender(
    "automat",
    plain,
    None,
    "more: it collects what the outputs return; "
    "less: no hook can refuse, it undoes nothing, and it is not async",
)
