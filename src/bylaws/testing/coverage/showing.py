"""Reports: the matrix with its holes, for a terminal, in Markdown, and as the page of the views."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from bylaws.testing.coverage.exercised import Hole, Seen
from bylaws.testing.coverage.possible import DID
from bylaws.testing.errors import CoverageError
from bylaws.views.display import MOST_CELLS, capped, counted, items, marked, shown
from bylaws.views.markdown import code, escaped

FORMATS: Final = ("text", "md", "html", "json")
"""text needs rich; html is one page, of one policy."""
OPEN: Final = "?"
"""After the letter of a kind of moves that has holes."""
NOTE: Final = f"{OPEN} not all that can occur there was exercised"


def formatted(coverage: Sequence[Seen], form: str, *, width: int = 80) -> str:
    """A report on these policies in one of `FORMATS`. `CoverageError` for any other."""
    match form:
        case "text":
            return "\n".join([as_text(seen, width=width) for seen in coverage])
        case "md":
            return "\n".join([as_markdown(seen) for seen in coverage])
        case "html":
            if len(coverage) != 1:
                raise CoverageError("a page is about one policy: name one, or write Markdown")
            return as_page(coverage[0])
        case "json":
            from bylaws.testing.coverage.datafile import write_coverage  # noqa: PLC0415

            return write_coverage(coverage)
        case _:
            known = ", ".join(FORMATS)
            raise CoverageError(f"there is no format {form!r}; the formats are: {known}")


def summary(seen: Seen) -> str:
    """How much was exercised, in a line."""
    kinds = {item.kind for item in seen.subject.possible}
    runs = counted(sum(seen.runs.values()), "run")
    raised = f", {seen.raised:,} raised" if seen.raised else ""
    return (
        f"{seen.covered:,} of {seen.total:,} exercised, in {len(kinds & seen.runs.keys()):,} of "
        f"{counted(len(kinds), 'kind')} of moves ({runs}{raised})"
    )


def as_text(seen: Seen, *, width: int = 80) -> str:
    """For a terminal of so many columns: the matrix, the kinds that have holes, and the holes."""
    from bylaws.views.grid import grid  # noqa: PLC0415 (needs rich)

    folded = seen.subject.folded
    holes = seen.holes()
    found = [f"{shown(seen.subject.source)}: {summary(seen)}"]
    if len(folded.rows) * len(folded.columns) <= MOST_CELLS:
        space = folded.matrix.space
        rows, columns = (
            [capped(map(str, items(space, states)), 8) for states in ends]
            for ends in (folded.rows, folded.columns)
        )
        cells = [[(mark, "") for mark in row] for row in _marks(seen, holes)]
        found += ["", *[line.plain for line in grid(rows, columns, cells, width=width)]]
        if holes:
            found += ["", f" {NOTE}"]
    found += [f"\n {told.strip()}" if told[0] != " " else told for told in _told(seen, holes)]
    return "\n".join(found) + "\n"


def as_markdown(seen: Seen) -> str:
    """For a comment: the same."""
    folded = seen.subject.folded
    holes = seen.holes()
    space = folded.matrix.space
    found = [f"### {code(seen.subject.source)}", escaped(summary(seen))]
    if len(folded.rows) * len(folded.columns) <= MOST_CELLS:
        heads, sides = (
            [
                ", ".join(capped([code(str(item)) for item in items(space, states)], 12))
                for states in ends
            ]
            for ends in (folded.columns, folded.rows)
        )
        rows = [["from \\\\ to", *heads], ["---", *[":-:"] * len(heads)]]
        rows += [[side, *marks] for side, marks in zip(sides, _marks(seen, holes), strict=True)]
        found.append("\n".join([f"| {' | '.join(row)} |" for row in rows]))
    if holes:
        found.append(NOTE)
        lines = [
            f"- {marked(seen.subject.witnesses[hole.kind][0])} {code(hole.line, 200)}: "
            f"{escaped(shown(hole.sentence, 1_000))}"
            for hole in holes
        ]
        found.append("\n".join(lines))
    found += [escaped(shown(each, 1_000)) for each in _beyond(seen)]
    return "\n\n".join(found) + "\n"


def as_page(seen: Seen) -> str:
    """As the page of the views: the holes in a list, and marked in the matrix."""
    from bylaws.views.page import page  # noqa: PLC0415 (reads its parts from the package)
    from bylaws.views.remarks import Remark, Remarks  # noqa: PLC0415

    listed = [
        Remark(str(hole), hole.where, (hole.from_state, hole.to_state)) for hole in seen.holes()
    ]
    about = [summary(seen), *_beyond(seen)]
    return page(
        seen.subject.matrix,
        remarks=Remarks("What no run has exercised", ". ".join(about), tuple(listed)),
    )


def _marks(seen: Seen, holes: Sequence[Hole]) -> list[list[str]]:
    """The cells: the label of the plan, and whether it has holes."""
    folded = seen.subject.folded
    open_kinds = {hole.kind for hole in holes}
    marks = [f"{marked(plan)}{OPEN if plan.label in open_kinds else ''}" for plan in folded.plans]
    return [[marks[at] for at in row] for row in folded.cells]


def _told(seen: Seen, holes: Sequence[Hole]) -> Iterator[str]:
    """The holes, those of one kind of moves below a run that would fill them."""
    line = None
    for hole in holes:
        if hole.line != line:
            line = hole.line
            yield f"{marked(seen.subject.witnesses[hole.kind][0])} {shown(hole.line, 200)}"
        yield f"     {shown(hole.sentence, 1_000)}"
    yield from _beyond(seen)


def _beyond(seen: Seen) -> Iterator[str]:
    for item in seen.unexpected:
        where = seen.subject.witnesses[item.kind][1]
        yield (
            f"{item.entry} {DID[item.what]} at {where[0]} -> {where[1]}, which its annotation, "
            "or its place behind a rule that always refuses, does not admit"
        )
