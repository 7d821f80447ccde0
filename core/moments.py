"""Moments as conditions compare them: naive UTC, and whole microseconds since 1970."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1)
MICROSECOND = timedelta(microseconds=1)
SECOND = 1_000_000
"""Microseconds."""


def naive_utc(moment: datetime) -> datetime:
    """The same instant without its zone, in UTC; a moment without a zone is in UTC already.

    Raises ValueError when in UTC it would lie outside the calendar.
    """
    if moment.tzinfo is None:
        return moment
    try:
        return moment.astimezone(UTC).replace(tzinfo=None)
    except OverflowError:
        raise ValueError(f"in UTC, {moment} lies outside the calendar") from None


def instant(text: str, data_type: str = "timestamp") -> datetime:
    """What a text of a condition means: an instant, or for a ``date`` the midnight it begins with.

    Raises ValueError when it is no ISO 8601 date or time.
    """
    moment = naive_utc(datetime.fromisoformat(text))
    if data_type == "date":
        return moment.replace(hour=0, minute=0, second=0, microsecond=0)
    return moment


def micros(moment: datetime) -> int:
    """Microseconds since the beginning of 1970."""
    return (naive_utc(moment) - EPOCH) // MICROSECOND
