"""Work that somebody stops ends at once, whatever it is in the middle of."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from core.errors import PilothouseError
from warehouse import stopping
from warehouse.engines.duckdb import DuckDBWarehouse
from warehouse.stopping import Stop, Stopped, left_when_stopped, stoppable

ENDLESS = "SELECT COUNT(*) FROM range(100_000_000_000) AS a(i) WHERE i % 7 = 3"
SOON = 5.0
"""Seconds of the clock on a busy machine; by itself it takes a twentieth of one."""


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DuckDBWarehouse]:
    path = tmp_path_factory.mktemp("stopping") / "warehouse.duckdb"
    made = DuckDBWarehouse(path, must_exist=False)
    yield made
    made.close()


@pytest.fixture
def elsewhere() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as pool:
        yield pool


def stopped_after(pool: ThreadPoolExecutor, asked: Callable[[], Any], seconds: float) -> float:
    """How long it took from the stop to its end."""
    stop, begun = Stop(), threading.Event()

    def work() -> None:
        with stoppable(stop):
            begun.set()
            asked()

    running: Future[None] = pool.submit(work)
    begun.wait()
    time.sleep(seconds)
    assert not running.done()
    at = time.monotonic()
    assert stop.ask()
    with pytest.raises(Stopped):
        running.result(SOON)
    return time.monotonic() - at


def test_a_query_is_interrupted(warehouse: DuckDBWarehouse, elsewhere: ThreadPoolExecutor) -> None:
    took = stopped_after(elsewhere, lambda: warehouse.fetch(ENDLESS, timeout_seconds=60), 0.2)

    assert took < SOON
    assert warehouse.fetch("SELECT 42").rows == [(42,)]


def test_the_query_that_begins_just_then_is_interrupted_too(
    warehouse: DuckDBWarehouse, elsewhere: ThreadPoolExecutor
) -> None:
    def two() -> None:
        with warehouse.cursor() as cursor:
            time.sleep(0.3)
            cursor.execute(ENDLESS)

    assert stopped_after(elsewhere, two, 0.05) < SOON


def test_what_cannot_be_interrupted_is_left_to_itself(elsewhere: ThreadPoolExecutor) -> None:
    answered = threading.Event()

    took = stopped_after(elsewhere, lambda: left_when_stopped(lambda: answered.wait(60)), 0.1)

    assert took < SOON
    answered.set()


def test_what_was_stopped_begins_nothing_more(warehouse: DuckDBWarehouse) -> None:
    stop = Stop()
    stop.ask()

    with stoppable(stop), pytest.raises(Stopped):
        warehouse.fetch("SELECT 42")
    assert warehouse.fetch("SELECT 42").rows == [(42,)]


def test_what_was_settled_goes_on_to_its_end(warehouse: DuckDBWarehouse) -> None:
    stop = Stop()

    with stoppable(stop):
        stopping.settle()
        assert not stop.ask()
        assert warehouse.fetch("SELECT 42").rows == [(42,)]


def test_a_mistake_of_ones_own_stays_what_it_is(warehouse: DuckDBWarehouse) -> None:
    with stoppable(Stop()), pytest.raises(PilothouseError, match="stopped: INTERRUPT"):
        warehouse.fetch(ENDLESS, timeout_seconds=0.1)
    with pytest.raises(ValueError, match="mine"), stoppable(Stop()):
        left_when_stopped(_mistaken)


def _mistaken() -> None:
    raise ValueError("mine")
