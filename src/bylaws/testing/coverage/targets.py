"""Targets: a policy that is recorded, by what it is told, and what its runs come to."""

from __future__ import annotations

import re
from collections.abc import Mapping
from keyword import iskeyword
from typing import TYPE_CHECKING, Any, Final, TypeVar, final, get_args

from bylaws.outcome import Outcome
from bylaws.policy import AsyncPolicy, Policy
from bylaws.rules import names_of
from bylaws.state import C, S
from bylaws.testing.coverage.exercised import Seen, Subject
from bylaws.testing.coverage.possible import Item, What, callbacks_of
from bylaws.verdict import Abort, Delay, Proceed, Reject
from bylaws.views.matrix import Matrix
from bylaws.views.reading import naming_of

if TYPE_CHECKING:
    from bylaws.views.states import State

SAID: Final[Mapping[type, What]] = {
    type(None): "fires",  # of a transform
    Proceed: "proceed",
    Reject: "reject",
    Delay: "delay",
    Abort: "abort",
}


@final
class Target:
    """A policy that is recorded: what it is told by, and what was seen of it."""

    def __init__(self, policy: AsyncPolicy[S, C], seen: Seen) -> None:
        self.policy: Final[Any] = policy
        self.seen: Final = seen
        self.names: Final = names_of(policy.entries)
        self.states: Final[Mapping[int, State]] = {
            id(state): name for name, state in naming_of(policy).members().items()
        }

    def add(
        self,
        entries: Mapping[int, str],
        source: object,
        to: object,
        outcome: Outcome[Any],
        times: int,
    ) -> None:
        """Add runs that are alike. `entries`: what those of the policy that ran are called here."""
        if not {id(source), id(to)} <= self.states.keys():
            return  # of a composition that has more states
        subject = self.seen.subject
        kind = subject.folded.plan(self.states[id(source)], self.states[id(to)]).label
        did: dict[str, tuple[What, ...]] = {}
        for line in outcome.trace.lines:
            name = entries.get(id(line.entry))
            if name is not None and line.fires:
                did[name] = (SAID[type(line.verdict)],)
                # Of a rule that refused no side is due, only what it had added.
                side = Item(kind, name, line.due or "after")
                if line.did == "proceeded" and side in subject.possible:
                    did[name] += (side.what,)
        self.seen.count(kind, did, times)

    def entries_of(self, policy: AsyncPolicy[Any, Any]) -> dict[int, str] | None:
        """For each entry of a policy that is one of this one's its name; `None` if it is another.

        A policy is this one, a copy or a composition of it if it lists all of its entries, or is
        called the same and lists half of them. In one that is called the same, an entry of the same
        name and class is the same one: a copy of it.
        """
        pairs = list(zip(self.policy.entries, self.names, strict=True))
        known = {id(entry): name for entry, name in pairs}
        if not known:
            return {} if policy is self.policy else None
        found: dict[int, str] = {}
        if policy.name == self.policy.name:
            copies = {(name, _class_of(entry)) for entry, name in pairs}
            for entry, name in zip(policy.entries, names_of(policy.entries), strict=True):
                if (name, _class_of(entry)) in copies:
                    found[id(entry)] = name
        for entry in policy.entries:
            if id(entry) in known:
                found[id(entry)] = known[id(entry)]
        least = len(known) if policy.name != self.policy.name else len(known) / 2
        return found if len(set(found.values())) >= least else None


def subject_of(policy: AsyncPolicy[S, C], source: str | None = None) -> Subject:
    """A policy as what is looked at; `source` is where it is, `shop.orders:orders`."""
    name = policy.name if source is None else source.rpartition(":")[2]
    verb = "run" if isinstance(policy, Policy) else "arun"
    waits = "" if isinstance(policy, Policy) else "await "
    called = (
        f"{waits}{name if name.isidentifier() else 'policy'}.{verb}({_context_of(policy)}, {{}})"
    )
    return Subject(Matrix.of(policy), callbacks_of(policy), source or policy.name, called)


def _context_of(policy: object) -> str:
    """A name for the context: its class, as one writes a variable; `None` where there is none."""
    aliases = (
        getattr(policy, "__orig_class__", None),
        *getattr(type(policy), "__orig_bases__", ()),
    )
    given = [
        arguments
        for alias in aliases
        if (arguments := get_args(alias)) and not isinstance(arguments[-1], TypeVar)
    ]
    if not given:
        return "context"  # of a composition, for one, it is not known
    contexts = [each for arguments in given for each in arguments[1:2]]
    kind = next((each for each in contexts if isinstance(each, type) and each is not object), None)
    if kind is None:
        return "None"
    if kind.__module__ == "builtins":
        return "context"
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", kind.__name__).lower()
    return f"{words}_" if iskeyword(words) else words


def _class_of(entry: object) -> type:
    return type(entry)
