"""Value: equality, hash, repr and pickling by the fields that `__match_args__` names."""

from __future__ import annotations


class Value:
    """A small immutable value. A frozen dataclass would do, but takes three times as long to make."""

    __slots__ = ()

    def _fields(self) -> dict[str, object]:
        names: tuple[str, ...] = getattr(self, "__match_args__", ())
        return {name: getattr(self, name) for name in names}

    def __eq__(self, other: object) -> bool:
        return self._fields() == other._fields() if type(other) is type(self) else NotImplemented

    def __hash__(self) -> int:
        return hash((type(self), *self._fields().values()))

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={value!r}" for name, value in self._fields().items())
        return f"{type(self).__name__}({shown})"

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), tuple(self._fields().values())
