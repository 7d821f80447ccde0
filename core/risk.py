"""How risky a change is, and what it takes to approve it, in sentences. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from core.approval_policies import ApprovalPolicy, Risk
from core.artifacts import Finding, Preview
from core.lifecycle import Role
from core.loosening import Place, loosened
from core.policies import risk

TWO_PEOPLE: dict[str, str] = {
    "majority_reached": "more than half of all users get a marketing message by it",
    "sensitive_data": "it reads sensitive data of people",
}
"""Findings that make a change high-risk, each with the reason."""
REGULATORY = "regulation_"
"""What the names of findings begin with that come from a law."""
LEAVES = dict.fromkeys(("destinations", "syncs"), "it says to whom data of people leaves")
"""Kinds that are high-risk whatever was found."""


class Assessed(NamedTuple):
    """How closely people have to look, and why: parts of a sentence, the gravest first."""

    risk: Risk
    why: tuple[str, ...]


def assess(
    kind: str,
    findings: Sequence[Finding],
    preview: Preview | None = None,
    places: Sequence[Place] = (),
) -> Assessed:
    """The risk of a change, from what the guardrails found in it and what it would do.

    ``places``: what is live beside what is proposed, where that is known.
    """
    grave = (*_by_kind(kind), *loosened(kind, places), *_by_findings(findings))
    if grave:
        return Assessed("high", grave)
    found = risk(findings, preview)
    warned = [one.message.rstrip(".") for one in findings if one.severity == "warn"]
    why = warned[:1] or ["more than half of the people it considers are reached"]
    return Assessed(found, tuple(why) if found == "medium" else ())


def _by_kind(kind: str) -> tuple[str, ...]:
    return (LEAVES[kind],) if kind in LEAVES else ()


def _by_findings(findings: Sequence[Finding]) -> tuple[str, ...]:
    told = [TWO_PEOPLE[one.policy] for one in findings if one.policy in TWO_PEOPLE]
    laws = [one.message.rstrip(".") for one in findings if one.policy.startswith(REGULATORY)]
    return (*told, *laws)


def said(kind: str, assessed: Assessed, policy: ApprovalPolicy | None) -> str:
    """The terms of a change as sentences for people."""
    because = f": {'; '.join(assessed.why)}" if assessed.why else ""
    found = f"{assessed.risk.capitalize()} risk{because}."
    if policy is None:
        what = kind.replace("_", " ")
        return f"{found} No approval policy covers a {what} of {assessed.risk} risk."
    who = "approver" if policy.role is Role.APPROVER else "approver who is an admin as well"
    if policy.approvers == 1:
        return f"{found} One {who} has to agree."
    plural = who.replace("approver who is an admin", "approvers who are admins")
    plural = plural if plural != who else f"{who}s"
    return f"{found} {policy.approvers} different {plural} have to agree."
