"""What late facts would have changed: a moment's decisions as they were known against hindsight."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from control.store import Store
from orchestrate import stages
from orchestrate.cycle import plan_tick
from warehouse.catalog import Catalog
from warehouse.clocks.past import newest, step_back
from warehouse.clocks.tables import Moment
from warehouse.engines.duckdb import DuckDBWarehouse
from warehouse.models.modelset import ModelSet
from warehouse.transactions import undone

_SQL = Path(__file__).parent / "sql"
EXAMPLES = 100


class ChangedDecision(NamedTuple):
    """One candidate that hindsight decides otherwise; then and now are reason codes."""

    policy_key: str
    action_key: str
    user_id: str
    then: str
    now: str


class DecisionHindsight(NamedTuple):
    """The decisions at ``at`` that would have been others, had all been known by ``known``."""

    at: datetime
    known: datetime
    candidates: int
    """How many differ."""
    changed: tuple[ChangedDecision, ...]
    """The first of them, by policy, action and user."""


def decisions_in_hindsight(
    store: Store,
    warehouse: DuckDBWarehouse,
    catalog: Catalog,
    *,
    at: datetime,
    models: ModelSet | None = None,
) -> DecisionHindsight:
    """Decide twice for a moment (naive UTC), by what was known then and by what is known now.

    The rules are those in force now and the models the same on both sides, so that only
    the facts differ. Nothing is kept of either.
    """
    tick = plan_tick(store, catalog, as_of=at)
    with warehouse.cursor() as cursor:
        stages.create_tables(cursor)
        known = max(newest(cursor) or at, at)
        with undone(cursor):
            step_back(cursor, catalog, Moment(at, at), models=models, recompute=True)
            stages.decide(cursor, tick)
            cursor.execute("CREATE OR REPLACE TEMP TABLE decided_then AS FROM outcome")
            step_back(cursor, catalog, Moment(at, known), models=models, recompute=True)
            stages.decide(cursor, tick)
            query = (_SQL / "hindsight.sql").read_text(encoding="utf-8")
            rows = cursor.execute(query, {"examples": EXAMPLES}).fetchall()
    changed = tuple(ChangedDecision(*row[:5]) for row in rows)
    return DecisionHindsight(at, known, rows[0][5] if rows else 0, changed)
