"""Lint: what is worth knowing about a policy and no error. No hook is called.

`lint(policy)` gives the findings; each check has a page in the documentation.
"""

from bylaws.lint.catalogue import CHECKS, Check
from bylaws.lint.finding import SEVERITIES, Finding, MoveSet, Place, Severity
from bylaws.lint.ignoring import ProjectIgnore
from bylaws.lint.linting import lint
from bylaws.lint.subject import SomePolicy

__all__ = [
    "CHECKS",
    "SEVERITIES",
    "Check",
    "Finding",
    "MoveSet",
    "Place",
    "ProjectIgnore",
    "Severity",
    "SomePolicy",
    "lint",
]
