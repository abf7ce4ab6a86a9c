"""Markdown: a parser reads back the tables as they were meant, whatever names are."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from bylaws.views import (
    Difference,
    EntryFacts,
    Matrix,
    State,
    StateEnum,
    StateSet,
    StateSpace,
    difference,
    fold,
    markdown,
)
from bylaws.views.display import MOST_PLANS, answers, capped, items, marked, shown
from bylaws.views.focus import Focus, focus_on
from bylaws.views.markdown import code, escaped, write_difference, write_markdown
from bylaws.views.matrix import Hook
from tests.views.drawn import matrices, pairs
from tests.views.hostile import GROUPS, NAMES
from tests.views.real import large, orders

Table = list[list[str]]
PARSER = MarkdownIt("commonmark").enable("table")
QUIET_TAGS = ("<code>", "</code>", "<!-- -->")


def parsed(text: str) -> list[str | Table]:
    """The paragraphs, headings and items of a text, and its tables, as texts without markup.

    Any HTML but what the views write is an error, and so are images and links.
    """
    found: list[str | Table] = []
    inside = False
    for token in PARSER.parse(text):
        if token.type == "table_open":
            found.append([])
            inside = True
        elif token.type == "table_close":
            inside = False
        elif token.type == "html_block":
            assert token.content.startswith(("<details><summary>", "</details>"))
            found.append(token.content.strip())
        elif token.type == "tr_open":
            table = found[-1]
            assert isinstance(table, list)
            table.append([])
        elif token.type == "inline":
            text = plain(token.children or [])
            last = found[-1] if inside else None
            if isinstance(last, list):
                last[-1].append(text)
            else:
                found.append(text)
        else:
            assert token.type not in ("fence", "code_block", "hr", "blockquote_open"), token
    return found


def plain(tokens: list[Token]) -> str:
    """The text of an inline token."""
    for token in tokens:
        assert token.type in ("text", "code_inline", "html_inline", "strong_open", "strong_close")
        assert token.type != "html_inline" or token.content in QUIET_TAGS
    return "".join([token.content for token in tokens if token.type in ("text", "code_inline")])


def worded(matrix: Matrix, states: StateSet | None) -> str:
    """A set as it is to be read."""
    return ", ".join(capped(map(str, items(matrix.space, states)), 12))


@given(st.sampled_from(NAMES) | st.text())
def test_a_name_stays_a_name(name: str) -> None:
    """In a sentence and in a table, as code and as text, it is read as it is shown."""
    table = f"| a | b |\n|---|---|\n| {code(name)} | x{escaped(shown(name))}x |\n"
    assert parsed(table) == [[["a", "b"], [shown(name), f"x{shown(name)}x"]]]
    assert parsed(f"x {code(name)} {escaped(shown(name))}x") == [f"x {shown(name)} {shown(name)}x"]


@pytest.mark.parametrize(
    "name", ["@someone", "#1", "www.example.com", "http://a.b", ":smile:", "$x$", "a@b.c"]
)
def test_names_call_on_nobody(name: str) -> None:
    """What GitHub makes links and pictures of, beyond Markdown, is in code or broken up."""
    assert code(name) == f"`{name}`"
    assert not any(sign in escaped(name).replace("&#", "") for sign in "@#:$.")
    assert "<!-- -->" in escaped(name) or not set("@#") & set(name)


@given(st.sampled_from(GROUPS) | matrices())
def test_a_matrix_reads_back(matrix: Matrix) -> None:
    """The entries, the cells and the legend."""
    found = parsed(write_markdown(matrix))
    tables = [each for each in found if isinstance(each, list)]
    folded = fold(matrix)
    assert found[0] == shown(matrix.name)
    entries = [
        [
            str(at),
            shown(entry.name),
            answers(entry),
            "" if entry.from_states is None else worded(matrix, entry.from_states),
            "" if entry.to_states is None else worded(matrix, entry.to_states),
        ]
        for at, entry in enumerate(matrix.entries, 1)
    ]
    if entries:
        assert tables.pop(0)[1:] == entries
    head, *rows = tables.pop(0)
    assert head == ["from \\ to", *[worded(matrix, states) for states in folded.columns]]
    assert rows == [
        [worded(matrix, states), *[marked(folded.plans[at]) for at in cells]]
        for states, cells in zip(folded.rows, folded.cells, strict=True)
    ]
    numbers = {entry.name: at for at, entry in enumerate(matrix.entries, 1)}
    legend = [
        [
            marked(plan),
            ", ".join(
                f"{numbers[entry.name]} {shown(entry.name)}"
                + "\u00d7" * (entry in plan.ruled_out_by)
                for entry in plan.entries
            ),
        ]
        for plan in folded.plans
        if plan.entries
    ]
    assert (tables.pop(0)[1:] if legend else []) == legend
    refuses = any(plan.ruled_out_by for plan in folded.plans)
    assert (
        found[-1] == "\u00d7 always refuses: the move is ruled out, whatever happens."
    ) == refuses
    assert legend or found[-1] == "Nothing fires for any move."


@given(st.sampled_from(GROUPS) | matrices(), st.integers(0, 20))
def test_a_part_reads_back(matrix: Matrix, place: int) -> None:
    """Of a state its moves, of an entry its facts and its cells; all as tables and lists."""
    foci = [*map(Focus, matrix.states), *[Focus(None, entry) for entry in matrix.entries]]
    focus = foci[place % len(foci)]
    found = parsed(write_markdown(matrix, focus))
    assert found[0] == f"{shown(focus.entry.name if focus.entry else focus.state)} in " + shown(
        matrix.name
    )
    tables = [each for each in found if isinstance(each, list)]
    if focus.entry is None:
        state = shown(focus.state)
        assert [table[0][1] for table in tables[:2]] == [f"from {state} to", f"to {state} from"]
        plans = {row[0]: row[1] for row in tables[0][1:]}
        folded = fold(matrix)
        for mark, states in plans.items():
            reached = [to for to in matrix.states if marked(folded.plan(focus.state, to)) == mark]
            assert states == worded(matrix, matrix.space.set_of(reached))
    else:
        at = matrix.entries.index(focus.entry) + 1
        assert f"entry {at} of {len(matrix.entries)}" in found
        sets = {"from": focus.entry.from_states, "to": focus.entry.to_states}
        for words, each in sets.items():
            assert each is None or f"{words} {worded(matrix, each)}" in found


def test_the_facts_of_an_entry() -> None:
    """All that is known of it."""
    space = StateSpace((StateEnum("S", ("A", "B")),))
    states = space.set_of(["A"])
    hooks: tuple[Hook, ...] = ("before_transition", "cleanup")
    legal = ((None, states),)
    rule = EntryFacts(
        "go",
        "rule",
        states,
        states,
        ("proceed", "abort"),
        hooks,
        ("cleanup",),
        legal,
        "Go on.",
        "go.py",
        3,
    )
    log = EntryFacts("log", "transform", verdicts=(), file="log.py")
    matrix = Matrix("m", space, (rule, log))
    assert parsed(write_markdown(matrix, Focus(None, rule)))[:8] == [
        "go in m",
        "Go on.",
        "entry 1 of 2",
        "from A",
        "to A",
        "answers legal moves only",
        "legal: None -> A",
        "hooks before_transition, cleanup (async)",
    ]
    assert "defined in go.py:3" in parsed(write_markdown(matrix, Focus(None, rule)))
    about = parsed(write_markdown(matrix, Focus(None, log)))
    assert about[1:4] == ["entry 2 of 2", "fires always: it is a transform", "defined in log.py"]


def test_too_much_is_not_shown() -> None:
    """Of many plans, how much fires; of many cells, how many there are."""
    text = write_markdown(large(30, 100))
    assert "plans differ, too many to show. `--focus STATE`" in text
    assert f"{MOST_PLANS:,}" not in text
    start = time.process_time()
    text = write_markdown(large(1_000, 300))
    assert time.process_time() - start < 5
    assert text.endswith("too many to show. `--focus STATE` or `--focus RULE` shows a part.\n")
    assert "rule_7" in write_markdown(large(1_000, 300), focus_on(large(1_000, 300), "rule_7"))


@given(pairs())
def test_a_difference_reads_back(both: tuple[Matrix, Matrix]) -> None:
    """Its kinds first, then a row for each line, the gravest first."""
    found = difference(*both)
    old, new = shown(both[0].name), shown(both[1].name)
    title, *rest = parsed(write_difference(found))
    assert title == (new if old == new else f"{old} \u2192 {new}")
    if not found:
        assert rest == ["The same: no move and no entry is changed."]
        return
    assert rest[0] == ", ".join([f"{count:,} {kind}" for kind, count in found.counted().items()])
    rows = [row for table in rest if isinstance(table, list) for row in table[1:]]
    assert len(rows) == len(found.lines)
    for row, line in zip(rows, found.lines, strict=True):
        assert row[0] == ", ".join(line.kinds)
        assert row[3].strip() == shown(line.sentence, 100_000).strip()
        if line.witness is not None:
            sets = [
                ", ".join(capped(map(str, items(found.space, states)), 12))
                for states in (line.from_states, line.to_states)
            ]
            assert row[1:3] == sets
            witness = " -> ".join(map(shown, line.witness))
            if witness == " -> ".join(sets):  # a member may be called "every S", too
                assert row[4] in ("", witness)
            else:
                assert row[4] == witness


@pytest.mark.parametrize("most", [3_000, 20_000, 65_536])
def test_a_long_difference_is_cut_honestly(most: int) -> None:
    """The first lines are open, the others in details; what is left out is counted by kind."""
    old, new = large(60, 200), large(60, 201)
    names = {entry.name: f"<@{entry.name}>|`" * 5 for entry in new.entries}
    new = replace(
        new, entries=tuple([replace(each, name=names[each.name]) for each in new.entries])
    )
    found = difference(old, new)
    text = write_difference(found, most=most)
    assert most // 2 < len(text.encode()) < most
    read = parsed(text)
    rows = [row for table in read if isinstance(table, list) for row in table[1:]]
    assert [row[0] for row in rows] == [", ".join(line.kinds) for line in found.lines][: len(rows)]
    left = found.lines[len(rows) :]
    assert isinstance(read[-1], str)
    assert read[-1].startswith(f"Left out, being too long for a comment: {len(left):,} lines: ")
    counts = {kind: [line.kind for line in left].count(kind) for kind in found.counted()}
    assert all(f"{count:,} {kind}" in read[-1] for kind, count in counts.items() if count)
    assert text.count("<details>") == text.count("</details>") == (len(rows) > 15)


def test_only_lines_that_fit_are_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 5,000 lines a comment has few: no more than one beyond these is worked out."""
    old = orders()
    (line, *_) = difference(old, replace(old, entries=old.entries[:-1])).lines
    written: list[State] = []

    def counted(name: State) -> str:
        written.append(name)
        return code(name)

    monkeypatch.setattr(markdown, "code", counted)
    text = write_difference(Difference(old, old, old.space, (line,) * 5_000), most=3_000)
    assert 1 < text.count("| **") < 50
    assert len(written) < 500


