"""A law: the lines at which an error leaks are those between what takes and what gives back."""

from __future__ import annotations

import linecache
from collections.abc import Callable, Sequence
from itertools import count
from typing import Literal, cast

from hypothesis import given
from hypothesis import strategies as st

from bylaws.testing import LeakError, assert_undone
from tests.testing.zoo import Move, S, World, before

Step = Literal["take", "register", "both", "tell", "over lines"]
FILES = count()
LINES: dict[Step, str] = {
    "take": "    taken.append(t.context.slots.pop())\n",
    "register": "    t.add_cleanup(t.context.slots.append, taken.pop(0))\n",
    "both": "    t.add_cleanup(t.context.slots.append, t.context.slots.pop())\n",
    "tell": "    t.context.told.append('told')\n",
    "over lines": "    t.add_cleanup(\n"
    "        t.context.slots.append,\n"
    "        t.context.slots.pop(),\n"
    "    )\n",
}


@st.composite
def programs(draw: st.DrawFn) -> list[Step]:
    """Steps of a hook that registers no more than it has taken, and all of it in the end or not."""
    steps: list[Step] = []
    held = 0
    for _ in range(draw(st.integers(1, 7))):
        step = draw(st.sampled_from(list(LINES)))
        if step == "register" and not held:
            continue
        held += {"take": 1, "register": -1}.get(step, 0)
        steps.append(step)
    return steps


def hook(steps: Sequence[Step]) -> tuple[Callable[[Move], None], dict[int, int]]:
    """A hook that takes these steps; and how much each of its lines holds unregistered."""
    text, holds, held = "def hook(t):\n    taken = list()\n", {2: 0}, 0
    for step in steps:
        holds[text.count("\n") + 1] = held
        text += LINES[step]
        held += {"take": 1, "register": -1}.get(step, 0)
    holds[0] = held  # at the end: whatever refuses or raises in another entry
    file = f"<law {next(FILES)}>"
    linecache.cache[file] = (len(text), None, text.splitlines(True), file)
    names: dict[str, object] = {"__name__": "law"}
    exec(compile(text, file, "exec"), names)
    return cast("Callable[[Move], None]", names["hook"]), holds


@given(programs())
def test_what_is_held_unregistered_leaks(steps: list[Step]) -> None:
    """An error leaks at exactly the lines at which something is held that is not registered yet."""
    made, holds = hook(steps)
    leaking: set[int] = set()
    strikes = 0
    try:
        strikes = assert_undone(
            before(made),
            S.NEW,
            S.PAID,
            context=lambda: World(slots=list("abcdefg")),
            observe=lambda world: sorted(world.slots),
        )
    except LeakError as error:
        strikes = error.strikes
        leaking = {leak.strike.where.line if leak.strike.where else 0 for leak in error.leaks}
    assert leaking == {line for line, held in holds.items() if held}
    assert strikes == 12 + len(holds) - 1
