"""What the rows of a condition editor offer: everything of the catalog that a clause can be about,
how it is compared, and in which stretch of time."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from core.conditions import (
    AnyLeaf,
    AsOf,
    Attribute,
    Bucket,
    ConsentIs,
    EventAge,
    EventCount,
    EventSequence,
    Filter,
    HeldFor,
    InAudience,
    Op,
    Related,
    Trait,
    Value,
)
from core.errors import Refusal
from ui.console.view.text import phrase, title
from warehouse.catalog import Catalog, Column
from warehouse.compile.names import NUMERIC, attribute_column
from warehouse.wording.names import event_words, noun, subjects
from warehouse.wording.writing import AGAINST, COMPARED, COUNTS, LENGTHS

MOMENTS = ("timestamp", "date")
SEQUENCE, CONSENT = "sequence:", "consent:"
UNITS = {"days": 86_400, "hours": 3_600, "minutes": 60, "weeks": 604_800, "seconds": 1}
"""The first that a length is a whole number of is the one it is shown in."""
CALENDAR: dict[str, tuple[str, int]] = {
    "today": ("day", 0),
    "yesterday": ("day", 1),
    "this week": ("week", 0),
    "last week": ("week", 1),
    "this month": ("month", 0),
    "last month": ("month", 1),
}
EVER, LAST, BETWEEN, SINCE_FIRST, SINCE_LAST, SINCE_MOMENT = (
    "at any time",
    "in the last",
    "between two days",
    "since the first",
    "since the last",
    "since the moment of",
)
WINDOWS = (EVER, LAST, *CALENDAR, BETWEEN, SINCE_FIRST, SINCE_LAST, SINCE_MOMENT)
TIMES = {op.value: f"happened {words.removesuffix(' {n}')}" for op, words in COUNTS.items()}
AGES = {
    f"{which} {op.value}": f"{which} happened {LENGTHS[op]} … ago"
    for which in ("last", "first")
    for op in (Op.GE, Op.GT, Op.LE, Op.LT)
}
HOW_OFTEN = TIMES | AGES
"""How an event is asked about: how often, or how long ago."""
HOW_MANY = {op.value: words.removesuffix(" {n}") for op, words in COUNTS.items()}
VALUELESS = {Op.IS_NULL: "is missing", Op.IS_NOT_NULL: "is known"}
LISTED = (Op.IN, Op.NOT_IN)
_EQUAL = (Op.EQ, Op.NE)
_ORDERED = (Op.GE, Op.GT, Op.LE, Op.LT)


class Length(NamedTuple):
    """A stretch of time as people set it."""

    many: int
    unit: str

    @property
    def seconds(self) -> int:
        """How long it is."""
        return self.many * UNITS[self.unit]


def length_of(seconds: int) -> Length:
    """604,800 seconds as 7 days."""
    unit = next(unit for unit, one in UNITS.items() if seconds % one == 0)
    return Length(seconds // UNITS[unit], unit)


def abouts(catalog: Catalog) -> dict[str, str]:
    """Everything that a clause can be about, with its label: ``event:pricing_viewed``."""
    found = {f"event:{name}": f"Event: {event_words(name, catalog)}" for name in catalog.events}
    for words, one in subjects(catalog).items():
        column = column_of(f"{one.kind}:{one.name}", catalog)
        if column is not None and column.type != "json" and column.data_class != "protected":
            kind = "Trait" if one.kind == "trait" else "User" if "." not in one.name else None
            entity = title(one.name.rpartition(".")[0])
            found.setdefault(f"{one.kind}:{one.name}", f"{kind or entity}: {words}")
    many = (name for name, one in catalog.entities.items() if one.cardinality == "many")
    found |= {f"related:{name}": f"Number of: {noun(name, catalog)}" for name in many}
    found |= {f"audience:{name}": f"Audience: {phrase(name)}" for name in catalog.audiences}
    return found | {CONSENT: "Consent", SEQUENCE: "One event, then another"}


def about_of(leaf: AnyLeaf) -> str:
    """What a leaf is about; empty where no row shows such a leaf."""
    match leaf:
        case Attribute():
            return f"attribute:{leaf.column}"
        case Trait():
            return f"trait:{leaf.name}"
        case EventCount() | EventAge():
            return f"event:{leaf.event}"
        case Related():
            return f"related:{leaf.entity}"
        case InAudience():
            return f"audience:{leaf.key}"
        case ConsentIs():
            return CONSENT
        case EventSequence():
            return SEQUENCE
        case HeldFor() | Bucket():
            return ""


def first_of(about: str, catalog: Catalog) -> AnyLeaf:
    """The clause that a new row begins with."""
    kind, _, name = about.partition(":")
    match kind:
        case "event":
            return EventCount(event=name)
        case "related":
            return Related(entity=name)
        case "audience":
            return InAudience(key=name)
        case "consent":
            purposes = consent_purposes(catalog)
            return ConsentIs(purpose=next(iter(purposes), ""), channel=next(iter(catalog.channels)))
        case "sequence":
            events = [*catalog.events]
            return EventSequence(first=events[0], then=events[-1])
    column = column_of(about, catalog)
    op, value = (Op.IS_NOT_NULL, None) if column is None else _first_comparison(column)
    if kind == "trait":
        return Trait(name=name, op=op, value=value)
    return Attribute(column=name, op=op, value=value)


def _first_comparison(column: Column) -> tuple[Op, Value]:
    if column.values:
        return Op.EQ, next(iter(column.values))
    if column.type == "boolean":
        return Op.EQ, True
    if column.type in MOMENTS:
        return Op.GE, AsOf(as_of_offset_seconds=-7 * UNITS["days"])
    return (Op.GE, 1) if column.type in NUMERIC else (Op.IS_NOT_NULL, None)


def first_filter(columns: dict[str, Column]) -> Filter:
    """The filter that a new one begins with."""
    name, column = next(iter(columns.items()))
    op, value = _first_comparison(column)
    return Filter(column=name, op=op, value=value)


def consent_purposes(catalog: Catalog) -> list[str]:
    """What people may consent to."""
    found = {one.consent_purpose for one in catalog.channels.values()}
    return sorted(one for one in found if one is not None)


def column_of(about: str, catalog: Catalog) -> Column | None:
    """The column or trait that a comparison reads; None where the catalog has none."""
    kind, _, name = about.partition(":")
    if kind == "trait":
        trait = catalog.traits.get(name)
        if trait is None:
            return None
        return Column(description=trait.description, type=trait.type, values=trait.values)
    column = attribute_column(name, catalog)
    return None if isinstance(column, Refusal) else column


def columns_of(leaf: AnyLeaf, catalog: Catalog) -> dict[str, Column]:
    """What the filters of a leaf may read."""
    if isinstance(leaf, EventCount | EventAge):
        event = catalog.events.get(leaf.event)
        return event.properties if event else {}
    if isinstance(leaf, Related):
        return catalog.entities[leaf.entity].columns if leaf.entity in catalog.entities else {}
    return {}


def operators(column: Column) -> dict[Op, str]:
    """How a column is compared, each with its words."""
    if column.type in MOMENTS:
        return {op: AGAINST[op] for op in _ORDERED} | VALUELESS
    if column.type == "boolean":
        return {Op.EQ: COMPARED[Op.EQ]} | VALUELESS
    order = _ORDERED if column.type in NUMERIC else ()
    return {op: COMPARED[op] for op in (*_EQUAL, *order, *LISTED)} | VALUELESS


def moments_of(catalog: Catalog) -> dict[str, str]:
    """The moments that a stretch of time may begin at, each with its words."""
    return {
        one.name: words
        for words, one in reversed(subjects(catalog).items())
        if one.kind == "attribute"
        and (column := column_of(f"attribute:{one.name}", catalog)) is not None
        and column.type == "timestamp"
    }


def day_of(text: str) -> date | None:
    """The day that a value is, where it is a whole one."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if day.isoformat() == text else None
