"""Checks: what is wrong with the entries of a policy, and the mend; what is right makes steps."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from enum import Enum, Flag
from functools import partial
from types import FunctionType, NoneType
from typing import Any, Final, cast

from bylaws._members import TWICE, is_twin, listed
from bylaws._plan import Declared, Hook, Step
from bylaws.bases import BASES
from bylaws.errors import Fault
from bylaws.legal import Moves
from bylaws.rules import FunctionRule, names_of, rule
from bylaws.state import is_member, show

RULE_HOOKS: Final = ("before_transition", "after_transition", "cleanup")
TRANSFORM_HOOKS: Final = ("before_transition", "on_decision", "after_transition")
OPTIONAL: Final = "on_decision"  # not in the protocol, so that it need not be written
NO_OPS: Final = frozenset(
    vars(base)[name]
    for base in (*BASES, FunctionRule, Moves)
    for name in (*RULE_HOOKS, OPTIONAL)
    if name in vars(base) and (base, name) != (Moves, "before_transition")
)
IS_ASYNC: Final = 0x80 | 0x100  # of the flags of a code object: CO_COROUTINE, CO_ITERABLE_COROUTINE
IS_GENERATOR: Final = 0x20 | 0x200  # CO_GENERATOR, CO_ASYNC_GENERATOR
TAKES_ANY: Final = 0x04  # CO_VARARGS
UNBOUND: Final = "a method is not bound by @rule, so write a function, or a class of rules"


def examine(entries: Sequence[object], *, plain: bool) -> tuple[list[Step], list[Fault]]:
    """A step for each entry, and what is wrong with them; if anything is, the steps are of no use.

    `plain`: the policy can await nothing.
    """
    steps: list[Step] = []
    faults: list[Fault] = []
    first: dict[int, int] = {}
    typos: dict[type, list[str]] = {}
    for at, (entry, name) in enumerate(zip(entries, names_of(entries), strict=True)):
        step, wrong = _examined(entry, name, 1 << at, typos)
        if plain:
            mend = "list it in an AsyncPolicy, or make the hook plain"
            wrong += [f"has an async {hook}() in a plain policy: {mend}" for hook in step.awaits]
        if first.setdefault(id(entry), at) != at:
            wrong.append(
                f"is listed already, as entry {first[id(entry)] + 1}: "
                "list it once, where its priority is"
            )
        steps.append(step)
        faults += [fault(at, entry, name, text) for text in wrong]
    return steps, faults


def fault(at: int, entry: object, name: str, text: str) -> Fault:
    """What is wrong with one entry, by its number and name."""
    return Fault(entry, f"entry {at + 1} ({name}) {text}.")


def enums_of(steps: Iterable[Step]) -> list[type[Enum]]:
    """The enums that the rules' sets are of, in the order in which they are met."""
    found: dict[type, None] = {}
    for step in steps:
        for _, kinds in step.sets:
            new = kinds.difference(found)
            if new:
                found.update(dict.fromkeys(sorted(new, key=lambda kind: kind.__qualname__)))
    return [kind for kind in found if issubclass(kind, Enum)]


def combining(enums: Iterable[type[Enum]]) -> Iterator[Fault]:
    """A fault for every `Flag` among the enums that the type arguments name."""
    for enum in enums:
        if issubclass(enum, Flag):
            text = f"it is over {enum.__qualname__}: members of a Flag combine, so use an Enum."
            yield Fault(None, text)


def twins(enums: Iterable[type[Enum]]) -> Iterator[Fault]:
    """A fault for every two enums that are one, made twice: no state of the one is the other's."""
    met: list[type[Enum]] = []
    for enum in dict.fromkeys(enums):
        for other in met:
            if is_twin(enum, other):
                name = enum.__qualname__
                both = f"{name} of {other.__module__} and {name} of {enum.__module__}"
                yield Fault(None, f"it is over {both}, with the same members. {TWICE}.")
        met.append(enum)


def equal_states(enums: Iterable[type[Enum]], steps: Sequence[Step]) -> Iterator[Fault]:
    """A fault for every two members that are equal: a set would hold one of them for both."""
    first: dict[Enum, Enum] = {}
    met: list[type[Enum]] = []
    for enum in dict.fromkeys(enums):
        if any(is_twin(enum, other) for other in met):
            continue  # which `twins` tells
        met.append(enum)
        if getattr(enum, "__hash__", None) is None:
            continue  # its members are in no set
        for other in listed(enum):
            one = first.setdefault(other, other)
            if one is not other:
                kinds = {type(one), type(other)}
                naming = (step for step in steps if kinds & (step.sets[0][1] | step.sets[1][1]))
                step = next(naming, None)
                whose = "" if step is None else f", of {step.name},"
                mend = "change a value" if len(kinds) > 1 else "mend the enum's __eq__"
                yield Fault(
                    None if step is None else step.entry,
                    f"{show(one)} and {show(other)}{whose} are equal, "
                    f"so that a set holds one for both: {mend}.",
                )


