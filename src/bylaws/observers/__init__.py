"""Observers: who is told about every run of a policy, with what it came to and how long it took."""

from bylaws.observers.logs import LEVELS, LogRuns
from bylaws.observers.observing import observed
from bylaws.observers.records import CameTo, Phase, RunRecord, RunStart
from bylaws.observers.telling import Observer, at_end

__all__ = [
    "LEVELS",
    "CameTo",
    "LogRuns",
    "Observer",
    "Phase",
    "RunRecord",
    "RunStart",
    "at_end",
    "observed",
]
