"""Wording: what differences say of entries, in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bylaws.views.matrix import EntryFacts, Hook


def listed(names: Sequence[str]) -> str:
    """Names for a sentence: of more than four the first three."""
    shown = [*names] if len(names) <= 4 else [*names[:3], f"{len(names) - 3} more"]
    return " and ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)


def verdicts_changed(old: EntryFacts, new: EntryFacts) -> Iterable[str]:
    """What it answers now."""
    if old.verdicts != new.verdicts:
        yield f"answers {answers(new)} now, not {answers(old)}"


def answers(entry: EntryFacts) -> str:
    """What an entry may answer, in words."""
    if entry.verdicts is None:
        return "anything"
    return " or ".join(entry.verdicts) or "nothing"


def hooks_changed(old: EntryFacts, new: EntryFacts) -> Iterable[str]:
    """Which hooks it has now, or has no more; which are async now, or plain."""

    def gained(one: Iterable[Hook], other: Iterable[Hook]) -> str:
        return listed([hook for hook in one if hook not in other])

    both = [hook for hook in new.hooks if hook in old.hooks]
    if more := gained(new.hooks, old.hooks):
        yield f"has {more} now"
    if less := gained(old.hooks, new.hooks):
        yield f"has no {less} any more"
    if awaits := [hook for hook in both if hook in new.awaits and hook not in old.awaits]:
        yield f"awaits {listed(awaits)} now"
    if plain := [hook for hook in both if hook in old.awaits and hook not in new.awaits]:
        yield f"has {listed(plain)} plain now"
