"""Names in a text that is read back: quoted where they are not plain, and sets of them."""

from __future__ import annotations

import json
import re
from typing import Final

from bylaws.views.errors import MatrixError
from bylaws.views.states import State, StateSet, StateSpace

_PLAIN: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*( #[0-9]+)?")
_TAKEN: Final = ("None", "every")
_STRING: Final = re.compile(r'"(?:[^"\\]|\\.)*"')
_ESCAPES: Final = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def quoted(name: str) -> str:
    """A name as it stands in a text: as it is if it is plain, else as a JSON string.

    What cannot be seen, or turns the direction of a text around, is escaped, so that the text says
    what it seems to say.
    """
    if _PLAIN.fullmatch(name) and name not in _TAKEN:
        return name
    return f'"{"".join([_ESCAPES.get(sign) or _seen(sign) for sign in name])}"'


def _seen(sign: str) -> str:
    return sign if sign.isprintable() else json.dumps(sign)[1:-1]


def unquoted(text: str) -> str:
    """The name that `quoted` wrote so. `MatrixError` if it did not."""
    if _STRING.fullmatch(text):
        try:
            name: str = json.loads(text)
        except ValueError as error:
            raise MatrixError(f"{text[:60]} is no quoted name") from error
        return name
    if _PLAIN.fullmatch(text) and text not in _TAKEN:
        return text
    raise MatrixError(f"{text[:60]!r} is no name: one that is not plain stands in double quotes")


def items(text: str) -> list[str]:
    """What stands between the commas of a text, outside of quotes."""
    found: list[str] = []
    start = at = 0
    while at < len(text):
        if text[at] == '"' and (string := _STRING.match(text, at)):
            at = string.end()
            continue
        if text[at] == ",":
            found.append(text[start:at].strip())
            start = at + 1
        at += 1
    return [*found, text[start:].strip()]


def set_items(states: StateSet) -> list[str]:
    """The items of a set as they stand in a text: `every S`, `PAID`, `None`."""
    named = ["None" if state is None else quoted(state) for state in states.states]
    return [*[f"every {quoted(name)}" for name in states.every], *named]


def read_set(listed: list[str]) -> StateSet:
    """The set of these items; it need not be as its space makes it."""
    every: list[str] = []
    states: list[State] = []
    for item in listed:
        if item.startswith("every "):
            every.append(unquoted(item.removeprefix("every ").strip()))
        else:
            states.append(None if item == "None" else unquoted(item))
    return StateSet(tuple(every), tuple(states))


def read_moves(text: str, space: StateSpace) -> tuple[int, int]:
    """What a person means by `FAILED, CRASHED -> every S, None`, as two masks; `*` is any state.

    States are named as in `StateSpace.state_named`. `MatrixError` for what cannot be understood.
    """
    bare = _STRING.sub(lambda string: "_" * len(string[0]), text)
    arrow = bare.find("->")
    if arrow < 0:
        raise MatrixError(f"{text[:60]!r} names no moves: write FROM -> TO, or A, B -> every S")
    return _meant(text[:arrow], space), _meant(text[arrow + 2 :], space)


def _meant(text: str, space: StateSpace) -> int:
    mask = 0
    for item in items(text):
        if item == "*":
            mask |= space.full
        elif item.startswith("every "):
            name = item.removeprefix("every ").strip()
            mask |= space.mask(StateSet((unquoted(name) if name[:1] == '"' else name,)))
        else:
            quotes = _STRING.fullmatch(item)
            state = unquoted(item) if quotes else space.state_named(item)
            mask |= space.mask(StateSet((), (state,)))
    return mask
