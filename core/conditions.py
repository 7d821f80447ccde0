"""The condition tree: one closed set of nodes that says who is meant.

A condition has one meaning, given three ways that tests hold equal: for one user
(``core.evaluate``), as SQL (``warehouse.compile``), and for everybody at once as
bitmaps (``warehouse.batch``). Logic is three-valued: a leaf that reads a missing value is
unknown, and ``when_unknown`` says what unknown counts as. A condition selects a
user only when it is true for that user.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from core.moments import naive_utc


class Frozen(BaseModel):
    """Base of every vocabulary type: immutable, no unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Op(StrEnum):
    """How a value is compared."""

    EQ = "="
    NE = "!="
    LT = "<"
    LE = "<="
    GT = ">"
    GE = ">="
    IN = "in"
    NOT_IN = "not_in"
    IS_NULL = "is_null"
    IS_NOT_NULL = "is_not_null"


class WhenUnknown(StrEnum):
    """What a leaf counts as when it reads a missing value."""

    NO_MATCH = "no_match"
    """Counts as false."""
    MATCH = "match"
    """Counts as true."""
    BLOCK = "block"
    """Stays unknown, so the user is not selected (and an exclusion still excludes)."""


CENTURY = 100 * 366 * 86_400
"""Seconds. No span is longer: the moment it points at would leave the calendar."""
MOST = 1_000_000_000
"""No count is compared with more."""


class AsOf(Frozen):
    """The moment of decision, moved by an offset: ``trial_end > as of + 3 days``."""

    as_of_offset_seconds: int = Field(default=0, ge=-CENTURY, le=CENTURY)


Finite = Annotated[float, Field(allow_inf_nan=False)]
Scalar = bool | int | Finite | str
Value = Scalar | AsOf | tuple[Scalar, ...] | None


def _check_value(op: Op, value: Value) -> None:
    if op in (Op.IN, Op.NOT_IN):
        if not isinstance(value, tuple):
            raise ValueError(f"'{op}' needs a list of values")
        if not value:
            raise ValueError(f"'{op}' needs at least one value: an empty list matches nobody")
    elif op in (Op.IS_NULL, Op.IS_NOT_NULL):
        if value is not None:
            raise ValueError(f"'{op}' takes no value")
    elif value is None or isinstance(value, tuple):
        raise ValueError(f"'{op}' needs exactly one value")


class Filter(Frozen):
    """One comparison on a property of an event, or on a column of a related row."""

    column: str
    op: Op = Op.EQ
    value: Value = None

    @model_validator(mode="after")
    def _value_fits_operator(self) -> Filter:
        _check_value(self.op, self.value)
        return self


# Windows are closed-open: [from, to).


class Rolling(Frozen):
    """The last ``seconds`` before the moment of decision."""

    kind: Literal["rolling"] = "rolling"
    seconds: int = Field(gt=0, le=CENTURY)


class Calendar(Frozen):
    """The current calendar unit in a zone: today, this week (from Monday), this month."""

    kind: Literal["calendar"] = "calendar"
    unit: Literal["day", "week", "month"]
    zone: str = "UTC"
    periods_back: int = Field(default=0, ge=0, le=1_200)
    """0 is the current unit so far, 1 the whole previous one."""


class Absolute(Frozen):
    """Between two instants (UTC). A missing end is open."""

    kind: Literal["absolute"] = "absolute"
    start: datetime | None = None
    end: datetime | None = None

    @model_validator(mode="after")
    def _start_before_end(self) -> Absolute:
        if self.start is None and self.end is None:
            raise ValueError("an absolute window needs a start or an end")
        if self.start and self.end and naive_utc(self.start) >= naive_utc(self.end):
            raise ValueError("an absolute window must start before it ends")
        return self


class SinceEvent(Frozen):
    """Since the user's first or last event of a kind. No such event: an empty window."""

    kind: Literal["since_event"] = "since_event"
    event: str
    which: Literal["first", "last"] = "last"


class SinceMoment(Frozen):
    """Since a moment of a to-one entity: ``current_subscription.trial_start``. None: empty."""

    kind: Literal["since_moment"] = "since_moment"
    column: str


Window = Annotated[
    Rolling | Calendar | Absolute | SinceEvent | SinceMoment, Field(discriminator="kind")
]

CountOp = Literal[Op.EQ, Op.NE, Op.LT, Op.LE, Op.GT, Op.GE]


class Leaf(Frozen):
    """Base of the leaves. ``when_unknown`` left empty takes its default by polarity."""

    when_unknown: WhenUnknown | None = None


class Attribute(Leaf):
    """A column of the user, or ``entity.column`` of a to-one entity (the latest subscription)."""

    kind: Literal["attribute"] = "attribute"
    column: str
    op: Op = Op.EQ
    value: Value = None

    @model_validator(mode="after")
    def _value_fits_operator(self) -> Attribute:
        _check_value(self.op, self.value)
        return self


class Trait(Leaf):
    """A modelled value per user."""

    kind: Literal["trait"] = "trait"
    name: str
    op: Op = Op.EQ
    value: Value = None

    @model_validator(mode="after")
    def _value_fits_operator(self) -> Trait:
        _check_value(self.op, self.value)
        return self


