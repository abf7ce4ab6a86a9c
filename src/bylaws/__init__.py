"""Orchestration policies: priority-ordered rules that govern how something changes state."""

from bylaws.bases import AsyncBaseRule, AsyncBaseTransform, BaseRule, BaseTransform
from bylaws.errors import Fault, HookError, PolicyError, StateError
from bylaws.explanation import Explanation, Reason, Trace
from bylaws.legal import Moves, moves
from bylaws.outcome import Aborted, Accepted, Delayed, Outcome, Rejected
from bylaws.policy import AsyncPolicy, Policy
from bylaws.protocols import AsyncEntry, AsyncRule, AsyncTransform, Entry, Rule, Transform
from bylaws.rules import FunctionRule, rule
from bylaws.state import StateLike, every, states
from bylaws.transition import AnyTransition, Transition
from bylaws.verdict import Abort, Delay, Proceed, Reject, Verdict, abort, delay, proceed, reject

__all__ = [
    "Abort",
    "Aborted",
    "Accepted",
    "AnyTransition",
    "AsyncBaseRule",
    "AsyncBaseTransform",
    "AsyncEntry",
    "AsyncPolicy",
    "AsyncRule",
    "AsyncTransform",
    "BaseRule",
    "BaseTransform",
    "Delay",
    "Delayed",
    "Entry",
    "Explanation",
    "Fault",
    "FunctionRule",
    "HookError",
    "Moves",
    "Outcome",
    "Policy",
    "PolicyError",
    "Proceed",
    "Reason",
    "Reject",
    "Rejected",
    "Rule",
    "StateError",
    "StateLike",
    "Trace",
    "Transform",
    "Transition",
    "Verdict",
    "abort",
    "delay",
    "every",
    "moves",
    "proceed",
    "reject",
    "rule",
    "states",
]
