"""Facts: what observers are told of a policy and a move, worked out once."""

from __future__ import annotations

from enum import Enum
from logging import getLogger
from typing import TYPE_CHECKING, Any, TypeAlias, cast, final

from bylaws import StateLike
from bylaws.rules import names_of
from bylaws.state import as_state, is_member

if TYPE_CHECKING:
    from bylaws import AsyncPolicy

# A state, what it came in if it did not come bare, and whether it is a state at all.
Taken: TypeAlias = "tuple[Enum | None, StateLike[Enum] | None, bool]"


@final
class Facts:
    """What is worked out once for a policy, when it is asked for."""

    __slots__ = ("_names", "_version")

    def __init__(self) -> None:
        self._names: dict[int, str] | None = None
        self._version: str | None = None

    def names(self, policy: AsyncPolicy[Any, Any]) -> dict[int, str]:
        """What texts call the entries, by their `id`."""
        if self._names is None:
            entries = policy.entries
            pairs = zip(entries, names_of(entries), strict=True)
            self._names = {id(entry): name for entry, name in pairs}
        return self._names

    def version(self, policy: AsyncPolicy[Any, Any]) -> str:
        """Twelve hex digits of what it does; empty where the views cannot read it."""
        if self._version is None:
            try:
                from bylaws.views import Matrix, policy_version  # noqa: PLC0415 (not light)

                self._version = policy_version(Matrix.of(policy))
            except Exception as error:
                self._version = ""
                text = "%s: its version cannot be told, and is left empty"
                getLogger("bylaws").error(text, policy.name, exc_info=error)
        return self._version


def taken_apart(given: object) -> Taken:
    """The state that was given, and what it came in."""
    if given is None or is_member(given):
        return cast("Enum | None", given), None, True
    try:
        state = as_state(given)
    except Exception:  # of its `type`: the run raises it
        state = None
    if not is_member(state):
        return None, None, False
    return cast("Enum", state), cast("StateLike[Enum]", given), True
