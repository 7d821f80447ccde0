"""Experiments as a team declares them: who is compared, on what, and until when it was planned.

Read from the catalog's ``experiments.yaml`` and ``readout_metrics.yaml``. Nothing here is
executed: read-outs are made of it by the measure stage.
"""

from __future__ import annotations

from datetime import datetime
from itertools import accumulate, combinations
from typing import Literal, Self

from pydantic import Field, model_validator

from core.assignment import share_end
from core.conditions import Frozen
from core.rules import KEY_PATTERN, Key

MetricKind = Literal["reached", "times", "total", "ratio", "quantile"]
Hash = Literal["bucket", "growthbook_1", "growthbook_2"]


class Counted(Frozen):
    """What is added up of a user: how often an event happened, or the sum of a property of it."""

    event: str
    property: str | None = None
    """A numeric property; None counts events."""


class ReadoutMetric(Frozen):
    """A number per user that arms are compared on.

    ``reached``: whether the event happened. ``times`` and ``total``: the mean per user of how often
    it happened, of the sum of a property. ``ratio``: sums over sums, such as price per purchase.
    ``quantile``: of what each user comes to, users without any counted as 0.
    """

    name: str
    description: str = ""
    kind: MetricKind
    of: Counted
    per: Counted | None = None
    """Ratios only: the denominator."""
    share: float | None = Field(default=None, gt=0, lt=1)
    """Quantiles only: 0.9 is the value that 9 of 10 users stay below."""
    better: Literal["up", "down"] = "up"
    guard: bool = False
    """Something that must not get worse, whatever the experiment is for."""

    @model_validator(mode="after")
    def _has_what_its_kind_needs(self) -> Self:
        if (self.kind == "ratio") != (self.per is not None):
            raise ValueError("a ratio, and nothing else, says what it is 'per'")
        if (self.kind == "quantile") != (self.share is not None):
            raise ValueError("a quantile, and nothing else, has a 'share'")
        if self.kind == "total" and self.of.property is None:
            raise ValueError("a total adds up a property: name it, or use 'times'")
        if self.kind in ("reached", "times") and self.of.property is not None:
            raise ValueError(f"'{self.kind}' counts events: leave the property out")
        return self


class ExperimentArm(Frozen):
    """One side of an experiment, and the share of its users that it was planned to have."""

    key: Key = Field(pattern=KEY_PATTERN)
    name: str = ""
    share: float = Field(ge=0, le=1)
    control: bool = False
    treated: bool = True
    """Of experiments on messages: whether the arm gets the message."""
    buckets: tuple[str, str | None] | None = None
    """Half-open ends of its own; None: its share, after those of the arms before it."""


class Exposure(Frozen):
    """The event that says that a user met what the experiment changes."""

    event: str
    arm: str | None = None
    """The property that says in which arm; None: the arm is the one that the hash gives."""


class FromDecisions(Frozen):
    """A policy whose experiment draws the arms: users are those it decided to message, or held out
    of the experiment."""

    policy: Key
    action: Key | None = None


class Namespace(Frozen):
    """A part of all users that experiments which must not meet divide among them."""

    key: Key = Field(pattern=KEY_PATTERN)
    start: float = Field(ge=0, lt=1)
    end: float = Field(gt=0, le=1)

    @model_validator(mode="after")
    def _has_somebody(self) -> Self:
        if self.start >= self.end:
            raise ValueError("a part of a namespace ends after it begins")
        return self

    @property
    def salt(self) -> str:
        """Of its own, so that arms and namespaces are drawn apart."""
        return f"namespace:{self.key}"


class DeclaredExperiment(Frozen):
    """An experiment on a change of the product, or on messages."""

    name: str
    hypothesis: str = ""
    unit: Literal["user"] = "user"
    salt: str | None = Field(default=None, min_length=1)
    """What arms are drawn with; None: somebody else draws them, and exposures say which."""
    hash: Hash = "bucket"
    arms: tuple[ExperimentArm, ...] = Field(min_length=1)
    exposure: Exposure | None = None
    """None: everybody in the arms by the hash takes part from the start."""
    decisions: FromDecisions | None = None
    namespace: Namespace | None = None
    metrics: tuple[str, ...] = ()
    """The first is what it is decided by. Empty: every metric of the catalog."""
    starts_at: datetime
    ends_at: datetime | None = None
    """The planned end: who came by then counts, and a fixed-horizon interval is shown after it."""
    planned_units: int | None = Field(default=None, gt=0)
    """For how many users it was planned: intervals are tightest there."""
    horizon_days: int = Field(default=7, ge=1, le=365)
    """How long after a user came what they do counts."""
    pre_days: int = Field(default=28, ge=0, le=365)
    """How much of the time before tells users apart; 0: nothing does."""
    contamination_tolerated: float = Field(default=0.0, ge=0, lt=0.05)
    """The share of users seen in two arms up to which they are left out instead of the number."""

    @model_validator(mode="after")
    def _arms_are_sound(self) -> Self:
        if len({one.key for one in self.arms}) != len(self.arms):
            raise ValueError("every arm needs a key of its own")
        if sum(one.share for one in self.arms) > 1 + 1e-9:
            raise ValueError("the shares of the arms add up to more than 1")
        if len(self.arms) > 1 and sum(one.control for one in self.arms) != 1:
            raise ValueError("exactly one arm is the control")
        if self.exposure and self.decisions:
            raise ValueError("users come by an exposure event or by decisions, not by both")
        if self.salt is None and (self.exposure is None or self.exposure.arm is None):
            raise ValueError("without a salt, an exposure event has to say in which arm a user is")
        if self.hash != "bucket" and self.decisions:
            raise ValueError("rules draw by buckets: leave the hash out")
        if self.ends_at is not None and self.ends_at <= self.starts_at:
            raise ValueError("an experiment ends after it begins")
        return self

    @property
    def control(self) -> ExperimentArm:
        """The arm that others are compared with."""
        return next((one for one in self.arms if one.control), self.arms[0])

    def overlaps(self, other: DeclaredExperiment) -> bool:
        """Whether both run at some moment."""
        mine, theirs = self.ends_at or datetime.max, other.ends_at or datetime.max
        return self.starts_at < theirs and other.starts_at < mine

    def ranges(self) -> tuple[tuple[str, str, str | None], ...]:
        """Arm, and the half-open ends of its buckets."""
        ends = tuple(min(1.0, end) for end in accumulate(one.share for one in self.arms))
        starts = (0.0, *ends)
        return tuple(
            (arm.key, *(arm.buckets or bucket_range(low, high)))
            for arm, low, high in zip(self.arms, starts, ends, strict=False)
        )


def bucket_range(low: float, high: float) -> tuple[str, str | None]:
    """Half-open ends of a part of all users as buckets (``core.assignment``); None is open."""
    return share_end(low) or "g", share_end(high)


def meeting_in_a_namespace(experiments: dict[str, DeclaredExperiment]) -> list[tuple[str, str]]:
    """Pairs that share users of a namespace while both run."""
    return [
        (one, other)
        for one, other in combinations(experiments, 2)
        if _meet(experiments[one], experiments[other])
    ]


def _meet(one: DeclaredExperiment, other: DeclaredExperiment) -> bool:
    mine, theirs = one.namespace, other.namespace
    if mine is None or theirs is None or mine.key != theirs.key:
        return False
    return mine.start < theirs.end and theirs.start < mine.end and one.overlaps(other)
