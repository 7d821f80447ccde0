"""What leaves read, apart from what they compare it with.

``trait X >= 3`` and ``trait X is null`` read the same value: engines fetch each
reading once, however many leaves of however many rules ask for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, assert_never

from core.conditions import (
    AnyLeaf,
    Attribute,
    Bucket,
    ConsentIs,
    EventAge,
    EventCount,
    EventSequence,
    Filter,
    HeldFor,
    InAudience,
    Related,
    Trait,
    Window,
)


@dataclass(frozen=True, slots=True)
class ColumnValue:
    """A column of the user, or ``entity.column`` of a to-one entity."""

    column: str


@dataclass(frozen=True, slots=True)
class TraitValue:
    """A modelled value of the user."""

    name: str


@dataclass(frozen=True, slots=True)
class Times:
    """How often an event happened in a window: a whole number, never missing."""

    event: str
    where: tuple[Filter, ...]
    window: Window | None


@dataclass(frozen=True, slots=True)
class TimeOf:
    """When the first or last such event was; missing for users without any."""

    event: str
    where: tuple[Filter, ...]
    which: Literal["first", "last"]


@dataclass(frozen=True, slots=True)
class Followed:
    """Whether one event was followed by another in time: never missing."""

    first: str
    then: str
    within_seconds: int | None


@dataclass(frozen=True, slots=True)
class RowsOf:
    """How many related rows meet the filters: a whole number, never missing."""

    entity: str
    where: tuple[Filter, ...]


@dataclass(frozen=True, slots=True)
class ConsentStatus:
    """The latest word on a purpose and a channel; missing when there is none."""

    purpose: str
    channel: str


@dataclass(frozen=True, slots=True)
class BucketOf:
    """The user's bucket under a salt: 8 hex digits, never missing."""

    salt: str


Reading = ColumnValue | TraitValue | Times | TimeOf | Followed | RowsOf | ConsentStatus | BucketOf


def reading(leaf: AnyLeaf) -> Reading:
    """What a leaf reads. Audiences are expanded and histories of traits refused before."""
    match leaf:
        case Attribute():
            return ColumnValue(leaf.column)
        case Trait():
            return TraitValue(leaf.name)
        case EventCount():
            return Times(leaf.event, leaf.where, leaf.window)
        case EventAge():
            return TimeOf(leaf.event, leaf.where, leaf.which)
        case EventSequence():
            return Followed(leaf.first, leaf.then, leaf.within_seconds)
        case Related():
            return RowsOf(leaf.entity, leaf.where)
        case ConsentIs():
            return ConsentStatus(leaf.purpose, leaf.channel)
        case Bucket():
            return BucketOf(leaf.salt)
        case HeldFor() | InAudience():
            raise ValueError(f"{leaf.kind} is refused or expanded before it is evaluated")
        case _:
            assert_never(leaf)
