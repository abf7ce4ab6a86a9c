"""For the tests of people who write rules."""

from bylaws.testing.errors import LeakError, SetupError, StrikeError
from bylaws.testing.strikes import Leak, Strike
from bylaws.testing.undone import assert_undone
from bylaws.testing.undone_async import assert_undone_async

__all__ = [
    "Leak",
    "LeakError",
    "SetupError",
    "Strike",
    "StrikeError",
    "assert_undone",
    "assert_undone_async",
]
