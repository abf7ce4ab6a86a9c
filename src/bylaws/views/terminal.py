"""The matrix for a terminal: what fires for which move, at any width, in colour where there is any.

Needs rich: `pip install 'bylaws[views]'`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, TypeAlias

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.text import Text

from bylaws.views.display import (
    MOST_CELLS,
    MOST_PLANS,
    NOTE,
    QUIET,
    REFUSES,
    answers,
    capped,
    firing,
    items,
    marked,
    sentence,
    shown,
    summary,
)
from bylaws.views.focus import Focus, Part, parts, whole
from bylaws.views.fold import Folded, Plan, fold
from bylaws.views.matrix import EntryFacts, Matrix
from bylaws.views.states import StateSet

Mark: TypeAlias = tuple[str, str]
"""What stands in a cell, and its style."""

NOTHING: Final[Mark] = (QUIET, "dim")
COLOURS: Final = ("cyan", "green", "yellow", "magenta", "blue", "bright_cyan", "bright_green")
NARROWEST: Final = 40
GAP: Final = 2
PLAIN: Final = str.maketrans("\u00b7\u00d7\u25cf\u2026\u2500\u2502\u2510", ".x*~-|+")
"""For terminals that know ASCII alone: each sign as one that is as wide."""


def show(matrix: Matrix, focus: Focus | None = None, *, console: Console | None = None) -> None:
    """Print the matrix, folded, with its entries and a legend; or what has to do with the focus.

    By default to the standard output: in colour on a terminal without `NO_COLOR`, and as wide as
    it is, else 80 columns.
    """
    console = Console() if console is None else console
    for line in lines(matrix, focus, width=console.width):
        console.print(_encodable(line, console.encoding), soft_wrap=True, highlight=False)


def write_text(matrix: Matrix, focus: Focus | None = None, *, width: int = 80) -> str:
    """As `show` prints it, without colours."""
    return "".join([f"{line.plain}\n" for line in lines(matrix, focus, width=width)])


def lines(matrix: Matrix, focus: Focus | None = None, *, width: int = 80) -> list[Text]:
    """As `show` prints it: lines of at most `width` columns, or 40 if that is more."""
    page = _Page(fold(matrix), max(width, NARROWEST))
    return page.all() if focus is None else page.of(focus)


class _Page:
    """What is shown of a matrix, section by section, in one width."""

    def __init__(self, folded: Folded, width: int) -> None:
        self.folded = folded
        self.matrix = folded.matrix
        self.space = folded.matrix.space
        self.width = width
        self.numbers = {entry.name: at for at, entry in enumerate(self.matrix.entries, 1)}
        self.digits = len(str(len(self.numbers)))

    def all(self) -> list[Text]:
        """The whole matrix."""
        found = [self.heading(shown(self.matrix.name)), *self.prose(self.summary())]
        if self.matrix.entries:
            found += [Text(), *self.entries()]
        return [*found, *self.moves(whole(self.folded))]

    def of(self, focus: Focus) -> list[Text]:
        """What has to do with the focus."""
        name = shown(self.matrix.name)
        if focus.entry is not None:
            heading = f"{shown(focus.entry.name)} in {name}"
            found = [self.heading(heading), *self.facts(focus.entry)]
            for each in parts(self.folded, focus):
                found += self.moves(each)
            return found
        row, column = parts(self.folded, focus)
        state = shown(focus.state)
        found = [self.heading(f"{state} in {name}"), Text()]
        found += self.listed(f"from {state} to", row.columns, row.cells[0])
        found += [Text(), *self.listed(f"to {state} from", column.rows, _first(column.cells))]
        return [*found, *self.legend(sorted({*row.plans, *column.plans}))]

    def heading(self, text: str) -> Text:
        """A line that stands out."""
        return Text(_cut(text, self.width), "bold")

    def summary(self) -> str:
        moves = len(self.matrix.states) ** 2
        return f"{summary(self.matrix)}; {moves:,} moves"

    def prose(self, text: str, style: str = "dim", indent: int = 0) -> list[Text]:
        """A sentence, wrapped at its words."""
        broken = _wrapped(text.split(" "), " ", self.width - indent)
        return [Text(" " * indent + line, style) for line in broken]

    def entries(self) -> list[Text]:
        """Each entry with its number, its name, what it may answer and the moves it fires for."""
        names = [_cut(shown(entry.name), self.width - 30) for entry in self.matrix.entries]
        answer = [answers(entry) for entry in self.matrix.entries]
        widths = [self.digits + 1, max(map(cell_len, names)), max(map(cell_len, answer))]
        start = sum(widths) + 3 * GAP
        beside = self.width - start >= 32  # else the sets are on lines of their own
        indent = start if beside else widths[0] + 2 * GAP
        found: list[Text] = []
        for entry, name, text in zip(self.matrix.entries, names, answer, strict=True):
            number = str(self.numbers[entry.name]).rjust(widths[0])
            line = Text.assemble((number, "dim"), " " * GAP, (_fit(name, widths[1]), "bold"))
            line.append(" " * GAP)
            line.append(text, "red" if entry.never_passes else "")
            sets = self.sets(entry, self.width - indent)
            if beside and sets:
                line.append(" " * (start - cell_len(line.plain)) + sets.pop(0))
            found += [line, *[Text(" " * indent + each) for each in sets]]
        return found

    def sets(self, entry: EntryFacts, room: int) -> list[str]:
        """The sets of a rule, in lines; none for a transform, whose kind says that it fires."""
        if entry.kind == "transform":
            return []
        froms = capped(map(str, items(self.space, entry.from_states)), 12)
        tos = capped(map(str, items(self.space, entry.to_states)), 12)
        words = [*[f"{each}," for each in froms[:-1]], froms[-1], "->"]
        return _wrapped([*words, *[f"{each}," for each in tos[:-1]], tos[-1]], " ", room)

    def facts(self, entry: EntryFacts) -> list[Text]:
        """All that is known of one entry."""
        known: list[tuple[str, str]] = [("what", entry.doc or "")]
        if entry.kind == "transform":
            known.append(("fires", "always: it is a transform"))
        else:
            known += [
                ("from", sentence(self.space, entry.from_states)),
                ("to", sentence(self.space, entry.to_states)),
                ("answers", answers(entry)),
            ]
        sides = [f"{each} (async)" if each in entry.awaits else each for each in entry.hooks]
        known.append(("hooks", ", ".join(sides)))
        for state, to in entry.legal or ():
            known.append(("legal", f"{shown(state)} -> {sentence(self.space, to)}"))
        if entry.file is not None:
            known.append(
                ("where", entry.file if entry.line is None else f"{entry.file}:{entry.line}")
            )
        found: list[Text] = []
        for word, text in known:
            if text:
                broken = _wrapped(shown(text, 10_000).split(" "), " ", self.width - 11)
                found.append(Text.assemble((f" {word:8}  ", "dim"), broken[0]))
                found += [Text(" " * 11 + line) for line in broken[1:]]
        number = self.numbers[entry.name]
        return [*self.prose(f"entry {number} of {len(self.numbers)}"), *found]

    def moves(self, part: Part) -> list[Text]:
        """Which plan is in which cell, and the legend; as far as anyone would read it."""
        cells = len(part.rows) * len(part.columns)
        plans = part.plans
        many = len(plans) > MOST_PLANS
        if cells > MOST_CELLS:
            size = f"{len(part.rows):,} rows, and no two of {len(part.columns):,} columns,"
            text = f"No two of {size} are alike: too many cells to show."
            return [Text(), *self.prose(f"{text} {HINT}", "yellow")]
        marks = {at: _mark(self.folded.plans[at], at, many=many) for at in plans}
        found = self.grid(
            [self.names(states) for states in part.rows],
            [self.names(states) for states in part.columns],
            [[marks[at] for at in row] for row in part.cells],
        )
        if many:
            text = f"The numbers tell how many entries fire: {len(plans):,} plans differ. {HINT}"
            return [Text(), *found, Text(), *self.prose(text, "yellow")]
        return [Text(), *found, *self.legend(plans)]

    def listed(self, title: str, sets: Sequence[StateSet], cells: Sequence[int]) -> list[Text]:
        """One row, or one column, of the matrix: its plans, and for which states each is."""
        marks = [_mark(self.folded.plans[at], at) for at in cells]
        wide = max([cell_len(mark) for mark, _ in marks])
        found = [self.heading(title)]
        for states, (mark, style) in zip(sets, marks, strict=True):
            names = _separated(map(str, items(self.space, states)))
            broken = _wrapped(names, " ", self.width - wide - 3)
            found.append(Text.assemble(" ", (_fit(mark, wide), style), "  ", broken[0]))
            found += [Text(" " * (wide + 3) + line) for line in broken[1:]]
        return found

    def legend(self, plans: Sequence[int]) -> list[Text]:
        """What fires in each plan: a list, or, where it is shorter, a grid of entries by plans."""
        known = [(at, self.folded.plans[at]) for at in plans]
        known = [(at, plan) for at, plan in known if plan.entries]
        if not known:
            return [Text(), *self.prose("Nothing fires for any move.")]
        found = self.listing(known)
        firing = {entry.name for _, plan in known for entry in plan.entries}
        if len(found) > len(firing) + 1:
            grid = self.crossing(known, firing)
            found = min(found, grid, key=len)
        if any(plan.ruled_out_by for _, plan in known):
            found += [Text(), *self.prose(NOTE, indent=1)]
        return [Text(), *found]

    def listing(self, plans: Sequence[tuple[int, Plan]]) -> list[Text]:
        """A plan a line: what fires, in that order."""
        marks = [_mark(plan, at) for at, plan in plans]
        wide = max([cell_len(mark) for mark, _ in marks])
        found: list[Text] = []
        for (_, plan), (mark, style) in zip(plans, marks, strict=True):
            words = firing(plan, self.numbers, shown)
            broken = _wrapped(_separated(words), " ", self.width - wide - 3)
            found.append(Text.assemble(" ", (_fit(mark, wide), style), "  ", broken[0]))
            found += [Text(" " * (wide + 3) + line) for line in broken[1:]]
        return found

    def crossing(self, plans: Sequence[tuple[int, Plan]], firing: set[str]) -> list[Text]:
        """Entries by plans: a dot where the entry fires, so that a plan is read down its column."""
        names = [
            [f"{self.numbers[entry.name]:{self.digits}} {shown(entry.name)}"]
            for entry in self.matrix.entries
            if entry.name in firing
        ]
        columns: list[list[Mark]] = []
        for at, plan in plans:
            style = _mark(plan, at)[1]
            refusing = {entry.name for entry in plan.ruled_out_by}
            fires = {
                entry.name: (REFUSES, "red") if entry.name in refusing else ("\u25cf", style)
                for entry in plan.entries
            }
            columns.append(
                [
                    fires.get(entry.name, NOTHING)
                    for entry in self.matrix.entries
                    if entry.name in firing
                ]
            )
        heads = [[_mark(plan, at)[0]] for at, plan in plans]
        return self.grid(names, heads, list(zip(*columns, strict=True)), corner="")

    def names(self, states: StateSet) -> list[str]:
        """The items of a set, each short enough for a heading."""
        return capped(map(str, items(self.space, states)), 8)

    def grid(
        self,
        rows: Sequence[list[str]],
        columns: Sequence[list[str]],
        cells: Sequence[Sequence[Mark]],
        corner: str = "from \\ to",
    ) -> list[Text]:
        """A table of marks.

        Where it fits the columns have their names above them. Where it does not, the names of
        the columns stand above each other, each with a line to its column; and what is still too
        wide goes on below.
        """
        narrow = max([cell_len(mark) for row in cells for mark, _ in row])
        least = self.width * 2 // 5  # at least so much of the width the names of rows may take
        heads, wides = _heads(columns, narrow, 24)
        gutter = _gutter(corner, rows, max(least, self.width - 1 - _total(wides)))
        if gutter + 1 + _total(wides) > self.width:
            heads, wides = _heads(columns, narrow, 16, least=True)
            gutter = _gutter(corner, rows, max(least, self.width - 1 - _total(wides)))
        above = gutter + 1 + _total(wides) <= self.width or max(wides) <= max(narrow, 4)
        if not above:
            wides = [narrow] * len(columns)
            named = [[f"{item} to" for item in names] for names in columns]
            gutter = _gutter(corner, [*rows, *named], max(least, self.width - 1 - _total(wides)))
        broken = [_wrapped(_separated(row), " ", gutter) for row in rows]
        room = self.width - gutter - 1
        found: list[Text] = []
        for first, last in _pages([wide + GAP for wide in wides], room):
            if found:
                found.append(Text())
            if above:
                found += _above(corner, gutter, heads[first:last], wides[first:last])
            else:
                found += _aside(gutter, columns[first:last], narrow)
            for names, row in zip(broken, cells, strict=True):
                line = Text(f" {_fit(names[0], gutter)}")
                for wide, (mark, style) in zip(wides[first:last], row[first:last], strict=True):
                    left = (wide - narrow) // 2 if above else 0
                    line.append(" " * (GAP + left))
                    line.append(mark, style)
                    line.append(" " * (wide - cell_len(mark) - left))
                line.rstrip()
                found += [line, *[Text(f" {name}") for name in names[1:]]]
        return found


HINT: Final = "--focus STATE or RULE shows a part."


def _mark(plan: Plan, at: int, *, many: bool = False) -> Mark:
    """How a plan is marked in its cells: its label, or how much fires; and if it is ruled out."""
    text = marked(plan, many=many)
    if not plan.entries:
        return text, "dim"
    if plan.ruled_out_by:
        return text, "dim red"
    return text, "" if many else COLOURS[at % len(COLOURS)]


def _above(corner: str, gutter: int, heads: list[list[str]], wides: list[int]) -> list[Text]:
    """The names of the columns above them, down to the row."""
    high = max(map(len, heads))
    found: list[Text] = []
    for at in range(high):
        line = Text(f" {_fit(corner if at == high - 1 else '', gutter)}", "dim")
        for head, wide in zip(heads, wides, strict=True):
            place = at - (high - len(head))
            name = head[place] if place >= 0 else ""
            left = (wide - cell_len(name)) // 2
            line.append(" " * (GAP + left) + _fit(name, wide - left), "not dim bold")
        line.rstrip()
        found.append(line)
    return found


def _aside(gutter: int, columns: Sequence[list[str]], wide: int) -> list[Text]:
    """The names of the columns above each other, each with a line that ends over its column."""
    found: list[Text] = []
    step = wide + GAP
    for at, names in enumerate(columns):
        before = ("\u2502" + " " * (step - 1)) * at
        first, *rest = _wrapped(_separated(names), " ", gutter - 3)
        line = Text(f" {'to' if at == 0 else '':3}", "dim")
        line.append(f"{first} ", "not dim bold")
        line.append("\u2500" * (1 + gutter + GAP - cell_len(line.plain)))
        line.append(before.replace(" ", "\u2500") + "\u2510")
        found.append(line)
        for name in rest:
            line = Text(" " * 4, "dim")
            line.append(_fit(name, gutter - 3 + GAP), "not dim bold")
            line.append(before + "\u2502")
            found.append(line)
    last = ("\u2502" + " " * (step - 1)) * len(columns)
    found.append(Text(f" {_fit('from', gutter)}{' ' * GAP}{last.rstrip()}", "dim"))
    return found


def _gutter(corner: str, rows: Iterable[Sequence[str]], most: int) -> int:
    """How wide the names of the rows are, wrapped to at most so much."""
    lines = [line for row in rows for line in _wrapped(_separated(row), " ", most)]
    return max([cell_len(corner), *map(cell_len, lines)])


def _total(wides: Sequence[int]) -> int:
    return sum(wides) + GAP * len(wides)


def _pages(wides: Sequence[int], room: int) -> list[tuple[int, int]]:
    """From which to which column each page goes; at least one is on each."""
    found: list[tuple[int, int]] = []
    first = used = 0
    for at, wide in enumerate(wides):
        if used + wide > room and at > first:
            found.append((first, at))
            first, used = at, 0
        used += wide
    return [*found, (first, len(wides))]


def _first(cells: Sequence[Sequence[int]]) -> list[int]:
    return [row[0] for row in cells]


def _separated(texts: Iterable[str]) -> list[str]:
    """With a comma after each but the last."""
    listed = list(texts)
    return [*[f"{each}," for each in listed[:-1]], listed[-1]]


def _heads(
    columns: Sequence[Sequence[str]], narrow: int, room: int, *, least: bool = False
) -> tuple[list[list[str]], list[int]]:
    """The names of columns in lines of so much room, and how wide the columns are with them.

    With `least`, in lines of no more than the longest name needs, with a comma.
    """
    found: list[list[str]] = []
    for names in columns:
        longest = max(map(cell_len, names)) + (len(names) > 1)
        found.append(_wrapped(_separated(names), " ", min(room, longest) if least else room))
    return found, [max(narrow, *map(cell_len, head)) for head in found]


def _wrapped(words: Sequence[str], between: str, room: int) -> list[str]:
    """Words in lines of at most so many columns; a word that is longer is cut in its middle."""
    found: list[str] = []
    line = ""
    for each in words:
        word = _cut(each, room)
        longer = f"{line}{between}{word}" if line else word
        if line and cell_len(longer) > room:
            found.append(line)
            line = word
        else:
            line = longer
    return [*found, line]


def _cut(text: str, room: int) -> str:
    """A text of at most so many columns: of one that is wider its beginning and its end."""
    if cell_len(text) <= room:
        return text
    end = room // 3
    tail = text[len(text) - end :]
    while cell_len(tail) > end:
        tail = tail[1:]
    return f"{set_cell_size(text, room - cell_len(tail) - 1).rstrip()}\u2026{tail}"


def _fit(text: str, room: int) -> str:
    """A text that is exactly so wide."""
    return text + " " * (room - cell_len(text))


def _encodable(line: Text, encoding: str) -> Text:
    """A line that a terminal of this encoding can be sent; question marks for what it has not."""
    if encoding.replace("-", "").lower().startswith("utf"):
        return line
    plain = line.plain.translate(PLAIN).encode(encoding, "replace").decode(encoding)
    return Text(plain, line.style, spans=line.spans)
