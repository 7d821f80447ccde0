"""One statement for one question: groups, periods, the number, its order."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Literal, NamedTuple

from sqlglot import exp

from core.questions import (
    Aggregate,
    Count,
    Dimension,
    MetricQuestion,
    MetricRate,
    Ratio,
    Stretch,
    sides,
)
from warehouse.catalog import Catalog
from warehouse.compile import Audiences
from warehouse.compile.building import add_cte, equal, select_from
from warehouse.compile.dialects import DIALECT, written
from warehouse.compile.values import literal, moment
from warehouse.questions.funnels import ENTRIES, funnel_entries, in_time
from warehouse.questions.rows import OF_USERS, PEOPLE, RowReader

COUNTED = "counted"
WHOLE, PART = exp.Literal.number(0), exp.Literal.number(1)
_FUNCTIONS: dict[str, type[exp.Func]] = {
    "sum": exp.Sum, "avg": exp.Avg, "min": exp.Min, "max": exp.Max, "median": exp.Median,
}  # fmt: skip
_CALLED = {"sum": "total", "avg": "average", "min": "lowest", "max": "highest", "median": "median"}


class Column(NamedTuple):
    """A column of an answer and what it says."""

    name: str
    kind: Literal["time", "group", "number", "share", "before", "change", "relative", "base"]
    """``base``: what a share is made of; ``relative``: a change as a fraction of what was."""


def columns_of(question: MetricQuestion) -> tuple[Column, ...]:
    """The columns of a question's answer, in order."""
    groups = [
        Column(one.grain, "time") if one.grain else Column(one.name.rpartition(".")[2], "group")
        for one in question.by
    ]
    return (*groups, *_numbers(question))


def _numbers(question: MetricQuestion) -> Iterator[Column]:
    measure = question.measure
    rate = isinstance(measure, MetricRate) or (isinstance(measure, Ratio) and measure.share)
    name = _name(question)
    if question.before is not None:
        yield Column(name, "share" if rate else "number")
        yield Column(f"{name}_before", "before")
        yield Column("change", "change")
        if not rate:
            yield Column("change_share", "relative")
        return
    if isinstance(measure, MetricRate | Ratio):
        of = ("converted", "entered") if isinstance(measure, MetricRate) else ("part", "whole")
        yield from (Column(one, "base") for one in of)
    yield Column(name, "share" if rate else "number")


def _name(question: MetricQuestion) -> str:
    match question.measure:
        case Count() as count:
            return "users" if _of_users(count) else f"{count.rows.name}_count"
        case Aggregate() as number:
            return f"{_CALLED[number.function]}_{number.column}"
        case MetricRate() as rate:
            return rate.metric
        case Ratio() as ratio:
            return "share" if ratio.share else "ratio"


def _of_users(measure: object) -> bool:
    return isinstance(measure, Count) and (measure.users or measure.rows.of == "users")


def compile_question(
    question: MetricQuestion,
    catalog: Catalog,
    *,
    as_of: datetime,
    audiences: Audiences | None = None,
    dialect: str = DIALECT,
) -> str:
    """One row a group with the question's numbers; a single row without groups.

    The question has passed ``question_refusals``. Raises the first refusal of a condition that
    the catalog cannot decide.
    """
    query = _Statement(question, catalog, as_of, audiences).build()
    return written(query, dialect)


