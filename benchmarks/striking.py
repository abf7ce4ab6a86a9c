"""How long `assert_undone` takes on ten rules of ten lines; it is to be below one second.

Run `python -m benchmarks.striking`. The same of an async policy, each rule with one await.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from statistics import median
from time import perf_counter
from typing import Final

from benchmarks.harness import options, rounds_of, table
from benchmarks.subjects import Text
from bylaws import AsyncPolicy, FunctionRule, Policy, Transition, Verdict, proceed, rule
from bylaws.testing import assert_undone, assert_undone_async

RULES: Final = 10
LIMIT: Final = 1.0


@dataclass
class Shop:
    """What the rules take from."""

    slots: list[int] = field(default_factory=lambda: list(range(RULES)))
    told: list[str] = field(default_factory=list[str])


Move = Transition[Text, Text, Shop]


def taking(number: int) -> FunctionRule[Text, Text, Shop, Verdict[Text]]:
    """A rule of ten lines that takes a slot."""

    @rule(from_states={Text.A}, to_states={Text.B})
    def take(t: Move) -> Verdict[Text]:
        shop = t.context
        before = len(shop.told)
        shop.told.append(f"rule {number}")
        text = shop.told[before].upper()
        shop.told.append(text)
        words = text.split()
        if words:
            t.add_cleanup(shop.slots.insert, 0, shop.slots.pop(0))
        shop.told.extend(words)
        return proceed()

    return take


async def waits(t: Move) -> None:
    """What one rule of the async policy does beside."""
    t.add_cleanup(t.context.slots.insert, 0, t.context.slots.pop(0))
    await asyncio.sleep(0)
    t.context.told.append("waited")


def plain() -> int:
    """Strike a plain policy."""
    policy = Policy[Text, Shop](*[taking(number) for number in range(RULES)])
    return assert_undone(policy, Text.A, Text.B, context=Shop, observe=lambda shop: shop.slots)


def awaiting() -> int:
    """Strike an async policy."""
    made = rule(from_states={Text.A}, to_states={Text.B})
    policy = AsyncPolicy[Text, Shop](*[made(waits) for _ in range(RULES)])

    async def whole() -> int:
        return await assert_undone_async(
            policy, Text.A, Text.B, context=Shop, observe=lambda shop: shop.slots
        )

    return asyncio.run(whole())


SUBJECTS: Final = {
    "assert_undone, 10 rules of 10 lines": plain,
    "assert_undone_async, 10 rules of 3 lines and an await each, on asyncio": awaiting,
}


def main() -> None:
    """Print the table."""
    rounds = rounds_of(options(__doc__).parse_args())
    rows: list[list[str]] = []
    for what, strike in SUBJECTS.items():
        times: list[float] = []
        strikes = 0
        for _ in range(rounds.count):
            begun = perf_counter()
            strikes = strike()
            times.append(perf_counter() - begun)
        figure = median(times)
        kept = "kept" if figure < LIMIT else "MISSED"
        rows.append([what, str(strikes), f"{figure:.3f} s", f"{LIMIT:g} s", kept])
    print(table(["what", "strikes", "time", "not above", "kept"], rows))


if __name__ == "__main__":
    main()
