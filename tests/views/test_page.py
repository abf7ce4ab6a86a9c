"""The page: what is in the file, and what a person finds with it, in Chromium."""

from __future__ import annotations

import base64
import hashlib
import json
import random
import re
import runpy
import sys
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import pytest
from hypothesis import example, given, settings

from bylaws.explanation import Reason
from bylaws.views import (
    EntryFacts,
    Matrix,
    State,
    StateEnum,
    StateSet,
    StateSpace,
    difference,
    fold,
)
from bylaws.views.fold import label
from bylaws.views.matrix import VerdictName
from bylaws.views.page import page
from bylaws.views.remarks import Remark, Remarks
from tests.views.browser import chromium, why_not
from tests.views.drawn import matrices, pairs
from tests.views.tools import missing

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

pytestmark = pytest.mark.spawns

EXAMPLES: Final = Path(__file__).parents[2] / "examples"
NAMES: Final = [
    *["</script><script>window.hit = 1</script>", "<img src=x onerror='window.hit = 1'>"],
    *[
        "<b>bold</b>",
        "<!--",
        "-->",
        "]]>",
        "&lt;",
        "&amp;",
        '"',
        "'",
        "`",
        "\\",
        "\\u003c",
        "$data",
    ],
    *["${window.hit = 1}", "javascript:window.hit = 1", "{{x}}", "a|b", "a;b", "a:b", "A -> B"],
    *["one\ntwo", "\t", "\x00", "\x1b[31m", "\u202eabc", "\u2028", "\ufeff", "\u05e9\u05dc"],
    *["\U0001f642", "\U0001f469\u200d\U0001f467", "\ud800", "None", "every S", "__proto__"],
    *["constructor", " ", "", "x" * 10_000],
]
Lines: TypeAlias = list[tuple[str, str]]


def orders() -> Matrix:
    """The policy of the README: its first entry is made by `moves()`."""
    return Matrix.of(runpy.run_path(str(EXAMPLES / "orders.py"))["orders"])


def prefect(name: str = "CoreTaskPolicy") -> Matrix:
    """One of Prefect's policies."""
    example: dict[str, Any] = runpy.run_path(str(EXAMPLES / "prefect_policies.py"))
    return Matrix.of(example["build"](name, example["load_facts"]()["policies"][name]))


def edited() -> tuple[Matrix, Matrix]:
    """A policy, and what an edit of it has left: something is gone, new, moved and renamed."""
    old = prefect()
    first, second, third, *rest = old.entries
    first = replace(first, verdicts=None)
    new = replace(second, name="Terminal")
    back = EntryFacts(
        "NeverBack",
        "rule",
        old.space.set_of(["COMPLETED"]),
        old.space.set_of(["PENDING"]),
        ("abort",),
        ("before_transition",),
    )
    edit = (new, first, back, *rest)
    return replace(old, entries=(first, second, third, *rest)), replace(old, entries=edit)


