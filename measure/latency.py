"""How long it takes from an event to the decision on its user."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from measure.queries import query, text
from warehouse.catalog import Catalog
from warehouse.engines.duckdb import DuckDBWarehouse


class Latency(NamedTuple):
    """What 95 of 100 decisions after an event stayed below."""

    decisions: int
    seconds: float | None
    """None without any decision."""


def decision_latency(warehouse: DuckDBWarehouse, catalog: Catalog, since: datetime) -> Latency:
    """Of decisions on single users since a moment (naive UTC): from their newest event's arrival.

    Decisions on everybody, by cycles, are not meant: they come when they are due.
    """
    sql = text(query("decision_latency", since=since), catalog)
    ((decisions, seconds),) = warehouse.fetch(sql).rows
    return Latency(int(decisions), None if seconds is None else float(seconds))
