"""What a read-out of an experiment or a holdout says: one frozen value with everything to show.

Rates are fractions, effects are treated minus control in the unit of the metric, times are naive
UTC. A number that would mean nothing is None, and a sentence beside it says why.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from core.artifacts import SqlText
from core.conditions import Frozen

Kind = Literal["holdout", "global_holdout", "experiment"]
Outcome = Literal["passed", "failed", "not_run"]
CheckName = Literal[
    "split",
    "split_by_day",
    "split_by_platform",
    "contamination",
    "two_arms",
    "moved",
    "namespace",
    "overlap",
]


class ArmRow(Frozen):
    """One arm as it was filled."""

    key: str
    name: str
    control: bool
    planned_share: float
    """Of the users in all arms."""
    users: int
    """Whose horizon is over, and who are in this arm only."""
    expected: float
    """How many of all there are by the planned share."""
    applied: int
    """To how many what the arm stands for got: a message delivered, a change seen."""
    reached_goal: int | None
    """Who reached the goal of their own message; None where there are no such goals."""


class SplitCell(Frozen):
    """How the arms were filled on one day, or on one platform."""

    by: Literal["day", "platform"]
    value: str
    users: dict[str, int]
    p: float
    failed: bool


class Check(Frozen):
    """Something that must hold before a number means anything."""

    name: CheckName
    outcome: Outcome
    p: float | None
    """Of checks that test something; never 0."""
    sentence: str


class Estimate(Frozen):
    """A number with its 95 % interval; an end of None is open."""

    value: float
    low: float | None
    high: float | None

    @property
    def excludes_zero(self) -> bool:
        """Whether the interval lies on one side of 0."""
        return (self.low is not None and self.low > 0) or (self.high is not None and self.high < 0)


class Adjusted(Frozen):
    """The effect with what was known of users before taken off (CUPED)."""

    effect: Estimate | None
    """None where it is withheld."""
    p: float | None
    variance_removed: float
    """Share of the variance; 0 to 1."""
    balance_p: float
    """Whether the arms were alike before: small means that they were not."""
    withheld: str | None


class Bayes(Frozen):
    """What is believed of the effect, with a flat prior."""

    chance_to_win: float
    """That the arm is better than the control, in the direction that is better."""
    risk_of_choosing: float
    """What is lost on average by choosing the arm, in the unit of the metric."""
    risk_of_staying: float


class Comparison(Frozen):
    """One arm against the control on one metric."""

    arm: str
    users: int
    control_users: int
    mean: float | None
    """Per user; of a ratio the ratio, of a quantile the quantile."""
    control_mean: float | None
    withheld: str | None
    """Why there is no effect; then every field below is None, and no mean is shown either where
    the whole read-out is withheld."""
    effect: Estimate | None = None
    """Intent to treat. Holds at every look (asymptotic confidence sequence)."""
    relative: Estimate | None = None
    """As a share of the control's size; None where the control is 0."""
    p: float | None = None
    """Always-valid, never 0."""
    p_text: str | None = None
    p_adjusted: float | None = None
    """Over all metrics and arms of this read-out (Benjamini and Hochberg)."""
    fixed: Estimate | None = None
    """Fixed-horizon interval (Welch), at and after the planned date only."""
    fixed_p: float | None = None
    cuped: Adjusted | None = None
    compliance: float | None = None
    """Of the arm's users those whom it reached, less those of the control."""
    cace: Estimate | None = None
    """The effect on those whom the arm reached: effect over compliance (delta method)."""
    diluted: Estimate | None = None
    """The effect spread over everybody: effect times trigger rate (delta method)."""
    bayes: Bayes | None = None
    verdict: Literal["better", "worse", "unclear", "none"] = "none"


class MetricRow(Frozen):
    """One metric in all arms."""

    key: str
    name: str
    kind: Literal["reached", "times", "total", "ratio", "quantile", "funnel"]
    better: Literal["up", "down"]
    primary: bool
    comparisons: tuple[Comparison, ...]
    """One an arm that is not the control."""
    sql: str
    """The id of the query that gave its sums."""


class GuardRow(Frozen):
    """Something that must not get worse, by a one-sided sequence."""

    key: str
    name: str
    arm: str
    rate: float | None
    control_rate: float | None
    worse_by_at_least: float | None
    """The end of the one-sided 95 % sequence on the bad side; above 0 it did get worse."""
    p: float | None
    harmed: bool
    sentence: str
    sql: str


class SeriesPoint(Frozen):
    """What the read-out would have said at the end of a day."""

    metric: str
    arm: str
    day: date
    """Users count whose horizon was over by then."""
    users: int
    control_users: int
    effect: float | None
    low: float | None
    high: float | None


class NoveltyPoint(Frozen):
    """The effect in one stretch of days since a user came, on the first metric."""

    arm: str
    from_day: int
    to_day: int
    """Closed-open, in days since the user came."""
    effect: float
    low: float
    high: float


class ActionRow(Frozen):
    """The read-out of one message of a policy on its own goal."""

    action: str
    goal_event: str | None
    arms: tuple[ArmRow, ...]
    withheld: str | None
    comparison: Comparison


class ExperimentReadout(Frozen):
    """Everything that is to be said of one experiment or holdout at one moment."""

    kind: Kind
    key: str
    name: str
    as_of: datetime
    since: datetime | None
    """When the first user came."""
    until: datetime | None
    """The planned end."""
    horizon_days: int | None
    """None: up to the moment of the read-out."""
    planned_units: int
    """For how many users the sequences are tightest."""
    planned_date_reached: bool
    control: str
    goal_event: str | None
    """Holdouts of policies: the goal of all messages, where there is only one."""
    contaminated: int
    """Users of the control who got a message all the same."""
    arms: tuple[ArmRow, ...]
    triggered_users: int
    total_users: int
    """Whom the experiment or the policy could have concerned."""
    trigger_rate: float | None
    checks: tuple[Check, ...]
    split: tuple[SplitCell, ...]
    withheld: str | None
    """Why no number is given at all; None where the checks passed."""
    metrics: tuple[MetricRow, ...]
    guards: tuple[GuardRow, ...]
    series: tuple[SeriesPoint, ...]
    novelty: tuple[NoveltyPoint, ...]
    novelty_sentence: str | None
    actions: tuple[ActionRow, ...]
    """Holdouts of policies only."""
    statements: tuple[str, ...]
    """What a person reads first, in order: the verdict, what was withheld and why, what is odd."""
    queries: tuple[SqlText, ...]

    @property
    def verdict(self) -> str:
        """The first sentence."""
        return self.statements[0]

    @property
    def primary(self) -> MetricRow | None:
        """The metric that it is decided by."""
        return next((one for one in self.metrics if one.primary), None)
