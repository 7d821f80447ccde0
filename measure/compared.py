"""Whom a read-out compares: a segment with its control, named as people do."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from sqlglot import exp, parse_one

from core.errors import Code, PilothouseError
from measure.layout import dimensions
from measure.queries import DIALECT, literal, query
from warehouse.catalog import Catalog, unknown_name
from warehouse.compile.building import SCHEMA

Slice = Literal["segment", "control"]


class SliceOf(NamedTuple):
    """Users by one column's value, named as people do."""

    column: str
    value: str
    label: str


@dataclass(frozen=True)
class Compared:
    """A segment and its control: everybody else when none is named, nobody without a segment."""

    segment: SliceOf | None
    control: SliceOf | None = None
    without: tuple[SliceOf, ...] = ()
    """Users left out of both."""
    within: SliceOf | None = None
    """Only users of this value, of both."""

    @property
    def labels(self) -> dict[Slice, str]:
        """Slice → how the report names it."""
        if self.segment is None:
            return {"segment": "all users"}
        other = self.control.label if self.control else "everyone else"
        return {"segment": self.segment.label, "control": other}

    @property
    def slices(self) -> tuple[Slice, ...]:
        """The slices there are."""
        return tuple(self.labels)

    def leaving_out(self, part: SliceOf) -> Compared:
        """The same comparison without some users more."""
        return replace(self, without=(*self.without, part))

    def people(self, catalog: Catalog) -> exp.Query:
        """The canonical users of both slices, as a query; refuses a column that users lack."""
        for part in filter(None, (self.segment, self.control)):
            if part.column not in catalog.user_columns():
                names = list(catalog.user_columns())
                raise PilothouseError(
                    unknown_name(Code.UNKNOWN_COLUMN, "user column", part.column, names)
                )
        inside, outside = self._conditions()
        users = catalog.layout.users
        named = zip(dimensions(catalog), carried(catalog), strict=True)
        found = query(
            "people",
            user=exp.column(users.key),
            signup=exp.column(users.signup) if users.signup else exp.cast(exp.null(), "timestamp"),
            dimensions=carried(catalog),
            named_dimensions=tuple(exp.alias_(exp.column(own), name.name) for own, name in named),
            in_segment=inside,
            in_control=outside,
            is_left_out=exp.or_(exp.false(), *map(_is, self.without), self._beyond()),
            is_canonical=parse_one(users.canonical, dialect=DIALECT),
        )
        # Conditions are over the catalog's own columns: so is the table.
        for table in list(found.find_all(exp.Table)):
            table.replace(exp.table_(users.table, db=SCHEMA))
        return found

    def _beyond(self) -> exp.Expr:
        """Users who are not within the value asked about."""
        return exp.not_(exp.paren(_is(self.within))) if self.within else exp.false()

    def _conditions(self) -> tuple[exp.Expr, exp.Expr]:
        if self.segment is None:
            return exp.true(), exp.false()
        if self.control is None:
            return _is(self.segment), exp.not_(exp.paren(_is(self.segment)))
        return _is(self.segment), _is(self.control)


def carried(catalog: Catalog, table: str | None = None) -> tuple[exp.Column, ...]:
    """The dimensions under names of their own, which no column of a step can have."""
    places = range(1, len(dimensions(catalog)) + 1)
    return tuple(exp.column(f"d_{place}", table) for place in places)


def _is(part: SliceOf) -> exp.Expr:
    return exp.EQ(this=exp.column(part.column), expression=literal(part.value))
