"""Widgets for a stretch of time: a length, a unit of the calendar, two days, since something."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from streamlit.delta_generator import DeltaGenerator

from core.conditions import Absolute, Calendar, Rolling, SinceEvent, SinceMoment, Window
from ui.console.cards.clause_values import Unfit, choice, day, every, in_a_century, number
from ui.console.view.clause_options import (
    BETWEEN,
    CALENDAR,
    EVER,
    LAST,
    SINCE_FIRST,
    SINCE_LAST,
    SINCE_MOMENT,
    UNITS,
    WINDOWS,
    Length,
    length_of,
    moments_of,
)
from ui.console.view.clause_shown import window_kind
from warehouse.catalog import Catalog
from warehouse.wording.names import event_words

_SPANS = [unit for unit in UNITS if unit != "seconds"]


def length(where: tuple[DeltaGenerator, DeltaGenerator], now: int, key: str) -> int:
    """A stretch of time in seconds: a number and its unit."""
    shown = length_of(now)
    units = {one: one for one in (*_SPANS, shown.unit)}
    many, unit = every(
        lambda: number(where[0], "How long", shown.many, f"{key}_many", least=1),
        lambda: choice(where[1], "Unit", units, shown.unit, f"{key}_unit"),
    )
    return in_a_century(Length(many, unit).seconds)


def window(
    where: tuple[DeltaGenerator, ...], catalog: Catalog, now: Window | None, key: str
) -> Window | None:
    """In which stretch of time; three places for its widgets."""
    kinds = {one: one for one in WINDOWS}
    kind = choice(where[0], "When", kinds, window_kind(now), f"{key}_when")
    same = now if window_kind(now) == kind else None
    key = f"{key}_{WINDOWS.index(kind)}"
    return _WINDOWS[kind](where[1:], catalog, same, key) if kind in _WINDOWS else _unit(kind, same)


def _unit(kind: str, now: Window | None) -> Window | None:
    """A unit of the calendar; a zone that it had stays."""
    if kind == EVER:
        return None
    unit, back = CALENDAR[kind]
    zone = now.zone if isinstance(now, Calendar) else "UTC"
    return Calendar.model_validate({"unit": unit, "periods_back": back, "zone": zone})


_Places = tuple[DeltaGenerator, ...]
_Asked = Callable[[_Places, Catalog, Window | None, str], Window]


def _rolling(where: _Places, _catalog: Catalog, now: Window | None, key: str) -> Window:
    seconds = now.seconds if isinstance(now, Rolling) else 30 * UNITS["days"]
    return Rolling(seconds=length((where[0], where[1]), seconds, key))


def _between(where: _Places, _catalog: Catalog, now: Window | None, key: str) -> Window:
    """The last day is part of it, as people mean it."""
    known = now if isinstance(now, Absolute) else None
    begins = known.start.date() if known and known.start else None
    ends = known.end.date() - timedelta(days=1) if known and known.end else None
    first, until = every(
        lambda: day(where[0], begins, f"{key}_from", "First day"),
        lambda: day(where[1], ends, f"{key}_to", "Last day"),
    )
    if until < first:
        raise Unfit("The last day is before the first one.")
    after = datetime(until.year, until.month, until.day) + timedelta(days=1)
    return Absolute(start=datetime(first.year, first.month, first.day), end=after)


def _since(which: str) -> _Asked:
    def asked(where: _Places, catalog: Catalog, now: Window | None, key: str) -> Window:
        events = {name: event_words(name, catalog) for name in catalog.events}
        known = now.event if isinstance(now, SinceEvent) else None
        event = choice(where[0], "Event", events, known, f"{key}_event")
        return SinceEvent.model_validate({"event": event, "which": which})

    return asked


def _since_moment(where: _Places, catalog: Catalog, now: Window | None, key: str) -> Window:
    known = now.column if isinstance(now, SinceMoment) else None
    moments = moments_of(catalog)
    if not moments:
        raise Unfit("The catalog has no moment that a stretch of time could begin at.")
    return SinceMoment(column=choice(where[0], "Moment", moments, known, f"{key}_moment"))


_WINDOWS: dict[str, _Asked] = {
    LAST: _rolling,
    BETWEEN: _between,
    SINCE_FIRST: _since("first"),
    SINCE_LAST: _since("last"),
    SINCE_MOMENT: _since_moment,
}
