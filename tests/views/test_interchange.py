"""JSON: an exact round trip, as the schema says, and safe on hostile bytes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bylaws import Policy, moves
from bylaws.views import Count, Matrix, MatrixError, StateSpace, difference
from bylaws.views.schema import DIFFERENCE, SCHEMA, WEIGHED
from tests.cast import Book, S, good
from tests.views.drawn import matrices, pairs, prefect

SMALL = Matrix.of(Policy[S](good, Book(), moves({S.A: {S.B}}), name="p"))


def whole(matrix: Matrix) -> tuple[object, ...]:
    """All of it, also what does not count when two are compared."""
    return matrix, [(entry.doc, entry.file, entry.line) for entry in matrix.entries]


@given(matrices())
def test_it_comes_back_as_it_was(matrix: Matrix) -> None:
    """Whatever the names, what is read is what was written, docstrings and places included."""
    text = matrix.to_json()
    assert text.isascii()
    assert whole(Matrix.from_json(text)) == whole(matrix)
    assert whole(Matrix.from_json(text.encode())) == whole(matrix)
    assert Matrix.from_json(text).to_json() == text


def test_prefects_policies_come_back() -> None:
    """All nine."""
    for matrix in prefect():
        assert whole(Matrix.from_json(matrix.to_json())) == whole(matrix)


@given(matrices(), pairs())
def test_it_is_as_the_schemas_say(matrix: Matrix, both: tuple[Matrix, Matrix]) -> None:
    """What is written is valid, of a matrix and of differences; the schemas are schemas."""
    jsonschema: Any = pytest.importorskip("jsonschema")
    counts = [Count(state, None, 7, "A") for state in (*both[0].states, "one that nobody knows")]
    for schema, text in (
        (SCHEMA, matrix.to_json()),
        (DIFFERENCE, difference(*both).to_json()),
        (WEIGHED, difference(*both).weighed(counts).to_json()),
    ):
        validator: Any = jsonschema.Draft202012Validator
        validator.check_schema(schema)
        validator(schema).validate(json.loads(text))


def places(value: object) -> Iterator[tuple[Any, Any]]:
    """Where something could be written over: each container with each key, all the way down."""
    held: Any = value
    if isinstance(value, dict | list):
        for key in list[Any](held) if isinstance(value, dict) else range(len(held)):
            yield held, key
            yield from places(held[key])


@given(st.data(), matrices())
def test_what_the_schema_refuses_is_an_error(data: st.DataObject, matrix: Matrix) -> None:
    """A value in the place of another is valid, or it is an error when it is read."""
    jsonschema: Any = pytest.importorskip("jsonschema")
    value: Any = json.loads(matrix.to_json())
    for _ in range(data.draw(st.integers(1, 2))):
        inner, key = data.draw(st.sampled_from([*places(value)]))
        inner[key] = data.draw(st.sampled_from([None, 1, "x", [], {}, ["x"], {"x": 1}]))
    if not jsonschema.Draft202012Validator(SCHEMA).is_valid(value):
        with pytest.raises(MatrixError):
            Matrix.from_json(json.dumps(value))
    else:
        with suppress(MatrixError):
            Matrix.from_json(json.dumps(value))


def put(old: str, new: str) -> str:
    """The text of a small matrix with a change."""
    text = SMALL.to_json()
    assert old in text
    return text.replace(old, new, 1)


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("", "line 1: it is no JSON"),
        ("{\n]", "line 2: it is no JSON"),
        (b"\xff", "no UTF-8"),
        ("[]", "no JSON object"),
        ("{}", "no matrix of bylaws"),
        (put('"version": 1', '"version": 2'), "version 2, and this bylaws reads up to 1: update"),
        (put('"version": 1', '"version": "x"'), "'x', which is none"),
        (put('"version": 1', '"version": 0'), "'0', which is none"),
        (put('"version": 1', '"version": 1.0'), "1.0 is no whole number"),
        (put('"version": 1', '"version": NaN'), "NaN is no whole number"),
        (put('"version": 1', f'"version": {"9" * 5_000}'), "is too large"),
        (put('"version": 1', '"version": 1, "version": 1'), "a key twice"),
        (put('"version": 1', '"version": true'), "which is none"),
        (put('"policy": "p",', ""), "the file has no 'policy'"),
        (put('"policy": "p",', '"policy": "p", "x": 1,'), "has 'x', which is not known"),
        (put('"policy": "p"', '"policy": 1'), "'policy' is no string"),
        (put('"others": []', '"others": {}'), "'others' is no list"),
        (put('"others": []', '"others": [1]'), "items that are no strings"),
        (put('"states": ["A"]', '"states": [1]'), "neither a string nor null"),
        (put('"kind": "rule"', '"kind": "law"'), "neither a rule nor a transform"),
        (put('"verdicts": ["proceed"]', '"verdicts": ["hello"]'), "verdicts"),
        (put('"line": null', '"line": "x"'), "is no number"),
        (put('"line": null', '"line": true'), "is no number"),
        ("[" * 150_000, "nested too deeply|no JSON"),  # the stack may be large enough to read on
        ("[" * 300_000, "too many items"),
        ("[" + "1," * 600_000 + "1]", "too many items"),
        (" " * (1 << 23) + "{}", "longer than"),
        (put('"others": []', f'"others": {json.dumps([*map(str, range(5_001))])}'), "states"),
        (put('{"name": "good"', ", ".join(['{"x": 1}'] * 5_001) + ', {"name": "good"'), "entries"),
    ],
)
def test_what_cannot_be_read_is_an_error(text: str | bytes, match: str) -> None:
    """Damaged, foreign, newer, or made to hurt."""
    with pytest.raises(MatrixError, match=match):
        Matrix.from_json(text)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(st.binary() | st.text() | JSON.map(json.dumps))
def test_any_bytes_are_a_matrix_or_an_error(data: bytes | str) -> None:
    """Nothing else comes out of reading them."""
    with suppress(MatrixError):
        Matrix.from_json(data)


def test_an_empty_matrix() -> None:
    """No states, no entries."""
    empty = Matrix("", StateSpace(), ())
    assert Matrix.from_json(empty.to_json()) == empty
