"""Promises: what a before hook may answer, as far as its return annotation says."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from functools import partial, wraps
from types import FunctionType, ModuleType
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    ForwardRef,
    Literal,
    Never,
    NoReturn,
    Optional,
    Union,
    cast,
)

import pytest
from typing_extensions import TypeAliasType

import bylaws  # noqa: F401 (a text below has it)
from bylaws import (
    Abort,
    AsyncBaseRule,
    AsyncPolicy,
    BaseRule,
    Delay,
    Proceed,
    Reason,
    Reject,
    Transition,
    Verdict,
    abort,
    every,
    rule,
    states,
)
from bylaws.promises import always_refuses, promised
from tests.cast import S

if TYPE_CHECKING:
    from elsewhere import Unknown  # type: ignore[import-not-found]

    from bylaws import Delay as Later

ALL = frozenset({Proceed, Reject, Delay, Abort})
Refusal = TypeAliasType("Refusal", Reject[S] | Abort)
InText = TypeAliasType("InText", "Reject[S] | Abort")
ANY_VERDICT: Any = Verdict
Endless: Any = Union["Endless", Abort]


def returning(annotation: object) -> Callable[..., Any]:
    """A hook with a return annotation."""

    def hook(_: object) -> Any:
        """Answer with anything."""

    hook.__annotations__["return"] = annotation
    return hook


@pytest.mark.parametrize(
    ("annotation", "verdicts"),
    [
        (None, {Proceed}),
        (type(None), {Proceed}),
        ("None", {Proceed}),
        (Proceed, {Proceed}),
        (Abort, {Abort}),
        ("Abort", {Abort}),
        ("bylaws.Abort", {Abort}),
        (Reject, {Reject}),
        (Reject[S], {Reject}),
        (Reject[Never], {Reject}),
        (Reject[S] | Delay | None, {Reject, Delay, Proceed}),
        ("Reject[S] | Delay | None", {Reject, Delay, Proceed}),
        (Optional[Abort], {Abort, Proceed}),  # noqa: UP045
        (Union["Abort", Delay], {Abort, Delay}),
        (Union["Abort", "Unknown"], None),
        (ForwardRef("Abort"), {Abort}),
        (ANY_VERDICT[S], ALL),
        ("Verdict[S]", ALL),
        ("Verdict[Unknown]", None),
        (Refusal, {Reject, Abort}),
        ("Refusal", {Reject, Abort}),
        (InText, {Reject, Abort}),
        (Endless, {Abort}),
        (Annotated[Abort, "always"], {Abort}),
        (Annotated["Abort | None", "or not"], {Abort, Proceed}),
        (Awaitable[Abort], {Abort}),
        (Awaitable["Abort"], {Abort}),
        (Coroutine[Any, Any, Abort | None], {Abort, Proceed}),
        ("Awaitable[Delay] | Abort", {Abort, Delay}),
        (Never, set()),
        (NoReturn, set()),
        ("Never", set()),
        (Union[Never, Abort], {Abort}),  # noqa: RUF020, UP007
        (Awaitable, None),
        (Awaitable[Any], None),
        (Awaitable[Awaitable[Any]], None),
        (Any, None),
        (object, None),
        (Abort | int, None),
        (Literal["Abort"], None),
        ("Abort if so", None),
        ("", None),
        (7, None),
    ],
    ids=repr,
)
def test_what_an_annotation_promises(annotation: Any, verdicts: object) -> None:
    """The verdicts that it names, through text, aliases, awaitables; `None` where it names more."""
    assert promised(returning(annotation)) == verdicts
    refuses = verdicts is not None and Proceed not in cast("set[object]", verdicts)
    assert always_refuses(returning(annotation)) == refuses


def test_a_hook_without_an_annotation_promises_nothing() -> None:
    """Neither does what has no annotations, or fails when it is asked for them."""

    class Failing:
        """As functions of 3.14 are where a name is there for the checkers alone."""

        __code__ = None

        @property
        def __annotations__(self) -> dict[str, Any]:  # type: ignore[override]
            raise NameError("Unknown")

        def __call__(self) -> None: ...

    hooks: list[Any] = [lambda t: None, print, Failing(), int]
    for hook in hooks:
        assert promised(hook) is None
        assert not always_refuses(hook)


def plain(_: Transition[S, S]) -> Abort:
    """Refuse."""
    return abort(reason="no")


async def awaited(_: Transition[S, S]) -> Abort | None:
    """Refuse, or not."""


def later(_: Transition[S, S]) -> Later:
    """Say so by a name that the checkers alone have."""
    raise NotImplementedError


class Called:
    """An object that is called."""

    def __call__(self, _: Transition[S, S]) -> Abort:
        return abort(reason="no")

    def method(self, word: str, _: Transition[S, S]) -> Abort:
        return abort(reason=word)


@pytest.mark.parametrize(
    ("hook", "verdicts"),
    [
        (plain, {Abort}),
        (awaited, {Abort, Proceed}),
        (later, None),
        (partial(plain), {Abort}),
        (partial(partial(plain)), {Abort}),
        (Called(), {Abort}),
        (partial(Called()), {Abort}),
        (Called().method, {Abort}),
        (partial(Called().method, "no"), {Abort}),
    ],
    ids=range(9),
)
def test_a_hook_may_be_anything_that_is_called(hook: Any, verdicts: object) -> None:
    """A function, a partial one, a method, an object: what it says is what is called says."""
    assert promised(hook) == verdicts


def test_a_decorated_hook_is_read_where_it_was_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """A text means what it does in the hook's module, not in that of a decorator around it."""
    module = ModuleType("decorators")
    vars(module).update(wraps=wraps, Refusal=None)
    exec(
        "def decorated(hook):\n"
        "    @wraps(hook)\n"
        "    def wrapper(*given):\n"
        "        return hook(*given)\n"
        "    return wrapper\n",
        vars(module),
    )

    def hook(_: object) -> Refusal:
        return abort(reason="no")

    assert isinstance(hook, FunctionType)
    assert promised(vars(module)["decorated"](hook)) == frozenset({Reject, Abort})


