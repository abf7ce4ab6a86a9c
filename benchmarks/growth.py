"""How bylaws grows: lookups by rules against three ways by hand, policies by states and rules.

Run `python -m benchmarks.growth`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum, StrEnum
from functools import partial

from benchmarks.compiling import held
from benchmarks.harness import Rounds, measure, nanoseconds, options, rounds_of, table
from benchmarks.lookup import five, nested
from benchmarks.processes import Part, found
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


def by_rules(rounds: Rounds, kind: str, count: int) -> dict[str, tuple[float, float]]:
    """A lookup among ten states: nanoseconds, and how many times those of bylaws."""
    states = KINDS[kind]
    rules = scattered(states, count, 0.5)
    governed, moves = policy(rules), pairs(states, 5)
    sides = {
        "bylaws": five(governed, moves),
        "dict of dicts": five(nested(governed, states), moves),
        "dict of pairs": five(Flat(rules, states), moves),
        "scan of the rules": five(Scan(rules), moves),
    }
    time = measure(sides, rounds, operations=5)
    return {name: (time[name].median, time[name].times(time["bylaws"])) for name in sides}


def made(rounds: Rounds, count: int, rule_count: int) -> tuple[float, int, int] | None:
    """Making a policy: nanoseconds, bytes held, bytes of a dict of all pairs where bearable."""
    if rounds.quick and count > 100:
        return None
    states = make_enum(StrEnum, count)
    rules = scattered(states, rule_count, 0.1)
    time = measure({"policy": making(rules)}, rounds, tidy=True)["policy"]
    flat = held(partial(Flat, rules, states)) if count <= 100 else 0
    return time.median, held(partial(policy, rules)), flat


LOOKUPS = [(kind, count) for kind in KINDS for count in RULES]
PARTS: Sequence[Part] = (
    *(partial(by_rules, kind=kind, count=count) for kind, count in LOOKUPS),
    *(partial(made, count=count, rule_count=rule_count) for count, rule_count in SIZES),
)


def tables(rounds: Rounds) -> dict[str, str]:
    """Both tables, by the sections of the README that they are for."""
    answers = found("growth", rounds)
    lookups = [
        [kind, str(count), *_cells(times)]
        for (kind, count), times in zip(LOOKUPS, answers, strict=False)
    ]
    compiled = [
        [
            f"{count:,}",
            str(rule_count),
            nanoseconds(answer[0]),
            f"{answer[1] / 1e3:,.0f} kB",
            f"{answer[2] / 1e3:,.0f} kB" if answer[2] else "not tried",
        ]
        for (count, rule_count), answer in zip(SIZES, answers[len(LOOKUPS) :], strict=True)
        if answer is not None
    ]
    head = ["states (StrEnum)", "rules", "time", "memory", "memory of a dict of pairs"]
    return {
        "lookups": table(["states", "rules", *answers[0]], lookups),
        "compiling": table(head, compiled),
    }


def _cells(times: Mapping[str, Sequence[float]]) -> list[str]:
    first, *others = times.values()
    return [
        nanoseconds(first[0]),
        *(f"{nanoseconds(time)} ({ratio:.2f}x)" for time, ratio in others),
    ]


if __name__ == "__main__":
    print("\n\n".join(tables(rounds_of(options(__doc__).parse_args())).values()))
