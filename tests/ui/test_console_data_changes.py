"""What an approver sees of a change of the data layer, and may decide."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

from control.store import open_store
from core.lifecycle import State
from tests.ui.changed_data import propose_models, propose_plan
from tests.ui.command_line import CommandLine
from tests.ui.conftest import Visit, existing, proposed, shown
from tests.ui.demo_desk import NOW
from ui.console.desk import Desk


def opened(visit: Visit, email: str, request_id: str) -> AppTest:
    page = visit(email)
    page.query_params["request"] = request_id
    page.switch_page("../pages/approvals.py").run()
    assert not page.exception
    return page


def tables(page: AppTest) -> str:
    """The cells of every table, row by row."""
    return "\n".join(table.value.to_csv(index=False, header=False) for table in page.table)


def test_the_inbox_lists_data_changes_beside_rules(visit: Visit, office: Desk) -> None:
    proposed(office)
    propose_plan(office.workspace.store, NOW)

    page = visit("pavel@demo").switch_page("../pages/approvals.py").run()

    assert "**Checkout tells its price**" in shown(page)
    assert "CR-2 · Ana · just now · tracking plan" in shown(page)


def test_an_approver_reads_what_a_changed_trait_does_to_people(visit: Visit, office: Desk) -> None:
    request = propose_models(office.workspace.store, NOW)

    page = opened(visit, "pavel@demo", request)

    said = shown(page).replace("\\", "")
    assert "A value changes for 612 users of 2,000 (30.6%)." in said
    assert "upgrade_intent is rebuilt: it reads momentum_score" in said
    assert "built and audited first" in said
    assert "5 checks passed" in said
    assert "Upgrade nudge (rule),momentum_score,**412 → 455 users**" in tables(page).replace(
        "\\", ""
    )
    (patch,) = [code.value for code in page.code]
    assert "+  AND e.event_name IN ('workout_completed', 'workout_saved')" in patch
    assert "2 more stay as they are." in said


def test_an_approver_reads_a_plan_event_by_event(visit: Visit, office: Desk) -> None:
    request = propose_plan(office.workspace.store, NOW)

    page = opened(visit, "pavel@demo", request)

    rows = tables(page).replace("\\", "")
    assert '"event checkout_started, property price",not there,**type: number**' in rows
    assert "event gift_bought,not there" in rows
    assert "From the next load on" in shown(page)


def test_the_author_of_a_data_change_does_not_decide(visit: Visit, office: Desk) -> None:
    request = propose_models(office.workspace.store, NOW, author="ada@demo")

    page = opened(visit, "ada@demo", request)

    assert "You proposed this, so somebody else decides" in shown(page).replace("\\", "")
    assert "Approve and publish" not in {button.label for button in page.button}


def test_another_person_approves_a_data_change(visit: Visit, office: Desk) -> None:
    request = propose_models(office.workspace.store, NOW)

    opened(visit, "pavel@demo", request).button(key="approve").click().run()

    assert existing(office.request(request)).state is State.APPROVED


def test_the_command_line_shows_what_changes_and_for_whom(cli: CommandLine) -> None:
    store = open_store(f"sqlite:///{cli.workspace}/control.db")
    models, plan = propose_models(store, NOW), propose_plan(store, NOW)
    store.close()

    told = cli("approvals", "show", models).out
    assert "Effect     A value changes for 612 users of 2,000 (30.6%)." in told
    assert "Read by    Upgrade nudge (rule) reads momentum_score: 412 → 455 users" in told
    assert "Changed    momentum_score\n@@ " in told
    assert "Finding    warn: A value changes for 612 users, 31% of all." in told
    told = cli("approvals", "show", plan).out
    assert "Added      event checkout_started, property price: not there → type: number" in told
    assert cli.json("rules", "list") == []
    assert cli.json("approvals", "list")[0]["kind"] == "trait_models"
