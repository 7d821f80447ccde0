"""Which clauses an editor's widgets can show with everything that they say."""

from __future__ import annotations

from datetime import datetime

from core.conditions import (
    Absolute,
    AnyLeaf,
    AsOf,
    Attribute,
    Calendar,
    ConsentIs,
    EventAge,
    EventCount,
    EventSequence,
    InAudience,
    Op,
    Related,
    Rolling,
    SinceEvent,
    SinceMoment,
    Trait,
    Value,
    Window,
)
from ui.console.view.clause_options import (
    AGES,
    BETWEEN,
    CALENDAR,
    EVER,
    LAST,
    SINCE_FIRST,
    SINCE_LAST,
    SINCE_MOMENT,
    UNITS,
    VALUELESS,
    about_of,
    abouts,
    column_of,
    columns_of,
    consent_purposes,
    day_of,
    moments_of,
    operators,
)
from warehouse.catalog import Catalog, Column
from warehouse.compile.names import NUMERIC

_LARGEST = 2**53
"""A browser counts no further in whole numbers."""


def is_shown(leaf: AnyLeaf, catalog: Catalog) -> bool:
    """Whether widgets can show everything that a leaf says."""
    about = about_of(leaf)
    if about not in abouts(catalog):
        return False
    match leaf:
        case Attribute() | Trait():
            column = column_of(about, catalog)
            return column is not None and _is_set(column, leaf.op, leaf.value)
        case EventCount() | EventAge() | Related():
            return _is_counted(leaf, catalog)
        case InAudience():
            return leaf.version is None
        case ConsentIs():
            return leaf.purpose in consent_purposes(catalog) and leaf.channel in catalog.channels
        case EventSequence():
            return leaf.first in catalog.events and leaf.then in catalog.events
        case _:
            return False


def window_kind(window: Window | None) -> str | None:
    """Which of ``WINDOWS`` a window is; None where it is none that can be set."""
    match window:
        case None:
            return EVER
        case Rolling():
            return LAST
        case Calendar():
            unit = (window.unit, window.periods_back)
            return next((words for words, one in CALENDAR.items() if one == unit), None)
        case Absolute():
            return BETWEEN if all(_is_day(end) for end in (window.start, window.end)) else None
        case SinceEvent():
            return SINCE_FIRST if window.which == "first" else SINCE_LAST
        case SinceMoment():
            return SINCE_MOMENT


def _is_counted(leaf: EventCount | EventAge | Related, catalog: Catalog) -> bool:
    columns = columns_of(leaf, catalog)
    if not all(one.column in columns for one in leaf.where):
        return False
    if not all(_is_set(columns[one.column], one.op, one.value) for one in leaf.where):
        return False
    if isinstance(leaf, EventAge):
        return f"{leaf.which} {leaf.op.value}" in AGES
    return isinstance(leaf, Related) or _is_window(leaf.window, catalog)


def _is_window(window: Window | None, catalog: Catalog) -> bool:
    if isinstance(window, SinceEvent):
        return window.event in catalog.events
    if isinstance(window, SinceMoment):
        return window.column in moments_of(catalog)
    return window_kind(window) is not None


def _is_set(column: Column, op: Op, value: Value) -> bool:
    if op not in operators(column) or column.type == "json":
        return False
    if op in VALUELESS:
        return True
    values = value if isinstance(value, tuple) else (value,)
    return len({*values}) == len(values) and all(_fits(column, one) for one in values)


def _fits(column: Column, value: Value) -> bool:
    if column.type in NUMERIC:
        if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) >= _LARGEST:
            return False
        return column.type == "number" or isinstance(value, int)
    match value:
        case bool():
            return column.type == "boolean"
        case AsOf():
            return value.as_of_offset_seconds % UNITS["minutes"] == 0
        case str() if column.type in ("timestamp", "date"):
            return day_of(value) is not None
        case str():
            is_line = value == " ".join(value.split()) and value != ""
            return is_line and (column.values is None or value in column.values)
        case _:
            return False


def _is_day(moment: datetime | None) -> bool:
    return moment is None or (moment.tzinfo is None and moment == datetime(*moment.timetuple()[:3]))
