"""What the types promise, when the program runs: contexts left out, bases that are plain classes."""

from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import Any

import pytest

import bylaws
from bylaws import (
    Accepted,
    AnyTransition,
    AsyncBaseRule,
    AsyncBaseTransform,
    BaseRule,
    BaseTransform,
    Delay,
    Delayed,
    Entry,
    Policy,
    Transition,
    Verdict,
    delay,
    proceed,
    states,
)


class S(Enum):
    NEW = "new"
    PAID = "paid"


class Audited:
    def __init__(self, log: list[str]) -> None:
        super().__init__()
        self.log = log


class Audits(BaseRule[S, S], Audited):
    from_states = states(S.NEW)
    to_states = states(S.PAID)

    def __init__(self) -> None:
        super().__init__(["made"])

    def after_transition(self, transition: Transition[S, S], /) -> None:
        self.log.append("happened")


class AuditsAlso(Audited, BaseRule[S, S]):
    from_states = states(S.NEW)
    to_states = states(S.PAID)

    def cleanup(self, transition: Transition[S, S], /) -> None: ...


@dataclass(frozen=True)
class UpTo(BaseRule[S, S]):
    most: int
    from_states = states(S.NEW)
    to_states = states(S.PAID)

    def before_transition(self, transition: Transition[S, S], /) -> Verdict[S]:
        return proceed()


class Log(BaseTransform):
    def before_transition(self, transition: AnyTransition, /) -> None: ...


@pytest.mark.parametrize(
    "text",
    [
        "Policy[S]",
        "AsyncPolicy[S]",
        "Transition[S, S | None]",
        "AnyTransition",
        "AnyTransition[str]",
        "BaseRule[S, S]",
        "AsyncBaseRule[S, S]",
        "BaseTransform",
        "Rule[S]",
        "AsyncRule[S]",
        "Transform",
        "tuple[Entry[S], ...]",
        "Entry[S] | None",
        "Entry[S, str]",
        "AsyncEntry[S]",
        "FunctionRule[S, S]",
        "Moves[S, S]",
    ],
)
def test_a_context_may_be_left_out_when_the_program_runs(text: str) -> None:
    """Type arguments without a context are evaluated without an error."""
    names: dict[str, Any] = {**vars(bylaws), "S": S}
    assert eval(text, names) is not None


def test_a_base_goes_on_to_the_next_class() -> None:
    """`super().__init__()` in a rule reaches the other base class, on either side of it."""
    rule = Audits()
    assert Policy[S](rule, AuditsAlso([])).run(None, S.NEW, S.PAID) == Accepted(S.PAID)
    assert rule.log == ["made", "happened"]


def test_bases_are_told_by_class() -> None:
    """`isinstance` answers by the class, not by what it has."""
    entries: list[Entry[S]] = [Audits(), UpTo(5), Log()]
    assert [isinstance(each, BaseRule) for each in entries] == [True, True, False]
    assert [isinstance(each, BaseTransform) for each in entries] == [False, False, True]
    assert not any(isinstance(each, (AsyncBaseRule, AsyncBaseTransform)) for each in entries)


def test_a_rule_is_a_dataclass_as_it_is_written() -> None:
    """The sets of a base are no fields of a dataclass, unless it makes them so."""
    assert repr(UpTo(5)) == "UpTo(most=5)"
    assert UpTo(5) == UpTo(5)


def test_a_pydantic_model_is_a_rule() -> None:
    """The fields of a model that is a rule are the fields that it declares."""
    pydantic = pytest.importorskip("pydantic")
    model: Any = pydantic.BaseModel

    class Limit(model, BaseRule[S, S]):  # type: ignore[misc]
        from_states: frozenset[S] = states(S.NEW)
        to_states: frozenset[S] = states(S.PAID)
        most: int

        def before_transition(self, transition: Transition[S, S], /) -> Verdict[S]:
            return proceed() if self.most > 4 else delay(timedelta(minutes=1), reason="later")

    assert list(Limit.model_fields) == ["from_states", "to_states", "most"]
    assert isinstance(Limit(most=5), BaseRule)
    assert Policy[S](Limit(most=5)).run(None, S.NEW, S.PAID) == Accepted(S.PAID)
    assert Policy[S](Limit(most=4)).run(None, S.NEW, S.PAID) == Delayed(60, "later")


def test_delays_are_in_seconds() -> None:
    """A timedelta is taken for its seconds."""
    assert delay(timedelta(minutes=1, milliseconds=500), reason="r") == Delay(60.5, "r")
    with pytest.raises(ValueError, match="at least 0"):
        delay(timedelta(seconds=-1), reason="r")
