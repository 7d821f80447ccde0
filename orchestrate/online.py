"""What to do for a user now, as it is told to whoever asks.

A desk decides from what it has at hand; about moments that are past the engine decides, as in a
cycle. Either way it takes its place under the same caps, and is explained and replayed.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import datetime, timedelta
from functools import partial
from json import dumps as json_text
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
from orchestrate.live.contact import SELECTED
from orchestrate.live.desk import Kept
from orchestrate.live.entry import Decision, Edition, Entry
from orchestrate.live.writing import decision_id, expires
from orchestrate.stages import sql
from warehouse.catalog import Catalog
from warehouse.engines.duckdb import DuckDBWarehouse

dumps = partial(json_text, separators=(",", ":"))
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


class Wording:
    """How the decisions of one edition are written as JSON: all that no decision changes is
    written once. Equal to ``as_told``, at a fifth of the time."""

    def __init__(self, of: Edition) -> None:
        self._of = of
        order = sorted(of.candidates, key=lambda one: (one.policy.key, one.entry.action.key))
        self._turn = {one.number: turn for turn, one in enumerate(order)}
        self._known: dict[tuple[int, int, int], tuple[str, str]] = {}

    def json(self, entry: Entry) -> bytes:
        """A decision, as ``OnlineDecision`` has it."""
        selected, considered = [], []
        for one in sorted(entry.decisions, key=lambda one: self._turn[one.number]):
            candidate = self._of.candidates[one.number]
            named = decision_id(entry.cycle_id, candidate, entry.user)
            message, outcome = self._texts(candidate, one)
            considered.append(f'{{"decision_id":"{named}",{message},{outcome}}}')
            if one.reason == SELECTED:
                ready, end = _moment(one.ready), _moment(expires(candidate, entry.now))
                times = f'"not_before":"{ready.isoformat()}","expires_at":"{end.isoformat()}"'
                selected.append(f'{{"decision_id":"{named}",{message},{times}}}')
        head = (
            f'{{"trace_id":{dumps(entry.trace_id)},"user_id":{dumps(entry.user)},'
            f'"decided_at":"{_moment(entry.now).isoformat()}"'
        )
        told = f'{head},"selected":[{",".join(selected)}],"considered":[{",".join(considered)}]}}'
        return told.encode()

    def _texts(self, candidate: Candidate, one: Decision) -> tuple[str, str]:
        """What is said of the message, and of what became of it."""
        key = one.number, one.reason, one.place
        if key not in self._known:
            told = dict(_said(candidate, one))
            outcome = {name: told.pop(name) for name in ("outcome", "reason_code")}
            self._known[key] = dumps(told)[1:-1], dumps(outcome)[1:-1]
        return self._known[key]


def _said(candidate: Candidate, one: Decision) -> dict[str, Any]:
    """What a candidate came to, but for the id."""
    reason, action = REASONS[one.reason], candidate.entry.action
    assert reason.outcome is not None, "what is not eligible is not kept"
    return {
        "policy": candidate.policy.key,
        "version": candidate.policy.version,
        "action": action.key,
        "channel": action.channels[max(one.place, 0)],
        "outcome": reason.outcome,
        "reason_code": reason.code,
    }


def _considered(entry: Entry, candidate: Candidate, one: Decision) -> Considered:
    named = decision_id(entry.cycle_id, candidate, entry.user)
    return Considered.model_construct(decision_id=named, **_said(candidate, one))


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
