"""Lookups: `policy.compile_transition_rules(a, b)` against a method that does `self._d[a][b]`.

Run `python -m benchmarks.lookup`.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Sequence
from enum import Enum, StrEnum
from functools import partial
from typing import Any, Generic, Protocol, TypeVar

from benchmarks.harness import Rounds, Side, measure, options, own, rounds_of
from benchmarks.processes import Part, rows_of
from benchmarks.rows import Row, ratio, shown
from benchmarks.subjects import KINDS, Context, Text, make_enum, pairs, policy, scattered
from bylaws import Rule

MOVES = 1_000  # how many different random moves are made over and over
Move = tuple[Enum | None, Enum | None]
T = TypeVar("T")


class Looks(Protocol):
    """Whatever answers which rules fire."""

    def compile_transition_rules(self, from_state: Any, to_state: Any, /) -> object:
        """The rules for the move."""
        ...


class ByHand(Generic[T]):
    """What one would write oneself: a dict of dicts, behind a method."""

    def __init__(self, rules: dict[Enum, dict[Enum, T]]) -> None:
        self._d = rules

    def compile_transition_rules(self, from_state: Enum, to_state: Enum) -> T:
        """The rules for the move."""
        return self._d[from_state][to_state]


def nested(looks: Looks, states: type[Enum]) -> ByHand[object]:
    """The same answers, by hand."""
    return ByHand({a: {b: looks.compile_transition_rules(a, b) for b in states} for a in states})


def five(looks: Looks, moves: Sequence[Move]) -> Side:
    """A side that looks five moves up, without a loop around them."""
    (a, b), (c, d), (e, f), (g, h), (i, j) = moves

    def side(loops: Iterable[object]) -> None:
        for _ in loops:
            looks.compile_transition_rules(a, b)
            looks.compile_transition_rules(c, d)
            looks.compile_transition_rules(e, f)
            looks.compile_transition_rules(g, h)
            looks.compile_transition_rules(i, j)

    return own(side)


def all_of(looks: Looks, moves: Sequence[Move]) -> Side:
    """A side that looks up one move after another of a long list."""

    def side(loops: Iterable[object]) -> None:
        for _ in loops:
            for a, b in moves:
                looks.compile_transition_rules(a, b)

    return own(side)


def none_of(moves: Sequence[Move]) -> Side:
    """The loop of `all_of` alone."""

    def side(loops: Iterable[object]) -> None:
        for _ in loops:
            for _a, _b in moves:
                pass

    return side


def against_by_hand(rounds: Rounds, what: str, side: Side, aim: float, limit: float) -> Row:
    """Lookups against the dict of dicts on StrEnum."""
    by_hand = five(nested(policy(scattered(Text, 10, 0.5)), Text), pairs(Text, 5))
    time = measure({"by hand": by_hand, "bylaws": side}, rounds, operations=5)
    return ratio(
        f"lookup, {what}, against self._d[a][b] on StrEnum",
        time["bylaws"],
        time["by hand"],
        aim,
        limit,
    )


def from_member(rounds: Rounds, kind: str) -> list[Row]:
    """A lookup by a kind of enum."""
    states = KINDS[kind]
    governed = policy(scattered(states, 10, 0.5))
    return [against_by_hand(rounds, kind, five(governed, pairs(states, 5)), 1.4, 1.7)]


def from_none(rounds: Rounds, kind: str) -> list[Row]:
    """From "no state"."""
    states = KINDS[kind]
    governed = policy(scattered(states, 10, 0.5))
    moves = [(None, b) for _, b in pairs(states, 5)]
    return [against_by_hand(rounds, f"{kind}, from None", five(governed, moves), 2, 2.5)]


def to_none(rounds: Rounds, kind: str) -> list[Row]:
    """To "no state"."""
    states = KINDS[kind]
    governed = policy(scattered(states, 10, 0.5))
    moves = [(a, None) for a, _ in pairs(states, 5)]
    return [against_by_hand(rounds, f"{kind}, to None", five(governed, moves), 2, 2.5)]


def travelled(rounds: Rounds, kind: str) -> list[Row]:
    """A policy that came out of a pickle."""
    states = KINDS[kind]
    governed = policy(scattered(states, 10, 0.5))
    copied: Looks = pickle.loads(pickle.dumps(governed))  # noqa: S301 (its own)
    side = five(copied, pairs(states, 5))
    return [against_by_hand(rounds, f"{kind}, policy out of a pickle", side, 1.4, 1.7)]


def stayed(rounds: Rounds, kind: str) -> list[Row]:
    """The policy that was pickled, and that a debugger looked at.

    Whoever asks CPython 3.11 or 3.12 for the `__dict__` of an instance slows its attributes down.
    """
    states = KINDS[kind]
    governed = policy(scattered(states, 10, 0.5))
    pickle.dumps(governed)
    vars(governed)
    side = five(governed, pairs(states, 5))
    what = f"{kind}, policy that was pickled, and vars() of it taken"
    return [against_by_hand(rounds, what, side, 1.4, 1.7)]


def sharing(
    looks: Looks, states: type[Enum], rules: Sequence[Rule[Enum, Context]]
) -> ByHand[object]:
    """A small dict of dicts: states that the rules do not tell apart share one dict."""
    shared: dict[tuple[bool, ...], dict[Enum, object]] = {}
    rows: dict[Enum, dict[Enum, object]] = {}
    for a in states:
        leaves = tuple([a in rule.from_states for rule in rules])
        if leaves not in shared:
            shared[leaves] = {b: looks.compile_transition_rules(a, b) for b in states}
        rows[a] = shared[leaves]
    return ByHand(rows)


def random_lookups(
    rounds: Rounds, base: type[Enum], named: int, *, by_hand: bool = False
) -> list[Row]:
    """Random moves among 5,000 states, of which ten rules name so many, against moves among 10.

    All have been looked up before; the loop over the moves is timed alone, and taken off both
    sides. By hand nothing is promised: it is the same comparison of two dicts of dicts.
    """
    count = 100 if rounds.quick else 5_000
    few, many = make_enum(base, 10), make_enum(base, count)
    few_rules, many_rules = scattered(few, 10, 0.5), scattered(many, 10, named / 5_000)
    small, large = policy(few_rules), policy(many_rules)
    few_moves, many_moves = pairs(few, MOVES), pairs(many, MOVES)
    looks: list[Looks] = [small, large]
    if by_hand:
        looks = [sharing(small, few, few_rules), sharing(large, many, many_rules)]
    time = measure(
        {
            "few": all_of(looks[0], few_moves),
            "many": all_of(looks[1], many_moves),
            "loop": none_of(many_moves),
        },
        rounds,
        operations=MOVES,
    )
    what = (
        f"random lookup, {base.__name__}, 5,000 states against 10 states "
        f"(10 rules, of {named:,} states each)"
    )
    few_time, many_time = time["few"].minus(time["loop"]), time["many"].minus(time["loop"])
    if by_hand:
        return [ratio(f"{what}, by hand", many_time, few_time)]
    return [ratio(what, many_time, few_time, 1.4, 2)]


PARTS: Sequence[Part] = (
    *(partial(part, kind=kind) for kind in KINDS for part in (from_member, from_none, to_none)),
    *(partial(part, kind=kind) for kind in KINDS for part in (travelled, stayed)),
    partial(random_lookups, base=StrEnum, named=10, by_hand=True),
    *(
        partial(random_lookups, base=base, named=named)
        for named in (10, 500)
        for base in (StrEnum, Enum)
    ),
)


if __name__ == "__main__":
    print(shown(rows_of("lookup", rounds_of(options(__doc__).parse_args()))))
