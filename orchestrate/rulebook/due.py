"""What a moment asks of change requests: windows that are over, reviews that took too long.

Nothing goes live here. Each step is a transaction of its own and does nothing when done again.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from control import audit, requests, review_terms, schedules, staging
from control.requests import ChangeRequest
from control.review_terms import ReviewTerms
from control.schedule_tables import go_live_windows
from control.schedules import Escalation
from control.store import Store, utc
from control.tables import change_requests
from core.lifecycle import State
from orchestrate.rulebook.writing import move

ITSELF = "pilothouse"


class Reviewed(NamedTuple):
    """A request in review, and what it takes to decide on it in time."""

    id: str
    begun_at: datetime
    terms: ReviewTerms


def windows_open(store: Store, *, now: datetime) -> list[ChangeRequest]:
    """What is scheduled, in its window and held back by nothing, oldest first."""
    return [
        one
        for one in _scheduled(store)
        if one.window and one.window.standing(utc(now)) == "open" and not one.suspended
    ]


def expire_windows(store: Store, *, now: datetime) -> list[str]:
    """End what did not go live in its window: it never goes live late."""
    ended = []
    for one in _scheduled(store):
        if one.window is None or one.window.standing(utc(now)) != "over":
            continue
        why = f"its window, {one.window}, is over"
        if one.suspended:
            why += f"; it was suspended: {one.suspended.why}"
        if _expire(store, one.id, State.SCHEDULED, why, now):
            ended.append(one.id)
    return ended


def escalate(store: Store, *, now: datetime) -> list[str]:
    """Hand reviews that are past their deadline to whom their terms name, each once."""
    return [one.id for one in _reviewed(store) if _escalate(store, one, now)]


def expire_reviews(store: Store, *, now: datetime) -> list[str]:
    """End what nobody decided on in twice the time that its terms gave."""
    ended = []
    for one in _reviewed(store):
        end = one.begun_at + 2 * (one.terms.review_by - one.begun_at)
        why = f"nobody decided on it by {end:%Y-%m-%d %H:%M} UTC"
        if utc(now) >= end and _expire(store, one.id, State.IN_REVIEW, why, now):
            ended.append(one.id)
    return ended


def _scheduled(store: Store) -> list[ChangeRequest]:
    """What goes live by its window, oldest first."""
    windowed = change_requests.c.id.in_(sa.select(go_live_windows.c.change_request_id))
    with store.read() as connection:
        is_scheduled = change_requests.c.state == State.SCHEDULED.value
        found = requests.select(connection, is_scheduled, windowed)
        return [one for one in reversed(found) if not staging.holds(connection, one.id)]


def _reviewed(store: Store) -> list[Reviewed]:
    """What is in review under terms of its own: requests from before have no deadline."""
    query = (
        # What is in review was not touched since that began: a draft was older then.
        sa.select(change_requests.c.id, change_requests.c.updated_at)
        .where(change_requests.c.state == State.IN_REVIEW.value)
        .order_by(change_requests.c.updated_at, change_requests.c.id)
    )
    with store.read() as connection:
        begun = {row.id: row.updated_at for row in connection.execute(query)}
        terms = review_terms.read(connection, [*begun])
    return [Reviewed(one, at, terms[one]) for one, at in begun.items() if one in terms]


def _escalate(store: Store, one: Reviewed, now: datetime) -> bool:
    if utc(now) < one.terms.review_by:
        return False
    role, by = one.terms.escalate_to, one.terms.review_by
    with store.read() as connection:
        if schedules.escalated(connection, [one.id]):
            return False
    with store.write() as connection:
        found = requests.find(connection, one.id)
        if found.state is not State.IN_REVIEW or found.escalated or found.suspended:
            return False
        escalation = Escalation(to_role=role, review_by=by, at=utc(now))
        schedules.keep_escalation(connection, one.id, escalation)
        note = f"nobody decided by {by:%Y-%m-%d %H:%M} UTC: to {role}"
        audit.append(connection, audit.Act(now, ITSELF, "escalate", one.id, note=note))
        return True


def _expire(store: Store, request_id: str, state: State, why: str, now: datetime) -> bool:
    with store.write() as connection:
        if requests.find(connection, request_id).state is not state:
            return False
        move(connection, request_id, State.EXPIRED, now)
        audit.append(connection, audit.Act(now, ITSELF, "expire", request_id, note=why))
        return True
