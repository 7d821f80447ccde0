"""Service levels of a workspace: what is held when one is missed, and what is shown."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from control import delivery
from core.settings import SloSettings
from measure.latency import decision_latency
from tests.tools.demo import demo_file, open_demo
from ui import slo, status
from ui.workspace import Workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    opened = open_demo(tmp_path / "workspace", shutil.copy(demo_file(), tmp_path / "w.duckdb"))
    yield opened
    opened.close()


def ask_for(workspace: Workspace, **levels: Any) -> None:
    update = {"slo": SloSettings.model_validate(levels)}
    workspace.settings = workspace.settings.model_copy(update=update)


def test_stale_data_holds_what_is_to_be_sent_and_fresh_data_lets_it_go(
    workspace: Workspace,
) -> None:
    ask_for(workspace, fresh_minutes=60 * 24)
    newest = slo.newest_event(workspace, workspace.as_of())
    assert newest is not None

    late = workspace.deliver(now=newest + timedelta(hours=25))
    in_time = workspace.deliver(now=newest + timedelta(hours=23))

    assert late.held is not None
    assert "The data is stale, so nothing is sent" in late.held
    assert in_time.held is None


def test_nothing_is_held_when_no_freshness_is_asked_for(workspace: Workspace) -> None:
    assert slo.held(workspace, workspace.as_of() + timedelta(days=365)) is None


def test_status_says_what_is_held_and_which_destination_is_paused(workspace: Workspace) -> None:
    ask_for(workspace, fresh_minutes=1, send_success_share=0.9)
    workspace.warehouse.execute("DELETE FROM fct_events")
    delivery.pause(workspace.store, "crm", "It took 1 of 200.", now=workspace.now())

    document = status.status(workspace)

    levels = document["service_levels"]
    assert "no event is there" in levels["held"]
    assert [one["destination"] for one in levels["send_success"]] == ["mailbox"]
    said = status.text(document)
    assert "Paused: crm" in said
    assert "It took 1 of 200." in said
    assert "The data is stale" in said


def _decide_slowly(workspace: Workspace) -> None:
    """Two decisions on a user, 10 and 20 seconds after the event."""
    now = workspace.now()
    user = workspace.warehouse.fetch("SELECT min(user_id) FROM dim_users").scalar()
    for seconds in (10, 20):
        decided = now - timedelta(seconds=100 - seconds)
        workspace.warehouse.execute(
            "INSERT INTO fct_events (user_id, event_name, event_time, received_at) "
            "VALUES ($user, 'app_opened', $at, $at)",
            {"user": user, "at": decided - timedelta(seconds=seconds)},
        )
        workspace.warehouse.execute(
            "INSERT INTO decisions (decision_id, cycle_id, user_id, decided_at) "
            "VALUES ('d', 'alone', $user, $at)",
            {"user": user, "at": decided},
        )


def test_slow_decisions_on_events_are_shown(workspace: Workspace) -> None:
    ask_for(workspace, decision_seconds=2)
    _decide_slowly(workspace)

    levels = slo.standing(workspace)

    assert levels["decisions"]["breached"]
    assert levels["decisions"]["decisions"] == 2
    assert "Deciding is slow" in "\n".join(slo.lines(levels))


@pytest.mark.parametrize(("allowed", "is_held"), [(2, True), (30, False)])
def test_slow_decisions_hold_what_is_to_be_sent_where_that_is_asked_for(
    workspace: Workspace, allowed: float, is_held: bool
) -> None:
    ask_for(workspace, decision_seconds=allowed, hold_slow_decisions=True)
    _decide_slowly(workspace)

    report = workspace.deliver(now=workspace.now())

    assert bool(report.held) is is_held
    told = "\n".join(slo.lines(slo.standing(workspace)))
    assert told.count("Deciding is slow") == is_held


def test_cycles_are_no_late_decisions(workspace: Workspace) -> None:
    workspace.warehouse.execute(
        "INSERT INTO cycles (cycle_id, decided_at) VALUES ('c', $at)", {"at": workspace.now()}
    )
    workspace.warehouse.execute(
        "INSERT INTO decisions (decision_id, cycle_id, user_id, decided_at) "
        "SELECT 'd', 'c', user_id, $at FROM dim_users",
        {"at": workspace.now()},
    )

    found = decision_latency(
        workspace.warehouse, workspace.catalog, workspace.now() - timedelta(hours=1)
    )

    assert found == (0, None)