def _examined(
    entry: object, name: str, bit: int, typos: dict[type, list[str]]
) -> tuple[Step, list[str]]:
    universal = getattr(entry, "universal", None) is True
    names = TRANSFORM_HOOKS if universal else RULE_HOOKS
    ends = () if universal else ("from_states", "to_states")
    if not _is_entry(entry, names, ends):
        step = Step(entry, name, bit, None, {}, (), _forbidding(entry, {}))
        return step, [_no_entry(entry)]
    kind: type = type(entry)
    wrong: list[str] = []
    hooks: dict[str, Hook] = {}
    awaits: list[str] = []
    for each in names:
        # The function of a function rule, unless a test has patched the hook.
        direct = kind is FunctionRule and each == "before_transition" and each not in vars(entry)
        hook: object = getattr(entry, "__wrapped__" if direct else each, None)
        if direct and (isinstance(hook, type) or not callable(hook)):
            wrong.append(_no_function(hook))
        elif not callable(hook):
            if each != OPTIONAL or hook is not None:
                mend = "subclass one of the bases, whose hooks do nothing, or write it"
                wrong.append(f"has no method {each}(): {mend}")
        elif getattr(hook, "__func__", None) not in NO_OPS:
            hooks[each] = hook
            flags = _code_flags(hook)
            if flags & IS_ASYNC:
                awaits.append(each)
            elif flags & IS_GENERATOR:
                wrong.append(
                    f"has a generator function as {each}(): its body would never run, "
                    "so take the yield out"
                )
    if kind is FunctionRule:
        wrong += _wrong_parameters(hooks.get("before_transition"))
    else:
        if not hooks:
            text = f"implements no hook, so it would do nothing: write one of {', '.join(names)}"
            wrong.append(text)
        if kind not in typos:
            typos[kind] = list(_typos(kind, names))
        wrong += typos[kind]
    told = getattr(entry, OPTIONAL, None)
    if not universal and callable(told) and not hasattr(entry, "mock_calls"):
        wrong.append(
            f"has an {OPTIONAL}(), which no run calls: only transforms are told the decision"
        )
    if universal and callable(getattr(entry, "cleanup", None)):
        wrong.append(
            "has a cleanup(), which no run calls: "
            "a transform undoes in after_transition, or with add_cleanup"
        )
    sets: list[Declared] = []
    for end in ends:
        states: object = getattr(entry, end, None)
        items: Any = states
        kinds: set[type] = set(map(type, items)) if _is_set(states) else set[type]()
        faults = list(_wrong_set(end, items, kinds))
        wrong += faults
        sets.append((frozenset(), set()) if faults else (items, kinds))
    wrong += _wrong_references(getattr(entry, "runs_after", ()))
    declared = (sets[0], sets[1]) if sets else None
    return Step(entry, name, bit, declared, hooks, awaits, _forbidding(entry, hooks)), wrong


def _is_entry(entry: object, hooks: Collection[str], ends: Collection[str]) -> bool:
    """Whether it may be meant as one, so that what it lacks is told."""
    if isinstance(entry, type):
        return False
    if hasattr(entry, "mock_calls"):  # it has everything, but no sets unless it is given them
        return all(_is_set(getattr(entry, end, None)) for end in ends)
    if hasattr(entry, "__wrapped__"):  # it may have copied the sets
        return any(hasattr(entry, each) for each in hooks)
    return any(hasattr(entry, each) for each in (*hooks, *ends))


def _forbidding(entry: object, hooks: dict[str, Hook]) -> Callable[[object, object], str | None]:
    if isinstance(entry, Moves):
        return entry.forbids
    before = hooks.get("before_transition")
    known: list[str | None] = []  # annotations are read when they are asked for, and once

    def forbids(_from_state: object, _to_state: object) -> str | None:
        if not known:
            from bylaws.promises import always_refuses  # noqa: PLC0415 (mostly nobody asks)

            refuses = before is not None and always_refuses(before)
            known.append("it is annotated to return refusals only" if refuses else None)
        return known[0]

    return forbids


def _no_entry(entry: object) -> str:
    if isinstance(entry, type):
        return f"is a class: list an instance, {entry.__name__}(...)"
    if hasattr(entry, "mock_calls"):
        return (
            "is a mock without sets of states: give it from_states=states(...) and "
            "to_states=states(...), a transform universal=True, or list a rule that the test has"
        )
    if isinstance(getattr(entry, "__wrapped__", None), FunctionRule):
        return "is a rule in a decorator that makes something else of it: write @rule(...) above it"
    if isinstance(entry, FunctionType):
        return "is a function: make a rule of it with @rule(from_states=..., to_states=...)"
    if isinstance(entry, rule):
        return (
            "is rule(...) that no function was given to: write it as a decorator, @rule(...), "
            "the topmost one"
        )
    if type(entry) in (list, tuple, set, frozenset):
        return f"is a {type(entry).__name__}, not an entry: unpack it, Policy(*entries)"
    if hasattr(entry, "priority"):
        return "is a policy, not an entry: list its entries, *policy.entries"
    return (
        "is neither a rule nor a transform: list rules, made with @rule or of a class with the "
        "hooks, and transforms"
    )


