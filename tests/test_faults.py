"""Faults, exhaustively: all that two entries and a commit can do, in both runners, by the model.

An entry is a rule or a transform. Its before hook adds one callback for each side and then does one
of what `BEFORE` lists; of the side that it comes to be finished by, the callback and the hook each
end normally or raise one of four exceptions. `commit` is absent, succeeds, or raises.

What is pruned always, because no run can show it: the sides that a run does not reach (a nullified
rule has none, a rule that is cleaned up has no after side, a transform has no cleanup hook) only
ever end normally.

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
from typing import TYPE_CHECKING, Final

import pytest

from tests.model import (
    FLAVOURS,
    RAISES,
    REFUSES,
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
BEFORE: Final = (*((False, act) for act in RULE), *((True, act) for act in TRANSFORM))
EITHER: Final[tuple[Flavour, ...]] = ("plain", "async")
ADDERS: Final[tuple[Adder, ...]] = ("add_after", "add_cleanup")
COMMITS: Final[tuple[Act | None, ...]] = (None, *ENDS)


def base(universal: bool, before: Act) -> Script:
    """An entry whose before hook adds a callback for each side, and whose sides end normally."""
    return Script(universal, before, (("add_after", "fine"), ("add_cleanup", "fine")))


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
        if label != "commit" and not label.endswith(".before_transition")
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


def written(script: Script, flavour: Flavour) -> Script:
    """The same entry, with hooks and callbacks of a flavour."""
    return replace(
        script, before_is=flavour, after_is=flavour, cleanup_is=flavour, adds_are=flavour
    )


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
                else tuple([written(each, flavour) for each in scripts])
            )
            assert watch_arun(entries, State.NEW, State.OPEN, commit, flavour) == expected
    assert count


@pytest.mark.parametrize(("universal", "before"), BEFORE)
def test_what_two_entries_and_a_commit_can_do(
    universal: bool, before: Act, exhaustive: bool
) -> None:
    """Whatever two entries and a commit do, just the contract's calls and exceptions are seen."""
    check_all(
        (
            (scripts, commit)
            for second in BEFORE
            for commit in COMMITS
            for scripts in sides(
                (base(universal, before), base(*second)), commit, 4 if exhaustive else 1
            )
        ),
        EITHER,
    )


@pytest.mark.parametrize(
    ("second", "commit"),
    [
        pytest.param((False, "proceed"), "fine", id="both proceed, and it is committed"),
        pytest.param((False, "proceed"), "error", id="both proceed, and the commit raises"),
        pytest.param(
            (True, "nothing"), "fine", id="the second is a transform, and it is committed"
        ),
        pytest.param(
            (True, "nothing"), "cancel", id="the second is a transform, and the commit is cancelled"
        ),
        pytest.param((False, "redirect"), "fine", id="the second redirects"),
        pytest.param((False, "error"), "fine", id="the second raises"),
    ],
)
@pytest.mark.parametrize("universal", [False, True], ids=["after a rule", "after a transform"])
def test_all_faults_of_the_sides(second: tuple[bool, Act], commit: Act, universal: bool) -> None:
    """However many of the sides raise, all are called, and all that is raised goes out in order."""
    check_all(
        (
            (scripts, commit)
            for scripts in sides((base(universal, "nothing"), base(*second)), commit, 4)
        ),
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
        return Script(universal, before, adds(), random.choice(ends), random.choice(ends))

    check_all(
        (
            (
                (script(), script(), script()),
                random.choice((*COMMITS, "fine", "fine", "cancel from")),
            )
            for _ in range(15_000 if exhaustive else 200)
        ),
        FLAVOURS,
    )
