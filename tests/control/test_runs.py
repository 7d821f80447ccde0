"""A worker takes runs; a page follows their steps."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from control import runs
from control.store import Store
from core.artifacts import TraceStep
from core.errors import PilothouseError

NOW = datetime(2026, 1, 1)


def _queue(store: Store, run_id: str, minutes: int = 0) -> runs.Run:
    now = NOW + timedelta(minutes=minutes)
    return runs.create(store, run_id, thread_id="t", person="mara@demo", prompt="who?", now=now)


def test_the_oldest_waiting_run_is_taken_once(store: Store) -> None:
    _queue(store, "second", minutes=1)
    _queue(store, "first")

    taken = [runs.take(store), runs.take(store), runs.take(store)]

    assert [run and run.id for run in taken] == ["first", "second", None]


def test_a_page_reads_only_the_steps_it_has_not_seen(store: Store) -> None:
    _queue(store, "r")
    for node in ("understand", "ground", "draft"):
        runs.add_step(store, "r", TraceStep(node=node, ms=5), detail={"n": node}, now=NOW)

    assert [step.node for step in runs.steps(store, "r", after=1)] == ["ground", "draft"]


def test_a_finished_run_keeps_its_answer(store: Store) -> None:
    _queue(store, "r")

    runs.finish(store, "r", state="finished", result={"answer": "12 users"}, now=NOW)

    kept = runs.get(store, "r")
    assert kept.result == {"answer": "12 users"}
    assert kept.finished_at == NOW
    assert [run.id for run in runs.list_runs(store, "t")] == ["r"]


def test_a_thread_is_opened_once(store: Store) -> None:
    thread = runs.Thread("t", "mara@demo", "1", "First title", NOW)
    runs.open_thread(store, thread)

    again = runs.open_thread(store, thread._replace(title="Second title"))

    assert again.title == "First title"
    assert runs.open_thread(store, again) == thread


def test_an_unknown_run_is_refused(store: Store) -> None:
    with pytest.raises(PilothouseError, match="no run 'nope'"):
        runs.get(store, "nope")
