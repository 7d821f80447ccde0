"""What to do for some users now: decided as a cycle decides, and kept like a cycle's.

It goes through the same engine over the same facts, takes its place under the same
caps, and is explained and replayed like any other.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlglot import exp

from control.store import Store
from core.conditions import Frozen
from core.errors import Code, refuse
from orchestrate.cycle import decide_tick, plan_tick
from orchestrate.engine.candidates import Tick
from orchestrate.intents import enqueue
from orchestrate.journeys.offers import Due
from orchestrate.journeys.relations import with_relations
from orchestrate.plan import PlannedEntry, PlannedPolicy
from warehouse.catalog import Catalog
from warehouse.engines.duckdb import DuckDBWarehouse

NO_JOURNEYS = Due((), (), {})


class Considered(Frozen):
    """One candidate that passed eligibility, and what became of it."""

    decision_id: str
    policy: str
    version: int
    action: str
    channel: str
    outcome: str
    reason_code: str


class Selected(Frozen):
    """A message that the user gets, and when."""

    decision_id: str
    policy: str
    version: int
    action: str
    channel: str
    not_before: datetime
    expires_at: datetime


class OnlineDecision(Frozen):
    """What was decided for a user at a moment (naive UTC)."""

    trace_id: str
    user_id: str
    decided_at: datetime
    selected: tuple[Selected, ...]
    considered: tuple[Considered, ...]


def decide_now(
    store: Store,
    warehouse: DuckDBWarehouse,
    catalog: Catalog,
    users: Collection[str],
    *,
    as_of: datetime,
    trace_id: str,
    channels: Collection[str] | None = None,
) -> dict[str, OnlineDecision]:
    """Decide for these users now, keep it, and put what was selected into the outbox.

    Users that the warehouse does not know as users of their own are left out. ``channels``
    names those that may be used; None is all. Refuses an unknown one with INVALID_ARGUMENT.
    """
    require_channels(channels, catalog)
    known = _known(warehouse, catalog, users)
    if not known:
        return {}
    cycle_id = str(uuid.uuid5(uuid.NAMESPACE_URL, f"online/{trace_id}"))
    tick = plan_tick(store, catalog, as_of=as_of, trace_id=trace_id)
    policies = tuple(_by(policy, channels) for policy in tick.policies)
    kept = tuple(policy for policy in policies if policy.entries)
    tick = tick._replace(cycle_id=cycle_id, policies=kept, catalog=with_relations(tick.catalog))
    decide_tick(warehouse, tick, NO_JOURNEYS, users=known)
    enqueue(store, warehouse, cycle_id=cycle_id)
    return _told(warehouse, tick, known)


def _by(policy: PlannedPolicy, channels: Collection[str] | None) -> PlannedPolicy:
    """A policy with only the channels that may be used."""
    if channels is None:
        return policy
    narrowed = (_narrowed(entry, channels) for entry in policy.entries)
    return policy._replace(entries=tuple(one for one in narrowed if one is not None))


def _narrowed(entry: PlannedEntry, channels: Collection[str]) -> PlannedEntry | None:
    kept = tuple(name for name in entry.action.channels if name in channels)
    action = entry.action.model_copy(update={"channels": kept})
    return entry._replace(action=action) if kept else None


def require_channels(channels: Collection[str] | None, catalog: Catalog) -> None:
    """Refuse a channel that does not exist."""
    unknown = sorted({*(channels or ())} - {*catalog.channels})
    if unknown:
        raise refuse(
            Code.INVALID_ARGUMENT,
            f"There is no channel '{unknown[0]}'.",
            span=unknown[0],
            fix=f"Channels: {', '.join(catalog.channels)}.",
        )


def _known(warehouse: DuckDBWarehouse, catalog: Catalog, users: Collection[str]) -> tuple[str, ...]:
    """Which of them are users of their own."""
    layout = catalog.layout.users
    asked = exp.func("LIST_CONTAINS", exp.Placeholder(this="users"), exp.column(layout.key))
    query = exp.select(exp.column(layout.key)).from_(layout.table).where(asked)
    if layout.canonical:
        query = query.where(layout.canonical)
    rows = warehouse.fetch(query.sql("duckdb"), {"users": sorted(set(users))}).rows
    return tuple(sorted(user for (user,) in rows))


def _told(
    warehouse: DuckDBWarehouse, tick: Tick, users: tuple[str, ...]
) -> dict[str, OnlineDecision]:
    found = warehouse.fetch(
        """
        SELECT d.user_id, d.decision_id, d.policy_key AS policy, d.policy_version AS version,
            d.action_key AS action, d.channel, d.outcome, d.reason_code, i.not_before, i.expires_at
        FROM decisions d LEFT JOIN intents i ON i.decision_id = d.decision_id
        WHERE d.cycle_id = $cycle_id
        ORDER BY d.user_id, policy, action
        """,
        {"cycle_id": tick.cycle_id},
    )
    rows: dict[str, list[dict[str, Any]]] = {user: [] for user in users}
    for row in found.rows:
        rows[row[0]].append(dict(zip(found.columns, row, strict=True)))
    return {user: _decision(tick, user, own) for user, own in rows.items()}


def _decision(tick: Tick, user: str, rows: list[dict[str, Any]]) -> OnlineDecision:
    won = [row for row in rows if row["outcome"] == "selected"]
    return OnlineDecision(
        trace_id=tick.trace_id,
        user_id=user,
        decided_at=tick.as_of,
        selected=tuple(Selected(**{n: row[n] for n in Selected.model_fields}) for row in won),
        considered=tuple(
            Considered(**{n: row[n] for n in Considered.model_fields}) for row in rows
        ),
    )
