"""Guardrail policies for what two people have to agree on: each finding makes a change high-risk.

The same shape as the policies in core/policies.py, which lists them, whatever sends.
"""

from __future__ import annotations

from core.artifacts import Finding
from core.sending import Sending

MAJORITY = 0.5
"""Of all users of the warehouse."""


def majority_reached(sending: Sending) -> Finding | None:
    """A marketing message to more than half of all users is agreed on by two people."""
    reached = sending.marketing_reach
    if sending.users_total == 0 or reached <= MAJORITY * sending.users_total:
        return None
    return Finding(
        policy="majority_reached",
        severity="warn",
        message=f"{reached / sending.users_total:.0%} of all users would get a marketing message.",
        fix="Narrow the audience, or have two approvers agree.",
    )


def sensitive_data(sending: Sending) -> Finding | None:
    """What reads sensitive data is agreed on by two people."""
    found = sorted(name for name, kind in sending.data_classes.items() if kind == "sensitive")
    if not found:
        return None
    return Finding(
        policy="sensitive_data",
        severity="warn",
        message=f"The {sending.what} reads sensitive data: {', '.join(found)}.",
        fix="Check that people agreed to this use of it, or leave it out.",
    )


GRAVE_POLICIES = (majority_reached, sensitive_data)
