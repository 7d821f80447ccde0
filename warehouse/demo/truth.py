"""What is true about generated data, so that an answer about it can be scored."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict


class DemoTruth(BaseModel):
    """The planted cause and the true effect of the upgrade nudge."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    scenario: str
    kind: str
    """release_regression, tracking_break, mix_shift, delivery_failure, suppression_cap,
    price_change or none."""
    segment: str | None
    """The device_os the cause hits. None: all of them."""
    step: str | None
    """The funnel step whose count falls."""
    dimension: str | None
    value: str | None
    effect: float
    """Relative change where the cause acts; for mix_shift the share of users it adds."""
    starts_at: datetime | None
    as_of: datetime
    upgrade_base_rate: float | None
    """Share of users decided for the upgrade nudge who pay within 7 days without it."""
    upgrade_lift: float | None
    """What the offer added to that share among the selected, in absolute probability."""


class ReactionTruth(BaseModel):
    """What simulated users did after a cycle, and what the message really changed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    policy_key: str
    goal_event: str
    base_rate: float
    true_lift: float
    selected: int
    held_out: int
    selected_conversions: int
    held_out_conversions: int
    as_of: datetime
    """The demo's now afterwards."""
