"""What a policy looks up in its entries when it is made, and what it finds wrong with them, each with the mend."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from enum import Enum, Flag
from functools import partial
from types import FunctionType
from typing import Any, Final, cast

from bylaws._plan import Hook, States, Step
from bylaws.errors import Fault
from bylaws.explanation import name_of
from bylaws.rules import (
    AsyncBaseRule,
    AsyncBaseTransform,
    BaseRule,
    BaseTransform,
    FunctionRule,
    rule,
)
from bylaws.state import show

BASES: Final[tuple[type, ...]] = (BaseRule, AsyncBaseRule, BaseTransform, AsyncBaseTransform)
HOOKS: Final = ("before_transition", "after_transition", "cleanup")
NO_OPS: Final = frozenset(
    vars(base)[name] for base in (*BASES, FunctionRule) for name in HOOKS if name in vars(base)
)
IS_ASYNC: Final = 0x80 | 0x100  # of the flags of a code object: CO_COROUTINE, CO_ITERABLE_COROUTINE
IS_GENERATOR: Final = 0x20 | 0x200  # CO_GENERATOR, CO_ASYNC_GENERATOR


def look_up(entries: Iterable[object]) -> tuple[list[Step], list[Fault]]:
    """A step for each entry, and what is wrong with them; if anything is, the steps are of no use."""
    steps: list[Step] = []
    faults: list[Fault] = []
    first: dict[int, int] = {}
    for at, entry in enumerate(entries):
        step, wrong = _examine(entry, 1 << at)
        if first.setdefault(id(entry), at) != at:
            wrong.append(
                f"is listed already, as entry {first[id(entry)] + 1}: list it once, where its priority is"
            )
        steps.append(step)
        faults += [fault(at, entry, text) for text in wrong]
    return steps, faults


def fault(at: int, entry: object, text: str) -> Fault:
    return Fault(entry, f"entry {at + 1} ({name_of(entry)}) {text}.")


def async_hooks(steps: Iterable[Step]) -> list[Fault]:
    """What is wrong with the entries of a plain policy beside."""
    mend = "list it in an AsyncPolicy, or make the hook plain"
    return [
        fault(at, step.entry, f"has an async {name}() in a plain policy: {mend}")
        for at, step in enumerate(steps)
        for name in step.awaits
    ]


def broken_orders(
    entries: Sequence[object], replaced: Iterable[tuple[object, object]]
) -> list[Fault]:
    """A fault for every rule that stands before one that its `runs_after` names.

    What named a rule that was replaced means those that replaced it: `replaced` has pairs of a new and its old one.
    """
    pairs = list(replaced)

    def named(references: Iterable[object], entry: object) -> bool:
        stands_for = [entry]
        for it in stands_for:  # it grows: what was replaced may have replaced another
            stands_for += [
                old
                for new, old in pairs
                if new is it and all(old is not other for other in stands_for)
            ]
        return any(
            it is reference or (isinstance(reference, type) and reference in type(it).__mro__)
            for reference in references
            for it in stands_for
        )

    def out_of_order(order: Sequence[object]) -> list[tuple[object, object]]:
        return [
            (early, needed)
            for at, early in enumerate(order)
            if (references := _runs_after(early))
            for needed in order[at + 1 :]
            if needed is not early and named(references, needed)
        ]

    def moved(one: object, beside: object, by: int) -> list[object]:
        rest = [entry for entry in entries if entry is not one]
        at = _index(rest, beside) + by
        return [*rest[:at], one, *rest[at:]]

    faults: list[Fault] = []
    for early, needed in out_of_order(entries):
        mends = {
            f"move {name_of(needed)} up, before {name_of(early)}": moved(needed, early, 0),
            f"move {name_of(early)} down, after {name_of(needed)}": moved(early, needed, 1),
        }
        mend = min(mends, key=lambda mend: len(out_of_order(mends[mend])))
        if named(_runs_after(needed), early):
            mend = "each names the other, so take one of the two out"
        at, where = _index(entries, early), _index(entries, needed)
        text = f"has to run after {name_of(needed)} (its runs_after), which comes later, as entry {where + 1}: {mend}"
        faults.append(fault(at, early, text))
    return faults


def enums_of(steps: Iterable[Step]) -> list[type[Enum]]:
    """The enums that the rules' sets are of, in the order in which they are met."""
    found: dict[type[Enum], None] = {}
    for step in steps:
        for _, kinds in (step.from_states, step.to_states):
            enums = [kind for kind in kinds if issubclass(kind, Enum)]
            found.update(dict.fromkeys(sorted(enums, key=lambda kind: kind.__qualname__)))
    return list(found)


