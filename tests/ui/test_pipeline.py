"""From events to read-outs in one run: in order, once, held by an audit, whole after a crash."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from collect.spec import Envelope, lines
from control import pipeline as kept
from control import sources
from core.pipeline import Step
from tests.project.tree import ROOT
from tests.tools.demo import demo_file, open_demo
from tests.ui.command_line import CommandLine
from tests.ui.test_forget_crash import DIES_AT
from ui import pipeline
from ui.workspace import Workspace

STEPS = [step.value for step in Step]


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    own = Path(shutil.copy(demo_file(), tmp_path / "own.duckdb"))
    opened = open_demo(tmp_path / "workspace", own)
    yield opened
    opened.close()


def states(run: dict[str, Any]) -> dict[str, str]:
    return {step["step"]: step["state"] for step in run["steps"]}


def detail(run: dict[str, Any], name: str) -> Any:
    return next(step["detail"] for step in run["steps"] if step["step"] == name)


def test_one_run_goes_from_the_raw_log_to_read_outs(ruled: CommandLine) -> None:
    run = ruled.json("pipeline", "run")

    assert run["state"] == "done"
    assert states(run) == dict.fromkeys(STEPS, "done")
    assert detail(run, "cycle")["selected"] > 0
    assert detail(run, "outbox")["delivered"] > 0
    assert "starter_journey" in detail(run, "read_outs")["policies"]


def test_a_second_run_for_the_same_moment_decides_and_sends_nothing_new(
    ruled: CommandLine,
) -> None:
    first = ruled.json("pipeline", "run")
    decided = ruled.rows("SELECT * FROM decisions ORDER BY ALL")

    second = ruled.json("pipeline", "run")

    assert second["id"] != first["id"]
    assert detail(second, "cycle")["cycle_id"] == detail(first, "cycle")["cycle_id"]
    assert detail(second, "cycle")["enqueued"] == detail(second, "outbox")["delivered"] == 0
    assert ruled.rows("SELECT * FROM decisions ORDER BY ALL") == decided


def test_an_audit_that_fails_holds_decisions_and_messages_and_says_what_it_found(
    ruled: CommandLine,
) -> None:
    models = ruled.workspace / "models"
    ruled("model", "export", str(models))
    file = models / "traits" / "momentum_score.sql"
    file = file if file.exists() else next(models.rglob("momentum_score.sql"))
    file.write_text(re.sub(r"range .*", "range 0 .. 0", file.read_text()))
    with (ruled.workspace / "pilothouse.toml").open("a") as settings:
        settings.write('\nmodels = "workspace/models"\n')

    run = ruled.json("pipeline", "run", status=1)

    held = {"cycle": "held", "outbox": "held", "read_outs": "held", "audits": "failed"}
    assert run["state"] == "failed"
    assert states(run) == dict.fromkeys(STEPS, "done") | held
    (found,) = [step["refusal"] for step in run["steps"] if step["refusal"]]
    assert found["code"] == "AUDIT_FAILED"
    assert "momentum_score" in found["message"]
    assert ruled.json("deliver", "status").keys() == {"destinations", "receipts", "asked_back"}
    shown = ruled("status").out
    assert "Pipeline failed" in shown
    assert found["message"] in shown


def test_status_says_what_waits_and_that_nothing_runs_by_itself_until_told_to(
    ruled: CommandLine,
) -> None:
    before = ruled("status")
    ruled.json("pipeline", "run")
    after = ruled.json("status")

    assert "has not run yet" in before.out
    assert "Starts only when told to" in before.out
    assert after["pipeline"]["state"] == "done"
    assert after["rules_live"] == 1
    assert after["waiting_for_approval"] == 0
    by_itself = {"every_minutes": None, "on_new_events": False, "decide_on_events": False}
    assert after["schedule"] == by_itself | {"next": None}


def test_what_passes_by_itself_is_tried_again_and_what_does_not_ends_the_run(
    workspace: Workspace,
) -> None:
    source = sources.list_all(workspace.store)[0]
    opened = {"type": "track", "event": "app_opened", "userId": "u1", "messageId": "one"}
    workspace.intake.take_in(source, [[opened]])
    waits = lines([opened | {"messageId": "two"}], Envelope(source.id, workspace.intake.now()))
    workspace.intake.log.append([line.data for line in waits]).result()
    in_the_way = workspace.intake.log.folder / "spool.0.json"
    in_the_way.mkdir()
    waited: list[float] = []

    failed = pipeline.run(workspace, started_by="test", sleep=waited.append)

    assert failed.steps[0].state == "failed"
    assert failed.steps[0].attempts == 3
    assert failed.steps[0].refusal is not None
    assert failed.steps[0].refusal.code == "STEP_FAILED"
    assert waited == [1.0, 5.0]

    mended = pipeline.run(workspace, started_by="test", sleep=lambda _: in_the_way.rmdir())

    assert mended.state == "done"
    assert mended.steps[0].attempts == 2
    assert mended.detail(Step.LOAD)["stored"] == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("place", "step"),
    [
        ("ui.collecting.load", "load"),
        ("ui.modelling.touched_are_done", "traits"),
        ("ui.pipeline_steps.stale", "audits"),
        ("ui.workspace.run_cycle", "cycle"),
        ("ui.workspace.deliver", "outbox"),
        ("ui.pipeline_steps.read_out", "read_outs"),
    ],
)
def test_a_run_that_was_killed_goes_on_with_the_step_it_was_in(
    ruled: CommandLine, place: str, step: str
) -> None:
    words = ("pipeline", "run", "--workspace", str(ruled.workspace))
    killed = subprocess.run(
        [sys.executable, "-c", DIES_AT, place, *words], cwd=ROOT, capture_output=True, check=False
    )
    assert killed.returncode == -9, killed
    (cut_off,) = ruled.json("pipeline", "list")
    assert states(cut_off)[step] == "running"

    run = ruled.json("pipeline", "run")

    assert run["id"] == cut_off["id"]
    assert run["state"] == "done"
    assert len(ruled.json("pipeline", "list")) == 1
    ((messages, once),) = ruled.rows(
        "SELECT COUNT(*), COUNT(DISTINCT decision_id) FROM fct_messages "
        "WHERE decision_id IN (SELECT decision_id FROM intents)"
    )
    sent, selected = detail(run, "outbox"), detail(run, "cycle")["selected"]
    assert messages == once == selected - sent["waiting"] - sent["stopped"]


def test_a_server_starts_a_run_when_its_time_has_come_and_finishes_one_that_was_cut_off(
    workspace: Workspace,
) -> None:
    scheduled = workspace.settings.pipeline.model_copy(update={"every_minutes": 60})
    assert not pipeline.due(workspace)
    workspace.settings = workspace.settings.model_copy(update={"pipeline": scheduled})

    assert pipeline.due(workspace)
    pipeline.run_when_due(workspace)

    assert not pipeline.due(workspace)
    assert kept.latest(workspace.store)[0].started_by == "schedule"

    now = workspace.now()
    kept.start(workspace.store, "cut", started_by="event", as_of=workspace.as_of(), now=now)
    assert pipeline.cut_off(workspace) is not None
    pipeline.run_when_due(workspace)
    assert kept.get(workspace.store, "cut").state == "done"


def test_a_server_that_finishes_a_run_begins_no_other_unless_the_schedule_asks_for_it(
    workspace: Workspace,
) -> None:
    earlier = workspace.as_of() - timedelta(days=1)
    kept.start(workspace.store, "cut", started_by="a", as_of=earlier, now=workspace.now())

    pipeline.run_when_due(workspace)

    (only,) = kept.latest(workspace.store, limit=5)
    assert (only.id, only.state) == ("cut", "done")


def test_a_server_that_looks_at_the_clock_during_a_run_begins_no_other(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    looking = threading.Thread(target=pipeline.run_when_due, args=(workspace,))
    first = pipeline.STEPS[Step.LOAD]

    def load_while_the_server_looks(opened: Workspace, run: kept.PipelineRun) -> pipeline.Detail:
        looking.start()
        return first(opened, run)

    steps = {**pipeline.STEPS, Step.LOAD: load_while_the_server_looks}
    monkeypatch.setattr(pipeline, "STEPS", steps)

    asked_for = pipeline.run(workspace, started_by="mara@demo")
    looking.join()

    assert [one.id for one in kept.latest(workspace.store, limit=5)] == [asked_for.id]


def test_a_run_that_was_cut_off_is_finished_for_its_own_moment_before_another_begins(
    workspace: Workspace,
) -> None:
    earlier = workspace.as_of() - timedelta(days=1)
    kept.start(workspace.store, "cut", started_by="a", as_of=earlier, now=workspace.now())

    run = pipeline.run(workspace, started_by="b")

    assert kept.get(workspace.store, "cut").state == run.state == "done"
    assert (kept.get(workspace.store, "cut").as_of, run.as_of) == (earlier, workspace.as_of())


def test_missed_read_outs_are_made_up_for_and_decisions_are_not(cli: CommandLine) -> None:
    decisions = cli.rows("SELECT COUNT(*) FROM decisions")

    found = cli.json("pipeline", "backfill", "--from", "2026-06-20", "--to", "2026-06-22")

    assert list(found) == [f"2026-06-{day}T00:00:00" for day in (20, 21, 22)]
    assert all("starter_journey" in day["policies"] for day in found.values())
    assert cli.rows("SELECT COUNT(*) FROM decisions") == decisions
    told = cli.json("pipeline", "read-outs", "starter_journey")
    assert [one["as_of"][:10] for one in told] == ["2026-06-20", "2026-06-21", "2026-06-22"]
    assert cli("pipeline", "read-outs", "starter_journey").out.startswith("2026-06-20  ")
    misspelt = cli("pipeline", "read-outs", "starter_jurney")
    assert (misspelt.status, "starter_journey" in misspelt.err) == (1, True)
    late = cli("pipeline", "backfill", "--from", "2026-06-20", "--to", "2027-01-01")
    assert late.status == 1
    assert "end of the data" in late.err


def test_read_outs_are_kept_by_their_moment_and_replaced_by_the_same_one(
    workspace: Workspace,
) -> None:
    moment = datetime(2026, 6, 1)
    for lift in (0.1, 0.2):
        kept.keep_readout(workspace.store, "p", moment, {"lift": lift}, now=moment)

    assert kept.kept_readouts(workspace.store, "p") == [(moment, {"lift": 0.2})]
