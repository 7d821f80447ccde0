"""Errors that users met on the way: evidence for what a version does, not a cause of its own."""

from __future__ import annotations

from typing import NamedTuple

from measure.causes.inquiry import Inquiry
from measure.methods.proportions import Share, p_of_two
from measure.queries import json_text, query, text

ALPHA = 1e-4
LEAST_USERS = 20


class ErrorRise(NamedTuple):
    """An error that users of a version meet more often than others did."""

    sentence: str
    sql: str


def errors_of(inquiry: Inquiry, version: str, step: int) -> ErrorRise | None:
    """The error that rose most in a version, when the funnel knows how the step fails."""
    started = inquiry.cells.steps[step - 1]
    failure = inquiry.span.failures.get(started)
    if failure is None:
        return None
    span = inquiry.span
    sql = text(
        query(
            "step_errors",
            started=started,
            failed=failure.event,
            message=json_text("properties", failure.message, "e"),
            **span.periods.bounds(),
        ),
        inquiry.catalog,
        periods=span.periods.table(span.window),
        people=span.compared.people(inquiry.catalog),
    )
    fetched = inquiry.runner.fetch(sql, purpose=f"errors at {started} by version")
    now: dict[str | None, int] = {}
    past: dict[str | None, int] = {}
    for period, part, app_version, error, users in fetched.rows:
        if part != "segment":
            continue
        if period == 0 and app_version == version:
            now[error] = now.get(error, 0) + users
        if period != 0:
            past[error] = past.get(error, 0) + users
    tried, past_tried = now.pop(None, 0), past.pop(None, 0)
    if min(tried, past_tried) < LEAST_USERS or not now:
        return None
    error = max(filter(None, now), key=lambda e: now[e] / tried - past.get(e, 0) / past_tried)
    hit, past_hit = min(now[error], tried), min(past.get(error, 0), past_tried)
    p = p_of_two(Share(past_hit, past_tried), Share(hit, tried))
    if hit / tried <= past_hit / past_tried or p > ALPHA:
        return None
    say = inquiry.figures
    sentence = (
        f"There {say.percent(hit / tried, fetched.id)} of the users who "
        f"{_does(inquiry, started)} meet {say.name(error, fetched.id)}, "
        f"{say.percent(past_hit / past_tried, fetched.id)} before ({say.p(p, fetched.id)})."
    )
    return ErrorRise(sentence, fetched.id)


def _does(inquiry: Inquiry, event: str) -> str:
    phrases = inquiry.catalog.events[event].phrases
    return phrases[0] if phrases else f"do {event}"
