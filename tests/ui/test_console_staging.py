"""What an approver reads of a request that is tried in staging."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

from orchestrate.staged.placing import put
from tests.ui.conftest import Visit, existing, proposed, shown
from tests.ui.demo_desk import NOW
from ui.console.desk import Desk


def _card(visit: Visit, request: str) -> AppTest:
    page = visit("pavel@demo")
    page.query_params["request"] = request
    return page.switch_page("../pages/approvals.py").run()


def test_approving_what_is_in_staging_is_not_said_to_go_live(visit: Visit, office: Desk) -> None:
    request = proposed(office)
    pavel = existing(office.person("pavel@demo"))
    put(office.workspace.store, [request], person=pavel, since=NOW, now=NOW)

    page = _card(visit, request)

    assert not page.exception
    assert "until somebody promotes it" in shown(page)
    assert "Approve and go live" not in {button.label for button in page.button}
    office.decide(existing(office.request(request)), pavel, "approve", "")
    decided = shown(_card(visit, request))
    assert "Approved, in staging" in decided
    assert "goes live when an approver or an admin promotes it there" in decided
