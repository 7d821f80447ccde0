"""An event that is sent but lacks what names its user: it exists, and counts for nobody."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from measure.causes.inquiry import Check, Inquiry, Suspect
from measure.funnel import steps_table
from measure.layout import platform_is
from measure.queries import query, text
from measure.thresholds import LEAST_USERS

ENOUGH = 0.4
"""From this share of the missing events on it is their name that is missing, not they."""


class _Nameless(NamedTuple):
    version: str
    now: float
    before: float
    sql: str


def named_nobody(inquiry: Inquiry, suspect: Suspect, event: str, missing: float) -> Suspect:
    """The suspect, told as a null property when events of its step name no user any more.

    ``missing`` is by how much the share of users without the event rose.
    """
    found = _worst(inquiry, event)
    if found is None or found.now - found.before < ENOUGH * missing:
        return suspect
    say, current = inquiry.figures, inquiry.span.periods.current
    version = inquiry.catalog.layout.events.version
    sender = f" of version {say.name(found.version, found.sql)}" if version else ""
    check = Check(
        f"{event} without a user, by version and day",
        "nameless",
        {
            "event": event,
            "since": inquiry.periods_back(2),
            "until": current.end,
            "as_of": current.known_by,
        },
    )
    return replace(
        suspect,
        kind="null_property",
        sentence=(
            f"{say.percent(found.now, found.sql, digits=0)} of the {event} events{sender} name no "
            f"user, {say.percent(found.before, found.sql)} before: the events are there and count "
            "for nobody."
        ),
        dimension=version or "event_name",
        value=found.version if version else event,
        evidence=(found.sql, *suspect.evidence),
        checks=(check, *suspect.checks),
    )


def _worst(inquiry: Inquiry, event: str) -> _Nameless | None:
    """The version of which most events of a step name nobody."""
    span = inquiry.span
    step = inquiry.cells.steps.index(event) + 1
    sql = text(
        query("nameless", step=step, **span.periods.bounds()),
        inquiry.catalog,
        steps=steps_table(inquiry.catalog, inquiry.cells.steps),
        periods=span.periods.table(span.window, span.cut),
    )
    fetched = inquiry.runner.fetch(sql, purpose=f"{event} events that name no user, by version")
    segment = span.compared.segment
    platform = None
    if segment is not None and platform_is(inquiry.catalog, segment.column):
        platform = segment.value
    past = [row for row in fetched.rows if row[0] in inquiry.baselines]
    events, nameless = sum(row[3] for row in past), sum(row[4] for row in past)
    now = [
        row
        for row in fetched.rows
        if row[0] == 0 and row[3] >= LEAST_USERS and platform in (None, row[1])
    ]
    worst = max(now, key=lambda row: row[4] / row[3], default=None)
    if worst is None or not events:
        return None
    return _Nameless(worst[2] or "unknown", worst[4] / worst[3], nameless / events, fetched.id)
