"""Faults, exhaustively: all that two entries and a commit can do, in both runners, by the model.

An entry is a rule or a transform. Its before hook adds one callback for each side and then does one
of what `ENTRIES` lists, or a transform does it when it is told the decision; of the side that it
comes to, the callback and the hook each end normally or raise one of four exceptions. `commit` is
absent, succeeds, raises, refuses, or has written and answers with an exception.

What is pruned always, because no run can show it: the sides that a run does not reach (a nullified
rule has none, one that refused no hook, a rule that is cleaned up no after side, a transform no
cleanup hook) only ever end normally, and so does a commit that it does not reach.

What is pruned by default, and tried with `--exhaustive`:

- Several faults of the sides at a time. By default at most one of the sides' calls raises, for
  every entry 1, entry 2 and commit; all combinations of such faults are tried where both entries
  proceed, where the second redirects, and where it raises.
- Three entries, of which 60,000 combinations are drawn at random (800 by default).

Every combination goes through `run`, through `arun` with plain hooks, and through `arun` with hooks
that are all async.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from random import Random
from typing import TYPE_CHECKING, Final, TypeAlias

import pytest

from tests.model import (
    FLAVOURS,
    RAISES,
    REFUSES,
    REFUSES_TO_WRITE,
    THEN,
    Act,
    Adder,
    Flavour,
    Script,
    State,
    predict,
    watch_arun,
    watch_run,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

ENDS: Final[tuple[Act, ...]] = ("fine", *RAISES)
RULE: Final[tuple[Act, ...]] = (
    "proceed",
    "nothing",
    "redirect",
    "stay",
    "delay",
    "abort",
    *RAISES,
    "junk",
)
TRANSFORM: Final[tuple[Act, ...]] = ("nothing", *RAISES, "junk")
# An entry: whether it is a transform, its answer, and what it does when it is told the decision.
Entry: TypeAlias = "tuple[bool, Act, Act | None]"
ENTRIES: Final[tuple[Entry, ...]] = (
    *((False, act, None) for act in RULE),
    *((True, act, "fine") for act in TRANSFORM),
    *((True, "nothing", act) for act in (*RAISES, "junk")),
)
EITHER: Final[tuple[Flavour, ...]] = ("plain", "async")
ADDERS: Final[tuple[Adder, ...]] = ("add_after", "add_cleanup")
COMMITS: Final[tuple[Act, ...]] = (
    *ENDS,
    *REFUSES_TO_WRITE,
    "then error",
    "then cancel",
    "redirect",
    "junk",
)


def base(universal: bool, before: Act, decide: Act | None) -> Script:
    """An entry whose before hook adds a callback for each side, and whose sides end normally."""
    return Script(
        universal, before, (("add_after", "fine"), ("add_cleanup", "fine")), decide=decide
    )


def commits(scripts: Sequence[Script]) -> Sequence[Act | None]:
    """What the commit may do, if it is reached."""
    calls = predict(scripts, State.NEW, State.OPEN, "fine").calls
    return (None, *COMMITS) if "commit" in [label for label, _ in calls] else (None, "fine")


def raising(script: Script, label: str, act: Act) -> Script:
    """The same, but the call of this label does `act`."""
    if ".add_after." in label:
        return replace(script, adds=(("add_after", act), script.adds[1]))
    if ".add_cleanup." in label:
        return replace(script, adds=(script.adds[0], ("add_cleanup", act)))
    return (
        replace(script, after=act)
        if label.endswith(".after_transition")
        else replace(script, cleanup=act)
    )


def reached(scripts: Sequence[Script], commit: Act | None) -> list[str]:
    """The sides' calls of the run, which may raise too; which are made does not change by that."""
    calls = predict(scripts, State.NEW, State.OPEN, commit).calls
    return [
        label
        for label, _ in calls
        if label != "commit" and not label.endswith((".before_transition", ".on_decision"))
    ]


def sides(
    scripts: tuple[Script, ...], commit: Act | None, most: int
) -> Iterator[tuple[Script, ...]]:
    """The scripts with every combination of at most so many faults in the sides reached."""
    labels = reached(scripts, commit)
    for acts in product(ENDS, repeat=len(labels)):
        if len(acts) - acts.count("fine") <= most:
            changed = list(scripts)
            for label, act in zip(labels, acts, strict=True):
                at = int(label[0])
                changed[at] = raising(changed[at], label, act)
            yield tuple(changed)


