"""Drift in a workspace: kept, told as an alert, acted on where settings ask, and looked into."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from control import audit, investigations, runs, versions
from control.people import INVESTIGATOR
from control.pipeline import PipelineRun, StepRun
from core.alerts import AlertKind
from core.pipeline import Step
from core.settings import DriftSettings, InvestigationSettings
from orchestrate.rulebook.drifting import WATCH, pause_drifted
from tests.tools.demo import ELIGIBILITY, demo_file, open_demo
from tests.ui.conftest import existing
from ui import drifting, investigating
from ui.alerts import open_alerts
from ui.cli.main import answer
from ui.cli.session import Session
from ui.pipeline_steps import audits
from ui.worker import Worker
from ui.workspace import Workspace

STOPPED = (
    "DELETE FROM fct_events WHERE event_name = 'workout_started' AND device_os = 'ios'"
    " AND event_time >= $day"
)


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    opened = open_demo(tmp_path_factory.mktemp("drifting") / "workspace")
    yield opened
    opened.close()


@pytest.fixture
def drifted(tmp_path: Path) -> Iterator[Workspace]:
    """On the last whole day iOS stopped to send that a workout was started."""
    own = shutil.copy(demo_file(), tmp_path / "warehouse.duckdb")
    opened = open_demo(tmp_path / "workspace", Path(own))
    day = (opened.as_of() - timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    opened.warehouse.execute(STOPPED, {"day": day})
    yield opened
    opened.close()


def give(workspace: Workspace, *words: str) -> Any:
    """A command, as somebody would type it; its document."""
    done = answer([*words, "--json"], Session(served=workspace))
    assert done.status == 0, done
    return json.loads(done.text)


def drifts(workspace: Workspace) -> list[str]:
    return [one.subject for one in open_alerts(workspace) if one.kind is AlertKind.DATA_DRIFTED]


def test_a_day_as_usual_has_no_alert(usual: Workspace) -> None:
    report = drifting.once(usual)

    assert report is not None
    assert report.findings
    assert report.drifting == ()
    assert drifts(usual) == []


def test_a_day_is_looked_at_once(usual: Workspace) -> None:
    drifting.once(usual)

    assert drifting.once(usual) is None


def test_drift_is_an_alert_until_a_look_finds_none(drifted: Workspace) -> None:
    kept = drifting.once(drifted)

    assert kept is not None
    assert drifting.latest(drifted) == kept
    assert drifts(drifted) == ["workout_started"]

    drifted.warehouse.execute(
        "INSERT INTO fct_events SELECT * REPLACE (event_time + INTERVAL '7' DAY AS event_time,"
        " received_at + INTERVAL '7' DAY AS received_at) FROM fct_events"
        " WHERE event_name = 'workout_started' AND device_os = 'ios'"
        " AND event_time >= $day - INTERVAL '7' DAY AND event_time < $day - INTERVAL '6' DAY",
        {"day": kept.day},
    )
    mended = give(drifted, "measure", "drift", "--keep")

    assert {one["verdict"] for one in mended["findings"]} == {"quiet"}
    assert drifts(drifted) == []


def test_nothing_is_paused_unless_the_settings_ask_for_it(drifted: Workspace) -> None:
    drifting.once(drifted)

    assert all(one.state == "live" for one in versions.all_current(drifted.store))


def test_rules_that_read_what_drifts_are_paused_until_a_person_resumes_them(
    drifted: Workspace,
) -> None:
    """The rule asks for workouts that were completed: iOS stopped to send those as well."""
    asked = give(drifted, "ask", ELIGIBILITY, "--as", "mara@demo")
    give(drifted, "approvals", "approve", asked["change_request"]["id"], "--as", "pavel@demo")
    (rule,) = versions.all_current(drifted.store)
    day = drifting.look(drifted).day
    drifted.warehouse.execute(STOPPED.replace("_started", "_completed"), {"day": day})
    asks = {"drift": DriftSettings(pause_rules=True)}
    drifted.settings = drifted.settings.model_copy(update=asks)

    report = drifting.once(drifted)

    assert report is not None
    found = next(one for one in report.drifting if one.subject == "workout_completed")
    assert existing(versions.current(drifted.store, rule.key)).state == "paused"
    note = next(one for one in audit.entries(drifted.store) if one.who == WATCH)
    assert (note.what, note.subject) == ("pause", f"{rule.key} version {rule.version}")
    assert found.sentence in str(note.note)

    give(drifted, "rules", "resume", rule.key, "--as", "pavel@demo")

    again = {"subject": found.subject, "why": found.sentence, "now": drifted.now()}
    assert drifting.rules_reading(drifted, found) == [rule.key]
    assert not pause_drifted(drifted.store, rule.key, **again)


def test_an_alert_starts_one_run_that_ends_in_a_diagnosis_and_changes_nothing(
    drifted: Workspace,
) -> None:
    drifting.once(drifted)
    drifted.board.once()
    before = {(one.key, one.version, one.state) for one in versions.all_current(drifted.store)}
    worker = Worker(drifted)

    def start(prompt: str, email: str, run_id: str) -> None:
        worker.start(prompt, email, run_id=run_id)

    (run_id,) = investigating.once(drifted, start)
    again = investigating.once(drifted, start)
    while runs.get(drifted.store, run_id).state in ("queued", "running"):
        time.sleep(0.05)

    assert again == []
    (begun,) = investigations.latest(drifted.store)
    assert (begun.run_id, begun.kind) == (run_id, "data-drifted")
    run = runs.get(drifted.store, run_id)
    assert run.person == INVESTIGATOR.email
    assert run.result is not None
    assert run.result["artifact"]["kind"] == "debug_report"
    after = {(one.key, one.version, one.state) for one in versions.all_current(drifted.store)}
    assert after == before


def test_no_run_starts_beyond_what_the_settings_allow(drifted: Workspace) -> None:
    none = {"investigations": InvestigationSettings(per_day=0)}
    drifted.settings = drifted.settings.model_copy(update=none)
    drifting.once(drifted)
    drifted.board.once()

    assert investigating.once(drifted, lambda *_: pytest.fail("a run was started")) == []


def test_a_look_that_fails_is_told_and_holds_decisions_only_where_drift_pauses_rules(
    drifted: Workspace,
) -> None:
    drifted.warehouse.execute("ALTER TABLE fct_events RENAME COLUMN app_version TO build")
    at = drifted.as_of()
    built = StepRun(Step.TRAITS, "done", 1, at, at, {"audits": 3}, None)
    run = PipelineRun("r1", "schedule", at, "running", at, None, (built,))

    told = audits(drifted, run)

    assert told["drifting"] is None
    assert "nobody can tell what drifts" in told["why"]
    asks = {"drift": DriftSettings(pause_rules=True)}
    drifted.settings = drifted.settings.model_copy(update=asks)
    with pytest.raises(duckdb.BinderException, match="app_version"):
        audits(drifted, run)
