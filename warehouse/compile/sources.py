"""What a query reads: users, to-one entities, event aggregates, related counts, consent.

Leaves ask for a value and get a column of the ``facts`` relation; the same
value asked twice is computed once, and all event aggregates share one scan.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache

import sqlglot
from sqlglot import exp

from core.conditions import (
    EventAge,
    EventCount,
    EventSequence,
    Filter,
    Related,
    SinceEvent,
    SinceMoment,
)
from warehouse.catalog import Catalog, Entity
from warehouse.compile.values import comparison, moment
from warehouse.compile.windows import fixed_bounds

USERS = "users"
EVENTS = "events"
ANCHORS = "anchors"
FACTS = "facts"


@dataclass
class Sources:
    """Collects what the leaves of one query read, then builds the WITH clause."""

    catalog: Catalog
    as_of: datetime
    only_users: tuple[str, ...] | None = None
    _facts: dict[str, exp.Expr] = field(default_factory=dict)
    _joins: dict[str, str] = field(default_factory=dict)
    """CTE → its user column, in the order of first use."""
    _user_columns: set[str] = field(default_factory=set)
    _entities: dict[str, set[str]] = field(default_factory=dict)
    """To-one entity → the columns read of it."""
    _aggregates: dict[str, exp.Expr] = field(default_factory=dict)
    _event_names: set[str] = field(default_factory=set)
    _event_starts: list[datetime | None] = field(default_factory=list)
    _anchored: set[str] = field(default_factory=set)
    _anchors: dict[str, exp.Expr] = field(default_factory=dict)
    _anchor_events: set[str] = field(default_factory=set)
    _related: dict[str, dict[str, exp.Expr]] = field(default_factory=dict)
    _related_columns: dict[str, set[str]] = field(default_factory=dict)
    _extra: dict[str, exp.Select] = field(default_factory=dict)
    _extra_keys: dict[str, str] = field(default_factory=dict)

    # What leaves ask for: each gives a column of ``facts``.

    def user_column(self, name: str) -> exp.Column:
        """A column of the user."""
        self._user_columns.add(name)
        return self._fact(f"u_{name}", exp.column(name, USERS))

    def entity_column(self, entity: str, column: str) -> exp.Column:
        """A column of the user's row of a to-one entity."""
        self._entities.setdefault(entity, set()).add(column)
        self._joins.setdefault(entity, "user_id")
        return self._fact(f"{entity}_{column}", exp.column(column, entity))

    def trait(self, name: str) -> exp.Column:
        """A trait of the user."""
        self._joins.setdefault(self.catalog.layout.traits.table, self.catalog.layout.traits.user)
        return self._fact(f"t_{name}", exp.column(name, self.catalog.layout.traits.table))

    def event_count(self, leaf: EventCount) -> exp.Column:
        """How often the event happened; 0 for users without any."""
        event = self._event(leaf.event)
        conditions = [event, *self._event_filters(leaf.event, leaf.where)]
        conditions += self._window(leaf)
        return self._aggregate(exp.Count(this=exp.Star()), conditions, zero=True)

    def event_time(self, leaf: EventAge) -> exp.Column:
        """The time of the user's first or last such event; NULL without any."""
        conditions = [self._event(leaf.event), *self._event_filters(leaf.event, leaf.where)]
        self._event_starts.append(None)
        kind = exp.Min if leaf.which == "first" else exp.Max
        return self._aggregate(kind(this=self._event_column("time")), conditions, zero=False)

    def sequence(self, leaf: EventSequence) -> exp.Column:
        """Not NULL for users who did the first event and then the second in time."""
        name = self._extra_name("sequence", leaf.model_dump_json(exclude={"when_unknown"}))
        if name not in self._extra:
            self._extra[name] = self._sequence_query(leaf)
        self._joins.setdefault(name, "user_id")
        return self._fact(f"{name}_user", exp.column("user_id", name))

    def related_count(self, leaf: Related) -> exp.Column:
        """How many related rows meet the filters; 0 without any."""
        entity = self.catalog.entities[leaf.entity]
        cte = f"{leaf.entity}_counts"
        filters = [
            comparison(
                exp.column(one.column), one.op, one.value, self._type(entity, one), self.as_of
            )
            for one in leaf.where
        ]
        aggregate = _filtered(exp.Count(this=exp.Star()), filters)
        counts = self._related.setdefault(leaf.entity, {})
        name = _name_for(counts, aggregate, "r")
        self._related_columns.setdefault(leaf.entity, set()).update(
            one.column for one in leaf.where
        )
        self._joins.setdefault(cte, "user_id")
        value = exp.func("COALESCE", exp.column(name, cte), exp.Literal.number(0))
        return self._fact(f"{leaf.entity}_{name}", value)

    def consent(self, purpose: str, channel: str) -> exp.Column:
        """The latest consent for a purpose and channel; ties go to the most restrictive."""
        name = self._extra_name("consent", f"{purpose}:{channel}")
        if name not in self._extra:
            self._extra[name] = self._consent_query(purpose, channel)
        self._joins.setdefault(name, "user_id")
        return self._fact(f"{name}_status", exp.column("status", name))

    # The WITH clause.

    def build(self, columns: tuple[str, ...] = ()) -> exp.Select:
        """A SELECT over ``facts`` without projections; the caller adds what it wants of it."""
        for name in columns:
            self.user_column(name)
        query = _select_from(exp.to_table(FACTS))
        _add_cte(query, USERS, self._users_query())
        for entity in sorted(self._entities):
            _add_cte(query, entity, self._to_one_query(entity))
        if self._anchors:
            _add_cte(query, ANCHORS, self._anchors_query())
        if self._aggregates:
            _add_cte(query, EVENTS, self._events_query())
        for entity, counts in self._related.items():
            _add_cte(query, f"{entity}_counts", self._related_query(entity, counts))
        for name, extra in self._extra.items():
            _add_cte(query, name, extra)
        _add_cte(query, FACTS, self._facts_query())
        return query

    def _facts_query(self) -> exp.Select:
        key = exp.column(self.catalog.layout.users.key, USERS)
        query = _select_from(exp.to_table(USERS), exp.alias_(key, "user_id", copy=False))
        for name, value in self._facts.items():
            query.select(exp.alias_(value, name, copy=False), copy=False)
        joins = dict(self._joins)
        if self._aggregates:
            joins[EVENTS] = "user_id"
        for cte, user in joins.items():
            _left_join(query, cte, _equal(exp.column(user, cte), key.copy()))
        return query

    def _users_query(self) -> exp.Select:
        users = self.catalog.layout.users
        names = [users.key, *sorted(self._user_columns - {users.key})]
        query = _select_from(exp.to_table(users.table), *(exp.column(name) for name in names))
        query.where(_parse(users.canonical), copy=False)
        return self._only(query, exp.column(users.key))

    def _to_one_query(self, name: str) -> exp.Select:
        entity = self.catalog.entities[name]
        read = sorted(self._entities[name])
        # The remaining columns break ties, so that the same data gives the same row.
        order = [*entity.latest_by, *(column for column in read if column not in entity.latest_by)]
        latest = [exp.Ordered(this=exp.column(by), desc=True, nulls_first=False) for by in order]
        position = exp.Window(
            this=exp.RowNumber(),
            partition_by=[exp.column("user_id")],
            order=exp.Order(expressions=latest),
        )
        rows = self._entity_rows(entity, read)
        rows.select(exp.alias_(position, "position", copy=False), copy=False)
        return _first_of(rows, ("user_id", *read))

    def _related_query(self, name: str, counts: dict[str, exp.Expr]) -> exp.Select:
        read = sorted(self._related_columns[name])
        rows = self._entity_rows(self.catalog.entities[name], read).subquery("visible", copy=False)
        query = _select_from(rows, exp.column("user_id"))
        query.group_by(exp.column("user_id"), copy=False)
        return query.select(
            *(exp.alias_(value, key, copy=False) for key, value in counts.items()), copy=False
        )

    def _entity_rows(self, entity: Entity, read: list[str]) -> exp.Select:
        query = _select_from(exp.to_table(entity.table), exp.column("user_id"))
        for name in read:
            expression = entity.columns[name].expression
            value = exp.alias_(self._at_as_of(expression), name) if expression else exp.column(name)
            query.select(value, copy=False)
        return self._only(
            query.where(self._at_as_of(entity.visible), copy=False), exp.column("user_id")
        )

    def _events_query(self) -> exp.Select:
        layout = self.catalog.layout.events
        user = self._event_column("user")
        query = exp.select(exp.alias_(user, "user_id")).from_(
            exp.alias_(exp.to_table(layout.table), "e", table=True)
        )
        for source in sorted(self._anchored):
            _left_join(query, source, _equal(exp.column("user_id", source), user.copy()))
        query.select(
            *(exp.alias_(value, name, copy=False) for name, value in self._aggregates.items()),
            copy=False,
        )
        for bound in self._event_bounds():
            query.where(bound, copy=False)
        return self._only(query, user.copy()).group_by(user.copy(), copy=False)

    def _event_bounds(self) -> list[exp.Expr]:
        time = self._event_column("time")
        names = [exp.Literal.string(name) for name in sorted(self._event_names)]
        bounds: list[exp.Expr] = [
            self._event_column("name").isin(*names),
            time < moment(self.as_of),
        ]
        starts = [start for start in self._event_starts if start is not None]
        # Every aggregate starts somewhere: the scan need not look at what is older.
        if starts and len(starts) == len(self._event_starts):
            bounds.append(time.copy() >= moment(min(starts)))
        return bounds

    def _anchors_query(self) -> exp.Select:
        layout = self.catalog.layout.events
        user = self._event_column("user")
        query = exp.select(exp.alias_(user, "user_id")).from_(
            exp.alias_(exp.to_table(layout.table), "e", table=True)
        )
        query = query.select(*(exp.alias_(value, name) for name, value in self._anchors.items()))
        names = [exp.Literal.string(name) for name in sorted(self._anchor_events)]
        query = query.where(self._event_column("name").isin(*names))
        query = query.where(self._event_column("time") < moment(self.as_of))
        return self._only(query, user.copy()).group_by(user.copy(), copy=False)

    def _sequence_query(self, leaf: EventSequence) -> exp.Select:
        layout = self.catalog.layout.events
        first, then = exp.column(layout.time, "a"), exp.column(layout.time, "b")
        on = exp.column(layout.user, "b").eq(exp.column(layout.user, "a")).and_(then > first)
        if leaf.within_seconds is not None:
            on = on.and_(then.copy() <= first.copy() + _seconds(leaf.within_seconds))
        query = (
            exp.select(exp.alias_(exp.column(layout.user, "a"), "user_id"))
            .distinct()
            .from_(exp.alias_(exp.to_table(layout.table), "a", table=True))
            .join(exp.alias_(exp.to_table(layout.table), "b", table=True), on=on)
        )
        for alias, name in (("a", leaf.first), ("b", leaf.then)):
            canonical = self.catalog.event_named(name) or name
            query = query.where(exp.column(layout.name, alias).eq(exp.Literal.string(canonical)))
        return query.where(then.copy() < moment(self.as_of))

    def _consent_query(self, purpose: str, channel: str) -> exp.Select:
        layout = self.catalog.layout.consent
        rank = (
            exp.Case()
            .when(exp.column(layout.status).eq("withdrawn"), exp.Literal.number(0))
            .when(exp.column(layout.status).eq("denied"), exp.Literal.number(1))
            .else_(exp.Literal.number(2))
        )
        latest = exp.Ordered(this=exp.column(layout.effective_at), desc=True, nulls_first=False)
        position = exp.Window(
            this=exp.RowNumber(),
            partition_by=[exp.column(layout.user)],
            order=exp.Order(expressions=[latest, exp.Ordered(this=rank, nulls_first=False)]),
        )
        rows = (
            _select_from(
                exp.to_table(layout.table),
                exp.alias_(exp.column(layout.user), "user_id"),
                exp.alias_(exp.column(layout.status), "status"),
                exp.alias_(position, "position"),
            )
            .where(exp.column(layout.purpose).eq(exp.Literal.string(purpose)))
            .where(exp.column(layout.channel).eq(exp.Literal.string(channel)))
            .where(exp.column(layout.effective_at) <= moment(self.as_of))
        )
        return _first_of(rows, ("user_id", "status"))

    # Parts.

    def _only(self, query: exp.Select, user: exp.Expr) -> exp.Select:
        """The query for the asked users only, when some were asked for."""
        if self.only_users is None:
            return query
        return query.where(user.isin(*(exp.Literal.string(one) for one in self.only_users)))

    def _fact(self, name: str, value: exp.Expr) -> exp.Column:
        self._facts.setdefault(name, value)
        return exp.column(name, FACTS)

    def _aggregate(self, value: exp.Expr, conditions: list[exp.Expr], *, zero: bool) -> exp.Column:
        name = _name_for(self._aggregates, _filtered(value, conditions), "e")
        read: exp.Expr = exp.column(name, EVENTS)
        if zero:
            read = exp.func("COALESCE", read, exp.Literal.number(0))
        return self._fact(name, read)

    def _event(self, name: str) -> exp.Expr:
        canonical = self.catalog.event_named(name) or name
        self._event_names.add(canonical)
        return _equal(self._event_column("name"), exp.Literal.string(canonical))

    def _event_column(self, role: str) -> exp.Column:
        return exp.column(getattr(self.catalog.layout.events, role), "e")

    def _event_filters(self, event: str, where: tuple[Filter, ...]) -> list[exp.Expr]:
        canonical = self.catalog.event_named(event) or event
        properties = self.catalog.events[canonical].properties
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
            this=self._event_column("properties"), expression=path, only_json_types=False
        )
        if data_type in ("integer", "number"):
            return exp.TryCast(this=text, to=exp.DataType.build("double"))
        return text

    def _window(self, leaf: EventCount) -> list[exp.Expr]:
        window = leaf.window
        time = self._event_column("time")
        if isinstance(window, SinceMoment):
            self._event_starts.append(None)
            return [time >= self._moment_of_entity(window)]
        if isinstance(window, SinceEvent):
            self._event_starts.append(None)
            return [time >= self._anchor(window)]
        bounds = fixed_bounds(window, self.as_of)
        self._event_starts.append(bounds.start)
        parts: list[exp.Expr] = []
        if bounds.start is not None:
            parts.append(time >= moment(bounds.start))
        if bounds.end is not None:
            parts.append(time.copy() < moment(bounds.end))
        return parts

    def _moment_of_entity(self, window: SinceMoment) -> exp.Column:
        entity, _, column = window.column.rpartition(".")
        source = entity or USERS
        if entity:
            self._entities.setdefault(entity, set()).add(column)
        else:
            self._user_columns.add(column)
        self._anchored.add(source)
        return exp.column(column, source)

    def _anchor(self, window: SinceEvent) -> exp.Column:
        kind = exp.Min if window.which == "first" else exp.Max
        canonical = self.catalog.event_named(window.event) or window.event
        self._anchor_events.add(canonical)
        value = _filtered(
            kind(this=self._event_column("time")),
            [_equal(self._event_column("name"), exp.Literal.string(canonical))],
        )
        name = _name_for(self._anchors, value, "a")
        self._anchored.add(ANCHORS)
        return exp.column(name, ANCHORS)

    def _extra_name(self, prefix: str, key: str) -> str:
        known = [name for name in self._extra if name.startswith(prefix)]
        return self._extra_keys.setdefault(f"{prefix}:{key}", f"{prefix}_{len(known) + 1}")

    def _at_as_of(self, text: str) -> exp.Expr:
        def place(node: exp.Expr) -> exp.Expr:
            if isinstance(node, exp.Column) and node.name == "as_of":
                return moment(self.as_of)
            return node

        return _parse(text).transform(place)

    @staticmethod
    def _type(entity: Entity, one: Filter) -> str:
        return entity.columns[one.column].type


