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
    sides,
)
from warehouse.catalog import Catalog
from warehouse.compile import Audiences
from warehouse.compile.building import add_cte, equal, select_from
from warehouse.compile.dialects import DIALECT, written
from warehouse.compile.values import literal
from warehouse.questions.funnels import ENTRIES, funnel_entries, in_time
from warehouse.questions.numbers import (
    PART,
    WHOLE,
    counts_users,
    divided,
    is_side,
    number_of,
    users_in,
    within,
    wrapped,
)
from warehouse.questions.rows import OF_USERS, PEOPLE, RowReader

COUNTED = "counted"
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


def people_columns(question: MetricQuestion) -> tuple[str, ...]:
    """The columns that ``people=True`` adds: how many users stand behind each period's number,
    then behind its part, where that tells of users. None for a count, which says it itself."""
    if isinstance(question.measure, Count):
        return ()
    names = ("users_behind", "users_behind_part")[: 2 if _part_tells(question) else 1]
    ends = ("", "_before") if question.before is not None else ("",)
    return tuple(f"{name}{end}" for end in ends for name in names)


def _part_tells(question: MetricQuestion) -> bool:
    measure = question.measure
    if isinstance(measure, Ratio):
        return isinstance(measure.part, Aggregate) or counts_users(measure.part)
    return isinstance(measure, MetricRate)


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
            return "users" if counts_users(count) else f"{count.rows.name}_count"
        case Aggregate() as number:
            return f"{_CALLED[number.function]}_{number.column}"
        case MetricRate() as rate:
            return rate.metric
        case Ratio() as ratio:
            return "share" if ratio.share else "ratio"


def compile_question(
    question: MetricQuestion,
    catalog: Catalog,
    *,
    as_of: datetime,
    audiences: Audiences | None = None,
    dialect: str = DIALECT,
    people: bool = False,
) -> str:
    """One row a group with the question's numbers; a single row without groups.

    ``people``: also how many users are behind each (``people_columns``). The question has passed
    ``question_refusals``. Raises the first refusal of a condition that the catalog cannot decide.
    """
    query = _Statement(question, catalog, as_of, audiences).build(people=people)
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

    def build(self, *, people: bool) -> exp.Select:
        query = select_from(exp.to_table(COUNTED))
        self._rows(query)
        groups = [self._group(n, one) for n, one in enumerate(self.question.by, start=1)]
        names = [column.name for column in columns_of(self.question)]
        values = [*groups, *self._values()]
        if people:
            names += people_columns(self.question)
            values += self._behind()
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
            yield exp.or_(*(exp.and_(*within(one)) for one in stretches))
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
        now, before = ([*self._now(within(one))][-1] for one in (question.period, question.before))
        yield now
        yield before
        yield exp.Sub(this=wrapped(now), expression=wrapped(before))
        if columns_of(question)[-1].kind == "relative":
            change = exp.Sub(this=wrapped(now), expression=wrapped(before))
            yield divided(exp.paren(change), before)

    def _behind(self) -> Iterator[exp.Expr]:
        """How many users each period's number is of, then its part."""
        question = self.question
        if isinstance(question.measure, Count):
            return
        periods = [question.period, question.before] if question.before is not None else [None]
        for stretch in periods:
            when = within(stretch) if stretch is not None else []
            yield users_in([*when, *self._measured()])
            if _part_tells(question):
                part = question.measure.part if isinstance(question.measure, Ratio) else None
                yield users_in([*when, is_side(PART), *_known(part)])

    def _measured(self) -> list[exp.Expr]:
        """Which rows the number is of: those with a value, those of the whole."""
        if isinstance(self.question.measure, Ratio):
            return [is_side(WHOLE)]
        return _known(self.question.measure)

    def _now(self, when: list[exp.Expr]) -> Iterator[exp.Expr]:
        """The numbers of one period; the last one is the measure itself."""
        measure = self.question.measure
        match measure:
            case Count() | Aggregate():
                yield number_of(measure, when)
            case MetricRate():
                part = users_in([*when, is_side(PART)])
                whole = users_in(when)
                yield from self._ratio(part, whole)
            case Ratio():
                part = number_of(measure.part, [*when, is_side(PART)])
                whole = number_of(measure.whole, [*when, is_side(WHOLE)])
                yield from self._ratio(part, whole)

    @staticmethod
    def _ratio(part: exp.Expr, whole: exp.Expr) -> Iterator[exp.Expr]:
        yield part
        yield whole
        yield divided(part, whole)

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


def _known(measure: object) -> list[exp.Expr]:
    """That a row has the value that is summed or averaged."""
    value = exp.Is(this=exp.column("value"), expression=exp.Null())
    return [exp.Not(this=value)] if isinstance(measure, Aggregate) else []


def _ordered(name: str, *, desc: bool = False) -> exp.Ordered:
    return exp.Ordered(this=exp.column(name), desc=desc, nulls_first=False)


def _insert_before_last(query: exp.Select, column: exp.Expr) -> None:
    listed = query.expressions
    query.set("expressions", [*listed[:-1], column, listed[-1]])
