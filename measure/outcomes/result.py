"""The one result: figures, attribution and campaigns, as doors show them and scripts read them."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from core.artifacts import SqlText
from core.conditions import Frozen

Unit = Literal["share", "currency", "ratio", "days", "seconds", "count", "index"]
"""What a value counts. Shares are fractions of 1; currency is the team's own; an index has none."""


class Interval(Frozen):
    """Bounds of a value, in its unit; None where a side is open."""

    low: float | None
    high: float | None
    level: float = 0.95


class Point(Frozen):
    """One week of a trend. ``start``: its first moment (ISO, UTC); None: nothing to say of it."""

    start: str
    value: float | None
    users: int | None = None
    """How many people the value is of; None where it is of none."""


class Part(Frozen):
    """A figure for some of what it covers: one source, one table, one trait."""

    label: str
    value: float | None
    before: float | None = None
    trend: tuple[Point, ...] = ()
    statement: str | None = None


class Figure(Frozen):
    """One figure. Without a ``value`` its ``statement`` says why, and what to do."""

    key: str
    """Its name in the catalog, or its kind."""
    kind: str
    name: str
    meaning: str
    """What it is, in a sentence."""
    unit: Unit
    value: float | None = None
    interval: Interval | None = None
    before: float | None = None
    """The value of the period before."""
    trend: tuple[Point, ...] = ()
    """Oldest first; the last is the value's own week where it is of a week."""
    parts: tuple[Part, ...] = ()
    statement: str | None = None
    notes: tuple[str, ...] = ()
    """What somebody should know who reads the number."""
    sql: tuple[SqlText, ...] = ()
    as_of: str
    """Up to when (ISO, UTC, exclusive) the value looks."""


Model = Literal["last", "first", "linear", "position", "markov", "shapley"]
MODELS: tuple[Model, ...] = ("last", "first", "linear", "position", "markov", "shapley")


class Credit(Frozen):
    """One touchpoint: what every model gives it, beside what its holdout says it changed."""

    touchpoint: str
    """Policy and channel, as one label."""
    policy: str | None
    """None: a message that no policy decided."""
    channel: str | None
    users: int
    """People whom it touched."""
    attributed: dict[Model, float]
    """Conversions by model."""
    incremental: float | None = None
    """Conversions that would not have been without it, by its holdout."""
    interval: Interval | None = None
    gap: dict[Model, float] = Field(default_factory=dict)
    """Attributed less incremental, by model; empty where nothing is known of the latter."""
    statement: str | None = None
    """Why there is no incremental number."""


class Attribution(Frozen):
    """Whose the conversions to one goal are. ``misplaced``: the share of each model's credit that
    lies on other touchpoints than the change does."""

    goal: str
    span: tuple[str, str]
    """Messages from the first moment to the last (ISO, UTC)."""
    horizon_days: int
    paths: int
    """Different orders of touchpoints."""
    users: int
    """People with a message in the span."""
    converted: float
    """Of those, who reached the goal within the horizon of a message."""
    untouched: int
    """People who reached the goal in the span without any message before."""
    credits: tuple[Credit, ...] = ()
    misplaced: dict[Model, float] = Field(default_factory=dict)
    statement: str | None = None
    notes: tuple[str, ...] = ()
    sql: tuple[SqlText, ...] = ()


class Campaign(Frozen):
    """One policy against its holdout: what it changed, what that is worth, what it cost."""

    policy: str
    name: str
    goal: str | None
    """None: the goal of each message's own action."""
    treated: int
    held_out: int
    uplift: float | None
    """Difference in the share that reached the goal, 0.01 being one percentage point."""
    interval: Interval | None
    trend: tuple[Point, ...] = ()
    """The uplift of earlier read-outs, by their moment."""
    incremental: float | None = None
    """Conversions that would not have been without it."""
    incremental_interval: Interval | None = None
    revenue: float | None = None
    """Incremental revenue within the horizon, in the team's currency."""
    revenue_interval: Interval | None = None
    messages: int = 0
    cost: float | None = None
    """Of its messages; None: a channel declares no cost."""
    roi: float | None = None
    """Incremental revenue less cost, as a share of the cost."""
    roi_interval: Interval | None = None
    verdict: str
    statements: tuple[str, ...] = ()
    """Why what is missing is missing."""
    sql: tuple[SqlText, ...] = ()


class Outcomes(Frozen):
    """Everything, as of one moment (ISO, UTC)."""

    as_of: str
    weeks: int
    figures: tuple[Figure, ...]
    attribution: tuple[Attribution, ...] = ()
    """One a goal of the catalog's actions."""
    campaigns: tuple[Campaign, ...] = ()

    def figure(self, key: str) -> Figure | None:
        """The figure of a key; None where there is none."""
        return next((one for one in self.figures if one.key == key), None)
