"""For the tests of people who write rules. Needs the extra: `pip install 'bylaws[testing]'`.

hypothesis is imported by what needs it, when it is called; pytest by its plugin alone.
"""

from bylaws.testing.coverage_errors import CoverageError
from bylaws.testing.datafile import combine, read_coverage, write_coverage
from bylaws.testing.differing import assert_locked, assert_only_changes
from bylaws.testing.drawing import transitions
from bylaws.testing.exercised import Hole, Seen, Subject
from bylaws.testing.kinds import Move, cells
from bylaws.testing.possible import Item, What
from bylaws.testing.processes import record_subprocess
from bylaws.testing.recorder import recording

__all__ = [
    "CoverageError",
    "Hole",
    "Item",
    "Move",
    "Seen",
    "Subject",
    "What",
    "assert_locked",
    "assert_only_changes",
    "cells",
    "combine",
    "read_coverage",
    "record_subprocess",
    "recording",
    "transitions",
    "write_coverage",
]
