"""The page: one self-contained HTML file in which a policy, or an edit of it, can be looked at.

It has the facts as JSON, and a script of its own that works out the cells; it loads nothing. Its
content security policy names script and style by their hashes, so that nothing else can run, and
the script sets what comes from the policy as text only.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
from collections.abc import Mapping, Sequence
from string import Template
from typing import Any, Final, overload

from bylaws.views.alignment import Side, align
from bylaws.views.difference import Difference, Line, difference
from bylaws.views.matrix import EntryFacts, Matrix
from bylaws.views.rectangles import Rectangle
from bylaws.views.remarks import Remarks
from bylaws.views.schema import JSON
from bylaws.views.states import StateSpace, bits
from bylaws.views.weighing import Weighed

MOST_LINES: Final = 500
"""The page has so many lines of a difference: a browser is slow with more, and nobody reads on."""

_LEFT: Final = (
    '<p class="notice">These are the gravest lines. {:,} more are left out, '
    "and the cells that only these are about are not marked.</p>\n"
)
_ESCAPES: Final = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&"}
"""JSON in a page would end where `</script` stands, be it in a string."""


@overload
def page(matrix: Matrix, new: Matrix | None = None, *, remarks: Remarks | None = None) -> str: ...
@overload
def page(matrix: Difference | Weighed) -> str: ...
def page(
    matrix: Matrix | Difference | Weighed,
    new: Matrix | None = None,
    *,
    remarks: Remarks | None = None,
) -> str:
    """What a policy does as one HTML page, or what changes from `matrix` to `new`. It is ASCII.

    Or what a difference says, be it weighed. `remarks` on what one policy does are listed, and
    their moves are marked.
    """
    left = 0
    change = matrix if new is None or not isinstance(matrix, Matrix) else difference(matrix, new)
    if isinstance(change, Matrix):
        title, facts = f"{change.name}: what it does", _facts_of_one(change, remarks)
    else:
        whole = change.difference if isinstance(change, Weighed) else change
        title, facts = f"{whole.new.name}: what changes", _facts_of_two(whole, change)
        left = max(0, len(change.lines) - MOST_LINES)
    script, style = _asset("js"), _asset("css")
    shown = html.escape(title[:200]).encode("ascii", "xmlcharrefreplace").decode("ascii")
    return Template(_asset("html")).substitute(
        title=shown,
        left=_LEFT.format(left) if left else "",
        style=style,
        style_hash=_hash(style),
        script=script,
        script_hash=_hash(script),
        data=json.dumps(facts, separators=(",", ":")).translate(_ESCAPES),
    )


def _asset(kind: str) -> str:
    from importlib.resources import files  # noqa: PLC0415 (slow, and few write pages)

    return files("bylaws.views").joinpath(f"page.{kind}").read_text("ascii")


def _hash(text: str) -> str:
    """A text as a content security policy names it."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _facts_of_one(matrix: Matrix, remarks: Remarks | None) -> Mapping[str, JSON]:
    space = matrix.space
    side = Side(matrix, space, {state: state for state in space.states}, space.masks_of_enums)
    facts = _facts(space, [side], {}, None, None)
    return facts if remarks is None else {**facts, "remarks": _remarks(space, facts, remarks)}


def _remarks(space: StateSpace, facts: Mapping[str, JSON], remarks: Remarks) -> JSON:
    """The list, the moves of each as pairs of masks over the rows and the columns."""
    alike: Any = facts["rows"], facts["columns"]
    firsts = [[1 << members[0] for members in classes] for classes in alike]
    return {
        "title": remarks.title,
        "about": remarks.about,
        "listed": [
            {
                "sentence": each.sentence,
                "where": [
                    [
                        _packed(sum(1 << at for at, first in enumerate(ends) if mask & first))
                        for ends, mask in zip(firsts, map(space.mask, pair), strict=True)
                    ]
                    for pair in each.where
                ],
                "witness": [space.numbers[state] for state in each.witness],
            }
            for each in remarks.listed[:MOST_LINES]
        ],
    }


def _facts_of_two(whole: Difference, change: Difference | Weighed) -> Mapping[str, JSON]:
    aligned = align(whole.old, whole.new)
    was = {other: one for one, other in aligned.entries.items()}
    weighed = change if isinstance(change, Weighed) else None
    lines = change.lines[:MOST_LINES]
    return _facts(aligned.space, [aligned.old, aligned.new], was, lines, weighed)


