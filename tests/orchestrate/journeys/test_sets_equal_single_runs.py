"""Whatever the journey and whatever users do: all runs in one pass go where each would go alone."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from control.people import add_demo_people
from control.store import open_store
from core.journey_runs import Decision
from core.journeys import Journey
from orchestrate.stages import create_tables
from tests.orchestrate.journeys.histories import (
    REASONS,
    Life,
    Sent,
    random_journey,
    random_lives,
    step_on,
)
from tests.orchestrate.journeys.stage import Stage
from tests.orchestrate.world import NOW, World

USERS = 24
LOOKS = 7
TABLES = ("dim_users", "traits", "fct_events", "fct_messages")
TABLES += ("journey_offers", "decisions", "intents")


@pytest.mark.slow
@pytest.mark.timeout(600)
@settings(
    max_examples=12,
    deadline=None,
    phases=[Phase.generate],  # a seed does not get any smaller
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(seed=st.integers(0, 2**32))
def test_all_runs_in_one_pass_go_where_each_would_go_alone(
    seed: int, tmp_path: Path, world: World
) -> None:
    random = Random(seed)
    journey = random_journey(random)
    looks = sorted(NOW + timedelta(minutes=random.randint(1, 6_000)) for _ in range(LOOKS))
    lives = random_lives(random, USERS, looks[-1])
    stage = _fresh(world, tmp_path, lives)
    stage.publish(journey)
    before = NOW
    for look in looks:
        stage.now = look
        _tell(stage, lives, look)
        stage.tick()
        for life in lives:
            step_on(journey, life, look, before)
        assert _as_sets(stage) == _as_single(lives), look
        _decide(stage, journey, lives, random, look)
        before = look
    stage.world.store.close()


def _fresh(world: World, folder: Path, lives: list[Life]) -> Stage:
    """The same warehouse, emptied, with a control store of its own."""
    world.store = open_store(f"sqlite:///{folder}/{uuid.uuid4()}.db")
    add_demo_people(world.store)
    with world.warehouse.cursor() as cursor:
        create_tables(cursor)
        for table in TABLES:
            cursor.execute(f"DELETE FROM {table}")
    for life in lives:
        world.user(life.user_id, consent=None, timezone=life.zone)
    return Stage(world)


def _tell(stage: Stage, lives: list[Life], look: datetime) -> None:
    """The warehouse learns what is known by now."""
    for life in lives:
        for number, (name, at, known_at) in enumerate(life.events):
            if known_at <= look and number not in life.told:
                life.told.add(number)
                row = {"event_time": at, "received_at": known_at, "event_name": name}
                stage.world.insert("fct_events", user_id=life.user_id, **row)


def _decide(
    stage: Stage, journey: Journey, lives: list[Life], random: Random, look: datetime
) -> None:
    """A cycle that decides by lot, and messages that fare by lot."""
    runs = {run["user_id"]: run["run_id"] for run in stage.runs()}
    for life in lives:
        reason = random.choice(REASONS)
        if life.run is None or not life.run.active or life.run.phase != "due" or reason is None:
            continue
        life.decision = Decision(look, reason)
        _write(stage, life, runs[life.user_id], reason, look)
        if reason == "SELECTED":
            life.sent = _send(stage, life, random, look)


def _write(stage: Stage, life: Life, run_id: str, reason: str, look: datetime) -> None:
    run = life.run
    assert run is not None
    key, decision = {"policy_key": "trip@1", "action_key": f"{run.step}_action"}, str(uuid.uuid4())
    who = {"user_id": life.user_id} | key
    stage.world.insert("journey_offers", offered_at=look, run_id=run_id, step=run.step, **who)
    stage.world.insert(
        "decisions", decision_id=decision, decided_at=look, reason_code=reason, **who
    )
    if reason == "SELECTED":
        intent = f"{run_id}/{run.step}"
        stage.world.insert("intents", intent_id=intent, decision_id=decision, **who)


def _send(stage: Stage, life: Life, random: Random, look: datetime) -> Sent:
    def later(chance: float) -> datetime | None:
        return sent_at + timedelta(minutes=random.randint(0, 2_000)) if chance > draw else None

    draw = random.random()
    sent_at = look + timedelta(minutes=random.choice((0, 0, 90)))
    failed = draw > 0.8
    sent = Sent(sent_at, None if failed else later(1), later(0.5), failed)
    run = life.run
    assert run is not None
    run_id = stage.run(life.user_id)["run_id"]
    row = {"sent_at": sent_at, "delivered_at": sent.delivered_at, "opened_at": sent.opened_at}
    row |= {"message_id": f"{run_id}/{run.step}", "failed_reason": "bounced" if failed else None}
    stage.world.insert("fct_messages", user_id=life.user_id, **row)
    return sent


State = dict[str, tuple[object, ...]]


def _as_sets(stage: Stage) -> State:
    names = ("entered_at", "step", "step_at", "phase", "exit_reason", "exited_at")
    return {run["user_id"]: tuple(run[name] for name in names) for run in stage.runs()}


def _as_single(lives: list[Life]) -> State:
    return {
        life.user_id: (
            run.entered_at,
            run.step,
            run.step_at,
            run.phase,
            run.exit_reason,
            run.exited_at,
        )
        for life in lives
        if (run := life.run) is not None
    }
