"""A role that was taken away is gone at once, at every door, whoever was let in before."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest

from control import people
from control.people import Person
from control.store import Store, open_store
from core.errors import Code, PilothouseError
from core.lifecycle import Role
from deliver import by_hand
from orchestrate import approvals, change_requests, rulebook
from orchestrate.journeys.changing import Migration, migrate
from orchestrate.kill_switch import kill, unkill
from orchestrate.rulebook import canary, promotion
from orchestrate.staged import placing
from tests.ui.answers import RULE
from tests.ui.conftest import Visit, ask, existing, proposed, shown
from ui.console import presence
from ui.console.desk import Desk

NOW = datetime(2026, 1, 1)
EVERYTHING = Person(email="rosa@demo", name="Rosa", roles=frozenset(Role))
"""Somebody who was let in with every role, and has lost them since."""

Deed = Callable[[Store, Person], object]
DEEDS: dict[str, Deed] = {
    "stop sends": lambda store, who: kill(store, "global", person=who, reason="x", now=NOW),
    "let sends go": lambda store, who: unkill(store, "global", person=who, now=NOW),
    "roll back": lambda store, who: rulebook.rollback(store, "r", 1, person=who, now=NOW),
    "pause": lambda store, who: rulebook.pause(store, "r", person=who, now=NOW),
    "resume": lambda store, who: rulebook.resume(store, "r", person=who, now=NOW),
    "promote a canary": lambda store, who: canary.promote(store, "r", by=who, why="", now=NOW),
    "end a canary": lambda store, who: canary.roll_back(store, "r", by=who, why="", now=NOW),
    "take back": lambda store, who: promotion.take_back(store, person=who, now=NOW),
    "stage": lambda store, who: placing.put(store, ["CR-1"], person=who, since=NOW, now=NOW),
    "unstage": lambda store, who: placing.take_out(store, "r", person=who, now=NOW),
    "migrate": lambda store, who: migrate(store, Migration("j", 2, ()), person=who, now=NOW),
    "send again": lambda store, who: by_hand.retry(store, ["m"], person=who, now=NOW),
    "cancel": lambda store, who: by_hand.cancel(store, ["m"], person=who, now=NOW),
    "settle": lambda store, who: by_hand.arrived(store, "m", person=who, now=NOW),
    "give up": lambda store, who: by_hand.lost(store, "m", person=who, now=NOW),
    "pause sending": lambda store, who: by_hand.pause(store, "d", "x", person=who, now=NOW),
    "resume sending": lambda store, who: by_hand.resume(store, "d", person=who, now=NOW),
    "approve": lambda store, who: approvals.decide(
        store, "CR-1", person=who, verdict="approve", now=NOW
    ),
    "propose": lambda store, who: change_requests.submit(
        store, artifact=RULE, author=who.email, prompt="p", now=NOW
    ),
}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path}/control.db")
    people.add_demo_people(opened)
    people.add(opened, [EVERYTHING.model_copy(update={"roles": frozenset()})])
    change_requests.submit(opened, artifact=RULE, author="mara@demo", prompt="p", now=NOW)
    yield opened
    opened.close()


@pytest.mark.parametrize("deed", DEEDS)
def test_whoever_lost_their_roles_is_refused_whatever_they_were_let_in_with(
    store: Store, deed: str
) -> None:
    with pytest.raises(PilothouseError) as refused:
        DEEDS[deed](store, EVERYTHING)

    assert refused.value.refusal.code is Code.NOT_ALLOWED


def test_opening_a_demo_again_gives_nobody_a_role_back(store: Store) -> None:
    gone = Person(email="pavel@demo", name="Pavel", roles=frozenset())
    people.add(store, [gone])

    people.add_demo_people(store)

    assert people.get(store, "pavel@demo") == gone


# In an open session of the console


def test_an_open_page_becomes_unreachable_at_the_next_click(visit: Visit, office: Desk) -> None:
    request_id = proposed(office)
    page = visit("pavel@demo")
    page.query_params["request"] = request_id
    page.switch_page("../pages/approvals.py").run()
    assert "Approve and go live" in {button.label for button in page.button}

    _take_roles(office, "pavel@demo")
    next(button for button in page.button if button.label == "Approve and go live").click().run()

    assert "You have no role here yet" in shown(page)
    assert existing(office.request(request_id)).state == "in_review"
    assert "person" not in page.session_state


def test_an_approval_from_a_page_that_was_drawn_before_is_refused(office: Desk) -> None:
    request = existing(office.request(proposed(office)))
    drawn_for = existing(office.person("pavel@demo"))
    _take_roles(office, "pavel@demo")

    with pytest.raises(PilothouseError, match="may not decide"):
        office.decide(request, drawn_for, "approve", "")


def test_a_part_that_draws_itself_again_draws_the_door_instead(
    office: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn_for = existing(office.person("pavel@demo"))
    redrawn: list[bool] = []
    monkeypatch.setattr(presence.st, "session_state", {"person": drawn_for})
    monkeypatch.setattr(presence.st, "rerun", lambda: redrawn.append(True))

    presence.leave_if_changed(office)
    assert not redrawn

    _take_roles(office, "pavel@demo")
    presence.leave_if_changed(office)
    assert redrawn


def test_a_draft_is_not_sent_for_approval_by_whoever_lost_the_role_meanwhile(office: Desk) -> None:
    run_id = ask(office, "eligibility")
    mara = existing(office.person("mara@demo"))
    _take_roles(office, "mara@demo")

    with pytest.raises(PilothouseError) as refused:
        office.send_for_approval(run_id, mara)

    assert refused.value.refusal.code is Code.NOT_ALLOWED


def _take_roles(office: Desk, email: str) -> None:
    known = existing(office.person(email))
    without = known.model_copy(update={"roles": frozenset[Role]()})
    people.add(office.workspace.store, [without])
