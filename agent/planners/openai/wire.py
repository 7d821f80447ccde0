"""What a model may answer: a closed, bounded shape without a way to act.

Nothing here runs SQL in a rule, and there is no verb for approving, publishing
or sending: a reply that tries is no reply.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from agent.planners.openai.clauses import (
    ActionName,
    Amount,
    ChannelName,
    ColumnName,
    Day,
    MetricName,
    Sql,
    Text,
    TraitName,
    Unit,
    Wire,
    WireCondition,
    Words,
)


class WireAction(Wire):
    """What is sent: an action of the catalog, or ``other`` with a name of its own."""

    action: ActionName
    name: Words | None = None
    channels: tuple[ChannelName, ...] = Field(default=(), max_length=4)
    expires_after_days: int | None = Field(default=None, ge=1, le=365)


Tiers = Annotated[tuple[Annotated[int, Field(ge=1, le=20)], ...], Field(max_length=8)]


class WireSuppression(Wire):
    """What holds back the actions of some tiers while a condition is true; no tier is all."""

    kind: Literal["condition"]
    name: Words
    when: WireCondition
    tiers: Tiers = ()


class WireOutcomeSuppression(Wire):
    """What holds a message back after earlier messages went wrong."""

    kind: Literal["outcome"]
    name: Words
    outcome: Literal["ignored", "failed", "clicked"]
    times: int = Field(ge=1, le=100)
    window_days: int = Field(ge=1, le=365)
    pause_days: int = Field(ge=1, le=365)
    scope: Literal["action", "group", "channel", "class", "all"] = "action"
    tiers: Tiers = ()


WireAnySuppression = Annotated[
    WireSuppression | WireOutcomeSuppression, Field(discriminator="kind")
]
Suppressions = Annotated[tuple[WireAnySuppression, ...], Field(max_length=6)]


class WireStop(Wire):
    """What ends the pursuit of the actions of some tiers; no tier is all of them."""

    name: Words
    when: WireCondition
    tiers: Tiers = ()


Stops = Annotated[tuple[WireStop, ...], Field(max_length=6)]


class WireEntry(Wire):
    """One line of a decision policy."""

    tier: int = Field(ge=1, le=20)
    action: WireAction
    eligibility: WireCondition | None = None
    score: TraitName | None = None


HoldoutPercent = Annotated[int, Field(ge=0, le=90)]


class WireRule(Wire):
    """Who may get something."""

    kind: Literal["eligibility_rule"]
    name: Words
    population: WireCondition | None = None
    condition: WireCondition
    action: WireAction | None = None
    holdout_percent: HoldoutPercent | None = None


class WirePolicy(Wire):
    """Who gets what first."""

    kind: Literal["decision_policy"]
    name: Words
    population: WireCondition | None = None
    entries: tuple[WireEntry, ...] = Field(min_length=1, max_length=8)
    suppressions: Suppressions = ()
    stop_conditions: Stops = ()
    at_most: int = Field(default=1, ge=1, le=5)
    cooldown_days: int = Field(default=0, ge=0, le=365)
    holdout_percent: HoldoutPercent | None = None


class WireSegment(Wire):
    """A slice of users by one column's value."""

    column: ColumnName
    value: Words


class WirePeriodRolling(Wire):
    """n units, ending now or so many such stretches ago."""

    kind: Literal["rolling"]
    n: Amount
    unit: Unit
    periods_back: int = Field(default=0, ge=0, le=24)


class WirePeriodCalendar(Wire):
    """A calendar unit: 0 back is the current one so far. Weeks begin on Monday."""

    kind: Literal["calendar"]
    unit: Literal["day", "week", "month"]
    periods_back: int = Field(ge=0, le=24)


class WirePeriodBetween(Wire):
    """From a day up to, and without, another."""

    kind: Literal["between"]
    start: Day
    end: Day


WirePeriod = Annotated[
    WirePeriodRolling | WirePeriodCalendar | WirePeriodBetween, Field(discriminator="kind")
]


class WireDebug(Wire):
    """Why a metric moved."""

    kind: Literal["debug_question"]
    metric: MetricName
    segment: WireSegment | None = None
    control: WireSegment | None = None
    direction: Literal["drop", "rise", "change"]
    period: WirePeriod


class WireCountQuestion(Wire):
    """How many users meet a condition."""

    kind: Literal["count_question"]
    population: WireCondition | None = None
    condition: WireCondition | None = None


class WireSqlQuestion(Wire):
    """A question that one query answers."""

    kind: Literal["sql_question"]
    sql: Sql


WirePlan = Annotated[
    WireRule | WirePolicy | WireDebug | WireCountQuestion | WireSqlQuestion,
    Field(discriminator="kind"),
]


class Reply(Wire):
    """One answer: what was not understood, what must be asked, and the plan, if any."""

    not_understood: tuple[Words, ...] = Field(default=(), max_length=6)
    questions: tuple[Text, ...] = Field(default=(), max_length=3)
    plan: WirePlan | None = None
    assumptions: tuple[Text, ...] = Field(default=(), max_length=8)


class Better(Wire):
    """Which of two readings of a request says what it says."""

    better: Literal["first", "second", "neither"]
