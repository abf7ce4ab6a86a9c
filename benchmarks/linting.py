"""How long lint takes: 60 states x 300 rules, once with what is usual, once with the worst.

Run `python -m benchmarks.linting`. It is to be below one second. Of the rules every tenth is
annotated to refuse always, or every third; the sets are of chance, so that no two states behave
alike. Policies are live, so their sources are read too.
"""

from __future__ import annotations

import random
import statistics
import time
from enum import Enum
from typing import Any

from benchmarks.harness import options, table
from bylaws import Abort, AnyTransition, Policy, Verdict, abort, moves, proceed, rule
from bylaws.lint import lint

STATES, RULES = 60, 300


def policy(every: int) -> Policy[Any, Any]:
    """A policy of which so many rules refuse always, behind a `moves()`."""
    dice = random.Random(1)  # noqa: S311 (no secret)
    states: Any = Enum("S", [f"STATE_{at}" for at in range(STATES)])  # type: ignore[misc] # made here
    listed = list(states)

    def some(part: int) -> frozenset[Any]:
        return frozenset(dice.sample(listed, STATES // part))

    def made(at: int) -> Any:
        if at % every:

            def allow(t: AnyTransition) -> Verdict[Any]:
                return proceed() if t.context else abort(reason="no")

            return rule(from_states=some(3), to_states=some(3))(allow)

        def refuse(_: AnyTransition) -> Abort:
            return abort(reason="no")

        return rule(from_states=some(3), to_states=some(20))(refuse)

    legal = moves({state: some(3) for state in listed})
    return Policy(legal, *[made(at) for at in range(RULES)], name=f"one of {every} refuses")


def closed() -> Policy[Any, Any]:
    """A policy whose first half lets no move pass, in pieces, and shadows the second."""
    dice = random.Random(1)  # noqa: S311 (no secret)
    states: Any = Enum("S", [f"STATE_{at}" for at in range(STATES)])  # type: ignore[misc] # made here
    listed = list(states)

    def some(part: int) -> frozenset[Any]:
        return frozenset(dice.sample(listed, STATES // part))

    def refused(froms: frozenset[Any], tos: frozenset[Any]) -> Any:
        def refuse(_: AnyTransition) -> Abort:
            return abort(reason="no")

        return rule(from_states=froms, to_states=tos)(refuse)

    half = frozenset(listed[::2])
    pieces = [refused(some(2), half) for _ in range(RULES // 4)]
    pieces += [refused(some(2), frozenset(listed) - half) for _ in range(RULES // 4)]
    rest = [refused(some(2), some(2)) for _ in range(RULES // 2)]
    return Policy(*pieces, *rest, name="one half shadows the other")


def shown(rounds: int) -> str:
    """The table."""
    rows: list[list[str]] = []
    for subject in (policy(10), policy(3), closed()):
        times: list[float] = []
        found = 0
        for _ in range(rounds):
            start = time.perf_counter()
            found = len(lint(subject))
            times.append(time.perf_counter() - start)
        rows.append(
            [
                f"{STATES} states x {RULES} rules, {subject.name}",
                f"{statistics.median(times) * 1_000:.0f} ms",
                f"{min(times) * 1_000:.0f} ms",
                f"{found}",
            ]
        )
    return table(["what", "median", "quickest", "findings"], rows)


if __name__ == "__main__":
    print(shown(2 if options(__doc__).parse_args().quick else 11))
