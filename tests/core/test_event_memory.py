"""What is remembered of a user's events, and from when on nothing can be asked any more."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from core.conditions import EventCount, Rolling
from core.evaluate import Evaluator
from core.event_memory import MANY
from core.kinds import Kinds
from core.moments import micros

NOW = datetime(2026, 3, 30, 12)
DAY = timedelta(days=1)
KINDS = Kinds(columns={}, traits={}, properties={}, events={"opened": "opened"})
LATELY = EventCount(event="opened", window=Rolling(seconds=7 * 86_400))


def test_a_clock_that_goes_back_does_not_bring_back_what_was_forgotten() -> None:
    asked = Evaluator({"lately": LATELY}, KINDS)
    state = asked.state({})
    for hour in range(2 * MANY):
        asked.record(state, "opened", micros(NOW - 9 * DAY + timedelta(hours=hour)), {})

    asked.trim(state, micros(NOW))
    asked.trim(state, micros(NOW - 7 * DAY))

    with pytest.raises(ValueError, match="forgotten"):
        asked.decide(state, micros(NOW - 7 * DAY))
