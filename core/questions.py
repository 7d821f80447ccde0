"""Analyst questions as typed values: what is counted or measured, of whom, when, split by what.

Not here: how a question is read (the planners) and its SQL (``warehouse.questions``).
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from core.conditions import EVERYONE, Condition, Filter, Frozen, Scalar

Grain = Literal["hour", "day", "week", "month"]
Function = Literal["sum", "avg", "min", "max", "median"]
MOST_GROUPS = 1_000
"""No answer has more rows."""


class Rows(Frozen):
    """The rows that are counted, and by which of their moments they fall into a period."""

    of: Literal["event", "entity", "table", "users"]
    name: str = ""
    """The event, to-many entity or table; empty for users."""
    where: tuple[Filter, ...] = ()
    """On properties of the event, or columns of the row."""
    time: str | None = None
    """A timestamp column of an entity or table; None: when it came to be."""
    who: Condition = EVERYONE
    """Of these users only."""


class Count(Frozen):
    """How many rows, or how many different users have one."""

    kind: Literal["count"] = "count"
    rows: Rows
    users: bool = False


class Aggregate(Frozen):
    """A number of the rows: a property of an event, a column of a row, a trait of users."""

    kind: Literal["aggregate"] = "aggregate"
    function: Function
    column: str
    rows: Rows


class MetricRate(Frozen):
    """A metric of the catalog: which share of those who enter its funnel reaches the end."""

    kind: Literal["metric"] = "metric"
    metric: str


class Ratio(Frozen):
    """One number divided by another."""

    kind: Literal["ratio"] = "ratio"
    part: Annotated[Count | Aggregate, Field(discriminator="kind")]
    whole: Count
    share: bool = True
    """The part lies within the whole: a share. Otherwise so many for each."""


Measure = Annotated[Count | Aggregate | MetricRate | Ratio, Field(discriminator="kind")]


class Dimension(Frozen):
    """What rows are grouped by."""

    kind: Literal["time", "user", "trait", "row"]
    name: str = ""
    """A column of the user, a trait, or a property or column of the counted rows."""
    grain: Grain | None = None
    """For time only: hours, days, weeks from Monday or months, in UTC."""
    values: tuple[Scalar, ...] = ()
    """Only these values, to be compared; empty is every value."""

    @model_validator(mode="after")
    def _time_has_a_grain(self) -> Self:
        if (self.kind == "time") != (self.grain is not None) or (self.kind == "time") == bool(
            self.name
        ):
            raise ValueError("time has a grain and no name, everything else a name and no grain")
        return self


class Stretch(Frozen):
    """A period [start, end) in UTC, as people call it. Without a start: everything before."""

    words: str
    start: datetime | None = None
    end: datetime

    @model_validator(mode="after")
    def _starts_before_it_ends(self) -> Self:
        if self.start is not None and self.start >= self.end:
            raise ValueError("a period must start before it ends")
        return self


class MetricQuestion(Frozen):
    """A question that one compiled query answers."""

    kind: Literal["metric_question"] = "metric_question"
    measure: Measure
    who: Condition = EVERYONE
    by: tuple[Dimension, ...] = Field(default=(), max_length=2)
    period: Stretch | None = None
    """None: everything up to the moment of asking."""
    before: Stretch | None = None
    """The period that ``period`` is compared with."""
    order: Literal["desc", "asc"] | None = None
    limit: int | None = Field(default=None, ge=1, le=MOST_GROUPS)

    @model_validator(mode="after")
    def _parts_fit(self) -> Self:
        if sum(one.kind == "time" for one in self.by) > 1:
            raise ValueError("time is grouped by once")
        if self.before is not None and self.period is None:
            raise ValueError("a comparison needs a period of its own")
        if self.limit is not None and not self.by:
            raise ValueError("a limit needs groups")
        return self


def sides(measure: Measure) -> tuple[Count | Aggregate, ...]:
    """The numbers that a measure is made of: one, or the part and the whole; none of a metric."""
    match measure:
        case Count() | Aggregate():
            return (measure,)
        case Ratio():
            return (measure.part, measure.whole)
        case MetricRate():
            return ()
