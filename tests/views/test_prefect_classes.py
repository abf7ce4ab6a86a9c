"""Prefect's policies, read off classes of their shape. Prefect itself is not needed."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest

from bylaws.views import MatrixError, StateSet, difference
from bylaws.views.prefect import read_prefect_policy
from tests.views.drawn import FACTS, prefect

make_enum: Any = StrEnum
StateType: Any = make_enum("StateType", [*filter(None, FACTS["states"])])
ALL = {*StateType, None}


class BaseOrchestrationRule:
    """The shape of Prefect's own base: hooks that do nothing."""

    FROM_STATES: Any = ()
    TO_STATES: Any = ()

    async def before_transition(self, initial: object, proposed: object, context: object) -> None:
        """Do nothing."""

    async def after_transition(self, initial: object, valid: object, context: object) -> None:
        """Do nothing."""

    async def cleanup(self, initial: object, valid: object, context: object) -> None:
        """Do nothing."""


class BaseUniversalTransform:
    """The shape of Prefect's other base, which has sets too."""

    FROM_STATES: Any = ALL
    TO_STATES: Any = ALL

    async def before_transition(self, context: object) -> None:
        """Do nothing."""

    async def after_transition(self, context: object) -> None:
        """Do nothing."""


class Retry(BaseOrchestrationRule):
    """Runs again.

    More than once.
    """

    FROM_STATES = {StateType.RUNNING}
    TO_STATES = [StateType.FAILED]

    async def before_transition(self, initial: object, proposed: object, context: object) -> None:
        """Reject, perhaps."""

    def cleanup(self, initial: object, valid: object, context: object) -> Any:
        """Undo it."""


class After(BaseOrchestrationRule):
    FROM_STATES = ALL
    TO_STATES = frozenset({None})

    async def after_transition(self, initial: object, valid: object, context: object) -> None:
        """Note it."""


class SetTime(BaseUniversalTransform):
    async def before_transition(self, context: object) -> None:
        """Set it."""


class Bare:
    def after_transition(self, context: object) -> None:
        """Neither a base nor a set: a transform."""


class Policy:
    @staticmethod
    def priority() -> list[Any]:
        return [Retry, SetTime, After, Bare]


class InstancePolicy:
    def priority(self) -> list[Any]:
        return [Retry]


def entry_class(facts: dict[str, Any]) -> type[Any]:
    """A class as Prefect has it, from the facts about it."""
    base = BaseUniversalTransform if facts["kind"] == "transform" else BaseOrchestrationRule
    sets = {
        name: {None if state is None else StateType[state] for state in facts[end]}
        for name, end in (("FROM_STATES", "from"), ("TO_STATES", "to"))
    }
    return type(facts["name"], (base,), {**sets, "before_transition": Retry.before_transition})


@pytest.mark.parametrize("name", FACTS["policies"])
def test_all_nine_are_as_prefect_has_them(name: str) -> None:
    """What fires in each of 100 cells is what Prefect's own code answers."""
    facts = FACTS["policies"][name]
    classes = [entry_class(each) for each in facts["rules"]]
    matrix = read_prefect_policy(type(name, (), {"priority": staticmethod(lambda: classes)}))
    assert matrix.name == name
    for one, row in zip(FACTS["states"], facts["matrix"], strict=True):
        for other, expected in zip(FACTS["states"], row, strict=True):
            assert [matrix.entries.index(entry) for entry in matrix.fires(one, other)] == expected
    made = next(each for each in prefect() if each.name == name)
    assert {line.effect for line in difference(matrix, made).lines} <= {"changed", "states"}


def test_what_is_known_of_a_class() -> None:
    """Its sets, which hooks it has of its own, and where it is; what it answers is not known."""
    matrix = read_prefect_policy(Policy)
    retry, set_time, after, bare = matrix.entries
    assert (matrix.name, matrix.states) == ("Policy", tuple(FACTS["states"]))
    assert (retry.from_states, retry.to_states) == (
        StateSet((), ("RUNNING",)),
        StateSet((), ("FAILED",)),
    )
    assert (retry.hooks, retry.awaits) == (("before_transition", "cleanup"), ("before_transition",))
    assert (retry.verdicts, retry.doc) == (None, "Runs again.")
    assert retry.file == Path(__file__).relative_to(Path.cwd()).as_posix()
    source = Path(__file__).read_text().splitlines()
    assert retry.line is not None
    assert source[retry.line - 1].startswith("class Retry")
    assert (set_time.kind, set_time.from_states, set_time.verdicts) == ("transform", None, ())
    assert str(after.from_states) == "every StateType, None"
    assert (after.verdicts, after.may_refuse) == (("proceed",), False)
    assert (bare.kind, bare.hooks) == ("transform", ("after_transition",))


def test_a_policy_whose_priority_is_a_method() -> None:
    """An instance is made for it; or one is given."""
    assert [entry.name for entry in read_prefect_policy(InstancePolicy).entries] == ["Retry"]
    assert read_prefect_policy(InstancePolicy()).name == "InstancePolicy"


def test_states_may_be_strings() -> None:
    """They are states of no enum then, in the order of their names."""
    kinds = {"FROM_STATES": {"B", "A"}, "TO_STATES": {None}}
    rule = type("Rule", (BaseOrchestrationRule,), kinds)
    matrix = read_prefect_policy(type("P", (), {"priority": [rule]}))
    assert (matrix.states, matrix.space.enums) == (("A", "B", None), ())


@pytest.mark.parametrize(
    ("policy", "match"),
    [
        (object(), "object has no priority"),
        (type("P", (), {"priority": 3}), "P has no priority"),
        (type("P", (), {"priority": [3]}), "P lists 3, which is no class"),
        (type("P", (), {"priority": [BaseOrchestrationRule]}), "has no FROM_STATES, or no states"),
        (type("P", (), {"priority": [type("R", (), {"TO_STATES": {"A"}})]}), "no FROM_STATES"),
    ],
)
def test_what_is_no_policy_is_an_error(policy: object, match: str) -> None:
    """It says what is missing."""
    with pytest.raises(MatrixError, match=match):
        read_prefect_policy(policy)
