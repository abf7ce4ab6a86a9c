"""What a policy does, as data and for the eye. The core knows nothing of it.

`Matrix.of(policy)` is what a policy does as one plain value; everything else here is a function of
one or two of these.
"""

from bylaws.views.difference import KINDS, Difference, Kind, Line, difference
from bylaws.views.errors import MatrixError
from bylaws.views.fold import Folded, Plan, fold
from bylaws.views.lock import policy_version, write_lock
from bylaws.views.matrix import EntryFacts, Matrix
from bylaws.views.states import State, StateEnum, StateSet, StateSpace
from bylaws.views.unlock import read_lock

__all__ = [
    "KINDS",
    "Difference",
    "EntryFacts",
    "Folded",
    "Kind",
    "Line",
    "Matrix",
    "MatrixError",
    "Plan",
    "State",
    "StateEnum",
    "StateSet",
    "StateSpace",
    "difference",
    "fold",
    "policy_version",
    "read_lock",
    "write_lock",
]
