"""The model of a run: what entries may do, what has to be seen of them, and what is.

`predict` (in `contract`) is the model. It knows nothing of the engine: it walks through the scripts
of the entries one by one, as the contract puts it, and says what has to be seen: the calls in their
order, the outcome with its trace, or the exception that goes out, what it is told, and what is
logged. `watch_run` and `watch_arun` (in `watch`) put
the same scripts (`script`) to a real policy, whose entries play them (`players`), and say what was
seen. A test compares the two; `drawn` has scripts for the laws.
"""

from __future__ import annotations

from tests.model.contract import Call, Line, Seen, predict
from tests.model.drawn import COMMITS, FLAVOURED, PASSING, SCRIPTS, STATES, scripts_that
from tests.model.players import (
    Later,
    Pause,
    World,
    async_policy_of,
    entry_of,
    is_possible,
    policy_of,
)
from tests.model.script import (
    ANYWHERE,
    BREAKS,
    CAUSED,
    FLAVOURS,
    PASSES,
    RAISES,
    REFUSES,
    REFUSES_TO_WRITE,
    ROW,
    THEN,
    VERDICTS,
    Act,
    Adder,
    Boom,
    Flavour,
    Foreign,
    OwnCauseError,
    Script,
    State,
)
from tests.model.watch import Strike, What, drive, logged, strike_arun, watch_arun, watch_run

__all__ = [
    "ANYWHERE",
    "BREAKS",
    "CAUSED",
    "COMMITS",
    "FLAVOURED",
    "FLAVOURS",
    "PASSES",
    "PASSING",
    "RAISES",
    "REFUSES",
    "REFUSES_TO_WRITE",
    "ROW",
    "SCRIPTS",
    "STATES",
    "THEN",
    "VERDICTS",
    "Act",
    "Adder",
    "Boom",
    "Call",
    "Flavour",
    "Foreign",
    "Later",
    "Line",
    "OwnCauseError",
    "Pause",
    "Script",
    "Seen",
    "State",
    "Strike",
    "What",
    "World",
    "async_policy_of",
    "drive",
    "entry_of",
    "is_possible",
    "logged",
    "policy_of",
    "predict",
    "scripts_that",
    "strike_arun",
    "watch_arun",
    "watch_run",
]
