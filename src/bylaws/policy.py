"""Policies: entries in priority order, compiled when they are made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum
from typing import TYPE_CHECKING, Any, TypeVar, cast, overload

from bylaws._engine import AsyncRuns, Runs
from bylaws._entries import async_hooks, broken_orders, combining, enums_of, equal_states, look_up
from bylaws._table import Table
from bylaws.errors import Fault, PolicyError
from bylaws.explanation import Explanation, name_of
from bylaws.rules import AsyncEntry, Entry, EntryClass
from bylaws.state import C, C_contra, S, StateLike, enums_in_argument

StateT = TypeVar("StateT", bound=Enum)


class AsyncPolicy(AsyncRuns[StateT, C_contra]):
    """Entries in priority order, plain and async: an immutable value that tells what fires for a move, and runs it.

    Made as a value, `AsyncPolicy[S, Order](first, second)`, or as a subclass that defines `priority()`. `PolicyError`
    with everything that is wrong with the entries, if anything is. Safe to share between threads, tasks and runs.

    Type parameter StateT: the states, an enum or a union of enums. C_contra: the context, which all entries can take.
    """

    # What a composition takes over: pairs of a new entry and the one that it replaced, and the enums of the arguments.
    _replaced: tuple[tuple[object, object], ...] = ()
    _arguments: frozenset[type[Enum]] = frozenset()

    def __init__(self, *entries: AsyncEntry[StateT, C_contra], name: str | None = None) -> None:
        faults: list[Fault] = []
        if getattr(type(self), "priority", None) is not vars(AsyncPolicy)["priority"]:
            if entries:
                faults.append(
                    Fault(
                        None,
                        "entries are given, but its class defines priority(): list them there.",
                    )
                )
            entries = self.priority()
            if tuple not in type(entries).__mro__:  # what the types forbid
                faults.append(
                    Fault(
                        None, f"its priority() returned {entries!r}: return the entries as a tuple."
                    )
                )
                entries = ()
        elif type(self) not in (AsyncPolicy, Policy):
            faults.append(
                Fault(
                    None,
                    "its class defines no priority(): write it, and return the entries as a tuple.",
                )
            )
        self._name = name or type(self).__name__
        self._entries = tuple(entries)
        self._compile(faults)

    def _compile(self, faults: Iterable[Fault] = ()) -> None:
        steps, wrong = look_up(self._entries)
        enums, declared = enums_of(steps), self._declared()
        faults = [
            *faults,
            *wrong,
            *(async_hooks(steps) if isinstance(self, Policy) else ()),
            *broken_orders(self._entries, self._replaced),
            *equal_states([*enums, *declared], steps),
            *combining(declared),
        ]
        if faults:
            lines = "".join(f"\n  - {fault}" for fault in faults)
            raise PolicyError(f"The policy {self._name} cannot be made:{lines}", faults)
        self._table = Table(self._name, steps, enums, self._declared)
        # The way of compile_transition_rules() into the table, one attribute nearer.
        self._first: Any = self._table.first
        self._by_member: Any = None if self._table.by_position else self._first
        self._by_position: Any = self._first if self._table.by_position else None
        # Lists, where members are found by their positions.
        self._rows: Mapping[object, Mapping[int, tuple[Any, ...]]] = self._table.entries
        self._columns: Mapping[object, int] = self._table.columns
        self._none_row: Mapping[int, tuple[Any, ...]] = self._table.none_entries
        self._none_column = self._table.none_column
        # As an attribute of the instance, because a subclass's priority() is called once.
        object.__setattr__(self, "priority", lambda: self._entries)

    def _declared(self) -> frozenset[type[Enum]]:
        # Python sets __orig_class__ only when __init__ has returned.
        return self._arguments | enums_in_argument(
            getattr(self, "__orig_class__", type(self)), AsyncPolicy
        )

    def priority(self) -> tuple[AsyncEntry[StateT, C_contra], ...]:
        """The entries, the most important first. A subclass that defines it is asked once, when it is made."""
        return self._entries

    @property
    def name(self) -> str:
        """What texts call it: the name that it was given, or that of its class."""
        return self._name

    @property
    def entries(self) -> tuple[AsyncEntry[StateT, C_contra], ...]:
        """The entries, the most important first."""
        return self._entries

    def next_states(
        self: AsyncPolicy[S, C], from_state: S | StateLike[S] | None
    ) -> tuple[S | None, ...]:
        """The states to which no entry is known to refuse always, in the order of definition, `None` last."""
        raise NotImplementedError(from_state)

    def compile_transition_rules(
        self: AsyncPolicy[S, C],
        from_state: S | StateLike[S] | None,
        to_state: S | StateLike[S] | None,
    ) -> tuple[AsyncEntry[S, C], ...]:
        """The entries that fire for the transition, in priority order. `StateError` for a state of another enum.

        Two lookups, whatever the number of rules and states. Above 4,096 cells (kinds of from-states times kinds
        of to-states, as the rules tell them apart) the first lookup of a cell takes one pass over the rules.
        """
        # Members of the first enum are looked up here, because another call would make it half as long again. They are
        # told by their class: a string equals a StrEnum member, and members of two enums may be equal. That check tells
        # the type checkers nothing, and two names of type Any would take a tenth of the time: hence the ignore.
        kind = from_state.__class__
        try:
            if kind is to_state.__class__:
                if kind is self._by_member:
                    return self._rows[from_state][self._columns[to_state]]
                if kind is self._by_position:
                    return self._rows[from_state._sort_order_][self._columns[to_state._sort_order_]]  # type: ignore[union-attr]
            a: Any = from_state
            b: Any = to_state
            first = self._first
            if (a is None or kind is first) and (b is None or b.__class__ is first):
                if self._by_position is None:
                    return self._rows[a][self._columns[b]]
                row = self._none_row if a is None else self._rows[a._sort_order_]
                return row[self._none_column if b is None else self._columns[b._sort_order_]]
        except (AttributeError, LookupError, TypeError):
            pass  # a cell that is not filled yet, a member that `_missing_` made up, or what only says to be a member
        return self._table.find(from_state, to_state)[0].entries

    def explain(
        self: AsyncPolicy[S, C],
        from_state: S | StateLike[S] | None,
        to_state: S | StateLike[S] | None,
    ) -> Explanation[AsyncEntry[S, C]]:
        """Why each entry fires for the transition, or does not. `StateError` for a state of another enum.

        Reads the masks that the table is made of: no hook is called.
        """
        entries, from_member, to_member = self._table.reasons(from_state, to_state)
        return Explanation(self._name, from_member, to_member, entries)

    def inserting(
        self: AsyncPolicy[S, C],
        *new: AsyncEntry[S, C],
        before: AsyncEntry[S, C] | EntryClass | None = None,
        after: AsyncEntry[S, C] | EntryClass | None = None,
    ) -> AsyncPolicy[S, C]:
        """A new policy with `new` right before, or right after, a listed entry (told by identity)."""
        if (before is None) == (after is None):
            raise self._unlisted(
                "inserting() takes either before= or after=, and exactly one of them"
            )
        target, shift = (after, 1) if before is None else (before, 0)
        at = self._index(target) + shift
        return self._composed((*self._entries[:at], *new, *self._entries[at:]), new)

    def replacing(
        self: AsyncPolicy[S, C], old: AsyncEntry[S, C] | EntryClass, *new: AsyncEntry[S, C]
    ) -> AsyncPolicy[S, C]:
        """A new policy with `new` in the place of a listed entry (told by identity).

        What named the old one in its `runs_after` means the new ones.
        """
        at = self._index(old)
        return self._composed(
            (*self._entries[:at], *new, *self._entries[at + 1 :]),
            new,
            [(each, old) for each in new],
        )

    def without(self: AsyncPolicy[S, C], *old: AsyncEntry[S, C] | EntryClass) -> AsyncPolicy[S, C]:
        """A new policy that leaves out listed entries (told by identity)."""
        gone = {self._index(each) for each in old}
        return self._composed(
            tuple(entry for at, entry in enumerate(self._entries) if at not in gone), ()
        )

    def _composed(
        self: AsyncPolicy[S, C],
        entries: tuple[AsyncEntry[S, C], ...],
        new: Iterable[object],
        replaced: Iterable[tuple[object, object]] = (),
    ) -> AsyncPolicy[S, C]:
        plain = isinstance(self, Policy) and not async_hooks(look_up(new)[0])
        kind = cast("type[AsyncPolicy[S, C]]", Policy if plain else AsyncPolicy)
        made = object.__new__(kind)
        made._name, made._entries = self._name, entries
        made._replaced, made._arguments = (*self._replaced, *replaced), self._declared()
        made._compile()
        return made

    def _index(self, target: object) -> int:
        for at, entry in enumerate(self._entries):
            if entry is target:
                return at
        raise self._unlisted(
            f"{name_of(target)} is not listed (entries are told by identity)", target
        )

    def _unlisted(self, what: str, entry: object = None) -> PolicyError:
        listed = (
            "".join(f"\n  {at}  {name_of(each)}" for at, each in enumerate(self._entries, 1))
            or " no entries"
        )
        return PolicyError(f"{self._name}: {what}. It lists:{listed}", [Fault(entry, what)])

    def __getstate__(self) -> dict[str, object]:
        compiled = {
            "_table",
            "_first",
            "_by_member",
            "_by_position",
            "_rows",
            "_columns",
            "_none_row",
            "_none_column",
        }
        return {
            name: value for name, value in vars(self).items() if name not in compiled | {"priority"}
        }

    def __setstate__(self, state: dict[str, object]) -> None:
        for name, value in state.items():
            object.__setattr__(self, name, value)
        self._compile()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._name}: {', '.join(map(name_of, self._entries)) or 'no entries'}>"


class Policy(AsyncPolicy[StateT, C_contra], Runs[StateT, C_contra]):
    """Plain entries in priority order: as `AsyncPolicy`, and it alone can also `run`."""

    def __init__(self, *entries: Entry[StateT, C_contra], name: str | None = None) -> None:
        super().__init__(*entries, name=name)

    if TYPE_CHECKING:
        # The same methods at run time, known to give plain entries.
        def priority(self) -> tuple[Entry[StateT, C_contra], ...]: ...  # noqa: D102

        @property
        def entries(self) -> tuple[Entry[StateT, C_contra], ...]: ...  # noqa: D102

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

        def without(self: Policy[S, C], *old: AsyncEntry[S, C] | EntryClass) -> Policy[S, C]: ...  # noqa: D102
