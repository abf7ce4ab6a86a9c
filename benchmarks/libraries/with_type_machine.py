"""automat: what its `TypeMachineBuilder` builds."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from automat import TypeMachineBuilder

from benchmarks.harness import Side
from benchmarks.libraries.common import Contender, Subject, hook


class Flips(Protocol):
    """What the machine does."""

    def flip(self) -> None:
        """Be in the other state."""


def plain(hooks: int) -> Side:
    """A machine that `TypeMachineBuilder` builds. Its one output for a move calls the hooks."""
    builder = TypeMachineBuilder(Flips, Subject)
    befores = [hook() for _ in range(hooks)]
    off, on = builder.state("off"), builder.state("on")

    def output(_flips: Flips, core: Subject) -> None:
        for before in befores:
            before(core)

    for source, target in ((off, on), (on, off)):
        move = source.upon(Flips.flip).to(target)
        if befores:
            move(output)
        else:
            move.returns(None)
    machine = builder.build()(Subject())

    def side(loops: Iterable[object]) -> None:
        for _ in loops:
            machine.flip()
            machine.flip()

    return side


CONTENDER = Contender(
    "automat",
    plain,
    None,
    "more: typed inputs, a core for each state; "
    "less: no hook can refuse, it undoes nothing, and it is not async",
)
