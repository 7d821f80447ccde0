"""What stands beside every page while something needs a person."""

from __future__ import annotations

from core.alerts import Alert, AlertKind, alert
from tests.ui.conftest import Visit, proposed
from tests.ui.demo_desk import DemoWorkspace
from ui.console.desk import Desk

PAUSED = alert(
    AlertKind.DESTINATION_PAUSED, "mail", "Nothing is sent to mail: 401.",
    "pilothouse deliver resume mail",
)  # fmt: skip


def _overdue(request: str) -> Alert:
    words = f"{request} was to be decided *yesterday*."
    return alert(AlertKind.REVIEW_OVERDUE, request, words, f"pilothouse approvals show {request}")


def hang(office: Desk, *alerts: Alert) -> None:
    assert isinstance(office.workspace, DemoWorkspace)
    office.workspace.board.open = alerts


def test_nothing_stands_there_while_nothing_needs_anybody(office: Desk, visit: Visit) -> None:
    page = visit("pavel@demo")

    assert [one for one in page.sidebar.expander if "alert" in one.label] == []


def test_every_alert_says_what_is_so_who_acts_and_what_to_do_first(
    office: Desk, visit: Visit
) -> None:
    hang(office, PAUSED)

    (strip,) = visit("mara@demo").sidebar.expander

    assert strip.label == "1 alert, 1 urgent"
    (line,) = [one.value for one in strip.markdown]
    assert "**A destination is paused**" in line
    assert "admin: `pilothouse deliver resume mail`" in line
    assert "docs/runbooks/destination-paused.md" in line


def test_an_alert_about_a_change_request_leads_to_it(office: Desk, visit: Visit) -> None:
    request = proposed(office)
    hang(office, _overdue(request))
    page = visit("pavel@demo")
    (strip,) = page.sidebar.expander
    assert r"\*yesterday\*" in strip.markdown[0].value

    (button,) = [one for one in strip.button if one.label == f"Open {request}"]
    button.click().run()

    assert page.query_params["request"] == request
