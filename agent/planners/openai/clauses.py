"""The conditions a model may write: a closed, bounded shape of clauses.

Every string has a pattern with a length, every list and number a bound, so
that a server can enforce the shape and a small model cannot run away. Names
are strings here and enums in the schema (see ``schema.py``): a server that
ignores the schema may send an unknown name, which the check of the draft then
refuses. There is no field for SQL in a rule, and no verb for approving.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Text = Annotated[str, Field(pattern=r'^[^\n"\\]{1,160}$')]
Words = Annotated[str, Field(pattern=r'^[^\n"\\]{1,80}$')]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.]{1,64}$")]
Day = Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
Sql = Annotated[str, Field(pattern=r'^[^"\\]{1,1500}$')]


def _listed(section: str) -> Any:
    """A name that the schema narrows to those of one section of the catalog."""
    return Field(pattern=r"^[A-Za-z0-9_.]{1,64}$", json_schema_extra={"names": section})


EventName = Annotated[str, _listed("events")]
TraitName = Annotated[str, _listed("traits")]
ColumnName = Annotated[str, _listed("columns")]
MomentName = Annotated[str, _listed("moments")]
EntityName = Annotated[str, _listed("entities")]
AudienceName = Annotated[str, _listed("audiences")]
ChannelName = Annotated[str, _listed("channels")]
ActionName = Annotated[str, _listed("actions")]
MetricName = Annotated[str, _listed("metrics")]

Compare = Literal["=", "!=", "<", "<=", ">", ">=", "in", "not_in", "is_null", "is_not_null"]
Count = Literal["=", "!=", "<", "<=", ">", ">="]
Unit = Literal["minute", "hour", "day", "week", "month"]
Which = Literal["first", "last"]
Amount = Annotated[int, Field(ge=1, le=1000)]
Values = Annotated[tuple[Words, ...], Field(max_length=12)]


class Wire(BaseModel):
    """Base of everything a model sends: immutable, no unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class WireFilter(Wire):
    """A comparison on a property of an event or a column of an entity."""

    column: Name
    op: Compare
    values: Values = ()


Filters = Annotated[tuple[WireFilter, ...], Field(max_length=4)]


class WireRolling(Wire):
    """The last n units."""

    kind: Literal["rolling"]
    n: Amount
    unit: Unit


class WireCalendar(Wire):
    """A calendar unit: 0 back is the current one so far."""

    kind: Literal["calendar"]
    unit: Literal["day", "week", "month"]
    periods_back: int = Field(ge=0, le=24)


class WireBetween(Wire):
    """From a day up to, and without, another."""

    kind: Literal["between"]
    start: Day
    end: Day


class WireSinceEvent(Wire):
    """Since an event of the user."""

    kind: Literal["since_event"]
    event: EventName
    which: Which


class WireSinceMoment(Wire):
    """Since a moment of a to-one entity."""

    kind: Literal["since_moment"]
    column: MomentName


WireWindow = Annotated[
    WireRolling | WireCalendar | WireBetween | WireSinceEvent | WireSinceMoment,
    Field(discriminator="kind"),
]


class WireClause(Wire):
    """Base of the clauses. ``negate`` turns one round."""

    negate: bool = False


class WireEventCount(WireClause):
    """How often an event happened."""

    kind: Literal["event_count"]
    event: EventName
    op: Count
    n: int = Field(ge=0, le=100_000)
    window: WireWindow | None = None
    where: Filters = ()


class WireEventAge(WireClause):
    """How long ago the first or last event was."""

    kind: Literal["event_age"]
    event: EventName
    which: Which = "last"
    op: Count
    n: Amount
    unit: Unit
    where: Filters = ()


class WireSequence(WireClause):
    """One event followed by another."""

    kind: Literal["event_sequence"]
    first: EventName
    then: EventName
    within: WireRolling | None = None


class WireAttribute(WireClause):
    """A column of the user, or of a to-one entity."""

    kind: Literal["attribute"]
    column: ColumnName
    op: Compare
    values: Values = ()


class WireTrait(WireClause):
    """A modelled value."""

    kind: Literal["trait"]
    name: TraitName
    op: Compare
    values: Values = ()


class WireRelated(WireClause):
    """How many related rows there are."""

    kind: Literal["related"]
    entity: EntityName
    op: Count
    n: int = Field(ge=0, le=1000)
    where: Filters = ()


class WireAudience(WireClause):
    """Member of a named audience."""

    kind: Literal["audience"]
    key: AudienceName


class WireConsent(WireClause):
    """The latest consent for marketing on a channel."""

    kind: Literal["consent"]
    channel: ChannelName
    status: Literal["granted", "denied", "withdrawn"]


class WireUnknown(WireClause):
    """Words that nothing in the catalog stands for."""

    kind: Literal["unknown"]
    words: Words


WireLeaf = Annotated[
    WireEventCount
    | WireEventAge
    | WireSequence
    | WireAttribute
    | WireTrait
    | WireRelated
    | WireAudience
    | WireConsent
    | WireUnknown,
    Field(discriminator="kind"),
]


class WireGroup(WireClause):
    """Clauses joined differently from those around them; one level deep."""

    kind: Literal["group"]
    join: Literal["all", "any"]
    clauses: tuple[WireLeaf, ...] = Field(min_length=1, max_length=8)


WireAnyClause = Annotated[
    WireEventCount
    | WireEventAge
    | WireSequence
    | WireAttribute
    | WireTrait
    | WireRelated
    | WireAudience
    | WireConsent
    | WireUnknown
    | WireGroup,
    Field(discriminator="kind"),
]


class WireCondition(Wire):
    """Who is meant: clauses joined by all or any."""

    join: Literal["all", "any"]
    clauses: tuple[WireAnyClause, ...] = Field(min_length=1, max_length=12)
