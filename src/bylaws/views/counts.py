"""Counts: recorded moves, added up where they are alike; and the CSV that has them."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from operator import index
from typing import Final, NamedTuple, TypeAlias

from bylaws.views.errors import MatrixError
from bylaws.views.states import State


class Count(NamedTuple):
    """How many recorded moves were alike. What a GROUP BY gives; there may be several of one move.

    Attributes:
        from_state: the state that was found, by name; `None` is no state.
        to_state: the state that was asked for, the intended one: by it entries are chosen. The one
            that was written is another where a rule has redirected.
        moves: how many there were.
        refused_by: the name of the entry that refused them; `None` if none did, or nobody knows.

    """

    from_state: State
    to_state: State
    moves: int
    refused_by: str | None = None


Counted: TypeAlias = "tuple[State, State, int] | tuple[State, State, int, str | None]"
"""A `Count`, or its plain tuple, with or without who refused."""

HEADERS: Final[Mapping[str, tuple[str, ...]]] = {
    "from": ("from", "from_state"),
    "to": ("to", "intended"),
    "count": ("count", "moves"),
    "refused_by": ("refused_by",),
}
"""What the columns of a CSV may be called. The second names are those of the SQL statement."""

_HEADER: Final = "the first line names the columns: from,to,count and, if it is known, refused_by"
_DIGITS: Final = re.compile(r"[0-9]{1,4000}")  # Python reads no more of them


def added_up(counts: Iterable[Counted]) -> dict[tuple[State, State, str | None], int]:
    """The moves by (from, to, who refused), where there are some. `MatrixError` for no count."""
    found: dict[tuple[State, State, str | None], int] = {}
    for number, given in enumerate(counts, 1):
        from_state, to_state, moves, refused_by = _checked(given, number)
        key = from_state, to_state, refused_by
        if moves:
            found[key] = found.get(key, 0) + moves
    return found


def _checked(given: Sequence[object], number: int) -> Count:
    """One count. What comes from a database or a file may be anything, whatever its type says."""
    try:
        count = Count(*given)  # type: ignore[arg-type]  # checked below
        moves = index(count.moves)
    except TypeError as error:
        whole = "(from, to, how many) or (from, to, how many, refused by), how many being an int"
        raise _no_count(given, number, f"it has to be {whole}") from error
    if moves < 0:
        raise _no_count(given, number, "there cannot be fewer moves than none")
    for name in (count.from_state, count.to_state, count.refused_by):
        # By the class itself: a member of a StrEnum is a string, but its value and no name.
        if name is not None and type(name) is not str:
            why = f"states and entries go by their names, and {_short(name)} is none"
            raise _no_count(given, number, f"{why}; of a member give its .name")
    return count._replace(moves=moves)


def _no_count(given: object, number: int, why: str) -> MatrixError:
    return MatrixError(f"count {number:,} is {_short(given)}: {why}")


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 100 else f"{text[:99]}\u2026"


def read_counts(text: str | bytes) -> tuple[Count, ...]:
    """The counts of a CSV. `MatrixError`, with the line, for what is none.

    Its first line names the columns, in any order, as in `HEADERS`; other columns are left out.
    An empty state is no state, and an empty `refused_by` that nobody refused.
    """
    rows = csv.reader(io.StringIO(_decoded(text), newline=""), strict=True)
    places: Mapping[str, int] | None = None
    found: list[Count] = []
    width = 0
    while True:
        try:
            row = next(rows, None)
        except csv.Error as error:
            raise MatrixError(f"this is no CSV: {error}", rows.line_num) from error
        if row is None:
            break
        if not any(map(str.strip, row)) and len(row) <= 1:
            continue
        if places is None:
            places, width = _places(row, rows.line_num), len(row)
        elif len(row) != width:
            names = f"it has {len(row)} columns, and the first line {width}"
            hint = "; a name with a comma in it stands in double quotes" * (len(row) > width)
            raise MatrixError(f"{names}{hint}", rows.line_num)
        else:
            found.append(_count(row, places, rows.line_num))
    if places is None:
        raise MatrixError(f"there is nothing in it: {_HEADER}")
    return tuple(found)


def _decoded(text: str | bytes) -> str:
    if isinstance(text, str):
        return text.removeprefix("\ufeff")
    try:
        return text.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = text.count(b"\n", 0, error.start) + 1
        raise MatrixError("this is no UTF-8: save it as such", line) from error


def _places(row: Sequence[str], line: int) -> Mapping[str, int]:
    """Where which column is."""
    names = [name.strip().lower() for name in row]
    places: dict[str, int] = {}
    for column, known in HEADERS.items():
        at = [place for place, name in enumerate(names) if name in known]
        if len(at) > 1:
            raise MatrixError(f"it has the column {column!r} more than once", line)
        if at:
            places[column] = at[0]
        elif column != "refused_by":
            raise MatrixError(_missing(column, row, names), line)
    return places


def _missing(column: str, row: Sequence[str], names: Sequence[str]) -> str:
    if len(row) == 1 and (other := re.search(r"[;\t|]", row[0])):
        return f"its columns stand between {other[0]!r}: it has to be commas"
    if column == "to" and "to_state" in names:
        return (
            "it has no column 'to', or 'intended': a state that was written, as to_state is, says "
            "not which rules fired; that which was asked for does"
        )
    listed = ", ".join(map(_short, row[:8]))
    return f"it has no column {column!r}: {_HEADER}; here it is {listed}"


def _count(row: Sequence[str], places: Mapping[str, int], line: int) -> Count:
    moves = row[places["count"]].strip()
    if not _DIGITS.fullmatch(moves):
        raise MatrixError(f"{_short(moves)} is no number of moves: it has to be digits alone", line)
    refused_by = row[places["refused_by"]] if "refused_by" in places else ""
    ends = row[places["from"]], row[places["to"]]
    return Count(ends[0] or None, ends[1] or None, int(moves), refused_by or None)
