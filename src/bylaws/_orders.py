"""Orders: what `runs_after` asks for, whether it is so, and what it means after a composition."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeAlias, cast

# Pairs of an entry and one, or a class, that it stands for, because it replaced such a one.
Standing: TypeAlias = "tuple[tuple[object, object], ...]"


def references(entry: object) -> tuple[object, ...]:
    """The rules and classes that it has to run after."""
    named: object = getattr(entry, "runs_after", ())
    return cast("tuple[object, ...]", named) if isinstance(named, tuple) else ()


def broken_orders(
    entries: Sequence[object], names: Sequence[str], standing: Standing
) -> Iterator[tuple[int, str]]:
    """For every rule that stands before one that it names: its place, and what is wrong."""
    if not any(references(entry) for entry in entries):
        return
    meaning = Meaning(entries, standing)
    for at, early in enumerate(entries):
        for reference in references(early):
            meant = meaning.of(reference)
            if meant and meant[-1] > at:
                from bisect import bisect_right  # noqa: PLC0415 (only an error needs it)

                later = len(meant) - bisect_right(meant, at)
                where, beside = meant[-1], f" and {later - 1} more of it" * (later > 1)
                mutual = any(at in meaning.of(each) for each in references(entries[where]))
                mend = (
                    "each names the other, so take one of the two out"
                    if mutual
                    else f"move {names[at]} down, after {names[where]}"
                )
                text = (
                    f"has to run after {names[where]}{beside} (its runs_after), which comes later"
                )
                yield at, f"{text}, as entry {where + 1}: {mend}"


class Meaning:
    """Which entries a reference of `runs_after` means: a rule itself, a class all its instances."""

    def __init__(self, entries: Sequence[object], standing: Standing) -> None:
        stands_for: dict[int, list[object]] = {}
        for new, old in standing:
            stands_for.setdefault(id(new), []).append(old)
        classes = {
            reference
            for entry in entries
            for reference in references(entry)
            if isinstance(reference, type)
        }
        self._places: dict[int, list[int]] = {}  # by the identity of what is named
        for at, entry in enumerate(entries):
            meant = [entry, *stands_for.get(id(entry), ())]
            named = {id(each) for each in meant}
            if classes:
                named |= {
                    id(kind) for each in meant for kind in type(each).__mro__ if kind in classes
                }
            for each in named:
                self._places.setdefault(each, []).append(at)

    def of(self, reference: object) -> list[int]:
        """The places of the entries that it means, in order."""
        return self._places.get(id(reference), [])


def passed_on(
    standing: Standing, old: object, new: Iterable[object], listed: Sequence[object]
) -> Standing:
    """Who stands for whom once `new` have replaced `old`, as far as something listed names it.

    Where its class is named, that stands in its place, so that what was replaced can go.
    """
    inherited = [old, *(each for it, each in standing if it is old)]
    pairs = [pair for pair in standing if pair[0] is not old]
    pairs += [(it, each) for it in new for each in inherited]
    named = {id(reference) for entry in listed for reference in references(entry)}
    kept: dict[tuple[int, int], tuple[object, object]] = {}
    for it, each in pairs:
        kinds = [kind for kind in type(each).__mro__ if not isinstance(it, kind)]
        for meant in (each, *kinds):
            if id(meant) in named:
                kept[id(it), id(meant)] = it, meant
    return tuple(kept.values())


def meant_by_places(
    entries: Sequence[object], standing: Standing
) -> tuple[tuple[int, int, tuple[int, ...]], ...]:
    """What every reference means, by places, for a pickle: what is named may not be it any more."""
    meaning = Meaning(entries, standing)
    return tuple(
        [
            (at, number, tuple(meaning.of(reference)))
            for at, entry in enumerate(entries)
            for number, reference in enumerate(references(entry))
            if meaning.of(reference)
        ]
    )


def standing_by_places(
    entries: Sequence[object], meant: Iterable[tuple[int, int, tuple[int, ...]]]
) -> Standing:
    """Who stands for what is named, out of a pickle."""
    return tuple(
        [
            (entries[place], references(entries[at])[number])
            for at, number, places in meant
            for place in places
            if number < len(references(entries[at]))  # the code may be another
        ]
    )
