"""Formats by their codes."""

from __future__ import annotations

import sys

import pytest

from bylaws.views import Matrix, MatrixError
from bylaws.views.focus import focus_on
from bylaws.views.formats import FORMATS, formatted
from tests.views.hostile import LONG
from tests.views.real import orders


def test_a_matrix_formats_itself() -> None:
    """By each code; without one as its `str`."""
    matrix = orders()
    assert f"{matrix}" == str(matrix)
    texts = {code: format(matrix, code) for code in FORMATS}
    assert len({*texts.values()}) == len(FORMATS)
    assert Matrix.from_json(texts["json"]) == matrix
    assert all(text.endswith("\n") for text in texts.values())


def test_a_focus_is_passed_on() -> None:
    """To each format but JSON, which is all of the matrix."""
    matrix = orders()
    focus = focus_on(matrix, "take_van")
    for code in FORMATS:
        assert (formatted(matrix, code, focus) == formatted(matrix, code)) == (code == "json")


@pytest.mark.parametrize("code", FORMATS)
def test_names_of_ten_thousand_characters(code: str) -> None:
    """For the eye they are cut in the middle; what a program reads has all of them."""
    name = LONG.entries[0].name
    text = format(LONG, code)
    assert (name in text) == (code in ("csv", "json"))
    assert name[:15] in text
    assert len(text) < 20_000 or code in ("csv", "json")


def test_an_unknown_code() -> None:
    """The known ones are named."""
    with pytest.raises(MatrixError) as caught:
        format(orders(), "xml")
    assert str(caught.value) == (
        "there is no format 'xml'; the formats are: text, md, csv, json, mermaid, dot"
    )


@pytest.mark.parametrize("missing", ["rich", "rich.console", "else"])
def test_text_without_rich(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The extra is named; any other module that is missing is told as such."""

    class Missing:
        @staticmethod
        def find_spec(name: str, *_: object) -> None:
            if name == "bylaws.views.terminal":
                raise ModuleNotFoundError(name, name=missing)

    monkeypatch.delitem(sys.modules, "bylaws.views.terminal", raising=False)
    monkeypatch.delattr("bylaws.views.terminal", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Missing, *sys.meta_path])
    with pytest.raises(ModuleNotFoundError if missing == "else" else MatrixError) as caught:
        format(orders(), "text")
    if missing != "else":
        assert str(caught.value) == "the format 'text' needs rich: pip install 'bylaws[views]'"
