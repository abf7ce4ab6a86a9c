# pyright: reportUnnecessaryTypeIgnoreComment=true
"""Lint: any policy goes in, and findings are frozen data."""

from __future__ import annotations

from enum import Enum
from typing import Literal, assert_type

from bylaws import AsyncPolicy, Entry, Policy, Transition, rule
from bylaws.lint import CHECKS, Check, Finding, MoveSet, Place, ProjectIgnore, Severity, lint
from bylaws.views import Matrix


class S(Enum):
    NEW = 1
    PAID = 2


class Order: ...


@rule(from_states={S.NEW}, to_states={S.PAID})
def pay(_: Transition[S, S, Order]) -> None: ...


@rule(from_states={S.NEW}, to_states={S.PAID})
async def pay_later(_: Transition[S, S, Order]) -> None: ...


class Orders(Policy[S, Order]):
    def priority(self) -> tuple[Entry[S, Order], ...]:
        return (pay,)


plain = Policy[S, Order](pay)
later = AsyncPolicy[S, Order](pay_later)
ignore = ProjectIgnore("shadowed", "orders", "pay", "until the books are open again")

found = lint(plain, later, Orders(), Matrix.of(plain), ignores=[ignore])
assert_type(found, tuple[Finding, ...])
assert_type(CHECKS["shadowed"], Check)
for finding in found:
    assert_type(finding.severity, Literal["error", "warning", "note"])
    assert_type(finding.severity, Severity)
    assert_type(finding.entries, tuple[str, ...])
    assert_type(finding.moves, tuple[MoveSet, ...])
    assert_type(finding.place, Place | None)

lint(pay)  # type: ignore[arg-type]  # a rule that is linted
lint(Orders)  # type: ignore[arg-type]  # a class of policies that is linted
lint([plain])  # type: ignore[arg-type]  # a list of policies
lint(plain, ignores=["shadowed"])  # type: ignore[list-item]  # a check alone as an ignore
lint(plain, ignore)  # type: ignore[arg-type]  # an ignore as a policy
ProjectIgnore("shadowed", "orders", "pay")  # type: ignore[call-arg]  # an ignore without a reason
CHECKS["shadowed"] = CHECKS["same-name"]  # type: ignore[index]  # a check that is put in
found[0].message = ""  # type: ignore[misc]  # a finding that is changed