def _is_set(states: object) -> bool:
    """Whether it is a frozenset. Its `__class__` is not asked: a mock's lies."""
    return issubclass(type(states), frozenset)


def _no_function(hook: object) -> str:
    if isinstance(hook, FunctionRule):
        return "is a rule made of a rule: take one of the two @rule(...) away"
    if isinstance(hook, type):
        return f"is @rule(...) of a class: list an instance of that, {hook.__name__}(...)"
    if isinstance(hook, classmethod):
        return f"is @rule(...) of a classmethod: {UNBOUND}"
    return f"is @rule(...) of {hook!r}, which cannot be called: give it a function"


def _wrong_set(end: str, states: object, kinds: set[type]) -> Iterator[str]:
    if _is_set(states):
        if not states:
            yield f"has empty {end}, so it would never fire: name the states, or leave the rule out"
        for kind in kinds:
            if not issubclass(kind, Enum | NoneType):
                members = cast("frozenset[object]", states)
                strangers = sorted([repr(member) for member in members if type(member) is kind])
                yield f"has {_some(strangers)} in its {end}: only enum members and None are states"
            elif issubclass(kind, Flag):
                mend = "members of a Flag combine, so use an Enum"
                yield f"has members of {kind.__qualname__} in its {end}: {mend}"
    elif states is None:
        yield f"has no {end}: declare {end} = states(...), or every(S) for all of them"
    elif isinstance(states, type):
        name = states.__name__
        yield f"has the class {name} as its {end}: write every({name}), the set of its members"
    elif is_member(states):
        yield f"has {show(states)} as its {end}: write {end} = states({show(states)})"
    else:
        name = type(states).__name__
        yield f"has {end} that are no frozenset but a {name}: write {end} = states(...)"


def _wrong_references(named: object) -> Iterator[str]:
    if hasattr(named, "mock_calls"):  # of a mock, which has everything
        return
    if not isinstance(named, tuple):
        mend = (
            "write runs_after = (first_rule, SomeRuleClass), with a comma also after a single one"
        )
        yield f"has runs_after that is no tuple but {show(named)}: {mend}"
        return
    for reference in cast("tuple[object, ...]", named):
        is_base = any(reference is base for base in BASES) or getattr(
            reference, "_is_protocol", False
        )
        if is_base or not (isinstance(reference, type) or hasattr(reference, "from_states")):
            mend = "name rules or your own classes of rules"
            yield f"has {show(reference)} in its runs_after: {mend}"


def _wrong_parameters(hook: object) -> Iterator[str]:
    """What is wrong with a function that is to be called with the transition alone."""
    if isinstance(hook, FunctionType):
        code, count = hook.__code__, hook.__code__.co_argcount
        needed = count - len(hook.__defaults__ or ())
        keywords = code.co_kwonlyargcount - len(hook.__kwdefaults__ or ())
        if needed > 1 or keywords > 0 or not (count or code.co_flags & TAKES_ANY):
            names = code.co_varnames[: count + code.co_kwonlyargcount]
            mend = "give it one parameter"
            if names[:1] == ("self",):
                mend = UNBOUND
            takes = ", ".join(names)
            yield f"takes ({takes}), and a hook is called with the transition alone: {mend}"


def _code_flags(hook: object) -> int:
    while isinstance(hook, partial):
        hook = cast("partial[object]", hook).func
    call = getattr(type(hook), "__call__", None)  # noqa: B004 (its code, not whether it has one)
    code: Any = getattr(hook, "__code__", None) or getattr(call, "__code__", None)
    flags: object = getattr(code, "co_flags", 0)
    return flags if isinstance(flags, int) else 0


def _typos(kind: type, hooks: Collection[str]) -> Iterator[str]:
    written = [each for each in kind.__mro__ if each not in BASES and each is not object]
    for method in dict.fromkeys([name for each in written for name in vars(each)]):
        if method.startswith("_") or method in hooks or method == "cleanup":
            continue
        for name in hooks:
            if _one_slip(method, name) and callable(getattr(kind, method, None)):
                mend = f"if {name}() is meant, rename it"
                yield f"has a method {method}(), which no run calls: {mend}"


def _one_slip(one: str, other: str) -> bool:
    """Whether a letter too many, too few or wrong, or two neighbours swapped, is all."""
    if abs(len(one) - len(other)) > 1:
        return False
    pairs = zip(one, other, strict=False)
    shorter = min(len(one), len(other))
    at = next((at for at, pair in enumerate(pairs) if pair[0] != pair[1]), shorter)
    a, b = one[at:], other[at:]
    swapped = a[:2] == b[:2][::-1]
    return a[1:] == b[1:] or a[1:] == b or a == b[1:] or (swapped and a[2:] == b[2:])


def _some(texts: Sequence[str]) -> str:
    """All of them, or of many the first."""
    most = 5
    return ", ".join(texts if len(texts) <= most else [*texts[:most], f"{len(texts) - most} more"])
