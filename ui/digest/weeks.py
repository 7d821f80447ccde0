"""Which week a digest is of, and when it goes out: by the wall clock of the workspace's zone."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from core.wall_clock import instant, local_date
from ui.digest.shapes import Span

WEEK = timedelta(days=7)


def last_week(now: datetime, zone: str) -> Span:
    """The last week that is over, Monday to Sunday (``now`` is naive UTC)."""
    monday = _monday(now, zone)
    since, until = (instant(day, time(), zone) for day in (monday - WEEK, monday))
    return Span(since=since, until=until, whole=True, zone=zone)


def this_week(now: datetime, zone: str) -> Span:
    """From Monday up to now."""
    return Span(since=instant(_monday(now, zone), time(), zone), until=now, whole=False, zone=zone)


def is_due(now: datetime, zone: str, hour: int) -> bool:
    """Whether the letter of the last week goes out: on Monday from an hour on, or on Tuesday where
    nothing ran on Monday. Later it would tell what everybody knows."""
    monday = _monday(now, zone)
    return instant(monday, time(hour), zone) <= now < instant(monday + timedelta(2), time(), zone)


def named(span: Span) -> str:
    """The week as one word, such as 2026-W26."""
    year, week, _ = local_date(span.since, span.zone).isocalendar()
    return f"{year}-W{week:02d}"


def _monday(now: datetime, zone: str) -> date:
    today = local_date(now, zone)
    return today - timedelta(days=today.weekday())
