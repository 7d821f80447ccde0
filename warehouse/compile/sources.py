"""What a query reads: users, to-one entities, event aggregates, related counts, consent.

Leaves ask for a value and get a column of the ``facts`` relation; the same
value asked twice is computed once, and all event aggregates share one scan.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sqlglot import exp

from core.conditions import Filter
from core.readings import Followed, RowsOf, TimeOf, Times
from warehouse.catalog import Catalog, Entity
from warehouse.compile.building import (
    add_cte,
    equal,
    filtered,
    first_of,
    left_join,
    name_for,
    parse,
    restricted,
    select_from,
    stored,
)
from warehouse.compile.events import ANCHORS, EVENTS, EventReads
from warehouse.compile.values import as_read, comparison, moment

USERS = "users"
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
    _related: dict[str, dict[str, exp.Expr]] = field(default_factory=dict)
    _related_columns: dict[str, set[str]] = field(default_factory=dict)
    _extra: dict[str, exp.Select] = field(default_factory=dict)
    _extra_keys: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._events = EventReads(self.catalog, self.as_of, self.only_users, self._moment_of)

    # What leaves ask for: each gives a column of ``facts``.

    def user_column(self, name: str) -> exp.Column:
        """A column of the user."""
        self._user_columns.add(name)
        return self._fact(f"u_{name}", exp.column(name, USERS))

    def entity_column(self, entity: str, column: str) -> exp.Column:
        """A column of the user's row of a to-one entity."""
        self._entities.setdefault(entity, set()).add(column)
        self._joins.setdefault(entity, "user_id")
        kind = self.catalog.entities[entity].columns[column].type
        return self._fact(f"{entity}_{column}", as_read(exp.column(column, entity), kind))

    def trait(self, name: str) -> exp.Column:
        """A trait of the user."""
        self._joins.setdefault(self.catalog.layout.traits.table, self.catalog.layout.traits.user)
        value = exp.column(name, self.catalog.layout.traits.table)
        return self._fact(f"t_{name}", as_read(value, self.catalog.traits[name].type))

    def event_count(self, read: Times) -> exp.Column:
        """How often the event happened; 0 for users without any."""
        name = self._events.count(read)
        counted = exp.func("COALESCE", exp.column(name, EVENTS), exp.Literal.number(0))
        return self._fact(name, counted)

    def event_time(self, read: TimeOf) -> exp.Column:
        """The time of the user's first or last such event; NULL without any."""
        name = self._events.time(read)
        return self._fact(name, exp.column(name, EVENTS))

    def sequence(self, read: Followed) -> exp.Expr:
        """Whether users did the first event and then the second in time."""
        if read.within_seconds is None:
            first, last = (exp.column(name, EVENTS) for name in self._events.sequence(read))
            followed = exp.LT(this=first, expression=last)
            name = f"{first.name}_{last.name}"
            return self._fact(name, exp.func("COALESCE", followed, exp.false()))
        name = self._extra_name("sequence", f"{read.first}:{read.then}:{read.within_seconds}")
        if name not in self._extra:
            self._extra[name] = self._events.sequence_query(read, read.within_seconds)
        self._joins.setdefault(name, "user_id")
        user = exp.column("user_id", name)
        return self._fact(name, exp.Not(this=exp.Is(this=user, expression=exp.Null())))

    def related_count(self, read: RowsOf) -> exp.Column:
        """How many related rows meet the filters; 0 without any."""
        entity = self.catalog.entities[read.entity]
        cte = f"{read.entity}_counts"
        filters = [
            comparison(
                as_read(exp.column(one.column), self._type(entity, one)),
                one.op,
                one.value,
                self._type(entity, one),
                self.as_of,
            )
            for one in read.where
        ]
        aggregate = filtered(exp.Count(this=exp.Star()), filters)
        counts = self._related.setdefault(read.entity, {})
        name = name_for(counts, aggregate, "r")
        self._related_columns.setdefault(read.entity, set()).update(
            one.column for one in read.where
        )
        self._joins.setdefault(cte, "user_id")
        value = exp.func("COALESCE", exp.column(name, cte), exp.Literal.number(0))
        return self._fact(f"{read.entity}_{name}", value)

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
        query = select_from(exp.to_table(FACTS))
        add_cte(query, USERS, self._users_query())
        for entity in sorted(self._entities):
            add_cte(query, entity, self._to_one_query(entity))
        if self._events.anchors:
            add_cte(query, ANCHORS, self._events.anchors_query())
        if self._events.aggregates:
            add_cte(query, EVENTS, self._events.query())
        for entity, counts in self._related.items():
            add_cte(query, f"{entity}_counts", self._related_query(entity, counts))
        for name, extra in self._extra.items():
            add_cte(query, name, extra)
        add_cte(query, FACTS, self._facts_query())
        return query

    def _facts_query(self) -> exp.Select:
        key = exp.column(self.catalog.layout.users.key, USERS)
        query = select_from(exp.to_table(USERS), exp.alias_(key, "user_id", copy=False))
        for name, value in self._facts.items():
            query.select(exp.alias_(value, name, copy=False), copy=False)
        joins = dict(self._joins)
        if self._events.aggregates:
            joins[EVENTS] = "user_id"
        for cte, user in joins.items():
            left_join(query, cte, equal(exp.column(user, cte), key.copy()))
        return query

    def _users_query(self) -> exp.Select:
        users = self.catalog.layout.users
        names = [users.key, *sorted(self._user_columns - {users.key})]
        query = select_from(
            stored(users.table, self.catalog), *(exp.column(name) for name in names)
        )
        query.where(parse(users.canonical), copy=False)
        return restricted(query, exp.column(users.key), self.only_users)

    def _to_one_query(self, name: str) -> exp.Select:
        entity = self.catalog.entities[name]
        read = sorted(self._entities[name])
        # All other columns break ties, so that every query of the same data takes the same row.
        stored = [key for key, column in entity.columns.items() if column.expression is None]
        order = [*entity.latest_by, *(key for key in stored if key not in entity.latest_by)]
        latest = [exp.Ordered(this=exp.column(by), desc=True, nulls_first=False) for by in order]
        position = exp.Window(
            this=exp.RowNumber(),
            partition_by=[exp.column(entity.user)],
            order=exp.Order(expressions=latest),
        )
        rows = self._entity_rows(entity, read)
        rows.select(exp.alias_(position, "position", copy=False), copy=False)
        return first_of(rows, ("user_id", *read))

    def _related_query(self, name: str, counts: dict[str, exp.Expr]) -> exp.Select:
        read = sorted(self._related_columns[name])
        rows = self._entity_rows(self.catalog.entities[name], read).subquery("visible", copy=False)
        query = select_from(rows, exp.column("user_id"))
        query.group_by(exp.column("user_id"), copy=False)
        return query.select(
            *(exp.alias_(value, key, copy=False) for key, value in counts.items()), copy=False
        )

    def _entity_rows(self, entity: Entity, read: list[str]) -> exp.Select:
        user = exp.column(entity.user)
        named = user if entity.user == "user_id" else exp.alias_(user, "user_id")
        query = select_from(stored(entity.table, self.catalog), named)
        for name in read:
            expression = entity.columns[name].expression
            value = exp.alias_(self._at_as_of(expression), name) if expression else exp.column(name)
            query.select(value, copy=False)
        query.where(self._at_as_of(entity.visible), copy=False)
        return restricted(query, user.copy(), self.only_users)

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
            select_from(
                stored(layout.table, self.catalog),
                exp.alias_(exp.column(layout.user), "user_id"),
                exp.alias_(exp.column(layout.status), "status"),
                exp.alias_(position, "position"),
            )
            .where(exp.column(layout.purpose).eq(exp.Literal.string(purpose)))
            .where(exp.column(layout.channel).eq(exp.Literal.string(channel)))
            .where(exp.column(layout.effective_at) <= moment(self.as_of))
        )
        return first_of(rows, ("user_id", "status"))

    # Parts.

    def _moment_of(self, name: str) -> exp.Column:
        entity, _, column = name.rpartition(".")
        if entity:
            self._entities.setdefault(entity, set()).add(column)
        else:
            self._user_columns.add(column)
        return exp.column(column, entity or USERS)

    def _fact(self, name: str, value: exp.Expr) -> exp.Column:
        self._facts.setdefault(name, value)
        return exp.column(name, FACTS)

    def _extra_name(self, prefix: str, key: str) -> str:
        known = [name for name in self._extra if name.startswith(prefix)]
        return self._extra_keys.setdefault(f"{prefix}:{key}", f"{prefix}_{len(known) + 1}")

    def _at_as_of(self, text: str) -> exp.Expr:
        def place(node: exp.Expr) -> exp.Expr:
            if isinstance(node, exp.Column) and node.name == "as_of":
                return moment(self.as_of)
            return node

        return parse(text).transform(place)

    @staticmethod
    def _type(entity: Entity, one: Filter) -> str:
        return entity.columns[one.column].type
