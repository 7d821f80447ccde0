"""What a moment asks of change requests: windows that are over, reviews that took too long.

Nothing goes live here. Each step is a transaction of its own and does nothing when done again.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from control import audit, requests, review_terms, schedules, staging
from control.requests import ChangeRequest
from control.schedules import Escalation
from control.store import Store, utc
from control.tables import change_requests
from core.lifecycle import State
from orchestrate.rulebook.writing import move

ITSELF = "pilothouse"


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
        if _expire(store, one, State.SCHEDULED, why, now):
            ended.append(one.id)
    return ended


def escalate(store: Store, *, now: datetime) -> list[str]:
    """Hand reviews that are past their deadline to whom their terms name, each once."""
    told = []
    for one, terms in _reviewed(store):
        if one.escalated or one.suspended or utc(now) < terms.review_by:
            continue
        escalation = Escalation(to_role=terms.escalate_to, review_by=terms.review_by, at=utc(now))
        with store.write() as connection:
            found = requests.find(connection, one.id)
            if found.state is not State.IN_REVIEW or found.escalated:
                continue
            schedules.keep_escalation(connection, one.id, escalation)
            note = f"nobody decided by {terms.review_by:%Y-%m-%d %H:%M} UTC: to {terms.escalate_to}"
            audit.append(connection, audit.Act(now, ITSELF, "escalate", one.id, note=note))
        told.append(one.id)
    return told


def expire_reviews(store: Store, *, now: datetime) -> list[str]:
    """End what nobody decided on in twice the time that its terms gave."""
    ended = []
    for one, terms in _reviewed(store):
        end = one.created_at + 2 * (terms.review_by - one.created_at)
        if utc(now) >= end and _expire(
            store, one, State.IN_REVIEW, f"nobody decided on it by {end:%Y-%m-%d %H:%M} UTC", now
        ):
            ended.append(one.id)
    return ended


def overdue(store: Store, *, hours: float, now: datetime) -> list[ChangeRequest]:
    """What was approved that many hours ago, or whose window opened then, and is not live.

    What staging holds waits for people and is not among them.
    """
    waiting = [*requests.list_all(store, State.APPROVED), *_scheduled(store)]
    return [
        one
        for one in waiting
        if one.review and (utc(now) - _due_since(one)).total_seconds() > hours * 3600
    ]


def _due_since(request: ChangeRequest) -> datetime:
    approved = request.review.at if request.review else request.updated_at
    return max(approved, request.window.at) if request.window else approved


def _scheduled(store: Store) -> list[ChangeRequest]:
    """What goes live by its window, oldest first."""
    with store.read() as connection:
        found = requests.select(connection, change_requests.c.state == State.SCHEDULED.value)
        return [
            one for one in reversed(found) if one.window and not staging.holds(connection, one.id)
        ]


def _reviewed(store: Store) -> Iterable[tuple[ChangeRequest, review_terms.ReviewTerms]]:
    """What is in review under terms of its own: requests from before have no deadline."""
    open_ones = requests.list_all(store, State.IN_REVIEW)
    with store.read() as connection:
        terms = review_terms.read(connection, [one.id for one in open_ones])
    return [(one, terms[one.id]) for one in reversed(open_ones) if one.id in terms]


def _expire(store: Store, request: ChangeRequest, state: State, why: str, now: datetime) -> bool:
    with store.write() as connection:
        if requests.find(connection, request.id).state is not state:
            return False
        move(connection, request.id, State.EXPIRED, now)
        audit.append(connection, audit.Act(now, ITSELF, "expire", request.id, note=why))
        return True
