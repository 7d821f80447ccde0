"""Whether a question can be asked of a catalog: every name known, every type right."""

from __future__ import annotations

from collections.abc import Iterable

from core.conditions import EVERYONE, Condition
from core.errors import Code, Refusal
from core.questions import Aggregate, Count, Dimension, MetricQuestion, MetricRate, Rows, sides
from warehouse.catalog import Catalog, unknown_name
from warehouse.compile import Audiences, validate
from warehouse.compile.names import attribute_column, check_value
from warehouse.questions.countable import Countable, countable

NUMERIC = ("integer", "number")


def question_refusals(
    question: MetricQuestion, catalog: Catalog, audiences: Audiences | None = None
) -> tuple[Refusal, ...]:
    """Every reason why a question cannot be asked; empty when it may be compiled."""
    return tuple(dict.fromkeys(_refusals(question, catalog, audiences)))


def _refusals(
    question: MetricQuestion, catalog: Catalog, audiences: Audiences | None
) -> Iterable[Refusal]:
    yield from _conditions(question, catalog, audiences)
    if isinstance(question.measure, MetricRate) and question.measure.metric not in catalog.metrics:
        yield unknown_name(Code.UNKNOWN_KEY, "metric", question.measure.metric, [*catalog.metrics])
    for side in sides(question.measure):
        yield from _side(side, question, catalog)
    for one in question.by:
        yield from _dimension(one, question, catalog)


def _conditions(
    question: MetricQuestion, catalog: Catalog, audiences: Audiences | None
) -> Iterable[Refusal]:
    asked: list[Condition] = [question.who, *(one.rows.who for one in sides(question.measure))]
    for condition in asked:
        yield from validate(condition, catalog, audiences)


def _side(side: Count | Aggregate, question: MetricQuestion, catalog: Catalog) -> Iterable[Refusal]:
    rows = side.rows
    source = countable(rows, catalog)
    if source is None:
        yield unknown_name(Code.UNKNOWN_TABLE, rows.of, rows.name, _known(rows, catalog))
        return
    yield from _filters(rows, source)
    yield from _moment(rows, source, question)
    if isinstance(side, Aggregate):
        yield from _measured(side, source)
    counts_users = isinstance(side, Count) and side.users
    if source.user is None and (counts_users or _reads_users(question, side)):
        yield Refusal(
            code=Code.UNDECIDABLE,
            message=f"Rows of '{rows.name}' belong to no user.",
            span=rows.name,
            fix="Group and filter them by their own columns only.",
        )


def _reads_users(question: MetricQuestion, side: Count | Aggregate) -> bool:
    limited = any(one != EVERYONE for one in (question.who, side.rows.who))
    return limited or any(one.kind in ("user", "trait") for one in question.by)


def _known(rows: Rows, catalog: Catalog) -> list[str]:
    match rows.of:
        case "event":
            return [*catalog.events]
        case "entity":
            return [key for key, one in catalog.entities.items() if one.cardinality == "many"]
        case _:
            return [*catalog.tables]


def _filters(rows: Rows, source: Countable) -> Iterable[Refusal]:
    for one in rows.where:
        column = source.columns.get(one.column)
        if column is None:
            yield _no_column(one.column, rows, source)
        else:
            yield from check_value(f"{rows.name}.{one.column}", column, one.op, one.value)


def _no_column(name: str, rows: Rows, source: Countable) -> Refusal:
    what = "property" if rows.of == "event" else "column"
    return unknown_name(Code.UNKNOWN_COLUMN, f"{what} of {rows.name}", name, [*source.columns])


def _moment(rows: Rows, source: Countable, question: MetricQuestion) -> Iterable[Refusal]:
    if rows.time is not None:
        column = source.columns.get(rows.time)
        if column is None:
            yield _no_column(rows.time, rows, source)
        elif column.type != "timestamp" or column.expression or rows.of == "event":
            yield Refusal(
                code=Code.TYPE_MISMATCH,
                message=f"'{rows.time}' is no moment of '{rows.name}'.",
                span=rows.time,
                fix="Name a timestamp column of these rows.",
            )
        return
    timed = question.period is not None or any(one.kind == "time" for one in question.by)
    if timed and source.time is None:
        yield Refusal(
            code=Code.UNDECIDABLE,
            message=f"Nobody knows when rows of '{rows.name or 'users'}' came to be.",
            span=rows.name or "users",
            fix="Ask without a period, or add a time column to the catalog.",
        )


def _measured(side: Aggregate, source: Countable) -> Iterable[Refusal]:
    column = source.columns.get(side.column)
    if column is None:
        yield _no_column(side.column, side.rows, source)
    elif column.type not in NUMERIC:
        yield Refusal(
            code=Code.TYPE_MISMATCH,
            message=f"'{side.column}' is {column.type}: it has no {side.function}.",
            span=side.column,
            fix="Name a number, or count the rows instead.",
        )


def _dimension(one: Dimension, question: MetricQuestion, catalog: Catalog) -> Iterable[Refusal]:
    match one.kind:
        case "user":
            column = attribute_column(one.name, catalog)
            if isinstance(column, Refusal):
                yield column
        case "trait" if one.name not in catalog.traits:
            yield unknown_name(Code.UNKNOWN_TRAIT, "trait", one.name, [*catalog.traits])
        case "row":
            yield from _row_dimension(one, question, catalog)
        case _:
            return


def _row_dimension(one: Dimension, question: MetricQuestion, catalog: Catalog) -> Iterable[Refusal]:
    if isinstance(question.measure, MetricRate):
        known = [*catalog.user_columns()]
        yield unknown_name(Code.UNKNOWN_COLUMN, "column of users", one.name, known)
    for side in sides(question.measure):
        source = countable(side.rows, catalog)
        if source is not None and one.name not in source.columns:
            yield _no_column(one.name, side.rows, source)