class _Statement:
    def __init__(
        self,
        question: MetricQuestion,
        catalog: Catalog,
        as_of: datetime,
        audiences: Audiences | None,
    ) -> None:
        self.question = question
        self.catalog = catalog
        self.as_of = as_of
        self.reader = RowReader(catalog, as_of, question.by, audiences)

    def build(self) -> exp.Select:
        query = select_from(exp.to_table(COUNTED))
        self._rows(query)
        groups = [self._group(n, one) for n, one in enumerate(self.question.by, start=1)]
        names = [column.name for column in columns_of(self.question)]
        values = [*groups, *self._values()]
        for name, value in zip(names, values, strict=True):
            query.select(exp.alias_(value, name, copy=False), copy=False)
        for condition in self._conditions():
            query.where(condition, copy=False)
        if groups:
            query.group_by(*(group.copy() for group in groups), copy=False)
        self._order(query)
        return query

    # what is counted

    def _rows(self, query: exp.Select) -> None:
        measure = self.question.measure
        if isinstance(measure, MetricRate):
            self._entries(query, measure)
            return
        read = [self.reader.read(side, self.question.who) for side in sides(measure)]
        if len(read) == 1:
            add_cte(query, COUNTED, read[0])
            return
        for side, rows in zip((PART, WHOLE), read, strict=True):
            rows.select(exp.alias_(side.copy(), "side"), copy=False)
        if isinstance(measure, Ratio) and isinstance(measure.part, Aggregate):
            nothing = exp.cast(exp.null(), "double")
            _insert_before_last(read[1], exp.alias_(nothing, "value"))
        add_cte(query, COUNTED, exp.union(*read, distinct=False, copy=False))

    def _entries(self, query: exp.Select, measure: MetricRate) -> None:
        funnel = self.catalog.funnels[self.catalog.metrics[measure.metric].funnel]
        add_cte(query, ENTRIES, funnel_entries(funnel, self.catalog, self.as_of))
        side = exp.Case().when(in_time(funnel), PART.copy(), copy=False).else_(WHOLE.copy())
        columns = [exp.column(name, ENTRIES) for name in ("user_id", "happened")]
        counted = select_from(exp.to_table(ENTRIES), *columns, exp.alias_(side, "side"))
        of_users = [n for n, one in enumerate(self.question.by, start=1) if one.kind in OF_USERS]
        for number in of_users:
            counted.select(exp.column(f"g{number}", PEOPLE), copy=False)
        people = self.reader.people(self.question.who).subquery(PEOPLE, copy=False)
        on = equal(exp.column("user_id", PEOPLE), exp.column("user_id", ENTRIES))
        counted.append("joins", exp.Join(this=people, on=on))
        add_cte(query, COUNTED, counted)

    # groups

    def _group(self, number: int, one: Dimension) -> exp.Expr:
        if one.grain is None:
            return exp.column(f"g{number}")
        unit = exp.var(one.grain.upper())
        start = exp.TimestampTrunc(this=exp.column("happened"), unit=unit)
        return start if one.grain == "hour" else exp.cast(start, "date")

    def _conditions(self) -> Iterator[exp.Expr]:
        question = self.question
        stretches = [one for one in (question.period, question.before) if one is not None]
        if stretches:
            yield exp.or_(*(exp.and_(*_within(one)) for one in stretches))
        elif any(one.kind == "time" for one in question.by):
            happened = exp.Is(this=exp.column("happened"), expression=exp.Null())
            yield exp.Not(this=happened)
        for number, one in enumerate(question.by, start=1):
            if one.values:
                listed = [literal(value, "string", self.as_of) for value in one.values]
                yield exp.In(this=exp.column(f"g{number}"), expressions=listed)

    # numbers

    def _values(self) -> Iterator[exp.Expr]:
        question = self.question
        if question.before is None or question.period is None:
            yield from self._now([])
            return
        now, before = ([*self._now(_within(one))][-1] for one in (question.period, question.before))
        yield now
        yield before
        yield exp.Sub(this=_wrapped(now), expression=_wrapped(before))
        if columns_of(question)[-1].kind == "relative":
            change = exp.Sub(this=_wrapped(now), expression=_wrapped(before))
            yield _divided(exp.paren(change), before)

    def _now(self, when: list[exp.Expr]) -> Iterator[exp.Expr]:
        """The numbers of one period; the last one is the measure itself."""
        measure = self.question.measure
        match measure:
            case Count() | Aggregate():
                yield _number(measure, when)
            case MetricRate():
                part = _users([*when, _is_side(PART)])
                whole = _users(when)
                yield from self._ratio(part, whole)
            case Ratio():
                part = _number(measure.part, [*when, _is_side(PART)])
                whole = _number(measure.whole, [*when, _is_side(WHOLE)])
                yield from self._ratio(part, whole)

    @staticmethod
    def _ratio(part: exp.Expr, whole: exp.Expr) -> Iterator[exp.Expr]:
        yield part
        yield whole
        yield _divided(part, whole)

    # order

    def _order(self, query: exp.Select) -> None:
        question = self.question
        if not question.by:
            return
        names = [column.name for column in columns_of(question)]
        groups = [_ordered(name) for name in names[: len(question.by)]]
        kinds = [column.kind for column in columns_of(question)]
        value = names[next(k for k, kind in enumerate(kinds) if kind in ("number", "share"))]
        by_time = any(one.kind == "time" for one in question.by) and question.order is None
        if by_time:
            groups.sort(key=lambda one: question.by[names.index(one.this.name)].kind != "time")
            query.order_by(*groups, copy=False)
        else:
            descending = question.order != "asc"
            query.order_by(_ordered(value, desc=descending), *groups, copy=False)
        if question.limit is not None:
            query.limit(question.limit, copy=False)


def _within(stretch: Stretch) -> list[exp.Expr]:
    found: list[exp.Expr] = []
    if stretch.start is not None:
        found.append(exp.GTE(this=exp.column("happened"), expression=moment(stretch.start)))
    found.append(exp.LT(this=exp.column("happened"), expression=moment(stretch.end)))
    return found


def _is_side(side: exp.Expr) -> exp.Expr:
    return equal(exp.column("side"), side.copy())


def _when(value: exp.Expr, conditions: list[exp.Expr]) -> exp.Expr:
    if not conditions:
        return value
    every = exp.and_(*(one.copy() for one in conditions))
    return exp.Case().when(every, value, copy=False)


def _users(conditions: list[exp.Expr]) -> exp.Expr:
    users = exp.Distinct(expressions=[_when(exp.column("user_id"), conditions)])
    return exp.Count(this=users)


def _number(side: Count | Aggregate, conditions: list[exp.Expr]) -> exp.Expr:
    match side:
        case Count() if _of_users(side):
            return _users(conditions)
        case Count():
            one = _when(exp.Literal.number(1), conditions) if conditions else exp.Star()
            return exp.Count(this=one)
        case Aggregate():
            value = _when(exp.column("value"), conditions)
            return _FUNCTIONS[side.function](this=value)


def _divided(part: exp.Expr, whole: exp.Expr) -> exp.Expr:
    """As a double; nothing divided by nothing is unknown."""
    return exp.Div(
        this=exp.cast(part.copy(), "double"),
        expression=exp.Nullif(this=whole.copy(), expression=exp.Literal.number(0)),
        typed=False,
        safe=False,
    )


def _wrapped(value: exp.Expr) -> exp.Expr:
    copy = value.copy()
    return exp.paren(copy) if isinstance(copy, exp.Binary) else copy


def _ordered(name: str, *, desc: bool = False) -> exp.Ordered:
    return exp.Ordered(this=exp.column(name), desc=desc, nulls_first=False)


def _insert_before_last(query: exp.Select, column: exp.Expr) -> None:
    listed = query.expressions
    query.set("expressions", [*listed[:-1], column, listed[-1]])
