"""The one query of a read-out: sums of every metric by arm, day and platform."""

from __future__ import annotations

from sqlglot import exp

from measure.experiments.amounts import Amounts
from measure.experiments.assigned import Assigned
from measure.experiments.measured import Measuring
from measure.queries import literal, query
from warehouse.catalog import Catalog
from warehouse.layout import consents


def of_units(catalog: Catalog, assigned: Assigned, asked: Measuring) -> dict[str, exp.Query]:
    """The named subqueries up to ``units``, one row a unit and scope, and ``amounts``, one row a
    unit and metric that is not nothing."""
    return {
        **assigned.before,
        "takers": assigned.rows,
        "assigned": query("lift_seated"),
        "messages": query("lift_messages", is_meant=assigned.messages),
        "consents": _consents(catalog),
        "opt_outs": query("lift_opt_outs"),
        "units": query("lift_units", reached=_reached(assigned)),
        **Amounts(catalog, asked).tables(),
    }


def tables(catalog: Catalog, assigned: Assigned, asked: Measuring) -> dict[str, exp.Query]:
    """The named subqueries of the cells."""
    return {
        **of_units(catalog, assigned, asked),
        "total": assigned.total,
        "filled": query("lift_filled"),
        "sums": query("lift_sums"),
    }


def cells(asked: Measuring) -> exp.Query:
    """One row a cell: y and what goes with it of every metric, events whose value is no number,
    and the first metric by stretch."""
    sums: list[exp.Expr] = []
    for place in range(len(asked.metrics)):
        sums += [_at(place, name, f"{name}{place}") for name in ("y", "yy", "x", "xx", "xy")]
        sums += [_at(place, "ya", f"ya{place}"), _at(place, "bad", f"bad{place}")]
    for stretch in range(asked.stretches.number if asked.stretches else 0):
        place = len(asked.metrics) + stretch
        sums += [_at(place, "y", f"s{stretch}"), _at(place, "yy", f"ss{stretch}")]
    return query("lift_cells", sums=tuple(sums))


def _at(place: int, of: str, name: str) -> exp.Expr:
    """A sum of the metric at this place; 0 where no unit comes to anything."""
    here = exp.column("place", "s").eq(literal(place))
    found = exp.Sum(this=exp.Case().when(here, exp.column(of, "s")))
    return exp.alias_(exp.Coalesce(this=found, expressions=[literal(0)]), name)


def _reached(assigned: Assigned) -> exp.Expr:
    if assigned.reached_by == "message":
        return exp.column("was_reached", "m")
    return exp.Literal.number(1)


def _consents(catalog: Catalog) -> exp.Select:
    """Every word on consent, with where it was recorded if the table says so."""
    consent = catalog.layout.consent
    listed = catalog.tables.get(consent.table)
    has_source = listed is not None and "source" in listed.columns
    source = exp.column("source") if has_source else exp.cast(exp.null(), "text")
    return consents(catalog.layout).select(exp.alias_(source, "source"))
