"""Changes: the lines of a difference, entry by entry."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from bylaws.views.alignment import Alignment, align
from bylaws.views.difference import KINDS, Difference, Effect, Kind, Line
from bylaws.views.matrix import VERDICTS, EntryFacts, Hook, Matrix
from bylaws.views.rectangles import Rectangle, rectangles
from bylaws.views.states import State, bits

NOTHING: Final[Rectangle] = (0, 0)
MANY: Final = 16
"""Of an entry that has passed more others, the moves are only put together, not covered anew."""


def changes(old: Matrix, new: Matrix) -> Difference:
    """What `difference` gives."""
    found = _Changes(align(old, new))
    lines = [*found.of_states(), *found.of_entries(), *found.of_order(), *found.of_names()]
    if not lines and (old.space, old.entries) != (new.space, new.entries):
        lines.append(found.line(0, "states", (), NOTHING, ("effects",), "the enums are others now"))
    lines.sort(key=lambda pair: (KINDS.index(pair[1].kind), pair[0]))
    return Difference(old, new, found.space, tuple([line for _, line in lines]))


class _Changes:
    """The lines, each with its place among others of its kind."""

    def __init__(self, aligned: Alignment) -> None:
        self._aligned = aligned
        self._old, self._new = aligned.old, aligned.new
        self.space: Final = aligned.space
        self._present = aligned.new.present

    # ----------------------------------------------------------------------------------------------
    # States, enums, names
    # ----------------------------------------------------------------------------------------------

    def of_states(self) -> Iterable[tuple[int, Line]]:
        """The lines about states that are new or gone, or listed in another order."""
        old, new = self._old.present, self._new.present
        for states, there, text in ((new & ~old, new, "new"), (old & ~new, old, "gone")):
            for froms, tos in ((states, there), (there & ~states, states)):
                if froms and tos:
                    kinds, witness = self._of_new_states(froms, tos)
                    if text == "gone":
                        kinds = ("closes",)
                    names = self.space.members(states)
                    verb = "is" if len(names) == 1 else "are"
                    sentence = f"{_listed([str(name) for name in names])} {verb} {text}"
                    yield self.line(-1, "states", (), (froms, tos), kinds, sentence, witness)
        orders = [
            [number for number in side.numbers() if (old & new) >> number & 1]
            for side in (self._old, self._new)
        ]
        if orders[0] != orders[1]:
            text = "the states are listed in another order"
            yield self.line(-1, "states", (), NOTHING, ("effects",), text)

    def _of_new_states(self, froms: int, tos: int) -> tuple[tuple[Kind, ...], tuple[State, State]]:
        """What it comes to that there are these moves, and one of them."""
        for kind, region in (("opens", self._new.guarded), ("loosens", self._new.closed)):
            for at in bits(froms):
                if free := tos & ~region[at]:
                    kinds: tuple[Kind, ...] = ("opens",) if kind == "opens" else ("loosens",)
                    return kinds, self._move(at, free)
        return ("effects",), self._move(bits(froms)[0], tos)

    def of_names(self) -> Iterable[tuple[int, Line]]:
        """The lines about what is called otherwise."""
        for was, now in self._aligned.enums:
            text = f"the enum {was} is called {now} now"
            yield self.line(-1, "renamed", (), NOTHING, ("renames",), text)
        for one, other in self._aligned.common:
            was, now = self._old.matrix.entries[one].name, self._new.matrix.entries[other].name
            if was != now:
                text = f"{was} is called {now} now"
                yield self.line(other, "renamed", (now, was), NOTHING, ("renames",), text)

    # ----------------------------------------------------------------------------------------------
    # Entries
    # ----------------------------------------------------------------------------------------------

    def of_entries(self) -> Iterable[tuple[int, Line]]:
        """The lines about entries that are new or gone, or have other facts."""
        pairs = self._aligned.entries
        present = self._present
        for one, entry in enumerate(self._old.matrix.entries):
            if one not in pairs:
                froms, tos = self._old.rectangles[one]
                where = [(froms & present, tos & present)]
                yield from self._lines("removed", where, one, None, f"{entry.name} is gone")
        taken = set(pairs.values())
        for other, entry in enumerate(self._new.matrix.entries):
            if other not in taken:
                froms, tos = self._new.rectangles[other]
                where = [(froms & present, tos & present)]
                yield from self._lines("added", where, None, other, f"{entry.name} is new")
        for one, other in self._aligned.common:
            yield from self._of_sets(one, other)
            yield from self._of_facts(one, other)
            if self._new.illegal[other] is not None:
                yield from self._of_legal(one, other)

    def _of_sets(self, one: int, other: int) -> Iterable[tuple[int, Line]]:
        old, new = (
            self._within(self._old.rectangles[one]),
            self._within(self._new.rectangles[other]),
        )
        if old != new:
            name = self._new.matrix.entries[other].name
            yield from self._lines("fires", _without(new, old), None, other, f"{name} fires now")
            text = f"{name} does not fire any more"
            yield from self._lines("stops", _without(old, new), one, None, text, place=other)

    def _of_facts(self, one: int, other: int) -> Iterable[tuple[int, Line]]:
        old, new = self._old.matrix.entries[one], self._new.matrix.entries[other]
        texts = [*_verdicts_changed(old, new), *_hooks_changed(old, new)]
        if texts:
            more: list[Kind] = []
            if _power(old) == _power(new):  # else that says which it is
                was, now = _refusals(old), _refusals(new)
                more += ["loosens"] if was - now else []
                more += ["tightens"] if now - was else []
            where = [self._kept(one, other)]
            text = f"{new.name} {', '.join(texts)}"
            yield from self._lines("changed", where, one, other, text, more=more)

    def _of_legal(self, one: int, other: int) -> Iterable[tuple[int, Line]]:
        old, new = self._old.illegal[one] or (), self._new.illegal[other] or ()
        if old == new:
            return
        froms, tos = self._kept(one, other)
        name = self._new.matrix.entries[other].name
        rows = list(enumerate(zip(old, new, strict=True)))
        for effect, region in (
            ("allows", [was & ~now & tos if froms >> at & 1 else 0 for at, (was, now) in rows]),
            ("rules out", [now & ~was & tos if froms >> at & 1 else 0 for at, (was, now) in rows]),
        ):
            does: Effect = "allows" if effect == "allows" else "rules out"
            where = rectangles(region)
            if where:
                yield from self._lines(does, where, one, other, f"{name} {effect} what it did not")

    def _within(self, rectangle: Rectangle) -> Rectangle:
        return rectangle[0] & self._present, rectangle[1] & self._present

    def _kept(self, one: int, other: int) -> Rectangle:
        """The moves that a common entry fires for before and after."""
        old, new = self._old.rectangles[one], self._new.rectangles[other]
        return _trimmed((old[0] & new[0] & self._present, old[1] & new[1] & self._present))

    # ----------------------------------------------------------------------------------------------
    # Order
    # ----------------------------------------------------------------------------------------------

    def of_order(self) -> Iterable[tuple[int, Line]]:
        """The lines about entries that stand elsewhere: a few move, the others stay."""
        common = self._aligned.common
        staying = self._aligned.staying()
        kept = {one: self._kept(one, other) for one, other in common}
        done: set[int] = set()
        for one, other in common:
            if one in staying:
                continue
            froms, tos = kept[one]
            passed = [
                (each, (froms & kept[each][0], tos & kept[each][1]))
                for each, place in common
                if each not in done and (each < one) != (place < other)
            ]
            done.add(one)
            name = self._new.matrix.entries[other].name
            meeting = [(each, where) for each, where in passed if all(where)]
            for where in _joined([where for _, where in meeting]) or [NOTHING]:
                met = [each for each, (a, b) in meeting if a & where[0] and b & where[1]]
                yield other, self._passing(name, one, other, met, where)

    def _passing(
        self, name: str, one: int, other: int, met: Sequence[int], where: Rectangle
    ) -> Line:
        names = [self._new.matrix.entries[self._aligned.entries[each]].name for each in met]
        before = [called for each, called in zip(met, names, strict=True) if each < one]
        after = [called for each, called in zip(met, names, strict=True) if each > one]
        texts = [f"before {_listed(before)}"] * bool(before)
        texts += [f"after {_listed(after)}"] * bool(after)
        sentence = f"{name} fires {' and '.join(texts)} now"
        if not met:
            sentence = f"{name} stands elsewhere, which no move can tell"
        return self.line(
            other,
            "moved",
            (name, *names),
            where,
            ("reorders",),
            sentence,
            after=self._before(other),
        )[1]

    # ----------------------------------------------------------------------------------------------
    # A line
    # ----------------------------------------------------------------------------------------------

    def _lines(
        self,
        effect: Effect,
        where: Iterable[Rectangle],
        one: int | None,
        other: int | None,
        sentence: str,
        *,
        more: Iterable[Kind] = (),
        place: int | None = None,
    ) -> Iterable[tuple[int, Line]]:
        """A line for each rectangle in which an old entry became a new one, or is gone, or new."""
        side = self._old.matrix if other is None else self._new.matrix
        at = (one or 0) if other is None else other
        name = side.entries[at].name
        if effect == "stops" and place is not None:
            name = self._new.matrix.entries[place].name
        after = self._before(at) if effect == "added" else None
        for rectangle in where:
            kinds, witness = self._judged(_trimmed(rectangle), one, other, more)
            place = at if place is None else place
            yield self.line(
                place, effect, (name,), _trimmed(rectangle), kinds, sentence, witness, after
            )

    def _judged(
        self, where: Rectangle, one: int | None, other: int | None, more: Iterable[Kind]
    ) -> tuple[tuple[Kind, ...], tuple[State, State] | None]:
        """What it comes to that one entry became another there, and a move that shows it."""
        found: dict[Kind, tuple[State, State] | None] = {}
        old, new = self._old, self._new
        froms, tos = where
        for at in bits(froms):
            may, always = old.refused(one, at)
            may_now, always_now = new.refused(other, at)
            opened = always & ~new.closed[at] | may & old.guarded[at] & ~new.guarded[at]
            closed = always_now & ~old.closed[at]
            kinds: list[tuple[Kind, int]] = [
                ("opens", opened),
                ("closes", closed),
                ("loosens", (may & ~may_now | always & ~always_now) & ~opened),
                ("tightens", (may_now & ~may | always_now & ~always) & ~closed),
            ]
            for kind, moves in kinds:
                if moves & tos and kind not in found:
                    found[kind] = self._move(at, moves & tos)
        some = self._move(bits(froms)[0], tos) if froms and tos else None
        for kind in more:
            found.setdefault(kind, some)
        if not found:
            found["effects"] = some
        ranked = sorted(found, key=KINDS.index)
        return tuple(ranked), found[ranked[0]]

    def line(
        self,
        place: int,
        effect: Effect,
        entries: tuple[str, ...],
        where: Rectangle,
        kinds: tuple[Kind, ...],
        sentence: str,
        witness: tuple[State, State] | None = None,
        after: str | None = None,
    ) -> tuple[int, Line]:
        """A line with its place."""
        froms, tos = where
        if froms and witness is None:
            witness = self._move(bits(froms)[0], tos)
        sets = self.space.set_of(froms), self.space.set_of(tos)
        return place, Line(kinds, effect, entries, *sets, witness, sentence, after)

    def _move(self, number: int, tos: int) -> tuple[State, State]:
        return self.space.states[number], self.space.states[bits(tos)[0]]

    def _before(self, place: int) -> str | None:
        return self._new.matrix.entries[place - 1].name if place else None


def _without(one: Rectangle, other: Rectangle) -> list[Rectangle]:
    """The moves of one rectangle that are not in another: at most two rectangles."""
    froms, tos = one[0] & ~other[0], one[1] & ~other[1]
    if not (one[0] & other[0] and one[1] & other[1]):
        return [one] if all(one) else []
    return [pair for pair in ((froms, one[1]), (one[0], tos)) if all(pair)]


def _trimmed(where: Rectangle) -> Rectangle:
    return where if all(where) else NOTHING


def _joined(found: list[Rectangle]) -> list[Rectangle]:
    """Few rectangles that make up what these do."""
    for turned in (False, True):
        by_from: dict[int, int] = {}
        for a, b in found:
            key, value = (b, a) if turned else (a, b)
            by_from[key] = by_from.get(key, 0) | value
        found = [(b, a) if turned else (a, b) for a, b in by_from.items()]
    found = [
        (a, b)
        for a, b in found
        if not any((a, b) != (c, d) and not a & ~c and not b & ~d for c, d in found)
    ]
    if len(found) <= 1 or len(found) > MANY:
        return found
    region = [0] * max([a.bit_length() for a, _ in found])
    for a, b in found:
        for at in bits(a):
            region[at] |= b
    return rectangles(region)


def _listed(names: Sequence[str]) -> str:
    """Names for a sentence: of more than four the first three."""
    shown = [*names] if len(names) <= 4 else [*names[:3], f"{len(names) - 3} more"]
    return " and ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)


def _power(entry: EntryFacts) -> tuple[bool, bool]:
    return entry.may_refuse, entry.never_passes


def _refusals(entry: EntryFacts) -> frozenset[str]:
    verdicts = VERDICTS if entry.verdicts is None else entry.verdicts
    return frozenset([verdict for verdict in verdicts if verdict != "proceed"])


def _verdicts_changed(old: EntryFacts, new: EntryFacts) -> Iterable[str]:
    if old.verdicts != new.verdicts:
        yield f"answers {answers(new)} now, not {answers(old)}"


def answers(entry: EntryFacts) -> str:
    """What an entry may answer, in words."""
    if entry.verdicts is None:
        return "anything"
    return " or ".join(entry.verdicts) or "nothing"


def _hooks_changed(old: EntryFacts, new: EntryFacts) -> Iterable[str]:
    def gained(one: Iterable[Hook], other: Iterable[Hook]) -> str:
        return _listed([hook for hook in one if hook not in other])

    both = [hook for hook in new.hooks if hook in old.hooks]
    if more := gained(new.hooks, old.hooks):
        yield f"has {more} now"
    if less := gained(old.hooks, new.hooks):
        yield f"has no {less} any more"
    if awaits := [hook for hook in both if hook in new.awaits and hook not in old.awaits]:
        yield f"awaits {_listed(awaits)} now"
    if plain := [hook for hook in both if hook in old.awaits and hook not in new.awaits]:
        yield f"has {_listed(plain)} plain now"
