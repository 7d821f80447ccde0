"""Canaries by what a provider signed: a spike rolls back by itself, a clean one goes live."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.canary import CanaryLimits
from tests.ui.canaried import Canaried, canaried
from ui.canaries import once

AT_ONCE = CanaryLimits(min_messages=20, watch_seconds=0)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Canaried]:
    """120 users, of whom about half are in a canary."""
    with canaried(tmp_path, 120) as made:
        made.publish("The new words", 0.5, AT_ONCE)
        made.send()
        yield made


def test_a_complaint_spike_rolls_back_by_itself_and_not_one_more_message_leaves(
    desk: Canaried,
) -> None:
    canary, baseline = desk.intents(2), desk.intents(1)
    assert desk.canary().state == "running"
    desk.tell("delivered", canary + baseline, ago=40)
    desk.tell("spamreport", canary[:10])

    once(desk.workspace)

    ended = desk.canary()
    assert (ended.state, ended.ended_by) == ("rolled_back", "pilothouse")
    assert ended.why.startswith(f"10 of {len(canary)} messages were complained about (")
    assert ended.why.endswith("See docs/runbooks/canary-stopped.md.")
    desk.users(200, 100)
    desk.send()
    assert desk.taken(2) == len(canary)
    assert desk.taken(3) > 80
