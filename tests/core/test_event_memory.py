"""What is remembered of a user's events, and from when on nothing can be asked any more."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.conditions import EventCount, EventSequence, Filter, Op, Rolling
from core.evaluate import Evaluator
from core.event_memory import MANY
from core.kinds import Kinds
from core.moments import micros

NOW = datetime(2026, 3, 30, 12)
DAY = timedelta(days=1)
KINDS = Kinds(
    columns={}, traits={}, properties={"opened": {"type": "string"}}, events={"opened": "opened"}
)
LATELY = EventCount(event="opened", window=Rolling(seconds=7 * 86_400))
YOGA = Filter(column="type", op=Op.EQ, value="yoga")


def test_a_clock_that_goes_back_does_not_bring_back_what_was_forgotten() -> None:
    asked = Evaluator({"lately": LATELY}, KINDS)
    state = asked.state({})
    for hour in range(2 * MANY):
        asked.record(state, "opened", micros(NOW - 9 * DAY + timedelta(hours=hour)), {})

    asked.trim(state, micros(NOW))
    asked.trim(state, micros(NOW - 7 * DAY))

    with pytest.raises(ValueError, match="forgotten"):
        asked.decide(state, micros(NOW - 7 * DAY))


@given(
    times=st.lists(st.integers(0, 40), min_size=1, max_size=25),
    earlier=st.lists(st.integers(0, 40), max_size=5),
)
def test_events_that_come_together_are_remembered_as_one_after_the_other(
    times: list[int], earlier: list[int]
) -> None:
    last = micros(NOW)
    asked = Evaluator(
        {
            "lately": LATELY,
            "yoga": EventCount(event="opened", window=Rolling(seconds=86_400), where=(YOGA,)),
            "soon": EventSequence(first="opened", then="opened", within_seconds=7_200),
        },
        KINDS,
    )
    singly, together = asked.state({}), asked.state({})
    moments = [last - hours * 3_600_000_000 for hours in times]

    for state in (singly, together):
        for hours in earlier:
            asked.record(state, "opened", last - hours * 3_600_000_000, {"type": "yoga"})
    for at in moments:
        asked.record(singly, "opened", at, {"type": "run"})
    asked.record_all(together, "opened", moments, {"type": "run"})

    assert asked.values(together, last) == asked.values(singly, last)
    assert together.memory.pairs == singly.memory.pairs
    assert {number: (one.times, one.first) for number, one in together.memory.streams.items()} == {
        number: (one.times, one.first) for number, one in singly.memory.streams.items()
    }
