"""What bylaws raises: always with what came, where, and how to mend it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, final

if TYPE_CHECKING:
    from collections.abc import Iterable


@final
class Fault:
    """One thing that is wrong with a policy: the entry (`None`: the policy itself) and the text."""

    __slots__ = ("entry", "text")

    def __init__(self, entry: object, text: str) -> None:
        self.entry: Final[object] = entry
        self.text: Final[str] = text

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"Fault({self.text!r})"


class PolicyError(ValueError):
    """A policy that cannot be made. `faults` has everything that is wrong with it."""

    def __init__(self, message: str, faults: Iterable[Fault] = ()) -> None:
        super().__init__(message)
        self.faults: Final[tuple[Fault, ...]] = tuple(faults)


class StateError(TypeError):
    """A state that is none of the policy's: of another enum, or no member. `state` is what came."""

    def __init__(self, message: str, state: object = None) -> None:
        super().__init__(message)
        self.state: Final[object] = state


class HookError(TypeError):
    """A hook, a callback or the commit broke its contract. `entry` and `hook` (its name) say which.

    For the commit they are `None` and "commit".
    """

    def __init__(self, message: str, entry: object = None, hook: str = "") -> None:
        super().__init__(message)
        self.entry: Final[object] = entry
        self.hook: Final[str] = hook
