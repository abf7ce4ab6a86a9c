"""A plan: what fires in one cell of the table, in which order, and how a run of it is unwound."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from enum import Enum
from types import GeneratorType
from typing import Any, Final, TypeAlias, TypeGuard, cast, final

from bylaws.errors import HookError
from bylaws.explanation import name_of
from bylaws.state import show
from bylaws.transition import Callback
from bylaws.verdict import PROCEED

_set: Final = BaseException.__setattr__  # also where the class of an exception freezes it
CLOSED: Final = "bylaws: the coroutine of a run was closed."

Hook: TypeAlias = Callable[..., Any]

# One of a rule's sets, and the classes of its items.
States: TypeAlias = "tuple[frozenset[Enum | None], set[type]]"


@final
class Step:
    """An entry as a run meets it: its hooks looked up once, without those of a base, which do nothing."""

    __slots__ = (
        "after",
        "awaits",
        "before",
        "bit",
        "cleanup",
        "entry",
        "fine",
        "from_states",
        "to_states",
        "universal",
    )

    def __init__(
        self,
        entry: Any,
        bit: int,
        sets: tuple[States, States] | None,
        hooks: Mapping[str, Hook],
        awaits: Sequence[str],
    ) -> None:
        self.entry = entry
        self.bit = bit
        self.universal = sets is None
        self.from_states, self.to_states = sets or ((frozenset(), set()), (frozenset(), set()))
        self.before: Any = hooks.get("before_transition")
        self.after = hooks.get("after_transition")
        self.cleanup = hooks.get("cleanup")
        self.awaits = awaits  # the names of the async ones
        # Beside None, the one answer of the before hook that lets the run go on.
        self.fine = None if self.universal else PROCEED


# A call that is due when a run is finished: whose, the hook's name, the function, and how many arguments it is given
# (1: a rule's hook, the transition; 2: a transform's, the outcome too; 0: a callback, which has its own).
Side: TypeAlias = "tuple[Step, str, Hook, int]"


@final
class Plan:
    """What fires in a cell: the entries, and their hooks in the order of the calls.

    `befores` are the before hooks, `starters` the steps that they are of. Beside `None`, `fine` is the one answer of
    them that lets a run go on. The engine keeps the outcomes that came of the plan when all proceeded: by the state,
    and the last one apart.
    """

    __slots__ = (
        "accepted",
        "afters",
        "befores",
        "entries",
        "fine",
        "outcomes",
        "starters",
        "steps",
    )

    def __init__(self, steps: tuple[Step, ...]) -> None:
        self.steps = steps
        self.entries = tuple([step.entry for step in steps])
        self.starters = tuple([step for step in steps if step.before])
        self.befores = tuple([step.before for step in self.starters])
        self.fine = None if any(step.universal for step in self.starters) else PROCEED
        self.accepted: Any = None
        self.outcomes: dict[object, Any] = {}
        self.afters: tuple[Side, ...] = tuple(
            [
                (step, "after_transition", step.after, 1 + step.universal)
                for step in reversed(steps)
                if step.after
            ]
        )


def unwinding(
    plan: Plan,
    added: Sequence[Callback],
    speaker: Step | None,
    failed: Step | None,
    raised: bool,
) -> Iterable[Side]:
    """What is due to be called, last in first out, for every entry whose turn to begin had come.

    `speaker` is the rule that refused, `failed` the entry whose before hook raised; `raised`: that, or the commit, did.
    """
    callbacks: dict[Step, list[tuple[str, Hook]]] = {}
    for step, method, callback in added:
        callbacks.setdefault(step, []).append((method, callback))
    for step in reversed(plan.steps):
        if failed is not None and step.bit > failed.bit:
            continue  # never begun
        if step.universal:
            due, name, hook = (
                ("add_cleanup", "", None)
                if raised
                else ("add_after", "after_transition", step.after)
            )
        elif speaker is not None and step.bit > speaker.bit:
            continue  # nullified
        elif raised or speaker is not None:
            due, name, hook = "add_cleanup", "cleanup", step.cleanup
        else:
            due, name, hook = "add_after", "after_transition", step.after
        for method, callback in reversed(callbacks.get(step, ())):
            if method == due:
                yield step, method, callback, 0
        if hook is not None:
            yield step, name, hook, 1 + step.universal


def settle(step: Step, name: str, arity: int, result: object) -> None:
    """Look at what a side returned, when nobody awaits it: only a callback may return something."""
    if is_awaitable(result):
        raise not_awaited(step, name, result)
    if arity:
        raise broken(step, name, f"returned {result!r}: it has to return None")


def is_awaitable(value: object) -> TypeGuard[Awaitable[Any]]:
    return (
        hasattr(type(value), "__await__")
        or (
            isinstance(value, GeneratorType) and bool(value.gi_code.co_flags & 0x100)
        )  # types.coroutine
    )


def not_awaited(step: Step | None, name: str, result: Awaitable[object]) -> HookError:
    """The error for what has to be awaited where nothing can be. Closes it, so that Python does not warn of it too."""
    close: Callable[[], object] | None = getattr(result, "close", None)
    if close is not None:
        close()
    why = "run() awaits nothing (use arun()), and arun() not twice, nor while its coroutine is being closed"
    return broken(
        step, name, f"returned an awaitable ({type(result).__name__}) that nothing awaits: {why}"
    )


def broken(step: Step | None, name: str, what: str) -> HookError:
    where = name if step is None else f"{name_of(step.entry)}.{name}"
    return HookError(f"{where} {what}.", None if step is None else step.entry, name)


def closing(errors: Iterable[BaseException]) -> bool:
    """Whether nothing can be awaited any more: the coroutine is being closed, perhaps inside a run inside a hook."""
    return any(
        isinstance(error, GeneratorExit)
        or CLOSED in getattr(error.__context__, "__notes__", ())
        or (isinstance(error, BaseExceptionGroup) and closing(_parts(error)))
        for error in errors
    )


def _parts(group: Any) -> Iterable[BaseException]:
    return cast("Iterable[BaseException]", group.exceptions)


def combined(errors: Iterable[BaseException], committed: Enum | None) -> BaseException:
    """The one exception that goes out: the only one as it is, several as a group in the order in which they came.

    One that is no `Exception` goes out bare, because asyncio would not know it again inside a group: the first
    `KeyboardInterrupt` or `SystemExit`, else the first of the others; the rest become its cause. A `GeneratorExit`
    among others becomes their context only: `close()` swallows it, and would swallow the others with it.
    """
    raised = list({id(error): error for error in errors}.values())
    closer = next((error for error in raised if isinstance(error, GeneratorExit)), None)
    if closer is not None and len(raised) > 1:
        raised = [error for error in raised if not isinstance(error, GeneratorExit)]
    bare = min(
        (error for error in raised if not isinstance(error, Exception)), key=_later, default=None
    )
    if len(raised) == 1:
        out = raised[0]
    elif bare is None:
        out = BaseExceptionGroup("several hooks or callbacks raised", raised)
    else:
        out = bare
        rest = [error for error in raised if error is not bare]
        if bare.__cause__ is not None and all(error is not bare.__cause__ for error in rest):
            rest.insert(0, bare.__cause__)
        _set(bare, "__cause__", BaseExceptionGroup("raised beside it", rest))
    if closer is not None and out is not closer:
        closer.add_note(CLOSED)
        _set(out, "__context__", closer)
    if committed is not None:
        note = f"bylaws: raised after the commit of {show(committed)}, which stands."
        _set(out, "__notes__", [*getattr(out, "__notes__", ()), note])
    return out


def _later(error: BaseException) -> bool:
    return not isinstance(error, KeyboardInterrupt | SystemExit)
