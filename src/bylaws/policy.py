"""Policies: entries in priority order, compiled when they are made."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar, cast, overload

from bylaws._arguments import Arguments
from bylaws._checks import combining, enums_of, equal_states, examine, fault, twins
from bylaws._members import Finder
from bylaws._orders import (
    Standing,
    broken_orders,
    meant_by_places,
    passed_on,
    standing_by_places,
)
from bylaws._plan import Step
from bylaws._table import Table
from bylaws.errors import Fault, PolicyError
from bylaws.explanation import Explanation
from bylaws.protocols import AsyncEntry, Entry, EntryClass
from bylaws.rules import name_of, names_of
from bylaws.run import AsyncRuns, PlainRuns
from bylaws.state import C, C_contra, S, StateLike

StateT = TypeVar("StateT", bound=Enum)

MOST: Final = 20
"""So many faults, or entries, a text shows in full; it counts the rest."""

_set: Final = object.__setattr__  # also where a subclass is a frozen dataclass


class _Unmade:
    """What stands for a part of a policy whose `__init__` nobody called: it is made on first use.

    So a policy may be a dataclass, whose `__init__` calls no other, or come out of its own pickle.
    """

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, policy: Any, owner: type) -> Any:
        if policy is None:
            return self
        from threading import RLock  # noqa: PLC0415 (most policies are made by their __init__)

        attributes: dict[str, Any] = policy.__dict__
        with attributes.setdefault("_making", RLock()):  # other threads wait for the first
            if self._name not in attributes:
                if "_asked" in attributes:  # priority() is asked, and asks for what it will give
                    return ()
                make: Any = AsyncPolicy
                make.__init__(policy)
        attributes.pop("_making", None)
        return attributes[self._name]


class AsyncPolicy(AsyncRuns[StateT, C_contra]):
    """Entries in priority order, plain and async: it tells what fires for a move, and runs it.

    An immutable value, safe to share between threads, tasks and runs. Made as a value,
    `AsyncPolicy[S, Order](first, second)`, or as a subclass that defines `priority()`.
    `PolicyError` with everything that is wrong with the entries, if anything is.

    Type parameter StateT: the states, an enum or a union of enums. C_contra: the context, which all
    entries can take; any object if it is left out.
    """

    _name: str = cast("str", _Unmade())
    _entries: tuple[Any, ...] = cast("tuple[Any, ...]", _Unmade())
    _table: Table = cast("Table", _Unmade())
    _plan_of: Finder = cast("Finder", _Unmade())
    _arguments: Arguments | None = None
    _alias: object = None
    # What a composition takes over: who stands for what it replaced, the enums of the arguments.
    _standing: Standing = ()
    _carried: tuple[type[Enum], ...] = ()

    def __init__(self, *entries: AsyncEntry[StateT, C_contra], name: str | None = None) -> None:
        _set(self, "_name", name or type(self).__name__)
        faults: list[Fault] = []
        own = _defines_priority(type(self))
        listed: tuple[Any, ...] = () if own else entries
        if own:
            if entries:
                text = "entries are given, but its class defines priority(): list them there."
                faults.append(Fault(None, text))
            priority: object = self.priority
            answer: Any = self._ask(priority) if callable(priority) else priority
            if callable(priority) and issubclass(type(answer), tuple):
                listed = answer
            else:
                came = repr(answer)
                came = came if len(came) <= 200 else f"{came[:200]}..."
                text = f"its priority() returned {came}: return the entries as a tuple."
                if not callable(priority):
                    mend = "define a method that returns the entries as a tuple"
                    text = f"its priority is {came}: {mend}."
                faults.append(Fault(None, text))
        elif type(self) not in (AsyncPolicy, Policy):
            text = "its class defines no priority(): write it, and return the entries as a tuple."
            faults.append(Fault(None, text))
        self._compile(listed, faults)

    def _ask(self, priority: Callable[[], object]) -> object:
        _set(self, "_asked", True)
        try:
            return priority()
        finally:
            object.__delattr__(self, "_asked")

    def _compile(self, entries: tuple[Any, ...], faults: Iterable[Fault] = ()) -> None:
        steps, wrong = examine(entries, plain=isinstance(self, Policy))
        names = [step.name for step in steps]
        arguments = Arguments(self._alias or type(self), AsyncPolicy, self._carried, entries)
        enums, declared = enums_of(steps), arguments.enums()
        faults = [
            *faults,
            *wrong,
            *[
                fault(at, entries[at], names[at], text)
                for at, text in broken_orders(entries, names, self._standing)
            ],
            *twins([*enums, *declared]),
            *equal_states([*enums, *declared], steps),
            *combining(declared),
        ]
        if faults:
            lines = [f"\n  - {each}" for each in faults[:MOST]]
            if len(faults) > MOST:
                lines.append(f"\n  and {len(faults) - MOST:,} more (all of them are in `faults`)")
            raise PolicyError(f"The policy {self._name} cannot be made:{''.join(lines)}", faults)
        table = Table(self._name, steps, enums, arguments)
        plan_of, entries_of = table.finders()
        made = {"_entries": entries, "_arguments": arguments, "_table": table, "_plan_of": plan_of}
        for attribute, value in made.items():  # all of it, or none
            _set(self, attribute, value)
        # The way in itself, as an attribute of the instance: a method around it would make a lookup
        # a fifth longer. It is one attribute, so that it is found as fast after a pickle or vars(),
        # which take attributes out of their places (3.11, 3.12).
        own: Any = type(self)
        if own.compile_transition_rules is vars(AsyncPolicy)["compile_transition_rules"]:
            _set(self, "compile_transition_rules", entries_of)

    @property
    def __orig_class__(self) -> object:
        """The class with its type arguments, which Python tells when `__init__` has returned."""
        return self._alias

    @__orig_class__.setter
    def __orig_class__(self, alias: object) -> None:
        _set(self, "_alias", alias)
        if self._arguments is not None:  # it is made
            self._arguments.alias = alias

    @property
    def name(self) -> str:
        """What texts call it: the name that it was given, or that of its class."""
        return self._name

    @property
    def entries(self) -> tuple[AsyncEntry[StateT, C_contra], ...]:
        """The entries, the most important first."""
        return self._entries

    def priority(self) -> tuple[AsyncEntry[StateT, C_contra], ...]:
        """What a subclass defines: the entries, the most important first.

        It is asked once, when the policy is made; afterwards they are `entries`.
        """
        return () if _defines_priority(type(self)) else self._entries

    def compile_transition_rules(
        self: AsyncPolicy[S, C],
        from_state: S | StateLike[S] | None,
        to_state: S | StateLike[S] | None,
    ) -> tuple[AsyncEntry[S, C], ...]:
        """The entries that fire for the transition, in priority order.

        Two lookups, whatever the number of rules and states; the first one of a state, or of a cell
        in a large table, takes a pass over the rules. `StateError` for a state of another enum.
        (Prefect's name: it compiles nothing, and what fires are transforms too.)
        """
        plan = self._table.find(from_state, to_state)[0]
        return plan.entries

    def explain(
        self: AsyncPolicy[S, C],
        from_state: S | StateLike[S] | None,
        to_state: S | StateLike[S] | None,
    ) -> Explanation[AsyncEntry[S, C]]:
        """Why each entry fires for the transition, or does not. No hook is called.

        Read off the masks that the table is made of. `StateError` for a state of another enum.
        """
        return self._table.explain(from_state, to_state)

    def next_states(
        self: AsyncPolicy[S, C], from_state: S | StateLike[S] | None
    ) -> tuple[S | None, ...]:
        """The states to which no entry is known to refuse always: what a menu offers.

        Known to refuse are `moves()`, and rules whose hook is annotated to return refusals only. In
        the order of definition, `None` last where it is among them. One pass over the states.
        """
        return cast("tuple[S | None, ...]", self._table.next_states(from_state))

    def inserting(
        self: AsyncPolicy[S, C],
        *new: AsyncEntry[S, C],
        before: AsyncEntry[S, C] | EntryClass | None = None,
        after: AsyncEntry[S, C] | EntryClass | None = None,
    ) -> AsyncPolicy[S, C]:
        """A new policy with `new` right before, or right after, a listed entry.

        That is told by identity, or by a class of which one instance is listed.
        """
        if (before is None) == (after is None):
            raise self._unlisted(
                "inserting() takes either before= or after=, and exactly one of them"
            )
        target, shift = (after, 1) if before is None else (before, 0)
        at = self._index(target) + shift
        return self._composed((*self._entries[:at], *new, *self._entries[at:]), new, self._standing)

    def replacing(
        self: AsyncPolicy[S, C], old: AsyncEntry[S, C] | EntryClass, *new: AsyncEntry[S, C]
    ) -> AsyncPolicy[S, C]:
        """A new policy with `new` in the place of a listed entry, told as in `inserting`.

        What names the old one in its `runs_after` means the new ones.
        """
        at = self._index(old)
        entries = (*self._entries[:at], *new, *self._entries[at + 1 :])
        return self._composed(
            entries, new, passed_on(self._standing, self._entries[at], new, entries)
        )

    def without(self: AsyncPolicy[S, C], *old: AsyncEntry[S, C] | EntryClass) -> AsyncPolicy[S, C]:
        """A new policy that leaves out listed entries, told as in `inserting`."""
        gone = {self._index(each) for each in old}
        left = [entry for at, entry in enumerate(self._entries) if at not in gone]
        return self._composed(tuple(left), (), self._standing)

    def _composed(
        self: AsyncPolicy[S, C],
        entries: tuple[AsyncEntry[S, C], ...],
        new: Iterable[object],
        standing: Standing,
    ) -> AsyncPolicy[S, C]:
        plain = isinstance(self, Policy) and not any(step.awaits for step in _steps(new))
        kind = cast("type[AsyncPolicy[S, C]]", Policy if plain else AsyncPolicy)
        return kind._made(  # noqa: SLF001 (its own)
            {
                "_name": self._name,
                "_entries": entries,
                "_standing": standing,
                "_carried": self._table.declared(),
            }
        )

    @classmethod
    def _made(
        cls,
        attributes: Mapping[str, object],
        meant: tuple[tuple[int, int, tuple[int, ...]], ...] = (),
    ) -> Self:
        """A policy with these attributes, compiled: of a composition, or out of a pickle."""
        policy = object.__new__(cls)  # __init__ would ask a subclass for other entries
        for name, value in attributes.items():
            _set(policy, name, value)
        if meant:
            _set(policy, "_standing", standing_by_places(policy._entries, meant))
        policy._compile(policy._entries)
        return policy

    def _index(self, target: object) -> int:
        places = [at for at, entry in enumerate(self._entries) if entry is target]
        if not places and isinstance(target, type):
            places = [at for at, entry in enumerate(self._entries) if isinstance(entry, target)]
        if len(places) == 1:
            return places[0]
        name = target.__name__ if isinstance(target, type) else name_of(target)
        if places:
            raise self._unlisted(
                f"{name} has {len(places)} instances listed: name one of them", target
            )
        how = (
            "an instance of it has to be"
            if isinstance(target, type)
            else "entries are told by identity"
        )
        raise self._unlisted(f"{name} is not listed ({how})", target)

    def _unlisted(self, what: str, entry: object = None) -> PolicyError:
        names = names_of(self._entries)
        lines = [f"\n  {at}  {name}" for at, name in enumerate(names[:MOST], 1)]
        if len(names) > MOST:
            lines.append(f"\n  and {len(names) - MOST:,} more")
        listed = "".join(lines) or " no entries"
        return PolicyError(f"{self._name}: {what}. It lists:{listed}", [Fault(entry, what)])

    def __reduce__(self) -> tuple[object, ...]:
        """Everything but the table, which is made anew; also what a subclass keeps in slots."""
        entries = self._entries
        state: Any = object.__getstate__(self)
        parts: list[dict[str, object] | None] = [*state] if type(state) is tuple else [state]
        anew = ("_alias", "_arguments", "_table", "_plan_of", "_standing", "_making")
        kept: dict[str, object] = {}
        for part in parts:
            kept |= part or {}
        for name in (*anew, "compile_transition_rules"):
            kept.pop(name, None)
        kept["_carried"] = self._table.declared()  # the arguments may be text, which is lost there
        make = type(self)._made  # noqa: SLF001 (its own)
        return make, (kept, meant_by_places(entries, self._standing))

    def __repr__(self) -> str:
        names = ", ".join(names_of(self._entries)) or "no entries"
        return f"<{type(self).__name__} {self._name}: {names}>"


def _steps(entries: Iterable[object]) -> list[Step]:
    return examine(tuple(entries), plain=False)[0]


def _defines_priority(kind: type) -> bool:
    return getattr(kind, "priority", None) is not vars(AsyncPolicy)["priority"]


class Policy(AsyncPolicy[StateT, C_contra], PlainRuns[StateT, C_contra]):
    """Plain entries in priority order: as `AsyncPolicy`, and it alone can also `run`."""

    def __init__(self, *entries: Entry[StateT, C_contra], name: str | None = None) -> None:
        super().__init__(*entries, name=name)

    if TYPE_CHECKING:
        # The same methods at run time, known to give plain entries.
        @property
        def entries(self) -> tuple[Entry[StateT, C_contra], ...]: ...  # noqa: D102

        def priority(self) -> tuple[Entry[StateT, C_contra], ...]: ...  # noqa: D102

        def compile_transition_rules(  # noqa: D102
            self: Policy[S, C],
            from_state: S | StateLike[S] | None,
            to_state: S | StateLike[S] | None,
        ) -> tuple[Entry[S, C], ...]: ...

        def explain(  # noqa: D102
            self: Policy[S, C],
            from_state: S | StateLike[S] | None,
            to_state: S | StateLike[S] | None,
        ) -> Explanation[Entry[S, C]]: ...

        @overload
        def inserting(
            self: Policy[S, C],
            *new: Entry[S, C],
            before: AsyncEntry[S, C] | EntryClass | None = None,
            after: AsyncEntry[S, C] | EntryClass | None = None,
        ) -> Policy[S, C]: ...
        @overload
        def inserting(
            self: Policy[S, C],
            *new: AsyncEntry[S, C],
            before: AsyncEntry[S, C] | EntryClass | None = None,
            after: AsyncEntry[S, C] | EntryClass | None = None,
        ) -> AsyncPolicy[S, C]: ...
        def inserting(  # noqa: D102
            self: Policy[S, C],
            *new: AsyncEntry[S, C],
            before: AsyncEntry[S, C] | EntryClass | None = None,
            after: AsyncEntry[S, C] | EntryClass | None = None,
        ) -> AsyncPolicy[S, C]: ...

        @overload
        def replacing(
            self: Policy[S, C], old: AsyncEntry[S, C] | EntryClass, *new: Entry[S, C]
        ) -> Policy[S, C]: ...
        @overload
        def replacing(
            self: Policy[S, C], old: AsyncEntry[S, C] | EntryClass, *new: AsyncEntry[S, C]
        ) -> AsyncPolicy[S, C]: ...
        def replacing(  # noqa: D102
            self: Policy[S, C], old: AsyncEntry[S, C] | EntryClass, *new: AsyncEntry[S, C]
        ) -> AsyncPolicy[S, C]: ...

        def without(  # noqa: D102
            self: Policy[S, C], *old: AsyncEntry[S, C] | EntryClass
        ) -> Policy[S, C]: ...
