"""A look for drift: every event and property of the catalog, on the last whole day of the data."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal, NamedTuple

from sqlglot import exp

from measure.drift import origins
from measure.drift.findings import DriftReport, Finding, Query, Verdict
from measure.drift.reference import (
    ALPHA_ALERT,
    ALPHA_WATCH,
    LEAST_CHANGE,
    LEAST_EVENTS,
    LEAST_NULLS,
    LEAST_WEEKS,
    WEEKS,
    Counts,
    amount,
    share,
)
from measure.drift.spread import judged
from measure.queries import Bindable, Fetched, Runner, query, rows, text
from warehouse.catalog import Catalog, Column

DAY = timedelta(days=1)
PropertyKind = Literal["closed", "number", "open"]
_SEVERITY = {"alert": 0, "watch": 1, "quiet": 2}


class Property(NamedTuple):
    """A declared property of an event; ``kind``: what of its values is looked at."""

    event: str
    name: str
    kind: PropertyKind

    @property
    def subject(self) -> str:
        """How findings name it."""
        return f"{self.event}.{self.name}"


@dataclass
class Look:
    """One look: what is read, and what was found so far."""

    runner: Runner
    catalog: Catalog
    day: date
    as_of: datetime
    asked: int = 1
    """How many series are judged together: a look at more of them asks more of each."""

    @property
    def times(self) -> dict[str, Bindable]:
        """The days that are read, and how long after its end each one is known."""
        ends = datetime.combine(self.day, time()) + DAY
        return {"starts": ends - DAY - WEEKS * 7 * DAY, "ends": ends, "lag": self.as_of - ends}

    @property
    def same_weekdays(self) -> tuple[date, ...]:
        """The days of the seasonal reference, the newest first."""
        return tuple(self.day - 7 * DAY * back for back in range(1, WEEKS + 1))

    def fetch(self, name: str, purpose: str, **values: Bindable) -> Fetched:
        """Rows of one of the queries of drift."""
        made = query(name, **self.times, **values)
        return self.runner.fetch(text(made, self.catalog), purpose=purpose)

    def fetch_values(self, known: Sequence[Property]) -> Fetched:
        """Every property's values a day, in one pass over the events."""
        nothing = exp.cast(exp.null(), "text")
        days = tuple(self.day - DAY * back for back in range(WEEKS * 7 + 1))
        return self._values(known, "values of properties a day", days, nothing, nothing)

    def fetch_parts(self, one: Property) -> Fetched:
        """One property's values by platform and version, on the days that are held together."""
        platform, version = exp.column("device_os", table="e"), exp.column("app_version", table="e")
        purpose = f"{one.subject} by platform and version"
        return self._values([one], purpose, (self.day, *self.same_weekdays), platform, version)

    def _values(
        self,
        known: Sequence[Property],
        purpose: str,
        days: Sequence[date],
        platform: exp.Expr,
        version: exp.Expr,
    ) -> Fetched:
        listed = rows(("event_name", "property", "kind"), known)
        value = exp.Case()
        for name in sorted({one.name for one in known}):
            is_it = exp.column("property", table="p").eq(exp.Literal.string(name))
            value = value.when(is_it, _property(name))
        made = query(
            "drift_values",
            **self.times,
            days=tuple(_literal_of(day) for day in days),
            platform=platform,
            version=version,
            value=value,
        )
        return self.runner.fetch(text(made, self.catalog, properties=listed), purpose=purpose)

    def verdict(self, p: float, *, is_large: bool, is_large_enough: bool) -> Verdict:
        """Sure and large is an alert; half as large, and less sure, is worth watching."""
        if p < ALPHA_ALERT / self.asked and is_large:
            return "alert"
        return "watch" if p < ALPHA_WATCH / self.asked and is_large_enough else "quiet"


def look(runner: Runner, catalog: Catalog, *, as_of: datetime) -> DriftReport:
    """Judges the last whole day before ``as_of`` (naive UTC) against eight weeks before it.

    Each day is read as it was known as long after its end as the last one is now, so that
    events that are late for everybody are no drift. Too little history is said, not judged.
    """
    day = (as_of - DAY).date()
    looked = Look(runner, catalog, day, as_of)
    volumes = looked.fetch("drift_volume", "events a day, by platform and version")
    by_event = _daily(volumes)
    weeks = _weeks(by_event, day)
    if weeks < LEAST_WEEKS:
        why = f"The data holds {weeks} whole weeks before {day}; {LEAST_WEEKS} are needed to know "
        why += "what is usual."
        return DriftReport(day=day if by_event else None, as_of=as_of, weeks=weeks, unjudged=(why,))
    known = properties(catalog)
    looked.asked = max(1, len(by_event) + 2 * len(known))
    values = looked.fetch_values(known) if known else None
    unjudged: list[str] = []
    findings = [*_volumes(looked, volumes, by_event, unjudged)]
    if values is not None:
        findings += _properties(looked, values, unjudged)
    findings.sort(
        key=lambda one: (
            _SEVERITY[one.verdict],
            1.0 if one.p is None else one.p,
            one.kind,
            one.subject,
        )
    )
    ran = {one.query_id for one in findings} | {volumes.id}
    queries = [one for one in getattr(runner, "ran", ()) if one.id in ran]
    return DriftReport(
        day=day,
        as_of=as_of,
        weeks=weeks,
        findings=tuple(findings),
        unjudged=tuple(unjudged),
        queries=tuple(Query(id=one.id, purpose=one.purpose, text=one.text) for one in queries),
    )


def properties(catalog: Catalog) -> tuple[Property, ...]:
    """Every public property that the catalog declares of its events."""
    return tuple(
        Property(event, name, _kind(column))
        for event, described in sorted(catalog.events.items())
        for name, column in sorted(described.properties.items())
        if column.data_class == "public"
    )


