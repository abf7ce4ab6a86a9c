"""What a run has to do: the contract, written down in the most naive way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from bylaws import Accepted, Outcome, Rejected, Verdict, proceed
from tests.model.script import (
    BREAKS,
    CAUSED,
    RAISES,
    REFUSES,
    REFUSES_TO_WRITE,
    THEN,
    VERDICTS,
    Act,
    Flavour,
    Script,
    State,
)

# A call: its label ("0.before_transition", "0.add_after.2": the third callback that entry 0 added,
# "commit"), and what it was given beside the transition: a transform's hooks the outcome, commit
# the state and the outcome.
Call: TypeAlias = tuple[str, object]

# A line of a trace: the entry's name, what it did, its verdict, the side that was due.
Line: TypeAlias = tuple[str, str, Verdict[State] | None, str | None]

POLICY = "scripts"
"""What the policies of the scripts are called; entry 0 is `e0`."""


@dataclass
class Seen:
    """What is seen of a run: all of it. Exceptions by labels, such as `Boom@0.cleanup`."""

    calls: list[Call]
    outcome: Outcome[State] | None = None
    trace: list[Line] = field(default_factory=list[Line])
    raised: str = ""
    notes: list[str] = field(default_factory=list[str])
    logged: list[str] = field(default_factory=list[str])


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
    # one that refused are not called. `begun` are the entries whose turn came, with the callbacks
    # that they added.
    outcome: Outcome[State] = Accepted(to_state)
    selected = [
        (at, script)
        for at, script in enumerate(scripts)
        if script.universal or (from_state in script.from_states and to_state in script.to_states)
    ]
    refused_by = failed = -1
    begun: list[tuple[int, Script, list[tuple[str, str, Act]]]] = []
    for at, script in selected:
        if refused_by >= 0 and not script.universal:
            continue
        added: list[tuple[str, str, Act]] = []
        begun.append((at, script, added))
        if script.before is None:
            continue
        label = f"{at}.before_transition"
        failed = at
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
        failed = -1
        if script.before in REFUSES:
            refused_by = at
            outcome = REFUSES[script.before]

    # 3. The decision.
    for at, script in selected:
        if script.universal and script.decide is not None and not raised:
            label = f"{at}.on_decision"
            if happens(label, script.decide, outcome) and script.decide == "junk":
                raised.append(f"HookError@{label}")

    # 4. The commit.
    stands, committed, written = not raised, False, ""
    decided = outcome.state if isinstance(outcome, Accepted | Rejected) else None
    if stands and commit is not None and decided is not None:
        stands = committed = happens("commit", commit, (decided, outcome))
        if committed and commit in (*REFUSES_TO_WRITE, "redirect"):
            stands = committed = False
            if commit == "redirect":
                raised.append("HookError@commit")
            else:
                outcome = REFUSES[commit]
        elif committed and commit == "junk":
            raised.append("HookError@commit")
        elif committed and commit in THEN:
            raised.append(f"{THEN[commit].__name__}@commit")
        written = f"; the commit of {decided} stands" if committed else ""

    # 5. The unwinding, last in first out.
    excepted = bool(raised) and not committed
    lines: dict[int, Line] = {}
    for at, script, added in reversed(begun):
        if script.universal:
            happened = not excepted
        elif at in (refused_by, failed):
            happened = stands and decided is not None
        else:
            happened = stands and refused_by < 0
        for method, label, act in reversed(added):
            if method == ("add_after" if happened else "add_cleanup"):
                finishes(label, f"{at}.{method}", "fine" if act == "junk" else act, script.adds_are)
        due, did = "after" if happened else "cleanup", "proceeded"
        verdict: Verdict[State] = proceed()
        if at == refused_by:
            did, verdict = "refused", VERDICTS[script.before or ""]
        elif at == failed:
            pass
        elif happened and script.after is not None:
            label = f"{at}.after_transition"
            finishes(
                label, label, script.after, script.after_is, outcome if script.universal else None
            )
        elif not happened and not script.universal and script.cleanup is not None:
            label = f"{at}.cleanup"
            finishes(label, label, script.cleanup, script.cleanup_is)
        lines[at] = (f"e{at}", did, None if script.universal else verdict, due)

    # What is said of it.
    if not raised:
        trace = [lines.get(at, (f"e{at}", "nullified", None, None)) for at, _ in selected]
        if stands is False:
            trace.append(("commit", "refused", VERDICTS[commit or ""], None))
        return Seen(calls, outcome, trace)
    out = min(raised, key=_urgency)  # of several the first
    others = [each for each in raised if each is not out]
    return Seen(
        calls,
        raised=out,
        notes=[
            f"in {_where(out)}, {POLICY}: {from_state} -> {to_state}{written}",
            *(
                f"also raised{', and logged' * (_urgency(each) == 2)}: {_told(each)}"
                for each in dict.fromkeys(others)
            ),
        ],
        logged=[each for each in others if _urgency(each) == 2],
    )


def _kind(raised: str) -> str:
    return raised.partition("@")[0]


def _urgency(raised: str) -> int:
    if _kind(raised) in ("KeyboardInterrupt", "SystemExit"):
        return 0
    return 1 if _kind(raised) in ("CancelledError", "GeneratorExit") else 2


def _told(raised: str) -> str:
    """As notes have it; what a HookError says is left out."""
    text = "" if _kind(raised) == "HookError" else f": {_label(raised)}"
    return f"{_kind(raised)}{text} in {_where(raised)}"


def _label(raised: str) -> str:
    return raised.partition("@")[2].partition(" from ")[0]


def _where(raised: str) -> str:
    """As notes have it: the entry and the hook, or method, that it came from."""
    label = _label(raised).removesuffix(" early")
    return label if label == "commit" else "e" + ".".join(label.split(".")[:2])
