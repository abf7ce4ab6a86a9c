"""`assert_undone`: it finds every leak of the zoo, and accuses none of the mended twins."""

from __future__ import annotations

from pathlib import Path

import pytest

from bylaws.testing import LeakError, assert_undone
from tests.testing.zoo import ZOO, Case, Pair, S

zoo = pytest.mark.parametrize("pair", ZOO.values(), ids=ZOO)


def undone(case: Case) -> int:
    """How many strikes a case has."""
    return assert_undone(
        case.policy,
        S.NEW,
        S.PAID,
        context=case.context,
        observe=case.observe,
        commit=case.commit,
    )


@zoo
def test_every_leak_is_found(pair: Pair) -> None:
    """A leaky rule is told, with at least one strike that shows it."""
    with pytest.raises(LeakError) as caught:
        undone(pair.leaky)
    assert caught.value.leaks
    assert len(caught.value.leaks) <= caught.value.strikes


BY_LINES_ALONE = [
    "taken before registered",
    "registered before taken",
    "a commit that lands and raises",
    "a commit that lands and refuses",
    "global state",
    "an environment variable",
    "a file",
    "a row",
    "a context manager with a hole",
    "between two lines",
    "in a loop",
    "in a helper",
    "in a finally",
    "without a with",
    "takes and refuses",
    "takes and raises",
]
BY_WAYS_ALONE = {
    "a transform, after exceptions only": {"rejects", "delays", "aborts"},
    "a transform, after refusals only": {None, "raises an error", "raises KeyboardInterrupt"},
    "a transform that forgets aborts": {"aborts"},
    "a transform that forgets delays": {"delays"},
}


def leaks_of(name: str) -> LeakError:
    """What is found of the leaky one of a pair."""
    with pytest.raises(LeakError) as caught:
        undone(ZOO[name].leaky)
    return caught.value


@pytest.mark.parametrize("name", BY_LINES_ALONE)
def test_a_hole_between_lines_is_found_by_lines_alone(name: str) -> None:
    """Whatever refuses or raises in another entry, such a rule gives back."""
    assert {leak.strike.kind for leak in leaks_of(name).leaks} == {"line"}


@pytest.mark.parametrize("name", BY_WAYS_ALONE)
def test_a_way_that_is_forgotten_is_found_by_it_alone(name: str) -> None:
    """Each way to refuse, or to raise, is a strike of its own."""
    leaks = leaks_of(name).leaks
    assert {leak.strike.way for leak in leaks} == BY_WAYS_ALONE[name]
    assert {leak.strike.kind for leak in leaks} <= {"entry", "commit", "decision"}


def test_a_leak_is_told_with_its_line() -> None:
    """The line, the two before and at it, what was observed; and all of it as data."""
    error = leaks_of("taken before registered")
    (leak,) = error.leaks
    file = Path(str(leak.strike.where and leak.strike.where.file))
    line = file.read_text(encoding="utf-8").splitlines().index("def takes_first(t: Move) -> None:")
    assert file.name == "zoo.py"
    assert (leak.strike.where and leak.strike.where.line) == line + 3
    assert (leak.before, leak.after) == (["amber", "blue", "green"], ["blue", "green"])
    assert leak.raised == "StrikeError"
    assert str(error).startswith(
        f"""Policy: S.NEW -> S.PAID is not undone after 1 of 14 strikes:

an error at zoo.py:{line + 3}, in takes_first, between t.context.slots.pop() and add_cleanup: \
observed ['blue', 'green'] instead of ['amber', 'blue', 'green']
    zoo.py:{line + 2}      slot = t.context.slots.pop(0)
  > zoo.py:{line + 3}      t.add_cleanup(t.context.give, slot)
""".replace(
            "\
",
            "",
        )
    )
    assert "At index 0 diff: 'blue' != 'amber'" in str(error)  # as pytest shows it


def test_leaks_that_are_alike_are_told_together() -> None:
    """One line for all ways of an entry, and the difference once."""
    text = str(leaks_of("given back twice"))
    assert (
        "another entry after GivesTwice that rejects, redirects, delays, aborts, raises an error "
        "or raises KeyboardInterrupt: observed ['amber', 'amber', 'blue', 'green'] instead of "
        "['amber', 'blue', 'green']\n"
    ) in text
    assert (
        "a commit that rejects, delays, aborts, raises an error or raises KeyboardInterrupt: "
    ) in text
    assert text.count("Left contains one more item") == 1


@zoo
def test_no_mended_twin_is_accused(pair: Pair) -> None:
    """A rule that gives back, whatever happens, passes."""
    assert undone(pair.mended) > 0
