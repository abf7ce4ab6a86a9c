"""Policies as large as they get: so many states, so many rules, by a seed."""

from __future__ import annotations

import random

from bylaws.views import EntryFacts, Matrix, StateEnum, StateSpace
from bylaws.views.matrix import VerdictName


def generated(states: int, rules: int, seed: int = 8) -> Matrix:
    """Rules over states that come in some thirty phases, as those of real policies do.

    A rule governs every state at one end, some phases, or a few states of their own.
    """
    chance = random.Random(seed)
    names = tuple([f"STATE_{at}" for at in range(states)])
    space = StateSpace((StateEnum("Stage", names),))
    cuts = sorted(chance.sample(range(1, states), min(30, states // 3)))
    phases = [names[a:b] for a, b in zip([0, *cuts], [*cuts, states], strict=True)]
    answers: list[tuple[VerdictName, ...] | None] = [
        None,
        ("proceed", "reject"),
        ("proceed", "delay", "abort"),
        ("proceed",),
    ]

    def drawn() -> frozenset[str | None]:
        way = chance.random()
        if way < 0.3:
            return frozenset([*names, None])
        if way < 0.8:
            some = chance.sample(phases, chance.randint(1, 4))
            return frozenset([name for phase in some for name in phase])
        return frozenset(chance.sample([*names, None], chance.randint(1, 3)))

    entries: list[EntryFacts] = []
    for at in range(rules):
        if chance.random() < 0.1:
            entry = EntryFacts(f"Note{at}", "transform", verdicts=(), hooks=("after_transition",))
        else:
            froms, tos = space.set_of(drawn()), space.set_of(drawn())
            verdicts = chance.choice(answers)
            entry = EntryFacts(f"Rule{at}", "rule", froms, tos, verdicts, ("before_transition",))
        entries.append(entry)
    return Matrix("Generated", space, tuple(entries))
