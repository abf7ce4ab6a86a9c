"""How bylaws grows: lookups by number of rules against three ways by hand, making a policy by states and rules.

Run `python -m benchmarks.growth`.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum, StrEnum
from functools import partial

from benchmarks.compiling import held
from benchmarks.harness import Rounds, measure, nanoseconds, options, rounds_of, table
from benchmarks.lookup import five, nested
from benchmarks.subjects import KINDS, Context, make_enum, making, pairs, policy, scattered
from bylaws import Rule

RULES = (1, 5, 10, 50, 100)
SIZES = ((10, 10), (10, 100), (100, 10), (100, 100), (500, 10), (500, 100), (5_000, 10))


class Flat:
    """A dict keyed by pairs of states."""

    def __init__(self, rules: Sequence[Rule[Enum, Context]], states: type[Enum]) -> None:
        scan = Scan(rules)
        self._d = {(a, b): scan.compile_transition_rules(a, b) for a in states for b in states}

    def compile_transition_rules(
        self, from_state: Enum, to_state: Enum
    ) -> Sequence[Rule[Enum, Context]]:
        """The rules for the move."""
        return self._d[from_state, to_state]


class Scan:
    """No table: every rule is looked at every time."""

    def __init__(self, rules: Sequence[Rule[Enum, Context]]) -> None:
        self._rules = rules

    def compile_transition_rules(
        self, from_state: Enum, to_state: Enum
    ) -> Sequence[Rule[Enum, Context]]:
        """The rules for the move."""
        return [
            rule
            for rule in self._rules
            if from_state in rule.from_states and to_state in rule.to_states
        ]


def lookups(rounds: Rounds) -> str:
    """A lookup among ten states by the number of rules."""
    rows: list[list[str]] = []
    for kind, states in KINDS.items():
        for count in RULES:
            rules = scattered(states, count, 0.5)
            governed, moves = policy(rules), pairs(states, 5)
            sides = {
                "bylaws": five(governed, moves),
                "nested": five(nested(governed, states), moves),
                "flat": five(Flat(rules, states), moves),
                "scan": five(Scan(rules), moves),
            }
            time = measure(sides, rounds, operations=5)
            others = [
                f"{nanoseconds(time[name].median)} ({time[name].times(time['bylaws']):.2f}x)"
                for name in sides
            ]
            rows.append([kind, str(count), nanoseconds(time["bylaws"].median), *others[1:]])
    return table(
        ["states", "rules", "bylaws", "dict of dicts", "dict of pairs", "scan of the rules"], rows
    )


def compiled(rounds: Rounds) -> str:
    """Making a policy, and what it holds, by states and rules; against a dict of all pairs where that is bearable."""
    rows: list[list[str]] = []
    for count, rule_count in SIZES:
        if rounds.quick and count > 100:
            continue
        states = make_enum(StrEnum, count)
        rules = scattered(states, rule_count, 0.1)
        time = measure({"policy": making(rules)}, rounds)["policy"]
        memory = held(partial(policy, rules))
        flat_memory = held(partial(Flat, rules, states)) if count <= 100 else 0
        flat = f"{flat_memory / 1e3:,.0f} kB" if flat_memory else "not tried"
        rows.append(
            [
                f"{count:,}",
                str(rule_count),
                nanoseconds(time.median),
                f"{memory / 1e3:,.0f} kB",
                flat,
            ]
        )
    return table(["states (StrEnum)", "rules", "time", "memory", "memory of a dict of pairs"], rows)


if __name__ == "__main__":
    chosen = rounds_of(options(__doc__).parse_args())
    print(f"{lookups(chosen)}\n\n{compiled(chosen)}")
