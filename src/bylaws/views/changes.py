"""Changes: the lines of a difference, entry by entry."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from bylaws.views.alignment import Alignment, align
from bylaws.views.difference import KINDS, Difference, Effect, Kind, Line
from bylaws.views.matrix import VERDICTS, EntryFacts, Matrix
from bylaws.views.order import passing
from bylaws.views.rectangles import Rectangle, rectangles
from bylaws.views.states import State, bits
from bylaws.views.wording import hooks_changed, listed, verdicts_changed

NOTHING: Final[Rectangle] = (0, 0)


def changes(old: Matrix, new: Matrix) -> Difference:
    """What `difference` gives."""
    found = _Changes(align(old, new))
    lines = [*found.of_states(), *found.of_entries(), *found.of_order(), *found.of_names()]
    if not lines and (old.space, old.entries) != (new.space, new.entries):
        text = "the enums are others now, or what no move can tell"
        lines.append(found.line(0, "states", (), NOTHING, ("effects",), text))
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
                    sentence = f"{listed([str(name) for name in names])} {verb} {text}"
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
        for one, entry in enumerate(self._old.matrix.entries):
            if one not in pairs:
                where = [self._within(self._old.rectangles[one])]
                yield from self._lines("removed", where, one, None, f"{entry.name} is gone")
        taken = set(pairs.values())
        for other, entry in enumerate(self._new.matrix.entries):
            if other not in taken:
                where = [self._within(self._new.rectangles[other])]
                yield from self._lines("added", where, None, other, f"{entry.name} is new")
        for one, other in self._aligned.common:
            yield from self._of_sets(one, other)
            yield from self._of_facts(one, other)
            if self._new.illegal[other] is not None:
                yield from self._of_legal(one, other)

    def _of_sets(self, one: int, other: int) -> Iterable[tuple[int, Line]]:
        old = self._within(self._old.rectangles[one])
        new = self._within(self._new.rectangles[other])
        if old != new:
            name = self._new.matrix.entries[other].name
            yield from self._lines("fires", _without(new, old), None, other, f"{name} fires now")
            text = f"{name} does not fire any more"
            yield from self._lines("stops", _without(old, new), one, None, text, place=other)

    def _of_facts(self, one: int, other: int) -> Iterable[tuple[int, Line]]:
        old, new = self._old.matrix.entries[one], self._new.matrix.entries[other]
        texts = [*verdicts_changed(old, new), *hooks_changed(old, new)]
        if texts:
            more: list[Kind] = []
            if _power(old) == _power(new):  # else that says which it is
                was, now = _refusals(old), _refusals(new)
                if was - now:
                    more.append("loosens")
                if now - was:
                    more.append("tightens")
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
        fewer = [was & ~now & tos if froms >> at & 1 else 0 for at, (was, now) in rows]
        more = [now & ~was & tos if froms >> at & 1 else 0 for at, (was, now) in rows]
        text = f"{name} allows this now"
        yield from self._lines("allows", rectangles(fewer), one, other, text)
        text = f"{name} rules this out now"
        yield from self._lines("rules out", rectangles(more), one, other, text)

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
        """The lines about entries that stand elsewhere."""
        kept = {one: self._kept(one, other) for one, other in self._aligned.common}
        for one, met, where in passing(self._aligned, kept):
            yield self._passing(one, met, where)

    def _passing(self, one: int, met: Sequence[int], where: Rectangle) -> tuple[int, Line]:
        """The line that an old entry has passed those it has `met` in a rectangle."""
        entries, places = self._new.matrix.entries, self._aligned.entries
        other = places[one]
        name, names = entries[other].name, [entries[places[each]].name for each in met]
        before = [called for each, called in zip(met, names, strict=True) if each < one]
        after = [called for each, called in zip(met, names, strict=True) if each > one]
        texts = [f"before {listed(before)}"] * bool(before)
        texts += [f"after {listed(after)}"] * bool(after)
        sentence = f"{name} fires {' and '.join(texts)} now"
        if not met:
            sentence = f"{name} stands elsewhere, which no move can tell"
        passed, after_now = (name, *names), self._before(other)
        return self.line(other, "moved", passed, where, ("reorders",), sentence, after=after_now)

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


def _power(entry: EntryFacts) -> tuple[bool, bool]:
    return entry.may_refuse, entry.never_passes


def _refusals(entry: EntryFacts) -> frozenset[str]:
    verdicts = VERDICTS if entry.verdicts is None else entry.verdicts
    return frozenset([verdict for verdict in verdicts if verdict != "proceed"])
