"""What messages of templates say to whom, and what stops one without stopping the others."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from control import canaries, kill_switches, versions
from control.people import get
from control.versions import Governed
from core.filling import Rendered
from core.journey_steps import Message
from core.rules import Action, DecisionPolicy, Entry
from core.templates import Template
from deliver import outbox
from deliver.approved import approved_templates
from deliver.composing import compose
from deliver.outbox import Intent
from deliver.recheck import Rulebook
from deliver.rendering import Unsaid, render
from orchestrate import approvals, change_requests, rulebook
from tests.orchestrate.journeys.stage import journey
from tests.orchestrate.world import LOOKED, NOW, World, policy
from tools.propose import template_hashes

LATER = NOW + timedelta(hours=1)
HELLO = {
    "name": "Hello",
    "channels": ("push", "email"),
    "subject": "$workout today?",
    "body": "Your score is $score, $country.",
    "variables": {
        "workout": {"trait": "preferred_workout_type"},
        "score": {"trait": "momentum_score", "type": "number", "decimals": 0},
        "country": {"column": "country", "fallback": "friend"},
    },
}


def _words(world: World, **changed: Any) -> None:
    template = Template.model_validate(HELLO | changed)
    world.catalog = world.catalog.model_copy(update={"templates": {"hello": template}})


def _policy(world: World, **more: Any) -> DecisionPolicy:
    nudge = world.catalog.actions["upgrade_nudge"]
    action = Action(key="nudge", name="Nudge", channels=nudge.channels, template_key="hello")
    entry = Entry(tier=1, action=action, eligibility=LOOKED)
    return policy(world.catalog, entries=(entry,), **more)


def _publish(world: World, artifact: DecisionPolicy) -> None:
    actions = [one.action for one in artifact.entries]
    _put_live(world, artifact, template_hashes(actions, world.catalog))


def _put_live(world: World, artifact: Governed, hashes: dict[str, str]) -> None:
    request = change_requests.submit(
        world.store,
        artifact=artifact,
        author="mara@demo",
        prompt="",
        dependencies=hashes,
        now=NOW,
    )
    pavel = get(world.store, "pavel@demo")
    approvals.decide(world.store, request.id, person=pavel, verdict="approve", now=NOW)
    rulebook.publish(world.store, request.id, now=NOW)


def _decided(world: World, *users: str, **more: Any) -> None:
    for user in users:
        world.user(user, **more)
        world.did(user, "pricing_viewed")
    _publish(world, _policy(world))
    world.cycle()


def _prefers(world: World, user: str, workout: str | None, score: float | None) -> None:
    world.warehouse.execute(
        "UPDATE traits SET preferred_workout_type = $workout, momentum_score = $score "
        "WHERE user_id = $user",
        {"user": user, "workout": workout, "score": score},
    )


def _leased(world: World) -> list[Intent]:
    return outbox.lease(world.store, worker="test", now=LATER, limit=100)


def _rulebook(world: World) -> Rulebook:
    live = canaries.standing(world.store)
    return Rulebook(
        live,
        kill_switches.active(world.store),
        versions.audiences(world.store),
        approved=approved_templates(world.store, live.values(), {}),
    )


def _said(world: World) -> dict[str, Rendered | Unsaid]:
    """User → what the message says."""
    intents = _leased(world)
    found = render(intents, _rulebook(world), world.warehouse, world.catalog)
    return {one.user_id: found[one.intent_id] for one in intents}


def test_a_message_says_what_its_template_says_with_the_values_of_its_user(world: World) -> None:
    _words(world)
    _decided(world, "u1", country="GB")
    _prefers(world, "u1", "Yoga", 7.4)

    intents = _leased(world)
    (message,), stopped = compose(intents, _rulebook(world), world.warehouse, world.catalog)

    assert not stopped
    assert (message.subject, message.body) == ("Yoga today?", "Your score is 7, GB.")
    assert message.template == "hello"
    assert message.variables == {"workout": "Yoga", "score": 7.4, "country": "GB"}


def test_a_missing_value_stops_its_message_and_no_other(world: World) -> None:
    _words(world)
    _decided(world, "u1", "u2", "u3")
    for user, score in (("u1", 1.0), ("u2", None), ("u3", 3.0)):
        _prefers(world, user, "Yoga", score)

    said = _said(world)

    assert isinstance(said["u1"], Rendered)
    assert isinstance(said["u3"], Rendered)
    assert said["u3"].body == "Your score is 3, friend."
    assert said["u2"] == Unsaid("INPUT_UNKNOWN", "No value for $score.")


def test_all_values_of_all_users_are_one_query(world: World) -> None:
    _words(world)
    users = [f"u{number}" for number in range(20)]
    _decided(world, *users)
    asked: list[str] = []
    fetch = world.warehouse.fetch

    class Counting:
        def fetch(self, sql: str, params: dict[str, Any] | None = None) -> Any:
            asked.append(sql)
            return fetch(sql, params)

    render(_leased(world), _rulebook(world), Counting(), world.catalog)  # type: ignore[arg-type]

    assert len(asked) == 2, "which columns there are, and the values of everybody"


def test_a_template_that_changed_after_the_approval_says_nothing(world: World) -> None:
    _words(world)
    _decided(world, "u1")
    _prefers(world, "u1", "Yoga", 1.0)

    _words(world, body="Buy now, $country!")

    (said,) = _said(world).values()
    assert said == Unsaid("APPROVAL_REVOKED", "The template 'hello' changed after the approval.")


def test_a_template_that_was_deleted_stops_its_messages(world: World) -> None:
    _words(world)
    _decided(world, "u1")
    world.catalog = world.catalog.model_copy(update={"templates": {}})

    messages, stopped = compose(_leased(world), _rulebook(world), world.warehouse, world.catalog)

    assert messages == []
    assert list(stopped.values()) == ["APPROVAL_REVOKED"]


def test_a_rule_that_was_approved_without_its_template_sends_nothing(world: World) -> None:
    _words(world)
    world.user("u1")
    world.did("u1", "pricing_viewed")
    world.publish(_policy(world))
    world.cycle()

    (said,) = _said(world).values()

    assert isinstance(said, Unsaid)
    assert said.reason == "APPROVAL_REVOKED"


def test_a_rollback_says_what_was_approved_with_the_older_version(world: World) -> None:
    _words(world)
    _publish(world, _policy(world))
    _publish(world, _policy(world, name="Another"))
    rulebook.rollback(world.store, "next_best", 1, person=get(world.store, "pavel@demo"), now=NOW)
    world.user("u1")
    world.did("u1", "pricing_viewed")
    _prefers(world, "u1", "Yoga", 1.0)
    world.cycle()

    (said,) = _said(world).values()

    assert isinstance(said, Rendered)


def test_a_message_of_a_journey_is_bound_to_its_words_as_well(world: World) -> None:
    _words(world)
    nudge = Action(key="nudge", name="Nudge", channels=("push",), template_key="hello")
    trip = journey(Message(key="hello", action=nudge, next="done"))
    hashes = template_hashes([nudge], world.catalog)
    _put_live(world, trip, hashes)

    running = versions.running_journeys(world.store)

    assert approved_templates(world.store, [], running) == {("trip@1", 1): hashes}


def test_a_column_that_is_gone_is_a_value_that_is_missing(world: World) -> None:
    _words(world)
    _decided(world, "u1", "u2")
    _prefers(world, "u1", "Yoga", 1.0)
    world.warehouse.execute("ALTER TABLE traits DROP COLUMN preferred_workout_type")

    assert {said.reason for said in _said(world).values() if isinstance(said, Unsaid)} == {
        "INPUT_UNKNOWN"
    }


def test_somebody_who_is_nobody_any_more_has_no_values(world: World) -> None:
    _words(world)
    _decided(world, "u1")
    world.warehouse.execute("DELETE FROM dim_users")

    (said,) = _said(world).values()

    assert said == Unsaid("INPUT_UNKNOWN", "No value for $workout, $score.")


@pytest.mark.parametrize("words", ["Zoë\r\nBcc: x@example.com", "a" * 500, "$country ${score}"])
def test_an_odd_value_stays_a_value(world: World, words: str) -> None:
    _words(world)
    _decided(world, "u1")
    _prefers(world, "u1", words, 1.0)

    (said,) = _said(world).values()

    assert isinstance(said, Rendered)
    assert len(said.subject) <= 210
    assert "\n" not in said.subject
    if words.startswith("$"):
        assert said.subject == "$country ${score} today?"
