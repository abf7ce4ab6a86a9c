"""What a run has to do: the contract, written down in the most naive way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from bylaws import Accepted, Outcome, Rejected
from tests.model.script import BREAKS, CAUSED, RAISES, REFUSES, Act, Flavour, Script, State

# A call: its label ("0.before_transition", "0.add_after.2": the third callback that entry 0 added,
# "commit"), and what it was given beside the transition: a transform's after hook the outcome,
# commit the state and the outcome.
Call: TypeAlias = tuple[str, object]

# An exception by its label, such as "Boom@0.cleanup"; or a group of several, or one with others as
# its cause.
Shape: TypeAlias = str | tuple[str, ...]


@dataclass
class Seen:
    """What is seen of a run: all of it."""

    calls: list[Call]
    outcome: Outcome[State] | None = None
    raised: Shape | None = None
    noted: bool = False
    """Whether what was raised says that the commit stands."""


def predict(
    scripts: Sequence[Script],
    from_state: State | None,
    to_state: State | None,
    commit: Act | None,
    struck: Sequence[tuple[str, str]] = (),
) -> Seen:
    """What has to be seen of a run in which every entry plays its script.

    `struck` are the awaits that something was thrown in at: the label of the call that was
    suspended (with " early" if a before hook had not added its callbacks yet), and the name of
    what was thrown.
    """
    thrown = dict(struck)
    calls: list[Call] = []
    raised: list[str] = []

    def happens(label: str, act: Act, given: object = None) -> bool:
        """One call. Whether it ended normally."""
        calls.append((label, given))
        if label in thrown:
            raised.append(f"{thrown[label]}@{label}")
        elif act in RAISES:
            raised.append(f"{RAISES[act].__name__}@{label}")
        elif act in CAUSED:
            raised.append(f"{CAUSED[act].__name__}@{label} from OwnCauseError@{label}")
        else:
            return True
        return False

    def finishes(label: str, hook: str, act: Act, flavour: Flavour, given: object = None) -> None:
        """One side's call, which may not be possible any more."""
        if flavour != "plain" and any(each.startswith("GeneratorExit@") for each in raised):
            if flavour == "later":  # a plain function up to what it returns
                calls.append((label, given))
            raised.append(f"HookError@{hook}")
        elif happens(label, act, given) and act == "junk":
            raised.append(f"HookError@{hook}")

    # 1. The entries that are selected. 2. Their before hooks; those of rules that come after the
    # one that spoke are not called. `begun` are the entries whose turn came, with the callbacks
    # that they added.
    outcome: Outcome[State] = Accepted(to_state)
    refused = False
    begun: list[tuple[int, Script, list[tuple[str, str, Act]]]] = []
    for at, script in enumerate(scripts):
        selected = script.universal or (
            from_state in script.from_states and to_state in script.to_states
        )
        if not selected or (refused and not script.universal):
            continue
        added: list[tuple[str, str, Act]] = []
        begun.append((at, script, added))
        if script.before is None:
            continue
        label = f"{at}.before_transition"
        if f"{label} early" in thrown:
            calls.append((label, None))
            raised.append(f"{thrown[f'{label} early']}@{label} early")
            break
        added += [
            (method, f"{at}.{method}.{number}", act)
            for number, (method, act) in enumerate(script.adds)
        ]
        if not happens(label, script.before):
            break
        if script.before in BREAKS or (script.universal and script.before != "nothing"):
            raised.append(f"HookError@{label}")
            break
        if script.before in REFUSES:
            refused = True
            outcome = REFUSES[script.before]

    # 3. The commit.
    committed = False
    if (
        not raised
        and commit is not None
        and isinstance(outcome, Accepted | Rejected)
        and outcome.state is not None
    ):
        committed = happens("commit", commit, (outcome.state, outcome))

    # 4. The unwinding, last in first out.
    excepted = bool(raised)
    for at, script, added in reversed(begun):
        happened = not excepted and (script.universal or not refused)
        for method, label, act in reversed(added):
            if method == ("add_after" if happened else "add_cleanup"):
                finishes(label, f"{at}.{method}", "fine" if act == "junk" else act, script.adds_are)
        if happened and script.after is not None:
            label = f"{at}.after_transition"
            finishes(
                label, label, script.after, script.after_is, outcome if script.universal else None
            )
        if not happened and not script.universal and script.cleanup is not None:
            label = f"{at}.cleanup"
            finishes(label, label, script.cleanup, script.cleanup_is)

    # What goes out. Being closed is no news to whoever closed it.
    raised = [each for each in raised if not each.startswith("GeneratorExit@")]
    if not raised:
        return Seen(calls, None if struck else outcome)
    return Seen(calls, None, _going_out(raised), committed)


def _going_out(raised: list[str]) -> Shape:
    if len(raised) == 1:
        return raised[0]
    leaving = [each for each in raised if each.startswith(("KeyboardInterrupt@", "SystemExit@"))]
    leaving += [each for each in raised if each.startswith("CancelledError@")]
    if not leaving:
        return ("group", *raised)
    bare, _, own_cause = leaving[0].partition(" from ")
    return (
        "bare",
        bare,
        *([own_cause] if own_cause else []),
        *(each for each in raised if each != leaving[0]),
    )
