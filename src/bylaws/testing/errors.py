"""What the test kit raises: leaks as an assertion, and questions that have no answer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, final

if TYPE_CHECKING:
    from bylaws.testing.striking.strikes import Leak

Problem: TypeAlias = Literal["context", "observe", "patched", "raised", "refused", "unrepeatable"]


class LeakError(AssertionError):
    """After some strikes it was not as before, though the transition did not happen.

    `leaks` has all of them, in the order of the strikes, and `strikes` says how many there were.
    """

    def __init__(self, message: str, leaks: Iterable[Leak] = (), strikes: int = 0) -> None:
        super().__init__(message)
        self.leaks: Final[tuple[Leak, ...]] = tuple(leaks)
        self.strikes: Final[int] = strikes


class SetupError(ValueError):
    """What `assert_undone` was given cannot be asked about. `problem` says, in one word, why not.

    `context`: it shares state between its calls. `observe`: it raises, answers differently to the
    same question, or gives what cannot be compared or kept. `patched`: a hook is a mock, or was put
    over the one of its class. `raised`, `refused`: the transition does not happen without a strike
    either. `unrepeatable`: a run does not take the same course twice.
    """

    def __init__(self, message: str, problem: Problem = "context") -> None:
        super().__init__(message)
        self.problem: Final[Problem] = problem


class CoverageError(ValueError):
    """Counts that cannot be read, or do not belong together; a policy that is not there."""


@final
class StrikeError(Exception):
    """What a strike raises. It is an `Exception` and nothing more, as an error of a database is."""


@final
class HangError(BaseException):
    """What cuts off a strike that hangs."""
