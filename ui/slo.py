"""Whether deciding and sending go as well as the settings ask for, and what is held when not."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from control import delivery
from control.channel_routes import routes
from core.settings import Settings
from deliver.destinations.mailbox import MAILBOX
from deliver.registry import checked
from deliver.success import LeastSuccess, success
from measure.latency import decision_latency

if TYPE_CHECKING:
    from ui.workspace import Workspace

SPAN = timedelta(hours=1)
"""How far back decisions are looked at."""


def least_success(settings: Settings) -> LeastSuccess | None:
    """What is asked of destinations; None: nothing."""
    share = settings.slo.send_success_share
    return None if share is None else LeastSuccess(share, settings.slo.send_success_over)


def held(workspace: Workspace, now: datetime) -> str | None:
    """Why nothing is sent by now (naive UTC), as a sentence; None: it is."""
    return stale(workspace, now) or _slow(workspace, now)


def stale(workspace: Workspace, now: datetime) -> str | None:
    """Why nothing is sent of data that is too old, as a sentence; None: it is fresh enough."""
    allowed = workspace.settings.slo.fresh_minutes
    if allowed is None:
        return None
    newest = newest_event(workspace, now)
    if newest is not None and now - newest <= timedelta(minutes=allowed):
        return None
    since = "no event is there" if newest is None else f"the newest event came {_moment(newest)}"
    return f"The data is stale, so nothing is sent: {since}, and {allowed:,} minutes are allowed."


def _slow(workspace: Workspace, now: datetime) -> str | None:
    slo = workspace.settings.slo
    if slo.decision_seconds is None or not slo.hold_slow_decisions:
        return None
    found = deciding(workspace, now)
    if not found["breached"]:
        return None
    return (
        f"Deciding is slow, so nothing is sent: 95 of 100 decisions of the last hour came within "
        f"{found['seconds']:.1f} s of the event, and {slo.decision_seconds:g} s are allowed."
    )


def standing(workspace: Workspace) -> dict[str, Any]:
    """Every service level as it is asked for and as it is, and what is held or paused."""
    now, slo = workspace.now(), workspace.settings.slo
    paused = delivery.paused(workspace.store)
    return {
        "asked": slo.model_dump(),
        "held": held(workspace, now),
        "paused": [one._asdict() for one in paused.values()],
        "unusable": unusable(workspace),
        "send_success": _sending(workspace) if slo.send_success_share else [],
        "decisions": deciding(workspace, now) if slo.decision_seconds else None,
    }


def lines(document: dict[str, Any]) -> list[str]:
    """What is not as it should be, for a person."""
    found = [document["held"]] if document["held"] else []
    found += [
        f"Paused: {one['destination']}, since {_moment(one['since'])}: {one['reason']} "
        f"'pilothouse deliver resume {one['destination']}' sends there again."
        for one in document["paused"]
    ]
    found += [
        f"Nothing is sent to {one['destination']}, and its messages wait: {one['why']}"
        for one in document["unusable"]
    ]
    deciding, asked = document["decisions"], document["asked"]["decision_seconds"]
    if deciding and deciding["breached"] and not document["asked"]["hold_slow_decisions"]:
        found.append(
            f"Deciding is slow: 95 of 100 decisions of the last hour came within "
            f"{deciding['seconds']:.1f} s of the event, and {asked:g} s are allowed."
        )
    return found


def newest_event(workspace: Workspace, now: datetime) -> datetime | None:
    """When the newest event came in (naive UTC), as far as the warehouse says; None without any."""
    events = workspace.catalog.layout.events
    time = exp.column(events.received or events.time)
    query = exp.select(exp.Max(this=time)).from_(exp.table_(events.table))
    query = query.where(exp.LTE(this=time.copy(), expression=exp.Placeholder(this="now")))
    found = workspace.warehouse.fetch(query.sql("duckdb"), {"now": now}).scalar()
    return found if isinstance(found, datetime) else None


def unusable(workspace: Workspace) -> list[dict[str, str]]:
    """Destinations that a channel is routed to and nothing can be sent to, as they are set up."""
    there = checked(workspace.settings)
    missing = {*routes(workspace.store).values()} - there.usable.keys()
    gone = "it is not configured any more."
    return [
        {
            "destination": name,
            "why": there.refused[name].message if name in there.refused else gone,
        }
        for name in sorted(missing)
    ]


def _sending(workspace: Workspace) -> list[dict[str, Any]]:
    over = workspace.settings.slo.send_success_over
    names = {MAILBOX, *routes(workspace.store).values()}
    found = [success(workspace.store, name, over=over) for name in sorted(names)]
    return [one._asdict() | {"share": one.share} for one in found]


def deciding(workspace: Workspace, now: datetime) -> dict[str, Any]:
    """How long decisions on events took in the last hour, and whether that is too long."""
    allowed = workspace.settings.slo.decision_seconds
    found = decision_latency(workspace.warehouse, workspace.catalog, now - SPAN)
    slow = found.seconds is not None and allowed is not None and found.seconds > allowed
    return found._asdict() | {"breached": slow}


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} (UTC)"
