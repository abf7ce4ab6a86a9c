"""What can occur: by annotations, legal moves, places and sides."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, wraps
from typing import Any, Never

from bylaws import (
    AnyTransition,
    BaseRule,
    BaseTransform,
    Policy,
    Transition,
    Verdict,
    abort,
    every,
    proceed,
    rule,
    states,
)
from bylaws.testing.coverage.targets import subject_of
from tests.testing.shop import Load, S, orders


def items(*entries: Any) -> list[str]:
    """What can occur in a policy of these, of the first kind of moves."""
    subject = subject_of(Policy[S, Any](*entries))
    return [f"{item.entry} {item.what}" for item in subject.possible if item.kind == "A"]


def test_what_can_occur_in_the_orders() -> None:
    """The legal moves one way or the other; verdicts by annotation; sides by hooks and code."""
    assert [" ".join(item) for item in subject_of(orders).possible] == [
        *["A moves abort", "A Note fires", "B moves proceed", "B Note fires", "C moves proceed"],
        *["C take_van proceed", "C take_van delay", "C take_van cleanup"],
        *["C Load proceed", "C Load reject", "C Load after", "C Load cleanup", "C Note fires"],
    ]


def test_no_annotation_admits_everything() -> None:
    """What says nothing may answer with anything."""

    def silent(t):  # type: ignore[no-untyped-def]
        return None

    both = {"from_states": every(S), "to_states": every(S)}
    assert items(rule(**both)(silent)) == [  # type: ignore[arg-type]
        f"silent {verdict}" for verdict in ("proceed", "reject", "delay", "abort")
    ]


def test_one_that_never_answers() -> None:
    """Nothing of it can occur, nor behind it."""

    @rule(from_states=every(S), to_states=every(S))
    def raises(_: Transition[S, S, object]) -> Never:
        raise OSError

    assert items(raises, Load()) == []


def test_a_cleanup_that_nothing_calls() -> None:
    """Where no state is written, and no later rule may refuse, no run comes to it."""

    class Leaves(BaseRule[S, None, object]):
        from_states = every(S)
        to_states = states(None)

        def cleanup(self, _: Transition[S, None, object], /) -> None: ...

    @rule(from_states=every(S), to_states={None})
    def refuses(_: Transition[S, None, object]) -> Verdict[S]:
        return abort(reason="")

    assert "Leaves cleanup" not in items(Leaves())
    assert "Leaves cleanup" in items(Leaves(), refuses)
    assert "Leaves cleanup" not in items(refuses, Leaves())


def test_legal_moves_that_cannot_refuse_there() -> None:
    """Of a rule made by `moves()` it is known where it refuses."""
    legal, *_ = orders.entries

    class Leaves(BaseRule[S, None, object]):
        from_states = states(S.NEW)
        to_states = states(None)

        def cleanup(self, _: Transition[S, None, object], /) -> None: ...

    subject = subject_of(Policy[S, Any](Leaves(), legal))
    assert "Leaves cleanup" in [f"{item.entry} {item.what}" for item in subject.possible]


def added(hook: Callable[..., Any]) -> dict[str, tuple[str, ...]]:
    """The sides that a function rule is known to add callbacks for."""
    return dict(
        subject_of(Policy[S, Any](rule(from_states=every(S), to_states=every(S))(hook))).callbacks
    )


def test_callbacks_are_read_off_the_code() -> None:
    """In the hook, in functions inside of it, under decorators and partials, in classes."""

    def adds(t: Transition[S, S, Any]) -> None:
        def inside() -> None:
            t.add_cleanup(print)

        inside()
        t.add_after(print)

    def decorated(hook: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(hook)
        def around(t: Transition[S, S, Any]) -> Any:
            t.add_cleanup(print)
            return hook(t)

        return around

    def none(t: Transition[S, S, Any]) -> None: ...

    class Called:
        def __call__(self, t: Transition[S, S, Any]) -> None:
            t.add_after(print)

    class Method(BaseRule[S, S, Any]):
        from_states = every(S)
        to_states = every(S)

        def before_transition(self, t: Transition[S, S, Any], /) -> Verdict[S]:
            t.add_cleanup(print)
            return proceed()

    assert added(adds) == {"adds": ("after", "cleanup")}
    assert added(partial(adds)) == {"adds": ("after", "cleanup")}
    assert added(decorated(none)) == {"none": ("cleanup",)}
    assert added(decorated(adds)) == {"adds": ("after", "cleanup")}
    assert added(Called()) == {"Called": ("after",)}
    assert added(none) == {}
    assert subject_of(Policy[S, Any](Method())).callbacks == {"Method": ("cleanup",)}


def test_callbacks_of_a_transform_do_not_count() -> None:
    """A transform fires; its callbacks are called on every outcome, or after an exception."""

    class Adds(BaseTransform[object]):
        def before_transition(self, t: AnyTransition[object], /) -> None:
            t.add_after(print)

    assert items(Adds()) == ["Adds fires"]
    assert subject_of(Policy[S, Any](Adds())).callbacks == {}
