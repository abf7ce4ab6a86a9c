"""What the views write of real policies, to the letter. `pytest --update-golden` writes it anew."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bylaws.views import Matrix, difference
from bylaws.views.focus import focus_on
from bylaws.views.formats import formatted
from bylaws.views.markdown import write_difference
from bylaws.views.terminal import write_text
from tests.views.golden import compare
from tests.views.real import orders, prefect

POLICIES = {"orders": orders(), "CoreTaskPolicy": prefect("CoreTaskPolicy")}
ENDINGS = {"text": "txt", "md": "md", "csv": "csv", "mermaid": "mmd", "dot": "dot"}


def plainly(matrix: Matrix) -> Matrix:
    """Without what is about the source, which may move."""
    listed = [replace(entry, file=None, line=None) for entry in matrix.entries]
    return replace(matrix, entries=tuple(listed))


@pytest.mark.parametrize("name", POLICIES)
@pytest.mark.parametrize("form", ENDINGS)
def test_a_policy(request: pytest.FixtureRequest, name: str, form: str) -> None:
    """Each format of the whole policy, the text at 80 columns."""
    compare(request, f"{name}.{ENDINGS[form]}", formatted(plainly(POLICIES[name]), form))


@pytest.mark.parametrize(
    ("name", "focus"),
    [
        ("orders", "PAID"),
        ("orders", "take_van"),
        ("CoreTaskPolicy", "none"),
        ("CoreTaskPolicy", "ReleaseTaskConcurrencySlots"),
    ],
)
@pytest.mark.parametrize("form", ["text", "md", "mermaid", "dot"])
def test_a_part(request: pytest.FixtureRequest, name: str, focus: str, form: str) -> None:
    """A state, or an entry, of a policy."""
    matrix = plainly(POLICIES[name])
    text = formatted(matrix, form, focus_on(matrix, focus))
    compare(request, f"{name}-{focus}.{ENDINGS[form]}", text)


@pytest.mark.parametrize("width", [40, 200])
def test_other_widths(request: pytest.FixtureRequest, width: int) -> None:
    """A narrow and a wide terminal."""
    text = write_text(plainly(prefect("CoreFlowPolicy")), width=width)
    compare(request, f"CoreFlowPolicy-{width}.txt", text)


def test_a_difference(request: pytest.FixtureRequest) -> None:
    """A rule that is gone, one that is renamed, and two that have changed places."""
    old = POLICIES["orders"]
    moves, cards, van, load = old.entries
    new = replace(old, entries=(moves, replace(van, name="find_van"), load))
    swapped = replace(old, entries=(moves, cards, load, van))
    text = (
        write_difference(difference(old, new)) + "\n" + write_difference(difference(old, swapped))
    )
    compare(request, "difference.md", text)
