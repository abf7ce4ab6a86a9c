"""Mermaid: the package itself draws it in a browser, with the names and edges that were meant."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from bylaws.views import Matrix, MatrixError
from bylaws.views.diagram import MOST_EDGES, diagram
from bylaws.views.display import shown
from bylaws.views.focus import focus_on
from bylaws.views.mermaid import MOST_CHARACTERS, write_mermaid
from tests.views.hostile import GROUPS, LONG, of
from tests.views.real import large, orders, prefect
from tests.views.tools import mermaid, missing, program

DRAW = """async text => {
    const { svg } = await mermaid.render("drawn", text);
    document.body.innerHTML = svg;
    const texts = query => [...document.querySelectorAll(query)].map(found => found.textContent);
    const { db } = await mermaid.mermaidAPI.getDiagramFromText(text);
    return {
        title: texts(".statediagramTitleText"),
        nodes: texts(".node .nodeLabel"),
        labels: texts(".edgeLabels .edgeLabel .edgeLabel"),
        edges: db.getData().edges.map(edge => [edge.start, edge.end]),
        other: document.body.querySelectorAll("script, b, h1, li, em, strong, a, img").length,
    };
}"""


@pytest.fixture(scope="module")
def page() -> Iterator[Any]:
    """A page of Chromium with Mermaid in it."""
    script = mermaid()
    try:
        from playwright.sync_api import sync_playwright  # noqa: PLC0415 (may be missing)
    except ImportError:
        missing("there is no playwright: pip install playwright")
    chromium = program("chromium", "chromium-browser", "google-chrome")
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        found = browser.new_page()
        found.set_content("<body></body>")
        found.add_script_tag(path=script)
        found.evaluate("mermaid.initialize({ startOnLoad: false })")
        yield found
        browser.close()


def spaced(text: str) -> str:
    """With single spaces, and none at the ends."""
    return " ".join(text.split())


def check(page: Any, matrix: Matrix, focus: str | None = None) -> None:
    """What is drawn is what there is to draw."""
    part = None if focus is None else focus_on(matrix, focus)
    drawn = diagram(matrix, part)
    read = page.evaluate(DRAW, write_mermaid(matrix, part))
    assert [*map(spaced, read["title"])] == [spaced(shown(matrix.name))]
    nodes = [spaced(", ".join(drawn.label(node))) for node in range(len(drawn.nodes))]
    assert [*filter(None, map(spaced, read["nodes"]))] == [*filter(None, nodes)]
    labels = [spaced(", ".join(edge.label)) for edge in drawn.edges]
    drawn_labels: list[str] = [*map(spaced, read["labels"])]
    assert sorted(filter(None, drawn_labels)) == sorted(filter(None, labels))
    assert read["edges"] == [
        [
            "root_start" if edge.start is None else f"s{edge.start}",
            "root_end" if edge.end is None else f"s{edge.end}",
        ]
        for edge in drawn.edges
    ]
    assert read["other"] == 0


@pytest.mark.parametrize("matrix", [*GROUPS, LONG], ids=range(len(GROUPS) + 1))
def test_mermaid_reads_hostile_names_back(page: Any, matrix: Matrix) -> None:
    """Each node with its states, each edge with its guards, and nothing becomes markup."""
    check(page, matrix)


@pytest.mark.parametrize("focus", [None, "PAID", "take_van", "none"])
def test_mermaid_reads_the_readme_back(page: Any, focus: str | None) -> None:
    """All of it, and parts of it."""
    check(page, orders(), focus)


def test_mermaid_draws_as_much_as_is_written(page: Any) -> None:
    """One of Prefect's policies, all of whose moves are possible; it has less than 200 edges."""
    check(page, prefect("CoreTaskPolicy"))
    assert 50 < len(diagram(prefect("CoreTaskPolicy")).edges) < MOST_EDGES


def test_what_mermaid_does_not_draw_is_an_error() -> None:
    """More than 200 edges, or more characters than it reads; the way out is named."""
    with pytest.raises(MatrixError, match="more than 200 edges: --focus STATE or RULE draws"):
        write_mermaid(large(30, 60))
    matrix = of(["<>" * 30 + str(at) for at in range(12)])
    every = matrix.space.set_of(matrix.space.full)
    wide = [replace(entry, from_states=every, to_states=every) for entry in matrix.entries[2:]]
    wide = [replace(entry, name=f"wide {entry.name}") for entry in wide]
    matrix = replace(matrix, entries=(*matrix.entries, *wide))
    message = f"characters, and Mermaid draws {MOST_CHARACTERS:,}: --focus STATE or RULE draws"
    with pytest.raises(MatrixError, match=message):
        write_mermaid(matrix)
    assert len(write_mermaid(matrix, focus_on(matrix, "none"))) < MOST_CHARACTERS
