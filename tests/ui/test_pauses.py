"""What else runs in a server keeps nobody waiting for long."""

from __future__ import annotations

import gc
import sys
import weakref
from collections.abc import Iterator

import pytest

from ui import pauses


class _Ring:
    """Refers to itself: only the look for garbage finds it."""

    def __init__(self) -> None:
        self.own = self


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    turn, thresholds = sys.getswitchinterval(), gc.get_threshold()
    yield
    sys.setswitchinterval(turn)
    gc.set_threshold(*thresholds)
    gc.unfreeze()


def _seconds(monkeypatch: pytest.MonkeyPatch, now: float) -> None:
    monkeypatch.setattr("ui.pauses.time.monotonic", lambda: now)


def test_threads_take_short_turns() -> None:
    pauses.short_pauses()

    assert sys.getswitchinterval() == pytest.approx(pauses.TURN_SECONDS)


def test_what_outlived_a_round_is_not_looked_at_again() -> None:
    garbage = pauses.Garbage()
    kept = [[] for _ in range(10_000)]

    garbage.once()

    assert gc.get_freeze_count() > len(kept)
    assert len(gc.get_objects()) < len(kept)


def test_a_ring_that_came_since_the_last_round_is_given_back_by_the_next() -> None:
    garbage = pauses.Garbage()
    garbage.once()
    ring = _Ring()
    seen = weakref.ref(ring)
    del ring

    garbage.once()

    assert seen() is None


def test_a_ring_that_was_set_aside_is_given_back_within_the_hour(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _seconds(monkeypatch, 0.0)
    garbage = pauses.Garbage()
    ring = _Ring()
    garbage.once()
    seen = weakref.ref(ring)
    del ring

    garbage.once()
    still_there = seen() is not None
    _seconds(monkeypatch, pauses.WHOLE_SECONDS)
    garbage.once()

    assert still_there
    assert seen() is None
