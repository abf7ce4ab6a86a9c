"""Reading a lock: what `lock.write_lock` wrote, also after git merged two of them.

Nothing is run. Whatever the bytes, it takes bounded time and memory, and ends with matrices or with
a `MatrixError` that names the line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any, Final, ParamSpec, TypeVar, cast

from bylaws.views.errors import MatrixError
from bylaws.views.lock import HEAD, VERSION
from bylaws.views.matrix import EntryFacts, Matrix
from bylaws.views.names import ends, items, read_set, unquoted
from bylaws.views.states import MOST_STATES, State, StateEnum, StateSet, StateSpace

P = ParamSpec("P")
R = TypeVar("R")

MOST_CHARACTERS: Final = 1 << 23
MOST_ITEMS: Final = 400_000
MOST_BLOCKS: Final = 20_000
MARKERS: Final = ("<<<<<<<", "|||||||", "=======", ">>>>>>>")
WORDS: Final = ("from", "to", "answers", "legal", "hooks")


@dataclass(slots=True)
class _Line:
    """A line below the head of a block: its number, its text, and the lines below it."""

    number: int
    text: str
    below: list[str] = field(default_factory=list[str])


@dataclass(slots=True)
class _Block:
    """A block: the number of its head, the word and the name in that, and the lines below."""

    number: int
    word: str
    name: str
    lines: list[_Line] = field(default_factory=list[_Line])


def read_lock(text: str | bytes) -> tuple[Matrix, ...]:
    """What a lock says, policy by policy. What is not in one, docstrings and places, is `None`.

    `MatrixError`, with the line, for a text that is damaged, merged wrongly, no lock at all, or
    written by a newer version.
    """
    blocks = _counted(_blocks(_lines(text)))
    starts = [at for at, block in enumerate(blocks) if block.word == "policy"]
    if blocks and starts[:1] != [0]:
        raise MatrixError("the first block is no policy", blocks[0].number)
    found: dict[str, Matrix] = {}
    for start, end in pairwise([*starts, len(blocks)]):
        matrix = _policy(blocks[start], blocks[start + 1 : end])
        if matrix.name in found:
            raise MatrixError(f"the policy {matrix.name!r} is there twice", blocks[start].number)
        found[matrix.name] = matrix
    return tuple(found.values())


def _lines(text: str | bytes) -> Iterator[tuple[int, str]]:
    """The numbered lines below the first, without comments, and what stands at their ends."""
    if len(text) > MOST_CHARACTERS:
        raise MatrixError(f"it is longer than {MOST_CHARACTERS:,} characters")
    try:
        source = text.decode("utf-8") if isinstance(text, bytes) else text
    except UnicodeDecodeError as error:
        wrong = error.object[: error.start].count(b"\n") + 1
        raise MatrixError("it is no UTF-8 text", wrong) from error
    if source.count(",") + source.count("\n") > MOST_ITEMS:
        raise MatrixError("it has too many items")
    head, *lines = source.removeprefix("\ufeff").split("\n")
    for at, each in enumerate(lines, 2):
        if each.startswith(MARKERS):
            raise MatrixError("a conflict marker: the merge was not finished", at)
    _check_head(head.rstrip())
    for number, line in enumerate(lines, 2):
        stripped = line.rstrip()
        if stripped and not stripped.startswith("#"):
            yield number, stripped


def _check_head(head: str) -> None:
    version = head.removeprefix(f"{HEAD} ")
    if head.startswith(MARKERS):
        raise MatrixError("a conflict marker: the merge was not finished", 1)
    if version == head or not (version.isascii() and version.isdigit()):
        raise MatrixError(f"this is no lock of bylaws: it does not begin with {HEAD!r}", 1)
    if version != str(VERSION):
        mend = "update bylaws, or write the lock again"
        text = f"the lock has version {version[:20]}, and this bylaws reads {VERSION}: {mend}"
        raise MatrixError(text, 1)


def _blocks(lines: Iterable[tuple[int, str]]) -> Iterator[_Block]:
    block: _Block | None = None
    for number, line in lines:
        depth = len(line) - len(line.lstrip(" "))
        if depth == 0:
            if block is not None:
                yield block
            word, _, name = line.partition(" ")
            block = _Block(number, word, name)
        elif block is not None and depth == 2:
            block.lines.append(_Line(number, line[2:]))
        elif block is not None and depth == 4 and block.lines:
            block.lines[-1].below.append(line[4:])
        else:
            raise MatrixError("it stands below nothing, or is not indented by 2 or 4", number)
    if block is not None:
        yield block


def _counted(blocks: Iterable[_Block]) -> list[_Block]:
    """The blocks, if they are not too many and none is too long, looked at one by one."""
    found: list[_Block] = []
    for block in blocks:
        lines = max([len(block.lines), *[len(line.below) for line in block.lines]])
        if lines > MOST_STATES or len(found) >= MOST_BLOCKS:
            raise MatrixError("it is too long: no policy is so large", block.number)
        found.append(block)
    return found


def _policy(head: _Block, blocks: Sequence[_Block]) -> Matrix:
    if head.lines:
        raise MatrixError("a policy has blocks of its own, not lines", head.lines[0].number)
    enums: list[StateEnum] = []
    others: tuple[str, ...] = ()
    entries: list[tuple[int, EntryFacts]] = []
    for block in blocks:
        if block.word == "enum" and not entries:
            enums.append(StateEnum(_at(block.number, unquoted, block.name), _members(block)))
        elif block.word == "states" and not (entries or others or block.name):
            others = _members(block)
        elif block.word in ("rule", "transform"):
            entries.append((block.number, _entry(block)))
        else:
            text = f"a block {block.word[:60]!r} is not known, there twice, or not in its place"
            raise MatrixError(text, block.number)
    name = _at(head.number, unquoted, head.name)
    space = _at(head.number, StateSpace, tuple(enums), others)
    listed = [(number, _at(number, _as_made, entry, space)) for number, entry in entries]
    try:
        return Matrix(name, space, tuple([entry for _, entry in listed]))
    except MatrixError as error:
        seen: set[str] = set()
        for number, entry in listed:  # which one it is
            _at(number, Matrix, name, space, (entry,))
            if entry.name in seen:
                raise MatrixError(f"an entry {entry.name!r} is there already", number) from error
            seen.add(entry.name)
        raise


def _members(block: _Block) -> tuple[str, ...]:
    for line in block.lines:
        if line.below:
            raise MatrixError("a state has nothing below it", line.number + 1)
    return tuple([_at(line.number, unquoted, line.text) for line in block.lines])


def _entry(block: _Block) -> EntryFacts:
    said: dict[str, tuple[int, list[str]]] = {}
    for line in block.lines:
        word, _, rest = line.text.partition(" ")
        if word not in WORDS or word in said:
            raise MatrixError(f"{word[:60]!r} is there twice, or says nothing here", line.number)
        if bool(rest) == bool(line.below) and word != "legal":
            raise MatrixError(f"{word!r} has no items, or some in two places", line.number)
        said[word] = line.number, [*line.below, *(items(rest) if rest else [])]
    rule = block.word == "rule"
    for word in ("from", "to", "answers"):
        if rule != (word in said):
            verb = "needs" if rule else "has no"
            raise MatrixError(f"a {block.word} {verb} {word!r}", block.number)
    hooks = said["hooks"][1] if "hooks" in said else []
    plain = [hook.removeprefix("async ") for hook in hooks]
    awaits = [name for name, hook in zip(plain, hooks, strict=True) if name != hook]
    return EntryFacts(
        _at(block.number, unquoted, block.name),
        "rule" if rule else "transform",
        _said(said, "from", read_set),
        _said(said, "to", read_set),
        cast("Any", _answers(said["answers"][1]) if rule else ()),
        cast("Any", tuple(plain)),  # what is no hook the matrix refuses
        cast("Any", tuple(awaits)),
        _said(said, "legal", _legal),
    )


def _said(
    said: dict[str, tuple[int, list[str]]], word: str, read: Callable[[list[str]], R]
) -> R | None:
    return _at(said[word][0], read, said[word][1]) if word in said else None


def _answers(said: list[str]) -> tuple[str, ...] | None:
    if said == ["anything"]:
        return None
    return () if said == ["nothing"] else tuple(said)


def _legal(lines: list[str]) -> tuple[tuple[State, StateSet], ...]:
    found: dict[State, StateSet] = {}
    for line in lines:
        one, other = ends(line)
        state = None if one == "None" else unquoted(one)
        if state in found:
            raise MatrixError(f"the legal moves from {state} are there twice")
        found[state] = read_set(items(other))
    return tuple(found.items())


def _as_made(entry: EntryFacts, space: StateSpace) -> EntryFacts:
    """The entry with its sets as the space makes them: a merge may leave all of S spelled out."""

    def made(states: StateSet | None) -> StateSet | None:
        return states and space.set_of(space.mask(states))

    legal = entry.legal
    if legal is not None:
        known = {state: space.set_of(space.mask(to)) for state, to in legal}
        space.mask(StateSet((), tuple(known)))  # all of them are states
        legal = tuple([(state, known[state]) for state in space.states if state in known])
    return replace(
        entry, from_states=made(entry.from_states), to_states=made(entry.to_states), legal=legal
    )


def _at(number: int, make: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """What is made; an error on the way names the line."""
    try:
        return make(*args, **kwargs)
    except MatrixError as error:
        raise MatrixError(str(error), number) from error