def large(states: int, rules: int) -> Matrix:
    """A matrix of which no two states behave alike, and of which nearly all cells differ."""
    dice = random.Random(7)
    space = StateSpace((StateEnum("S", tuple([f"STATE_{at}" for at in range(states)])),))

    def some() -> StateSet:
        return space.set_of(dice.sample(space.states, states // 3))

    listed = [
        EntryFacts(
            f"rule_{at}", "rule", some(), some(), doc=f"Rule {at}.", file="orders.py", line=at
        )
        for at in range(rules)
    ]
    return Matrix("large", space, tuple(listed))


def hostile() -> Matrix:
    """Everything is called something that means something to HTML or to JavaScript."""
    listed = [
        EntryFacts(
            name,
            "rule",
            StateSet((), (state,)),
            StateSet((), (state, None)),
            doc=name,
            file=name,
            line=1,
        )
        for name, state in zip(NAMES, NAMES, strict=True)
    ]
    return Matrix(NAMES[0], StateSpace((), tuple(NAMES)), tuple(listed))


# --------------------------------------------------------------------------------------------------
# The file
# --------------------------------------------------------------------------------------------------


class Read(HTMLParser):
    """The elements of a page with their attributes, and the texts inside of some."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, str] = {}
        self._inside = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._inside = dict(attrs).get("id") or tag

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        self.texts[self._inside] = self.texts.get(self._inside, "") + data


def facts(text: str) -> dict[str, Any]:
    """The facts in a page."""
    found: dict[str, Any] = json.loads(Read(text).texts["data"])
    return found


def hashed(text: str) -> str:
    """A text as a content security policy names it."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def test_it_is_one_file() -> None:
    """Nothing in it leads out of it, and its policy allows its own script and style alone."""
    found = Read(page(*edited()))
    leading = {"src", "href", "srcset", "action"}
    assert not [given for _, given in found.elements if not leading.isdisjoint(given)]
    assert len([tag for tag, _ in found.elements if tag == "script"]) == 2
    allowed = next(given["content"] for _, given in found.elements if "http-equiv" in given)
    assert allowed == (
        f"default-src 'none'; script-src '{hashed(found.texts['script'])}'; "
        f"style-src '{hashed(found.texts['style'])}'; base-uri 'none'; form-action 'none'"
    )
    assert found.texts["title"] == "CoreTaskPolicy: what changes"


def test_it_has_the_first_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of many lines of a difference the gravest; how many more there are is told."""
    both = edited()
    lines = difference(*both).lines
    assert "left out" not in page(*both)
    monkeypatch.setattr(sys.modules["bylaws.views.page"], "MOST_LINES", 2)
    cut = page(*both)
    assert [line["sentence"] for line in facts(cut)["lines"]] == [
        line.sentence for line in lines[:2]
    ]
    told = f"These are the gravest lines. {len(lines) - 2} more are left out, and the cells"
    assert told in cut
    assert "left out" not in page(both[0])


def test_a_weighed_difference_has_its_figures() -> None:
    """Each line has what it weighs, in words; without weights there is nothing of it."""
    old, new = edited()
    change = difference(old, new)
    assert page(change) == page(old, new)
    assert facts(page(change))["recorded"] is None
    weighed = change.weighed([(state, "PENDING", 10**18) for state in old.states])
    found = facts(page(weighed))
    assert found["recorded"] == [*weighed.summary()]
    assert [line["sentence"] for line in found["lines"]] == [
        each.sentence for each in weighed.lines
    ]
    for line, each in zip(found["lines"], weighed.lines, strict=True):
        assert line["weight"] == (str(weighed.weight(each)) if each.witness else None)


def test_its_script_makes_no_markup() -> None:
    """No name can come in as anything but text: what would parse it is not in the script."""
    script = files("bylaws.views").joinpath("page.js").read_text("ascii")
    for way in ("innerHTML", "outerHTML", "insertAdjacent", "document.write", "eval(", "Function("):
        assert way not in script
    assert "</" not in script
    assert "<!--" not in script


def test_no_name_makes_an_element() -> None:
    """With hostile names the file has the elements that any has, is ASCII, and tells the names."""
    usual, odd = page(orders()), page(hostile())
    assert odd.isascii()
    assert [tag for tag, _ in Read(odd).elements] == [tag for tag, _ in Read(usual).elements]
    assert facts(odd)["states"] == [*NAMES, None]
    assert [entry["name"] for entry in facts(odd)["policies"][0]["entries"]] == NAMES


@given(matrices())
def test_states_are_folded_as_elsewhere(matrix: Matrix) -> None:
    """The rows and the columns are those of `fold`."""
    found, folded = facts(page(matrix)), fold(matrix)
    for key, classes in (("rows", folded.rows), ("columns", folded.columns)):
        members = [[*matrix.members(states)] for states in classes]
        assert [[matrix.states[at] for at in each] for each in found[key]] == members


def test_a_large_page_is_small() -> None:
    """1,000 states by 300 rules take less than 2 MB."""
    assert len(page(large(1_000, 300))) < 2_000_000


def test_an_empty_policy_has_a_page() -> None:
    """No states, no entries, an enum without members: one cell, in which nothing fires."""
    found = facts(page(Matrix("", StateSpace((StateEnum("S", ()),)), ())))
    assert (found["states"], found["rows"], found["columns"]) == ([None], [[0]], [[0]])
    assert found["enums"] == [["S", 0, 0]]


# --------------------------------------------------------------------------------------------------
# In Chromium
# --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser for the tests of this module."""
    reason = why_not()
    if reason is not None:
        missing(reason)
    with chromium() as started:
        yield started


LINES: Final = """items => [...document.querySelectorAll("#panel-body " + items)].map(item =>
    [item.dataset.entry, (item.querySelector(".sentence") || {}).textContent || ""])"""


class Shown:
    """A page in a browser, by what a person does and sees."""

    def __init__(self, context: BrowserContext, file: Path) -> None:
        self.tab: Page = context.new_page()
        self.heard: list[str] = []
        self.asked: list[str] = []
        self.tab.on("console", lambda message: self.heard.append(message.text))
        self.tab.on("pageerror", lambda error: self.heard.append(str(error)))
        self.tab.on("dialog", lambda dialog: self.heard.append(dialog.message))
        self.tab.on("request", lambda request: self.asked.append(request.url))
        self._file = file

    def show(self, text: str) -> Shown:
        """Open a page."""
        self._file.write_text(text, "ascii")
        self.tab.goto("about:blank")
        self.asked.clear()
        self.tab.goto(self._file.as_uri())
        return self

    def press(self, *keys: str) -> None:
        for key in keys:
            self.tab.keyboard.press(key)

    def enter_grid(self) -> None:
        """Put the keyboard on the cell that Tab leads to."""
        self.tab.locator("#grid [tabindex='0']").focus()

    def focused(self) -> str:
        """What a screen reader says of what has the focus."""
        found: str = self.tab.evaluate(
            "document.activeElement.ariaLabel || document.activeElement.textContent"
        )
        return found

    def open(self, row: int, column: int) -> None:
        """Click on a cell."""
        self.tab.locator(f"td[data-row='{row}'][data-column='{column}']").click()

    def title(self) -> str:
        """The panel's title."""
        return self.tab.locator("#panel-title").text_content() or ""

    def fires(self) -> Lines:
        """What fires in the open cell, with the sentence where it always refuses."""
        return self._lines("ol.fires > li:not(.gone)")

    def gone(self) -> list[str]:
        """What fired and does not any more."""
        return [name for name, _ in self._lines("ol.fires > li.gone")]

    def others(self) -> Lines:
        """What does not fire, with the reason."""
        return self._lines("ol.others > li")

    def _lines(self, items: str) -> Lines:
        found: list[list[str]] = self.tab.evaluate(f"({LINES})({json.dumps(items)})")
        return [(name, text) for name, text in found]

    def read_all(self) -> dict[tuple[int, int], tuple[Lines, Lines]]:
        """Click on every cell: what fires, and what does not."""
        found: list[Any] = self.tab.evaluate(
            f"""() => [...document.querySelectorAll("#grid td[data-row]")].map(({{dataset}}) => {{
            const {{row, column}} = dataset;
            document.querySelector(`td[data-row="${{row}}"][data-column="${{column}}"]`).click();
            return [Number(row), Number(column),
                ({LINES})("ol.fires > li"), ({LINES})("ol.others > li")];
            }})"""
        )
        return {
            (row, column): ([(a, b) for a, b in fires], [(a, b) for a, b in others])
            for row, column, fires, others in found
        }

    def cells(self, wanted: str = "") -> dict[tuple[int, int], str]:
        """The labels that a screen reader says, of all cells or of those that match."""
        found: list[list[Any]] = self.tab.evaluate(
            """wanted => [...document.querySelectorAll("#grid td[data-row]" + wanted)].map(cell =>
            [Number(cell.dataset.row), Number(cell.dataset.column), cell.ariaLabel])""",
            wanted,
        )
        return {(row, column): text for row, column, text in found}

    def search(self, text: str) -> list[str]:
        """Type into the search; what is offered."""
        self.tab.fill("#search", text)
        return self.tab.locator("#found [role=option]").all_text_contents()

    def status(self) -> str:
        """What was last said aloud."""
        return self.tab.locator("#status").text_content() or ""


@pytest.fixture
def shown(browser: Browser, tmp_path: Path) -> Iterator[Shown]:
    """A tab in which nothing may go wrong, and nothing be asked for but the file."""
    with browser.new_context(viewport={"width": 1400, "height": 900}) as context:
        found = Shown(context, tmp_path / "page.html")
        yield found
        assert found.heard == []
        assert found.asked == [found.tab.url.partition("#")[0]]


@pytest.fixture(scope="module")
def reading(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    """The same for examples of hypothesis, one after the other."""
    with browser.new_context(viewport={"width": 1400, "height": 900}) as context:
        found = Shown(context, tmp_path_factory.mktemp("page") / "page.html")
        yield found
        assert found.heard == []


def explained(matrix: Matrix, from_state: State, to_state: State) -> tuple[Lines, Lines]:
    """What has to be said of a move: what fires, and why the rest does not."""
    lines = matrix.explain(from_state, to_state)
    fires = [
        (line.name, line.sentence if line.reason is Reason.FORBIDDEN else "")
        for line in lines
        if line.fires
    ]
    return fires, [(line.name, line.sentence) for line in lines if not line.fires]


def test_the_keyboard_opens_a_cell(shown: Shown) -> None:
    """Arrows go there, Enter opens it and reads its title, Escape leads back to it."""
    matrix = orders()
    shown.show(page(matrix)).enter_grid()
    shown.press("ArrowDown", "ArrowRight", "ArrowRight")
    assert shown.focused() == "PAID to SHIPPED: plan D, 3 fire"
    shown.press("Enter")
    assert shown.focused() == shown.title() == "PAID \u2192 SHIPPED"
    assert (shown.fires(), shown.others()) == explained(matrix, "PAID", "SHIPPED")
    shown.press("Escape")
    assert shown.focused() == "PAID to SHIPPED: plan D, 3 fire"
    shown.press("Home")
    assert shown.title() == "PAID \u2192 NEW"  # what is open follows
    assert shown.status() == "PAID to NEW: 1 entry fires, ruled out."
    assert (shown.fires(), shown.others()) == explained(matrix, "PAID", "NEW")
    shown.press("Control+End")
    assert shown.title() == "None \u2192 None"
    shown.press("Control+Home", "PageDown", "PageUp", "End", "ArrowUp", "ArrowLeft", " ")
    assert shown.focused() == "NEW \u2192 CANCELLED"


def test_what_is_alike_can_be_told_apart(shown: Shown) -> None:
    """Where a row stands for several states, one of them is chosen: the sentences are about it."""
    matrix = orders()
    shown.show(page(matrix)).open(2, 0)
    assert shown.title() == "SHIPPED \u2192 NEW"
    shown.tab.get_by_label("From (2 alike)").select_option(label="CANCELLED")
    assert shown.title() == "CANCELLED \u2192 NEW"
    assert (shown.fires(), shown.others()) == explained(matrix, "CANCELLED", "NEW")


@settings(max_examples=20)
@given(matrix=matrices())
def test_every_cell_says_what_explain_says(reading: Shown, matrix: Matrix) -> None:
    """What fires, in order, and why each other entry does not; plans are called as elsewhere."""
    reading.show(page(matrix))
    folded = fold(matrix)
    places = [at for at, plan in enumerate(folded.plans) if plan.entries]
    labels = {place: label(at) for at, place in enumerate(places)}
    said = reading.cells()
    for (row, column), read in reading.read_all().items():
        from_state = matrix.members(folded.rows[row])[0]
        to_state = matrix.members(folded.columns[column])[0]
        assert read == explained(matrix, from_state, to_state)
        text, count = said[row, column], len(read[0])
        assert re.search(r"\b1 fires\b" if count == 1 else rf"\b{count or 'none'} fire\b", text)
        assert (", ruled out" in text) == bool(matrix.ruled_out_by(from_state, to_state))
        if count:
            assert f"plan {labels[folded.cells[row][column]]}, " in text
    assert reading.heard == []


def one_rule(verdicts: tuple[VerdictName, ...] | None) -> Matrix:
    every = StateSet((), ("A",))
    rule = EntryFacts("R", "rule", every, every, verdicts)
    return Matrix("M", StateSpace((), ("A",)), (rule,))


@settings(max_examples=20)
@given(both=pairs())
@example(both=(one_rule(None), one_rule(())))  # from anything to never an answer: no looser
def test_cells_are_marked_as_the_lines_say(reading: Shown, both: tuple[Matrix, Matrix]) -> None:
    """A cell is marked exactly if a line is about it, and with kinds of such lines only."""
    text = page(*both)
    change = difference(*both)
    states = change.space.states
    found = facts(text)
    rows: list[State] = [states[members[0]] for members in found["rows"]]
    columns: list[State] = [states[members[0]] for members in found["columns"]]
    reading.show(text)
    marked: dict[str, set[tuple[int, int]]] = {}
    for (row, column), said in reading.cells().items():
        move = rows[row], columns[column]
        about = [
            line
            for line in change.lines
            if move[0] in change.space.members(line.from_states)
            and move[1] in change.space.members(line.to_states)
        ]
        kinds = said.partition("changed: ")[2].partition(", ruled")[0].split(", ")
        assert bool(about) == (kinds != [""]), (move, said, about)
        for kind in filter(None, kinds):
            # A line may have graver kinds elsewhere, and leaves out the milder ones.
            may = {"effects"} | {each for line in about for each in line.kinds}
            if any(line.effect == "states" for line in about):
                may.add("loosens")
            assert kind in may, (move, said, about)
            marked.setdefault(kind, set()).add((row, column))
    for line in change.lines:
        # What is new for states that are new is not marked besides.
        if line.witness and not any(each.effect == "states" for each in change.lines):
            assert line.kind in marked, (line, marked)


def test_entries_have_one_number(shown: Shown) -> None:
    """What fires and what does not is numbered by priority, as in the list of entries."""
    shown.show(page(prefect("CoreFlowPolicy")))

    def numbers(items: str) -> dict[str, str]:
        found: dict[str, str] = shown.tab.evaluate(
            """items => Object.fromEntries([...document.querySelectorAll(items + " > li")].map(
            item => [item.dataset.entry, item.querySelector(".at").textContent]))""",
            items,
        )
        return found

    names = [entry.name for entry in prefect("CoreFlowPolicy").entries]
    all_of_them = {name: str(at) for at, name in enumerate(names, 1)}
    for row, column in [*shown.cells()][:20]:
        shown.open(row, column)
        assert numbers("ol.fires") | numbers("ol.others") == all_of_them


def test_an_edit_is_shown_in_its_cells(shown: Shown) -> None:
    """A cell tells what is new, what is gone, what has moved, and what was called otherwise."""
    old, new = edited()
    shown.show(page(old, new))
    kinds = [line.kind for line in difference(old, new).lines]
    listed = shown.tab.locator("#changes li > span:first-child").all_text_contents()
    assert [text.split()[-1] for text in listed] == kinds
    shown.tab.get_by_role("button", name="such as COMPLETED \u2192 PENDING").click()
    assert shown.title() == "COMPLETED \u2192 PENDING"
    assert [name for name, _ in shown.fires()] == [
        entry.name for entry in new.fires("COMPLETED", "PENDING")
    ]
    assert shown.fires()[1][1].startswith("fires, and always refuses")
    text = shown.tab.locator("#panel-body").inner_text()
    assert "NeverBack new only refuses: abort" in " ".join(text.split())
    shown.search("pending -> running")
    shown.press("Enter")
    assert shown.gone() == ["PreventRunningTasksFromStoppedFlows"]
    assert shown.search("prevent") == ["gonePreventRunningTasksFromStoppedFlows"]
    shown.tab.locator("#changes li", has_text="NeverBack").get_by_role("button").first.click()
    assert set(shown.cells(".on")) == {
        move for move, said in shown.cells().items() if "closes" in said
    }


def test_weights_are_shown(shown: Shown) -> None:
    """Each line says how many moves would have met it, and above them is how many did in all."""
    weighed = difference(*edited()).weighed([("COMPLETED", "PENDING", 12_431), ("<b>", None, 1)])
    shown.show(page(weighed))
    text = shown.tab.locator("#changes").inner_text()
    assert "met by 12,431 moves" in text
    assert weighed.summary()[0] in text
    assert "neither policy has: <b> -> None (1)" in text
    told = shown.tab.locator("#changes .weight").all_text_contents()
    assert told == [str(weighed.weight(line)) for line in weighed.lines if line.witness]


def test_a_change_of_nothing_is_told(shown: Shown) -> None:
    """Two policies that do the same: the page says so."""
    shown.show(page(orders(), orders()))
    assert "do the same" in shown.tab.locator("#changes").inner_text()
    assert not [said for said in shown.cells().values() if "changed" in said]


def remarked() -> Remarks:
    """A remark on moves that are in two places, and one more than is shown at once."""
    where = (
        (StateSet((), ("NEW",)), StateSet((), ("PAID",))),
        (
            StateSet((), ("PAID",)),
            StateSet((), ("SHIPPED",)),
        ),
    )
    first = Remark("never <b>seen</b>", where, ("PAID", "SHIPPED"))
    return Remarks("What was not seen", "1 of 2", (first, *[first] * 20))


def test_remarks_are_listed_and_marked(shown: Shown) -> None:
    """Each says what, highlights its moves and opens one; their cells are marked."""
    shown.show(page(orders(), remarks=remarked()))
    assert shown.tab.locator("#changes-title").inner_text() == "What was not seen"
    assert "1 of 2" in shown.tab.locator("#changes-body").inner_text()
    assert "never <b>seen</b>" in shown.tab.locator("#changes-body").inner_text()
    marked = {at for at, said in shown.cells().items() if "remarked on" in said}
    assert len(marked) == 2
    shown.tab.get_by_role("button", name="highlight").first.click()
    assert set(shown.cells(".on")) == marked
    shown.tab.locator("#changes-body").get_by_role(
        "button", name="PAID \u2192 SHIPPED"
    ).first.click()
    assert shown.title() == "PAID \u2192 SHIPPED"
    assert shown.tab.get_by_role("button", name="Show all 21 lines").is_visible()


def test_no_remarks_are_a_title(shown: Shown) -> None:
    """Where there is nothing to remark, what is said about all of it stands alone."""
    shown.show(page(orders(), remarks=Remarks("What was not seen", "2 of 2", ())))
    assert "2 of 2" in shown.tab.locator("#changes-body").inner_text()
    assert not shown.tab.locator("#changes li").count()


def test_states_that_are_new_or_gone_are_told(shown: Shown) -> None:
    """A move of a state that one policy has not is marked, and opens."""
    old = prefect()
    known = StateEnum("StateType", (*old.space.enums[0].members[1:], "RETURNED"))
    new = Matrix("new", StateSpace((known,)), (old.entries[-1],))
    shown.show(page(old, new))
    shown.search("scheduled -> pending")
    shown.press("Enter")
    assert "There is no such move any more" in shown.tab.locator("#panel-body").inner_text()
    assert shown.fires() == []
    shown.search("returned -> pending")
    shown.press("Enter")
    assert [name for name, _ in shown.fires()] == [old.entries[-1].name]
    assert "CoreTaskPolicy \u2192 new" in shown.tab.locator("h1").inner_text()


def test_search_finds_a_rule(shown: Shown) -> None:
    """Its cells are highlighted, said to be, and cleared again."""
    matrix = prefect()
    shown.show(page(matrix))
    assert shown.search("CACHE") == ["ruleCacheRetrieval", "ruleCacheInsertion"]
    assert shown.status() == "2 are found."
    shown.press("ArrowDown", "ArrowUp", "ArrowDown", "Enter")
    folded = fold(matrix)
    expected = {
        (row, column)
        for row, cells in enumerate(folded.cells)
        for column, plan in enumerate(cells)
        if matrix.entry("CacheInsertion") in folded.plans[plan].entries
    }
    assert set(shown.cells(".on")) == expected
    assert {at for at, said in shown.cells().items() if "highlighted" in said} == expected
    assert shown.status() == "CacheInsertion fires for 10 of 100 moves, which are highlighted."
    assert shown.title() == "CacheInsertion"
    shown.tab.get_by_role("button", name="Clear").click()
    assert shown.cells(".on") == {}
    assert shown.search("no such thing") == ["Nothing is called so."]
    shown.press("Enter", "Escape", "Escape")
    assert shown.tab.input_value("#search") == ""


def test_search_finds_a_state(shown: Shown) -> None:
    """Its row and its column are highlighted; the panel says where it may go, and leads there."""
    matrix = orders()
    shown.show(page(matrix)).search("pai")
    shown.press("Enter")
    assert {row for row, _ in shown.cells(".on")} == {0, 1, 2, 3}
    assert len(shown.cells(".on")) == 4 + 5 - 1
    goes = shown.tab.locator(".goto").first.get_by_role("button")
    assert goes.all_text_contents() == [str(state) for state in matrix.next_states("PAID")]
    goes.first.click()
    assert shown.focused() == "PAID \u2192 SHIPPED"


def test_a_plan_shows_where_it_is(shown: Shown) -> None:
    """The button of a plan highlights its cells, and those only; again, none."""
    matrix = prefect()
    shown.show(page(matrix))
    button = shown.tab.get_by_role("button", name="Highlight plan D", exact=True)
    button.click()
    assert set(shown.cells(".on")) == {
        at for at, said in shown.cells().items() if "plan D," in said
    }
    assert button.get_attribute("aria-pressed") == "true"
    button.click()
    assert shown.cells(".on") == {}


def test_long_lists_are_cut(shown: Shown) -> None:
    """Of many lines or plans some are shown, and the rest on a click, with the focus there."""
    old = large(8, 60)
    new = replace(old, entries=tuple([replace(each, verdicts=()) for each in old.entries]))
    shown.show(page(old, new))
    for place, first in (("#changes", 20), ("#plans", 40)):
        items = shown.tab.locator(f"{place} ol > li")
        assert items.count() == first
        shown.tab.locator(place).get_by_role("button", name="Show all").click()
        assert items.count() > first
        assert items.nth(first).evaluate("item => item === document.activeElement")


def test_the_address_leads_to_a_move(shown: Shown) -> None:
    """What is open is in the address, and the address opens it."""
    shown.show(page(orders())).open(1, 2)
    shown.tab.wait_for_url("**#from=1&to=2")
    shown.tab.reload()
    assert shown.title() == "PAID \u2192 SHIPPED"
    shown.tab.evaluate("location.hash = '#from=0&to=1'")
    shown.tab.locator("#panel-title", has_text="NEW \u2192 PAID").wait_for()
    shown.tab.evaluate("location.hash = '#from=99&to=<b>'")
    assert shown.title() == "NEW \u2192 PAID"
    shown.asked[:] = shown.asked[:1]


def test_hostile_names_are_text(shown: Shown) -> None:
    """No script of theirs runs, they make no element, and they are shown as they are."""
    matrix = hostile()
    shown.show(page(matrix))
    read = shown.read_all()
    for place, name in enumerate(NAMES):
        for said, _ in read[place, place][0]:
            assert said.encode("utf-8", "replace") == name.encode("utf-8", "replace")
    for name in NAMES[:8]:
        assert shown.search(name)[0].endswith(name)
        shown.press("Enter", "Escape")
    shown.show(page(matrix, replace(matrix, entries=matrix.entries[1:])))
    shown.open(0, 0)
    assert shown.tab.evaluate("window.hit") is None
    assert shown.tab.evaluate("document.scripts.length") == 2
    assert shown.tab.locator("img, b, body script[src]").count() == 0


def test_nothing_else_may_run(shown: Shown) -> None:
    """Its content security policy stops what would get in after all."""
    shown.show(page(orders()))
    shown.tab.evaluate(
        """() => {
            const script = document.createElement("script");
            script.textContent = "window.hit = 1";
            document.body.append(script);
            document.body.insertAdjacentHTML(
                "beforeend", "<img src='x:y' onerror='window.hit = 1'>");
        }"""
    )
    shown.tab.wait_for_timeout(50)
    assert shown.tab.evaluate("window.hit") is None
    assert shown.heard
    assert all("Content Security Policy" in text for text in shown.heard)
    shown.heard.clear()
    shown.asked[:] = shown.asked[:1]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_light_or_dark(browser: Browser, tmp_path: Path, scheme: Any) -> None:
    """As the system is, until the button says otherwise."""

    def back(of: Shown) -> int:
        color: str = of.tab.evaluate("getComputedStyle(document.body).backgroundColor")
        return sum(map(int, re.findall(r"\d+", color)))

    with browser.new_context(color_scheme=scheme) as context:
        shown = Shown(context, tmp_path / "page.html").show(page(orders()))
        first = back(shown)
        other = "light" if scheme == "dark" else "dark"
        shown.tab.get_by_role("button", name=f"Switch to {other}").click()
        assert shown.tab.get_by_role("button", name=f"Switch to {scheme}").count() == 1
        assert (first > back(shown)) == (scheme == "light")


def test_a_narrow_screen_has_all_of_it(browser: Browser, tmp_path: Path) -> None:
    """At 400 pixels nothing but the matrix is scrolled sideways; a cell leads to its text."""
    with browser.new_context(viewport={"width": 400, "height": 800}) as context:
        shown = Shown(context, tmp_path / "page.html").show(page(*edited()))
        wide = "document.documentElement.scrollWidth"
        assert shown.tab.evaluate(wide) == 400
        shown.open(0, 1)
        assert shown.tab.evaluate(wide) == 400
        top: float = shown.tab.evaluate(
            "document.getElementById('panel').getBoundingClientRect().top"
        )
        assert -1 < top < 400
        shown.tab.get_by_role("button", name="Back to the matrix").click()
        assert shown.focused().startswith("SCHEDULED to PENDING")


def test_a_large_matrix_is_drawn_in_part(shown: Shown) -> None:
    """Of 250 x 250 states only what is on the screen is in the document; all of it is reached."""
    matrix = large(250, 60)
    shown.show(page(matrix))
    assert 300 < len(shown.cells()) < 3_000
    shown.enter_grid()
    shown.press("Control+End")
    assert shown.focused().startswith("None to None: ")
    shown.press("ArrowUp", "ArrowLeft", "Enter")
    assert shown.title() == "STATE_249 \u2192 STATE_249"
    assert shown.fires() == explained(matrix, "STATE_249", "STATE_249")[0]
    shown.press("Escape")
    shown.tab.locator("#scroll").evaluate("scroll => { scroll.scrollTop = scroll.scrollLeft = 0; }")
    shown.tab.wait_for_function("() => document.querySelector('td[data-row=\"0\"]')")
    shown.press("ArrowDown")  # the keyboard is where it was
    assert shown.title() == "None \u2192 STATE_249"
    assert shown.search("state_7 -> state_200")[0] == "moveSTATE_7 \u2192 STATE_200"
    shown.press("Enter")
    assert shown.title() == "STATE_7 \u2192 STATE_200"
    assert shown.fires() == explained(matrix, "STATE_7", "STATE_200")[0]
    shown.search("rule_33")
    shown.press("Enter")
    rule = matrix.entry("rule_33")
    rows, columns = (set(matrix.members(each)) for each in (rule.from_states, rule.to_states))
    assert set(shown.cells(".on")) == {
        (row, column)
        for row, column in shown.cells()
        if matrix.states[row] in rows and matrix.states[column] in columns
    }
    grid = shown.tab.locator("#grid")
    assert grid.get_attribute("aria-rowcount") == grid.get_attribute("aria-colcount") == "252"


def test_it_prints(shown: Shown) -> None:
    """On paper there is the matrix and what is open, and nothing to be clicked on for more."""
    shown.show(page(orders())).open(1, 2)
    shown.tab.emulate_media(media="print")
    assert shown.tab.locator("#grid").is_visible()
    assert shown.tab.locator("#panel").is_visible()
    assert not shown.tab.locator("#search").is_visible()


@pytest.mark.parametrize(("scheme", "width"), [("light", 1400), ("dark", 400)])
def test_it_is_accessible(browser: Browser, tmp_path: Path, scheme: Any, width: int) -> None:
    """axe-core finds nothing: at the start, with a cell open, while searching, highlighted."""
    if find_spec("axe_playwright_python") is None:
        missing("there is no axe-core: pip install axe-playwright-python")
    axe = files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")
    with browser.new_context(
        color_scheme=scheme, viewport={"width": width, "height": 900}, bypass_csp=True
    ) as context:
        for text in (page(orders()), page(orders(), remarks=remarked()), page(*edited())):
            shown = Shown(context, tmp_path / "page.html").show(text)
            shown.tab.evaluate(axe)

            def findings(tab: Page = shown.tab) -> list[str]:
                found: list[str] = tab.evaluate(
                    "async () => (await axe.run()).violations.map(each => each.id + ': ' + "
                    "each.nodes.map(node => node.html).join(' '))"
                )
                return found

            assert findings() == []
            shown.open(1, 1)
            assert findings() == []
            shown.search("e")
            assert findings() == []
            shown.press("Enter")
            assert findings() == []
