"""State names: the states that a matrix is over, and sets of them that keep "every S" as such."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

from bylaws.views.errors import MatrixError
from bylaws.views.near import near

State: TypeAlias = "str | None"
"""A state by its name; `None` is "no state"."""

MOST_STATES = 5_000
"""A matrix has at most so many states: each costs a bit in each set."""


MOST_ENUMS = 100


@dataclass(frozen=True, slots=True)
class StateEnum:
    """An enum of states.

    Attributes:
        name: what texts call it: `S`; with its class or its module where another is called so too.
        members: the names of its members, in the order of definition, aliases left out.

    """

    name: str
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StateSet:
    """A set of states. Of one `StateSpace` there is one `StateSet` for every set: see `set_of`.

    Attributes:
        every: the names of the enums of which it has all members, in the order of the space.
        states: what else it has, in the order of the space, `None` last.

    """

    every: tuple[str, ...] = ()
    states: tuple[State, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.every or self.states)

    def __str__(self) -> str:
        """As text: `every S, None`. It is for the eye; names are not quoted."""
        return ", ".join([*[f"every {name}" for name in self.every], *map(str, self.states)])


@dataclass(frozen=True)
class StateSpace:
    """The states that a matrix is over, each known by one name, and by its number.

    A state is called by the name of its member, `PAID`; where there are two enums or more, all are
    called with their enum's name, `Orders.PAID`. "No state", `None`, is always one of them.

    Attributes:
        enums: the enums.
        others: states that are in no enum's list: made up by a `_missing_`, or just strings.

    """

    enums: tuple[StateEnum, ...] = ()
    others: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if len(self.enums) > MOST_ENUMS:
            raise MatrixError(f"it has {len(self.enums):,} enums; {MOST_ENUMS:,} are the most")
        twice = _twice([enum.name for enum in self.enums])
        if twice is not None:
            raise MatrixError(f"two enums are called {twice!r}")
        count = sum(len(enum.members) for enum in self.enums) + len(self.others)
        if count > MOST_STATES:
            raise MatrixError(f"it has {count:,} states; {MOST_STATES:,} are the most")
        twice = _twice(self.states)
        if twice is not None:
            raise MatrixError(f"two states are called {twice!r}")

    @cached_property
    def states(self) -> tuple[State, ...]:
        """All states: enum by enum in the order of definition, then the others, `None` last."""
        listed = [self.name_in(enum, member) for enum in self.enums for member in enum.members]
        return (*listed, *self.others, None)

    def name_in(self, enum: StateEnum, member: str) -> str:
        """What the member of an enum is called here."""
        return f"{enum.name}.{member}" if len(self.enums) > 1 else member

    @cached_property
    def numbers(self) -> Mapping[State, int]:
        """The place of every state in `states`."""
        return {state: at for at, state in enumerate(self.states)}

    @cached_property
    def masks_of_enums(self) -> Mapping[str, int]:
        """For the name of each enum its members as a mask: the bit `1 << numbers[state]` each."""
        masks: dict[str, int] = {}
        start = 0
        for enum in self.enums:
            masks[enum.name] = ((1 << len(enum.members)) - 1) << start
            start += len(enum.members)
        return masks

    def is_made(self, states: StateSet) -> bool:
        """Whether a set is as `set_of` makes it. `MatrixError` if it names what is no state."""
        masks = self.masks_of_enums
        if any(name not in masks for name in states.every):
            self.mask(states)  # says so
        enums = list(masks)
        every = [enums.index(name) for name in states.every]
        numbers = [self._number(state) for state in states.states]
        owners = [self._owners[number] for number in numbers]
        return (
            every == sorted(set(every))
            and numbers == sorted(set(numbers))
            and all(
                at not in every and owners.count(at) < len(self.enums[at].members)
                for at in set(owners) - {-1}
            )
            and all(self.enums[at].members for at in every)
        )

    @cached_property
    def _owners(self) -> Sequence[int]:
        """For each state by number the place of its enum; -1 if it has none."""
        owned = [at for at, enum in enumerate(self.enums) for _ in enum.members]
        return [*owned, *[-1] * (len(self.others) + 1)]

    def _number(self, state: State) -> int:
        number = self.numbers.get(state)
        if number is None:
            raise self.unknown(state)
        return number

    @property
    def full(self) -> int:
        """The mask of all states."""
        return (1 << len(self.states)) - 1

    def mask(self, states: StateSet) -> int:
        """A set as a mask. `MatrixError` if it names what is no state here."""
        mask = 0
        for name in states.every:
            if name not in self.masks_of_enums:
                known = ", ".join(self.masks_of_enums) or "none"
                raise MatrixError(f"there is no enum {name!r}; the enums are: {known}")
            mask |= self.masks_of_enums[name]
        if states.states:
            # One pass, where each `|=` would copy all bits.
            digits = bytearray(b"0") * len(self.states)
            for state in states.states:
                digits[~self._number(state)] = ord("1")
            mask |= int(digits, 2)
        return mask

    def set_of(self, states: int | Iterable[State]) -> StateSet:
        """A mask, or names, as a set, "every S" kept. `MatrixError` for an unknown name."""
        mask = states if isinstance(states, int) else self.mask(StateSet((), tuple(states)))
        every = [name for name, enum in self.masks_of_enums.items() if enum and mask & enum == enum]
        for name in every:
            mask &= ~self.masks_of_enums[name]
        return StateSet(tuple(every), self.members(mask))

    def members(self, states: int | StateSet) -> tuple[State, ...]:
        """The states in a mask or a set, one by one, in the order of the space."""
        mask = states if isinstance(states, int) else self.mask(states)
        if mask == self.full:
            return self.states
        known = self.states
        return tuple([known[at] for at in bits(mask)])

    def state_named(self, text: str) -> State:
        """The state that a person means: by its name, or that of its member if that is enough.

        `none`, in any case, is "no state". `MatrixError` with the nearest names for anything else.
        """
        if text in self.numbers:
            return text
        if text.lower() == "none":
            return None
        meant = [state for state in self.states if state and state.rpartition(".")[2] == text]
        if len(meant) == 1:
            return meant[0]
        raise self.unknown(text)

    def unknown(self, state: State) -> MatrixError:
        """What is wrong with a name: the nearest are in the text."""
        names = [each for each in self.states if each is not None]
        return MatrixError(f"there is no state {state!r}{near(state or '', names)}")


def bits(mask: int) -> list[int]:
    """The numbers of the bits that are set, the lowest first."""
    digits = f"{mask:b}"[::-1]
    found: list[int] = []
    at = digits.find("1")
    while at >= 0:
        found.append(at)
        at = digits.find("1", at + 1)
    return found


def free(name: str, taken: set[State]) -> str:
    """The name, numbered if it is taken; from then on it is."""
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name} #{number}"
    taken.add(free)
    return free


def _twice(names: Iterable[State]) -> State:
    """A name that is there twice; `None` if there is none (no state is there once, and is last)."""
    seen: set[State] = set()
    for name in names:
        if name in seen:
            return name
        seen.add(name)
    return None