def combining(enums: Iterable[type[Enum]]) -> list[Fault]:
    """A fault for every `Flag` among the enums that the type arguments name."""
    return [
        Fault(None, f"it is over {enum.__qualname__}: members of a Flag combine, so use an Enum.")
        for enum in enums
        if issubclass(enum, Flag)
    ]


def equal_states(enums: Iterable[type[Enum]], steps: Sequence[Step]) -> list[Fault]:
    """A fault for every two members of different enums that are equal: a set would hold one of them for both."""
    kinds = [
        kind for kind in dict.fromkeys(enums) if getattr(kind, "__hash__", None)
    ]  # without one it is in no set
    first: dict[Enum, Enum] = {}
    pairs = (
        [(first.setdefault(member, member), member) for kind in kinds for member in kind]
        if len(kinds) > 1
        else []
    )
    faults: list[Fault] = []
    for one, other in pairs:
        if one is not other:
            naming = (
                step for step in steps if type(other) in step.from_states[1] | step.to_states[1]
            )
            entry = next((step.entry for step in naming), None)
            whose = "" if entry is None else f", of {name_of(entry)},"
            text = f"{show(one)} and {show(other)}{whose} are equal, so that a set holds one for both: change a value."
            faults.append(Fault(entry, text))
    return faults


def _index(entries: Sequence[object], entry: object) -> int:
    return next(at for at, each in enumerate(entries) if each is entry)


def _runs_after(entry: object) -> tuple[object, ...]:
    references: object = getattr(entry, "runs_after", ())
    return cast("tuple[object, ...]", references) if isinstance(references, tuple) else ()


def _examine(entry: object, bit: int) -> tuple[Step, list[str]]:
    universal = getattr(entry, "universal", None) is True
    names = HOOKS[:2] if universal else HOOKS
    sides = () if universal else ("from_states", "to_states")
    if isinstance(entry, type) or not any(hasattr(entry, name) for name in (*sides, *names)):
        return Step(entry, bit, None, {}, ()), [_no_entry(entry)]
    kind: type = type(entry)
    wrong: list[str] = []
    hooks: dict[str, Hook] = {}
    awaits: list[str] = []
    for name in names:
        direct = kind is FunctionRule and name == "before_transition"
        hook: object = getattr(entry, "__wrapped__" if direct else name, None)
        if not callable(hook):
            wrong.append(
                f"has no method {name}(): subclass one of the bases, whose hooks do nothing, or write it"
            )
        elif getattr(hook, "__func__", None) not in NO_OPS:
            hooks[name] = hook
            flags = _code_flags(hook)
            if flags & IS_ASYNC:
                awaits.append(name)
            elif flags & IS_GENERATOR:
                wrong.append(
                    f"has a generator function as {name}(): its body would never run, so take the yield out"
                )
    if not hooks:
        wrong.append(f"implements no hook, so it would do nothing: write one of {', '.join(names)}")
    wrong += _typos(kind)
    if universal and callable(getattr(entry, "cleanup", None)):
        wrong.append(
            "has a cleanup(), which no run calls: a transform undoes in after_transition, or with add_cleanup"
        )
    sets: list[States] = []
    for side in sides:
        states: object = getattr(entry, side, None)
        items: Any = states
        kinds: set[type] = set(map(type, items)) if isinstance(states, frozenset) else set[type]()
        faults = list(_wrong_set(side, items, kinds))
        wrong += faults
        sets.append(
            (frozenset(), set()) if faults else (cast("frozenset[Enum | None]", states), kinds)
        )
    wrong += _wrong_references(getattr(entry, "runs_after", ()))
    return Step(entry, bit, (sets[0], sets[1]) if sets else None, hooks, awaits), wrong


