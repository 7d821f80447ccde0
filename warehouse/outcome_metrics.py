"""Which figures a team reads its outcomes by: the catalog's ``outcomes.yaml``, entry by entry.

What a figure is made of (sales, spend, users) is said once, by the layout; an entry
says that the team wants it, in whose words, and what only the team can know: which
event is value, which metric is conversion.
"""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from core.conditions import Frozen

OutcomeKind = Literal[
    "revenue_per_user",
    "conversion",
    "acquisition_cost",
    "lifetime_value",
    "time_to_value",
    "guardrail_pass_share",
    "proposal_pass_share",
    "trait_versioning_share",
    "decision_latency",
    "data_freshness",
    "model_drift",
]


class OutcomeMetric(Frozen):
    """One figure. ``description`` is what it means, for somebody who has not seen it before."""

    kind: OutcomeKind
    name: str
    description: str
    phrases: tuple[str, ...] = ()
    event: str | None = None
    """Time to value: what counts as value. Revenue per user: per whom, those with this event in
    the week; None: everybody who has signed up by its end."""
    metric: str | None = None
    """Conversion: the catalog's metric."""
    horizon_days: int = Field(default=30, ge=1, le=3 * 365)
    """Time to value: how long somebody is watched. Lifetime value: how far ahead."""

    @model_validator(mode="after")
    def _says_what_it_needs(self) -> Self:
        if self.kind == "time_to_value" and self.event is None:
            raise ValueError("time_to_value needs the event that is value")
        if self.kind == "conversion" and self.metric is None:
            raise ValueError("conversion needs a metric of metrics.yaml")
        return self
