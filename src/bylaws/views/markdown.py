"""Markdown, as GitHub shows it: the matrix, and the difference for a pull-request comment.

Names are in code, so that they call on nobody, link to nothing and are what they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from bylaws.views.difference import KINDS, Difference, Line
from bylaws.views.display import (
    MOST_CELLS,
    MOST_PLANS,
    NOTE,
    Item,
    answers,
    capped,
    counted,
    firing,
    items,
    marked,
    shown,
    summary,
)
from bylaws.views.focus import Focus, Part, parts, whole
from bylaws.views.fold import Folded, fold
from bylaws.views.matrix import EntryFacts, Matrix
from bylaws.views.states import State, StateSet, StateSpace
from bylaws.views.weighing import Weighed, Weight

MOST_BYTES: Final = 65_536
"""GitHub takes no longer comment."""
OPEN_LINES: Final = 15
"""So many lines of a difference are open, the others in a `<details>`."""
MOST_ITEMS: Final = 12
"""So many items of a set are named."""

_UNFIT: Final = re.compile(r"[`|\\]|^ | $")
_SPECIAL: Final = re.compile(r"[!-/:-@\[-`{-~]")
_IN_WORDS: Final = re.compile(r"(?<=[A-Za-z])(?:[-_](?=[A-Za-z])|\.(?= |$))|[(),;/']")
"""What means nothing to Markdown in the middle, or at the end, of a word."""


def write_markdown(matrix: Matrix, focus: Focus | None = None) -> str:
    """The entries, the matrix, folded, and its legend; or what has to do with the focus."""
    page = _Page(fold(matrix))
    sections = page.all() if focus is None else page.of(focus)
    return "\n\n".join([section for section in sections if section]) + "\n"


def write_difference(difference: Difference | Weighed, *, most: int = MOST_BYTES) -> str:
    """A difference for a comment: how many lines of which kind, then the lines, gravest first.

    Of one that is weighed also how many moves each would have met. Lines beyond the first 15 are in
    a `<details>`. Those that would make it longer than `most` bytes are left out, and the last
    words say how many of which kind these are.
    """
    weighed = difference if isinstance(difference, Weighed) else None
    change = difference.difference if isinstance(difference, Weighed) else difference
    lines = difference.lines
    old, new = code(change.old.name), code(change.new.name)
    heading = f"### {new}" if old == new else f"### {old} → {new}"
    summary = [] if weighed is None else [f"{_told(each)}." for each in weighed.summary()]
    if not lines:
        same = "The same: no move and no entry is changed."
        return "\n\n".join([heading, same, *summary]) + "\n"
    head = "\n\n".join([heading, _kinds(lines), *summary, ""])
    size = most - len(f"{head}{_left(lines)}".encode()) - 1_000  # what is around tables
    rows: list[str] = []
    for line in lines:  # there may be thousands, of which few fit
        row = _changed(change, line, None if weighed is None else weighed.weight(line))
        size -= len(row.encode()) + 1
        if size < 0:
            break
        rows.append(row)
    titles = _TITLES if weighed is None else _TITLES_WEIGHED
    first, more = rows[:OPEN_LINES], rows[OPEN_LINES:]
    sections = ["\n".join([titles, *first])]
    if more:
        hidden = lines[OPEN_LINES : len(rows)]
        about = f"{counted(len(more), 'more line')}: {_kinds(hidden)}"
        table = "\n".join([titles, *more])
        sections.append(f"<details><summary>{about}</summary>\n\n{table}\n\n</details>")
    if len(rows) < len(lines):
        sections.append(_left(lines[len(rows) :]))
    return head + "\n\n".join(sections) + "\n"


_TITLES: Final = "| kind | from | to | what | for instance |\n|---|---|---|---|---|"
_TITLES_WEIGHED: Final = (
    "| kind | from | to | what | for instance | moves | refused by it |\n"
    "|---|---|---|---|---|--:|--:|"
)


def _kinds(lines: Sequence[Line]) -> str:
    kinds = [line.kind for line in lines]
    return ", ".join([f"{kinds.count(kind):,} {kind}" for kind in KINDS if kind in kinds])


def _told(sentence: str) -> str:
    return escaped(shown(sentence, 1_000))


def _left(lines: Sequence[Line]) -> str:
    return (
        f"Left out, being too long for a comment: {counted(len(lines), 'line')}: {_kinds(lines)}."
    )


def _changed(difference: Difference, line: Line, weight: Weight | None) -> str:
    """A line of a difference as a row of a table."""
    kind = ", ".join([f"**{line.kind}**", *line.kinds[1:]])
    cells = [kind, *_moves(difference, line)]
    if weight is not None:
        refused = "" if weight.refused is None else f"{weight.refused:,}"
        cells += ["", ""] if line.witness is None else [f"{weight.moves:,}", refused]
    return _row(cells)


def _moves(difference: Difference, line: Line) -> list[str]:
    what = _sentence(line.sentence, line.entries)
    if line.witness is None:
        return ["", "", what, ""]
    sets = [_set(difference.space, each) for each in (line.from_states, line.to_states)]
    witness = " -> ".join(map(code, line.witness))
    return [*sets, what, "" if witness == " -> ".join(sets) else witness]


class _Page:
    """What is shown of a matrix, section by section."""

    def __init__(self, folded: Folded) -> None:
        self.folded = folded
        self.matrix = folded.matrix
        self.space = folded.matrix.space
        self.numbers = {entry.name: at for at, entry in enumerate(self.matrix.entries, 1)}

    def all(self) -> list[str]:
        """The whole matrix."""
        about = f"{summary(self.matrix)}; {len(self.matrix.states) ** 2:,} moves"
        heading = [f"### {code(self.matrix.name)}", escaped(about)]
        return [*heading, self.entries(), *self.moves(whole(self.folded))]

    def of(self, focus: Focus) -> list[str]:
        """What has to do with the focus."""
        if focus.entry is not None:
            heading = f"### {code(focus.entry.name)} in {code(self.matrix.name)}"
            (share,) = parts(self.folded, focus)
            return [heading, *self.facts(focus.entry), *self.moves(share)]
        row, column = parts(self.folded, focus)
        state = code(focus.state)
        return [
            f"### {state} in {code(self.matrix.name)}",
            self.listed(f"from {state} to", row.columns, row.cells[0]),
            self.listed(f"to {state} from", column.rows, [cells[0] for cells in column.cells]),
            *self.legend(sorted({*row.plans, *column.plans})),
        ]

    def entries(self) -> str:
        """A table of all entries."""
        if not self.matrix.entries:
            return ""
        rows = [
            [
                str(self.numbers[entry.name]),
                code(entry.name),
                f"**{answers(entry)}**" if entry.never_passes else answers(entry),
                "" if entry.from_states is None else _set(self.space, entry.from_states),
                "" if entry.to_states is None else _set(self.space, entry.to_states),
            ]
            for entry in self.matrix.entries
        ]
        return _table(["", "entry", "answers", "from", "to"], rows, "r")

    def facts(self, entry: EntryFacts) -> list[str]:
        """All that is known of one entry."""
        known = [f"entry {self.numbers[entry.name]} of {len(self.numbers)}"]
        if entry.kind == "transform":
            known.append("fires always: it is a transform")
        else:
            known.append(f"from {_set(self.space, entry.from_states)}")
            known.append(f"to {_set(self.space, entry.to_states)}")
            known.append(f"answers {answers(entry)}")
        for state, to in entry.legal or ():
            known.append(f"legal: {code(state)} -> {_set(self.space, to)}")
        if entry.hooks:
            sides = [f"{code(each)}{' (async)' * (each in entry.awaits)}" for each in entry.hooks]
            known.append(f"hooks {', '.join(sides)}")
        if entry.file is not None:
            place = entry.file if entry.line is None else f"{entry.file}:{entry.line}"
            known.append(f"defined in {code(place)}")
        doc = "" if entry.doc is None else escaped(shown(entry.doc, 1_000))
        return [doc, "\n".join([f"- {each}" for each in known])]

    def moves(self, part: Part) -> list[str]:
        """Which plan is in which cell, and the legend; as far as anyone would read it."""
        if len(part.rows) * len(part.columns) > MOST_CELLS:
            return [f"{len(part.rows):,} rows x {len(part.columns):,} columns: {MANY}"]
        many = len(part.plans) > MOST_PLANS
        marks = {at: marked(self.folded.plans[at], many=many) for at in part.plans}
        head = ["from \\\\ to", *[_set(self.space, states) for states in part.columns]]
        rows = [
            [_set(self.space, states), *[marks[at] for at in cells]]
            for states, cells in zip(part.rows, part.cells, strict=True)
        ]
        table = _table(head, rows, "l" + "c" * len(part.columns))
        if many:
            text = f"The numbers tell how many entries fire: {len(part.plans):,} plans differ"
            return [table, f"{text}, {MANY}"]
        return [table, *self.legend(part.plans)]

    def listed(self, title: str, sets: Sequence[StateSet], cells: Sequence[int]) -> str:
        """One row, or one column, of the matrix: its plans, and for which states each is."""
        rows = [
            [marked(self.folded.plans[at]), _set(self.space, states)]
            for states, at in zip(sets, cells, strict=True)
        ]
        return _table(["plan", title], rows)

    def legend(self, places: Sequence[int]) -> list[str]:
        """What fires in each plan, in that order."""
        plans = [plan for plan in [self.folded.plans[at] for at in places] if plan.entries]
        if not plans:
            return ["Nothing fires for any move."]
        rows: list[list[str]] = []
        for plan in plans:
            fires = firing(plan, self.numbers, code)
            rows.append([marked(plan), ", ".join(fires)])
        return [
            _table(["plan", "fires, in this order"], rows),
            f"{NOTE}." if any(plan.ruled_out_by for plan in plans) else "",
        ]


MANY: Final = "too many to show. `--focus STATE` or `--focus RULE` shows a part."


def code(name: State, most: int = 60) -> str:
    """A name as code; `None` bare."""
    if name is None:
        return "None"
    text = shown(name, most)
    if _UNFIT.search(text):  # has what ends a span of code, or a cell of a table
        return f"<code>{_SPECIAL.sub(lambda sign: f'&#{ord(sign[0])};', text)}</code>"
    return f"`{text}`"


def escaped(text: str) -> str:
    """A text in which nothing means anything to Markdown, nor calls on anyone."""
    return _SPECIAL.sub(_harmless, text)


def _harmless(sign: re.Match[str]) -> str:
    if _IN_WORDS.match(sign.string, sign.start()):
        return sign[0]
    # GitHub looks for people and issues in what the entities stand for: a comment keeps it off.
    return f"&#{ord(sign[0])};{'<!-- -->' * (sign[0] in '@#')}"


def _sentence(text: str, names: Iterable[str]) -> str:
    """A sentence with the names in it as code."""
    known = sorted(filter(None, names), key=len, reverse=True)
    if not known:
        return escaped(shown(text, 1_000))
    pieces = re.split(f"({'|'.join(map(re.escape, known))})", text)
    return "".join(
        [
            code(piece) if at % 2 else escaped(shown(piece, 1_000)) if piece else ""
            for at, piece in enumerate(pieces)
        ]
    )


def _set(space: StateSpace, states: StateSet | None) -> str:
    return ", ".join(capped(map(_item, items(space, states)), MOST_ITEMS))


def _item(item: Item) -> str:
    but = f" (but {', '.join(map(code, item.but))})" if item.but else ""
    return f"{item.word}{code(item.name)}{but}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], sides: str = "") -> str:
    marks = {"c": ":-:", "r": "--:", "l": "---"}
    line = [marks[side] for side in f"{sides:l<{len(head)}}"]
    return "\n".join(map(_row, [head, line, *rows]))


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
