"""For the tests of people who write rules. Needs the extra: `pip install 'bylaws[testing]'`.

hypothesis is imported by what needs it, when it is called; pytest by its plugin alone.
"""

from bylaws.testing.coverage.datafile import combine, read_coverage, write_coverage
from bylaws.testing.coverage.exercised import Hole, Seen, Subject
from bylaws.testing.coverage.possible import Item, What
from bylaws.testing.coverage.processes import record_subprocess
from bylaws.testing.coverage.recorder import recording
from bylaws.testing.differing import assert_locked, assert_only_changes
from bylaws.testing.drawing import transitions
from bylaws.testing.errors import CoverageError, LeakError, SetupError, StrikeError
from bylaws.testing.kinds import Move, cells
from bylaws.testing.striking.strikes import Leak, Strike
from bylaws.testing.undone import assert_undone
from bylaws.testing.undone_async import assert_undone_async

__all__ = [
    "CoverageError",
    "Hole",
    "Item",
    "Leak",
    "LeakError",
    "Move",
    "Seen",
    "SetupError",
    "Strike",
    "StrikeError",
    "Subject",
    "What",
    "assert_locked",
    "assert_only_changes",
    "assert_undone",
    "assert_undone_async",
    "cells",
    "combine",
    "read_coverage",
    "record_subprocess",
    "recording",
    "transitions",
    "write_coverage",
]
