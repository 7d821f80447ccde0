"""Guardrail policies for what two people have to agree on: each finding makes a change high-risk.

The same shape as the policies in core/policies.py, which lists them.
"""

from __future__ import annotations

from core.artifacts import Finding, Preview
from core.proposal import Proposal
from core.rules import DecisionPolicy

MAJORITY = 0.5
"""Of all users of the warehouse."""


def majority_reached(proposal: Proposal) -> Finding | None:
    """A marketing message to more than half of all users is agreed on by two people."""
    reached = _get_marketing(proposal)
    if proposal.users_total == 0 or reached <= MAJORITY * proposal.users_total:
        return None
    return Finding(
        policy="majority_reached",
        severity="warn",
        message=f"{reached / proposal.users_total:.0%} of all users would get a marketing message.",
        fix="Narrow the audience, or have two approvers agree.",
    )


def sensitive_data(proposal: Proposal) -> Finding | None:
    """A rule that reads sensitive data is agreed on by two people."""
    found = sorted(name for name, kind in proposal.data_classes.items() if kind == "sensitive")
    if not found:
        return None
    return Finding(
        policy="sensitive_data",
        severity="warn",
        message=f"The rule reads sensitive data: {', '.join(found)}.",
        fix="Check that people agreed to this use of it, or leave it out.",
    )


def _get_marketing(proposal: Proposal) -> int:
    """Users who would get one, as far as the preview tells."""
    artifact, preview = proposal.artifact, proposal.preview
    if isinstance(artifact, DecisionPolicy):
        return _selected(artifact, preview)
    is_marketing = artifact.action and artifact.action.message_class == "marketing"
    return preview.reachable_size if is_marketing else 0


def _selected(policy: DecisionPolicy, preview: Preview) -> int:
    classes = {entry.action.key: entry.action.message_class for entry in policy.entries}
    return sum(one.selected for one in preview.winners if classes.get(one.entry) == "marketing")


GRAVE_POLICIES = (majority_reached, sensitive_data)
