"""What guardrails block goes nowhere: it is not proposed, not approved and not put into force."""

from __future__ import annotations

from collections.abc import Iterable

from core.artifacts import Finding
from core.errors import Code, refuse


def require_unblocked(findings: Iterable[Finding]) -> None:
    """Refuses with BLOCKED_BY_POLICY, the reason and the fix, when a finding blocks."""
    for finding in findings:
        if finding.severity == "block":
            raise refuse(
                Code.BLOCKED_BY_POLICY, finding.message, span=finding.policy, fix=finding.fix
            )
