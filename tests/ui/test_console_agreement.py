"""Where two people have to agree, the card says who did and who is missing."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

from control import requests
from core.lifecycle import State
from tests.governance.attacks import GRAVE
from tests.governance.attacks import propose as propose_grave
from tests.ui.conftest import Visit, existing, shown
from ui.console.desk import Desk


def _card(visit: Visit, email: str, request: str) -> AppTest:
    page = visit(email)
    page.query_params["request"] = request
    page = page.switch_page("../pages/approvals.py").run()
    assert not page.exception
    return page


def test_a_grave_change_waits_for_a_second_approver_and_says_so(visit: Visit, office: Desk) -> None:
    store = office.workspace.store
    request = propose_grave(store, findings=[GRAVE])

    first = _card(visit, "pavel@demo", request.id)
    assert "0 of 2 approvals; needs 2 different approvers" in shown(first)
    assert "more than half of all users" in shown(first)
    first.button(key="approve").click().run()
    assert "Type its name first: it is of high risk." in shown(first)
    assert not requests.get(store, request.id).sign_offs
    first.text_input(key=f"name_{request.id}").set_value(request.name)
    first.button(key="approve").click().run()
    assert requests.get(store, request.id).state is State.IN_REVIEW

    again = shown(_card(visit, "pavel@demo", request.id))
    assert "You approved this. Somebody else has to agree as well." in again
    assert "1 of 2 approvals; needs another approver" in again
    second = _card(visit, "ada@demo", request.id)
    assert "Pavel approved it" in shown(second)
    second.text_input(key=f"name_{request.id}").set_value(f" {request.name} ")
    second.button(key="approve").click().run()
    assert requests.get(store, request.id).state is State.APPROVED


def test_whoever_worked_on_a_change_is_told_why_somebody_else_decides(
    visit: Visit, office: Desk
) -> None:
    store = office.workspace.store
    first = propose_grave(store, by="ada@demo")
    request = propose_grave(store, by="mara@demo", continues=first.id)

    page = _card(visit, "ada@demo", request.id)

    assert "ada@demo worked on this change" in shown(page).replace("\\", "")
    assert not [one for one in page.button if one.key == "approve"]
    assert existing(office.request(request.id)).state is State.IN_REVIEW
