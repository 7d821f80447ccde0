"""A prompt that is running ends where its asker stops it, loses their role or the server ends; it
proposes nothing, and the conversation goes on."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from control import people, requests, runs
from core.artifacts import AskResult
from core.errors import Code, PilothouseError
from core.settings import ModelSettings
from tests.agent.model_server import Answer, ModelServer, model_server
from tests.ui.command_line import ELIGIBILITY
from ui.environment import load_settings
from ui.worker import Worker
from ui.workspace import Workspace, open_workspace

SECONDS = 60.0


@pytest.fixture
def workspace(
    demo_workspace: Path, tmp_path: Path, plain_environment: object
) -> Iterator[Workspace]:
    shutil.copytree(demo_workspace, tmp_path / "workspace")
    opened = open_workspace(load_settings({"workspace": str(tmp_path / "workspace")}))
    yield opened
    opened.close()


def ended(workspace: Workspace, run_id: str) -> AskResult:
    """The answer of a run, once it is there."""
    ends = time.monotonic() + SECONDS
    while (run := runs.get(workspace.store, run_id)).state in ("queued", "running"):
        assert time.monotonic() < ends
        time.sleep(0.01)
    return AskResult.model_validate(run.result)


@contextmanager
def endless(workspace: Workspace) -> Iterator[None]:
    """Whoever reads the users waits for a count that never ends."""
    counted = "SELECT COUNT(*) FROM range(100_000_000_000) AS r(i) WHERE i % 7 = 3"
    workspace.warehouse.execute("ALTER TABLE dim_users RENAME TO people")
    workspace.warehouse.execute(
        f"CREATE VIEW dim_users AS SELECT * FROM people WHERE ({counted}) > 0"
    )
    yield
    workspace.warehouse.execute("DROP VIEW dim_users")
    workspace.warehouse.execute("ALTER TABLE people RENAME TO dim_users")


def test_stop_interrupts_the_running_query_and_the_conversation_goes_on(
    workspace: Workspace,
) -> None:
    worker = Worker(workspace)
    first = worker.start(ELIGIBILITY, "mara@demo")
    assert ended(workspace, first).status == "answered"
    thread = runs.get(workspace.store, first).thread_id
    with endless(workspace):
        stuck = worker.start("make it 5 workouts", "mara@demo", thread)
        ends = time.monotonic() + SECONDS
        while "check" not in [step.node for step in runs.steps(workspace.store, stuck)]:
            assert time.monotonic() < ends
            time.sleep(0.01)
        time.sleep(0.3)

        worker.stop(stuck)
        told = ended(workspace, stuck)
        begun = time.monotonic()
        after = worker.start("why so few?", "mara@demo", thread)
        while not runs.steps(workspace.store, after):
            assert time.monotonic() < ends
            time.sleep(0.01)
        # The one that was stopped let go of the conversation.
        assert time.monotonic() - begun < 5.0
        worker.stop(after)

    assert [one.message for one in told.refusals] == ["You stopped this. Nothing was changed."]
    further = ended(workspace, worker.start("make it 7 workouts", "mara@demo", thread))
    assert "at least 3 times → workout completed at least 7 times" in further.answer
    worker.close()


def test_a_run_that_the_servers_end_cut_off_says_so_and_nothing_is_lost(
    workspace: Workspace,
) -> None:
    worker = Worker(workspace)
    first = worker.start(ELIGIBILITY, "mara@demo")
    assert ended(workspace, first).status == "answered"
    thread = runs.get(workspace.store, first).thread_id
    with endless(workspace):
        cut = worker.start("make it 5 workouts", "mara@demo", thread)
        worker.close()
        told = ended(workspace, cut)

    assert "The server was stopped while this was running" in told.answer
    again = Worker(workspace)
    further = ended(workspace, again.start("make it 7 workouts", "mara@demo", thread))
    assert "at least 3 times → workout completed at least 7 times" in further.answer
    again.close()


def test_a_prompt_under_way_ends_when_its_asker_loses_the_role(workspace: Workspace) -> None:
    worker = Worker(workspace)
    mara = people.get(workspace.store, "mara@demo")
    run_id = worker.start(ELIGIBILITY, mara.email, submit=True)
    ends = time.monotonic() + SECONDS
    while not runs.steps(workspace.store, run_id) and time.monotonic() < ends:
        time.sleep(0.002)

    people.add(workspace.store, [mara.model_copy(update={"roles": frozenset()})])

    while (run := runs.get(workspace.store, run_id)).state in ("queued", "running"):
        assert time.monotonic() < ends
        time.sleep(0.01)
    assert run.state == "failed"
    assert run.result is not None
    assert [one["code"] for one in run.result["refusals"]] == [Code.NOT_ALLOWED]
    assert requests.list_all(workspace.store) == []
    with pytest.raises(PilothouseError, match="may not ask"):
        worker.start(ELIGIBILITY, mara.email)
    worker.close()


@pytest.fixture
def slow_model(workspace: Workspace) -> Iterator[ModelServer]:
    """The workspace plans with a model that begins to write and never ends."""
    with model_server() as server:
        model = ModelSettings(name="scripted", base_url=server.base_url, timeout_seconds=60)
        workspace.settings = workspace.settings.model_copy(
            update={"planner": "openai", "model": model}
        )
        server.always = Answer(drip=True)
        yield server


def test_what_a_model_has_written_is_told_and_stop_does_not_wait_for_it(
    workspace: Workspace, slow_model: ModelServer
) -> None:
    worker = Worker(workspace)
    run_id = worker.start(ELIGIBILITY, "mara@demo")
    ends = time.monotonic() + SECONDS
    while worker.doing(run_id) is None:
        assert time.monotonic() < ends
        time.sleep(0.02)
    assert worker.doing(run_id) == "The model is writing: 100 characters so far"

    slow_model.always = Answer(hang=True)
    thread = runs.get(workspace.store, run_id).thread_id
    worker.stop(run_id)
    assert "You stopped this" in ended(workspace, run_id).answer
    silent = worker.start(ELIGIBILITY, "mara@demo", thread)
    time.sleep(0.3)
    worker.stop(silent)
    slow_model.always = None
    last = worker.start(ELIGIBILITY, "mara@demo", thread)

    assert ended(workspace, last).planner == "openai"
    worker.close()


def test_a_draft_is_sent_by_whoever_asked_for_it_and_nobody_else(workspace: Workspace) -> None:
    worker = Worker(workspace)
    run_id = worker.start(ELIGIBILITY, "mara@demo")
    assert ended(workspace, run_id).status == "answered"

    with pytest.raises(PilothouseError) as refused:
        worker.send_for_approval(run_id, "ana@demo")

    assert refused.value.refusal.code is Code.NOT_ALLOWED
    assert requests.list_all(workspace.store) == []
    assert worker.send_for_approval(run_id, "mara@demo").change_request
    worker.close()
