"""What can occur: for each kind of move what each entry may do in a run that has an outcome."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from types import CodeType, MethodType
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, TypeAlias, cast

from bylaws.views.fold import Folded, Plan
from bylaws.views.matrix import VERDICTS, EntryFacts
from bylaws.views.reading import hooks_of

if TYPE_CHECKING:
    from bylaws.policy import AsyncPolicy
    from bylaws.state import C, S

What: TypeAlias = Literal["fires", "proceed", "reject", "delay", "abort", "after", "cleanup"]
"""What an entry did: of a transform that it fires; of a rule its verdict, and the side that was due
at the end, after it had let the move go on."""

DID: Final[Mapping[What, str]] = {
    "fires": "fired",
    "proceed": "proceeded",
    "reject": "rejected",
    "delay": "delayed",
    "abort": "aborted",
    "after": "reached its after side",
    "cleanup": "reached its cleanup side",
}
"""The words for them, in the order in which they are told."""

SIDES: Final[tuple[Literal["after", "cleanup"], ...]] = ("after", "cleanup")


class Item(NamedTuple):
    """What one entry may do for one kind of move, which is named by the label of its plan."""

    kind: str
    entry: str
    what: What


def callbacks_of(policy: AsyncPolicy[S, C]) -> dict[str, tuple[str, ...]]:
    """For the name of each rule that adds callbacks the sides that these are for.

    Read off the code of its before hook, which names `add_after` or `add_cleanup`; a function that
    it hands the transition to is not looked into.
    """
    found: dict[str, tuple[str, ...]] = {}
    for line in policy.explain(None, None).lines:
        before = hooks_of(line.entry, ["before_transition"]).get("before_transition")
        if before is not None and getattr(line.entry, "universal", None) is not True:
            names = set(_names_in(before))
            sides = tuple([side for side in SIDES if f"add_{side}" in names])
            if sides:
                found[line.name] = sides
    return found


def _names_in(hook: Callable[..., object]) -> Iterator[str]:
    """The names that the code of a hook mentions, and of the functions inside of it."""
    function: Any = hook
    todo: list[object] = []
    while function is not None:
        if isinstance(function, partial):
            function = cast("partial[object]", function).func
        elif isinstance(function, MethodType):
            function = function.__func__
        else:
            call = getattr(cast("object", type(function)), "__call__", None)  # noqa: B004 (its code)
            todo.append(getattr(function, "__code__", getattr(call, "__code__", None)))
            function = getattr(function, "__wrapped__", None)  # what a decorator is around
    while todo:
        code = todo.pop()
        if isinstance(code, CodeType):
            yield from code.co_names
            todo += code.co_consts


def possible(folded: Folded, callbacks: Mapping[str, Sequence[str]]) -> dict[Item, None]:
    """All that can occur, kind by kind, in the order of the entries.

    What an annotation admits, and of `moves()` what is legal there; nothing of a rule that stands
    behind one that always refuses. An after side only where the move may happen. A cleanup side
    where a later rule may refuse, or a commit, which is called where there is a state to write.
    """
    written = _written(folded)
    return {
        Item(plan.label, name, what): None
        for at, plan in enumerate(folded.plans)
        for name, what in _of_plan(plan, callbacks, writes=at in written)
    }


def _of_plan(
    plan: Plan, callbacks: Mapping[str, Sequence[str]], *, writes: bool
) -> Iterator[tuple[str, What]]:
    nullified = False
    for at, entry in enumerate(plan.entries):
        if entry.kind == "transform":
            yield entry.name, "fires"
            continue
        if nullified:
            continue
        nullified = entry in plan.ruled_out_by
        verdicts = entry.verdicts if entry.verdicts is not None else VERDICTS
        if entry.legal is not None:
            verdicts = ("abort",) if nullified else ("proceed",)
        for verdict in verdicts:
            yield entry.name, verdict
        if "proceed" in verdicts:
            sides = {*sides_of(entry), *callbacks.get(entry.name, ())}
            if "after" in sides and not plan.ruled_out_by:
                yield entry.name, "after"
            if "cleanup" in sides and (writes or later_refuses(plan, at)):
                yield entry.name, "cleanup"


def sides_of(entry: EntryFacts) -> tuple[str, ...]:
    """The sides that a rule has a hook for."""
    hooks = {"after_transition": "after", "cleanup": "cleanup"}
    return tuple([side for hook, side in hooks.items() if hook in entry.hooks])


def later_refuses(plan: Plan, at: int) -> bool:
    """Whether a rule that stands behind this place may refuse, in this plan."""
    return any(
        entry in plan.ruled_out_by if entry.legal is not None else entry.may_refuse
        for entry in plan.entries[at + 1 :]
    )


def _written(folded: Folded) -> set[int]:
    """The places of the plans that have a move to a state, not only to `None`."""
    members = folded.matrix.space.members
    real = [members(states) != (None,) for states in folded.columns]
    return {
        plan for row in folded.cells for plan, is_real in zip(row, real, strict=True) if is_real
    }
