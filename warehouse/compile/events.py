"""What leaves read of events: counts, first and last times, sequences, in one scan.

Each aggregate is a FILTER over the same GROUP BY; an aggregate asked for twice
is computed once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from sqlglot import exp

from core.conditions import Filter, SinceEvent, SinceMoment
from core.readings import Followed, TimeOf, Times
from core.windows import fixed_bounds
from warehouse.catalog import Catalog
from warehouse.compile.building import (
    equal,
    filtered,
    left_join,
    name_for,
    restricted,
    seconds_interval,
    select_from,
    stored,
)
from warehouse.compile.values import comparison, moment, property_read

EVENTS = "events"
ANCHORS = "anchors"


@dataclass
class EventReads:
    """Collects the aggregates over events of one query."""

    catalog: Catalog
    as_of: datetime
    only_users: tuple[str, ...] | None
    moment_of: Callable[[str], exp.Column]
    """The column of a to-one entity or of the user that a window starts at."""
    aggregates: dict[str, exp.Expr] = field(default_factory=dict)
    anchors: dict[str, exp.Expr] = field(default_factory=dict)
    _names: set[str] = field(default_factory=set)
    _starts: list[datetime | None] = field(default_factory=list)
    """Where each aggregate's window starts; None is the beginning."""
    _anchor_names: set[str] = field(default_factory=set)
    _joined: set[str] = field(default_factory=set)

    def count(self, read: Times) -> str:
        """The name of the count of an event."""
        conditions = [self._is(read.event), *self._filters(read.event, read.where)]
        conditions += self._window(read)
        return self._named(exp.Count(this=exp.Star()), conditions)

    def time(self, read: TimeOf) -> str:
        """The name of the time of the first or last such event."""
        conditions = [self._is(read.event), *self._filters(read.event, read.where)]
        self._starts.append(None)
        kind = exp.Min if read.which == "first" else exp.Max
        return self._named(kind(this=self._column("time")), conditions)

    def query(self) -> exp.Select:
        """One row per user with every aggregate."""
        query = self._by_user(self.aggregates)
        for source in sorted(self._joined):
            left_join(query, source, equal(exp.column("user_id", source), self._column("user")))
        for bound in self._bounds():
            query.where(bound, copy=False)
        return query

    def anchors_query(self) -> exp.Select:
        """One row per user with the times that windows start at."""
        query = self._by_user(self.anchors)
        query.where(self._is_one_of(self._anchor_names), copy=False)
        before = exp.LT(this=self._column("time"), expression=moment(self.as_of))
        return query.where(before, copy=False)

    def sequence(self, read: Followed) -> tuple[str, str]:
        """The names of the first time of one event and the last of another: it was followed by
        that, at some time, when one is before the other."""
        return (
            self.time(TimeOf(read.first, (), "first")),
            self.time(TimeOf(read.then, (), "last")),
        )

    def sequence_query(self, read: Followed, within_seconds: int) -> exp.Select:
        """The users who did the first event and then the second in time.

        Each second event is held against the latest first one before it: no pairs are formed,
        so that a user with a million events costs no more than a million users.
        """
        began = exp.Window(
            this=exp.Max(this=exp.column("first_time")),
            partition_by=[exp.column("user_id")],
            order=exp.Order(
                expressions=[exp.Ordered(this=exp.column("happened"), nulls_first=False)]
            ),
            spec=exp.WindowSpec(
                kind="ROWS",
                start="UNBOUNDED",
                start_side="PRECEDING",
                end=exp.Literal.number(1),
                end_side="PRECEDING",
            ),
        )
        ordered = select_from(
            self._moments(read).subquery("moments", copy=False),
            exp.column("user_id"),
            exp.column("then_time"),
            exp.alias_(began, "began", copy=False),
        )
        query = select_from(ordered.subquery("ordered", copy=False), exp.column("user_id"))
        latest = exp.Add(this=exp.column("began"), expression=seconds_interval(within_seconds))
        in_time = exp.LTE(this=exp.column("then_time"), expression=latest)
        return query.where(in_time, copy=False).distinct(copy=False)

    def _moments(self, read: Followed) -> exp.Select:
        """One row a user and moment: whether either event was then. Events at one moment do not
        follow each other."""
        time = self._column("time")
        query = select_from(
            self._table("e"),
            exp.alias_(self._column("user"), "user_id"),
            exp.alias_(time, "happened"),
        )
        for alias, name in (("first_time", read.first), ("then_time", read.then)):
            canonical = exp.Literal.string(self._canonical(name))
            when = exp.Case().when(equal(self._column("name"), canonical), time.copy(), copy=False)
            query.select(exp.alias_(exp.Max(this=when), alias, copy=False), copy=False)
        names = {self._canonical(read.first), self._canonical(read.then)}
        query.where(self._is_one_of(names), copy=False)
        query.where(exp.LT(this=time.copy(), expression=moment(self.as_of)), copy=False)
        restricted(query, self._column("user"), self.only_users)
        return query.group_by(self._column("user"), time.copy(), copy=False)

    def _by_user(self, values: dict[str, exp.Expr]) -> exp.Select:
        query = select_from(self._table("e"), exp.alias_(self._column("user"), "user_id"))
        query.select(
            *(exp.alias_(value, name, copy=False) for name, value in values.items()), copy=False
        )
        restricted(query, self._column("user"), self.only_users)
        return query.group_by(self._column("user"), copy=False)

    def _bounds(self) -> list[exp.Expr]:
        time = self._column("time")
        bounds = [
            self._is_one_of(self._names),
            exp.LT(this=time, expression=moment(self.as_of)),
        ]
        starts = [start for start in self._starts if start is not None]
        # Every aggregate starts somewhere: the scan need not look at what is older.
        if starts and len(starts) == len(self._starts):
            bounds.append(exp.GTE(this=time.copy(), expression=moment(min(starts))))
        return bounds

    def _named(self, value: exp.Expr, conditions: list[exp.Expr]) -> str:
        return name_for(self.aggregates, filtered(value, conditions), "e")

    def _window(self, read: Times) -> list[exp.Expr]:
        window = read.window
        time = self._column("time")
        if isinstance(window, SinceMoment | SinceEvent):
            self._starts.append(None)
            starts_at = (
                self._anchor(window)
                if isinstance(window, SinceEvent)
                else self.moment_of(window.column)
            )
            self._joined.add(starts_at.table)
            return [exp.GTE(this=time, expression=starts_at)]
        bounds = fixed_bounds(window, self.as_of)
        self._starts.append(bounds.start)
        parts: list[exp.Expr] = []
        if bounds.start is not None:
            parts.append(exp.GTE(this=time, expression=moment(bounds.start)))
        if bounds.end is not None:
            parts.append(exp.LT(this=time.copy(), expression=moment(bounds.end)))
        return parts

    def _anchor(self, window: SinceEvent) -> exp.Column:
        kind = exp.Min if window.which == "first" else exp.Max
        canonical = self._canonical(window.event)
        self._anchor_names.add(canonical)
        is_event = equal(self._column("name"), exp.Literal.string(canonical))
        value = filtered(kind(this=self._column("time")), [is_event])
        return exp.column(name_for(self.anchors, value, "a"), ANCHORS)

    def _filters(self, event: str, where: tuple[Filter, ...]) -> list[exp.Expr]:
        properties = self.catalog.events[self._canonical(event)].properties
        return [
            comparison(
                self._property(one.column, properties[one.column].type),
                one.op,
                one.value,
                properties[one.column].type,
                self.as_of,
            )
            for one in where
        ]

    def _property(self, name: str, data_type: str) -> exp.Expr:
        path = exp.JSONPath(expressions=[exp.JSONPathRoot(), exp.JSONPathKey(this=name)])
        text = exp.JSONExtractScalar(
            this=self._column("properties"), expression=path, only_json_types=False
        )
        return property_read(text, data_type)

    def _is(self, name: str) -> exp.Expr:
        canonical = self._canonical(name)
        self._names.add(canonical)
        return equal(self._column("name"), exp.Literal.string(canonical))

    def _is_one_of(self, names: set[str]) -> exp.Expr:
        listed = [exp.Literal.string(name) for name in sorted(names)]
        return exp.In(this=self._column("name"), expressions=listed)

    def _canonical(self, name: str) -> str:
        return self.catalog.event_named(name) or name

    def _column(self, role: str) -> exp.Column:
        return exp.column(getattr(self.catalog.layout.events, role), "e")

    def _table(self, alias: str) -> exp.Expr:
        return stored(self.catalog.layout.events.table, self.catalog, alias)
