"""`diff` and `check`: what is different, and whether it is accepted."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from bylaws.cli.codes import FINE, FOUND
from bylaws.cli.formats import differences_as
from bylaws.cli.output import visible, write
from bylaws.cli.pairs import Limits, Pair


def compared(pairs: Sequence[Pair], limits: Limits, form: str, output: str | None) -> int:
    """Write the difference, and to stderr what of it is a finding; the exit code says if any is."""
    limits.check(pairs)
    write(differences_as(form, pairs), output)
    found = [pair for pair in pairs if limits.found(pair)]
    if limits != Limits():
        for pair in found:
            print(_told(pair, limits), file=sys.stderr)
    return FOUND if found else FINE


def _told(pair: Pair, limits: Limits) -> str:
    lines = [f"  {line.kind}  {visible(pair.told(line))}" for line in limits.findings(pair)]
    if not lines:
        return f"{visible(pair.name)} is {pair.presence}, which is a finding"
    count = (
        "1 of the changes is a finding"
        if len(lines) == 1
        else f"{len(lines):,} of the changes are findings"
    )
    return "\n".join([f"{visible(pair.title)}: {count}:", *lines])