def _kind(column: Column) -> PropertyKind:
    if column.values or column.type == "boolean":
        return "closed"
    return "number" if column.type in ("number", "integer") else "open"


Daily = Mapping[str, Mapping[date, int]]


def _daily(volumes: Fetched) -> Daily:
    found: dict[str, dict[date, int]] = defaultdict(lambda: defaultdict(int))
    for event, day, _platform, _version, events in volumes.rows:
        found[event][day] += events
    return found


def _weeks(by_event: Daily, day: date) -> int:
    days = [one for days in by_event.values() for one in days if one < day]
    return min(WEEKS, (day - min(days)).days // 7) if days else 0


def _volumes(
    looked: Look, volumes: Fetched, by_event: Daily, unjudged: list[str]
) -> Iterator[Finding]:
    for event in sorted({*by_event} & {*looked.catalog.events}):
        counts = by_event[event]
        first = max(min(counts), looked.day - WEEKS * 7 * DAY)
        days = [first + DAY * k for k in range((looked.day - first).days + 1)]
        if len(days) <= LEAST_WEEKS * 7:
            unjudged.append(f"{event}: it is sent for {len(days)} days only.")
            continue
        series = [counts.get(one, 0) for one in days]
        found = amount([one.toordinal() for one in days], series, looked.day.toordinal())
        now = series[-1]
        if max(now, found.value) < LEAST_EVENTS:
            unjudged.append(f"{event}: {now} events on {looked.day}, too few to say anything.")
            continue
        change = now / found.value - 1
        verdict = looked.verdict(
            found.p,
            is_large=abs(change) >= LEAST_CHANGE,
            is_large_enough=abs(change) >= LEAST_CHANGE / 2,
        )
        origin = None
        if verdict != "quiet":
            origin = origins.of_volume(looked.day, looked.same_weekdays, event, volumes.rows)
        yield Finding(
            kind="volume",
            subject=event,
            event=event,
            verdict=verdict,
            now=now,
            expected=found.value,
            p=found.p,
            origin=origin,
            sentence=f"{event}: {now:,} events on {looked.day}, {found.value:,.0f} expected "
            f"({change:+.0%}){origins.in_words(origin)}.",
            query_id=volumes.id,
        )


def _properties(looked: Look, values: Fetched, unjudged: list[str]) -> Iterator[Finding]:
    spread: dict[tuple[str, str], dict[date, dict[str | None, int]]] = defaultdict(dict)
    for event, name, day, _platform, _version, value, events in values.rows:
        spread[event, name].setdefault(day, {})[value] = events
    for one in properties(looked.catalog):
        by_day = spread.get((one.event, one.name), {})
        now = by_day.get(looked.day, {})
        weeks = [by_day[day] for day in looked.same_weekdays if day in by_day]
        if sum(now.values()) < LEAST_EVENTS or len(weeks) < LEAST_WEEKS:
            unjudged.append(
                f"{one.subject}: {sum(now.values())} events on {looked.day} and {len(weeks)} weeks "
                "to hold them against, too few to say anything."
            )
            continue
        yield _nulls(looked, one, by_day, values.id)
        if one.kind != "open":
            yield _spread(looked, one, weeks, now, values.id)


def _nulls(looked: Look, one: Property, by_day: Mapping[date, Counts], query_id: str) -> Finding:
    days = [day for day in sorted(by_day) if day < looked.day] + [looked.day]
    totals = [sum(by_day[day].values()) for day in days]
    missing = [by_day[day].get(None, 0) for day in days]
    found = share(missing, totals)
    now = missing[-1] / totals[-1]
    moved = abs(now - found.value)
    verdict = looked.verdict(
        found.p, is_large=moved >= LEAST_NULLS, is_large_enough=moved >= LEAST_NULLS / 2
    )
    origin = None
    if verdict != "quiet":
        fetched = looked.fetch_parts(one)
        origin, query_id = origins.of_nulls(looked.day, fetched.rows), fetched.id
    return Finding(
        kind="nulls",
        subject=one.subject,
        event=one.event,
        verdict=verdict,
        now=now,
        expected=found.value,
        p=found.p,
        origin=origin,
        sentence=f"{one.subject} has no value in {now:.1%} of events on {looked.day}, "
        f"{found.value:.1%} expected{origins.in_words(origin)}.",
        query_id=query_id,
    )


def _spread(
    looked: Look, one: Property, weeks: Sequence[Counts], now: Counts, query_id: str
) -> Finding:
    seed = looked.day.toordinal()
    spread = judged(weeks, now, is_number=one.kind == "number", seed=seed)
    origin = None
    if spread.verdict != "quiet":
        fetched = looked.fetch_parts(one)
        origin = origins.of_values(looked.day, fetched.rows, spread.edges)
        query_id = fetched.id
    return Finding(
        kind="values",
        subject=one.subject,
        event=one.event,
        verdict=spread.verdict,
        now=spread.psi,
        expected=spread.usual,
        distance=spread.distance,
        origin=origin,
        sentence=f"The values of {one.subject} moved by a PSI of {spread.psi:.2f} on {looked.day}; "
        f"weeks differ by up to {spread.usual:.2f}{origins.in_words(origin)}.",
        query_id=query_id,
    )


def _property(name: str) -> exp.Expr:
    """A property of an event, as the SQL check wants it: by one constant name."""
    path = exp.Literal.string(f"$.{name}")
    return exp.JSONExtractScalar(this=exp.column("properties", table="e"), expression=path)


def _literal_of(day: date) -> exp.Expr:
    return exp.cast(exp.Literal.string(day.isoformat()), "date")
