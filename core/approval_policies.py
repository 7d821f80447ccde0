"""How many people have to approve a change, of which role and by when. Pure.

The risk of a change says which policy asks; the first policy of the list that covers kind and
risk holds. What no policy covers cannot be approved by anybody.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from pydantic import Field, field_validator

from core.conditions import Frozen
from core.data_changes import DATA_KINDS
from core.jumps import JUMP
from core.lifecycle import Role

Risk = Literal["low", "medium", "high"]
KINDS = DATA_KINDS | {"eligibility_rule", "decision_policy", "journey", JUMP}
"""Kinds of change requests."""


class ApprovalPolicy(Frozen):
    """Who approves changes of some kinds and risks. An empty list means all of them."""

    name: str = Field(min_length=1)
    kinds: tuple[str, ...] = ()
    """Kinds of change requests, such as decision_policy or trait_models."""
    risks: tuple[Risk, ...] = ()
    approvers: int = Field(default=1, ge=1, le=9)
    """How many different people."""
    role: Literal[Role.APPROVER, Role.ADMIN] = Role.APPROVER
    """What each of them holds, besides the role of an approver."""
    review_hours: float = Field(default=72.0, gt=0, le=24 * 90)
    """How long they may take before it goes to ``escalate_to``."""
    escalate_to: Literal[Role.APPROVER, Role.ADMIN] = Role.ADMIN

    @field_validator("kinds")
    @classmethod
    def _kinds_are_known(cls, kinds: tuple[str, ...]) -> tuple[str, ...]:
        for one in kinds:
            if one not in KINDS:
                raise ValueError(f"there is no kind '{one}'; known: {', '.join(sorted(KINDS))}")
        return kinds

    def covers(self, kind: str, found: Risk) -> bool:
        """Whether it speaks of such a change."""
        return kind in (self.kinds or (kind,)) and found in (self.risks or (found,))


DEFAULT_POLICIES: tuple[ApprovalPolicy, ...] = (
    ApprovalPolicy(name="low risk", risks=("low",), approvers=1, review_hours=72),
    ApprovalPolicy(name="medium risk", risks=("medium",), approvers=1, review_hours=48),
    ApprovalPolicy(name="high risk", risks=("high",), approvers=2, review_hours=24),
)
"""What holds where a workspace says nothing else."""


def required(policies: Iterable[ApprovalPolicy], kind: str, found: Risk) -> ApprovalPolicy | None:
    """The policy that asks for approval of a change; None: nobody may approve it."""
    return next((one for one in policies if one.covers(kind, found)), None)
