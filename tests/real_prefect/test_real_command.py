"""The command on Prefect's classes as they are; each verb in a process that has imported nothing.

The first import of Prefect's policies fails on a cycle, and the command gets past it.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Final

CORE: Final = "prefect.server.orchestration.core_policy"
ALL: Final = "prefect.server.orchestration"


def bylaws(where: Path, *arguments: str) -> tuple[int, str, str]:
    """Run the command there: the exit code, stdout, stderr."""
    command = [sys.executable, "-m", "bylaws", *arguments]
    ran = subprocess.run(command, cwd=where, capture_output=True, text=True, check=False)
    return ran.returncode, ran.stdout, ran.stderr


def test_show(tmp_path: Path) -> None:
    """A policy is named as it is; what it is called and lists is shown."""
    code, out, err = bylaws(tmp_path, "show", f"{CORE}:CoreFlowPolicy")
    assert (code, err) == (0, "")
    assert out.startswith("CoreFlowPolicy\n14 rules, 3 transforms; 9 states of StateType, and None")
    assert "PreventDuplicateTransitions" in out


def test_explain_and_next(tmp_path: Path) -> None:
    """Why a rule fires; and that Prefect's rules say nothing of what they always refuse."""
    code, out, _ = bylaws(
        tmp_path, "explain", "SCHEDULED", "PENDING", f"{CORE}:CoreTaskPolicy", "--format", "json"
    )
    assert code == 0
    assert '"CopyScheduledTime"' in out
    name = "prefect.server.orchestration.global_policy:GlobalTaskPolicy"
    code, out, _ = bylaws(tmp_path, "next", "RUNNING", name)
    assert code == 0
    assert len(out.split()) == 10


def test_lock_check_and_diff(tmp_path: Path) -> None:
    """All nine in one lock, which is then what they do; what one is not, is a difference."""
    assert bylaws(tmp_path, "lock", ALL)[0] == 0
    assert (tmp_path / "bylaws.lock").read_text(encoding="utf-8").count("\npolicy ") == 9
    assert bylaws(tmp_path, "check", ALL)[0] == 0
    output = ("--output", "core.json")
    assert bylaws(tmp_path, "show", f"{CORE}:CoreTaskPolicy", *output)[0] == 0
    assert json.loads((tmp_path / "core.json").read_text(encoding="utf-8"))["policy"]
    code, out, _ = bylaws(
        tmp_path, "diff", "core.json", f"{CORE}:ClientSideTaskOrchestrationPolicy"
    )
    assert code == 1
    assert "SecureTaskConcurrencySlots" in out


def test_lint(tmp_path: Path) -> None:
    """Of what can be seen in Prefect's policies nothing is found, as the README says."""
    assert bylaws(tmp_path, "lint", f"{CORE}:CoreFlowPolicy") == (0, "no findings\n", "")
    assert bylaws(tmp_path, "lint", ALL)[:2] == (0, "no findings\n")
