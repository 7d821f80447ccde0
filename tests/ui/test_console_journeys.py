"""What an approver sees of a journey, and may decide."""

from __future__ import annotations

from core.conditions import EVERYONE
from core.journey_effects import ExpectedDay, JourneyEffect, MessageVolume
from core.journey_steps import Exit, Message, Trigger
from core.journeys import AudienceEntry, Journey
from core.rules import Action
from orchestrate import change_requests
from tests.ui.conftest import Visit, shown
from tests.ui.demo_desk import NOW
from ui.console.desk import Desk

TRIP = Journey(
    key="trip",
    name="A trip",
    entry=AudienceEntry(condition=EVERYONE),
    goal=Trigger(event="subscription_started"),
    steps=(
        Message(
            key="push", action=Action(key="hello", name="Hello", channels=("push",)), next="done"
        ),
        Exit(key="done"),
    ),
)
EFFECT = JourneyEffect(
    population="all users",
    population_size=2_000,
    enter_now=1_234,
    as_of="2026-06-29T00:00:00",
    days=(ExpectedDay(day="2026-06-30", entries=17),),
    volume=(MessageVolume(step="push", action="Hello", at_most=1_251),),
)


def test_an_approver_reads_who_would_enter_and_every_step(visit: Visit, office: Desk) -> None:
    request = change_requests.submit(
        office.workspace.store,
        artifact=TRIP,
        author="mara@demo",
        prompt="A trip.",
        effect=EFFECT,
        now=NOW,
    )

    page = visit("pavel@demo")
    page.query_params["request"] = request.id
    page.switch_page("../pages/approvals.py").run()

    assert not page.exception
    said = shown(page).replace("\\", "")
    assert "1,234 of 2,000 users (all users) would enter at once." in said
    assert "Hello: at most 1,251 messages." in said
    assert "push: send Hello by push, then done" in said
    assert "Runs under way stay with the version that they entered." in said
    assert "Approve and go live" in {button.label for button in page.button}
