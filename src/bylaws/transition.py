"""Transition: what every hook is given."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from enum import Enum
from functools import partial
from operator import length_hint
from typing import Any, Final, Generic, ParamSpec, TypeAlias, final

from bylaws.errors import HookError
from bylaws.explanation import name_of
from bylaws.state import C_co, N_co, S, StateLike, T_co

P = ParamSpec("P")

# A callback with its arguments bound, behind the step that it belongs to and the name of the method that added it.
Callback: TypeAlias = tuple[Any, str, Callable[[], object]]


@final
class Transition(Generic[N_co, T_co, C_co]):
    """One intended move, and the context it happens in. Shared by all hooks of a run, read-only.

    A before hook may add callbacks for the end of the run. They belong to the entry whose before hook is running,
    and are called before that entry's own hook, the last added first. Adding one at any other time is a `HookError`.
    """

    __slots__ = ("_added", "_starters", "_turns", "context", "from_state", "to_state")

    def __init__(self, from_state: N_co, to_state: T_co, context: C_co) -> None:
        self.from_state: Final[N_co] = from_state
        self.to_state: Final[T_co] = to_state
        self.context: Final[C_co] = context
        # What a run sets: the callbacks, the steps whose before hooks it calls, and those hooks as it iterates over
        # them (None while it does not).
        self._added: list[Callback] = []
        self._starters: Sequence[Any] = ()
        self._turns: Iterator[object] | None = None

    @property
    def from_payload(self: Transition[S | None, Enum | None, object]) -> StateLike[S] | None:
        """The state-like that the run was given as `from_state`; `None` if it was given the state itself."""
        return getattr(self, "_from_payload", None)

    @property
    def to_payload(self: Transition[Enum | None, S | None, object]) -> StateLike[S] | None:
        """The state-like that the run was given as `to_state`; `None` if it was given the state itself."""
        return getattr(self, "_to_payload", None)

    def add_after(
        self, callback: Callable[P, object], /, *args: P.args, **kwargs: P.kwargs
    ) -> None:
        """Call `callback(*args, **kwargs)` if the transition happened; in a transform, on every outcome."""
        self._add("add_after", callback, args, kwargs)

    def add_cleanup(
        self, callback: Callable[P, object], /, *args: P.args, **kwargs: P.kwargs
    ) -> None:
        """Call `callback(*args, **kwargs)` if it did not happen; in a transform, only after an exception."""
        self._add("add_cleanup", callback, args, kwargs)

    def _add(
        self,
        method: str,
        callback: Callable[..., object],
        args: tuple[object, ...],
        kwargs: dict[str, object],
    ) -> None:
        if self._turns is None:
            raise HookError(
                f"{method}() was called while no before hook of this transition was running. "
                "Add callbacks inside before_transition, whose entry they then belong to.",
                hook=method,
            )
        step = self._now()
        if not callable(callback):
            raise HookError(
                f"{name_of(step.entry)}: {method}() was given {callback!r}, which cannot be called. Give the function "
                f"itself, and its arguments after it: {method}(f, x), not {method}(f(x)).",
                step.entry,
                method,
            )
        self._added.append((step, method, partial(callback, *args, **kwargs)))

    def _now(self) -> Any:
        """The step whose before hook is running: how many are left is known of the iterator of a tuple."""
        return self._starters[~length_hint(self._turns)]

    def __repr__(self) -> str:
        return f"Transition({self.from_state!r}, {self.to_state!r}, {self.context!r})"


AnyTransition: TypeAlias = Transition[Enum | None, Enum | None, C_co]
"""What a transform is given: it fires on every transition, whatever its states."""
