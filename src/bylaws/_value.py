"""Values: equal, hashed, shown and pickled by their fields."""

from __future__ import annotations

from typing import Self


class Value:
    """What verdicts, outcomes and explanations are. `__match_args__` names the fields.

    A frozen dataclass would do, but takes 2.5 times as long to make, and its module twice as long
    to import as all of bylaws.
    """

    __slots__ = ()

    def _fields(self) -> dict[str, object]:
        names: tuple[str, ...] = getattr(self, "__match_args__", ())
        return {name: getattr(self, name) for name in names}

    def __eq__(self, other: object) -> bool:
        return self._fields() == other._fields() if type(other) is type(self) else NotImplemented

    def __hash__(self) -> int:
        return hash((type(self), *self._fields().values()))

    def __repr__(self) -> str:
        # A payload is shown where there is one.
        fields = [pair for pair in self._fields().items() if pair != ("payload", None)]
        shown = ", ".join([f"{name}={value!r}" for name, value in fields])
        return f"{type(self).__name__}({shown})"

    def __copy__(self) -> Self:
        return self

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), tuple(self._fields().values())