# --------------------------------------------------------------------------------------------------
# What policies make of it
# --------------------------------------------------------------------------------------------------


@rule(from_states={S.A}, to_states={S.B})
def never(_: Transition[S, S]) -> Abort:
    """Refuse always."""
    return abort(reason="never")


class Closed(AsyncBaseRule[S, S]):
    """Refuse always, async."""

    from_states = states(S.A)
    to_states = states(S.C)

    async def before_transition(self, transition: Transition[S, S], /) -> Reject[S] | Delay:
        raise NotImplementedError


class Open(BaseRule[S, S]):
    """Refuse, or not."""

    from_states = every(S)
    to_states = every(S)

    def before_transition(self, transition: Transition[S, S], /) -> Abort | None:
        return None


def test_a_rule_that_always_refuses_is_marked_and_offers_nothing() -> None:
    """`explain` says so at its entry, which fires all the same, and `next_states` leaves it out."""
    closed = Closed()
    policy = AsyncPolicy[S](never, Open(), closed)
    assert policy.next_states(S.A) == (S.A, None)
    assert policy.next_states(S.B) == (S.A, S.B, S.C, None)
    told = policy.explain(S.A, S.B)
    assert [reason for _, reason in told.entries] == [
        Reason.FORBIDDEN,
        Reason.SELECTED,
        Reason.TO_STATE,
    ]
    assert [line.fires for line in told.lines] == [True, True, False]
    assert told.lines[0].sentence == (
        "fires, and always refuses: it is annotated to return refusals only"
    )
    assert policy.compile_transition_rules(S.A, S.B) == policy.entries[:2]
    assert policy.explain(S.A, S.C).entries[2] == (closed, Reason.FORBIDDEN)
    assert policy.explain(S.B, S.C).entries[0] == (never, Reason.BOTH_STATES)
