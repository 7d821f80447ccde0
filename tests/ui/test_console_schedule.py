"""The console says what holds a change request back, when it goes live, and that it is late."""

from __future__ import annotations

from datetime import timedelta

import pytest
from streamlit.testing.v1 import AppTest

from control import people
from core.schedule import Window
from orchestrate import approvals
from orchestrate.holding_back import hold_back
from orchestrate.rulebook import due
from tests.ui.conftest import Visit, proposed, shown
from ui.console.desk import Desk
from ui.console.view.text import plain


@pytest.fixture
def request_id(office: Desk) -> str:
    return proposed(office)


def _card(visit: Visit, request_id: str) -> AppTest:
    page = visit("pavel@demo")
    page.query_params["request"] = request_id
    return page.switch_page("../pages/approvals.py").run()


def test_what_is_held_back_says_so_on_its_card_and_in_the_inbox(
    office: Desk, visit: Visit, request_id: str
) -> None:
    store = office.workspace.store
    pavel = people.get(store, "pavel@demo")
    hold_back(store, request_id, person=pavel, why="After the *sale*.", now=office.now())

    told = shown(_card(visit, request_id))
    inbox = visit("pavel@demo").switch_page("../pages/approvals.py").run()

    assert plain("After the *sale*.") in told
    assert plain(f"approvals lift {request_id}") in told
    assert "Suspended" in "".join(str(one.value) for one in inbox.get("markdown"))


def test_what_is_scheduled_says_when_and_what_is_late_says_for_whom(
    office: Desk, visit: Visit, request_id: str
) -> None:
    store, now = office.workspace.store, office.now()
    due.escalate(store, now=now + timedelta(days=30))
    assert "it is for any admin now" in shown(_card(visit, request_id))

    window = Window(at=now + timedelta(days=1), until=now + timedelta(days=2))
    pavel = people.get(store, "pavel@demo")
    approvals.decide(store, request_id, person=pavel, verdict="approve", now=now, window=window)

    told = shown(_card(visit, request_id))
    assert "Goes live on" in told
    assert "it expires" in told
    assert "goes live by itself in its window" in told
    assert "Open staging" not in told
