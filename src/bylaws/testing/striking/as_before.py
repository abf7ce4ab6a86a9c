"""One assertion, which pytest rewrites when it is there: so a leak is shown as pytest shows one."""

from __future__ import annotations


def assert_as_before(after: object, before: object) -> None:
    """`AssertionError`, with what pytest has to say about it."""
    assert after == before