def _no_entry(entry: object) -> str:
    if isinstance(entry, type):
        return f"is a class: list an instance, {entry.__name__}(...)"
    if isinstance(entry, FunctionType):
        return "is a function: make a rule of it with @rule(from_states=..., to_states=...)"
    if isinstance(entry, rule):
        return "is rule(...) that no function was given to: write it as a decorator, @rule(...)"
    if type(entry) in (list, tuple, set, frozenset):
        return f"is a {type(entry).__name__}, not an entry: unpack it, Policy(*entries)"
    if hasattr(entry, "priority"):
        return "is a policy, not an entry: list its entries, *policy.priority()"
    return "is neither a rule nor a transform: list rules, made with @rule or of a class with the hooks, and transforms"


def _wrong_set(side: str, states: object, kinds: set[type]) -> Iterator[str]:
    if states is None:
        yield f"has no {side}: declare {side} = states(...), or every(S) for all of them"
    elif isinstance(states, type):
        yield f"has the class {states.__name__} as its {side}: write every({states.__name__}), the set of its members"
    elif not isinstance(states, frozenset):
        yield f"has {side} that are no frozenset but a {type(states).__name__}: write {side} = states(...)"
    elif not states:
        yield f"has empty {side}, so it would never fire: name the states, or leave the rule out"
    else:
        members = cast("frozenset[object]", states)
        for kind in sorted(kinds - {type(None)}, key=lambda kind: kind.__qualname__):
            if issubclass(kind, Flag):
                yield f"has members of {kind.__qualname__} in its {side}: members of a Flag combine, so use an Enum"
            elif not issubclass(kind, Enum):
                strangers = sorted(repr(member) for member in members if type(member) is kind)
                yield f"has {', '.join(strangers)} in its {side}: only enum members and None are states"


def _wrong_references(references: object) -> Iterator[str]:
    if not isinstance(references, tuple):
        yield f"has runs_after that is no tuple but {show(references)}: write runs_after = (first_rule, SomeRuleClass)"
        return
    for reference in cast("tuple[object, ...]", references):
        base = any(reference is base for base in BASES) or getattr(reference, "_is_protocol", False)
        if base or not (isinstance(reference, type) or hasattr(reference, "from_states")):
            yield f"has {show(reference)} in its runs_after: name rules or your own classes of rules"


def _code_flags(hook: object) -> int:
    while isinstance(hook, partial):
        hook = cast("partial[object]", hook).func
    code: Any = getattr(hook, "__code__", None) or getattr(
        getattr(type(hook), "__call__", None), "__code__", None
    )  # noqa: B004
    return getattr(code, "co_flags", 0)


def _typos(kind: type) -> Iterator[str]:
    for method in dir(kind) if kind is not FunctionRule else ():
        if (
            not method.startswith("_")
            and method not in HOOKS
            and callable(getattr(kind, method, None))
        ):
            for name in HOOKS:
                if _one_slip(method, name):
                    yield f"has a method {method}(), which no run calls: if {name}() is meant, rename it"


def _one_slip(one: str, other: str) -> bool:
    """Whether a letter too many, too few or wrong, or two neighbours swapped, make one name of the other."""
    pairs = zip(one, other, strict=False)
    at = next(
        (at for at, pair in enumerate(pairs) if pair[0] != pair[1]), min(len(one), len(other))
    )
    a, b = one[at:], other[at:]
    return a[1:] == b[1:] or a[1:] == b or a == b[1:] or (a[2:] == b[2:] and a[:2] == b[1::-1])