class EventCount(Leaf):
    """How often an event happened, zero included: users without any event count 0."""

    kind: Literal["event_count"] = "event_count"
    event: str
    where: tuple[Filter, ...] = ()
    window: Window | None = None
    op: CountOp = Op.GE
    n: int = Field(default=1, ge=0, le=MOST)


class EventAge(Leaf):
    """How long ago the first or last event was. Unknown for users who never had it."""

    kind: Literal["event_age"] = "event_age"
    event: str
    where: tuple[Filter, ...] = ()
    which: Literal["first", "last"] = "last"
    op: CountOp = Op.GE
    seconds: int = Field(gt=0, le=CENTURY)


class EventSequence(Leaf):
    """One event followed by another, optionally within some seconds."""

    kind: Literal["event_sequence"] = "event_sequence"
    first: str
    then: str
    within_seconds: int | None = Field(default=None, gt=0, le=CENTURY)


class Related(Leaf):
    """How many related rows (tickets, subscriptions) meet all the filters."""

    kind: Literal["related"] = "related"
    entity: str
    where: tuple[Filter, ...] = ()
    op: CountOp = Op.GE
    n: int = Field(default=1, ge=0, le=MOST)


class HeldFor(Leaf):
    """A trait has had a value for at least some seconds. Needs a trait history."""

    kind: Literal["held_for"] = "held_for"
    trait: str
    value: Scalar
    op: CountOp = Op.GE
    seconds: int = Field(gt=0, le=CENTURY)


class InAudience(Leaf):
    """Member of a named audience: one of the catalog, or a published rule at a version."""

    kind: Literal["in_audience"] = "in_audience"
    key: str
    version: int | None = None


class ConsentIs(Leaf):
    """The latest consent for a purpose and a channel. No record: unknown."""

    kind: Literal["consent_is"] = "consent_is"
    purpose: str
    channel: str
    status: Literal["granted", "denied", "withdrawn"] = "granted"


class Bucket(Leaf):
    """A salted share of users: ``low <= bucket and (high is null or bucket < high)``."""

    kind: Literal["bucket"] = "bucket"
    salt: str = Field(min_length=1)
    low: str = Field(default="00000000", pattern=r"^[0-9a-f]{8}$")
    high: str | None = Field(default=None, pattern=r"^[0-9a-f]{8}$")


class And(Frozen):
    """All of them. Empty is true."""

    kind: Literal["and"] = "and"
    of: tuple[Condition, ...] = ()


class Or(Frozen):
    """Any of them. Empty is an error: it would match nobody."""

    kind: Literal["or"] = "or"
    of: tuple[Condition, ...] = Field(min_length=1)


class Not(Frozen):
    """The opposite. The opposite of unknown is unknown."""

    kind: Literal["not"] = "not"
    of: Condition


AnyLeaf = (
    Attribute
    | Trait
    | EventCount
    | EventAge
    | EventSequence
    | Related
    | HeldFor
    | InAudience
    | ConsentIs
    | Bucket
)
Condition = Annotated[
    And
    | Or
    | Not
    | Attribute
    | Trait
    | EventCount
    | EventAge
    | EventSequence
    | Related
    | HeldFor
    | InAudience
    | ConsentIs
    | Bucket,
    Field(discriminator="kind"),
]

for _model in (And, Or, Not):
    _model.model_rebuild()

EVERYONE = And()


def leaves(condition: Condition) -> Iterator[AnyLeaf]:
    """The leaves of a condition, left to right."""
    if isinstance(condition, And | Or):
        for child in condition.of:
            yield from leaves(child)
    elif isinstance(condition, Not):
        yield from leaves(condition.of)
    else:
        yield condition


def clauses(condition: Condition) -> tuple[Condition, ...]:
    """The top-level conjuncts: what a waterfall shows one by one."""
    if isinstance(condition, And):
        return tuple(part for child in condition.of for part in clauses(child))
    return (condition,)


def with_defaults(condition: Condition, *, excluding: bool = False) -> Condition:
    """Fill every empty ``when_unknown``: no_match where the leaf includes, block where it
    excludes (under an odd number of Not) and for consent."""
    if isinstance(condition, And):
        return And(of=tuple(with_defaults(child, excluding=excluding) for child in condition.of))
    if isinstance(condition, Or):
        return Or(of=tuple(with_defaults(child, excluding=excluding) for child in condition.of))
    if isinstance(condition, Not):
        return Not(of=with_defaults(condition.of, excluding=not excluding))
    rule = unknown_as(condition, excluding=excluding)
    if condition.when_unknown is rule:
        return condition
    return condition.model_copy(update={"when_unknown": rule})


def unknown_as(leaf: AnyLeaf, *, excluding: bool) -> WhenUnknown:
    """What unknown counts as in a leaf: what it says, else by whether it includes or excludes."""
    if leaf.when_unknown is not None:
        return leaf.when_unknown
    block = excluding or isinstance(leaf, ConsentIs)
    return WhenUnknown.BLOCK if block else WhenUnknown.NO_MATCH
