"""What a policy does, as data and for the eye. The core knows nothing of it.

`Matrix.of(policy)` is what a policy does as one plain value; everything else here is a function of
one or two of these.
"""

from bylaws.views.counts import Count, Counted, read_counts
from bylaws.views.difference import KINDS, Difference, Effect, Kind, Line, difference
from bylaws.views.errors import MatrixError
from bylaws.views.focus import Focus, focus_on
from bylaws.views.fold import Folded, Plan, fold
from bylaws.views.lock import policy_version, write_lock
from bylaws.views.matrix import EntryFacts, Hook, Matrix, VerdictName
from bylaws.views.page import page
from bylaws.views.states import State, StateEnum, StateSet, StateSpace
from bylaws.views.unlock import read_lock
from bylaws.views.weighing import Weighed, Weight

__all__ = [
    "KINDS",
    "Count",
    "Counted",
    "Difference",
    "Effect",
    "EntryFacts",
    "Focus",
    "Folded",
    "Hook",
    "Kind",
    "Line",
    "Matrix",
    "MatrixError",
    "Plan",
    "State",
    "StateEnum",
    "StateSet",
    "StateSpace",
    "VerdictName",
    "Weighed",
    "Weight",
    "difference",
    "focus_on",
    "fold",
    "page",
    "policy_version",
    "read_counts",
    "read_lock",
    "write_lock",
]
