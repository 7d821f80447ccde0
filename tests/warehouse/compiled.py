"""Conditions as SQL over a few users: short ways to say whom one means."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from core.conditions import (
    Condition,
    EventCount,
    Filter,
    Op,
    Related,
    Rolling,
)
from tests.orchestrate.world import NOW, World
from warehouse.catalog import load_catalog
from warehouse.compile import (
    compile_audience,
)
from warehouse.sqlcheck import CheckedQuery, check

CATALOG = load_catalog()
TRAINED = EventCount(event="workout_completed")
NEVER = EventCount(event="workout_completed", op=Op.EQ, n=0)
WEEK = Rolling(seconds=7 * 86_400)
OPEN_TICKET = Related(entity="ticket", where=(Filter(column="status", value="open"),))


def audience(people: World, condition: Condition, at: datetime = NOW, **scope: Any) -> list[str]:
    sql = compile_audience(condition, CATALOG, as_of=at, **scope)
    assert isinstance(check(sql, CATALOG, role="system"), CheckedQuery)
    return [user for (user,) in people.rows(sql)]


def subscribe(people: World, user: str, status: str, start: datetime, **more: Any) -> None:
    row = {"status": status, "trial_start": start, "trial_end": start + timedelta(days=14)}
    people.insert("fct_subscriptions", user_id=user, **(row | more))
