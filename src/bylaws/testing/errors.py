"""What the test kit raises where it cannot do what it is asked."""

from __future__ import annotations


class CoverageError(ValueError):
    """Counts that cannot be read, or do not belong together; a policy that is not there."""