def _facts(
    space: StateSpace,
    sides: Sequence[Side],
    was: Mapping[int, int],
    lines: Sequence[Line] | None,
    weighed: Weighed | None,
) -> Mapping[str, JSON]:
    """What the script reads. Masks are little-endian and in base64.

    Where the keys are "rows" and "columns", a mask has a bit for each of these, else for each
    state. `was` has for the place of an entry of the last side that of the same one in the first.
    """
    layers = [layer for side in sides for layer in _layers(side)]
    rows, columns = (_alike(space, [layer[end] for layer in layers]) for end in (0, 1))
    starts = [1 << members[0] for members in rows], [1 << members[0] for members in columns]

    def ends(rectangle: Rectangle) -> dict[str, JSON]:
        folded = [
            sum(1 << at for at, start in enumerate(firsts) if mask & start)
            for firsts, mask in zip(starts, rectangle, strict=True)
        ]
        return {"rows": _packed(folded[0]), "columns": _packed(folded[1])}

    numbers = space.numbers
    masks = space.masks_of_enums
    return {
        "states": [*space.states],
        "enums": [
            [name, bits(mask)[0] if mask else 0, mask.bit_count()] for name, mask in masks.items()
        ],
        "rows": [[*members] for members in rows],
        "columns": [[*members] for members in columns],
        "policies": [
            {
                "name": side.matrix.name,
                **ends((side.present, side.present)),
                "entries": [
                    {
                        **_entry(entry),
                        **ends(side.rectangles[at]),
                        "legal": _legal(side, at),
                        "was": was.get(at) if side is sides[-1] else None,
                    }
                    for at, entry in enumerate(side.matrix.entries)
                ],
            }
            for side in sides
        ],
        "lines": None
        if lines is None
        else [
            {
                "kinds": [*line.kinds],
                "sentence": line.sentence,
                **ends((space.mask(line.from_states), space.mask(line.to_states))),
                "witness": None
                if line.witness is None
                else [numbers[state] for state in line.witness],
                "weight": None
                if weighed is None or line.witness is None
                else str(weighed.weight(line)),
            }
            for line in lines
        ],
        "recorded": None if weighed is None else [*weighed.summary()],
    }


def _entry(entry: EntryFacts) -> dict[str, JSON]:
    return {
        "name": entry.name,
        "kind": entry.kind,
        "verdicts": None if entry.verdicts is None else [*entry.verdicts],
        "refuses": int(entry.may_refuse),
        "never": int(entry.never_passes),
        "hooks": [*entry.hooks],
        "awaits": [*entry.awaits],
        "doc": entry.doc,
        "file": entry.file,
        "line": entry.line,
    }


def _legal(side: Side, at: int) -> JSON:
    """For an entry made by `moves()` pairs of states and what they may become, as masks."""
    legal = side.matrix.entries[at].legal
    if legal is None:
        return None
    found: dict[int, int] = {}
    for state, to in legal:
        mask = side.mask(to)
        found[mask] = found.get(mask, 0) | side.mask(side.matrix.space.set_of([state]))
    return [[_packed(froms), _packed(mask)] for mask, froms in found.items()]


def _layers(side: Side) -> list[Rectangle]:
    """What tells states apart, as rectangles: entries, what `moves()` rules out, being there."""
    layers = [(side.present, side.present), *side.rectangles]
    for region in side.illegal:
        found: dict[int, int] = {}
        for number, illegal in enumerate(region or ()):
            found[illegal] = found.get(illegal, 0) | 1 << number
        layers += [(froms, illegal) for illegal, froms in found.items() if illegal]
    return layers


def _alike(space: StateSpace, layers: Sequence[int]) -> list[list[int]]:
    """The states by number, those together that are in the same layers."""
    masks = [0] * len(space.states)
    for at, layer in enumerate(layers):
        for number in bits(layer):
            masks[number] |= 1 << at
    found: dict[int, list[int]] = {}
    for number, mask in enumerate(masks):
        found.setdefault(mask, []).append(number)
    return list(found.values())


def _packed(mask: int) -> str:
    return base64.b64encode(mask.to_bytes((mask.bit_length() + 7) // 8, "little")).decode("ascii")