def test_one_line_too_many_is_told() -> None:
    """Even the first line may be too long."""
    old = orders()
    found = difference(old, replace(old, entries=old.entries[:-1]))
    assert "| **opens**" not in write_difference(found, most=1_100)
    assert "a comment: 1 line: 1 loosens." in write_difference(found, most=1_100)


def test_a_weighed_difference_reads_back() -> None:
    """It has how many moves meet what is changed, and two figures a line; names are harmless."""
    old = orders()
    new = replace(old, entries=tuple([each for each in old.entries if each.name != "take_van"]))
    change = difference(old, new)
    weighed = change.weighed(
        [("PAID", "SHIPPED", 12_121), ("PAID", "SHIPPED", 310, "take_van"), ("@ghost", None, 1)]
    )
    title, kinds, touched, unknown, table = parsed(write_difference(weighed))
    assert (title, kinds) == ("orders", "1 opens" if "opens" in str(change) else "1 loosens")
    assert touched == "12,431 of 12,432 recorded moves meet what is changed."
    assert unknown == "1 is of states that neither policy has: @ghost -> None (1)."
    assert "@ghost" not in write_difference(weighed)
    assert table[0][-2:] == ["moves", "refused by it"]
    assert table[1][-2:] == ["12,431", "310"]
    renamed = replace(old.entries[-1], name="another")
    change = difference(old, replace(old, entries=(*old.entries[:-1], renamed)))
    assert parsed(write_difference(change.weighed([])))[-1][1][-2:] == ["", ""]
    same = difference(old, old).weighed([("NEW", "PAID", 2)])
    assert parsed(write_difference(same))[1:] == [
        "The same: no move and no entry is changed.",
        "0 of 2 recorded moves meet what is changed.",
    ]
