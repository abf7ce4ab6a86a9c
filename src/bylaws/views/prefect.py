"""Prefect's policies as matrices: read off their classes; Prefect itself is not needed.

A policy of Prefect's has a `priority()` that gives classes, the most important first. A rule has
`FROM_STATES` and `TO_STATES`. A universal transform is told by having neither, or by descending
from a class whose name ends in `UniversalTransform`, as all of Prefect's do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final, cast

from bylaws.rules import names_of
from bylaws.views.errors import MatrixError
from bylaws.views.matrix import EntryFacts, Hook, Matrix
from bylaws.views.reading import RULE_HOOKS, Naming, is_async
from bylaws.views.sources import Sources, first_line

TRANSFORM: Final = "UniversalTransform"
BASES: Final = ("OrchestrationRule", TRANSFORM)
"""So end the names of the classes whose hooks do nothing yet."""


def read_prefect_policy(policy: object) -> Matrix:
    """What a policy of Prefect's does, given its class. No hook is called.

    Its rules speak by calling `reject_transition` and the like, so that what one with a before hook
    may answer is not known. `MatrixError` for what has no `priority()` that lists classes.
    """
    kind: Any = policy
    name: str = getattr(kind, "__name__", type(kind).__name__)
    listed: object = getattr(kind, "priority", None)
    if callable(listed):
        # An instance is made where priority() is no static method: policies take no arguments.
        listed = listed() if _is_static(kind) else kind().priority()
    if not isinstance(listed, list | tuple):
        raise MatrixError(f"{name} has no priority() that lists the classes of its rules")
    entries = [_class(entry, name) for entry in cast("Iterable[object]", listed)]
    rules = [entry for entry in entries if not _universal(entry)]
    sets = {id(entry): _sets(entry, name) for entry in rules}
    # A transform's sets, which all of Prefect's have, say no more than what its states are.
    others: list[object] = [getattr(entry, "FROM_STATES", None) for entry in entries]
    over = [frozenset(cast("Any", each)) for each in others if isinstance(each, Iterable)]
    naming = Naming([*over, *[states for pair in sets.values() for states in pair]])
    seen = Sources()
    return Matrix(
        name,
        naming.space,
        tuple(
            [
                _facts(entry, called, sets.get(id(entry)), naming, seen)
                for entry, called in zip(entries, names_of(entries), strict=True)
            ]
        ),
    )


def _is_static(kind: Any) -> bool:
    classes: Iterable[type] = getattr(kind, "__mro__", ())
    found = [vars(each)["priority"] for each in classes if "priority" in vars(each)]
    return not found or isinstance(found[0], staticmethod | classmethod)


def _class(entry: object, policy: str) -> type[Any]:
    if not isinstance(entry, type):
        raise MatrixError(f"{policy} lists {entry!r}, which is no class")
    return entry


def _universal(entry: type[Any]) -> bool:
    named = any(each.__name__.partition("[")[0].endswith(TRANSFORM) for each in entry.__mro__)
    return named or not (hasattr(entry, "FROM_STATES") or hasattr(entry, "TO_STATES"))


def _sets(entry: type[Any], policy: str) -> tuple[Iterable[object], Iterable[object]]:
    found: list[Iterable[object]] = []
    for name in ("FROM_STATES", "TO_STATES"):
        states: Any = getattr(entry, name, None)
        if not isinstance(states, Iterable) or not (members := frozenset(cast("Any", states))):
            raise MatrixError(f"{policy}: {entry.__name__} has no {name}, or no states in it")
        found.append(members)
    return found[0], found[1]


def _facts(
    entry: type[Any],
    name: str,
    sets: tuple[Iterable[object], Iterable[object]] | None,
    naming: Naming,
    seen: Sources,
) -> EntryFacts:
    hooks = _hooks(entry)
    awaits: tuple[Hook, ...] = tuple([hook for hook, code in hooks.items() if is_async(code)])
    doc, (file, line) = first_line(entry.__doc__), seen.of_class(entry)
    if sets is None:
        return EntryFacts(
            name, "transform", None, None, (), tuple(hooks), awaits, None, doc, file, line
        )
    froms, tos = naming.named(sets[0]), naming.named(sets[1])
    decides = "before_transition" in hooks
    return EntryFacts(
        name,
        "rule",
        froms,
        tos,
        None if decides else ("proceed",),
        tuple(hooks),
        awaits,
        None,
        doc,
        file,
        line,
    )


def _hooks(entry: type[Any]) -> dict[Hook, Callable[..., object]]:
    """The hooks that a class or one above it defines, the bases left out."""
    found: dict[Hook, Callable[..., object]] = {}
    for name in RULE_HOOKS:
        owner = next((each for each in entry.__mro__ if name in vars(each)), None)
        hook: object = getattr(entry, name, None)
        # A generic base is called after what it is over: BaseOrchestrationRule[FlowRun].
        if owner and callable(hook) and not owner.__name__.partition("[")[0].endswith(BASES):
            found[name] = hook
    return found
