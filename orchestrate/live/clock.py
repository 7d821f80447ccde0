"""What a moment is in a user's time zone: worked out once a minute, as quiet hours and days begin
and end with whole minutes. Moments are microseconds since 1970 (naive UTC)."""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple

from core.moments import EPOCH, SECOND
from orchestrate.engine.candidates import Rules
from orchestrate.engine.zones import zones_of

MINUTE = 60 * SECOND
WHOLE_MINUTES = 73 * 366 * 86_400 * SECOND // 20
"""The first days of 1973: from then on every zone is whole minutes from UTC."""
Span = tuple[int, int]


class There(NamedTuple):
    """A moment where a user is."""

    ready: int
    """When a message that waits for quiet hours may go out."""
    known: bool
    """Whether that can be told."""
    spans: tuple[Span, ...]
    """Cap → [from, to) in which messages count for what goes out when it is ready."""


class Clock:
    """The moments of decision in all zones, under one set of rules."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._rolling = [
            None if cap.calendar else cap.window_seconds * SECOND for cap, _ in rules.caps
        ]
        self._known: dict[str, tuple[int, There]] = {}

    def there(self, zone: str, now: int) -> There:
        """A moment in a zone."""
        minute = now - now % MINUTE if now >= WHOLE_MINUTES else now
        known = self._known.get(zone)
        if known is None or known[0] != minute:
            known = self._known[zone] = minute, self._work_out(zone, minute)
        there = known[1]
        ready = max(there.ready, now)
        spans = [
            span if window is None else (ready - window + 1, ready + window)
            for span, window in zip(there.spans, self._rolling, strict=True)
        ]
        return There(ready, there.known, tuple(spans))

    def _work_out(self, zone: str, minute: int) -> There:
        moment = EPOCH + timedelta(microseconds=minute)
        told = zones_of(self._rules._replace(as_of=moment), [zone])
        spans = zip(told.begins[:, 0].tolist(), told.ends[:, 0].tolist(), strict=True)
        return There(int(told.ready[0]), bool(told.known[0]), tuple(spans))
