"""DOT: Graphviz draws it, with the names and the edges that were meant."""

from __future__ import annotations

import subprocess
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bylaws.views import Matrix
from bylaws.views.diagram import diagram
from bylaws.views.display import shown
from bylaws.views.dot import write_dot
from bylaws.views.focus import focus_on
from tests.views.drawn import matrices
from tests.views.hostile import GROUPS, LONG
from tests.views.real import orders
from tests.views.tools import program

SVG = "{http://www.w3.org/2000/svg}"
pytestmark = pytest.mark.spawns


def read(text: str) -> tuple[list[str], dict[str, list[str]], dict[str, list[str]]]:
    """The lines of the title, of every node and of every edge, as Graphviz draws them."""
    command = [program("dot"), "-Tsvg"]
    done = subprocess.run(command, input=text.encode(), capture_output=True, check=True)
    assert not done.stderr
    graph = ET.fromstring(done.stdout)[0]
    found: dict[str, dict[str, list[str]]] = {"node": {}, "edge": {}}
    for group in graph.findall(f"{SVG}g"):
        title = group.findtext(f"{SVG}title") or ""
        found[group.attrib["class"]][title] = texts(group)
    return texts(graph), found["node"], found["edge"]


def texts(group: ET.Element) -> list[str]:
    """The lines of a label."""
    return [spaced(line.text or "") for line in group.findall(f"{SVG}text")]


def spaced(text: str) -> str:
    """With single spaces, none at the ends, and without what is not seen."""
    return " ".join(text.replace("\u00a0", " ").split())


def lines(names: list[str]) -> list[str]:
    """As they stand in a label."""
    return [spaced(each) for each in [*[f"{name}," for name in names[:-1]], *names[-1:]]]


@settings(max_examples=20)
@given(st.sampled_from(GROUPS) | matrices())
def test_graphviz_reads_it_back(matrix: Matrix) -> None:
    """Each node with its states, each edge with its guards, and the name of the policy."""
    drawn = diagram(matrix)
    title, nodes, edges = read(write_dot(matrix))
    assert title == [spaced(shown(matrix.name))]
    ends = {node for node in nodes if not node.startswith("s")}
    assert {node: label for node, label in nodes.items() if node not in ends} == {
        f"s{node}": lines(drawn.label(node)) for node in range(len(drawn.nodes))
    }
    assert edges == {
        f"{'before' if edge.start is None else f's{edge.start}'}->"
        f"{'after' if edge.end is None else f's{edge.end}'}": lines(edge.label)
        for edge in drawn.edges
    }
    assert ("before" in ends) == any(edge.start is None for edge in drawn.edges)
    assert ("after" in ends) == any(edge.end is None for edge in drawn.edges)


def test_a_part_is_drawn() -> None:
    """With a focus, what has to do with it; however long the names are."""
    _, nodes, _ = read(write_dot(LONG, focus_on(LONG, "A")))
    assert all(len(line) < 100 for label in nodes.values() for line in label)
    _, nodes, edges = read(write_dot(orders(), focus_on(orders(), "take_van")))
    assert nodes == {"s0": ["PAID"], "s1": ["SHIPPED"]}
    assert edges == {"s0->s1": ["take_van,", "load_van"]}
