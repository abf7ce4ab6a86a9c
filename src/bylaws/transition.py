"""Transition: what every hook is given."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Any, Final, Generic, ParamSpec, TypeAlias, final

from bylaws.errors import HookError
from bylaws.state import C_co, N_co, S, StateLike, T_co

P = ParamSpec("P")

# A callback: the step that it belongs to, the name of the method that added it, the function, and
# its arguments.
Callback: TypeAlias = tuple[Any, str, Callable[..., object], tuple[object, ...], dict[str, object]]


@final
class Transition(Generic[N_co, T_co, C_co]):
    """One intended move, and the context it happens in. Shared by all hooks of a run, read-only.

    A before hook may add callbacks for the end of the run. They belong to the entry whose before
    hook is running, and come before that entry's own hook at the end, the last added first. Each is
    settled once, whatever the entry does after adding it: called, or dropped. Adding one at any
    other time is a `HookError`.
    """

    __slots__ = ("_added", "_payloads", "_step", "context", "from_state", "to_state")

    def __init__(
        self,
        from_state: N_co,
        to_state: T_co,
        context: C_co,
        _payloads: tuple[Any, Any] = (None, None),
    ) -> None:
        self.from_state: Final[N_co] = from_state
        self.to_state: Final[T_co] = to_state
        self.context: Final[C_co] = context
        self._payloads = _payloads
        # The run's, kept here because a list of their own makes a short run 5 % longer: the step
        # whose before hook is running, and the callbacks in the order in which they were added.
        self._step: Any = None
        self._added: list[Callback] | None = None

    @property
    def from_payload(self: Transition[S | None, Enum | None, object]) -> StateLike[S] | None:
        """The state-like that was given as `from_state`; `None` if the state itself was."""
        payload: StateLike[S] | None = self._payloads[0]
        return payload

    @property
    def to_payload(self: Transition[Enum | None, S | None, object]) -> StateLike[S] | None:
        """The state-like that was given as `to_state`; `None` if the state itself was."""
        payload: StateLike[S] | None = self._payloads[1]
        return payload

    def add_after(
        self, callback: Callable[P, object], /, *args: P.args, **kwargs: P.kwargs
    ) -> None:
        """Call `callback(*args, **kwargs)` if what the entry stands for was committed.

        For a rule that lets the transition go on that is the transition, for the rule that
        redirects it the state that it proposed; a transform's is called on every outcome.
        """
        step = self._step
        if step is None or not callable(callback):
            raise _refusal(step, "add_after", callback)
        self._add((step, "add_after", callback, args, kwargs))

    def add_cleanup(
        self, callback: Callable[P, object], /, *args: P.args, **kwargs: P.kwargs
    ) -> None:
        """Call `callback(*args, **kwargs)` if what the entry stands for was not committed.

        Whatever the reason, also if this hook raises or refuses later on. A transform's is called
        only after an exception.
        """
        step = self._step
        if step is None or not callable(callback):
            raise _refusal(step, "add_cleanup", callback)
        self._add((step, "add_cleanup", callback, args, kwargs))

    def _add(self, callback: Callback) -> None:
        if self._added is None:
            self._added = [callback]
        else:
            self._added.append(callback)

    def __repr__(self) -> str:
        return f"Transition({self.from_state!r}, {self.to_state!r}, {self.context!r})"


def _refusal(step: Any, method: str, callback: object) -> HookError:
    if step is None:
        return HookError(
            f"{method}() was called while no before hook of this transition was running. "
            "Add callbacks inside before_transition, whose entry they then belong to.",
            hook=method,
        )
    return HookError(
        f"{step.name}: {method}() was given {callback!r}, which cannot be called. Give the "
        f"function itself, and its arguments after it: {method}(f, x), not {method}(f(x)).",
        step.entry,
        method,
    )


AnyTransition: TypeAlias = Transition[Enum | None, Enum | None, C_co]
"""What a transform is given: it fires on every transition, whatever its states."""