@lru_cache(maxsize=1024)
def _parsed(text: str) -> exp.Expr:
    return sqlglot.parse_one(text, read="duckdb")


def _parse(text: str) -> exp.Expr:
    """The catalog's SQL fragments are few and read often: each is parsed once."""
    return _parsed(text).copy()


# sqlglot's builders copy and parse at every step; these build on what is ours already.


def _select_from(table: exp.Expr, *columns: exp.Expr) -> exp.Select:
    return exp.Select(expressions=list(columns), from_=exp.From(this=table))


def _add_cte(query: exp.Select, name: str, select: exp.Expr) -> None:
    cte = exp.CTE(this=select, alias=exp.TableAlias(this=exp.to_identifier(name)))
    clause = query.args.get("with_") or exp.With(expressions=[])
    clause.append("expressions", cte)
    query.set("with_", clause)


def _left_join(query: exp.Select, table: str, on: exp.Expr) -> None:
    query.append("joins", exp.Join(this=exp.to_table(table), side="LEFT", on=on))


def _equal(left: exp.Expr, right: exp.Expr) -> exp.Expr:
    return exp.EQ(this=left, expression=right)


def _first_of(rows: exp.Select, columns: tuple[str, ...]) -> exp.Select:
    """The rows whose ``position`` is 1."""
    query = _select_from(
        rows.subquery("by_recency", copy=False), *(exp.column(name) for name in columns)
    )
    first = _equal(exp.column("position"), exp.Literal.number(1))
    return query.where(first, copy=False)


def _seconds(seconds: int) -> exp.Interval:
    return exp.Interval(this=exp.Literal.string(str(seconds)), unit=exp.var("SECOND"))


def _filtered(value: exp.Expr, conditions: list[exp.Expr]) -> exp.Expr:
    if not conditions:
        return value
    return exp.Filter(this=value, expression=exp.Where(this=exp.and_(*conditions, copy=False)))


def _name_for(named: dict[str, exp.Expr], value: exp.Expr, prefix: str) -> str:
    """The name under which an equal value is known already, or a new one."""
    for name, known in named.items():
        if known == value:
            return name
    name = f"{prefix}{len(named) + 1}"
    named[name] = value
    return name
