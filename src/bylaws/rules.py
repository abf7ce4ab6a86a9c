"""Rules: `@rule`, which makes one of a function, and what texts call rules and other entries."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Iterable, Sequence
from collections.abc import Set as AbstractSet
from enum import Enum
from functools import partial
from typing import (
    TYPE_CHECKING,
    Any,
    Final,
    Generic,
    Self,
    TypeAlias,
    cast,
    final,
)

from bylaws.protocols import AnyRule
from bylaws.state import C, C_contra, F, T
from bylaws.transition import Transition
from bylaws.verdict import Verdict

if sys.version_info >= (3, 13):
    from typing import TypeVar
else:
    from typing_extensions import TypeVar

# What a hook may return. With a default (PEP 696), for a hook whose result no checker knows.
Result: TypeAlias = "Verdict[Enum | None] | None | Awaitable[Verdict[Enum | None] | None]"
R = TypeVar("R", bound=Result, default=None)
R_co = TypeVar("R_co", bound=Result, covariant=True, default=None)


@final
class FunctionRule(Generic[F, T, C_contra, R_co]):
    """A function that became a rule: what `@rule(...)` makes of it, its before hook."""

    def __init__(
        self,
        hook: Callable[[Transition[F, T, C_contra]], R_co],
        from_states: AbstractSet[F],
        to_states: AbstractSet[T],
        runs_after: Iterable[AnyRule] = (),
    ) -> None:
        self.from_states: Final[frozenset[F]] = _frozen(from_states)
        self.to_states: Final[frozenset[T]] = _frozen(to_states)
        self.runs_after: Final[tuple[AnyRule, ...]] = _listed(runs_after)
        self.__wrapped__: Final[Callable[[Transition[F, T, C_contra]], R_co]] = hook
        # What is no function, a partial one for one, may have none of these.
        named: Any = hook
        while isinstance(named, partial):
            named = cast("partial[object]", named).func
        self.__name__: Final[str] = getattr(named, "__name__", type(named).__name__)
        self.__qualname__: str = getattr(named, "__qualname__", self.__name__)
        self.__module__ = getattr(named, "__module__", __name__)
        self.__doc__ = getattr(named, "__doc__", None)

    def before_transition(self, transition: Transition[F, T, C_contra], /) -> R_co:
        """Call the function."""
        return self.__wrapped__(transition)

    def after_transition(self, transition: Transition[F, T, C_contra], /) -> None:
        """Do nothing; what is to be done the function adds with `add_after`."""
        return

    def cleanup(self, transition: Transition[F, T, C_contra], /) -> None:
        """Do nothing; what is to be undone the function adds with `add_cleanup`."""
        return

    def __reduce__(self) -> str | tuple[object, ...]:
        """Pickle by name, as functions do; for cloudpickle by value where functions are."""
        found: object = sys.modules.get(self.__module__)
        for part in self.__qualname__.split("."):
            found = getattr(found, part, None)
        # cloudpickle takes functions of __main__, of modules that are registered with it, and those
        # without a name to import, by value, but asks no other object: that it is at work is told
        # by whose code called this.
        caller = sys._getframe(1)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] (documented)
        by_value = "cloudpickle" in str(caller.f_globals.get("__name__"))
        registered: Callable[[], set[str]] = caller.f_globals.get(
            "list_registry_pickle_by_value", set
        )
        own = by_value and not {"__main__", *registered()}.isdisjoint(
            _with_parents(self.__module__)
        )
        if found is self and not own:
            return self.__qualname__
        if by_value:
            hook, references = self.__wrapped__, self.runs_after
            return FunctionRule, (hook, self.from_states, self.to_states, references)
        from pickle import PicklingError  # noqa: PLC0415 (whoever pickles has it loaded)

        raise PicklingError(
            f"The rule {self.__qualname__} cannot be pickled: rules travel by name, and "
            f"{self.__module__} does not have it under that name. Define it at the top level of a "
            "module, under the name of its function, or use cloudpickle."
        )

    def __copy__(self) -> Self:
        return self  # as functions do

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def __repr__(self) -> str:
        return f"<rule {self.__qualname__}>"


class rule(Generic[F, T]):  # noqa: N801 (a decorator, used as a function is)
    """Make a rule of a function, plain or async: it becomes the before hook.

    The two sets hold the states that it governs moves from and to, and `None` for "no state". Their
    types are inferred. Where two enums meet, or Literals are to narrow inside the hook, write them:
    `@rule[S | Mine, S](...)`, `@rule[Literal[S.NEW], Literal[S.PAID]](...)`.

    `runs_after` names rules, or classes of rules, that have to stand before this one wherever both
    are listed. Other decorators go below this one: what it makes is a rule, no function.
    """

    if not TYPE_CHECKING:  # pragma: no branch (checkers know: it takes nothing by position)

        def __new__(cls, *given: object, **_named: object) -> Self:
            if given:
                raise TypeError("@rule needs its states: @rule(from_states={...}, to_states={...})")
            return super().__new__(cls)

    def __init__(
        self,
        *,
        from_states: AbstractSet[F],
        to_states: AbstractSet[T],
        runs_after: Iterable[AnyRule] = (),
    ) -> None:
        self._from_states = from_states
        self._to_states = to_states
        self._runs_after = runs_after

    def __call__(self, hook: Callable[[Transition[F, T, C]], R], /) -> FunctionRule[F, T, C, R]:
        return FunctionRule(hook, self._from_states, self._to_states, self._runs_after)


def name_of(entry: object) -> str:
    """What texts call an entry: its `name`, or that of its function, or of its class."""
    for attribute in ("name", "__name__"):
        name: object = getattr(entry, attribute, None)
        if isinstance(name, str):
            return name
    return type(entry).__name__


def names_of(entries: Sequence[object]) -> list[str]:
    """What texts call the entries of one policy: different ones of the same name are numbered."""
    names = {id(entry): name_of(entry) for entry in entries}
    taken = set(names.values())
    if len(taken) < len(names):
        numbers: dict[str, int] = {}
        once: set[str] = set()
        twice: set[str] = set()
        for name in names.values():
            (twice if name in once else once).add(name)
        for key, name in names.items():
            while name in twice and names[key] in taken:
                numbers[name] = numbers.get(name, 0) + 1
                names[key] = f"{name} #{numbers[name]}"
            taken.add(names[key])
    return [names[id(entry)] for entry in entries]


def _with_parents(module: str) -> list[str]:
    parts = module.split(".")
    return [".".join(parts[: at + 1]) for at in range(len(parts))]


def _frozen(members: Any) -> Any:
    """A frozenset of a set. What the types forbid is left as it is, for the policy to report."""
    return frozenset(members) if issubclass(type(members), AbstractSet) else members


def _listed(references: Any) -> Any:
    """A tuple of an iterable. What the types forbid is left as it is, for the policy to report."""
    iterates = hasattr(references, "__iter__") and not issubclass(type(references), str | type)
    return tuple(references) if iterates else references
