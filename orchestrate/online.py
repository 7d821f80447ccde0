"""What to do for a user now, as it is told to whoever asks.

A desk decides from what it has at hand; about moments that are past the engine decides, as in a
cycle. Either way it takes its place under the same caps, and is explained and replayed.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlglot import exp

from control.store import Store
from core.conditions import Frozen
from core.errors import Code, refuse
from core.moments import EPOCH
from core.reasons import REASONS
from orchestrate.cycle import decide_tick, plan_tick
from orchestrate.engine.candidates import Candidate, Tick
from orchestrate.intents import enqueue
from orchestrate.journeys.offers import Due
from orchestrate.journeys.relations import with_relations
from orchestrate.live.book import narrowed
from orchestrate.live.desk import Kept
from orchestrate.live.entry import Decision, Entry
from orchestrate.live.writing import decision_id, expires
from orchestrate.stages import sql
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
    tick = narrowed(plan_tick(store, catalog, as_of=as_of, trace_id=trace_id), channels)
    tick = tick._replace(cycle_id=cycle_id, catalog=with_relations(tick.catalog))
    decide_tick(warehouse, tick, NO_JOURNEYS, users=known)
    enqueue(store, warehouse, cycle_id=cycle_id)
    return _told(warehouse, tick, known)


def as_told(kept: Kept) -> OnlineDecision:
    """What a desk decided, for whoever asked."""
    entry = kept.entry
    rows = [(kept.edition.candidates[one.number], one) for one in entry.decisions]
    rows.sort(key=lambda row: (row[0].policy.key, row[0].entry.action.key))
    considered = [(candidate, one, _considered(entry, candidate, one)) for candidate, one in rows]
    return OnlineDecision.model_construct(
        trace_id=entry.trace_id,
        user_id=entry.user,
        decided_at=_moment(entry.now),
        selected=tuple(
            _selected(entry, candidate, one, told)
            for candidate, one, told in considered
            if told.outcome == "selected"
        ),
        considered=tuple(told for *_, told in considered),
    )


def _considered(entry: Entry, candidate: Candidate, one: Decision) -> Considered:
    reason, action = REASONS[one.reason], candidate.entry.action
    assert reason.outcome is not None, "what is not eligible is not kept"
    return Considered.model_construct(
        decision_id=decision_id(entry.cycle_id, candidate, entry.user),
        policy=candidate.policy.key,
        version=candidate.policy.version,
        action=action.key,
        channel=action.channels[max(one.place, 0)],
        outcome=reason.outcome,
        reason_code=reason.code,
    )


def _selected(entry: Entry, candidate: Candidate, one: Decision, told: Considered) -> Selected:
    return Selected.model_construct(
        decision_id=told.decision_id,
        policy=told.policy,
        version=told.version,
        action=told.action,
        channel=told.channel,
        not_before=_moment(one.ready),
        expires_at=_moment(expires(candidate, entry.now)),
    )


def _moment(microseconds: int) -> datetime:
    return EPOCH + timedelta(microseconds=microseconds)


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
    found = warehouse.fetch(sql("online"), {"cycle_id": tick.cycle_id})
    rows: dict[str, list[dict[str, Any]]] = {user: [] for user in users}
    for row in found.rows:
        # A trace id that was used before names who was asked about then, too.
        rows.setdefault(row[0], []).append(dict(zip(found.columns, row, strict=True)))
    return {user: _decision(tick, user, rows[user]) for user in users}


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
