"""The rows that a question counts: whose, when, with their groups and the number measured."""

from __future__ import annotations

from datetime import datetime

from sqlglot import exp

from core.conditions import EVERYONE, And, Condition
from core.questions import Aggregate, Count, Dimension
from warehouse.catalog import Catalog
from warehouse.compile import Audiences
from warehouse.compile.building import equal, select_from, stored
from warehouse.compile.leaves import truth
from warehouse.compile.queries import ready
from warehouse.compile.sources import FACTS, Sources
from warehouse.compile.values import as_read, comparison, moment, property_read
from warehouse.questions.countable import Countable, at, countable

ROW = "r"
PEOPLE = "p"
TRAIT = "trait"
OF_USERS = ("user", "trait")


class RowReader:
    """Reads the rows of one question at one moment."""

    def __init__(
        self,
        catalog: Catalog,
        as_of: datetime,
        by: tuple[Dimension, ...],
        audiences: Audiences | None = None,
    ) -> None:
        self.catalog = catalog
        self.as_of = as_of
        self.by = by
        self.audiences = audiences

    def read(self, side: Count | Aggregate, who: Condition) -> exp.Select:
        """``user_id, happened, g1, g2, value`` of every row of the users who are meant."""
        rows = side.rows
        source = countable(rows, self.catalog)
        if source is None:
            raise AssertionError(f"{rows.name} is refused before it is compiled")
        query = select_from(stored(source.table, self.catalog, ROW))
        user = exp.column(source.user, ROW) if source.user else exp.Null()
        happened = self._happened(side, source)
        query.select(exp.alias_(user, "user_id"), exp.alias_(happened, "happened"), copy=False)
        self._groups(query, source, rows.of)
        trait = None
        if isinstance(side, Aggregate):
            value = self._value(side.column, source, rows.of)
            if rows.of == "users" and side.column in self.catalog.traits:
                trait, value = side.column, exp.column(TRAIT, PEOPLE)
            query.select(exp.alias_(value, "value"), copy=False)
        for condition in self._there(side, source, happened):
            query.where(condition, copy=False)
        meant = And(of=tuple(part for part in (who, rows.who) if part != EVERYONE))
        if trait or meant != EVERYONE or self._of_users():
            self._join_people(query, source, meant, trait, rows.of)
        return query

    def people(self, who: Condition, trait: str | None = None) -> exp.Select:
        """``user_id`` and the values grouped by of the users who are meant, and a trait of them."""
        sources = Sources(self.catalog, self.as_of)
        truths = [truth(ready(who, self.catalog, self.audiences), sources)]
        named = [exp.alias_(self._of_user(one, sources), f"g{n}") for n, one in self._of_users()]
        if trait is not None:
            named.append(exp.alias_(sources.trait(trait), TRAIT))
        query = sources.build().select(exp.column("user_id", FACTS), *named, copy=False)
        return query if who == EVERYONE else query.where(*truths, copy=False)

    @staticmethod
    def _of_user(one: Dimension, sources: Sources) -> exp.Expr:
        if one.kind == "trait":
            return sources.trait(one.name)
        entity, dot, column = one.name.rpartition(".")
        return sources.entity_column(entity, column) if dot else sources.user_column(column)

    def _everybody(self) -> exp.Select:
        """The same of every user that the warehouse lists, whoever counts as a person or not:
        rows of staff are counted, so their country is known as well."""
        users, traits = self.catalog.layout.users, self.catalog.layout.traits
        key = exp.column(users.key, "u")
        query = select_from(stored(users.table, self.catalog, "u"), exp.alias_(key, "user_id"))
        for number, one in self._of_users():
            value = exp.column(one.name, "u" if one.kind == "user" else "t")
            query.select(exp.alias_(value, f"g{number}"), copy=False)
        if any(one.kind == "trait" for _, one in self._of_users()):
            table = stored(traits.table, self.catalog, "t")
            on = equal(exp.column(traits.user, "t"), key.copy())
            query.append("joins", exp.Join(this=table, on=on, side="LEFT"))
        return query

    def _of_users(self) -> list[tuple[int, Dimension]]:
        return [(n, one) for n, one in enumerate(self.by, start=1) if one.kind in OF_USERS]

    def _groups(self, query: exp.Select, source: Countable, of: str) -> None:
        for number, one in enumerate(self.by, start=1):
            if one.kind == "row":
                value = self._value(one.name, source, of)
            elif one.kind in OF_USERS:
                value = exp.column(f"g{number}", PEOPLE)
            else:
                continue
            query.select(exp.alias_(value, f"g{number}"), copy=False)

    def _join_people(
        self, query: exp.Select, source: Countable, who: And, trait: str | None, of: str
    ) -> None:
        if source.user is None:
            return
        everybody = who == EVERYONE and of != "users" and not trait
        stored_only = all("." not in one.name for _, one in self._of_users())
        one = who.of[0] if len(who.of) == 1 else who
        people = self._everybody() if everybody and stored_only else self.people(one, trait)
        on = equal(exp.column("user_id", PEOPLE), exp.column(source.user, ROW))
        # Rows of people who are not listed stay, as rows of an unknown group.
        joined = people.subquery(PEOPLE, copy=False)
        query.append("joins", exp.Join(this=joined, on=on, side="LEFT" if everybody else None))

    def _there(
        self, side: Count | Aggregate, source: Countable, happened: exp.Expr
    ) -> list[exp.Expr]:
        """Which rows there are: those that the moment of asking knows, that meet the filters."""
        found = []
        if source.visible is not None:
            found.append(_of_row(at(source.visible, self.as_of)))
        # All users are counted, also those of whom nobody knows when they came.
        if side.rows.of != "users" or side.rows.time:
            found.append(exp.LT(this=happened.copy(), expression=moment(self.as_of)))
        for one in side.rows.where:
            kind = source.columns[one.column].type
            value = self._value(one.column, source, side.rows.of)
            found.append(comparison(value, one.op, one.value, kind, self.as_of))
        return found

    def _happened(self, side: Count | Aggregate, source: Countable) -> exp.Expr:
        if side.rows.time:
            return exp.column(side.rows.time, ROW)
        return (
            _of_row(source.time) if source.time is not None else exp.cast(exp.null(), "timestamp")
        )

    def _value(self, name: str, source: Countable, of: str) -> exp.Expr:
        column = source.columns[name]
        if of == "event":
            return self._property(name, column.type)
        if column.expression:
            return _of_row(at(exp.maybe_parse(column.expression, dialect="duckdb"), self.as_of))
        return as_read(exp.column(name, ROW), column.type)

    def _property(self, name: str, kind: str) -> exp.Expr:
        path = exp.JSONPath(expressions=[exp.JSONPathRoot(), exp.JSONPathKey(this=name)])
        properties = exp.column(self.catalog.layout.events.properties, ROW)
        text = exp.JSONExtractScalar(this=properties, expression=path, only_json_types=False)
        return property_read(text, kind)


def _of_row(expression: exp.Expr) -> exp.Expr:
    """The same with every bare column read of the counted row."""

    def place(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.Column) and not node.table:
            return exp.column(node.name, ROW)
        return node

    return expression.transform(place)
