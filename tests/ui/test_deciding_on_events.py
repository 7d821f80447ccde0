"""A live process that takes events in decides on their users as the next batch will."""

from __future__ import annotations

import base64
import shutil
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from control import people, requests, sources
from core.conditions import Condition, Op, Trait
from core.lifecycle import State
from core.rules import Action, EligibilityRule
from orchestrate import approvals, change_requests, rulebook
from tests.tools.demo import DECISION, demo_file, open_demo
from ui import collecting, deciding, modelling, on_events
from ui.rounds import Rounds
from ui.workspace import Workspace

PER_SECOND, AT_ONCE, PATIENCE_SECONDS = 500, 25, 60.0
END = "2026-06-29T01:00:00"
"""The end of the data for both: what is decided is decided for this moment."""
EVENTS: tuple[dict[str, Any], ...] = (
    {"event": "app_opened"},
    {"event": "pricing_viewed"},
    {
        "event": "workout_completed",
        "properties": {"workout_type": "yoga", "duration_seconds": 600},
    },
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a demo in which a decision policy is live; copy it."""
    folder = tmp_path_factory.mktemp("ruled")
    with closing(open_demo(folder, Path(shutil.copy(demo_file(), folder / "own.duckdb")))) as one:
        mara, pavel = (people.get(one.store, f"{name}@demo") for name in ("mara", "pavel"))
        one.ask(DECISION, mara)
        (waiting,) = requests.list_all(one.store, State.IN_REVIEW)
        one.decide(waiting.id, pavel, "approve")
        publish(one, Trait(name="upgrade_intent", op=Op.GE, value=0.3))
        one.intake.load()
    return folder


def publish(workspace: Workspace, condition: Condition) -> None:
    """One more live rule, for everybody of whom a condition holds."""
    rule = EligibilityRule(
        key="keen",
        name="Keen",
        condition=condition,
        action=Action(key="greet_keen", name="Greet", channels=("push", "email")),
    )
    now, pavel = workspace.now(), people.get(workspace.store, "pavel@demo")
    asked = change_requests.submit(
        workspace.store, artifact=rule, author="mara@demo", prompt="", now=now
    )
    approvals.decide(workspace.store, asked.id, person=pavel, verdict="approve", now=now)
    rulebook.publish(workspace.store, asked.id, now=now)


def opened(folder: Path) -> Workspace:
    """A workspace whose moment stands still, a while after everything that comes in."""
    workspace = open_demo(folder, folder / "own.duckdb")
    assert workspace.intake.now() < datetime.fromisoformat(END)
    workspace.warehouse.execute("UPDATE meta SET value = $end WHERE key = 'as_of'", {"end": END})
    return workspace


@contextmanager
def running(workspace: Workspace) -> Iterator[on_events.EventRound]:
    """What a server does of itself about events."""
    by_event = on_events.EventRound(workspace)
    load = collecting.LoadRound(workspace.intake, lambda: None)
    with ExitStack() as rounds:
        for name, once, seconds in (
            ("decisions", workspace.desk.once, deciding.WRITE_SECONDS),
            ("decide", by_event.once, on_events.LOOK_SECONDS),
            ("load", load.once, on_events.LOAD_SECONDS),
        ):
            one = Rounds(name, once, seconds)
            one.open()
            rounds.callback(one.close)
        yield by_event


def send(workspace: Workspace, users: list[str]) -> None:
    """An event of each user, over the collector's HTTP, at a steady pace."""
    client = TestClient(Starlette(routes=workspace.intake.routes()))
    key = sources.list_all(workspace.store)[0].write_key
    shown = base64.b64encode(f"{key}:".encode()).decode()
    began = time.monotonic()
    for first in range(0, len(users), AT_ONCE):
        time.sleep(max(0.0, began + first / PER_SECOND - time.monotonic()))
        batch = [
            {"type": "track", "userId": user, "messageId": f"live {user}"} | EVENTS[n % 3]
            for n, user in enumerate(users[first : first + AT_ONCE])
        ]
        answer = client.post(
            "/v1/batch", json={"batch": batch}, headers={"Authorization": f"Basic {shown}"}
        )
        assert answer.status_code == 200, answer.text


def decided(workspace: Workspace, users: list[str]) -> list[tuple[Any, ...]]:
    return workspace.warehouse.fetch(
        "SELECT user_id, policy_key, policy_version, action_key, channel, outcome, reason_code, "
        "ghost FROM decisions WHERE decided_at = $end AND user_id IN (SELECT UNNEST($users)) "
        "ORDER BY ALL",
        {"end": END, "users": users},
    ).rows


@pytest.mark.slow
def test_what_is_decided_on_500_events_a_second_is_what_the_next_batch_decides(
    made: Path, tmp_path: Path
) -> None:
    live, batch = (shutil.copytree(made, tmp_path / name) for name in ("live", "batch"))
    with closing(opened(live)) as workspace:
        query = "SELECT user_id FROM dim_users WHERE merged_into IS NULL ORDER BY user_id DESC"
        users = [user for (user,) in workspace.warehouse.fetch(query).rows][:1_500]
        with running(workspace) as by_event:
            send(workspace, users)
            until = time.monotonic() + PATIENCE_SECONDS
            while by_event.until < len(users) - 1:
                assert time.monotonic() < until, "not everybody was decided on in time"
                time.sleep(0.1)
        workspace.desk.write_out()
        told = decided(workspace, users)
    shutil.rmtree(batch / "log")
    shutil.copytree(live / "log", batch / "log")
    with closing(opened(batch)) as workspace:
        assert workspace.intake.load().stored == len(users)
        modelling.rebuild(workspace)
        workspace.run_cycle()
        expected = decided(workspace, users)

    assert len({row[0] for row in expected}) > 100
    assert told == expected