def check_all(
    cases: Iterable[tuple[tuple[Script, ...], Act | None]], flavours: Sequence[Flavour]
) -> None:
    """Both runners do what the model says in each case, `arun` with hooks of each flavour."""
    count = 0
    for scripts, commit in cases:
        count += 1
        expected = predict(scripts, State.NEW, State.OPEN, commit)
        assert watch_run(scripts, State.NEW, State.OPEN, commit) == expected
        for flavour in flavours:
            entries = (
                scripts
                if flavour == "plain"
                else tuple([each.written(flavour) for each in scripts])
            )
            assert watch_arun(entries, State.NEW, State.OPEN, commit, flavour) == expected
    assert count


@pytest.mark.parametrize("first", ENTRIES)
def test_what_two_entries_and_a_commit_can_do(first: Entry, exhaustive: bool) -> None:
    """Whatever two entries and a commit do, just the contract's calls and exceptions are seen."""
    check_all(
        (
            (scripts, commit)
            for second in ENTRIES
            for entries in [(base(*first), base(*second))]
            for commit in commits(entries)
            for scripts in sides(entries, commit, 4 if exhaustive else 1)
        ),
        EITHER,
    )


@pytest.mark.parametrize(
    ("second", "commit"),
    [
        pytest.param((False, "proceed", None), "fine", id="both proceed, and it is committed"),
        pytest.param((False, "proceed", None), "error", id="both proceed, and the commit raises"),
        pytest.param((False, "proceed", None), "delay", id="both proceed, and the commit refuses"),
        pytest.param(
            (False, "proceed", None), "then cancel", id="both proceed, written while cancelled"
        ),
        pytest.param(
            (True, "nothing", "fine"), "fine", id="the second is a transform, and it is committed"
        ),
        pytest.param(
            (True, "nothing", "fine"),
            "cancel",
            id="the second is a transform, and the commit is cancelled",
        ),
        pytest.param((False, "redirect", None), "fine", id="the second redirects"),
        pytest.param((False, "redirect", None), "abort", id="the redirect is refused"),
        pytest.param((False, "error", None), "fine", id="the second raises"),
        pytest.param((True, "nothing", "error"), "fine", id="the second raises at the decision"),
    ],
)
@pytest.mark.parametrize("universal", [False, True], ids=["after a rule", "after a transform"])
def test_all_faults_of_the_sides(second: Entry, commit: Act, universal: bool) -> None:
    """However many of the sides raise, all are called; one goes out, and tells of the others."""
    first = base(universal, "nothing", "fine" if universal else None)
    check_all(
        ((scripts, commit) for scripts in sides((first, base(*second)), commit, 4)),
        EITHER,
    )


@pytest.mark.parametrize("seed", range(4))
def test_three_entries(seed: int, exhaustive: bool) -> None:
    """So are three entries, with several callbacks, causes and answers of all kinds."""
    random = Random(seed)
    ends = (*["fine"] * 8, *RAISES, *(f"{act} from" for act in RAISES), "junk")
    rules = (
        *["proceed"] * 6,
        *["nothing"] * 6,
        *RULE,
        *REFUSES,
        "foreign",
        "error from",
        "exit from",
    )
    transforms = (*["nothing"] * 8, *TRANSFORM, "proceed", "stay", "cancel from")

    def adds() -> tuple[tuple[Adder, Act], ...]:
        return tuple(
            [(random.choice(ADDERS), random.choice(ends)) for _ in range(random.randrange(4))]
        )

    def script() -> Script:
        universal = random.random() < 0.4
        before = random.choice(transforms if universal else rules)
        decide = random.choice((None, *ends)) if universal else None
        return Script(universal, before, adds(), random.choice(ends), random.choice(ends), decide)

    check_all(
        (
            (
                (script(), script(), script()),
                random.choice((None, *COMMITS, *["fine"] * 6, *THEN, "cancel from")),
            )
            for _ in range(15_000 if exhaustive else 200)
        ),
        FLAVOURS,
    )
