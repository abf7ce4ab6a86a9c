"""What the coverage of policies raises."""

from __future__ import annotations


class CoverageError(ValueError):
    """Counts that cannot be read, or do not belong together; a policy that is not there."""
