"""A plan: what fires in one cell of the table, in which order, and how a run of it is unwound."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import Enum
from functools import partial
from typing import Any, TypeAlias, final

from bylaws.explanation import Did, Due, Refusal, Trace, Traced, told
from bylaws.outcome import Accepted
from bylaws.transition import Callback
from bylaws.verdict import PROCEED, Reject, Verdict

Hook: TypeAlias = Callable[..., Any]

# One of a rule's sets, and the classes of its items.
Declared: TypeAlias = "tuple[frozenset[Enum | None], set[type]]"


@final
class Step:
    """An entry as a run meets it: its hooks, looked up once, without the no-ops of a base.

    Attributes:
        name: what texts call it in its policy.
        bit: a power of two, the larger the later it stands in the policy.
        universal: whether it is a transform.
        sets: the sets of a rule, as they were when the policy was made: from, to.
        before, after, cleanup, decide: the hooks; `None` where the entry has none of its own.
        awaits: the names of the hooks that are async.
        passes: beside `None` the one answer of `before` that lets the run go on.
        forbids: why it always refuses a move (from, to), in words; `None` if it does not.

    """

    __slots__ = (
        "after",
        "awaits",
        "before",
        "bit",
        "cleanup",
        "decide",
        "entry",
        "forbids",
        "name",
        "passes",
        "sets",
        "universal",
    )

    def __init__(
        self,
        entry: Any,
        name: str,
        bit: int,
        sets: tuple[Declared, Declared] | None,
        hooks: Mapping[str, Hook],
        awaits: Sequence[str],
        forbids: Callable[[object, object], str | None],
    ) -> None:
        self.entry = entry
        self.name = name
        self.bit = bit
        self.universal = sets is None
        self.sets = sets or ((frozenset(), set()), (frozenset(), set()))
        self.before = hooks.get("before_transition")
        self.after = hooks.get("after_transition")
        self.cleanup = hooks.get("cleanup")
        self.decide = hooks.get("on_decision")
        self.awaits = awaits
        self.passes = None if self.universal else PROCEED
        self.forbids = forbids


# A call that is due at the end of a run: whose, the hook's name, the function, and how many of
# (transition, outcome) it is given: a rule's hook the one, a transform's both, a callback neither.
Side: TypeAlias = "tuple[Step, str, Hook, int]"


@final
class Plan:
    """What fires in a cell.

    Attributes:
        steps, entries: what fires, in priority order.
        befores: the steps that have a before hook, each with it, in the order of the calls.
        deciders: the transforms that are told the decision, each with its hook.
        afters: the after hooks in the order of the calls, the last entry's first: what is due if
            all proceed and nobody adds a callback, so that such a run has nothing to work out.
        accepted: the outcome that the plan last came to when all proceeded, shared while the state
            is the same.

    """

    __slots__ = ("accepted", "afters", "befores", "deciders", "entries", "steps")

    def __init__(self, steps: tuple[Step, ...]) -> None:
        self.steps = steps
        self.entries = tuple([step.entry for step in steps])
        self.befores = tuple([(step, step.before) for step in steps if step.before])
        self.deciders = tuple([(step, step.decide) for step in steps if step.decide])
        self.afters: tuple[Side, ...] = tuple(
            [
                (step, "after_transition", step.after, 1 + step.universal)
                for step in reversed(steps)
                if step.after
            ]
        )
        self.accepted: Accepted[Any] | None = None


@final
class Run:
    """What an outcome keeps of its run, from which its trace is worked out.

    Attributes:
        refused_by, verdict: the rule that refused, and what it said; `None` if all proceeded.
        commit: what the commit said, if it refused.

    """

    __slots__ = ("commit", "plan", "refused_by", "verdict")

    def __init__(
        self,
        plan: Plan,
        refused_by: Step | None = None,
        verdict: Refusal | None = None,
        commit: Refusal | None = None,
    ) -> None:
        self.plan = plan
        self.refused_by = refused_by
        self.verdict = verdict
        self.commit = commit

    def trace(self) -> Trace:
        """What every selected entry did."""
        lines = [self._line(step) for step in self.plan.steps]
        if self.commit is not None:
            lines.append(Traced("commit", "refused", self.commit, None, told(self.commit)))
        return Trace(tuple(lines))

    def decided_by(self) -> object:
        """What `trace` gives as `refused_by`."""
        if self.commit is not None:
            return "commit"
        return None if self.refused_by is None else self.refused_by.entry

    def _line(self, step: Step) -> Traced:
        did: Did = "proceeded"
        verdict: Verdict[Enum] | None = None if step.universal else PROCEED
        due: Due | None = "after"
        sentence = "proceeded"
        if not step.universal:
            by = self.refused_by
            redirected = isinstance(self.verdict, Reject) and self.verdict.state is not None
            if by is None or step.bit < by.bit:
                due = "after" if by is None and self.commit is None else "cleanup"
            elif step is by and self.verdict is not None:
                did, verdict, sentence = "refused", self.verdict, told(self.verdict)
                due = "after" if redirected and self.commit is None else "cleanup"
            else:
                did, verdict, due, sentence = "nullified", None, None, f"nullified by {by.name}"
        return Traced(step.name, did, verdict, due, sentence, step.entry)


def unwinding(
    plan: Plan,
    added: Sequence[Callback],
    *,
    refused_by: Step | None,
    failed: Step | None,
    excepted: bool,
    stands: bool,
    redirected: bool,
) -> Iterator[Side]:
    """What is due to be called, last in first out, for every entry whose turn to begin had come.

    `failed` is the entry whose before hook raised; `excepted`: that, a decision or the commit did.
    `stands`: neither did, nor did the commit refuse; what was decided is so, and `redirected` says
    whether that is a state which `refused_by` proposed.
    """
    left = len(added)  # the callbacks stand in the order of the steps: each step's are at the end
    for step in reversed(plan.steps):
        happened, hook, name = stands, None, "after_transition"
        if failed is not None and step.bit > failed.bit:
            continue  # never begun
        if step.universal:
            happened = not excepted
            hook = step.after if happened else None
        elif refused_by is not None and step.bit > refused_by.bit:
            continue  # nullified
        elif step is refused_by or step is failed:
            happened = stands and redirected
        elif stands and refused_by is None:
            hook = step.after
        else:
            happened, hook, name = False, step.cleanup, "cleanup"
        due = "add_after" if happened else "add_cleanup"
        while left and added[left - 1][0] is step:
            left -= 1
            _, method, callback, args, kwargs = added[left]
            if method == due:
                yield step, method, partial(callback, *args, **kwargs), 0
        if hook is not None:
            yield step, name, hook, 1 + step.universal
