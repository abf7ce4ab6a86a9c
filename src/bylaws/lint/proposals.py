"""Proposals: which states a rule may propose by `reject(state)`, as far as its source says."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from bylaws import abort, delay, proceed, reject
from bylaws.lint.hooks import HookCode
from bylaws.lint.syntax import own
from bylaws.views.states import State, StateSpace


def proposed_states(hooks: Iterable[HookCode], space: StateSpace) -> frozenset[State] | None:
    """The states that the before hook among these may propose; `None` if that cannot be told.

    They may be more: of members of two enums that have the same name, both.
    """
    before = next((hook for hook in hooks if hook.hook == "before_transition"), None)
    if before is None:
        return None
    found: set[State] = set()
    for answer in _answers(before):
        states = _proposed(before, answer, space)
        if states is None:
            return None
        found |= states
    return frozenset(found)


def _answers(hook: HookCode) -> Iterator[ast.expr]:
    """What it returns, the branches of conditional expressions apart."""
    body = hook.node.body
    returned = [body] if isinstance(body, ast.expr) else []
    returned += [
        node.value for node in own(hook.node) if isinstance(node, ast.Return) and node.value
    ]
    while returned:
        value = returned.pop()
        if isinstance(value, ast.IfExp):
            returned += [value.body, value.orelse]
        else:
            yield value


def _proposed(hook: HookCode, answer: ast.expr, space: StateSpace) -> set[State] | None:
    if isinstance(answer, ast.Constant) and answer.value is None:
        return set()
    if not isinstance(answer, ast.Call):
        return None
    made = hook.meant(answer.func)
    if made in (proceed, delay, abort):
        return set()
    if made is not reject:
        return None
    proposed = [*answer.args, *[each.value for each in answer.keywords if each.arg == "state"]]
    if not proposed:
        return set()
    named = {node.attr for node in ast.walk(proposed[0]) if isinstance(node, ast.Attribute)}
    return {state for state in space.states if state and state.rpartition(".")[2] in named} or None
