"""What users did: the events that journeys look for, as sets of occurrences."""

from __future__ import annotations

from datetime import datetime

import duckdb
from sqlglot import exp

from core.conditions import Filter
from core.journey_steps import Trigger
from orchestrate.journeys.statements import DIALECT
from warehouse.catalog import Catalog
from warehouse.compile.values import comparison, moment, property_read


def occurrences(trigger: Trigger, catalog: Catalog, as_of: datetime) -> exp.Select:
    """``user_id, ts, known_at, key_value`` of every time it happened, as known by a moment.

    An event is known when it arrived; without such a column as soon as it happened.
    """
    layout = catalog.layout.events
    name = catalog.event_named(trigger.event) or trigger.event
    time = exp.column(layout.time)
    arrived = exp.column(layout.received) if layout.received else time
    known = exp.func("GREATEST", time.copy(), exp.func("COALESCE", arrived, time.copy()))
    key = _property(trigger.key, layout.properties) if trigger.key else exp.null()
    columns = {
        "user_id": exp.column(layout.user),
        "ts": time.copy(),
        "known_at": known,
        "key_value": exp.cast(key, "text"),
    }
    is_it = exp.column(layout.name).eq(exp.Literal.string(name))
    return (
        exp.select(*(exp.alias_(value, alias) for alias, value in columns.items()))
        .from_(exp.to_table(layout.table))
        .where(is_it, *_filters(trigger, name, catalog, as_of))
        .where(exp.LTE(this=known.copy(), expression=moment(as_of)))
    )


def fill_happened(
    cursor: duckdb.DuckDBPyConnection,
    triggers: dict[Trigger, int],
    catalog: Catalog,
    as_of: datetime,
) -> None:
    """Fill ``jr_happened`` with what the users of moving runs did."""
    cursor.execute("DELETE FROM jr_happened")
    ((first,),) = cursor.execute("SELECT MIN(entered_at) FROM jr_moving").fetchall()
    if first is None:
        return
    runners = exp.select("user_id").from_("jr_moving")
    for trigger, number in triggers.items():
        query = occurrences(trigger, catalog, as_of)
        user = exp.column(catalog.layout.events.user)
        query = query.where(exp.In(this=user, query=runners.copy().subquery()))
        one = exp.select(exp.Literal.number(number), "user_id", "ts", "known_at", "key_value")
        source = one.from_(query.subquery("found"))
        cursor.execute(exp.insert(source, "jr_happened").sql(DIALECT))


def _filters(trigger: Trigger, name: str, catalog: Catalog, as_of: datetime) -> list[exp.Expr]:
    return [_filter(one, name, catalog, as_of) for one in trigger.where]


def _filter(one: Filter, name: str, catalog: Catalog, as_of: datetime) -> exp.Expr:
    data_type = catalog.events[name].properties[one.column].type
    # Read as conditions read it: what is not of its type is missing, and stops no other journey.
    value = property_read(_property(one.column, catalog.layout.events.properties), data_type)
    return comparison(value, one.op, one.value, data_type, as_of)


def _property(name: str, column: str) -> exp.Expr:
    path = exp.JSONPath(expressions=[exp.JSONPathRoot(), exp.JSONPathKey(this=name)])
    return exp.JSONExtractScalar(this=exp.column(column), expression=path, only_json_types=False)
