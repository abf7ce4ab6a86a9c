"""Attributes: what an entry holds itself."""

from __future__ import annotations

from contextlib import suppress
from types import MemberDescriptorType


def attributes_of(entry: object) -> dict[str, object]:
    """The attributes of an entry, in its `__dict__` and in slots, without those of its class."""
    found: dict[str, object] = {**getattr(entry, "__dict__", {})}
    for kind in type(entry).__mro__:
        for name, member in vars(kind).items():
            if isinstance(member, MemberDescriptorType):
                with suppress(AttributeError):  # it is not set
                    found.setdefault(name, member.__get__(entry))
    return found
