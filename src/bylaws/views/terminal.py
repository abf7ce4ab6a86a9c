"""The matrix for a terminal: what fires for which move, at any width, in colour where there is any.

Needs rich: `pip install 'bylaws[views]'`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rich.cells import cell_len
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
from bylaws.views.fitting import cut, fit, separated, wrapped
from bylaws.views.focus import Focus, Part, parts, whole
from bylaws.views.fold import Folded, Plan, fold
from bylaws.views.grid import GAP, Mark, grid
from bylaws.views.matrix import EntryFacts, Matrix
from bylaws.views.states import StateSet

NOTHING: Final[Mark] = (QUIET, "dim")
COLOURS: Final = ("cyan", "green", "yellow", "magenta", "blue", "bright_cyan", "bright_green")
NARROWEST: Final = 40
HINT: Final = "--focus STATE or RULE shows a part."
PLAIN: Final = str.maketrans("\u00b7\u00d7\u25cf\u2026\u2500\u2502\u2510", ".x*~-|+")
"""For terminals that know ASCII alone: each sign as one that is as wide."""


def show(matrix: Matrix, focus: Focus | None = None, *, console: Console | None = None) -> None:
    """Print the matrix, folded, with its entries and a legend; or what has to do with the focus.

    By default to the standard output: in colour on a terminal without `NO_COLOR`, and as wide as
    it is, else 80 columns.
    """
    console = Console() if console is None else console
    for line in lines(matrix, focus, width=console.width):
        console.print(encodable(line, console.encoding), soft_wrap=True, highlight=False)


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
        return Text(cut(text, self.width), "bold")

    def summary(self) -> str:
        moves = len(self.matrix.states) ** 2
        return f"{summary(self.matrix)}; {moves:,} moves"

    def prose(self, text: str, style: str = "dim", indent: int = 0) -> list[Text]:
        """A sentence, wrapped at its words."""
        broken = wrapped(text.split(" "), self.width - indent)
        return [Text(" " * indent + line, style) for line in broken]

    def entries(self) -> list[Text]:
        """Each entry with its number, its name, what it may answer and the moves it fires for."""
        answer = [answers(entry) for entry in self.matrix.entries]
        widest = max(map(cell_len, answer))
        room = min(self.width - 30, self.width - self.digits - 1 - widest - 2 * GAP)
        names = [cut(shown(entry.name), room) for entry in self.matrix.entries]
        widths = [self.digits + 1, max(map(cell_len, names)), widest]
        start = sum(widths) + 3 * GAP
        beside = self.width - start >= 32  # else the sets are on lines of their own
        indent = start if beside else widths[0] + 2 * GAP
        found: list[Text] = []
        for entry, name, text in zip(self.matrix.entries, names, answer, strict=True):
            number = str(self.numbers[entry.name]).rjust(widths[0])
            line = Text.assemble((number, "dim"), " " * GAP, (fit(name, widths[1]), "bold"))
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
        return wrapped([*words, *[f"{each}," for each in tos[:-1]], tos[-1]], room)

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
                broken = wrapped(shown(text, 10_000).split(" "), self.width - 11)
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
        found = grid(
            [self.names(states) for states in part.rows],
            [self.names(states) for states in part.columns],
            [[marks[at] for at in row] for row in part.cells],
            width=self.width,
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
            names = separated(map(str, items(self.space, states)))
            broken = wrapped(names, self.width - wide - 3)
            found.append(Text.assemble(" ", (fit(mark, wide), style), "  ", broken[0]))
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
            broken = wrapped(separated(words), self.width - wide - 3)
            found.append(Text.assemble(" ", (fit(mark, wide), style), "  ", broken[0]))
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
        return grid(names, heads, list(zip(*columns, strict=True)), width=self.width, corner="")

    def names(self, states: StateSet) -> list[str]:
        """The items of a set, each short enough for a heading."""
        return capped(map(str, items(self.space, states)), 8)


def _mark(plan: Plan, at: int, *, many: bool = False) -> Mark:
    """How a plan is marked in its cells: its label, or how much fires; and if it is ruled out."""
    text = marked(plan, many=many)
    if not plan.entries:
        return text, "dim"
    if plan.ruled_out_by:
        return text, "dim red"
    return text, "" if many else COLOURS[at % len(COLOURS)]


def _first(cells: Sequence[Sequence[int]]) -> list[int]:
    return [row[0] for row in cells]


def encodable(line: Text, encoding: str) -> Text:
    """A line that a terminal of this encoding can be sent; question marks for what it has not."""
    if encoding.replace("-", "").lower().startswith("utf"):
        return line
    plain = line.plain.translate(PLAIN).encode(encoding, "replace").decode(encoding)
    return Text(plain, line.style, spans=line.spans)
