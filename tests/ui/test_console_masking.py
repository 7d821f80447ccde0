"""Pages name no user's address, whoever looks: not in a prompt, an answer or a change request."""

from __future__ import annotations

import pytest

from control import runs
from tests.ui.conftest import Visit, ask, existing, proposed, shown
from ui.console.desk import Desk

ADDRESS = "bob.r@mail.example.com"


@pytest.mark.parametrize("email", ["mara@demo", "ana@demo", "pavel@demo", "ada@demo"])
def test_a_run_opened_by_its_address_names_nobody(visit: Visit, office: Desk, email: str) -> None:
    run_id = ask(office, f"Why did {ADDRESS} get nothing?", "ada@demo")
    kept = existing(runs.get(office.workspace.store, run_id).result)
    answer = kept | {"answer": f"{ADDRESS} has an open ticket."}
    runs.finish(office.workspace.store, run_id, state="finished", result=answer, now=office.now())

    page = visit(email, run=run_id)

    assert not page.exception
    # Somebody else's conversation is not shown at all.
    assert ("open ticket" in shown(page)) == (email == "ada@demo")
    assert "mail.example" not in shown(page).replace("\\", "")


def test_a_change_request_shows_its_prompt_without_the_address(visit: Visit, office: Desk) -> None:
    request_id = proposed(office, prompt=f"eligibility like {ADDRESS}")
    page = visit("pavel@demo")
    page.query_params["request"] = request_id

    page.switch_page("../pages/approvals.py").run()

    assert not page.exception
    assert "eligibility like" in shown(page)
    assert "mail.example" not in shown(page).replace("\\", "")
