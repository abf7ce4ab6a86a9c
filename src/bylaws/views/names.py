"""Names in a text that is read back: quoted where they are not plain, and sets of them."""

from __future__ import annotations

import json
import re
from typing import Final

from bylaws.views.errors import MatrixError
from bylaws.views.states import State, StateSet, StateSpace

_PLAIN: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*+(\.[A-Za-z_][A-Za-z0-9_]*+)*+( #[0-9]+)?")
_TAKEN: Final = ("None", "every")
# Possessive, so that a long one takes no memory to go back.
_STRING: Final = re.compile(r'"(?:[^"\\]|\\.)*+"', re.DOTALL)
# Also one that does not end, so that no text is looked through twice.
_QUOTED: Final = re.compile(r'"(?:[^"\\]|\\.?)*+"?', re.DOTALL)
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
    if '"' not in text:
        return [item.strip() for item in text.split(",")]
    commas = [comma.start() for comma in re.finditer(",", _bare(text))]
    starts = [0, *[comma + 1 for comma in commas]]
    return [text[a:b].strip() for a, b in zip(starts, [*commas, len(text)], strict=True)]


def ends(text: str) -> tuple[str, str]:
    """What stands on either side of the first arrow outside of quotes. `MatrixError` without."""
    arrow = _bare(text).find("->")
    if arrow < 0:
        raise MatrixError(f"{text[:60]!r} names no moves: FROM -> TO")
    return text[:arrow].strip(), text[arrow + 2 :].strip()


def _bare(text: str) -> str:
    """The text with something else in the place of what is quoted, as long as it."""
    return _QUOTED.sub(lambda quote: "_" * len(quote[0]), text)


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
    froms, tos = ends(text)
    return _meant(froms, space), _meant(tos, space)


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
